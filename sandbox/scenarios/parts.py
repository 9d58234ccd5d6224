"""What scenarios are made of: colleagues, a bucket, calls that an attacker has made, and the finding that GuardDuty makes of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox import sts
from sandbox.authorization.views import iam_of
from sandbox.identify import is_read_only
from sandbox.model import ApiRequest, Caller, Outcome

if TYPE_CHECKING:
    from sandbox.world import World

REGION = "us-east-1"
ATTACKER_IP = "203.0.113.77"  # a documentation address: RFC 5737


def policy(*actions: str, resource: str = "*") -> str:
    """A policy that allows these."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
    )


def colleague(account: str, name: str, group: str, path: str) -> dict[str, str]:
    """A user of this group, and its key."""
    iam = iam_of(account)
    user = iam.create_user(REGION, name, path)
    iam.add_user_to_group(group, name)
    key = iam.create_access_key(name, prefix="AKIA")
    return {"arn": user.arn, "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def bucket(account: str) -> None:
    """The bucket that everybody in these scenarios looks into."""
    backend, name = get_backend("s3")[account]["aws"], f"designs-{account}"
    if name in backend.buckets:
        return
    backend.create_bucket(name, REGION)
    for number in range(3):
        backend.put_object(name, f"drawing-{number}.txt", b"a drawing")


def thief_of(user: Any, key: Any, account: str) -> Caller:
    """Whoever has this key of the user's."""
    return Caller(
        kind="user", account=account, arn=user.arn, user_id=user.id, access_key_id=key.access_key_id, name=user.name
    )


_LOOKS = (("sts", "GetCallerIdentity"), ("iam", "ListUsers"), ("s3", "ListBuckets"), ("ec2", "DescribeInstances"))


def look_around(world: World, thief: Caller, calls: Iterable[tuple[str, str]] = _LOOKS) -> None:
    """The calls that the finding is about, as CloudTrail has them."""
    for service, operation in calls:
        world.trail.record(_request(world, thief, service, operation, {}), thief, Outcome(status=200))


def mint(world: World, thief: Caller, operation: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """A session that STS has given the thief."""
    request = _request(world, thief, "sts", operation, parameters)
    answer = sts.HANDLERS["sts", operation](world, request, thief)
    world.trail.record(request, thief, Outcome(status=200, response=answer))
    given = answer["Credentials"]
    return {
        "kind": f"{operation} session",
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }


def _request(world: World, caller: Caller, service: str, operation: str, parameters: Mapping[str, Any]) -> ApiRequest:
    return ApiRequest(
        service=service,
        operation=operation,
        region=REGION,
        parameters=parameters,
        access_key_id=caller.access_key_id,
        source_ip=ATTACKER_IP,
        user_agent="aws-cli/2.15.0 Python/3.11.6 Linux/6.1",
        request_id=str(uuid.uuid4()),
        time=world.clock.now(),
        read_only=is_read_only(operation),
    )


def finding(world: World, thief: Caller) -> dict[str, Any]:
    """As EventBridge delivers it: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"""
    now, account = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"), thief.account
    finding_id = "9cb1a2c3d4e5f60718293a4b5c6d7e8f"
    detail = {
        "schemaVersion": "2.0",
        "accountId": account,
        "region": REGION,
        "partition": "aws",
        "id": finding_id,
        "arn": f"arn:aws:guardduty:{REGION}:{account}:detector/12abc34d567e8fa901bc2d34e56789f0/finding/{finding_id}",
        "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": thief.access_key_id,
                "principalId": thief.user_id,
                "userType": "IAMUser",
                "userName": thief.name,
            },
        },
        "service": {
            "serviceName": "guardduty",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "ListUsers",
                    "serviceName": "iam.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": ATTACKER_IP},
                },
            },
            "additionalInfo": {"threatListName": "Public exploits"},
            "eventFirstSeen": now,
            "eventLastSeen": now,
            "archived": False,
            "count": 4,
        },
        "severity": 5,
        "createdAt": now,
        "updatedAt": now,
        "title": f"API ListUsers was invoked from a custom threat list IP address {ATTACKER_IP}.",
        "description": "An API was invoked from an IP address on a custom threat list.",
    }
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account,
        "time": now,
        "region": REGION,
        "resources": [],
        "detail": detail,
    }

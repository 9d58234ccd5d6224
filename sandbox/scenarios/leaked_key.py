"""A developer's access key is public. Somebody has it, has minted sessions from it and looks around; colleagues work on.

The stolen key has minted GetSessionToken and GetFederationToken sessions. It has not assumed a role: role sessions outlive everything
that can be done to the user, and cutting them off is a measure of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
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
_DEVELOPER = "dana"
_COLLEAGUES = ("carlos", "mei")
_DAY_S = 86_400


def plant(world: World) -> Mapping[str, Any]:
    """Plant it in the first member account. Returns who has which credentials, and the finding that GuardDuty would make of it."""
    account = world.organization.member_account_ids[0]
    iam = iam_of(account)
    iam.create_group("developers", "/")
    iam.put_group_policy("developers", "work", _policy("s3:*", "ec2:Describe*", "iam:Get*", "iam:List*"))
    user = iam.create_user(REGION, _DEVELOPER, "/developers/")
    iam.add_user_to_group("developers", _DEVELOPER)
    iam.put_user_policy(_DEVELOPER, "federation", _policy("sts:GetFederationToken"))
    iam.attach_user_policy("arn:aws:iam::aws:policy/IAMReadOnlyAccess", _DEVELOPER)
    leaked = iam.create_access_key(_DEVELOPER, prefix="AKIA")
    other = iam.create_access_key(_DEVELOPER, prefix="AKIA")
    _bucket(account)
    thief = Caller(
        kind="user", account=account, arn=user.arn, user_id=user.id, access_key_id=leaked.access_key_id, name=user.name
    )
    _look_around(world, thief)
    sessions = [
        _mint(world, thief, "GetSessionToken", {"DurationSeconds": _DAY_S}),
        _mint(
            world,
            thief,
            "GetFederationToken",
            {"Name": "helpdesk", "Policy": _policy("s3:*", "ec2:Describe*"), "DurationSeconds": _DAY_S},
        ),
    ]
    return {
        "account": account,
        "region": REGION,
        "user_arn": user.arn,
        "access_key_id": leaked.access_key_id,
        "attacker": {
            "access_keys": [
                {
                    "kind": "long-term key",
                    "access_key_id": leaked.access_key_id,
                    "secret_access_key": leaked.secret_access_key,
                },
                *sessions,
            ]
        },
        "unused_access_key": {"access_key_id": other.access_key_id, "secret_access_key": other.secret_access_key},
        "colleagues": [_colleague(account, name) for name in _COLLEAGUES],
        "finding": _finding(world, account, user, leaked.access_key_id),
    }


def _colleague(account: str, name: str) -> dict[str, str]:
    iam = iam_of(account)
    user = iam.create_user(REGION, name, "/developers/")
    iam.add_user_to_group("developers", name)
    key = iam.create_access_key(name, prefix="AKIA")
    return {"arn": user.arn, "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def _policy(*actions: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    )


def _bucket(account: str) -> None:
    backend, name = get_backend("s3")[account]["aws"], f"designs-{account}"
    backend.create_bucket(name, REGION)
    for number in range(3):
        backend.put_object(name, f"drawing-{number}.txt", b"a drawing")


def _look_around(world: World, thief: Caller) -> None:
    for service, operation in (
        ("sts", "GetCallerIdentity"),
        ("iam", "ListUsers"),
        ("s3", "ListBuckets"),
        ("ec2", "DescribeInstances"),
    ):
        world.trail.record(_request(world, thief, service, operation, {}), thief, Outcome(status=200))


def _mint(world: World, thief: Caller, operation: str, parameters: dict[str, Any]) -> dict[str, str]:
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


def _request(world: World, caller: Caller, service: str, operation: str, parameters: dict[str, Any]) -> ApiRequest:
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


def _finding(world: World, account: str, user: Any, access_key_id: str) -> dict[str, Any]:
    """As EventBridge delivers it: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"""
    now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
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
                "accessKeyId": access_key_id,
                "principalId": user.id,
                "userType": "IAMUser",
                "userName": user.name,
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

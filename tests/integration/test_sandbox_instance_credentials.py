"""What programs on an instance get from the metadata service, how long it works, and what refuses it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from network_world import NetworkWorld
from sandbox_client import Sandbox

ROLE, PROFILE = "orders", "web-servers"
_HOUR = 3600


class Server:
    """An instance whose profile has another name than its role, and a role with a path."""

    def __init__(self, world: NetworkWorld) -> None:
        self.world, self.sandbox = world, world.sandbox
        self.iam, self.id = world.client("iam"), world.instance_id
        self.role(ROLE)
        self.iam.create_instance_profile(InstanceProfileName=PROFILE, Path="/fleet/")
        self.iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=ROLE)
        made = world.ec2.associate_iam_instance_profile(InstanceId=self.id, IamInstanceProfile={"Name": PROFILE})
        self.association = made["IamInstanceProfileAssociation"]["AssociationId"]

    def role(self, name: str, service: str = "ec2.amazonaws.com") -> None:
        trusted = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        self.iam.create_role(RoleName=name, Path="/services/", AssumeRolePolicyDocument=document)
        self.put_policy(name, "work", {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "ec2:Describe*"]})

    def put_policy(self, role: str, name: str, statement: dict[str, Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
        self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def answer(self, instance_id: str | None = None) -> Any:
        return self.sandbox.control("GET", f"/instances/{instance_id or self.id}/credentials")

    def works(self, credentials: dict[str, str]) -> bool:
        try:
            self.sandbox.client("s3", credentials).list_buckets()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "ExpiredToken"):
                raise
            return False
        return True

    def advance(self, seconds: float) -> None:
        self.sandbox.control("POST", "/clock", {"advance_s": seconds})


@pytest.fixture
def server(sandbox: Sandbox) -> Server:
    return Server(NetworkWorld(sandbox))


def test_the_session_is_the_roles_and_bears_the_instances_id(server: Server) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable: role-id:ec2-instance-id"""
    found = server.sandbox.client("sts", server.answer()["credentials"]).get_caller_identity()
    role_id = server.iam.get_role(RoleName=ROLE)["Role"]["RoleId"]
    assert found["UserId"] == f"{role_id}:{server.id}"
    assert found["Arn"] == f"arn:aws:sts::{server.world.account}:assumed-role/{ROLE}/{server.id}"


def test_credentials_last_six_hours_and_new_ones_appear_five_minutes_before(server: Server) -> None:
    first = server.answer()["credentials"]
    server.advance(6 * _HOUR - 301)
    assert server.answer()["credentials"] == first
    server.advance(2)
    second = server.answer()["credentials"]
    assert second["access_key_id"] != first["access_key_id"]
    assert server.works(first)
    server.advance(300)
    assert [server.works(one) for one in (first, second)] == [False, True]


def test_turned_off_the_metadata_service_answers_403(server: Server) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-returns.html"""
    stolen = server.answer()["credentials"]
    server.world.ec2.modify_instance_metadata_options(InstanceId=server.id, HttpEndpoint="disabled")
    answer = server.answer()
    assert (answer["status"], answer["imdsv1"], "credentials" in answer) == (403, False, False)
    assert server.works(stolen)


def test_without_a_token_it_answers_only_where_tokens_are_optional(server: Server) -> None:
    for tokens, expected in (("optional", True), ("required", False)):
        server.world.ec2.modify_instance_metadata_options(
            InstanceId=server.id, HttpTokens=tokens, HttpEndpoint="enabled", HttpPutResponseHopLimit=1
        )
        assert (server.answer()["status"], server.answer()["imdsv1"]) == (200, expected)


def test_dissociating_the_profile_ends_the_supply_and_not_what_was_given(server: Server) -> None:
    stolen = server.answer()["credentials"]
    server.world.ec2.disassociate_iam_instance_profile(AssociationId=server.association)
    assert server.answer()["status"] == 404
    assert server.works(stolen)


def test_a_replaced_profile_supplies_its_own_role(server: Server) -> None:
    old = server.answer()["credentials"]
    server.role("agent-only")
    server.iam.create_instance_profile(InstanceProfileName="agents")
    server.iam.add_role_to_instance_profile(InstanceProfileName="agents", RoleName="agent-only")
    server.world.ec2.replace_iam_instance_profile_association(
        AssociationId=server.association, IamInstanceProfile={"Name": "agents"}
    )
    now = server.answer()["credentials"]
    assert now["role_arn"] == f"arn:aws:iam::{server.world.account}:role/services/agent-only"
    assert server.works(old)


def test_a_role_that_does_not_trust_ec2_supplies_nothing(server: Server) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html"""
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    server.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)
    answer = server.answer()
    assert (answer["code"], "credentials" in answer) == ("AssumeRoleUnauthorizedAccess", False)


def test_a_denial_by_user_id_hits_one_instance_and_not_its_twin(server: Server) -> None:
    twin = server.world.launch()
    server.world.ec2.associate_iam_instance_profile(InstanceId=twin, IamInstanceProfile={"Name": PROFILE})
    ours, theirs = server.answer()["credentials"], server.answer(twin)["credentials"]
    condition = {"StringLike": {"aws:userid": f"*:{server.id}"}}
    server.put_policy(ROLE, "cut-off", {"Effect": "Deny", "Action": "*", "Condition": condition})
    assert [server.works(one) for one in (ours, theirs)] == [False, True]


def test_a_denial_by_issue_time_hits_what_was_issued_before(server: Server) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""
    old = server.answer()["credentials"]
    issued = datetime.fromisoformat(old["expiration"]) - timedelta(hours=6)
    server.advance(120)
    twin = server.world.launch()
    server.world.ec2.associate_iam_instance_profile(InstanceId=twin, IamInstanceProfile={"Name": PROFILE})
    new = server.answer(twin)["credentials"]
    before = f"{issued + timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}"
    condition = {"DateLessThan": {"aws:TokenIssueTime": before}}
    server.put_policy(ROLE, "revoked", {"Effect": "Deny", "Action": "*", "Condition": condition})
    assert [server.works(one) for one in (old, new)] == [False, True]


@pytest.mark.parametrize(
    "key", ["ec2:SourceInstanceARN", "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4"]
)
def test_requests_carry_where_the_credentials_were_delivered(server: Server, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session-properties"""
    shown = server.world.ec2.describe_instances(InstanceIds=[server.id])["Reservations"][0]["Instances"][0]
    value = {
        "ec2:SourceInstanceARN": f"arn:aws:ec2:us-east-1:{server.world.account}:instance/{server.id}",
        "aws:Ec2InstanceSourceVpc": server.world.vpc_id,
        "aws:Ec2InstanceSourcePrivateIPv4": shown["PrivateIpAddress"],
    }[key]
    credentials = server.answer()["credentials"]
    server.put_policy(ROLE, "deny", {"Effect": "Deny", "Action": "*", "Condition": {"StringEquals": {key: value}}})
    assert not server.works(credentials)
    server.put_policy(ROLE, "deny", {"Effect": "Deny", "Action": "*", "Condition": {"StringEquals": {key: "other"}}})
    assert server.works(credentials)


def test_cloudtrail_says_that_the_metadata_service_delivered_the_role(server: Server) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html: ec2RoleDelivery"""
    credentials = server.answer()["credentials"]
    server.sandbox.client("ec2", credentials).describe_instances()
    server.advance(900)
    attribute = {"AttributeKey": "AccessKeyId", "AttributeValue": credentials["access_key_id"]}
    events = server.world.client("cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"]
    identity = json.loads(events[0]["CloudTrailEvent"])["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["principalId"].endswith(f":{server.id}")
    assert identity["sessionContext"]["ec2RoleDelivery"] == "2.0"
    assert identity["sessionContext"]["sessionIssuer"]["arn"].endswith(f"role/services/{ROLE}")


def test_nothing_runs_on_a_stopped_instance_and_unknown_ones_are_refused(server: Server) -> None:
    server.world.ec2.stop_instances(InstanceIds=[server.id])
    assert server.answer()["status"] is None
    assert server.sandbox.refusal("GET", "/instances/i-0123456789abcdef0/credentials")[0] == 404

"""Stolen credentials of an instance, whatever fails on the way to deny them: what is not denied is never called contained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from instance_response import InstanceResponse
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures.instance_profile import InstanceProfile
from ansible_collections.cordon.aws.plugins.module_utils.plan import Plan, TargetPlan
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text

SCENARIO = "compromised-instance"


@pytest.fixture(scope="module")
def compromised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("role") / "state", "--scenario", SCENARIO)
    yield sandbox
    assert sandbox.stop() == 0


def may(sandbox: Sandbox, whose: str) -> bool:
    """Whether an ordinary call with these credentials of the scenario gets through."""
    try:
        sandbox.client("s3", sandbox.facts["scenarios"][SCENARIO][whose]).list_buckets()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.mark.parametrize("operation", ["GetInstanceProfile", "ListRolePolicies", "GetRolePolicy", "PutRolePolicy"])
def test_the_profile_stays_while_the_role_denies_nothing(compromised: Sandbox, operation: str) -> None:
    compromised.control("POST", "/reset")
    facts = compromised.facts["scenarios"][SCENARIO]
    arn = f"arn:aws:ec2:{facts['region']}:{facts['account']}:instance/{facts['instance_id']}"
    response = InstanceResponse(compromised)
    compromised.control(
        "POST", "/faults", {"service": "iam", "operation": operation, "error": "AccessDenied", "times": 1_000}
    )
    (failed,) = response.contain([arn]).failed
    assert operation in failed.error
    assert may(compromised, "stolen_credentials")
    assert failed.after["instance_profile"] == facts["instance_profile_arn"]

    compromised.control("DELETE", "/faults")
    assert not InstanceResponse(compromised).contain([arn]).failed
    assert not may(compromised, "stolen_credentials")
    assert may(compromised, "twin_credentials"), "the fleet that shares the role was hit"


def test_all_older_sessions_of_the_role_are_denied_on_wish_until_the_last_instance_is_released(
    compromised: Sandbox,
) -> None:
    compromised.control("POST", "/reset")
    facts = compromised.facts["scenarios"][SCENARIO]
    stolen, twin = (
        f"arn:aws:ec2:{facts['region']}:{facts['account']}:instance/{facts[name]}"
        for name in ("instance_id", "twin_instance_id")
    )
    response = InstanceResponse(compromised)
    measures, now = ["role_sessions"], as_text(datetime.now(UTC) + timedelta(seconds=1))
    assert not response.contain([stolen], measures).failed
    assert may(compromised, "twin_credentials")

    both = response.contain([stolen, twin], measures, role_sessions_before=now)
    assert not both.failed and all(entry.verified for entry in both.results)
    assert not may(compromised, "twin_credentials")
    assert not response.contain([stolen, twin], measures, role_sessions_before=now).changed
    iam = compromised.iam(facts["account"])
    role = facts["role_arn"].rpartition("/")[2]
    assert "CordonDenyOlderSessions" in iam.list_role_policies(RoleName=role)["PolicyNames"]

    assert not response.release([twin]).failed
    assert not may(compromised, "twin_credentials"), "the other instance's case still needs it"
    assert not response.release([stolen]).failed
    assert may(compromised, "twin_credentials") and may(compromised, "stolen_credentials")
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["work"]


def test_a_forged_log_gives_it_no_other_profile(compromised: Sandbox) -> None:
    """Who can write into the log names an administrator's profile as the one that the instance had; release runs with our rights."""
    compromised.control("POST", "/reset")
    facts = compromised.facts["scenarios"][SCENARIO]
    iam, ec2 = compromised.iam(facts["account"]), compromised.in_account(facts["account"])
    trust = iam.get_role(RoleName=facts["role_arn"].rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    iam.create_role(RoleName="BreakGlassAdmin", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName="BreakGlassAdmin")
    iam.add_role_to_instance_profile(InstanceProfileName="BreakGlassAdmin", RoleName="BreakGlassAdmin")
    admin = facts["instance_profile_arn"].rpartition("/")[0].partition("/")[0] + "/BreakGlassAdmin"
    arn = f"arn:aws:ec2:{facts['region']}:{facts['account']}:instance/{facts['instance_id']}"
    response = InstanceResponse(compromised)
    assert not response.contain([arn]).failed

    (step,) = InstanceProfile().plan({"instance_profile": admin}, instance_of_arn(arn))
    forged = Plan([TargetPlan(target=arn, steps=(step,))])
    response.log.intent("contain", forged, {arn: {"instance_profile": admin}})
    response.log.outcome("contain", forged.plan_id, [])
    (refused,) = response.release([arn]).failed
    assert "only the case log says" in refused.error and "BreakGlassAdmin" in refused.error
    found = ec2.client("ec2", endpoint_url=compromised.endpoint_url).describe_iam_instance_profile_associations()
    profiles = {one["InstanceId"]: one["IamInstanceProfile"]["Arn"] for one in found["IamInstanceProfileAssociations"]}
    assert admin not in profiles.values()
    assert not may(compromised, "stolen_credentials"), "the denial was lifted all the same"

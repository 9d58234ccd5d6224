"""Five hundred instances in one run, some of which cannot be contained: the others are, failures are named, the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from instance_response import InstanceResponse
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run

GONE, THROTTLED = 5, 3
LOCKED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("fleet") / "state", "--scenario", "instance-fleet")
    yield sandbox
    assert sandbox.stop() == 0


def failures(run: Run) -> dict[str, str]:
    """Instance -> what went wrong; the others are contained and verified."""
    assert all(one.verified and one.status in ("contained", "unchanged") for one in run.targets if not one.failed)
    return {one.arn.rpartition("/")[2]: one.error for one in run.failed}


def test_what_can_be_contained_is_and_the_next_run_finishes_what_can_be_finished(fleet: Sandbox) -> None:
    facts = fleet.facts["scenarios"]["instance-fleet"]
    account, refusing = facts["account"], next(one for one in fleet.members if one != facts["account"])
    ids, foreign = facts["instance_ids"][:499], "i-0abcdef1234567890"
    arns = [
        *(f"arn:aws:ec2:{facts['region']}:{account}:instance/{one}" for one in ids),
        f"arn:aws:ec2:{facts['region']}:{refusing}:instance/{foreign}",
    ]
    gone, throttled = set(ids[:GONE]), set(ids[GONE : GONE + THROTTLED])
    fleet.in_account(account).client("ec2", endpoint_url=fleet.endpoint_url).terminate_instances(InstanceIds=list(gone))
    fleet.iam(refusing).put_role_policy(
        RoleName="OrganizationAccountAccessRole", PolicyName="locked", PolicyDocument=LOCKED
    )
    for one in throttled:
        strike = {"service": "ec2", "operation": "ModifyInstanceMetadataOptions", "error": "RequestLimitExceeded"}
        fleet.control("POST", "/faults", {**strike, "times": 1_000, "parameters": {"InstanceId": one}})
    response = InstanceResponse(fleet)

    first = failures(response.contain(arns, conversion_dwell_ms=0))
    assert len(arns) - len(first) == 491
    assert set(first) == gone | throttled | {foreign}
    assert all("InvalidInstanceID.NotFound" in first[one] for one in gone)
    assert all("RequestLimitExceeded" in first[one] for one in throttled)
    assert refusing in first[foreign]

    fleet.control("DELETE", "/faults")
    fleet.control("DELETE", "/calls")
    second = failures(response.contain(arns, conversion_dwell_ms=0))
    assert set(second) == gone | {foreign}
    # Of the throttled ones what was done stayed in force: only what had failed is done now.
    assert fleet.writes() == {"ec2:ModifyInstanceMetadataOptions": THROTTLED}

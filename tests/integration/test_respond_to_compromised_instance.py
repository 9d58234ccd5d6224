"""The playbook for a compromised instance, and findings that lead to it: from what is known to what the case says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from play import Played, play
from sandbox_client import Sandbox

MODULE, SCENARIO = "ec2_instance_containment", "compromised-instance"
PLAYBOOK = "respond_to_compromised_instance.yml"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("instance") / "state", "--scenario", SCENARIO)
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def compromised(started: Sandbox) -> Sandbox:
    started.control("POST", "/reset")
    return started


def facts(sandbox: Sandbox) -> dict[str, Any]:
    return dict(sandbox.facts["scenarios"][SCENARIO])


def arn(sandbox: Sandbox) -> str:
    known = facts(sandbox)
    return f"arn:aws:ec2:{known['region']}:{known['account']}:instance/{known['instance_id']}"


def summary(played: Played) -> str:
    return "\n".join(played.of("case_info")["summary_text"])


def names_of_groups(sandbox: Sandbox, name: str) -> set[str]:
    """The groups of all interfaces of an instance of the scenario."""
    ec2 = sandbox.in_account(facts(sandbox)["account"]).client("ec2", endpoint_url=sandbox.endpoint_url)
    attached = [{"Name": "attachment.instance-id", "Values": [facts(sandbox)[name]]}]
    found = ec2.describe_network_interfaces(Filters=attached)["NetworkInterfaces"]
    return {group["GroupName"] for interface in found for group in interface["Groups"]}


def backdoor(sandbox: Sandbox, severity: float) -> dict[str, Any]:
    """What GuardDuty says where it sees the instance talk to somebody it should not."""
    known = facts(sandbox)
    return {
        "SchemaVersion": "2.0",
        "AccountId": known["account"],
        "Region": known["region"],
        "Partition": "aws",
        "Id": "1ab92989eaf0e742df4a014d5EXAMPLE".lower().replace("example", "0000000"),
        "Type": "Backdoor:EC2/C&CActivity.B",
        "Severity": severity,
        "Resource": {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": known["instance_id"]}},
        "Service": {"ServiceName": "guardduty"},
    }


def respond_to(sandbox: Sandbox, tmp_path: Path, finding: dict[str, Any]) -> Played:
    path = tmp_path / "finding.json"
    path.write_text(json.dumps(finding))
    return play(sandbox, tmp_path, "respond_to_finding.yml", {"finding_file": str(path), "case_id": "case-1"})


def test_check_mode_shows_the_plan_that_is_carried_out_and_approval_takes_no_other(
    compromised: Sandbox, tmp_path: Path
) -> None:
    given = {"instance_ids": arn(compromised), "case_id": "case-1", "keep_capacity": False}
    compromised.control("DELETE", "/calls")
    planned = play(compromised, tmp_path, PLAYBOOK, given, cmdline="--check --diff")
    assert planned.ok, planned.stdout
    assert compromised.writes() == {}
    refused = play(compromised, tmp_path, PLAYBOOK, {**given, "approved_plan": "0" * 64})
    assert not refused.ok
    assert names_of_groups(compromised, "instance_id") != {"CordonForensic"}
    plan_id = planned.of(MODULE)["plan_id"]
    done = play(compromised, tmp_path, PLAYBOOK, {**given, "approved_plan": plan_id})
    assert done.ok, done.stdout
    assert (done.of(MODULE)["plan_id"], done.of(MODULE)["verified"]) == (plan_id, True)
    assert names_of_groups(compromised, "instance_id") == {"CordonForensic"}
    assert "MAY STILL GO ON:" in summary(done)
    assert "(evidence_first: none): nothing" in summary(done)


def test_evidence_that_was_asked_for_first_is_taken_first_or_nothing_is_done(
    compromised: Sandbox, tmp_path: Path
) -> None:
    given = {"instance_ids": arn(compromised), "case_id": "case-1", "evidence_first": "memory"}
    compromised.control("DELETE", "/calls")
    refused = play(compromised, tmp_path, PLAYBOOK, given)
    assert not refused.ok
    assert "Take the memory first" in refused.stdout
    assert "there is no such case" not in refused.stdout
    assert compromised.writes() == {}
    by_hand = "memory in s3://example-forensics/i-1.lime"
    done = play(compromised, tmp_path, PLAYBOOK, {**given, "evidence_by_hand": by_hand})
    assert done.ok, done.stdout
    assert f"(evidence_first: memory): {by_hand}" in summary(done)
    # Something is left to do again, and nobody asks for evidence this time: that is no news of what was taken before.
    ec2 = compromised.in_account(facts(compromised)["account"]).client("ec2", endpoint_url=compromised.endpoint_url)
    ec2.modify_instance_attribute(InstanceId=facts(compromised)["instance_id"], DisableApiTermination={"Value": False})
    again = play(compromised, tmp_path, PLAYBOOK, {"instance_ids": arn(compromised), "case_id": "case-1"})
    assert again.ok, again.stdout
    assert again.of(MODULE)["changed"]
    assert "(evidence_first: none)" not in summary(again)


def test_a_finding_that_says_compromised_contains_the_instance_and_nobody_beside_it(
    compromised: Sandbox, tmp_path: Path
) -> None:
    before = names_of_groups(compromised, "twin_instance_id")
    done = respond_to(compromised, tmp_path, backdoor(compromised, 8))
    assert done.ok, done.stdout
    assert [one["target"] for one in done.of(MODULE)["results"]] == [arn(compromised)]
    assert names_of_groups(compromised, "instance_id") == {"CordonForensic"}
    assert names_of_groups(compromised, "twin_instance_id") == before
    assert "Backdoor:EC2/C&CActivity.B" in summary(done)


def test_a_finding_that_is_not_sure_names_the_command_for_a_human(compromised: Sandbox, tmp_path: Path) -> None:
    compromised.control("DELETE", "/calls")
    asked = respond_to(compromised, tmp_path, backdoor(compromised, 5))
    assert not asked.ok
    assert f"{PLAYBOOK} -e instance_ids={arn(compromised)}" in asked.stdout
    assert compromised.writes() == {}


def test_accounts_as_hosts_each_contain_their_own_and_what_is_nobodys_fails(
    compromised: Sandbox, tmp_path: Path
) -> None:
    given = {"cordon_hosts": "all", "case_id": "case-1"}
    found = play(
        compromised,
        tmp_path,
        PLAYBOOK,
        {**given, "instance_ids": facts(compromised)["instance_id"]},
        inventory="organization",
    )
    assert found.ok, found.stdout
    assert names_of_groups(compromised, "instance_id") == {"CordonForensic"}
    nobodys = play(
        compromised, tmp_path, PLAYBOOK, {**given, "instance_ids": "i-0abcdef1234567890"}, inventory="organization"
    )
    assert not nobodys.ok
    assert "nothing was done about it" in nobodys.stdout

"""An instance is stopped past its stop protection and started again; a VPC's DNS is blocked for as long as it is asked for, no longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from balanced_world import plant
from ec2_world import Ec2World
from instance_response import InstanceResponse
from play import play_tasks
from sandbox_client import Sandbox

CONTAIN = "cordon.aws.ec2_instance_containment"
RELEASE = "cordon.aws.case_release"


class World(Ec2World):
    """Two instances in one VPC, and what a containment may change of them and their DNS."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.victim, self.twin = self.launch(), self.launch()
        self.resolver = self.client("route53resolver")

    def arn(self, instance_id: str) -> str:
        return f"arn:aws:ec2:us-east-1:{self.account}:instance/{instance_id}"

    def power(self, instance_id: str) -> tuple[str, bool]:
        """Its state, and whether stop protection is on."""
        found = self.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="disableApiStop")
        return self.instance(instance_id)["State"]["Name"], found["DisableApiStop"]["Value"]

    def firewall(self) -> dict[str, list[Any]]:
        """All of DNS Firewall: associations, groups with their rules, lists with their domains."""
        dns = self.resolver
        groups = dns.list_firewall_rule_groups()["FirewallRuleGroups"]
        lists = dns.list_firewall_domain_lists()["FirewallDomainLists"]
        return {
            "blocked": [
                (one["VpcId"], one["Priority"], one["Status"])
                for one in dns.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"]
            ],
            "rules": [
                (rule["Action"], rule["BlockResponse"])
                for group in groups
                for rule in dns.list_firewall_rules(FirewallRuleGroupId=group["Id"])["FirewallRules"]
            ],
            "domains": [dns.list_firewall_domains(FirewallDomainListId=one["Id"])["Domains"] for one in lists],
        }

    def settle(self) -> None:
        """Let pass what DNS Firewall takes to delete."""
        self.sandbox.control("POST", "/clock", {"advance_s": 60})


NOTHING: dict[str, list[Any]] = {"blocked": [], "rules": [], "domains": []}


def steps(result: Any) -> list[tuple[str, str]]:
    return [(step["facet"], step["status"]) for step in result["steps"]]


def test_it_is_stopped_and_dns_blocked_and_both_are_given_back(sandbox: Sandbox, tmp_path: Path) -> None:
    world = World(sandbox)
    given: dict[str, Any] = {
        "case_id": "case-1",
        "instance_ids": [world.arn(world.victim)],
        "measures": ["protection", "dns", "power"],
        "dns": "vpc",
        "power": "stop_without_shutdown",
    }
    played = play_tasks(sandbox, tmp_path, [{CONTAIN: given, "check_mode": True}, {CONTAIN: given}, {CONTAIN: given}])
    assert played.ok, played.stdout
    checked, first, second = (one for one in played.results if one["module"] == CONTAIN)
    assert checked["plan_id"] == first["plan_id"]
    result = first["results"][0]
    assert steps(result)[-1:] == [("stop_protection", "done")]
    assert any("1 network interfaces of others" in note for note in result["notes"])
    assert any("memory is lost" in note for note in result["notes"])
    assert second["verified"] and not second["changed"]
    assert world.power(world.victim) == ("stopped", True)
    assert world.power(world.twin) == ("running", False)
    assert world.firewall() == {
        "blocked": [(world.vpc_id, 101, "COMPLETE")],
        "rules": [("BLOCK", "NODATA")],
        "domains": [["*"]],
    }
    assert not any("DNS queries" in one["what"] for one in result.get("residual", []))

    back = play_tasks(sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.power(world.victim) == ("running", False)
    world.settle()
    assert world.firewall() == NOTHING


def test_by_default_dns_is_told_of_and_nothing_is_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    world = World(sandbox)
    given = {"case_id": "case-1", "instance_ids": [world.arn(world.victim)], "measures": ["dns", "power"]}
    played = play_tasks(sandbox, tmp_path, [{CONTAIN: given}])
    assert played.ok, played.stdout
    result = played.of("ec2_instance_containment")["results"][0]
    assert result["verified"] and not result["changed"]
    assert [world.vpc_id in one["what"] for one in result["residual"]] == [True]
    assert world.power(world.victim) == ("running", False)
    assert world.firewall() == NOTHING


def test_the_vpc_stays_blocked_for_the_one_that_is_still_contained(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    both = [world.arn(world.victim), world.arn(world.twin)]
    assert not response.contain(both, ["dns"], dns="vpc").failed
    assert [vpc for vpc, _priority, _status in world.firewall()["blocked"]] == [world.vpc_id]
    assert not response.release(both[:1]).failed
    assert [vpc for vpc, _priority, _status in world.firewall()["blocked"]] == [world.vpc_id]
    assert not response.release(both[1:]).failed
    world.settle()
    assert world.firewall() == NOTHING


def test_what_a_run_that_died_has_begun_is_finished(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    dns = world.resolver
    dns.create_firewall_domain_list(CreatorRequestId="1", Name="CordonDenyAll")
    dns.create_firewall_rule_group(CreatorRequestId="2", Name="CordonDenyAll")
    assert not response.contain([world.arn(world.victim)], ["dns"], dns="vpc").failed
    assert world.firewall() == {
        "blocked": [(world.vpc_id, 101, "COMPLETE")],
        "rules": [("BLOCK", "NODATA")],
        "domains": [["*"]],
    }


def test_a_block_that_somebody_has_hollowed_out_is_no_block(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    arns = [world.arn(world.victim)]
    assert not response.contain(arns, ["dns"], dns="vpc").failed
    (found,) = world.resolver.list_firewall_domain_lists()["FirewallDomainLists"]
    world.resolver.update_firewall_domains(
        FirewallDomainListId=found["Id"], Operation="REPLACE", Domains=["example.com"]
    )
    (entry,) = response.contain(arns, ["dns"], dns="vpc").failed
    assert "somebody has changed the DNS Firewall rule group CordonDenyAll" in entry.error
    assert any("somebody has changed" in one["why"] for one in entry.residual)


def test_hibernation_is_refused_where_it_cannot_be_and_done_where_it_can(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    (entry,) = response.contain([world.arn(world.victim)], ["power"], power="hibernate").failed
    assert "launched without hibernation" in entry.error
    assert world.power(world.victim) == ("running", False)
    ready = world.launch(HibernationOptions={"Configured": True})
    assert not response.contain([world.arn(ready)], ["power"], power="hibernate").failed
    assert world.power(ready) == ("stopped", False)


def test_somebody_who_starts_it_meanwhile_is_not_stopped_by_the_release(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    arns = [world.arn(world.victim)]
    world.ec2.modify_instance_attribute(InstanceId=world.victim, DisableApiStop={"Value": True})
    assert not response.contain(arns, ["power"], power="stop").failed
    assert world.power(world.victim) == ("stopped", True)
    world.ec2.start_instances(InstanceIds=[world.victim])
    released = response.release(arns)
    assert not released.failed
    assert world.power(world.victim) == ("running", True)


def test_a_block_that_was_found_there_is_kept_for_the_one_that_found_it(sandbox: Sandbox) -> None:
    """The second instance is contained later, in a run of its own, and released last."""
    world, response = World(sandbox), InstanceResponse(sandbox)
    first, second = [world.arn(world.victim)], [world.arn(world.twin)]
    assert not response.contain(first, ["dns"], dns="vpc").failed
    assert not response.contain(second, ["dns"], dns="vpc").failed
    released = response.release(first)
    assert not released.failed
    assert any(f"stays: {second[0]} is contained by it, too" in note for note in released.results[0].notes)
    assert [vpc for vpc, _priority, _status in world.firewall()["blocked"]] == [world.vpc_id]
    assert not response.release(second).failed
    world.settle()
    assert world.firewall() == NOTHING
    assert not world.instance(world.victim).get("Tags") and not world.instance(world.twin).get("Tags")


def test_what_its_group_still_holds_is_not_stopped(sandbox: Sandbox) -> None:
    """Neither where that is planned, nor where taking it out of the group went wrong."""
    world, response = plant(sandbox), InstanceResponse(sandbox)
    arn = f"arn:aws:ec2:us-east-1:{sandbox.management}:instance/{world.victim}"
    (entry,) = response.contain([arn], ["power"], power="stop").failed
    assert "terminates it" in entry.error and "auto_scaling" in entry.error
    sandbox.control(
        "POST",
        "/faults",
        {"service": "autoscaling", "operation": "EnterStandby", "error": "AccessDenied", "times": 100},
    )
    (entry,) = response.contain([arn], ["protection", "auto_scaling", "power"], power="stop").failed
    assert "takes what is stopped for unhealthy" in entry.error
    described = world.client("ec2").describe_instances(InstanceIds=[world.victim])
    assert described["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


def test_by_default_no_more_is_asked(sandbox: Sandbox) -> None:
    world, response = World(sandbox), InstanceResponse(sandbox)
    sandbox.control("DELETE", "/calls")
    assert not response.contain([world.arn(world.victim)], ["dns", "power"]).failed
    asked = {name for name in sandbox.calls() if not name.startswith("sts:")}
    assert asked == {"ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"}

"""Targets of Network and Gateway Load Balancers are taken out and given back as those of others are, with what is theirs alone."""

from __future__ import annotations

from typing import Any

import pytest
from balanced_world import plant
from instance_response import InstanceResponse
from sandbox_client import Sandbox

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
KINDS = [("network", "TCP", 5432), ("network", "UDP", 53), ("gateway", "GENEVE", 6081)]


@pytest.mark.parametrize(("kind", "protocol", "port"), KINDS)
def test_its_targets_go_and_come_back_and_the_neighbour_s_stay(
    sandbox: Sandbox, kind: str, protocol: str, port: int
) -> None:
    world = plant(sandbox)
    ec2, elbv2 = world.client("ec2"), world.client("elbv2")
    subnet = ec2.describe_instances(InstanceIds=[world.victim])["Reservations"][0]["Instances"][0]
    made = elbv2.create_target_group(
        Name="low", Protocol=protocol, Port=port, VpcId=subnet["VpcId"], TargetType="instance", HealthCheckPort="80"
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    balancer = elbv2.create_load_balancer(Name="low", Type=kind, Subnets=[subnet["SubnetId"]])["LoadBalancers"][0]
    listener: dict[str, Any] = {} if kind == "gateway" else {"Protocol": protocol, "Port": port}
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        **listener,
    )
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": one} for one in world.members])

    def targets() -> set[tuple[str, int]]:
        health = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {
            (one["Target"]["Id"], one["Target"]["Port"]) for one in health if one["TargetHealth"]["State"] != "draining"
        }

    before = targets()
    assert before == {(one, port) for one in world.members}
    account = sandbox.management
    victim = f"arn:aws:ec2:us-east-1:{account}:instance/{world.victim}"
    response = InstanceResponse(sandbox)
    contained = response.contain([victim], ["load_balancers"])
    assert not contained.failed and all(entry.verified for entry in contained.results)
    assert targets() == before - {(world.victim, port)}

    sandbox.control("POST", "/clock", {"advance_s": 600})
    assert not response.release([victim]).failed
    assert targets() == before

"""The flows of the sandbox's instances: which of them outlive which call.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html"""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from network_world import PEER, NetworkWorld
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> NetworkWorld:
    return NetworkWorld(sandbox)


def test_an_instance_without_flows_has_none(world: NetworkWorld) -> None:
    assert world.flows() == {}
    assert world.windows() == []


def test_a_flow_is_shown_as_it_was_opened(world: NetworkWorld) -> None:
    wish = world.wish(via="nat_gateway")
    made = world.sandbox.control("POST", f"/instances/{world.instance_id}/flows", wish)
    assert {name: made[name] for name in wish} == wish
    assert (made["tracked"], made["alive"], made["ended_at"]) == (True, True, None)
    assert world.flows() == {made["id"]: made}


def test_a_new_flow_is_answered_with_created(world: NetworkWorld) -> None:
    url = f"{world.sandbox.facts['control_url']}/instances/{world.instance_id}/flows"
    body = b'{"interface": "%s", "direction": "outbound", "protocol": "icmp", "peer": "203.0.113.77"}'
    with urlopen(Request(url, body % world.first.encode(), method="POST"), timeout=60) as answer:
        assert answer.status == 201


def test_a_flow_that_rules_do_not_permit_does_not_begin(world: NetworkWorld) -> None:
    path = f"/instances/{world.instance_id}/flows"
    stranger = world.wish(direction="inbound", local_port=22, peer="198.51.100.9", peer_port=50_000)
    status, message = world.sandbox.refusal("POST", path, stranger)
    assert status == 409
    assert "security groups" in message
    world.deny(50, False, f"{PEER}/32")
    status, message = world.sandbox.refusal("POST", path, world.wish())
    assert status == 409
    assert "entry 50" in message
    assert world.flows() == {}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"direction": "sideways"}, 400),
        ({"peer": "example.com"}, 400),
        ({"peer_port": 70_000}, 400),
        ({"via": "magic"}, 400),
        ({"speed": 1}, 400),
        ({"idle": True, "every_s": 5}, 400),
        ({"interface": "eni-00000000000000000"}, 409),
        ({"peer": "2001:db8::7"}, 409),
    ],
)
def test_what_is_no_flow_is_refused(world: NetworkWorld, wrong: dict[str, object], status: int) -> None:
    assert world.sandbox.refusal("POST", f"/instances/{world.instance_id}/flows", world.wish(**wrong))[0] == status


def test_an_instance_that_does_not_exist_has_no_flows(sandbox: Sandbox) -> None:
    for path in ("/instances/i-00000000000000000/flows", "/instances/i-00000000000000000/exposure"):
        assert sandbox.refusal("GET", path)[0] == 404


def test_a_tracked_flow_outlives_the_forensic_group(world: NetworkWorld) -> None:
    flow = world.flow()
    world.put(world.empty_group(), world.first, world.second)
    found = world.flows()[flow]
    assert (found["tracked"], found["alive"]) == (True, True)
    assert world.sandbox.refusal("POST", f"/instances/{world.instance_id}/flows", world.wish())[0] == 409


def test_all_open_and_then_none_cuts_the_flows_of_just_the_interfaces_that_got_them(world: NetworkWorld) -> None:
    twin = world.launch()
    cut, stays = world.flow(), world.flow(interface=world.second)
    theirs = world.flow(instance_id=twin, interface=world.interfaces(twin)[0])
    everything, nothing = world.group("open", ["0.0.0.0/0"]), world.empty_group()
    world.put(everything, world.first)
    assert world.flows()[cut]["tracked"] is False
    world.put(nothing, world.first, world.second)
    assert world.alive(cut) is False
    assert world.alive(stays) is True
    assert world.flows(twin)[theirs]["alive"] is True


def test_a_moment_between_two_looks_is_seen_and_measured(world: NetworkWorld) -> None:
    flow = world.flow()
    everything, nothing = world.group("open", ["0.0.0.0/0"]), world.empty_group()
    world.put(everything, world.first)
    world.put(nothing, world.first)
    assert world.alive(flow) is False
    (window,) = world.windows()
    assert window["interface"] == world.first
    assert 0 < window["ms"] < 10_000
    rules = world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [everything]}])
    assert window["rule"] in [one["SecurityGroupRuleId"] for one in rules["SecurityGroupRules"]]


def test_a_window_that_is_still_open_says_so(world: NetworkWorld) -> None:
    world.put(world.group("open", ["0.0.0.0/0"]), world.first)
    world.sandbox.control("POST", "/clock", {"advance_s": 180})
    (window,) = world.windows()
    assert window["until"] is None
    assert window["ms"] >= 180_000


def test_rules_that_are_added_and_revoked_count_as_groups_do(world: NetworkWorld) -> None:
    flow = world.flow()
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    world.ec2.authorize_security_group_ingress(GroupId=world.group_id, IpPermissions=everything)
    assert world.flows()[flow]["tracked"] is False
    world.ec2.revoke_security_group_ingress(GroupId=world.group_id, IpPermissions=everything)
    assert world.alive(flow) is False
    assert {window["interface"] for window in world.windows()} == {world.first, world.second}


@pytest.mark.parametrize("via", ["nat_gateway", "transit_gateway", "network_load_balancer", "privatelink"])
def test_what_is_always_tracked_dies_by_the_network_acl_only(world: NetworkWorld, via: str) -> None:
    flow, other = world.flow(via=via), world.flow(via=via, peer="203.0.113.78")
    world.put(world.group("open", ["0.0.0.0/0"]), world.first)
    world.put(world.empty_group(), world.first)
    assert world.alive(flow) is True
    world.deny(1, True, f"{PEER}/32")
    found = world.flows()[flow]
    assert found["alive"] is False
    assert "network ACL" in found["why"]
    assert found["ended_at"] is not None
    assert world.alive(other) is True


def test_another_network_acl_for_the_subnet_counts_at_once(world: NetworkWorld) -> None:
    flow = world.flow()
    made = world.ec2.create_network_acl(VpcId=world.vpc_id)["NetworkAcl"]["NetworkAclId"]
    (old,) = world.ec2.describe_network_acls(NetworkAclIds=[world.network_acl()])["NetworkAcls"]
    (association,) = [one for one in old["Associations"] if one["SubnetId"] == world.subnet_id]
    world.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=made)
    assert world.alive(flow) is False


def test_idle_flows_end_by_the_timeout_of_their_interface(world: NetworkWorld) -> None:
    idle, busy = world.flow(idle=True), world.flow()
    world.sandbox.control("POST", "/clock", {"advance_s": 1_800})
    assert world.alive(idle) is True
    world.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=world.first, ConnectionTrackingSpecification={"TcpEstablishedTimeout": 60}
    )
    world.sandbox.control("POST", "/clock", {"advance_s": 61})
    assert world.alive(idle) is False
    assert world.alive(busy) is True


def test_the_timeouts_of_an_interface_are_shown_and_have_bounds(world: NetworkWorld) -> None:
    for given in ({"TcpEstablishedTimeout": 59}, {"UdpStreamTimeout": 181}, {"UdpTimeout": 29}):
        with pytest.raises(ClientError) as refused:
            world.ec2.modify_network_interface_attribute(
                NetworkInterfaceId=world.first, ConnectionTrackingSpecification=given
            )
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    for given in ({"TcpEstablishedTimeout": 60, "UdpTimeout": 40}, {"UdpTimeout": 30}):
        world.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=world.first, ConnectionTrackingSpecification=given
        )
    (found,) = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[world.first])["NetworkInterfaces"]
    assert found["ConnectionTrackingConfiguration"] == {"TcpEstablishedTimeout": 60, "UdpTimeout": 30}
    (other,) = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[world.second])["NetworkInterfaces"]
    assert "ConnectionTrackingConfiguration" not in other


def test_an_idle_flow_of_tcp_ends_after_five_days(world: NetworkWorld) -> None:
    flow = world.flow(idle=True)
    world.sandbox.control("POST", "/clock", {"advance_s": 431_000})
    assert world.alive(flow) is True
    world.sandbox.control("POST", "/clock", {"advance_s": 1_001})
    assert world.alive(flow) is False


def test_a_flow_ends_with_its_interface(world: NetworkWorld) -> None:
    stays, ends = world.flow(), world.flow(interface=world.second)
    (found,) = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[world.second])["NetworkInterfaces"]
    world.ec2.detach_network_interface(AttachmentId=found["Attachment"]["AttachmentId"], Force=True)
    assert world.alive(stays) is True
    assert world.alive(ends) is False
    assert "not attached" in world.flows()[ends]["why"]


@pytest.mark.parametrize("how", ["stop_instances", "terminate_instances"])
def test_a_stopped_or_terminated_instance_has_no_flow_left(world: NetworkWorld, how: str) -> None:
    flows = [world.flow(), world.flow(interface=world.second, via="nat_gateway")]
    getattr(world.ec2, how)(InstanceIds=[world.instance_id])
    assert [world.alive(flow) for flow in flows] == [False, False]
    with pytest.raises(HTTPError):
        world.flow()


def test_what_ended_does_not_come_back_with_the_rules(world: NetworkWorld) -> None:
    flow = world.flow()
    world.deny(1, False, f"{PEER}/32")
    world.ec2.delete_network_acl_entry(NetworkAclId=world.network_acl(), RuleNumber=1, Egress=False)
    assert world.alive(flow) is False


def test_a_reset_forgets_flows(world: NetworkWorld) -> None:
    world.flow()
    world.sandbox.control("POST", "/reset")
    assert world.sandbox.refusal("GET", f"/instances/{world.instance_id}/flows")[0] == 404

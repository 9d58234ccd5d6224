#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2 instances can no longer talk, be lost or lend their role, or can again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_instance_containment
short_description: Contain EC2 instances and release them again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Shuts instances off without losing what is on them, and without touching what is beside them.
  - Works on any number of instances at once, over accounts and regions. One that fails does not keep the others from being contained.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again.
  - What may go on all the same is listed under C(residual) of each result, with the reason.
options:
  instance_ids:
    description:
      - The instances, each by its id or its ARN.
      - An id is looked for in O(accounts) and O(regions). An ARN says by itself where it is.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(contained) makes sure that every measure is in force.
      - V(released) takes back what the case O(case_id) records, as M(cordon.aws.case_release) does, and needs O(case_id).
    type: str
    choices: [contained, released]
    default: contained
  measures:
    description:
      - The measures to take, or to take back. All by default, always in the order that follows.
      - V(protection) switches termination and stop protection on, makes a shutdown by the guest stop the instance instead of terminating
        it, and makes volumes outlive the instance.
      - V(auto_scaling) puts the instance on standby in its Auto Scaling group, or detaches it, and protects it from scale-in, so that the
        group does not terminate it when it fails a health check. See O(auto_scaling) and O(keep_capacity).
      - V(load_balancers) deregisters it from every target group and Classic Load Balancer of its region, by its id and by its addresses.
      - V(network) moves every interface into the security group C(CordonForensic) of its VPC, which is made if it is missing and lets
        nothing through but what O(allow_from) and O(allow_endpoints) name. A group of this name that somebody else made is used, and its
        other rules are taken away; release leaves it there with these rules. One that Cordon made goes with the last interface in it.
      - V(tracked_flows) ends connections that were there before, which a change of security groups does not. See O(convert_flows),
        O(remote_peers) and O(peers_from_flow_logs). It also flushes a Network Firewall in the way, and lowers the interfaces' timeouts for
        idle flows. What may go on is listed under C(residual).
      - V(metadata) switches the instance metadata service off, or with O(agent_profile) lets it answer to tokens alone, one hop far.
      - V(role_sessions) denies everything to credentials that the instance was given of its role, wherever they are used, and to no other
        instance that shares the role. See O(role_sessions_before).
      - V(instance_profile) takes the instance profile away, or gives it O(agent_profile). With V(role_sessions)
        it waits for that, because nothing else tells the role.
      - V(dns) says under C(residual) that the resolver of its VPC still answers it, or with O(dns=vpc) blocks that for the whole VPC.
      - V(power) leaves it running, or stops it. See O(power).
    type: list
    elements: str
  regions:
    description:
      - The regions in which ids are looked for. That of the connection by default.
    type: list
    elements: str
  accounts:
    description:
      - The accounts in which ids are looked for, and the only ones that this task may touch.
      - By default ids are looked for in the account of the credentials, and ARNs may be of any account.
    type: list
    elements: str
  elsewhere:
    description:
      - What becomes of an instance that is not in one of O(accounts). V(leave) leaves it out, V(refuse) fails for it.
    type: str
    choices: [refuse, leave]
    default: refuse
  auto_scaling:
    description:
      - How the instance is taken out of its Auto Scaling group.
      - V(standby) leaves it a member that the group neither checks nor terminates. V(detach) makes it independent of the group, so that
        it outlives the group, too. One that is on standby already stays there.
    type: str
    choices: [standby, detach]
    default: standby
  keep_capacity:
    description:
      - Whether the group keeps its desired capacity, for which AWS launches a replacement, from the same launch template.
      - With V(false) the desired capacity goes down by one, and up again with release. It is refused where the group's minimum forbids it.
      - With V(true) release raises the desired capacity above what it was, because the replacement stays. Where the group's maximum
        forbids that, release says so and changes nothing about the group.
    type: bool
    default: true
  allow_from:
    description:
      - Networks and prefix lists from which everything may come in, such as the forensic station.
    type: list
    elements: str
    default: []
  allow_endpoints:
    description:
      - Prefix lists to which HTTPS may go out, such as the addresses of VPC endpoints for AWS Systems Manager.
    type: list
    elements: str
    default: []
  convert_flows:
    description:
      - Whether flows that security groups track are cut by putting each interface for a moment into a group, C(CordonOpen), that lets
        everything through, which makes them untracked, and then back.
      - For that moment, measured and reported in C(proof), the interface is reachable from wherever routes and network ACLs let through.
      - With V(false) such flows go on until they end or are idle, which C(residual) says.
    type: bool
    default: true
  conversion_dwell_ms:
    description:
      - How many milliseconds an interface stays open at least, from V(0) to V(10000). A flow that sends nothing in that time stays tracked.
    type: int
    default: 300
  remote_peers:
    description:
      - Networks of peers, to be denied in the network ACLs of the instance's subnets in both directions, by entries numbered from 99 down.
      - Everything in these subnets loses these peers, and C(notes) says how many interfaces that are. The release removes the entries.
    type: list
    elements: str
    default: []
  peers_from_flow_logs:
    description:
      - Whether to look for peers in flow logs that go to CloudWatch Logs. Those whose flows AWS always tracks, because a route leads to
        them through a NAT gateway, a transit gateway or the like, or because they exchange ICMP, are denied as O(remote_peers) are. Peers
        inside the VPC are not.
      - Flow logs go on while a plan is being approved. To use O(approved_plan), name O(remote_peers) and set this to V(false).
    type: bool
    default: true
  flow_log_minutes:
    description:
      - How far back flow logs are read, from V(1) to V(1440).
    type: int
    default: 60
  agent_profile:
    description:
      - The ARN of an instance profile that can do no more than the agent of AWS Systems Manager needs, given to the instance instead of its
        own, so that evidence can be taken through the agent. Its metadata service then stays on, for tokens and one hop only.
      - Without it the instance has neither metadata nor a profile.
    type: str
  role_sessions_before:
    description:
      - Deny everything to all sessions of the instance's role that were issued before this time (ISO 8601 with its zone), too.
      - That hits every instance and person with the role until they get new credentials. The release takes it back.
    type: str
  dns:
    description:
      - What is done about names, which the resolver of a VPC resolves for an instance whatever security groups and network ACLs say, and
        in which data can be carried out.
      - V(report) asks and changes nothing, and says so under C(residual).
      - V(vpc) associates the DNS Firewall rule group C(CordonDenyAll) with the VPC of each interface, which is made if it is missing and
        answers no query. EVERYTHING in the VPC loses its names; C(notes) says how many other interfaces that are, in check mode, too.
        What rule groups with a lower priority allow is still answered, which C(residual) says.
      - Each instance that a VPC is blocked for is tagged with it. The VPC is given back with the last of them.
    type: str
    choices: [report, vpc]
    default: report
  power:
    description:
      - What becomes of the power, last of all. Take its memory first, if you want it.
      - V(keep) leaves it as it is.
      - V(stop) stops it. Its memory is lost, and what runs on it sees the shutdown.
      - V(stop_without_shutdown) stops it without the shutdown of its operating system. What it has not written to its volumes is lost, too,
        and their file systems may be damaged.
      - V(hibernate) writes its memory to its root volume. It is refused where the instance was launched without hibernation; where AWS
        fails to hibernate, it shuts down normally.
      - In every case but V(keep) it also loses instance store volumes, and public addresses that are no Elastic IP addresses. It is waited
        for, ten minutes at most. Stop protection is switched off for the call that stops it, and on again.
      - An instance that its Auto Scaling group still holds in service is not stopped, because the group would terminate it.
      - Release starts it first, while it is still contained.
    type: str
    choices: [keep, stop, stop_without_shutdown, hibernate]
    default: keep
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.iam_principal_containment
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
"""

EXAMPLES = r"""
- name: Contain an instance
  cordon.aws.ec2_instance_containment:
    case_id: case-2026-0042
    instance_ids:
      - arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890

- name: Release it
  cordon.aws.ec2_instance_containment:
    case_id: case-2026-0042
    state: released
    instance_ids:
      - arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890
"""

RETURN = r"""
action:
  description: What was asked for.
  returned: always
  type: str
  sample: contain
case_id:
  description: The case that it was written down in; null in check mode without O(case_id).
  returned: always
  type: str
  sample: case-01kavm4p3yk3a8tq6b2n9h5d7c
plan_id:
  description: SHA-256 of the plan in canonical JSON, to be given as O(approved_plan).
  returned: always
  type: str
  sample: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920
results:
  description:
    - What happened to each of O(instance_ids), in their order; each with C(target) (the instance's ARN), C(name), C(status), C(changed),
      C(verified), C(proof), C(steps), C(notes), C(unchecked), C(before), C(after), C(residual) (what may go on all the same, each with
      C(what) and C(why)) when there is any, and C(error) when it failed.
  returned: always
  type: list
  elements: dict
steps:
  description: Every change, in order, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
before:
  description: What was observed of each instance first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each instance last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all instances were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 14
"""

from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.case_check import get_ready
from ansible_collections.cordon.aws.plugins.module_utils.cloud import known_parameters
from ansible_collections.cordon.aws.plugins.module_utils.containment import chosen
from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import parse_remote_peers
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import DWELL_MS, LONGEST_DWELL_MS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import parse_peers
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_lookup import (
    Places,
    find_instances,
    found_or_raised,
    parse_instances,
    parse_regions,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import parse_profile
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.power_states import PARAMETERS
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_accounts
from ansible_collections.cordon.aws.plugins.module_utils.instance_containment import (
    FLOW_LOG_MINUTES,
    Wishes,
    containment_of_instances,
    past_time,
    within,
)
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.measures.power import check_botocore
from ansible_collections.cordon.aws.plugins.module_utils.on_record import OnRecord
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    RUN_OPTIONS,
    cloud_of,
    existing_case,
    limits_of,
    new_module,
    opened_case,
    reporting,
    respond,
    store_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE

OPTIONS = RUN_OPTIONS | {
    "instance_ids": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "measures": {"type": "list", "elements": "str"},
    "regions": {"type": "list", "elements": "str"},
    "accounts": {"type": "list", "elements": "str"},
    "elsewhere": {"type": "str", "choices": ["refuse", "leave"], "default": "refuse"},
    "auto_scaling": {"type": "str", "choices": ["standby", "detach"], "default": "standby"},
    "keep_capacity": {"type": "bool", "default": True},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "allow_endpoints": {"type": "list", "elements": "str", "default": []},
    "convert_flows": {"type": "bool", "default": True},
    "conversion_dwell_ms": {"type": "int", "default": DWELL_MS},
    "remote_peers": {"type": "list", "elements": "str", "default": []},
    "peers_from_flow_logs": {"type": "bool", "default": True},
    "flow_log_minutes": {"type": "int", "default": FLOW_LOG_MINUTES},
    "agent_profile": {"type": "str"},
    "role_sessions_before": {"type": "str"},
    "dns": {"type": "str", "choices": ["report", "vpc"], "default": "report"},
    "power": {"type": "str", "choices": ["keep", *PARAMETERS], "default": "keep"},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        names = parse_instances(options["instance_ids"])
        accounts = parse_accounts(options["accounts"])
        regions = parse_regions(options["regions"])
        wishes = Wishes(
            allow_from=parse_peers(options["allow_from"], "allow_from", cidrs=True),
            allow_endpoints=parse_peers(options["allow_endpoints"], "allow_endpoints", cidrs=False),
            convert_flows=options["convert_flows"],
            conversion_dwell_ms=within("conversion_dwell_ms", options["conversion_dwell_ms"], 0, LONGEST_DWELL_MS),
            remote_peers=parse_remote_peers(options["remote_peers"], "remote_peers"),
            peers_from_flow_logs=options["peers_from_flow_logs"],
            flow_log_minutes=within("flow_log_minutes", options["flow_log_minutes"], 1, 1440),
            auto_scaling=options["auto_scaling"],
            keep_capacity=options["keep_capacity"],
            agent_profile=None
            if options["agent_profile"] is None
            else parse_profile(options["agent_profile"], "agent_profile"),
            role_sessions_before=past_time(options["role_sessions_before"], "role_sessions_before"),
            dns=options["dns"],
            power=options["power"],
        )
        check_botocore(options["power"], known_parameters)
        chosen(EC2_INSTANCE, options["measures"])
        contains = options["state"] == "contained"
        limits = limits_of(module, guards_responder=contains, leaves_elsewhere=options["elsewhere"] == "leave")
        cloud = cloud_of(module)
        reads = Reads(cloud)
        get_ready()
        found = find_instances(
            reads,
            names,
            Places(
                accounts=tuple(sorted(accounts or {cloud.caller().account})),
                regions=regions or (cloud.home_region,),
                only=accounts,
            ),
        )
        if contains:
            case = opened_case(module, cloud)
            wishes = replace(wishes, on_record=OnRecord(store_of(module, cloud)))
            intention: Intention = containment_of_instances(options["measures"], wishes)
        else:
            case = existing_case(module, cloud)
            among = [one.arn for one in found.values() if isinstance(one, Ec2Instance)]
            intention = recorded_release(case, EC2_INSTANCE, only=options["measures"], among=among)
        respond(
            module,
            intention,
            names,
            lambda name, _reads: found_or_raised(found[name]),
            cloud=cloud,
            case=case,
            limits=limits,
            reads=reads,
        )


if __name__ == "__main__":
    main()

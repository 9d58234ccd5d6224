# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the forensic group of a VPC what it must be, and moves interfaces into it and back, those of many instances at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import DESCRIPTION
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP, FORENSIC_GROUPS, OPEN_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import (
    Vpc,
    make_group,
    own_group,
    remove_unused,
    vpc_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


def set_rules(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `forensic_group.SET_RULES`, each VPC once, by the rules that were asked for first."""
    wanted = {vpc_of(call): call for call in reversed(calls)}
    errors = dict(
        zip(wanted, in_parallel(wanted.values(), lambda call: _caught(partial(_make, cloud, call))), strict=True)
    )
    return [errors[vpc_of(call)] for call in calls]


def set_groups(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `forensic_group.SET_GROUPS`."""
    reads = Reads(cloud)
    for vpc in dict.fromkeys(vpc_of(call) for call in calls):
        reads.expect(FORENSIC_GROUPS, *vpc)
    errors = in_parallel(calls, lambda call: _caught(partial(_move, cloud, reads, call)))
    left = dict.fromkeys(vpc_of(call) for call in calls if FORENSIC_GROUP not in call.parameters["Groups"])
    in_parallel(left, lambda vpc: _caught(partial(remove_left, cloud, reads, vpc)))
    return errors


def _caught(work: Callable[[], None]) -> CordonError | None:
    try:
        work()
    except CordonError as error:
        return error
    return None


def _make(cloud: Cloud, call: Call) -> None:
    make_group(cloud, vpc_of(call), FORENSIC_GROUP, DESCRIPTION, call.parameters["Rules"])


def _move(cloud: Cloud, reads: Reads, call: Call) -> None:
    groups = []
    for group in call.parameters["Groups"]:
        if group != FORENSIC_GROUP:
            groups.append(group)
            continue
        found = own_group(reads, vpc_of(call), FORENSIC_GROUP)
        if found is None:
            raise DriftError(
                f"move interface {call.parameters['NetworkInterfaceId']} into {FORENSIC_GROUP}",
                f"VPC {call.parameters['VpcId']} has no such group: it could not be made, or somebody has deleted it",
                "Repeat the run.",
            )
        groups.append(found["GroupId"])
    parameters = {"NetworkInterfaceId": call.parameters["NetworkInterfaceId"], "Groups": groups}
    cloud.answer(
        Call(
            account=call.account,
            region=call.region,
            service="ec2",
            operation="ModifyNetworkInterfaceAttribute",
            parameters=parameters,
        )
    )


def remove_left(cloud: Cloud, reads: Reads, vpc: Vpc) -> None:
    """The forensic group, where nothing is in it any more and Cordon made it, and with it the open one, if a run that died has left it.

    Whoever made a group before, for the station to come in, finds it again: what Cordon makes is known by its description, which nobody
    can change. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
    for name in (OPEN_GROUP, FORENSIC_GROUP):
        group = own_group(reads, vpc, name)
        if group is not None and (name == OPEN_GROUP or group["Description"] == DESCRIPTION):
            remove_unused(cloud, vpc, group["GroupId"])

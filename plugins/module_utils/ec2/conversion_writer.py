# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cuts the tracked flows of interfaces: opens each for a moment and closes it at once, many side by side, and writes down how long it was.

Nothing is opened that has not been looked at and found contained. Whatever goes wrong once an interface may be open, it is closed; where
that cannot be done, or the process is killed in between, the next look sees it in OPEN_GROUP and closes it before anything else."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import OPEN_DESCRIPTION, OPEN_RULES
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import CUT_MARK, cut_mark
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import (
    BRANCH_INTERFACES,
    FORENSIC_GROUP,
    FORENSIC_GROUPS,
    OPEN_GROUP,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.marks_writer import mark
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import (
    Vpc,
    make_group,
    own_group,
    remove_unused,
    vpc_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

CLOSE_ATTEMPTS = 5
PAUSE_S = 0.2


def cut_flows(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `conversion.CUT_FLOWS`."""
    reads = Reads(cloud)
    vpcs = list(dict.fromkeys(vpc_of(call) for call in calls))
    for vpc in vpcs:
        reads.expect(FORENSIC_GROUPS, *vpc)
    for call in calls:
        reads.expect(BRANCH_INTERFACES, call.account, call.region, call.parameters["NetworkInterfaceId"])
    opened = dict(zip(vpcs, in_parallel(vpcs, partial(_open_group, cloud)), strict=True))
    try:
        outcomes = in_parallel(calls, partial(_cut, cloud, reads, opened))
    finally:
        in_parallel(
            [(vpc, group) for vpc, group in opened.items() if isinstance(group, str)],
            lambda made: _removed(cloud, *made),
        )
    now = datetime.now(UTC)
    values = {number: cut_mark(now, one) for number, one in enumerate(outcomes) if isinstance(one, float)}
    marked = mark(cloud, CUT_MARK, values, calls)
    return [marked.get(number) if isinstance(one, float) else one for number, one in enumerate(outcomes)]


def _open_group(cloud: Cloud, vpc: Vpc) -> str | CordonError:
    try:
        return make_group(cloud, vpc, OPEN_GROUP, OPEN_DESCRIPTION, OPEN_RULES)
    except CordonError as error:
        return error


def _removed(cloud: Cloud, vpc: Vpc, group_id: str) -> None:
    """What is left of the group is found, and used or removed, by the next that cuts flows here, or releases."""
    try:
        remove_unused(cloud, vpc, group_id)
    except CordonError:
        return


def _cut(cloud: Cloud, reads: Reads, opened: Mapping[Vpc, str | CordonError], call: Call) -> float | CordonError:
    """For how many milliseconds the interface was open, or why its flows are not cut."""
    group = opened[vpc_of(call)]
    if isinstance(group, CordonError):
        return group
    try:
        return _converted(cloud, call, group, _forensic_group(reads, call))
    except CordonError as error:
        return error


def _forensic_group(reads: Reads, call: Call) -> str:
    """The group to go back to; raises DriftError where the interface is not in it, and in nothing else."""
    ident = call.parameters["NetworkInterfaceId"]
    forensic = own_group(reads, vpc_of(call), FORENSIC_GROUP)
    found = next(iter(reads.each(BRANCH_INTERFACES, call.account, call.region, ident)), None)
    groups = [] if found is None else [group["GroupId"] for group in found["Groups"]]
    if forensic is None or groups != [forensic["GroupId"]]:
        raise DriftError(
            f"cut the tracked flows of {ident}",
            f"it is in {', '.join(groups) or 'no group'}, and not in {FORENSIC_GROUP} alone: it would not be contained afterwards",
            "Repeat the run with the measure `network`.",
        )
    return str(forensic["GroupId"])


def _converted(cloud: Cloud, call: Call, open_id: str, forensic_id: str) -> float:
    began = time.monotonic()
    try:
        try:
            _put(cloud, call, open_id)
            time.sleep(call.parameters["DwellMs"] / 1000)
        finally:
            _close(cloud, call, forensic_id)
    except AwsError as error:
        if not error.may_have_happened:
            raise
        raise _with_exposure(error, (time.monotonic() - began) * 1000) from error
    return (time.monotonic() - began) * 1000


def _with_exposure(error: AwsError, open_ms: float) -> AwsError:
    """No tag tells how long it was open, because its flows are not cut; so the error does."""
    return AwsError(
        error.tried,
        f"{error.why}; until now the interface may have been open to everybody for {math.ceil(open_ms)} ms",
        error.remedy,
        code=error.code,
        request_id=error.request_id,
        may_have_happened=True,
    )


def _close(cloud: Cloud, call: Call, forensic_id: str) -> None:
    """To close is safe to repeat, whatever came of it before."""
    for attempt in range(1, CLOSE_ATTEMPTS + 1):
        try:
            _put(cloud, call, forensic_id)
        except AwsError as error:
            if attempt == CLOSE_ATTEMPTS:
                if _is_closed(cloud, call, forensic_id):
                    return
                raise AwsError(
                    f"close {call.parameters['NetworkInterfaceId']} again, IT IS OPEN TO EVERYBODY",
                    error.why,
                    f"Put it into {FORENSIC_GROUP} ({forensic_id}) at once, or repeat the run, which does that first.",
                    code=error.code,
                    request_id=error.request_id,
                    may_have_happened=True,
                ) from error
            time.sleep(PAUSE_S)
        else:
            return


def _is_closed(cloud: Cloud, call: Call, forensic_id: str) -> bool:
    """Whether the answers alone got lost. Who cannot look says no."""
    ident = call.parameters["NetworkInterfaceId"]
    try:
        found = Reads(cloud).each(BRANCH_INTERFACES, call.account, call.region, ident)
    except CordonError:
        return False
    return [[group["GroupId"] for group in one["Groups"]] for one in found] == [[forensic_id]]


def _put(cloud: Cloud, call: Call, group_id: str) -> None:
    cloud.answer(
        Call(
            account=call.account,
            region=call.region,
            service="ec2",
            operation="ModifyNetworkInterfaceAttribute",
            parameters={"NetworkInterfaceId": call.parameters["NetworkInterfaceId"], "Groups": [group_id]},
        )
    )

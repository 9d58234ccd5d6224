# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes settings of many DB instances at once, all that are wanted of one in one ModifyDBInstance, and waits until RDS has applied them.

An instance that is busy is waited for, too: RDS refuses changes to one that is not available.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group_writer import remove_left
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUPS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import Vpc
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import DATABASES
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings import GROUPS, PROTECTED, PUBLIC
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings_change import Change
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

WAIT_S = 180.0
"""For all together. What takes longer is found not to hold yet, and the next run goes on from there."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
_SETTINGS = (GROUPS, PUBLIC, PROTECTED)


def set_settings(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `settings.OPERATION`. All of one instance have the same answer."""
    changes = _changes_of(calls)
    deadline, pause = time.monotonic() + WAIT_S, FIRST_PAUSE_S
    while waiting := [change for change in changes.values() if not change.is_over]:
        is_last = time.monotonic() >= deadline
        _look_once(cloud, waiting, is_last=is_last)
        if not all(change.is_over for change in waiting):
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
    left = dict.fromkeys(change.vpc for change in changes.values() if change.leaves)
    in_parallel(left, lambda vpc: _remove(cloud, vpc))
    return [changes[_key(call)].error for call in calls]


def _look_once(cloud: Cloud, waiting: Sequence[Change], *, is_last: bool) -> None:
    reads = Reads(cloud)
    for change in waiting:
        reads.expect(DATABASES, change.account, change.region, change.identifier)
        if change.vpc_id:
            reads.expect(FORENSIC_GROUPS, *change.vpc)
    in_parallel(waiting, lambda change: change.go_on(cloud, reads, is_last=is_last))


def _changes_of(calls: Sequence[Call]) -> dict[tuple[str, ...], Change]:
    changes: dict[tuple[str, ...], Change] = {}
    for call in calls:
        account, region, identifier, resource_id = _key(call)
        change = changes.setdefault(
            _key(call),
            Change(account=account, region=region, identifier=identifier, resource_id=resource_id),
        )
        change.wanted |= {setting: call.parameters[setting] for setting in _SETTINGS if setting in call.parameters}
        change.vpc_id = call.parameters.get("VpcId", change.vpc_id)
    return changes


def _key(call: Call) -> tuple[str, str, str, str]:
    return call.account, call.region, call.parameters["DBInstanceIdentifier"], call.parameters["DbiResourceId"]


def _remove(cloud: Cloud, vpc: Vpc) -> None:
    """The forensic group, where nothing is in it any more. One that cannot be removed is in nobody's way."""
    with suppress(CordonError):
        remove_left(cloud, Reads(cloud), vpc)

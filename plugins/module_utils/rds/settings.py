# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of a DB instance that contain it: its security groups, whether it is public, whether it can be deleted. Pure.

Each is a facet, and all that are to be changed go in one call: an instance takes one change at a time, and is not available for another
until it is applied. All three are applied at once whatever ApplyImmediately says, so it is not asked for: it would also apply what else is
pending, such as an upgrade that restarts the database.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html#USER_ModifyInstance.Settings"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import named
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, UNIQUE_ID, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import (
    RESOURCE_ID,
    STATUS,
    STOPPED,
    DbInstance,
)

OPERATION = "ModifyDatabase"
"""The merged call that sets one of them: {"DBInstanceIdentifier", "DbiResourceId", and GROUPS with "VpcId", PUBLIC or PROTECTED}.
FORENSIC_GROUP in GROUPS means the VPC's own. The last that leaves it takes it along."""
GROUPS, PUBLIC, PROTECTED = "Groups", "PubliclyAccessible", "DeletionProtection"
CONTAINED = [FORENSIC_GROUP]
_GOING, _THERE = "removing", "active"
"""AWS's reference knows "active" only, and its CloudFormation provider waits for it.
https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/243"""
_GROUP = re.compile(rf"sg-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})|{FORENSIC_GROUP}")


def groups_seen(instance: Mapping[str, Json], forensic_id: str | None) -> list[str]:
    """The groups of an instance as a facet has them; those that are being taken away do not count any more."""
    staying = [
        {"GroupId": group["VpcSecurityGroupId"]}
        for group in instance.get("VpcSecurityGroups", ())
        if group.get("Status") != _GOING
    ]
    return named(staying, forensic_id)


def being_applied(instance: Mapping[str, Json]) -> list[str]:
    """The groups that are on their way, in or out: "sg-… removing"."""
    return sorted(
        f"{group['VpcSecurityGroupId']} {group['Status']}"
        for group in instance.get("VpcSecurityGroups", ())
        if group.get("Status", _THERE) != _THERE
    )


def are_groups(value: Json) -> bool:
    """Whether `value`, out of a log, is what `groups_seen` tells."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(group, str) and _GROUP.fullmatch(group) for group in value)
    )


def require_changeable(state: State, target: DbInstance) -> None:
    """Raise RefusedError for an instance that is stopped: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""
    if state[STATUS] in STOPPED:
        start = f"aws rds start-db-instance --db-instance-identifier {target.identifier} --region {target.region}"
        raise RefusedError(
            f"change {target.arn}",
            f"it is {state[STATUS]}, and RDS changes nothing about an instance that is",
            "Nobody reaches its data by the network meanwhile, but it stays as it is, and after seven days RDS starts it by itself. "
            f"Start it (`{start}`) and repeat the run.",
        )


def resource_id_of(step: Step) -> str | None:
    """The resource id that a step out of a log names; None where it is none."""
    found = step.call.parameters.get("DbiResourceId")
    return found if isinstance(found, str) and RESOURCE_ID.fullmatch(found) else None


def setting_step(target: DbInstance, resource_id: str, setting: str, values: tuple[Json, Json], **more: Json) -> Step:
    """The step that moves a setting from the one of `values` to the other. `more`: measure, facet, why, and for groups the VPC."""
    before, after = values
    vpc = {"VpcId": more.pop("vpc")} if "vpc" in more else {}

    def call(value: Json) -> Call:
        parameters = {"DBInstanceIdentifier": target.identifier, "DbiResourceId": resource_id, **vpc, setting: value}
        return Call(
            account=target.account, region=target.region, service=MERGED, operation=OPERATION, parameters=parameters
        )

    return Step(call=call(after), undo=(call(before),), before=before, after=after, **more)


def unique_id_in(state: State) -> str:
    return str(state[UNIQUE_ID])

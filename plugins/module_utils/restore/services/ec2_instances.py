# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances: whether they run, and the profile that lends them a role. An instance that an attacker launched is stopped and kept: its
volumes are
evidence. One that was terminated does not come back.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import PROFILE_ARN, SET_PROFILE
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_history, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSION
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

INSTANCE: Final = ec2_shapes.id_pattern("i")
_RUNNING: Final = "running"
_STOPPED: Final = "stopped"
# What an instance is becoming counts as what it will be.
_STATES: Mapping[str, str] = {
    "pending": _RUNNING,
    "running": _RUNNING,
    "stopping": _STOPPED,
    "stopped": _STOPPED,
}
_LOST = (
    "An instance was terminated, and does not come back. Volumes that were not to be deleted with it are still there (aws ec2 "
    "describe-volumes --filters Name=status,Values=available), and the Recycle Bin may hold others; launch it anew from its image or "
    "backup."
)


def described(reads: Reads, facet: Facet) -> Json:
    """The instance as AWS describes it; None where it is no more."""
    question = building.call(facet, "ec2", "DescribeInstances", InstanceIds=[facet.names[0]])
    found = building.asked(reads, question) or {}
    instances = [one for reservation in found.get("Reservations", []) for one in reservation["Instances"]]
    return next((one for one in instances if one["State"]["Name"] in _STATES), None)


def _read(reads: Reads, facet: Facet) -> Json:
    found = described(reads, facet)
    return None if found is None else _STATES[found["State"]["Name"]]


def _to(facet: Facet, value: Json) -> Call:
    operation = {_RUNNING: "StartInstances", _STOPPED: "StopInstances"}.get(value, "TerminateInstances")
    return building.call(facet, "ec2", operation, InstanceIds=[facet.names[0]])


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live is None and wanted != GONE:
        raise IrreversibleError(_LOST)
    moves = building.moves_by(_to, building.one_of(_RUNNING, _STOPPED))(facet, live, wanted)
    return [Move(call=move.call, undo=() if wanted is None else move.undo) for move in moves]


POWER = Kind(
    name="ec2/instance",
    order=10,
    permissions=("ec2:DescribeInstances", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"),
    takes=building.names_match(INSTANCE),
    read=_read,
    moves=_moves,
    kept=lambda live: live if live is None else _STOPPED,
)


def _read_profile(reads: Reads, facet: Facet) -> Json:
    found = described(reads, facet)
    return GONE if found is None else building.mapping(found.get("IamInstanceProfile")).get("Arn")


def _earlier_profile(reads: Reads, facet: Facet, time: datetime) -> Value:
    """As AWS Config recorded it; an instance that had none is recorded with none."""
    shown = ec2_history.configured(reads, facet, time)
    if shown is None or "iamInstanceProfile" not in shown:
        return UNKNOWN
    arn = building.mapping(shown["iamInstanceProfile"]).get("arn")
    return arn if arn is None or _is_profile(arn) else UNKNOWN


def _is_profile(value: Json) -> bool:
    return isinstance(value, str) and bool(PROFILE_ARN.fullmatch(value))


def _to_profile(facet: Facet, value: Json) -> Call:
    if value is None:
        # Which association it has is only known then.
        parameters: dict[str, Json] = {"InstanceId": facet.names[0], "ProfileArn": None}
        return building.call(facet, MERGED, SET_PROFILE, **parameters)
    profile: Json = {"Arn": value}
    return building.call(
        facet, "ec2", "AssociateIamInstanceProfile", InstanceId=facet.names[0], IamInstanceProfile=profile
    )


PROFILE = Kind(
    name="ec2/instance_profile",
    order=20,
    permissions=(
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:AssociateIamInstanceProfile",
        "ec2:DisassociateIamInstanceProfile",
        "iam:PassRole",
        PERMISSION,
    ),
    takes=building.names_match(INSTANCE),
    read=_read_profile,
    moves=building.moves_by(_to_profile, _is_profile, anew=True),
    ways=building.ways_by(_to_profile),
    earlier=_earlier_profile,
)


def _states(after: Json) -> Callable[[Event], Iterator[Change]]:
    """Of each instance that the answer names, with the state that it says was before."""

    def changes(event: Event) -> Iterator[Change]:
        for one in map(building.mapping, ec2_shapes.items(event.response.get("instancesSet"))):
            names = (building.text(one.get("instanceId")),)
            if POWER.takes(names):
                told = building.text(building.mapping(one.get("previousState")).get("name"))
                before = None if event.operation == "RunInstances" else _STATES.get(told, UNKNOWN)
                facet = Facet(POWER.name, event.account, event.region, names)
                yield Change(facet=facet, after=after, before=before)

    return changes


def launched(event: Event) -> Iterator[tuple[tuple[str, ...], Mapping[str, Json]]]:
    """(names, description) of each instance that RunInstances answers with."""
    for one in map(building.mapping, ec2_shapes.items(event.response.get("instancesSet"))):
        names = (building.text(one.get("instanceId")),)
        if POWER.takes(names):
            yield names, one


def profiles_at_launch(event: Event) -> Iterator[Change]:
    """The profiles of the instances that RunInstances made."""
    for names, one in launched(event):
        arn = building.mapping(one.get("iamInstanceProfile")).get("arn")
        facet = Facet(PROFILE.name, event.account, event.region, names)
        yield Change(facet=facet, after=arn if _is_profile(arn) else None, before=GONE)


def started(event: Event) -> Iterator[Change]:
    """The instances that RunInstances made."""
    return _states(_RUNNING)(event)


def _profiles(event: Event) -> Iterator[Change]:
    """The answer names instance and profile, also where the request has an association's id."""
    answer = ec2_shapes.answer_of(event)
    found = building.mapping(ec2_shapes.field(answer, "IamInstanceProfileAssociation"))
    names = (building.text(found.get("instanceId")),)
    arn = building.mapping(found.get("iamInstanceProfile")).get("arn")
    if not PROFILE.takes(names):
        return
    facet = Facet(PROFILE.name, event.account, event.region, names)
    has = arn if _is_profile(arn) else UNKNOWN
    if event.operation == "DisassociateIamInstanceProfile":
        yield Change(facet=facet, after=None, before=has)
    else:
        # An instance that has a profile is given none beside it: it is refused.
        yield Change(
            facet=facet, after=has, before=None if event.operation == "AssociateIamInstanceProfile" else UNKNOWN
        )


KINDS = (POWER, PROFILE)
ENTRIES = (
    *(
        Entry(service="ec2", operation=operation, changes=changes, undone_by=undone_by, before_from=before)
        for operation, changes, undone_by, before in (
            ("StartInstances", _states(_RUNNING), "StopInstances", "the call itself"),
            ("StopInstances", _states(_STOPPED), "StartInstances", "the call itself"),
            ("TerminateInstances", _states(None), "a human, from an image or backup", "the call itself"),
            ("AssociateIamInstanceProfile", _profiles, "DisassociateIamInstanceProfile", "the call itself"),
            ("DisassociateIamInstanceProfile", _profiles, "AssociateIamInstanceProfile", "the call itself"),
            (
                "ReplaceIamInstanceProfileAssociation",
                _profiles,
                "AssociateIamInstanceProfile",
                "an earlier event, or AWS Config",
            ),
        )
    ),
    *building.harmless(
        "ec2",
        "The instance was restarted, and runs again.",
        "RebootInstances",
        "MonitorInstances",
        "UnmonitorInstances",
    ),
)

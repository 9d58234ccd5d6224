# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups and their members, instance profiles and their role. An empty group or profile lets nobody do anything: one that the attacker
made is left as it is, while members, roles and policies are taken out.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Change, Facet, Kind, Move, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_names import THING_PATH
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    NOUNS,
    PATH,
    POLICY_NAME,
    Changes,
    changed,
    iam_call,
    requested,
    tag_list,
    tags_in,
    takes_only,
    takes_with,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_tags import tag_changes, tags_put_back
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    both_there,
    is_there,
    move,
    or_gone,
    same,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THINGS: Final = ("group", "instance-profile")


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}")))
    if found is None:
        return None
    found = found[NOUNS[facet.names[0]]]
    return {"path": found["Path"], "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}}


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) and is_there(wanted):
        return tags_put_back(facet, live["tags"], wanted["tags"])
    if is_there(wanted):
        return (move(_creation(facet, wanted), iam_call(facet, "Delete{}")),)
    return (move(iam_call(facet, "Delete{}"), _creation(facet, live)),) if is_there(live) else ()


def _creation(facet: Facet, value: Json) -> Call:
    tags: dict[str, Json] = {"Tags": tag_list(value["tags"])} if value["tags"] else {}
    return iam_call(facet, "Create{}", Path=value["path"], **tags)


def _kind(thing: str) -> Kind:
    name = NOUNS[thing]
    tags = () if thing == "group" else (f"iam:Tag{name}", f"iam:Untag{name}")
    return Kind(
        name=f"iam/{thing}",
        order=10,
        permissions=(f"iam:Get{name}", f"iam:Create{name}", f"iam:Delete{name}", *tags),
        takes=takes_only(thing),
        read=_read,
        moves=_moves,
        kept=same,
        matches=both_there,
        word=word,
    )


def _created(thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names, path = (thing, thing_in(event, thing)), requested(event, "Path") or "/"
        if takes_only(thing)(names) and PATH.fullmatch(path):
            tags = tags_in(event.request.get("tags"))
            yield changed(event, f"iam/{thing}", *names, before=None, after={"path": path, "tags": tags})
            yield from tag_changes(event, names, tags, GONE)
            if thing == "group":
                yield changed(event, THING_PATH.name, *names, before=GONE, after=path)

    return changes


def _deleted(thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (thing, thing_in(event, thing))
        if takes_only(thing)(names):
            yield changed(event, f"iam/{thing}", *names, after=None)

    return changes


def _read_member(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.pages(iam_call(facet, "ListGroupsForUser"), "Groups"))
    if found is None:
        return GONE
    return THERE if any(group["GroupName"] == facet.names[2] for group in found) else None


def _read_profile_role(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "GetInstanceProfile")))
    if found is None:
        return GONE
    return THERE if any(role["RoleName"] == facet.names[2] for role in found["InstanceProfile"]["Roles"]) else None


def _joins(add: str, remove: str, parameter: str, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) == is_there(wanted) or wanted == GONE:
        return ()
    there = (
        iam_call(facet, add, **{parameter: facet.names[2]}),
        iam_call(facet, remove, **{parameter: facet.names[2]}),
    )
    return (move(*(there if is_there(wanted) else there[::-1])),)


GROUP_MEMBER = Kind(
    name="iam/group_member",
    order=20,
    permissions=("iam:ListGroupsForUser", "iam:AddUserToGroup", "iam:RemoveUserFromGroup"),
    takes=takes_with(POLICY_NAME, "user"),
    read=_read_member,
    moves=lambda facet, live, wanted: _joins("AddUserToGroup", "RemoveUserFromGroup", "GroupName", facet, live, wanted),
    word=word,
)
PROFILE_ROLE = Kind(
    name="iam/instance_profile_role",
    order=20,
    permissions=(
        "iam:GetInstanceProfile",
        "iam:AddRoleToInstanceProfile",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:PassRole",
    ),
    takes=lambda names: takes_with(POLICY_NAME, "instance-profile")(names) and len(names[2]) <= 64,
    read=_read_profile_role,
    moves=lambda facet, live, wanted: _joins(
        "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "RoleName", facet, live, wanted
    ),
    word=word,
)


def _joined(kind: Kind, thing: str, parameter: str, before: Value, after: Value) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (thing, thing_in(event, thing), requested(event, parameter))
        if kind.takes(names):
            yield changed(event, kind.name, *names, before=before, after=after)

    return changes


_JOINS: Final = (
    (GROUP_MEMBER, "user", "GroupName", "AddUserToGroup", "RemoveUserFromGroup"),
    (PROFILE_ROLE, "instance-profile", "RoleName", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
)
KINDS = (*map(_kind, _THINGS), GROUP_MEMBER, PROFILE_ROLE)
ENTRIES = (
    *(
        Entry(
            service="iam",
            operation=f"Create{NOUNS[thing]}",
            changes=_created(thing),
            undone_by=f"Delete{NOUNS[thing]}, when asked: empty it does nothing",
            before_from="the call itself",
        )
        for thing in _THINGS
    ),
    *(
        Entry(
            service="iam",
            operation=f"Delete{NOUNS[thing]}",
            changes=_deleted(thing),
            undone_by=f"Create{NOUNS[thing]}",
            before_from="an earlier event",
        )
        for thing in _THINGS
    ),
    # Adding who is a member already succeeds and changes nothing; an earlier event tells it.
    *(
        Entry(
            service="iam",
            operation=operation,
            changes=_joined(kind, thing, parameter, before, after),
            undone_by=back,
            before_from="the call itself, or an earlier event",
        )
        for kind, thing, parameter, add, remove in _JOINS
        for operation, back, before, after in ((add, remove, None, THERE), (remove, add, THERE, None))
    ),
)

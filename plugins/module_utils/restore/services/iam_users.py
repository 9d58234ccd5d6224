# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users and roles themselves: created, deleted. One that the attacker made is kept as evidence, and denied everything by an inline policy
that stands beside what containment puts there, so that releasing a case gives it nothing back.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html, https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html

What hangs on them is facets of its own. A role that is made again trusts nobody until its trust policy is put back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import DENY_ALL, DENY_ALL_NAME
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Change,
    Facet,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_boundaries import (
    BOUNDARY,
    boundary_change,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_names import THING_PATH
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    NOUNS,
    PATH,
    Changes,
    changed,
    iam_call,
    requested,
    tag_list,
    tags_in,
    takes_only,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_tags import tag_changes, tags_put_back
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_trust import (
    ROLE_SETTINGS,
    TRUST,
    TRUSTS_NOBODY,
    settings_in,
    trust_change,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    both_there,
    is_there,
    live_policy,
    move,
    or_gone,
    policy_text,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

KEPT_NAME: Final = "CordonKeptAsEvidence"
"""Never the name of what containment puts on a principal."""
KEPT: Final[dict[str, Json]] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": KEPT_NAME, "Effect": "Deny", "Action": "*", "Resource": "*"}],
}


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}")))
    if found is None:
        return None
    found = found[NOUNS[facet.names[0]]]
    value: dict[str, Json] = {
        "path": found["Path"],
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        "denied": _has(reads, facet, KEPT_NAME),
        "contained": _has(reads, facet, DENY_ALL_NAME),
    }
    if facet.names[0] == "role":
        value |= {"description": found.get("Description", ""), "max_session": found.get("MaxSessionDuration", 3600)}
    return value


def _has(reads: Reads, facet: Facet, name: str) -> bool:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}Policy", PolicyName=name)))
    # A policy of our name that says something else denies nothing for sure: it is put anew.
    return found is not None and (name != KEPT_NAME or live_policy(found["PolicyDocument"]) == KEPT)


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(live):
        return (move(_creation(facet, wanted), iam_call(facet, "Delete{}")),) if is_there(wanted) else ()
    if not is_there(wanted):
        return tuple(_deleting(facet, live))
    return tuple(_changing(facet, live, wanted))


def _deleting(facet: Facet, value: Json) -> Iterator[Move]:
    if value["denied"]:
        yield move(_no_deny(facet), _deny(facet))
    if value["contained"]:
        # What containment has put there would keep it from being deleted.
        named: dict[str, Json] = {"PolicyName": DENY_ALL_NAME}
        put = iam_call(facet, "Put{}Policy", **named, PolicyDocument=DENY_ALL)
        yield move(iam_call(facet, "Delete{}Policy", **named), put)
    yield move(iam_call(facet, "Delete{}"), _creation(facet, value))


def _changing(facet: Facet, live: Json, wanted: Json) -> Iterator[Move]:
    """Path and settings of what is there are facets of their own."""
    if wanted["denied"] != live["denied"]:
        there = (_deny(facet), _no_deny(facet))
        yield move(*(there if wanted["denied"] else there[::-1]))
    yield from tags_put_back(facet, live["tags"], wanted["tags"])


def _creation(facet: Facet, value: Json) -> Call:
    more: dict[str, Json] = {"Path": value["path"]}
    if facet.names[0] == "role":
        more |= {
            "AssumeRolePolicyDocument": policy_text(TRUSTS_NOBODY),
            "Description": value["description"],
            "MaxSessionDuration": value["max_session"],
        }
    if value["tags"]:
        more["Tags"] = tag_list(value["tags"])
    return iam_call(facet, "Create{}", **more)


def _deny(facet: Facet) -> Call:
    return iam_call(facet, "Put{}Policy", PolicyName=KEPT_NAME, PolicyDocument=policy_text(KEPT))


def _no_deny(facet: Facet) -> Call:
    return iam_call(facet, "Delete{}Policy", PolicyName=KEPT_NAME)


def _denied(live: Json) -> Json:
    return {**live, "denied": True} if isinstance(live, dict) else live


def _kind(thing: str) -> Kind:
    name = NOUNS[thing]
    operations = ("Get{}", "Get{}Policy", "Create{}", "Delete{}", "Put{}Policy", "Delete{}Policy", "Tag{}", "Untag{}")
    return Kind(
        name=f"iam/{thing}",
        order=10,
        permissions=(*(f"iam:{operation.format(name)}" for operation in operations),),
        takes=takes_only(thing),
        read=_read,
        moves=_moves,
        kept=_denied,
        matches=both_there,
        word=word,
    )


USER, ROLE = _kind("user"), _kind("role")


def _created(kind: Kind, thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (thing, thing_in(event, thing))
        if not kind.takes(names):
            return
        path = requested(event, "Path") or "/"
        if not PATH.fullmatch(path):
            return
        value: dict[str, Json] = {
            "path": path,
            "tags": tags_in(event.request.get("tags")),
            "denied": False,
            "contained": False,
        }
        if thing == "role":
            value |= settings_in(event)
            yield trust_change(event, names, GONE)
            yield changed(event, ROLE_SETTINGS.name, *names, before=GONE, after=settings_in(event))
        yield changed(event, kind.name, *names, before=None, after=value)
        if thing == "user":
            yield changed(event, THING_PATH.name, *names, before=GONE, after=path)
        yield boundary_change(event, names, GONE)
        yield from tag_changes(event, names, value["tags"], GONE)

    return changes


def _deleted(kind: Kind, thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (thing, thing_in(event, thing))
        if not kind.takes(names):
            return
        yield changed(event, kind.name, *names, after=None)
        yield changed(event, BOUNDARY.name, *names, after=GONE)
        if thing == "role":
            yield changed(event, TRUST.name, *names, after=GONE)
            yield changed(event, ROLE_SETTINGS.name, *names, after=GONE)

    return changes


KINDS = (USER, ROLE)
ENTRIES = tuple(
    entry
    for kind, thing in ((USER, "user"), (ROLE, "role"))
    for entry in (
        Entry(
            service="iam",
            operation=f"Create{NOUNS[thing]}",
            changes=_created(kind, thing),
            undone_by=f"Put{NOUNS[thing]}Policy (it is kept and denied everything), or Delete{NOUNS[thing]}",
            before_from="the call itself",
        ),
        Entry(
            service="iam",
            operation=f"Delete{NOUNS[thing]}",
            changes=_deleted(kind, thing),
            undone_by=f"Create{NOUNS[thing]} (under a new unique id, without its credentials)",
            before_from="an earlier event",
        ),
    )
)

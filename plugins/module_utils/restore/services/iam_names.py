# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and paths of users and groups. A renamed user keeps its unique id and all that hangs on it, under the new name: the old name comes
back last, when everything under the new one has been put back.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html, https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import iam_recorded
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSIONS as HISTORY
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    NOUNS,
    PATH,
    Changes,
    changed,
    iam_call,
    names_thing,
    requested,
    takes_only,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    call_about,
    is_there,
    move,
    or_gone,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THINGS: Final = ("user", "group")


def _takes(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 3
        and names_thing(names, *_THINGS)
        and names_thing((names[0], names[2]), names[0])
        and names[1] != names[2]
    )


def _read(reads: Reads, facet: Facet) -> Json:
    """The name that it has: the new one where there is such a user, else the old."""
    for name in (facet.names[2], facet.names[1]):
        if or_gone(lambda name=name: reads.read(_named(facet, "Get{}", name))) is not None:  # type: ignore[misc]
            return name
    return GONE


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not {live, wanted} <= set(facet.names[1:]):
        return ()
    return (move(_renaming(facet, live, wanted), _renaming(facet, wanted, live)),)


def _renaming(facet: Facet, old: str, new: str) -> Call:
    return _named(facet, "Update{}", old, **{f"New{NOUNS[facet.names[0]]}Name": new})


def _named(facet: Facet, operation: str, name: str, **parameters: Json) -> Call:
    noun = NOUNS[facet.names[0]]
    return call_about(facet, "iam", operation.format(noun), **{f"{noun}Name": name}, **parameters)


RENAMING = Kind(
    name="iam/renaming",
    order=50,
    permissions=("iam:GetUser", "iam:UpdateUser", "iam:GetGroup", "iam:UpdateGroup"),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=word,
)


def _read_path(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}")))
    return GONE if found is None else found[NOUNS[facet.names[0]]]["Path"]


def _path_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(live) or not is_there(wanted):
        return ()
    return (move(iam_call(facet, "Update{}", NewPath=wanted), iam_call(facet, "Update{}", NewPath=live)),)


THING_PATH = Kind(
    name="iam/path",
    order=20,
    permissions=(*RENAMING.permissions, *HISTORY),
    takes=takes_only(*_THINGS),
    read=_read_path,
    moves=_path_moves,
    earlier=iam_recorded.path,
    word=word,
)


def _changes(thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        old, path = thing_in(event, thing), requested(event, "NewPath")
        new = requested(event, f"New{NOUNS[thing]}Name") or old
        if _takes((thing, old, new)):
            yield changed(event, RENAMING.name, thing, old, new, before=old, after=new)
        if PATH.fullmatch(path) and THING_PATH.takes((thing, new)):
            yield changed(event, THING_PATH.name, thing, new, after=path)

    return changes


KINDS = (RENAMING, THING_PATH)
ENTRIES = tuple(
    Entry(
        service="iam",
        operation=f"Update{NOUNS[thing]}",
        changes=_changes(thing),
        undone_by=f"Update{NOUNS[thing]}",
        before_from="the call itself for names, an earlier event or AWS Config for paths",
    )
    for thing in _THINGS
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags in IAM, on which access may rest: one facet each, its text or none.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html, https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    NOUNS,
    TAG_KEY,
    Changes,
    changed,
    iam_call,
    tag_list,
    tags_in,
    takes_with,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import is_there, move, or_gone
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THINGS: Final = tuple(thing for thing in NOUNS if thing != "group")


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.pages(iam_call(facet, "List{}Tags"), "Tags"))
    if found is None:
        return GONE
    return next((tag["Value"] for tag in found if tag["Key"] == facet.names[2]), None)


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return () if wanted == GONE else (move(_setting(facet, wanted), _setting(facet, live)),)


def _setting(facet: Facet, value: Json) -> Call:
    key = facet.names[2]
    if is_there(value):
        return iam_call(facet, "Tag{}", Tags=[{"Key": key, "Value": value}])
    return iam_call(facet, "Untag{}", TagKeys=[key])


def tags_put_back(facet: Facet, live: Mapping[str, str], wanted: Mapping[str, str]) -> Sequence[Move]:
    """Of a thing that was deleted and made again: the tags that it had and has not. What it has besides are facets of their own."""
    lost = {key: value for key, value in wanted.items() if live.get(key) != value}
    if not lost:
        return ()
    others = {key: live[key] for key in lost if key in live}
    undo = [iam_call(facet, "Tag{}", Tags=tag_list(others))] if others else []
    if others.keys() != lost.keys():
        undo.append(iam_call(facet, "Untag{}", TagKeys=sorted(lost.keys() - others.keys())))
    return (move(iam_call(facet, "Tag{}", Tags=tag_list(lost)), *undo),)


TAG = Kind(
    name="iam/tag",
    order=20,
    permissions=tuple(
        f"iam:{operation.format(name)}"
        for name in map(NOUNS.__getitem__, _THINGS)
        for operation in ("List{}Tags", "Tag{}", "Untag{}")
    ),
    takes=takes_with(TAG_KEY, *_THINGS),
    read=_read,
    moves=_moves,
    word=word,
)


def tag_changes(
    event: Event, names: tuple[str, ...], tags: Mapping[str, str], before: Value = UNKNOWN
) -> Iterator[Change]:
    """What an event that gives `tags` to the thing of these names does."""
    for key, value in tags.items():
        yield changed(event, TAG.name, *names, key, before=before, after=value)


def _tagged(thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (thing, thing_in(event, thing))
        tags = tags_in(event.request.get("tags"))
        if all(TAG.takes((*names, key)) for key in tags):
            yield from tag_changes(event, names, tags)

    return changes


def _untagged(thing: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        keys = event.request.get("tagKeys")
        for key in keys if isinstance(keys, list) else ():
            names = (thing, thing_in(event, thing), key if isinstance(key, str) else "")
            # Removing what is not there succeeds, too: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html
            if TAG.takes(names):
                yield changed(event, TAG.name, *names, after=None)

    return changes


KINDS = (TAG,)
ENTRIES = tuple(
    Entry(
        service="iam",
        operation=f"{verb}{NOUNS[thing]}",
        changes=changes(thing),
        undone_by=f"Tag{NOUNS[thing]}, or Untag{NOUNS[thing]}",
        before_from="an earlier event",
    )
    for thing in _THINGS
    for verb, changes in (("Tag", _tagged), ("Untag", _untagged))
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty's lists of trusted and threatening addresses and domains: whether they are active, and where they come from. A list that
an attacker
made is kept, inactive. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Certainty,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, guardduty_detectors
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LISTS: Final = ("IPSet", "ThreatIntelSet", "ThreatEntitySet", "TrustedEntitySet")
_ID_NAMES: Mapping[str, str] = {name: name.replace("IPSet", "IpSet") + "Id" for name in _LISTS}
_ACTIVE, _INACTIVE = "active", "inactive"
# GetIPSet's Status; what is being changed is what it is becoming.
_STATES: Mapping[str, str] = {"ACTIVE": _ACTIVE, "ACTIVATING": _ACTIVE}
_LOST = (
    "A list of GuardDuty's was deleted. Make it again with aws guardduty create-ip-set (or create-threat-intel-set, "
    "create-threat-entity-set, "
    "create-trusted-entity-set), from the file in S3 that it was made of: the event that made it names it."
)
_LOCATION = re.compile(r"(https://|s3://)[\x21-\x7e]{1,300}", re.ASCII)


def _takes(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 3
        and bool(guardduty_detectors.DETECTOR.fullmatch(names[0]))
        and names[1] in _LISTS
        and bool(_ID.fullmatch(names[2]))
    )


def _named(facet: Facet) -> dict[str, Json]:
    detector, what, ident = facet.names[:3]
    return {"DetectorId": detector, _ID_NAMES[what]: ident}


def _shown(reads: Reads, facet: Facet) -> Mapping[str, Json] | None:
    detector, what, ident = facet.names[:3]
    if detector not in guardduty_detectors.detectors(reads, facet):
        return None
    listed = building.call(facet, "guardduty", f"List{what}s", DetectorId=detector)
    if ident not in reads.pages(listed, f"{_ID_NAMES[what]}s"):
        return None
    return reads.read(building.call(facet, "guardduty", f"Get{what}", **_named(facet)))


def _read(reads: Reads, facet: Facet) -> Json:
    found = _shown(reads, facet)
    if found is None or found["Status"] in ("DELETED", "DELETE_PENDING"):
        return None
    return _STATES.get(found["Status"], _INACTIVE)


def _to(facet: Facet, value: Json) -> Call:
    what = facet.names[1]
    if value is None:
        return building.call(facet, "guardduty", f"Delete{what}", **_named(facet))
    return building.call(facet, "guardduty", f"Update{what}", **_named(facet), Activate=value == _ACTIVE)


def _moves(facet: Facet, live: Json, wanted: Json) -> list[Move]:
    if live is None and wanted != GONE:
        raise IrreversibleError(_LOST)
    moves = building.moves_by(_to, building.one_of(_ACTIVE, _INACTIVE))(facet, live, wanted)
    return [Move(call=move.call, undo=() if wanted is None else move.undo) for move in moves]


def _asks(*verbs: str) -> tuple[str, ...]:
    return (
        "guardduty:ListDetectors",
        *(f"guardduty:{verb.format(what)}" for what in _LISTS for verb in ("List{}s", "Get{}", *verbs)),
    )


LIST = Kind(
    name="guardduty/list",
    order=20,
    permissions=_asks("Update{}", "Delete{}"),
    takes=_takes,
    read=_read,
    moves=_moves,
    kept=lambda live: live if live is None else _INACTIVE,
    word=lambda facet: facet.names[2],
)


def _read_location(reads: Reads, facet: Facet) -> Json:
    found = _shown(reads, facet)
    return GONE if found is None else found.get("Location")


def _is_location(value: Json) -> bool:
    return isinstance(value, str) and bool(_LOCATION.fullmatch(value))


def _to_location(facet: Facet, value: Json) -> Call:
    if not _is_location(value):
        raise IrreversibleError(building.NO_STATE)
    return building.call(facet, "guardduty", f"Update{facet.names[1]}", **_named(facet), Location=value)


LOCATION = Kind(
    name="guardduty/list_location",
    order=20,
    permissions=_asks("Update{}"),
    takes=_takes,
    read=_read_location,
    moves=building.moves_by(_to_location, _is_location),
    word=lambda facet: facet.names[2],
)


def _changes(what: str, verb: str) -> Callable[[Event], Iterator[Change]]:
    key = _ID_NAMES[what][:1].lower() + _ID_NAMES[what][1:]

    def changes(event: Event) -> Iterator[Change]:
        request = event.request
        ident = building.text((event.response if verb == "Create" else request).get(key))
        names = (guardduty_detectors.detector_of(event), what, ident)
        if not _takes(names):
            return
        active = request.get("activate")
        facet = Facet(LIST.name, event.account, event.region, names)
        if verb == "Delete":
            yield Change(facet=facet, after=None, before=_ACTIVE)
            return
        if isinstance(active, bool):
            found: Value = None if verb == "Create" else _INACTIVE if active else _ACTIVE
            # Lists that are trusted hide findings: not to trust one is safe. Lists of threats make findings: to heed one is.
            safe = _INACTIVE if what in ("IPSet", "TrustedEntitySet") else _ACTIVE
            sure: Certainty = "proven" if verb == "Create" else "likely" if found == safe else "open"
            yield Change(facet=facet, after=_ACTIVE if active else _INACTIVE, before=found, sure=sure)
        if "location" in request:
            where = request["location"]
            moved = Facet(LOCATION.name, event.account, event.region, names)
            before: Value = GONE if verb == "Create" else UNKNOWN
            yield Change(facet=moved, after=where if _is_location(where) else UNKNOWN, before=before)

    return changes


_UNDONE: Mapping[str, str] = {"Create": "Update{}, so that it is inactive", "Update": "Update{}", "Delete": "a human"}
KINDS = (LIST, LOCATION)
ENTRIES = tuple(
    Entry(
        service="guardduty",
        operation=f"{verb}{what}",
        changes=_changes(what, verb),
        undone_by=undone.format(what),
        before_from="the call itself"
        if verb == "Create"
        else "the call itself where it hides findings; otherwise an earlier event",
        manual="The name of one of GuardDuty's lists was changed, or the event does not name the list: look at it in the console.",
    )
    for what in _LISTS
    for verb, undone in _UNDONE.items()
)

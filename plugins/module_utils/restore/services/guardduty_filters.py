# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty's filters and archived findings: how an attacker keeps findings from being seen. A filter that an attacker made is kept,
and archives
nothing any more; what was archived is taken out of the archive.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateFilter.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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

_NAME = re.compile(r"[A-Za-z0-9._-]{3,64}", re.ASCII)
_FINDING = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FIELD = re.compile(r"[A-Za-z0-9._-]{1,200}", re.ASCII)
_DESCRIPTION = re.compile(r"[^\x00-\x1f\x7f]{0,512}")
# Conditions have an older and a newer name each. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Condition.html
_NEWER: Mapping[str, str] = {
    "Eq": "Equals",
    "Neq": "NotEquals",
    "Gt": "GreaterThan",
    "Gte": "GreaterThanOrEqual",
    "Lt": "LessThan",
    "Lte": "LessThanOrEqual",
}
_LISTS: Final = ("Equals", "NotEquals", "Matches", "NotMatches")
_NUMBERS: Final = ("GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")


_NONE: Final[dict[str, Json]] = {"Criterion": {}}


def _filter(shown: Mapping[str, Json]) -> Json:
    """A filter, from AWS or from an event's request."""
    criteria = building.mapping(shown.get("FindingCriteria", shown.get("findingCriteria")))
    fields = building.mapping(criteria.get("Criterion", criteria.get("criterion")))
    return {
        "Action": shown.get("Action", shown.get("action")) or "NOOP",
        "Description": shown.get("Description", shown.get("description")) or "",
        "FindingCriteria": {"Criterion": {field: _conditions(fields[field]) for field in fields}},
    }


def _conditions(shown: Json) -> Json:
    named = {str(name)[:1].upper() + str(name)[1:]: value for name, value in building.mapping(shown).items()}
    return {
        _NEWER.get(name, name): sorted(value) if _are_texts(value) else value
        for name, value in named.items()
        if value not in (None, [])
    }


def _are_texts(value: Json) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 1000
        and all(isinstance(one, str) and len(one) <= 1000 for one in value)
    )


def _fits(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"Action", "Description", "FindingCriteria"}
        and value["Action"] in ("NOOP", "ARCHIVE")
        and isinstance(value["Description"], str)
        and bool(_DESCRIPTION.fullmatch(value["Description"]))
        and isinstance(value["FindingCriteria"], dict)
        and set(value["FindingCriteria"]) == {"Criterion"}
        and all(
            bool(_FIELD.fullmatch(field))
            and isinstance(conditions, dict)
            and all(map(_is_condition, conditions.items()))
            for field, conditions in value["FindingCriteria"]["Criterion"].items()
        )
    )


def _is_condition(condition: tuple[str, Json]) -> bool:
    name, value = condition
    if name in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool)
    return name in _LISTS and _are_texts(value)


def _read(reads: Reads, facet: Facet) -> Json:
    detector, name = facet.names[:2]
    if detector not in guardduty_detectors.detectors(reads, facet):
        return GONE
    listed = reads.pages(building.call(facet, "guardduty", "ListFilters", DetectorId=detector), "FilterNames")
    if name not in listed:
        return None
    return _filter(reads.read(building.call(facet, "guardduty", "GetFilter", DetectorId=detector, FilterName=name)))


def _to(facet: Facet, value: Json) -> Call:
    detector, name = facet.names
    operation = "DeleteFilter" if value is None else "UpdateFilter"
    return building.call(facet, "guardduty", operation, DetectorId=detector, FilterName=name, **(value or {}))


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    moves = building.made_by("CreateFilter", building.moves_by(_to, _fits)(facet, live, wanted), live, wanted)
    return [Move(call=_named(move.call), undo=tuple(map(_named, move.undo))) for move in moves]


def _named(call: Call) -> Call:
    """CreateFilter calls the name Name."""
    if call.operation != "CreateFilter":
        return call
    told = {"Name" if name == "FilterName" else name: value for name, value in call.parameters.items()}
    return Call(
        account=call.account, region=call.region, service=call.service, operation=call.operation, parameters=told
    )


FILTER = Kind(
    name="guardduty/filter",
    order=20,
    permissions=(
        "guardduty:ListDetectors",
        "guardduty:ListFilters",
        "guardduty:GetFilter",
        "guardduty:CreateFilter",
        "guardduty:UpdateFilter",
        "guardduty:DeleteFilter",
    ),
    takes=building.names_match(guardduty_detectors.DETECTOR, _NAME),
    read=_read,
    moves=_moves,
    # What is changed in place is a facet of its own.
    matches=lambda live, expected: (live is None) == (expected is None),
    kept=lambda live: live if live is None else {**live, "Action": "NOOP"},
)

_PARTS: Final = ("Action", "FindingCriteria")


def _takes_part(names: tuple[str, ...]) -> bool:
    return len(names) == 3 and FILTER.takes(names[:2]) and names[2] in _PARTS


def _read_part(reads: Reads, facet: Facet) -> Json:
    whole = _read(reads, facet)
    return GONE if whole in (None, GONE) else whole[facet.names[2]]


def _to_part(facet: Facet, value: Json) -> Call:
    detector, name, part = facet.names
    if value is None or not _fits({"Action": "NOOP", "Description": "", "FindingCriteria": _NONE, part: value}):
        raise IrreversibleError(building.NO_STATE)
    changed: dict[str, Json] = {part: value}
    return building.call(facet, "guardduty", "UpdateFilter", DetectorId=detector, FilterName=name, **changed)


FILTER_PART = Kind(
    name="guardduty/filter_part",
    order=30,
    permissions=("guardduty:ListDetectors", "guardduty:ListFilters", "guardduty:GetFilter", "guardduty:UpdateFilter"),
    takes=_takes_part,
    read=_read_part,
    moves=building.moves_by(_to_part, lambda _value: True),
    word=lambda facet: facet.names[1] if len(facet.names[1]) >= 4 else "detectorId",
)

_ARCHIVED, _ACTIVE = "archived", "active"


def _read_finding(reads: Reads, facet: Facet) -> Json:
    detector, finding = facet.names
    if detector not in guardduty_detectors.detectors(reads, facet):
        return GONE
    question = building.call(facet, "guardduty", "GetFindings", DetectorId=detector, FindingIds=[finding])
    found = reads.read(question)["Findings"]
    if not found:
        return GONE
    return _ARCHIVED if found[0].get("Service", {}).get("Archived") else _ACTIVE


def _to_finding(facet: Facet, value: Json) -> Call:
    detector, finding = facet.names
    operation = "ArchiveFindings" if value == _ARCHIVED else "UnarchiveFindings"
    return building.call(facet, "guardduty", operation, DetectorId=detector, FindingIds=[finding])


FINDING = Kind(
    name="guardduty/finding",
    order=20,
    permissions=(
        "guardduty:ListDetectors",
        "guardduty:GetFindings",
        "guardduty:ArchiveFindings",
        "guardduty:UnarchiveFindings",
    ),
    takes=building.names_match(guardduty_detectors.DETECTOR, _FINDING),
    read=_read_finding,
    moves=building.moves_by(_to_finding, building.one_of(_ARCHIVED, _ACTIVE)),
    word=lambda facet: facet.names[1],
)


def _facet(event: Event, name: str) -> Facet | None:
    names = (guardduty_detectors.detector_of(event), building.text(event.request.get(name)))
    return Facet(FILTER.name, event.account, event.region, names) if FILTER.takes(names) else None


def _part(whole: Facet, part: str, after: Value, before: Value = UNKNOWN, sure: Certainty = "proven") -> Change:
    facet = Facet(FILTER_PART.name, whole.account, whole.region, (*whole.names, part))
    return Change(facet=facet, after=after, before=before, sure=sure, holder=whole)


def _created(event: Event) -> Iterator[Change]:
    facet, value = _facet(event, "name"), _filter(event.request)
    if facet is not None:
        told = _fits(value)
        yield Change(facet=facet, after=value if told else UNKNOWN, before=None)
        for part in _PARTS:
            yield _part(facet, part, value[part] if told else UNKNOWN, GONE)


def _updated(event: Event) -> Iterator[Change]:
    """An update changes what it names, and the rest stays. An action was the other one before, by its being asked for: not to archive is
    the safe one of the two."""
    facet, value = _facet(event, "filterName"), _filter(event.request)
    if facet is not None and _fits(value):
        if "action" in event.request:
            hides = value["Action"] == "ARCHIVE"
            yield _part(facet, "Action", value["Action"], *(("NOOP", "likely") if hides else ("ARCHIVE", "open")))
        if "findingCriteria" in event.request:
            yield _part(facet, "FindingCriteria", value["FindingCriteria"])


def _deleted(event: Event) -> Iterator[Change]:
    facet = _facet(event, "filterName")
    if facet is not None:
        yield Change(facet=facet, after=None)
        for part in _PARTS:
            yield _part(facet, part, GONE)


def _archives(after: str, before: str) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        for finding in building.texts(event.request.get("findingIds")):
            names = (guardduty_detectors.detector_of(event), finding)
            if FINDING.takes(names):
                facet = Facet(FINDING.name, event.account, event.region, names)
                yield Change(facet=facet, after=after, before=before)

    return changes


KINDS = (FILTER, FILTER_PART, FINDING)
ENTRIES = (
    *(
        Entry(service="guardduty", operation=operation, changes=changes, undone_by=undone_by, before_from=before)
        for operation, changes, undone_by, before in (
            ("CreateFilter", _created, "UpdateFilter, so that it archives nothing", "the call itself"),
            ("UpdateFilter", _updated, "UpdateFilter", "an earlier event, or the call itself where it archives"),
            ("DeleteFilter", _deleted, "CreateFilter", "an earlier event"),
            ("ArchiveFindings", _archives(_ARCHIVED, _ACTIVE), "UnarchiveFindings", "the call itself"),
            ("UnarchiveFindings", _archives(_ACTIVE, _ARCHIVED), "ArchiveFindings", "an earlier event"),
        )
    ),
    *building.harmless(
        "guardduty",
        "It makes examples, or marks a finding as useful or not: neither hides anything.",
        "CreateSampleFindings",
        "UpdateFindingsFeedback",
    ),
)

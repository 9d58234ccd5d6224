# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty's detector in a region: whether it is there, whether it is on, how often it publishes, and which features look. A detector
that was
deleted is made anew, with a new id: its filters, lists, members and findings are lost with the old one.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DeleteDetector.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

DETECTOR: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_THERE: Final = "there"
_ENABLE: Final = "Enable"
_FREQUENCY: Final = "FindingPublishingFrequency"
_FEATURE: Final = "feature/"
_FEATURE_NAME = re.compile(rf"{_FEATURE}[A-Z][A-Z0-9_]{{2,63}}", re.ASCII)
_FREQUENCIES: Final = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")
_STATES: Final = ("ENABLED", "DISABLED")


def detectors(reads: Reads, facet: Facet) -> list[str]:
    """The ids in the region: one at most."""
    return [str(one) for one in reads.pages(building.call(facet, "guardduty", "ListDetectors"), "DetectorIds")]


def detector_of(event: Event) -> str:
    return building.text(event.request.get("detectorId")) or building.text(event.response.get("detectorId"))


def _read(reads: Reads, facet: Facet) -> Json:
    """Any counts: a detector that was made anew has another id."""
    return _THERE if detectors(reads, facet) else None


def _to(facet: Facet, value: Json) -> Call:
    if value == _THERE:
        return building.call(facet, "guardduty", "CreateDetector", Enable=True)
    return building.call(facet, "guardduty", "DeleteDetector", DetectorId=facet.names[0])


def _moves(facet: Facet, live: Json, wanted: Json) -> list[Move]:
    moves = building.moves_by(_to, building.one_of(_THERE))(facet, live, wanted)
    # To take it back would need the id that is given out then, or make another detector than there was.
    return [Move(call=move.call, undo=()) for move in moves]


EXISTENCE = Kind(
    name="guardduty/detector",
    order=10,
    permissions=("guardduty:ListDetectors", "guardduty:CreateDetector", "guardduty:DeleteDetector"),
    takes=building.names_match(DETECTOR),
    read=_read,
    moves=_moves,
    kept=building.same,
)


def _takes_setting(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 2
        and bool(DETECTOR.fullmatch(names[0]))
        and (names[1] in (_ENABLE, _FREQUENCY) or bool(_FEATURE_NAME.fullmatch(names[1])))
    )


def _read_setting(reads: Reads, facet: Facet) -> Json:
    if facet.names[0] not in detectors(reads, facet):
        return GONE
    found = reads.read(building.call(facet, "guardduty", "GetDetector", DetectorId=facet.names[0]))
    if facet.names[1] == _ENABLE:
        return found["Status"] == "ENABLED"
    if facet.names[1] == _FREQUENCY:
        return found.get(_FREQUENCY)
    name = facet.names[1].removeprefix(_FEATURE)
    return next((one["Status"] for one in found.get("Features", []) if one["Name"] == name), "DISABLED")


def _to_setting(facet: Facet, value: Json) -> Call:
    detector, setting = facet.names
    if setting.startswith(_FEATURE):
        changed: Json = [{"Name": setting.removeprefix(_FEATURE), "Status": value}]
        return building.call(facet, "guardduty", "UpdateDetector", DetectorId=detector, Features=changed)
    told: dict[str, Json] = {setting: value}
    return building.call(facet, "guardduty", "UpdateDetector", DetectorId=detector, **told)


def _moves_setting(facet: Facet, live: Json, wanted: Json) -> list[Move]:
    allowed = {_ENABLE: (True, False), _FREQUENCY: _FREQUENCIES}.get(facet.names[1], _STATES)
    if wanted is None or (live is None and wanted != GONE):
        raise IrreversibleError(building.NO_STATE)
    return list(building.moves_by(_to_setting, building.one_of(*allowed))(facet, live, wanted))


SETTING = Kind(
    name="guardduty/detector_setting",
    order=20,
    permissions=("guardduty:ListDetectors", "guardduty:GetDetector", "guardduty:UpdateDetector"),
    takes=_takes_setting,
    read=_read_setting,
    moves=_moves_setting,
)


def _made(event: Event) -> Iterator[Change]:
    names = (detector_of(event),)
    if EXISTENCE.takes(names):
        facet = Facet(EXISTENCE.name, event.account, event.region, names)
        yield Change(facet=facet, after=_THERE, before=None)
        # https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html: what it is by default
        often = event.request.get("findingPublishingFrequency", "SIX_HOURS")
        for setting, value in ((_ENABLE, event.request.get("enable") is not False), (_FREQUENCY, often)):
            part = Facet(SETTING.name, event.account, event.region, (*names, setting))
            told = isinstance(value, bool) or value in _FREQUENCIES
            yield Change(facet=part, after=value if told else UNKNOWN, before=GONE)


def _deleted(event: Event) -> Iterator[Change]:
    names = (detector_of(event),)
    if EXISTENCE.takes(names):
        facet = Facet(EXISTENCE.name, event.account, event.region, names)
        yield Change(facet=facet, after=None, before=_THERE)


def _updated(event: Event) -> Iterator[Change]:
    """What is on or off was the other before, by its being asked for; a frequency is one of three. What was on already can be switched
    on: only that something was on before what switches it off is the safe thing to think."""
    detector, request = detector_of(event), event.request

    def change(setting: str, after: Json, before: Value, sure: Certainty = "open") -> Iterator[Change]:
        if _takes_setting((detector, setting)):
            facet = Facet(SETTING.name, event.account, event.region, (detector, setting))
            yield Change(facet=facet, after=after, before=before, sure=sure)

    enable = request.get("enable")
    if isinstance(enable, bool):
        yield from change(_ENABLE, enable, not enable, "open" if enable else "likely")
    if request.get("findingPublishingFrequency") in _FREQUENCIES:
        yield from change(_FREQUENCY, request["findingPublishingFrequency"], UNKNOWN)
    features = request.get("features")
    for feature in map(building.mapping, features if isinstance(features, list) else []):
        status = feature.get("status")
        if status in _STATES:
            other = _STATES[1 - _STATES.index(building.text(status))]
            sure: Certainty = "likely" if other == "ENABLED" else "open"
            yield from change(f"{_FEATURE}{building.text(feature.get('name'))}", status, other, sure)


KINDS = (EXISTENCE, SETTING)
ENTRIES = (
    *(
        Entry(
            service="guardduty",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from=before,
            manual="The data sources of a GuardDuty detector were changed in the older form, or the event does not name the detector. "
            "Look at it "
            "(aws guardduty get-detector --detector-id DETECTOR) and set it back with aws guardduty update-detector.",
        )
        for operation, changes, undone_by, before in (
            (
                "CreateDetector",
                _made,
                "nothing by default; DeleteDetector if what the attacker made is to be deleted",
                "the call itself",
            ),
            ("DeleteDetector", _deleted, "CreateDetector", "the call itself"),
            (
                "UpdateDetector",
                _updated,
                "UpdateDetector",
                "the call itself where it switches off; otherwise an earlier event",
            ),
        )
    ),
)

"""What hangs on a detector: filters, trusted and threat lists, destinations, members. moto has no more than filters.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Operations.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from sandbox.errors import ApiError
from sandbox.guardduty.detectors import found_detector, refused
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[["World", ApiRequest, Caller], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of things that are made, read, changed and deleted alike."""

    name: str
    id_parameter: str
    """What names one of them: its name, or the id that it is given."""
    list_member: str
    settings: tuple[str, ...]
    at_first: Mapping[str, Any]
    most: int
    named_by_caller: bool = False
    read: str = "Get"

    def store(self, detector: Any) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = detector.__dict__.setdefault(f"{self.name}_here", {})
        return found


FILTERS = Kind(
    name="Filter",
    id_parameter="FilterName",
    list_member="FilterNames",
    settings=("Name", "Description", "Action", "Rank", "FindingCriteria", "Tags"),
    at_first={"Action": "NOOP", "Rank": 1},
    most=100,
    named_by_caller=True,
)
# One trusted list, six threat lists: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_limits.html
_LIST = ("Name", "Format", "Location", "Tags", "ExpectedBucketOwner")
IP_SETS = Kind(name="IPSet", id_parameter="IpSetId", list_member="IpSetIds", settings=_LIST, at_first={}, most=1)
THREAT_LISTS = Kind(
    name="ThreatIntelSet",
    id_parameter="ThreatIntelSetId",
    list_member="ThreatIntelSetIds",
    settings=_LIST,
    at_first={},
    most=6,
)
DESTINATIONS = Kind(
    name="PublishingDestination",
    id_parameter="DestinationId",
    list_member="Destinations",
    settings=("DestinationType", "DestinationProperties"),
    at_first={},
    most=1,
    read="Describe",
)
KINDS = (FILTERS, IP_SETS, THREAT_LISTS, DESTINATIONS)


def _created(kind: Kind) -> Handler:
    def create(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        there, given = kind.store(found_detector(request, caller)), request.parameters
        name = given.get("Name")
        if name and any(one.get("Name") == name for one in there.values()):
            raise refused(f"a {kind.name} with the given name already exists.")
        if len(there) >= kind.most:
            raise refused(f"the number of {kind.name}s has reached its limit.")
        key = str(name) if kind.named_by_caller else mock_random.get_random_hex(32)
        there[key] = {**kind.at_first, **_settings(kind, given)}
        return {"Name": name} if kind.named_by_caller else {kind.id_parameter: key}

    return create


def _shown(kind: Kind) -> Handler:
    def show(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        one = _found(kind, request, caller)
        if kind is DESTINATIONS:
            return {
                "DestinationId": request.parameters["DestinationId"],
                "Status": "PUBLISHING",
                "PublishingFailureStartTimestamp": 0,
                **one,
            }
        return dict(one)

    return show


def _listed(kind: Kind) -> Handler:
    def names(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        there = kind.store(found_detector(request, caller))
        if kind is DESTINATIONS:
            return {
                "Destinations": [
                    {"DestinationId": key, "DestinationType": one["DestinationType"], "Status": "PUBLISHING"}
                    for key, one in there.items()
                ]
            }
        return {kind.list_member: list(there)}

    return names


def _updated(kind: Kind) -> Handler:
    def update(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        one = _found(kind, request, caller)
        one |= _settings(kind, {name: value for name, value in request.parameters.items() if value is not None})
        return {"Name": request.parameters["FilterName"]} if kind.named_by_caller else {}

    return update


def _deleted(kind: Kind) -> Handler:
    def delete(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        _found(kind, request, caller)
        del kind.store(found_detector(request, caller))[str(request.parameters[kind.id_parameter])]
        return {}

    return delete


def _found(kind: Kind, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    there = kind.store(found_detector(request, caller))
    one = there.get(str(request.parameters.get(kind.id_parameter)))
    if one is None:
        raise ApiError("BadRequestException", "The request is rejected since no such resource found.", 400)
    return one


def _settings(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """`Activate` is asked for, `Status` is what comes of it: at once here, in minutes at AWS."""
    found = {name: given[name] for name in kind.settings if given.get(name) is not None}
    if "Activate" in given:
        found["Status"] = "ACTIVE" if given["Activate"] else "INACTIVE"
    return found


HANDLERS: dict[tuple[str, str], Handler] = {
    ("guardduty", verb + kind.name + ending): make(kind)
    for kind in KINDS
    for verb, ending, make in (
        ("Create", "", _created),
        (kind.read, "", _shown),
        ("List", "s", _listed),
        ("Update", "", _updated),
        ("Delete", "", _deleted),
    )
}

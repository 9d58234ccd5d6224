"""What AWS Config's recorder keeps of resources while it is on, from the moment it is switched on: a configuration item for each state.
https://docs.aws.amazon.com/config/latest/developerguide/config-concepts.html

At AWS an item follows a change within minutes; here at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.config_recorder import seen
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller, Outcome

if TYPE_CHECKING:
    from sandbox.world import World

_MOST, _USUAL = 100, 10
_SERVICES = ("iam", "s3", "config")
"""A change of these can make a difference to what is recorded here."""


def keep(world: World, request: ApiRequest, caller: Caller, outcome: Outcome) -> None:
    """To be called after each call: record what has become different, wherever a recorder of the account is on."""
    if request.read_only or outcome.error_code is not None or request.service not in _SERVICES:
        return
    for region, backend in list(get_backend("config")[caller.account].items()):
        for recorder in list(backend.recorders.values()):
            if recorder.status.recording:
                _record(backend, recorder, caller.account, region, world.clock.now())


def get_resource_config_history(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""
    backend, given = get_backend("config")[caller.account][request.region], request.parameters
    if not backend.recorders:
        raise ApiError(
            "NoAvailableConfigurationRecorderException", "There is no configuration recorder to be asked for it.", 400
        )
    kept = _kept(backend).get((given["resourceType"], given["resourceId"]))
    if kept is None:
        raise ApiError(
            "ResourceNotDiscoveredException",
            f"Resource {given['resourceId']} of resourceType:{given['resourceType']} is unknown or has not been discovered.",
            400,
        )
    earlier, later = _time(given.get("earlierTime")), _time(given.get("laterTime"))
    if earlier and later and earlier > later:
        raise ApiError("InvalidTimeRangeException", "The earlier time is after the later time.", 400)
    found = [one for one in kept if _within(one["configurationItemCaptureTime"], earlier, later)]
    if given.get("chronologicalOrder") != "Forward":
        found.reverse()
    start = int(given.get("nextToken") or 0)
    end = start + min(int(given.get("limit") or _USUAL), _MOST)
    answer: dict[str, Any] = {"configurationItems": found[start:end]}
    return answer | ({"nextToken": str(end)} if end < len(found) else {})


def list_discovered_resources(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/config/latest/APIReference/API_ListDiscoveredResources.html"""
    backend, given = get_backend("config")[caller.account][request.region], request.parameters
    if not backend.recorders:
        raise ApiError(
            "NoAvailableConfigurationRecorderException", "There is no configuration recorder to be asked for it.", 400
        )
    found = []
    for (resource_type, resource_id), items in _kept(backend).items():
        last, name = items[-1], items[0]["resourceName"]
        gone = last["configurationItemStatus"] == "ResourceDeleted"
        if (
            resource_type == given["resourceType"]
            and given.get("resourceName") in (None, name)
            and (not given.get("resourceIds") or resource_id in given["resourceIds"])
            and (not gone or given.get("includeDeletedResources"))
        ):
            one = {"resourceType": resource_type, "resourceId": resource_id, "resourceName": name}
            found.append(one | ({"resourceDeletionTime": last["configurationItemCaptureTime"]} if gone else {}))
    return {"resourceIdentifiers": found}


def _record(backend: Any, recorder: Any, account: str, region: str, now: datetime) -> None:
    kept = _kept(backend)
    there: set[tuple[str, str]] = set()
    for one in _seen(recorder.recording_group, account, region):
        there.add((one.type, one.id))
        items = kept.setdefault((one.type, one.id), [])
        state = (one.configuration, dict(one.supplementary))
        if items and (items[-1]["configuration"], items[-1]["supplementaryConfiguration"]) == state:
            continue
        items.append(_item(one, account, region, now, "OK" if items else "ResourceDiscovered", len(items)))
    for place, items in kept.items():
        if place not in there and items[-1]["configurationItemStatus"] != "ResourceDeleted":
            items.append(
                items[-1]
                | {
                    "configurationItemCaptureTime": now,
                    "configurationItemStatus": "ResourceDeleted",
                    "configurationStateId": str(len(items)),
                    "configuration": "",
                    "supplementaryConfiguration": {},
                }
            )


def _seen(group: Any, account: str, region: str) -> Iterable[seen.Seen]:
    """What the recorder is to record. https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html"""
    wanted = set(group.resource_types or ())
    if group.all_supported:
        wanted = {seen.BUCKET, *(seen.GLOBAL_TYPES if group.include_global_resource_types else ())}
    found = [*seen.identities(account), *seen.buckets(account, region)]
    return [one for one in found if one.type in wanted]


def _item(one: seen.Seen, account: str, region: str, now: datetime, status: str, number: int) -> dict[str, Any]:
    """https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html"""
    return {
        "version": "1.3",
        "accountId": account,
        "configurationItemCaptureTime": now,
        "configurationItemStatus": status,
        "configurationStateId": str(number),
        "arn": one.arn,
        "resourceType": one.type,
        "resourceId": one.id,
        "resourceName": one.name,
        "awsRegion": "global" if one.type in seen.GLOBAL_TYPES else region,
        "configuration": one.configuration,
        "supplementaryConfiguration": dict(one.supplementary),
    }


def _kept(backend: Any) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """It goes with moto's own state."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = backend.__dict__.setdefault("history_here", {})
    return found


def _time(given: datetime | float | None) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given
    return datetime.fromtimestamp(given, UTC)


def _within(time: datetime, earlier: datetime | None, later: datetime | None) -> bool:
    return (earlier is None or time >= earlier) and (later is None or time <= later)


HANDLERS = {
    ("config", "GetResourceConfigHistory"): get_resource_config_history,
    ("config", "ListDiscoveredResources"): list_discovered_resources,
}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS Config recorded of a thing last before a time: for what was there before an attacker's change, where no event tells it.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html

What others changed after that record and before the attacker is in the log, and goes before what is found here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet

PERMISSION: Final = "config:GetResourceConfigHistory"
PERMISSIONS: Final = ("config:ListDiscoveredResources", PERMISSION)
"""Where a thing is found by its name."""
_RECORDED: Final = frozenset({"OK", "ResourceDiscovered"})
_MOST_PAGES: Final = 60
"""A page spans seven days at most, and may be empty: about a year."""
_MOST_THINGS: Final = 10
"""Of one name, one after the other."""
_NOTHING: Final = frozenset(
    {"NoAvailableConfigurationRecorderException", "ResourceNotDiscoveredException", "InvalidTimeRangeException"}
)


def recorded(reads: Reads, facet: Facet, resource_type: str, name: str, time: datetime) -> Mapping[str, Json] | None:
    """The configuration that was recorded last before `time` of a thing of that name, deleted meanwhile or not; None where none was.
    Raises AwsError where Config cannot be asked."""
    asked = _call(
        facet,
        "ListDiscoveredResources",
        {"resourceType": resource_type, "resourceName": name, "includeDeletedResources": True},
    )
    found = reads.pages(asked, "resourceIdentifiers")[:_MOST_THINGS]
    items = [
        item
        for one in found
        if one.get("resourceId") and (item := _last(reads, facet, resource_type, one["resourceId"], time)) is not None
    ]
    last = max(items, key=_captured, default=None)
    if last is None or last.get("configurationItemStatus") not in _RECORDED:
        return None
    try:
        configuration = json.loads(last.get("configuration") or "")
    except ValueError:
        return None
    return configuration if isinstance(configuration, dict) else None


def item_before(reads: Reads, facet: Facet, resource_type: str, time: datetime) -> Mapping[str, Json] | None:
    """The configuration item that was recorded last before `time` of the thing that the facet's first name identifies; None where there is
    none, or where it says that the thing was not there."""
    try:
        last = _last(reads, facet, resource_type, facet.names[0], time)
    except AwsError as error:
        if error.code in _NOTHING:
            return None
        raise
    return last if last is not None and last.get("configurationItemStatus") in _RECORDED else None


def supplement(item: Mapping[str, Json], name: str) -> Json:
    """One of the parts that stand beside the configuration, as text; None where it is not there or cannot be read."""
    text = (item.get("supplementaryConfiguration") or {}).get(name)
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None


def _last(reads: Reads, facet: Facet, resource_type: str, ident: str, time: datetime) -> Mapping[str, Json] | None:
    for item in _items(reads, facet, resource_type, ident, time):
        if _captured(item) < time:
            return item
    return None


def _items(reads: Reads, facet: Facet, resource_type: str, ident: str, time: datetime) -> Iterator[Mapping[str, Json]]:
    """Newest first."""
    parameters: dict[str, Json] = {
        "resourceType": resource_type,
        "resourceId": ident,
        "laterTime": f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "chronologicalOrder": "Reverse",
    }
    for _page in range(_MOST_PAGES):
        answer = reads.read(_call(facet, "GetResourceConfigHistory", parameters))
        yield from answer.get("configurationItems", ())
        if not answer.get("nextToken"):
            return
        parameters = {**parameters, "nextToken": answer["nextToken"]}


def _captured(item: Mapping[str, Json]) -> datetime:
    found = item.get("configurationItemCaptureTime")
    return found if isinstance(found, datetime) else datetime.max.replace(tzinfo=UTC)


def _call(facet: Facet, operation: str, parameters: Mapping[str, Json]) -> Call:
    return Call(
        account=facet.account, region=facet.region, service="config", operation=operation, parameters=parameters
    )

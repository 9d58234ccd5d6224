# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS Config recorded of a thing before a time: only of types that it records, and only while its recorder was on.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import call_of

PERMISSION: Final = "config:GetResourceConfigHistory"
_RECORDED: Final = ("OK", "ResourceDiscovered")
_MOST_PAGES: Final = 20
"""A page spans seven days at most, and may be empty."""
_NOTHING: Final = (
    "NoAvailableConfigurationRecorderException",
    "ResourceNotDiscoveredException",
    "InvalidTimeRangeException",
)


def item_before(reads: Reads, facet: Facet, resource_type: str, time: datetime) -> Mapping[str, Json] | None:
    """The newest configuration item of before that time, of the thing that the facet's first name names; None where there is none, or
    where it says that the thing was not there."""
    parameters = {
        "resourceType": resource_type,
        "resourceId": facet.names[0],
        "laterTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "limit": 1,
    }
    token: str | None = None
    for _page in range(_MOST_PAGES):
        more = {"nextToken": token} if token else {}
        try:
            answer = reads.read_once(call_of(facet, "config", "GetResourceConfigHistory", {**parameters, **more}))
        except AwsError as error:
            if error.code in _NOTHING:
                return None
            raise
        for item in answer.get("configurationItems", []):
            if item["configurationItemCaptureTime"] < time:
                return item if item.get("configurationItemStatus") in _RECORDED else None
        token = answer.get("nextToken")
        if not token:
            return None
    return None


def supplement(item: Mapping[str, Json], name: str) -> Json:
    """One of the parts that stand beside the configuration, as text; None where it is not there or cannot be read."""
    text = (item.get("supplementaryConfiguration") or {}).get(name)
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How EC2's events are shaped, which show its XML: names, lists, wrappers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.building import mapping
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event


def id_pattern(prefix: str) -> re.Pattern[str]:
    """Ids of EC2's things: "ami-" with 8 or 17 characters. Logs that were made anonymous have more than the hexadecimal ones."""
    return re.compile(rf"({prefix})-[0-9A-Za-z]{{8,17}}", re.ASCII)


def request_of(event: Event) -> Mapping[str, Json]:
    """The request of an EC2 event, out of the wrapper that the later operations have, names as they are there."""
    return mapping(event.request.get(f"{event.operation}Request")) or event.request


def answer_of(event: Event) -> Mapping[str, Json]:
    return mapping(event.response.get(f"{event.operation}Response")) or event.response


def field(holder: Mapping[str, Json], name: str) -> Json:
    """A member by its name in the API, whose first letter EC2's events write large or small."""
    return holder.get(name, holder.get(name[:1].lower() + name[1:]))


def items(value: Json) -> list[Json]:
    """A list in an EC2 event: {"items": […]}, {"item": …}, a plain list, or one {"tag": 1, …} or several; "" and {} are empty."""
    for key in ("items", "item"):
        if isinstance(value, dict) and key in value:
            return items(value[key])
    found = value if isinstance(value, list) else [value] if value else []
    return [one["content"] if isinstance(one, dict) and "content" in one else one for one in found]

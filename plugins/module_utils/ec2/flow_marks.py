# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written onto interfaces, as tags, of what was done to their flows: that they were cut, when, and what it cost. Pure.

A mark is for people, and for the release, which takes it off. It proves nothing: whoever may tag can write one. That flows were cut is
believed of this run, and of the case log (docs/decisions/0011)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

CUT_MARK = "cordon:flows-cut"
FLUSH_MARK = "cordon:flows-flushed"
UNMARK = "RemoveMark"
"""The merged call that takes a mark off: {"NetworkInterfaceId", "Key"}."""
STEP_MS = 50
"""Times are rounded up to this, so that many interfaces have the same mark: tags of 1,000 things are written in one call if they are the
same. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""


_CUT_MARK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, open for at most \d{1,9} ms", re.ASCII)


def achievement(key: str, ident: str) -> str:
    """How `Cloud.achieved` names what a mark says of an interface."""
    return f"{key}/{ident}"


def cut_mark(at: datetime, open_ms: float) -> str:
    """For an interface that was open for so long: "2026-01-31T03:04:05Z, open for at most 350 ms"."""
    rounded = math.ceil(open_ms / STEP_MS) * STEP_MS
    return f"{at:%Y-%m-%dT%H:%M:%SZ}, open for at most {rounded} ms"


def flush_mark(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def mark_of(interface: Mapping[str, Json], key: str) -> str | None:
    """The mark of an interface as DescribeNetworkInterfaces tells it."""
    return next((str(tag["Value"]) for tag in interface.get("TagSet", ()) if tag["Key"] == key), None)


def exposure_of(interface: Mapping[str, Json]) -> str | None:
    """The mark of a cut, if it is as Cordon writes it."""
    text = mark_of(interface, CUT_MARK)
    return text if text is not None and _CUT_MARK.fullmatch(text) else None

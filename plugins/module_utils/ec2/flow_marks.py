# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written onto interfaces, as tags, of what was done to their flows: that they were cut, when, and what it cost. Pure.

A mark counts only on an interface that is in the forensic group and nothing else: one that somebody has put on before, to be left alone,
or that was left behind, does not."""

from __future__ import annotations

import math
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


def cut_mark(at: datetime, open_ms: float) -> str:
    """For an interface that was open for so long: "2026-01-31T03:04:05Z, open for at most 350 ms"."""
    rounded = math.ceil(open_ms / STEP_MS) * STEP_MS
    return f"{at:%Y-%m-%dT%H:%M:%SZ}, open for at most {rounded} ms"


def flush_mark(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def mark_of(interface: Mapping[str, Json], key: str) -> str | None:
    """The mark of an interface as DescribeNetworkInterfaces tells it."""
    return next((str(tag["Value"]) for tag in interface.get("TagSet", ()) if tag["Key"] == key), None)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a trace is empty because nobody looked in the right place: that must not look like nothing having been done. Pure."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import NAMED
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.plain import plain
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import Trace

_MOST_NAMES = 5


def nothing_read(found: Trace) -> str:
    """A warning where the log held no event at all, or none of whoever was named; empty where something was traced."""
    if found.counts["traced"]:
        return ""
    if not found.counts["read"]:
        return "READ 0 events: check `trail`, `accounts`, `regions`, `since` and `until`"
    names = [plain(row.given or row.name, 200) for row in found.closure if row.how == NAMED]
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    who = ", ".join(names[:_MOST_NAMES]) + more
    return (
        f"none of {found.counts['read']:,} events is of {who}: check what was named, `since` and `until`, and whether the trail is that of "
        "its account"
    )

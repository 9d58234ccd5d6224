# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a log cannot show, as text for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.plain import plain, sentence

_MOST = 12
"""Of one kind: the result has more."""
_KINDS = {
    "altered": "ALTERED",
    "missing": "MISSING",
    "unreadable": "NOT READABLE",
    "not_recorded": "NOT RECORDED",
    "delayed": "NOT YET THERE",
    "not_covered": "NOT TOLD",
}


def gap_lines(gaps: Sequence[Gap]) -> list[str]:
    """A heading and the gaps, the worst kinds first; nothing where there are none. Strangers' texts in them do nothing (`plain`)."""
    text = ["NOT SEEN:"] if gaps else []
    for kind, title in _KINDS.items():
        there = [gap for gap in gaps if gap.kind == kind]
        text += [f"  {title}: {plain(gap.where, 200)}: {sentence(gap.why, 300)}" for gap in there[:_MOST]]
        if len(there) > _MOST:
            text.append(f"  and {len(there) - _MOST:,} more such")
    return text

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A trace as a module returns it, and as text for people: what cannot be seen first, for it must not look like nothing. Pure."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.gap_lines import gap_lines
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.acts import Acts
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import NAMED
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.nothing_read import nothing_read
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.plain import plain, sentence
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import Trace

_MOST = 12
"""Of one kind on the screen: the result has more, and the timeline all."""
_MOST_READS = 1000
_MOST_GAPS = 1000


def as_json(found: Trace) -> dict[str, Json]:
    """What the module returns of it: nothing in it is more than printable text that no template, shell or screen acts on."""
    return {
        "events": dict(found.counts),
        "closure": [row.as_json() for row in found.closure],
        "containable": list(found.containable),
        "principals": [acts.as_json() for acts in found.acts],
        "data_read": [read.as_json() for read in found.reads[:_MOST_READS]],
        "data_read_total": len(found.reads),
        "gaps": [_gap(gap) for gap in found.gaps[:_MOST_GAPS]],
        "gaps_total": len(found.gaps),
    }


def _gap(gap: Gap) -> dict[str, Json]:
    return {
        "kind": gap.kind,
        "where": plain(gap.where, 400),
        "why": sentence(gap.why, 400),
        "since": None if gap.since is None else as_text(gap.since),
        "until": None if gap.until is None else as_text(gap.until),
    }


def lines(found: Trace, timeline_file: str) -> list[str]:
    """A screenful: who and what, what was read, what nobody can see, and what to do next."""
    counts = found.counts
    read = f" of {counts['read']:,} that were read" if counts["read"] else ""
    warning = nothing_read(found)
    text = [f"WARNING: {warning}"] if warning else []
    text += [
        f"TRACED: {counts['traced']:,} events{read}, {counts['changes']:,} changes, {counts['refused']:,} refused",
        f"WHO: {len(found.closure)}, who was named first",
    ]
    for acts in found.acts[:_MOST]:
        text += _who(acts)
    text += _more(len(found.acts), "who")
    if found.reads:
        text.append(f"DATA READ: {len(found.reads):,} things, the most often read first")
        text += [f"  - {one.operation} {one.what}, {_times(one.count)}" for one in found.reads[:_MOST]]
        text += _more(len(found.reads), "things")
    text += gap_lines(found.gaps)
    if found.containable:
        text.append("LEFT FOR YOU:")
        text.append(
            "  - to contain all of them: ansible-playbook playbooks/respond_to_leaked_key.yml -e scope=session "
            f"-e access_key_ids={','.join(found.containable)}"
        )
    text.append(f"TIMELINE: {plain(timeline_file, 1000)}")
    return text


def _who(acts: Acts) -> list[str]:
    row, told = acts.row, acts.as_json()
    name = " ".join(part for part in (row.principal or row.given, row.access_key_id) if part)
    came = "named" if row.how == NAMED else f"by {row.how}" + (f", from {row.derived_from}" if row.derived_from else "")
    text = [f"  {name}", f"    {came}"]
    if acts.calls:
        text.append(
            f"    {told['first_seen']} to {told['last_seen']}: {acts.calls:,} calls, {acts.changes:,} changes, {acts.refused:,} refused"
        )
        text.append(f"    from {_some(acts.sources)}; {_some(acts.services)}")
    else:
        text.append("    not seen at work")
    return text


def _some(counted: dict[str, int]) -> str:
    names = sorted(counted, key=lambda name: (-counted[name], name))
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{', '.join(names[:5]) or 'unknown'}{more}"


def _more(number: int, what: str) -> list[str]:
    return [f"  and {number - _MOST:,} more {what}"] if number > _MOST else []


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a failed response task leaves behind: nothing, something, or what nobody knows, in words for a tired reader. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Left = Literal["nothing", "something", "unknown"]

_HAPPENED = ("done", "unknown")


def left_by(result: Mapping[str, object]) -> Left:
    """What the task with this result changed. Only what says that it changed nothing is taken for that.

    A module that ends by itself says how it was called, which Ansible empties and keeps; one that was killed, or broke, says nothing.
    Without results it ended before it knew its targets, unless it names the case: then it can have ended between two writes."""
    if not result:
        return "nothing"  # it was never begun
    results = result.get("results")
    if isinstance(results, list) and all(isinstance(entry, Mapping) for entry in results):
        steps = [step for entry in results for step in entry.get("steps") or ()]
        return "something" if any(step.get("status") in _HAPPENED for step in steps) else "nothing"
    refused = "invocation" in result and "results" not in result and not result.get("case_id")
    return "nothing" if refused else "unknown"


def words(result: Mapping[str, object], case_id: str) -> str:
    """The sentence that a failed run ends with."""
    left = left_by(result)
    if left == "something":
        return "Containment is incomplete. What was done stays in force; what went wrong stands above."
    if left == "nothing":
        return (
            "Nothing was changed: what was to be contained is as it was before this run. What went wrong stands above."
        )
    return f"It is not known what was done: repeat the same command with -e case_id={case_id}, which goes on from what it finds."

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One entry of the catalogue of inverses: what one API operation changes, what undoes it, and what to say where nothing does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Change
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Of `changes`, `manual` and `harmless` at least one is given, `manual` also with `changes`. Texts are for people: whole sentences."""

    service: str
    """boto3's client name, as in Event.service."""
    operation: str
    """Without version, as in Event.operation."""
    changes: Callable[[Event], Iterable[Change]] | None = None
    """What a call that succeeded changed. Pure; yields only facets whose names their kind takes, nothing where the event lacks what it
    takes to tell (it is then a manual step)."""
    undone_by: str = ""
    """With `changes`: the operations that undo it, "DetachUserPolicy"; for the page on coverage."""
    before_from: str = ""
    """With `changes`: where the state before comes from, for the same page: "the call itself", "an earlier event, or AWS Config"."""
    manual: str = ""
    """Nothing undoes it, or with `changes`, where they are none: what a human has to look at and do, with the command where there is one.
    No text of the event is put in."""
    harmless: str = ""
    """It changes nothing that lasts, or nothing that could be restored: why."""

    def changes_of(self, event: Event) -> list[Change]:
        """What the event changed; nothing where it is none that AWS writes: a log may be forged."""
        try:
            return list(self.changes(event)) if self.changes is not None else []
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            return []

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"

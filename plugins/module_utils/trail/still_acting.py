# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether CloudTrail shows calls of a contained principal that succeeded after containment should be in force. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.identity import actors, operation_of, succeeded, time_of

# IAM needs seconds to spread a change, and does not say how many:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
SPREADS_IN = timedelta(seconds=10)
# No policy can deny these: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html
CANNOT_BE_DENIED = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the event history shows of one principal since it was contained."""

    succeeded: int = 0
    refused: int = 0
    last_success: datetime | None = None
    last_operation: str = ""
    shown_until: datetime | None = None
    """The time of the newest event of anybody: CloudTrail is minutes behind, and what is not shown yet proves nothing."""

    def acts_after(self, contained_at: datetime) -> bool:
        """Whether it succeeded when IAM had had its time."""
        return self.last_success is not None and self.last_success > contained_at + SPREADS_IN

    def covers(self, contained_at: datetime) -> bool:
        """Whether CloudTrail has come far enough to show what would have succeeded."""
        return self.shown_until is not None and self.shown_until > contained_at + SPREADS_IN


def seen(events: Iterable[Mapping[str, Json]], user_id: str, contained_at: datetime) -> Seen:
    """`user_id`: the principal's `aws:userid` pattern."""
    good, bad = 0, 0
    last: datetime | None = None
    operation, newest = "", None
    for event in events:
        time = time_of(event)
        if time is None:
            continue
        newest = time if newest is None else max(newest, time)
        if user_id not in actors(event) or time < contained_at or operation_of(event) in CANNOT_BE_DENIED:
            continue
        if not succeeded(event):
            bad += 1
            continue
        good += 1
        if last is None or time > last:
            last, operation = time, operation_of(event)
    return Seen(succeeded=good, refused=bad, last_success=last, last_operation=operation, shown_until=newest)

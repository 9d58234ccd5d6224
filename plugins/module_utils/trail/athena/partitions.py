# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which partitions of a trail's bucket hold what is asked for, and how many bytes they have: what Athena will scan. Pure.
https://docs.aws.amazon.com/athena/latest/ug/performance-tuning-data-optimization-techniques.html (no partition, no scan)"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.statements import Part
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket import layout
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

_FORM = "%Y/%m/%d"
SLACK = timedelta(minutes=5)
"""How far clocks may differ."""
_PLACE = re.compile(
    r"(?P<root>(?:.*/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?)(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]{5,32})"
    r"/(?P<day>\d{4}/\d\d/\d\d)/[^/]+",
    re.ASCII | re.DOTALL,
)


@dataclass(kw_only=True)
class Tree:
    """What lies below one folder of accounts."""

    accounts: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    days: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Day -> bytes, as they are stored."""
    seen: int = 0
    """Tells one listing from another, in whatever order the files come."""

    def part(self, since: datetime | None) -> Part | None:
        """The partitions that may hold events from `since` on; None where there are none."""
        first = f"{since - SLACK:{_FORM}}" if since else ""
        wanted = [day for day in self.days if day >= first]
        if not wanted:
            return None
        return Part(accounts=self.accounts, regions=self.regions, first=min(wanted), last=max(wanted))

    def size(self, part: Part) -> int:
        return sum(size for day, size in self.days.items() if part.first <= day <= part.last)

    def has(self, day: str, account: str, region: str, size: int, name: str) -> None:
        """There is a file of this name."""
        self.accounts.add(account)
        self.regions.add(region)
        self.days[day] += size
        self.seen ^= int.from_bytes(hashlib.sha256(f"{size} {name}".encode(errors="surrogatepass")).digest())


def days(span: Span, now: datetime) -> tuple[str, str]:
    """The first and the last day whose folders may hold events of the span; the first is empty where it is open."""
    first, last = layout.days(span)
    return first, last or f"{now.astimezone(UTC) + timedelta(days=1):{_FORM}}"


def whole_days(first: str, last: str) -> Span:
    """A span for which every file of these days is listed."""
    since = datetime.strptime(first, _FORM).replace(tzinfo=UTC) if first else None
    return Span(since=since, until=datetime.strptime(last, _FORM).replace(tzinfo=UTC) + timedelta(days=1))


def trees(files: Iterable[Stored], first: str, last: str) -> tuple[Mapping[str, Tree], int]:
    """By their folders; and how many log files lie elsewhere, where no partition is."""
    found: dict[str, Tree] = {}
    elsewhere = 0
    for stored in files:
        if layout.digest_name(stored.name):
            continue
        place = _PLACE.fullmatch(stored.name)
        if place is None:
            elsewhere += 1
        elif first <= place["day"] <= last:
            tree = found.setdefault(place["root"], Tree())
            tree.has(place["day"], place["account"], place["region"], stored.size, stored.name)
    return found, elsewhere

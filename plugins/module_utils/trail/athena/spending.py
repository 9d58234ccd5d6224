# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many bytes a run has Athena scan: said before, bounded by what the operator allows, and counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

DEFAULT_MOST = 1024**4
"""1 TiB: about 5 dollars at most."""
# https://aws.amazon.com/athena/pricing/ : by the TB scanned, in most regions; rounded up, 10 MB a query at least.
_DOLLARS_PER_TB = 5
_LEAST = 10 * 10**6
_REMEDY = "Narrow `since`, `until`, `accounts` or `regions`, or allow more with `max_scan_bytes`."


@dataclass(kw_only=True)
class Spending:
    """Of one run, however often the log is asked."""

    most: int
    estimated: int = 0
    scanned: int = 0
    queries: int = 0

    def plan(self, size: int, queries: int, where: str) -> str:
        """What it will cost to scan `size` bytes, for people. Raises RefusedError where that is more than is left."""
        if self.scanned + size > self.most:
            before = f" after {self.scanned:,} bytes that were scanned already" if self.queries else ""
            raise RefusedError(
                f"search {where} with Athena",
                f"{size:,} bytes would be scanned{before}, and `max_scan_bytes` allows {self.most:,} in all",
                _REMEDY,
            )
        self.estimated += size
        dollars = max(size, _LEAST * queries) / 10**12 * _DOLLARS_PER_TB
        times = f"{queries} queries" if queries > 1 else "a query"
        return f"Athena scans {size:,} bytes in {times}, about {dollars:,.4f} USD at {_DOLLARS_PER_TB} USD per TB"

    def check(self, scanning: int, where: str) -> None:
        """Raises RefusedError where a query that is under way has scanned more than is left."""
        if self.scanned + scanning > self.most:
            raise RefusedError(
                f"search {where} with Athena",
                f"{self.scanned + scanning:,} bytes have been scanned, and `max_scan_bytes` allows {self.most:,} in all",
                _REMEDY,
            )

    def done(self, scanned: int) -> None:
        self.scanned += scanned
        self.queries += 1

    def as_json(self) -> dict[str, Json]:
        return {"estimated_bytes": self.estimated, "scanned_bytes": self.scanned, "queries": self.queries}

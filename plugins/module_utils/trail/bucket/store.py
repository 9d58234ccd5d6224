# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A trail's bucket as a store of files. Each object is fetched once, some ahead of whoever reads in the order of their time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import Scope
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.listing import Listing
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.spool import Spool
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

_NEVER = datetime.min.replace(tzinfo=UTC)
AT_ONCE = 24
"""How many objects are fetched at the same time: one takes tens of milliseconds, most of which is waiting."""
_BYTES_AHEAD = 32 * 1024**2
"""How many bytes at most are fetched and not yet asked for."""
_LARGEST = 128 * 1024**2
"""What is larger is no log file: CloudTrail's have a few megabytes."""


class BucketStore:
    """What lies below a prefix of a bucket. `spool`: where objects are kept that another store has fetched. `account`: whose credentials
    are used, empty for the responder's own."""

    def __init__(
        self, cloud: Cloud, bucket: str, prefix: str, scope: Scope, *, spool: Spool | None = None, account: str = ""
    ) -> None:
        self._cloud = cloud
        self.bucket = bucket
        self._account = account
        self._listing = Listing(cloud, bucket, prefix, scope, account)
        self._spool = spool or Spool()
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._lock = threading.Lock()
        self._order: list[Stored] = []
        self._positions: dict[str, int] = {}
        self._ahead: dict[str, Future[bytes]] = {}
        self._bytes_ahead = 0
        self._wanted: set[str] = set()
        """What somebody has asked for: it is not fetched ahead any more."""

    def files(self) -> Iterator[Stored]:
        for stored in self._listing.stored():
            with self._lock:
                if stored.name not in self._positions:
                    self._positions[stored.name] = len(self._order)
                    self._order.append(stored)
            yield stored
        # A log reads files in the order of their time.
        with self._lock:
            self._order.sort(key=lambda stored: (stored.time is None, stored.time or _NEVER, stored.name))
            self._positions = {stored.name: position for position, stored in enumerate(self._order)}

    def fetch(self, stored: Stored) -> bytes:
        with self._lock:
            self._wanted.add(stored.name)
            mine = self._ahead.pop(stored.name, None)
            self._bytes_ahead -= stored.size if mine is not None else 0
            self._fetch_ahead(stored)
        if mine is not None:
            return mine.result()
        kept = self._spool.get(stored.name)
        return self._fetched(stored) if kept is None else kept

    def gaps(self) -> Sequence[Gap]:
        return list(self._listing.gaps)

    def signature(self, stored: Stored) -> str:
        """What CloudTrail wrote beside a digest that has been fetched; empty where nothing is."""
        return self._spool.signatures.get(stored.name, "")

    def _fetch_ahead(self, stored: Stored) -> None:
        """Begin to fetch what was listed behind it. What nobody has asked for, because somebody reads in another order, is kept on disk."""
        for name in [name for name, future in self._ahead.items() if future.done() and self._spool.has(name)]:
            del self._ahead[name]
            self._bytes_ahead -= self._order[self._positions[name]].size
        start = self._positions.get(stored.name, len(self._order)) + 1
        for following in self._order[start : start + AT_ONCE]:
            if following.name in self._ahead or following.name in self._wanted or self._spool.has(following.name):
                continue
            if self._bytes_ahead + following.size > _BYTES_AHEAD or len(self._ahead) >= AT_ONCE:
                return
            self._bytes_ahead += following.size
            self._ahead[following.name] = self._pool.submit(self._fetched, following)

    def _fetched(self, stored: Stored) -> bytes:
        call = Call(
            account=self._account,
            region=self._cloud.home_region,
            service="s3",
            operation="GetObject",
            parameters={"Bucket": self.bucket, "Key": stored.name},
        )
        content, metadata = self._cloud.content(call, _LARGEST)
        with suppress(KeyError):
            self._spool.signatures[stored.name] = metadata["signature"]
        self._spool.keep(stored.name, content)
        return content

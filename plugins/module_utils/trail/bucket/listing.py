# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists what a trail has delivered into a bucket, of the days that matter, in as few calls as S3 allows.

A call lists a thousand keys: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html. What fits in one is listed in one.
Else the folders tell which accounts and regions there are, and each region is listed from its first day to its last, all at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket import layout
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

WORKERS = 16
MOST_DIGESTS = 20_000
"""There is one for each hour of each region of each account, whether anything happened there or not."""
_PAGES_AHEAD = 32
"""How many pages wait at most for whoever reads."""
_WAIT_S = 0.5

Page = list[Stored]


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """A part of a bucket that is listed for itself."""

    prefix: str
    by_day: bool = False
    """Whether year/month/day follow, so that days that do not matter are not listed."""


class Listing:
    """`prefix`: a folder of the bucket, or the beginning of keys. `account`: whose credentials are used, empty for the responder's own."""

    def __init__(self, cloud: Cloud, bucket: str, prefix: str, scope: layout.Scope, account: str = "") -> None:
        self._cloud = cloud
        self._bucket = bucket
        self._prefix = prefix
        self._scope = scope
        self._account = account
        self.gaps: list[Gap] = []
        self._digests = 0
        self._lock = threading.Lock()

    def stored(self) -> Iterator[Stored]:
        """What may hold events that matter, and the digests about them. Raises CordonError where nothing can be listed at all."""
        folder = f"{self._prefix.rstrip('/')}/" if self._prefix else ""
        first = self._page({"Prefix": folder})
        if not first.get("Contents") and self._prefix and folder != self._prefix:
            folder, first = self._prefix, self._page({"Prefix": self._prefix})
        if not first.get("IsTruncated"):
            yield from self._wanted(first)
            return
        yield from _together([partial(self._pages, one) for one in self._folders(folder)], self._refused)

    def _folders(self, folder: str) -> list[Folder]:
        """The regions of each account, where the prefix leads to AWSLogs or one folder above it, else the prefix itself."""
        if f"/{layout.TOP}" in f"/{folder}":
            return self._within(folder)
        below = self._below(folder)
        tops = [one for one in below if f"/{one}".endswith(f"/{layout.TOP}")]
        if not tops:
            tops = [top for one in below for top in self._below(one) if top.endswith(f"/{layout.TOP}")]
            # What lies beside may be logs, too, under names of somebody's own.
            if len(tops) < len(below):
                return [Folder(prefix=folder)]
        return [region for top in tops for region in self._within(top)]

    def _within(self, folder: str) -> list[Folder]:
        """The regions below a folder that is AWSLogs or lies in it; itself where it lies deeper."""
        depth = f"/{folder}".rpartition(f"/{layout.TOP}")[2].split("/")[:-1]
        if depth and depth[0].startswith("o-"):
            depth = depth[1:]
        if len(depth) >= 3:
            return [Folder(prefix=folder, by_day=len(depth) == 3)]
        if len(depth) == 2:
            return [Folder(prefix=one, by_day=True) for one in layout.regions_in(self._below(folder), self._scope)]
        if len(depth) == 1:
            return [one for kind in (layout.LOGS, layout.DIGESTS) for one in self._within(f"{folder}{kind}")]
        accounts, organizations = layout.accounts_in(self._below(folder), self._scope)
        if f"/{folder}".endswith(f"/{layout.TOP}"):
            for one in organizations:
                accounts += layout.accounts_in(self._below(one), self._scope)[0]
        with ThreadPoolExecutor(WORKERS) as pool:
            return [region for found in pool.map(self._within, accounts) for region in found]

    def _below(self, folder: str) -> list[str]:
        call = self._call({"Prefix": folder, "Delimiter": "/"})
        return [str(one["Prefix"]) for page in self._cloud.page_by_page(call) for one in page.get("CommonPrefixes", ())]

    def _pages(self, folder: Folder) -> Iterator[Page]:
        first, last = layout.days(self._scope.span) if folder.by_day else ("", "")
        given: dict[str, Json] = {"Prefix": folder.prefix}
        if first:
            # Keys of that day are longer, and so come behind it.
            given["StartAfter"] = f"{folder.prefix}{first}/"
        is_digests = f"/{layout.DIGESTS}" in folder.prefix
        for page in self._cloud.page_by_page(self._call(given)):
            wanted = self._wanted(page)
            if is_digests and self._are_too_many(len(wanted)):
                return
            yield wanted
            listed = page.get("Contents", ())
            if last and listed and str(listed[-1]["Key"])[len(folder.prefix) :][: len(last)] > last:
                return

    def _wanted(self, page: dict[str, Json]) -> Page:
        found = ((str(one["Key"]), int(one["Size"])) for one in page.get("Contents", ()))
        return [
            Stored(name=key, size=size, time=layout.delivered_at(key))
            for key, size in found
            if layout.is_wanted(key, self._scope)
        ]

    def _are_too_many(self, digests: int) -> bool:
        """Whether so many digests would be more than are read; told once."""
        with self._lock:
            before, self._digests = self._digests, self._digests + digests
            if before <= MOST_DIGESTS < self._digests:
                why = (
                    f"there are more than {MOST_DIGESTS:,} digests, of which some are not read: name accounts, regions, or a shorter time, "
                    "to have all log files compared with theirs"
                )
                self.gaps.append(Gap(kind="not_covered", where=f"s3://{self._bucket}/{self._prefix}", why=why))
            return self._digests > MOST_DIGESTS

    def _refused(self, error: CordonError) -> None:
        self.gaps.append(
            Gap(kind="unreadable", where=f"s3://{self._bucket}/{self._prefix}", why=printable(str(error)).rstrip("."))
        )

    def _page(self, given: dict[str, Json]) -> dict[str, Json]:
        return self._cloud.read(self._call(given))

    def _call(self, given: dict[str, Json]) -> Call:
        return Call(
            account=self._account,
            region=self._cloud.home_region,
            service="s3",
            operation="ListObjectsV2",
            parameters={"Bucket": self._bucket, **given},
        )


def _together(
    listings: Sequence[Callable[[], Iterator[Page]]], refused: Callable[[CordonError], None]
) -> Iterator[Stored]:
    """What several listings find, asked at once, in the order in which it arrives; no further ahead of the reader than a few pages."""
    pages: queue.Queue[Page | None] = queue.Queue(_PAGES_AHEAD)
    is_over = threading.Event()

    def put(page: Page | None) -> None:
        while not is_over.is_set():
            try:
                pages.put(page, timeout=_WAIT_S)
            except queue.Full:
                continue
            return

    def walk(listing: Callable[[], Iterator[Page]]) -> None:
        try:
            for page in listing():
                put(page)
                if is_over.is_set():
                    return
        except CordonError as error:
            refused(error)
        finally:
            put(None)

    with ThreadPoolExecutor(min(WORKERS, max(1, len(listings)))) as pool:
        try:
            for listing in listings:
                pool.submit(walk, listing)
            for _listing in listings:
                while (page := pages.get()) is not None:
                    yield from page
        finally:
            is_over.set()

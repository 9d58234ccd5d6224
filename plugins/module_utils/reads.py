# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one look at targets asks of AWS: each question once, and those that are known beforehand together."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import AskedTogether, Listing
from ansible_collections.cordon.aws.plugins.module_utils.batched_reads import BatchedReads
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller, Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json


class Reads:
    """Answers to reads, each asked once: several measures that look at one target, at once, share what they see.

    `targets`: for a look at so many, users and roles are looked at together where that takes fewer calls. Not for verifying: what is
    proven is asked for itself."""

    def __init__(self, cloud: Cloud, targets: int = 0) -> None:
        self._cloud = cloud
        self._batched = BatchedReads(cloud=cloud, targets=targets) if targets else None
        self._together = AskedTogether(cloud=cloud)
        self._lock = threading.Lock()
        self._answers: dict[str, Future[Json]] = {}

    @property
    def caller(self) -> Caller:
        """Who the responder is."""
        return self._cloud.caller()

    @property
    def home_region(self) -> str:
        """Where calls go that are about no region."""
        return self._cloud.home_region

    @property
    def achieved(self) -> frozenset[str]:
        """What this run has brought about that no answer of AWS's proves."""
        return frozenset(self._cloud.achieved)

    def ahead(self, call: Call, key: str | None = None) -> None:
        """Begin to ask what `read`, or with a key `pages`, will want soon, so that the answers arrive together."""
        self._asked(call, key)

    def read(self, call: Call) -> dict[str, Json]:
        """Like Cloud.read, remembered."""
        answer: dict[str, Json] = self._asked(call).result()
        return answer

    def read_once(self, call: Call) -> dict[str, Json]:
        """Like Cloud.read, and forgotten: for pages of logs, which are large and wanted once."""
        return self._cloud.read(call)

    def pages(self, call: Call, key: str) -> list[Json]:
        """Like Cloud.pages, remembered."""
        answer: list[Json] = self._asked(call, key).result()
        return answer

    def expect(self, listing: Listing, account: str, region: str, ident: str) -> None:
        """`each` will be asked for this soon."""
        self._together.expect(listing, account, region, ident)

    def each(self, listing: Listing, account: str, region: str, ident: str) -> list[Json]:
        """What a listing tells of one id, asked together with everything that is expected of it."""
        return self._together.each(listing, account, region, ident)

    def _asked(self, call: Call, key: str | None = None) -> Future[Json]:
        name = json.dumps(call.as_json(), sort_keys=True)
        with self._lock:
            if name not in self._answers:
                ask = partial(self._cloud.read, call) if key is None else partial(self._cloud.pages, call, key)
                batched = None if self._batched is None else self._batched.answer(call, ask)
                self._answers[name] = self._cloud.background(ask) if batched is None else batched
            return self._answers[name]

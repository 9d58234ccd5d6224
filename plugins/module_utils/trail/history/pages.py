# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the event histories of many accounts and regions at once, each question page by page.

AWS answers two requests a second in each account and region (`cloud` keeps to that), so that each has one question under way at a time,
and all have one at once. A page that was throttled is asked for again with the same token: nothing is lost, nothing comes twice."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.questions import Ask

PAGE = 50
"""https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
MOST = 400
"""Pages that one question may take: some minutes at AWS's rate, and 20,000 events."""
WORKERS = 64
_PAGES_AHEAD = 64
_WAIT_S = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One page of a question, or how it ended."""

    place: Place
    ask: Ask
    shown: Sequence[Mapping[str, Json]] = ()
    is_last: bool = False
    is_cut: bool = False
    """Whether there are more than were asked for; the newest come first."""
    error: CordonError | None = None


class Pages:
    """Questions may be put at any time, until no answer is left to come."""

    def __init__(self, cloud: Cloud, span: Span, most: int = MOST) -> None:
        self._cloud = cloud
        self._span = span
        self._most = most
        self._waiting: dict[Place, deque[Ask]] = {}
        self._busy: set[Place] = set()
        self._put: set[tuple[Place, Ask]] = set()
        self._answers: queue.Queue[Answer] = queue.Queue(_PAGES_AHEAD)
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS)
        self.asked = 0
        self.answered = 0

    @property
    def places(self) -> Sequence[Place]:
        return list(self._waiting)

    def add(self, place: Place) -> None:
        """Another place where questions may be put."""
        self._waiting.setdefault(place, deque())

    def put(self, place: Place, ask: Ask) -> None:
        """Ask this there, unless that was done before, or the answer cannot be there."""
        if ask.is_for(place) and (place, ask) not in self._put:
            self._put.add((place, ask))
            self._waiting[place].append(ask)
            self.asked += 1
            self._next(place)

    def __iter__(self) -> Iterator[Answer]:
        """Answers as they arrive. Ends when every question has been answered that was put meanwhile."""
        try:
            while self._busy:
                answer = self._answers.get()
                if answer.is_last:
                    self.answered += 1
                    self._busy.discard(answer.place)
                    self._next(answer.place)
                yield answer
        finally:
            self._is_over.set()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _next(self, place: Place) -> None:
        if place not in self._busy and self._waiting[place]:
            self._busy.add(place)
            self._pool.submit(self._ask, place, self._waiting[place].popleft())

    def _ask(self, place: Place, ask: Ask) -> None:
        token, error = "", None
        try:
            for page in range(1, self._most + 1):
                answer = self._cloud.read(self._call(place, ask, token))
                token = str(answer.get("NextToken") or "")
                is_last = not token or page == self._most
                shown = answer.get("Events", ())
                self._hand_over(
                    Answer(place=place, ask=ask, shown=shown, is_last=is_last, is_cut=is_last and bool(token))
                )
                if is_last or self._is_over.is_set():
                    return
        except CordonError as failed:
            error = failed
        except Exception as failed:  # noqa: BLE001  a thread's fault must not let the reader wait for ever
            error = AwsError("look up events", repr(failed), "Repeat the run.", code=type(failed).__name__)
        self._hand_over(Answer(place=place, ask=ask, is_last=True, error=error))

    def _hand_over(self, answer: Answer) -> None:
        while not self._is_over.is_set():
            try:
                self._answers.put(answer, timeout=_WAIT_S)
            except queue.Full:
                continue
            return

    def _call(self, place: Place, ask: Ask, token: str) -> Call:
        given: dict[str, Json] = {
            "LookupAttributes": [{"AttributeKey": ask.attribute, "AttributeValue": ask.value}],
            "MaxResults": PAGE,
        }
        if self._span.since is not None:
            given["StartTime"] = self._span.since
        if self._span.until is not None:
            given["EndTime"] = self._span.until
        if token:
            given["NextToken"] = token
        return Call(
            account=place.account, region=place.region, service="cloudtrail", operation="LookupEvents", parameters=given
        )

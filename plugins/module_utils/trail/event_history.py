# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one run has seen of the event histories of accounts: in which something was made, and what was newest."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.trail.lookup import Event, Found, Question, look_up
from ansible_collections.cordon.aws.plugins.module_utils.trail.offspring import MAKING

_NEWEST = 200
"""How many of the newest events are looked at for calls that still succeed."""


@dataclass(kw_only=True)
class History:
    """`since`: how far back it looks for what was made. Questions of one account are asked one after the other, because AWS answers
    two a second (`cloud` keeps to that)."""

    cloud: Cloud
    since: datetime
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    unread: dict[str, str] = field(default_factory=dict)
    """Account -> why its history could not be read."""
    flooded: dict[str, list[str]] = field(default_factory=dict)
    """Account -> of which events there were more than were read."""
    _making: dict[str, dict[str, Event]] = field(default_factory=dict)
    _newest: dict[str, Found] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, accounts: Iterable[str]) -> None:
        """See what has been made in these accounts that was not seen before."""
        in_parallel(sorted(set(accounts)), self._look)

    def making(self, account: str | None = None) -> list[Event]:
        """The events seen so far in which something was made, in one account or in all."""
        return [
            event for one, events in self._making.items() if account in (None, one) for event in list(events.values())
        ]

    def newest(self, account: str) -> Found:
        """The newest events since the run began, asked for once. Raises CordonError where they cannot be read."""
        with self._lock:
            if account not in self._newest:
                asked = [
                    Question(account=account, region=region, since=self.started, most=_NEWEST)
                    for region in self.regions()
                ]
                found = [look_up(self.cloud, one) for one in asked]
                self._newest[account] = Found(
                    events=tuple(event for one in found for event in one.events), cut=any(one.cut for one in found)
                )
            return self._newest[account]

    def _look(self, account: str) -> None:
        made = self._making.setdefault(account, {})
        try:
            for name in MAKING:
                # IAM writes its events in one region, STS in that of the endpoint which was asked:
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
                for region in self.regions() if name == "AssumeRole" else self.regions()[:1]:
                    asked = Question(
                        account=account, region=region, since=self.since, attribute="EventName", value=name
                    )
                    found = look_up(self.cloud, asked, known=set(made))
                    for event in found.events:
                        made.setdefault(str(event.get("eventID")), event)
                    if found.cut and len(found.events) >= asked.most:
                        flood = f"{name} in {region} has more than {asked.most} events since then, of which the newest were read"
                        self.flooded.setdefault(account, []).append(flood)
        except CordonError as error:
            self.unread[account] = str(error)
        else:
            self.unread.pop(account, None)

    def regions(self) -> tuple[str, ...]:
        """The region of global services first, then the caller's own."""
        caller = self.cloud.caller()
        return tuple(dict.fromkeys((iam_call("", caller.partition, "").region, caller.region)))

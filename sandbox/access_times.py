"""When users and roles last called each service and each of its management actions, whether they were let or not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html#access_policies_last-accessed-know"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.authorization.actions import named_actions
from sandbox.cloudtrail.catalogue import GLOBAL_REGION, GLOBAL_SERVICES
from sandbox.cloudtrail.events import is_data_event, is_recorded
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_TRACKED = timedelta(days=400)
"""Longer than that AWS does not promise to remember."""

Place = tuple[str, str, str]
"""(account, unique id of the user or role, "s3" or "s3:CreateBucket")"""


@dataclass(frozen=True, slots=True)
class Access:
    """One call."""

    time: datetime
    region: str


class AccessTimes:
    """Of each user and role as little as is needed: what reports show already, and what they will show after `last_accessed_s`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._kept: dict[Place, list[Access]] = defaultdict(list)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def note(self, request: ApiRequest, caller: Caller) -> None:
        """A call that was authenticated. Root users and federated users are neither users nor roles of IAM's."""
        if caller.kind not in ("user", "assumed_role"):
            return
        who = caller.account, caller.user_id.partition(":")[0]
        access = Access(request.time, GLOBAL_REGION if request.service in GLOBAL_SERVICES else request.region)
        actions = named_actions(request)
        # "Action last accessed information is not available for any data plane event."
        tracked = actions if is_recorded(request) and not is_data_event(request) else []
        due = self._due()
        with self._lock:
            for name in {action.partition(":")[0] for action in actions} | set(tracked):
                kept = self._kept[*who, name]
                kept.append(access)
                while len(kept) > 1 and kept[1].time <= due:
                    del kept[0]

    def last(self, account: str, unique_id: str, name: str) -> Access | None:
        """The latest call that a report shows."""
        due = self._due()
        with self._lock:
            shown = [access for access in self._kept.get((account, unique_id, name), ()) if access.time <= due]
        return shown[-1] if shown and shown[-1].time > self._world.clock.now() - _TRACKED else None

    def actions(self, account: str, unique_id: str, namespace: str) -> list[str]:
        """The tracked actions of a service that were ever called."""
        with self._lock:
            return sorted(
                name
                for whose, who, name in self._kept
                if (whose, who) == (account, unique_id) and name.startswith(f"{namespace}:")
            )

    def _due(self) -> datetime:
        return self._world.clock.now() - timedelta(seconds=self._world.settings.last_accessed_s)

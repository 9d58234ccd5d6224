"""Keeps what happened, per account and region, cheaply: an event is built only when somebody looks.

Which trails get an event is decided when it happens, because only then is it known which of them are logging. Log files are written
when `deliver` is called, and twice a second while there are any to write."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.authorization.views import organization_of
from sandbox.cloudtrail import delivery
from sandbox.cloudtrail.catalogue import GLOBAL_REGION
from sandbox.cloudtrail.digests import Digests
from sandbox.cloudtrail.events import GLOBAL_SERVICES, data_arn, event_of, in_other_account, is_data_event, kind_of_call
from sandbox.cloudtrail.selectors import Candidate
from sandbox.model import ApiRequest, Caller, Outcome

if TYPE_CHECKING:
    from sandbox.world import World

Place = tuple[str, str]
"""(account, region)"""

_TICK_S = 0.5
_CONTENTS = frozenset({"Body", "BlockData", "Payload", "ZipFile"})


@dataclass(frozen=True)
class Recorded:
    """One event that may not have been built yet."""

    time: datetime
    data: bool
    make: Callable[[], dict[str, Any]]

    @cached_property
    def event(self) -> dict[str, Any]:
        return self.make()


class Recorder:
    """Everything that CloudTrail knows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._events: dict[Place, list[Recorded]] = defaultdict(list)
        self._waiting: dict[tuple[str, Place], deque[Recorded]] = defaultdict(deque)
        self._trails: dict[str, Any] = {}
        self._logging: dict[str, Any] = {}
        self._ticker: threading.Thread | None = None
        self.lookups: dict[Place, deque[datetime]] = defaultdict(deque)
        """When LookupEvents was answered, for its rate limit."""
        self.digests = Digests()

    def forget(self) -> None:
        with self._lock:
            for kept in (self._events, self._waiting, self._trails, self._logging, self.lookups):
                kept.clear()
        self.digests.forget()

    def record(self, request: ApiRequest, caller: Caller | None, outcome: Outcome) -> None:
        """A call that was authenticated. What nobody signed for belongs to no account; S3 alone tells a bucket's owner of strangers."""
        kind = kind_of_call(request)
        if kind is None:
            return
        owner, region = _bucket(request) if request.service == "s3" else (None, "")
        account = caller.account if caller else owner if request.access_key_id is None else None
        if account is None:
            return
        region = GLOBAL_REGION if request.service in GLOBAL_SERVICES else region or request.region
        trails = self._logging_now(request, account)
        data = kind.category == "Data"
        if data and not trails:
            return
        request = _without_contents(request) if data else request
        issuer_id = caller.session.issuer_id if caller and caller.session else ""
        other = _other_account(request, caller, outcome, owner) if caller else None
        first_id, shared = str(uuid.uuid4()), {"sharedEventID": str(uuid.uuid4())} if other else {}

        def make() -> dict[str, Any]:
            return (
                event_of(request, caller, outcome, first_id, region=region, issuer_id=issuer_id, recipient=account)
                | shared
            )

        recorded = [(account, Recorded(request.time, data, make))]
        if other is not None and caller is not None:
            second_id = str(uuid.uuid4())
            recorded.append(
                (
                    other,
                    Recorded(
                        request.time,
                        data,
                        lambda: in_other_account(make(), other, second_id, shared["sharedEventID"], caller),
                    ),
                )
            )
        candidate = Candidate(kind, data_arn(request, account, region) if data else "", caller.arn if caller else "")
        with self._lock:
            for place, one in (((whose, region), one) for whose, one in recorded):
                if not data:
                    self._events[place].append(one)
                for trail in trails:
                    if delivery.covers(trail, place, self._members(trail)) and delivery.wants(trail, place, candidate):
                        self._trails[trail.arn] = trail
                        self._waiting[trail.arn, place].append(one)
        if trails:
            self._keep_delivering()

    def shown(self, account: str, region: str) -> list[Recorded]:
        """What LookupEvents can know by now, oldest first."""
        due = self._due()
        with self._lock:
            return [recorded for recorded in self._events.get((account, region), ()) if recorded.time <= due]

    def deliver(self) -> None:
        """Bring what is due into the buckets of the trails. What a missing bucket keeps out waits."""
        due = self._due()
        with self._world.service_lock("s3"):
            for (arn, place), queue in list(self._waiting.items()):
                with self._lock:
                    ready = list(takewhile(lambda one: one.time <= due, list(queue)))
                if not ready:
                    continue
                trail = self._trails[arn]
                organization = str(organization_of().org.id) if trail.is_org_trail else None
                file = delivery.put(trail, place, [one.event for one in ready], self._world.clock.now(), organization)
                if file is not None:
                    self.digests.note(trail, place, file)
                    with self._lock:
                        for _one in ready:
                            queue.popleft()
            self.digests.deliver(self._world.clock.now(), delivery.trails())

    def _logging_now(self, request: ApiRequest, account: str) -> list[Any]:
        """The trails that are logging. The call that switches one off, or deletes it, is the last that it logs."""
        there = {trail.arn: trail for trail in delivery.trails() if trail.status.is_logging}
        found = {**self._logging, **there} if request.service == "cloudtrail" and not request.read_only else there
        self._logging = there
        return list(found.values())

    def _members(self, trail: Any) -> frozenset[str]:
        return frozenset(account.id for account in organization_of().accounts) if trail.is_org_trail else frozenset()

    def _due(self) -> datetime:
        return self._world.clock.now() - timedelta(seconds=self._world.settings.cloudtrail_delivery_s)

    def _keep_delivering(self) -> None:
        with self._lock:
            if self._ticker is not None and self._ticker.is_alive():
                return
            self._ticker = threading.Thread(target=self._tick, name="cloudtrail-delivery", daemon=True)
        self._ticker.start()

    def _tick(self) -> None:
        while any(self._waiting.values()) or self._logging:
            time.sleep(_TICK_S)
            self.deliver()


def _bucket(request: ApiRequest) -> tuple[str | None, str]:
    """(owner, region) of the bucket that S3 is asked about."""
    name = str(request.parameters.get("Bucket") or "")
    for account, regions in list(get_backend("s3").items()) if name else ():
        bucket = regions["aws"].buckets.get(name)
        if bucket is not None:
            return account, str(bucket.region_name)
    return None, ""


def _without_contents(request: ApiRequest) -> ApiRequest:
    """An event does not hold on to an object's bytes."""
    return replace(
        request, parameters={name: value for name, value in request.parameters.items() if name not in _CONTENTS}
    )


def _other_account(request: ApiRequest, caller: Caller, outcome: Outcome, bucket_owner: str | None) -> str | None:
    """The account of a role assumed, a key used or an object touched across accounts.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html"""
    if outcome.error_code is not None:
        return None
    account = None
    if (request.service, request.operation) == ("sts", "AssumeRole"):
        account = str(request.parameters["RoleArn"]).split(":")[4]
    elif request.service == "kms" and str(request.parameters.get("KeyId", "")).startswith("arn:"):
        account = str(request.parameters["KeyId"]).split(":")[4]
    elif request.service == "s3" and is_data_event(request):
        account = bucket_owner
    return account if account != caller.account else None

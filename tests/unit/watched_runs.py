"""Containments of a model that are watched, on a clock that only moves when somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from runs import CaseLog
from whole_model import WholeModel

from ansible_collections.cordon.aws.plugins.module_utils import carrying_out, engine, pace
from ansible_collections.cordon.aws.plugins.module_utils.engine import Run
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import Scope, find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.organizations import scp_writer
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.principal_containment import (
    containment_of_principals,
    watch_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.watching import outside_proof, watch

RESPONDERS = ("arn:aws:iam::*:role/OrganizationAccountAccessRole",)
SECONDS = 5
_LONGEST_S = 600


class Clock:
    """In the place of the module `time`."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.before_look: Callable[[int], None] = lambda _number: None
        """What happens before a look of the watch, which are counted from 1."""
        self._looks = 0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
        assert self.now < 1_000 + _LONGEST_S, "it does not end"

    def wait_for_a_look(self, seconds: float) -> None:
        self.sleep(seconds)
        self._looks += 1
        self.before_look(self._looks)


class _OfTheWatch:
    """The same clock, as the watch has it."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic, self.sleep = clock.monotonic, clock.wait_for_a_look


def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that everything waits by."""
    clock = Clock()
    for module in (carrying_out, engine, pace, scp_writer):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(watch, "time", _OfTheWatch(clock))
    monkeypatch.setattr(outside_proof, "SPREADS_IN", timedelta(0))
    return clock


def contain_watched(
    model: WholeModel,
    log: CaseLog | None,
    names: Sequence[str],
    *,
    seconds: float = SECONDS,
    escalate: bool = False,
    freeze_iam: bool = False,
    measures: Sequence[str] | None = None,
    scope: Scope = "principal",
    **limits: Any,
) -> Run:
    """As cordon.aws.iam_principal_containment does it."""

    def find(text: str, reads: Reads) -> IamPrincipal:
        return find_principal(reads, parse_principal(text, "principals[0]"), scope=scope)

    cloud: Any = model
    since = datetime.now(UTC) - timedelta(hours=1)
    return engine.run(
        containment_of_principals(measures, freeze_iam=freeze_iam, escalate=escalate, responders=RESPONDERS),
        names,
        find,
        cloud=cloud,
        journal=log,
        limits=Limits(**limits),
        together=set_quarantine,
        watch=watch_of(cloud, seconds=seconds, since=since, freeze_iam=freeze_iam),
    )


def said(run: Run, measure: str, number: int = 0) -> str:
    """The facts of one measure about one target."""
    return "; ".join(fact.fact for fact in run.results[number].facts if fact.measure == measure)

"""What a measure says it needs is what it uses: no call without its permission, no permission that is never used."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from iam_model import IamModel
from runs import ALICE, KEY
from strategies import padded_policy, users

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam_principal import IAM_PRINCIPAL
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.principals import user_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

every_measure = pytest.mark.parametrize("measure", IAM_PRINCIPAL, ids=lambda measure: measure.NAME)


class Spy:
    """The model, and everything that was asked of it."""

    def __init__(self, user: dict[str, Any]) -> None:
        self._model = IamModel({ALICE: user})
        self.used: set[str] = set()

    def read(self, call: Call) -> dict[str, Any]:
        return self._model.read(self._seen(call))

    def pages(self, call: Call, key: str) -> list[Any]:
        return self._model.pages(self._seen(call), key)

    def write(self, call: Call) -> str:
        return self._model.write(self._seen(call))

    def background(self, ask: Any) -> Future[Any]:
        return self._model.background(ask)

    def _seen(self, call: Call) -> Call:
        self.used.add(f"{call.service}:{call.operation}")
        return call


def used_by(measure: Measure, user: dict[str, Any]) -> set[str]:
    """Everything that it takes to put the measure in force on `user` and to take it back."""
    spy, target = Spy(user), user_of_arn(ALICE)
    cloud: Any = spy
    state = measure.observe(Reads(cloud), target)
    try:
        steps = list(measure.plan(state, target))
    except QuotaError:
        steps = []
    for step in steps:
        spy.write(step.call)
    for step in reversed(steps):
        for call in step.undo:
            spy.write(call)
    return spy.used


@every_measure
@given(users())
def test_a_measure_does_nothing_without_its_permission(measure: Measure, user: dict[str, Any]) -> None:
    assert used_by(measure, user) <= set(measure.PERMISSIONS)


def user(**more: Any) -> dict[str, Any]:
    return {"inline": {}, "attached": [], "boundary": None, "keys": {KEY: "Active"}} | more


def users_of_every_kind() -> list[dict[str, Any]]:
    full = {"padding": padded_policy(2048)}
    attached = [f"arn:aws:iam::123456789012:policy/p{number}" for number in range(10)]
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    return [
        user(),
        user(inline={"some": padded_policy(120)}),
        user(inline=full),
        user(inline=dict(full), attached=attached),
        user(inline=dict(full), attached=list(attached), boundary=boundary),
    ]


@every_measure
def test_a_measure_asks_for_no_permission_that_it_never_uses(measure: Measure) -> None:
    """Whoever gives the responder its rights gives no more than these."""
    used = set().union(*(used_by(measure, kind) for kind in users_of_every_kind()))
    assert sorted(set(measure.PERMISSIONS) - used) == []


@every_measure
def test_a_permission_is_listed_once(measure: Measure) -> None:
    assert len(set(measure.PERMISSIONS)) == len(measure.PERMISSIONS)

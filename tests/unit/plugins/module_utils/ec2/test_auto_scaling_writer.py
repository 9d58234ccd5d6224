"""Members of a group go out and come back together, as far as it has room, and nobody goes twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from balanced_model import BalancedModel
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import auto_scaling_members, auto_scaling_writer, batches
from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import (
    ATTACH,
    DETACH,
    SET_PROTECTION,
    SET_STANDBY,
    merged_call,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PAUSE_S", 0)
    monkeypatch.setattr(auto_scaling_members, "WAIT_S", 0.02)
    monkeypatch.setattr(auto_scaling_members, "WAIT_STEP_S", 0)


def ident(number: int) -> str:
    return f"i-{number:017x}"


def call(operation: str, number: int = 1, **more: Any) -> Call:
    return merged_call("111122223333", "us-east-1", operation, "web", ident(number), **more)


def standby(*numbers: int, decrements: bool = False) -> list[Call]:
    return [call(SET_STANDBY, number, State="Standby", ShouldDecrementDesiredCapacity=decrements) for number in numbers]


def back(*numbers: int) -> list[Call]:
    return [call(SET_STANDBY, number, State="InService") for number in numbers]


def carried(carrier: Any, model: BalancedModel, calls: Sequence[Call]) -> list[Any]:
    cloud: Any = model
    return list(carrier(cloud, calls))


def group(count: int, **more: Any) -> BalancedModel:
    return BalancedModel(
        states={ident(number): "InService" for number in range(1, count + 1)}, **{"desired": count, **more}
    )


def test_nothing_to_do_asks_nothing() -> None:
    model = BalancedModel()
    assert carried(auto_scaling_writer.set_standby, model, []) == []
    assert not model.calls


@given(st.integers(1, 45), st.booleans())
def test_any_number_goes_out_and_comes_back_to_the_same_group(count: int, decrements: bool) -> None:
    model = group(count, most=count * 2)
    numbers = list(range(1, count + 1))
    assert carried(auto_scaling_writer.set_standby, model, standby(*numbers, decrements=decrements)) == [None] * count
    assert set(model.states.values()) == {"Standby"}
    assert model.desired == (0 if decrements else count)
    assert model.calls["EnterStandby"] == -(-count // 20)
    assert carried(auto_scaling_writer.set_standby, model, back(*numbers)) == [None] * count
    assert set(model.states.values()) == {"InService"}
    assert model.desired == (count if decrements else 2 * count)


def test_who_is_there_already_is_not_sent_again() -> None:
    model = group(2)
    model.states[ident(1)] = "EnteringStandby"
    assert carried(auto_scaling_writer.set_standby, model, standby(1, 2)) == [None, None]
    assert [one.parameters["InstanceIds"] for one in model.sent] == [[ident(2)]]


def test_a_lost_answer_takes_nobody_out_twice() -> None:
    model = group(3, faults=["lost"])
    assert carried(auto_scaling_writer.set_standby, model, standby(1, 2, decrements=True)) == [None, None]
    assert model.desired == 1


def test_a_group_that_is_busy_is_asked_again() -> None:
    model = group(1, faults=["ResourceContention"])
    assert carried(auto_scaling_writer.set_standby, model, standby(1)) == [None]
    assert model.calls["EnterStandby"] == 2


def test_one_that_is_refused_keeps_no_other_from_going() -> None:
    model = group(3, faults=["ValidationError", "", "ValidationError", ""])
    first, second, third = carried(auto_scaling_writer.set_standby, model, standby(1, 2, 3))
    assert (first, third) == (None, None)
    assert isinstance(second, AwsError)
    assert second.code == "ValidationError"


def test_one_in_no_state_to_go_is_named_and_the_others_go() -> None:
    model = group(2)
    model.states[ident(1)] = "Terminating"
    refused, done = carried(auto_scaling_writer.set_standby, model, standby(1, 2))
    assert isinstance(refused, DriftError)
    assert str(refused).startswith(f"Cannot put {ident(1)} into standby in Auto Scaling group web: it is Terminating")
    assert done is None


@pytest.mark.parametrize(
    ("model", "calls", "said"),
    [
        (group(3, least=2), standby(1, 2, decrements=True), "from 3 to 1, and its minimum is 2: 2 needed, 1 free"),
        (
            BalancedModel(states={ident(1): "Standby"}, desired=4, most=4),
            back(1),
            "4 to 5 with it, and its maximum is 4",
        ),
    ],
    ids=["minimum", "maximum"],
)
def test_without_room_nobody_goes_and_the_numbers_are_told(model: BalancedModel, calls: list[Call], said: str) -> None:
    answers = carried(auto_scaling_writer.set_standby, model, calls)
    assert all(isinstance(answer, QuotaError) and said in str(answer) for answer in answers)
    assert model.sent == []


def test_who_is_still_entering_standby_is_waited_for_before_it_comes_back() -> None:
    model = BalancedModel(states={ident(1): "EnteringStandby"}, passing={ident(1): "Standby"})
    assert carried(auto_scaling_writer.set_standby, model, back(1)) == [None]
    assert model.states[ident(1)] == "InService"
    slow = BalancedModel(states={ident(1): "EnteringStandby"})
    (answer,) = carried(auto_scaling_writer.set_standby, slow, back(1))
    assert "being drained. Repeat the run in some minutes" in str(answer)
    assert slow.sent == []


@given(st.booleans(), st.booleans())
def test_attached_again_it_has_the_protection_that_it_had_and_not_the_group_s(was: bool, groups_own: bool) -> None:
    model = group(2, protected={ident(1)} if was else set(), new_are_protected=groups_own)
    assert carried(auto_scaling_writer.detach, model, [call(DETACH, ShouldDecrementDesiredCapacity=True)]) == [None]
    assert ident(1) not in model.states
    attach = [call(ATTACH, ProtectedFromScaleIn=was)]
    assert carried(auto_scaling_writer.attach, model, attach) == [None]
    assert (model.states[ident(1)], ident(1) in model.protected) == ("InService", was)
    assert model.desired == 2
    before = len(model.sent)
    assert carried(auto_scaling_writer.attach, model, attach) == [None]
    assert len(model.sent) == before, "begun again, it does nothing that is done"


def test_a_group_that_cannot_be_looked_at_is_the_answer_to_its_calls() -> None:
    model = group(2, refused={"DescribeAutoScalingInstances": "AccessDenied"})
    protect = [call(SET_PROTECTION, number, ProtectedFromScaleIn=True) for number in (1, 2)]
    for carrier, calls in (
        (auto_scaling_writer.set_protection, protect),
        (auto_scaling_writer.set_standby, standby(1, 2)),
    ):
        answers = carried(carrier, model, calls)
        assert [answer.code for answer in answers] == ["AccessDenied"] * 2
    assert model.sent == []


def test_one_that_was_put_on_standby_meanwhile_is_not_detached() -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html"""
    model = BalancedModel(states={ident(1): "Standby"}, desired=2)
    (answer,) = carried(auto_scaling_writer.detach, model, [call(DETACH, ShouldDecrementDesiredCapacity=True)])
    assert isinstance(answer, DriftError)
    assert (model.sent, model.desired) == ([], 2)


def test_protection_is_set_together_and_only_where_it_is_not() -> None:
    model = group(60, protected={ident(1)})
    calls = [call(SET_PROTECTION, number, ProtectedFromScaleIn=True) for number in range(1, 61)]
    assert carried(auto_scaling_writer.set_protection, model, calls) == [None] * 60
    assert len(model.protected) == 60
    assert [len(one.parameters["InstanceIds"]) for one in model.sent] == [50, 9]

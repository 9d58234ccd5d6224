"""Power: an instance is stopped as it is wished, or not at all, and started again; what that loses is told before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import power_writer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    AwsError,
    InputError,
    LostAnswerError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.measures.power import How, Power, check_botocore
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, planned_state

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
OTHER = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
STOPS = [how for how in get_args(How) if how != "keep"]
ABOUT = {"root": "ebs", "type": "m5.large", "hibernation": True, "spot": False, "addresses": []}


def seen(state: str = "running", *, protected: bool = False, **about: Any) -> dict[str, Any]:
    goes_to = {"pending": "running", "stopping": "stopped"}.get(state, state)
    return {
        "power": goes_to,
        "power_state": state,
        "power_about": {**ABOUT, **about},
        "stop_protection": protected,
    }


class TestPower:
    @given(st.sampled_from(STOPS), st.booleans(), st.sampled_from(["pending", "running", "stopping", "stopped"]))
    def test_it_ends_stopped_and_is_given_back(self, how: How, protected: bool, now: str) -> None:
        state = seen(now, protected=protected)
        steps = list(Power(how=how).plan(state, TARGET))
        assert len(steps) == (now in ("pending", "running"))
        after = planned_state(state, steps)
        assert after["power"] == "stopped"
        assert list(Power(how=how).plan(after, TARGET)) == []
        for step in steps:
            assert step.before == state["power"]
            assert step.call.parameters["StopProtection"] is protected
            assert [call.parameters for call in step.undo] == [{"InstanceId": TARGET.instance_id, "State": "running"}]
            assert Power().can_have_planned(step, TARGET)
            assert not Power().can_have_planned(step, OTHER)

    @pytest.mark.parametrize(("now", "holds"), [("running", False), ("stopping", False), ("stopped", True)])
    def test_it_is_in_force_when_it_is_stopped_and_not_before(self, now: str, holds: bool) -> None:
        assert [fact.holds for fact in Power(how="stop").verify(seen(now), TARGET)] == [holds]

    def test_to_keep_it_is_no_step_and_proves_nothing_for_others(self) -> None:
        assert list(Power().plan(seen(), TARGET)) == []
        assert list(Power().verify(seen(), TARGET)) == []
        assert [fact.fact for fact in Power(alone=True).verify(seen(), TARGET)] == ["it is left running"]
        assert Power().notes(seen(), TARGET) == ()

    @pytest.mark.parametrize(
        ("how", "about", "why"),
        [
            ("hibernate", {"hibernation": False}, "without hibernation"),
            ("stop", {"root": "instance-store"}, "instance store"),
        ],
    )
    def test_what_aws_would_not_do_is_refused_with_a_way_out(
        self, how: How, about: Mapping[str, Any], why: str
    ) -> None:
        with pytest.raises(RefusedError, match=f"{why}.*power: keep"):
            list(Power(how=how).plan(seen(**about), TARGET))

    def test_what_is_lost_is_told_by_what_it_has(self) -> None:
        plain = " ".join(Power(how="stop").notes(seen(), TARGET))
        assert "memory is lost" in plain and "m5.large" in plain and "Auto Scaling" in plain
        assert "Elastic IP" not in plain and "Spot" not in plain
        more = " ".join(Power(how="stop_without_shutdown").notes(seen(addresses=["198.51.100.7"], spot=True), TARGET))
        assert "198.51.100.7" in more and "Spot" in more and "not yet written" in more

    @pytest.mark.parametrize(
        "changes", [{"before": "stopped"}, {"after": "terminated"}, {"undo": ()}, {"facet": "power_state"}]
    )
    def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(self, changes: dict[str, Any]) -> None:
        (step,) = Power(how="stop").plan(seen(), TARGET)
        assert not Power().can_have_planned(dataclasses.replace(step, **changes), TARGET)

    def test_a_botocore_that_is_too_old_is_told_of(self) -> None:
        check_botocore("stop", known=())
        check_botocore("stop_without_shutdown", known=("InstanceIds", "SkipOsShutdown"))
        with pytest.raises(InputError, match="SkipOsShutdown"):
            check_botocore("stop_without_shutdown", known=("InstanceIds", "Hibernate"))


class Machines:
    """Instances, by id: their states and stop protection. A change of state takes `takes` looks."""

    def __init__(self, *ids: str, protected: bool, takes: int = 0) -> None:
        self.state = dict.fromkeys(ids, "running")
        self.protected = dict.fromkeys(ids, protected)
        self.sent: list[tuple[str, Any]] = []
        self.lost: list[str] = []
        """Operations whose next answer gets lost, after they happened."""
        self._takes, self._looks = takes, 0

    def background(self, ask: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(ask())
        return future

    def pages(self, call: Call, _key: str) -> list[Any]:
        self._looks += 1
        if self._looks > self._takes:
            arrived = {"stopping": "stopped", "pending": "running"}
            self.state = {one: arrived.get(state, state) for one, state in self.state.items()}
        asked = call.parameters["Filters"][0]["Values"]
        return [{"Instances": [{"InstanceId": one, "State": {"Name": self.state[one]}} for one in asked]}]

    def read(self, call: Call) -> dict[str, Any]:
        return {"DisableApiStop": {"Value": self.protected[call.parameters["InstanceId"]]}}

    def answer(self, call: Call) -> dict[str, Any]:
        given = call.parameters
        self.sent.append(
            (call.operation, {key: value for key, value in given.items() if not key.startswith("Instance")})
        )
        if call.operation == "ModifyInstanceAttribute":
            self.protected[given["InstanceId"]] = given["DisableApiStop"]["Value"]
        else:
            (one,) = given["InstanceIds"]
            stops = call.operation == "StopInstances"
            if stops and self.protected[one]:
                raise AwsError("stop", "OperationNotPermitted", "", code="OperationNotPermitted")
            self.state[one], self._looks = "stopping" if stops else "pending", 0
        if call.operation in self.lost:
            self.lost.remove(call.operation)
            raise LostAnswerError("change", "the connection broke", "", code="ReadTimeoutError")
        return {}


def carried(machines: Machines, how: How = "stop", *, protected: bool = True, back: bool = False) -> list[Any]:
    calls = []
    for target in (TARGET, OTHER):
        if target.instance_id in machines.state:
            (step,) = Power(how=how).plan(seen(protected=protected), target)
            calls.append(step.undo[0] if back else step.call)
    return power_writer.set_power(machines, calls)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_writer, "POLL_S", 0.0)


class TestStopping:
    @pytest.mark.parametrize("how", STOPS)
    def test_stop_protection_is_off_for_the_call_that_stops_and_no_longer(self, how: How) -> None:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html"""
        machines = Machines(TARGET.instance_id, protected=True, takes=3)
        asked = {"stop": {}, "stop_without_shutdown": {"SkipOsShutdown": True}, "hibernate": {"Hibernate": True}}
        assert carried(machines, how) == [None]
        assert machines.sent == [
            ("ModifyInstanceAttribute", {"DisableApiStop": {"Value": False}}),
            ("StopInstances", asked[how]),
            ("ModifyInstanceAttribute", {"DisableApiStop": {"Value": True}}),
        ]
        assert (machines.state, machines.protected) == ({TARGET.instance_id: "stopped"}, {TARGET.instance_id: True})

    def test_what_was_not_protected_is_not_afterwards(self) -> None:
        machines = Machines(TARGET.instance_id, protected=False)
        carried(machines, protected=False)
        assert [operation for operation, _given in machines.sent] == ["StopInstances"]

    def test_what_an_attempt_that_died_has_switched_off_is_switched_on(self) -> None:
        machines = Machines(TARGET.instance_id, protected=False)
        assert carried(machines, protected=True) == [None]
        assert machines.protected == {TARGET.instance_id: True}

    @pytest.mark.parametrize("operation", ["ModifyInstanceAttribute", "StopInstances"])
    def test_a_lost_answer_leaves_it_stopped_and_protected(self, operation: str) -> None:
        machines = Machines(TARGET.instance_id, protected=True)
        machines.lost = [operation]
        assert carried(machines) == [None]
        assert (machines.state, machines.protected) == ({TARGET.instance_id: "stopped"}, {TARGET.instance_id: True})

    def test_what_is_stopped_or_runs_already_is_left(self) -> None:
        machines = Machines(TARGET.instance_id, protected=True)
        assert carried(machines, back=True) == [None]
        machines.state[TARGET.instance_id] = "stopped"
        assert carried(machines) == [None]
        assert machines.sent == []

    def test_what_is_on_its_way_is_waited_for_before_it_is_changed(self) -> None:
        machines = Machines(TARGET.instance_id, protected=False, takes=2)
        machines.state[TARGET.instance_id] = "stopping"
        assert carried(machines, back=True) == [None]
        assert machines.state == {TARGET.instance_id: "running"}

    def test_one_that_does_not_stop_is_told_of_and_the_other_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(power_writer, "WAIT_S", 0.0)
        machines = Machines(TARGET.instance_id, OTHER.instance_id, protected=False, takes=10**6)
        machines.state[OTHER.instance_id] = "stopped"
        stuck, fine = carried(machines, protected=False)
        assert isinstance(stuck, AwsError) and "stopping" in str(stuck)
        assert fine is None

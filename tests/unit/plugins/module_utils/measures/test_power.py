"""Power: an instance is stopped as it is wished, or not at all, and started again; what that loses is told before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measures.power import How, Power, check_botocore
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state

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
        "auto_scaling": None,
    }


class TestPower:
    @given(st.sampled_from(STOPS), st.booleans(), st.sampled_from(["pending", "running", "stopping", "stopped"]))
    def test_it_ends_stopped_and_is_given_back(self, how: How, protected: bool, now: str) -> None:
        state = seen(now, protected=protected)
        steps = list(Power(how=how).plan(state, TARGET))
        stops = now in ("pending", "running")
        around = ["stop_protection"] if protected else []
        assert [step.facet for step in steps] == ([*around, "power", *around] if stops else [])
        after = planned_state(state, steps)
        assert (after["power"], after["stop_protection"]) == ("stopped", protected)
        assert list(Power(how=how).plan(after, TARGET)) == []
        for step in steps:
            assert step.reversible
            assert Power().can_have_planned(step, TARGET)
            assert not Power().can_have_planned(step, OTHER)

    @pytest.mark.parametrize("lifecycle", ["InService", "Pending", "Warmed:Running", "Terminating:Wait"])
    def test_what_its_group_would_terminate_for_it_is_not_stopped(self, lifecycle: str) -> None:
        state = {**seen(), "auto_scaling": {"group": "web", "state": lifecycle}}
        with pytest.raises(RefusedError, match=r"web.*auto_scaling"):
            list(Power(how="stop").plan(state, TARGET))
        standby = {**state, "auto_scaling": {"group": "web", "state": "Standby"}}
        assert len(list(Power(how="stop").plan(standby, TARGET))) == 1

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
        assert "memory is lost" in plain and "m5.large" in plain and "10 minutes at most" in plain
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
        check_botocore("stop", lambda *_asked: ())
        check_botocore("stop_without_shutdown", lambda *_asked: ("InstanceIds", "SkipOsShutdown"))
        with pytest.raises(InputError, match="SkipOsShutdown"):
            check_botocore("stop_without_shutdown", lambda *_asked: ("InstanceIds", "Hibernate"))

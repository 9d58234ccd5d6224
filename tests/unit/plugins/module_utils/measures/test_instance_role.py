"""Metadata, profile and credentials of an instance: closed to it and to whoever stole them, given back exactly, and nobody else is hit."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles_writer import set_profiles
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.ec2.older_sessions_writer import set_older
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import (
    POLICY_NAME,
    QUOTA,
    denied_by,
    named_in,
    policy_for,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions_writer import set_denied
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    AwsError,
    DriftError,
    QuotaError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.session_policies import policy_before
from ansible_collections.cordon.aws.plugins.module_utils.measures.instance_profile import InstanceProfile
from ansible_collections.cordon.aws.plugins.module_utils.measures.metadata import Metadata
from ansible_collections.cordon.aws.plugins.module_utils.measures.role_sessions import RoleSessions, residual
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Step, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import residual as instance_residual

ACCOUNT = "111122223333"
TARGET = instance_of_arn(f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0abcdef1234567890")
OTHER = instance_of_arn(f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0fedcba9876543210")
ROLE_ID = "AROACKCEVSQ6C2EXAMPLE"
ROLE = {"name": "web", "id": ROLE_ID, "arn": f"arn:aws:iam::{ACCOUNT}:role/services/web"}
MINE, THEIRS = f"{ROLE_ID}:{TARGET.instance_id}", f"{ROLE_ID}:{OTHER.instance_id}"
OWN, AGENTS = (f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}" for name in ("fleet/web", "ssm-only"))

options = st.fixed_dictionaries(
    {
        "HttpEndpoint": st.sampled_from(["enabled", "disabled"]),
        "HttpTokens": st.sampled_from(["optional", "required"]),
        "HttpPutResponseHopLimit": st.integers(1, 64),
    }
)


class TestMetadata:
    @given(options, st.booleans())
    def test_it_is_closed_and_given_back_exactly(self, before: dict[str, Any], keep_agent: bool) -> None:
        measure, state = Metadata(keep_agent=keep_agent), {"metadata_options": before, "metadata_options_applied": True}
        steps = list(measure.plan(state, TARGET))
        after = planned_state(state, steps)
        closed = after["metadata_options"]
        if before["HttpEndpoint"] == "disabled" or not keep_agent:
            assert closed == {**before, "HttpEndpoint": "disabled"}
        else:
            assert closed == {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
        assert list(measure.plan(after, TARGET)) == []
        assert all(fact.holds for fact in measure.verify(after, TARGET))
        for step in steps:
            assert Metadata().can_have_planned(step, TARGET)
            (back,) = step.undo
            given_back = {"HttpEndpoint": "disabled"} if before["HttpEndpoint"] == "disabled" else before
            assert back.parameters == {"InstanceId": TARGET.instance_id, **given_back}

    def test_a_step_that_opens_it_is_nobodys(self) -> None:
        before = {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
        state = {"metadata_options": before, "metadata_options_applied": True}
        (step,) = Metadata().plan(state, TARGET)
        wider = TARGET.call(
            "ModifyInstanceMetadataOptions",
            InstanceId=TARGET.instance_id,
            HttpEndpoint="enabled",
            HttpPutResponseHopLimit=64,
        )
        assert not Metadata().can_have_planned(dataclasses.replace(step, undo=(wider,)), TARGET)
        assert not Metadata().can_have_planned(step, OTHER)


class TestInstanceProfile:
    @pytest.mark.parametrize("wished", [None, AGENTS])
    def test_its_own_goes_and_comes_back(self, wished: str | None) -> None:
        measure = InstanceProfile(agent_profile=wished)
        (step,) = measure.plan({"instance_profile": OWN}, TARGET)
        assert (step.before, step.after) == (OWN, wished)
        assert step.undo[0].parameters == {"InstanceId": TARGET.instance_id, "ProfileArn": OWN}
        assert InstanceProfile().can_have_planned(step, TARGET)
        assert list(measure.plan({"instance_profile": wished}, TARGET)) == []

    def test_one_without_gets_none(self) -> None:
        assert list(InstanceProfile(agent_profile=AGENTS).plan({"instance_profile": None}, TARGET)) == []

    def test_it_stays_until_what_was_stolen_of_it_is_denied(self) -> None:
        """Nothing else tells the role; a run that took the profile and failed to deny would find nothing left to prove."""
        measure = InstanceProfile(after_denial=True)
        for state in (seen(None), {}, {"instance_role": ROLE}):
            with pytest.raises(RefusedError, match="its credentials are not denied"):
                list(measure.plan({"instance_profile": OWN, **state}, TARGET))
        (step,) = measure.plan({"instance_profile": OWN, **seen("web")}, TARGET)
        assert step.call.parameters == {
            "InstanceId": TARGET.instance_id,
            "ProfileArn": None,
            "RoleName": "web",
            "UserId": MINE,
        }
        assert step.undo[0].parameters == {"InstanceId": TARGET.instance_id, "ProfileArn": OWN}
        assert InstanceProfile().can_have_planned(step, TARGET)
        (bare,) = measure.plan({"instance_profile": OWN, "instance_role": None}, TARGET)
        assert "UserId" not in bare.call.parameters

    def test_a_profile_of_another_account_is_refused_and_no_log_can_make_us_give_one(self) -> None:
        foreign = "arn:aws:iam::123456789012:instance-profile/admin"
        with pytest.raises(RefusedError, match=ACCOUNT):
            list(InstanceProfile(agent_profile=foreign).plan({"instance_profile": OWN}, TARGET))
        (step,) = InstanceProfile().plan({"instance_profile": OWN}, TARGET)
        assert not InstanceProfile().can_have_planned(dataclasses.replace(step, before=foreign), TARGET)
        forged = dataclasses.replace(step.undo[0], parameters={"InstanceId": TARGET.instance_id, "ProfileArn": AGENTS})
        assert not InstanceProfile().can_have_planned(dataclasses.replace(step, undo=(forged,)), TARGET)


def seen(denied: str | None, role: dict[str, str] | None = ROLE, *, agents: bool = False) -> dict[str, Any]:
    return {"instance_role": role, "instance_has_agent_profile": agents, f"denied_session/{MINE}": denied}


class TestRoleSessions:
    def test_its_own_sessions_are_denied_and_given_back(self) -> None:
        (step,) = RoleSessions().plan(seen(None), TARGET)
        assert step.call.parameters == {"RoleName": "web", "UserId": MINE, "Denied": True}
        assert step.undo[0].parameters == {"RoleName": "web", "UserId": MINE, "Denied": False}
        after = planned_state(seen(None), [step])
        assert list(RoleSessions().plan(after, TARGET)) == []
        assert [fact.holds for fact in RoleSessions().verify(after, TARGET)] == [True]
        assert [fact.holds for fact in RoleSessions().verify(seen(None), TARGET)] == [False]
        assert RoleSessions().can_have_planned(step, TARGET)

    def test_it_holds_when_the_profile_is_gone_and_the_role_with_it(self) -> None:
        assert list(RoleSessions().plan(seen("web", None), TARGET)) == []
        assert [fact.holds for fact in RoleSessions().verify(seen("web", None), TARGET)] == [True]

    def test_what_it_may_have_had_before_somebody_took_its_profile_is_told(self) -> None:
        """An attacker can take it away first: the credentials work on, and nothing of the instance tells of which role."""
        gone = {"instance_role": None, "instance_has_agent_profile": False}
        (fact,) = RoleSessions().verify(gone, TARGET)
        assert fact.holds and "denies" not in fact.fact, "one that never had a role is contained"
        (told,) = residual(gone, TARGET)
        assert "go on for up to six hours" in told["what"]
        assert f"AttributeKey=Username,AttributeValue={TARGET.instance_id}" in told["why"]
        assert told in instance_residual({**gone, "power": "stopped"}, TARGET)
        assert [*residual(seen("web", None), TARGET), *residual(seen(None), TARGET), *residual({}, TARGET)] == []

    def test_the_way_to_deny_older_sessions_holds_no_time_that_somebody_could_paste(self) -> None:
        """A time in the past denies nothing that was stolen since."""
        (note,) = RoleSessions().notes(seen("web"), TARGET)
        assert "`role_sessions_before` set to the present time" in note
        assert not any(character.isdigit() for character in note)

    def test_a_profile_that_was_the_agents_all_the_time_proves_nothing(self) -> None:
        state = {"instance_role": None, "instance_has_agent_profile": True}
        assert [fact.holds for fact in RoleSessions(agent_profile=AGENTS).verify(state, TARGET)] == [False]

    @pytest.mark.parametrize(
        "changes", [{"facet": f"denied_session/{THEIRS}"}, {"after": "../admin"}, {"undo": ()}, {"before": "web"}]
    )
    def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(self, changes: dict[str, Any]) -> None:
        (step,) = RoleSessions().plan(seen(None), TARGET)
        assert not RoleSessions().can_have_planned(dataclasses.replace(step, **changes), TARGET)


EARLY, LATE = "2026-01-31T14:05:00Z", "2026-01-31T15:05:00Z"


def older(found: str | None, *, role: dict[str, str] | None = ROLE) -> dict[str, Any]:
    return {**seen("web", role), f"shared/older_sessions/{ROLE_ID}": found}


class TestOlderSessions:
    @given(st.sampled_from([None, EARLY, LATE]), st.sampled_from([EARLY, LATE]), st.booleans())
    def test_those_before_the_time_are_denied_and_given_back(self, found: str | None, wished: str, gone: bool) -> None:
        """An earlier time that is there is put back by the release, and a later one denies as much."""
        measure, state = RoleSessions(sessions_before=wished), older(found, role=None if gone else ROLE)
        steps = list(measure.plan(state, TARGET))
        assert len(steps) == (found is None or found < wished)
        after = planned_state(state, steps)
        assert list(measure.plan(after, TARGET)) == []
        assert all(fact.holds for fact in measure.verify(after, TARGET))
        for step in steps:
            asked = {"RoleName": "web", "RoleId": ROLE_ID}
            assert step.call.parameters == {**asked, "From": found, "Before": wished}
            assert [one.parameters for one in step.undo] == [{**asked, "From": wished, "Before": found}]
            assert RoleSessions().can_have_planned(step, TARGET)

    def test_they_go_on_where_nobody_wishes_it_or_not_yet(self) -> None:
        assert list(RoleSessions().plan(seen("web"), TARGET)) == []
        held = RoleSessions(sessions_before=LATE).verify(older(EARLY), TARGET)
        assert [fact.holds for fact in held] == [True, False]

    def test_a_policy_that_somebody_has_changed_is_left_to_people(self) -> None:
        with pytest.raises(DriftError, match="CordonDenyOlderSessions"):
            list(RoleSessions(sessions_before=LATE).plan(older("changed"), TARGET))

    @pytest.mark.parametrize(
        "changes",
        [
            {"facet": "shared/older_sessions/AROAEXAMPLEOTHERROLE0"},
            {"before": LATE},
            {"after": "2026"},
            {"after": None},
            {"undo": ()},
        ],
    )
    def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(self, changes: dict[str, Any]) -> None:
        (step,) = RoleSessions(sessions_before=LATE).plan(older(EARLY), TARGET)
        assert not RoleSessions().can_have_planned(dataclasses.replace(step, **changes), TARGET)


class Roles:
    """Inline policies of roles, by role and name."""

    def __init__(self, **policies: dict[str, str]) -> None:
        self.policies = {role: dict(texts) for role, texts in policies.items()}
        self.writes: list[str] = []

    def caller(self) -> Caller:
        return Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/responder")

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(ask())
        except AwsError as error:
            done.set_exception(error)
        return done

    def pages(self, call: Call, _key: str) -> list[Any]:
        return list(self.policies[call.parameters["RoleName"]])

    def read(self, call: Call) -> dict[str, Any]:
        if call.operation == "GetRole":
            return {"Role": {"RoleId": ROLE_ID}}
        text = self.policies[call.parameters["RoleName"]].get(call.parameters["PolicyName"])
        if text is None:
            raise AwsError("read", "NoSuchEntity", "", code="NoSuchEntity")
        return {"PolicyDocument": text}

    def answer(self, call: Call) -> dict[str, Any]:
        held, name = self.policies[call.parameters["RoleName"]], call.parameters["PolicyName"]
        self.writes.append(call.operation)
        if call.operation == "PutRolePolicy":
            held[name] = call.parameters["PolicyDocument"]
        else:
            del held[name]
        return {}


class Profiled:
    """An instance that lost its profile, and what IAM tells of a profile that is to be given to it."""

    def __init__(self, denied: str) -> None:
        self.denied, self.given = denied, list[str]()

    caller, background = Roles.caller, Roles.background

    def pages(self, _call: Call, _key: str) -> list[Any]:
        return []

    def read(self, call: Call) -> dict[str, Any]:
        if call.operation == "GetInstanceProfile":
            return {"InstanceProfile": {"Roles": [{"RoleName": "web", "RoleId": ROLE_ID}]}}
        return {"PolicyDocument": self.denied}

    def answer(self, call: Call) -> dict[str, Any]:
        self.given.append(call.parameters["IamInstanceProfile"]["Arn"])
        return {}


class TestTheProfileGivenBack:
    """What stands in a log may be forged: any profile of the account, an administrator's too."""

    @pytest.mark.parametrize("denied", ["", policy_for([THEIRS])])
    def test_a_profile_whose_role_does_not_deny_the_instance_is_not_given_to_it(self, denied: str) -> None:
        (step,) = InstanceProfile().plan({"instance_profile": OWN}, TARGET)
        cloud: Any = Profiled(denied)
        (answer,) = set_profiles(cloud, step.undo)
        assert isinstance(answer, DriftError)
        assert "only the case log says" in str(answer)
        assert f"--instance-id {TARGET.instance_id} --iam-instance-profile Arn={OWN}" in str(answer)
        assert cloud.given == []

    def test_one_whose_role_denies_it_was_its_own(self) -> None:
        (step,) = InstanceProfile().plan({"instance_profile": OWN}, TARGET)
        cloud: Any = Profiled(policy_for([MINE, THEIRS]))
        assert set_profiles(cloud, step.undo) == [None]
        assert cloud.given == [OWN]

    def test_the_agent_s_is_given_because_the_responder_wishes_it(self) -> None:
        (step,) = InstanceProfile(agent_profile=AGENTS).plan({"instance_profile": OWN}, TARGET)
        cloud: Any = Profiled("")
        assert set_profiles(cloud, [step.call]) == [None]
        assert cloud.given == [AGENTS]


def calls(user_ids: Sequence[str], *, denied: bool = True) -> list[Call]:
    steps: list[Step] = [*RoleSessions().plan(seen(None), TARGET)]
    like = steps[0].call
    return [
        dataclasses.replace(like, parameters={"RoleName": "web", "UserId": one, "Denied": denied}) for one in user_ids
    ]


def set_all(roles: Roles, wanted: Sequence[Call]) -> Any:
    return set_denied(roles, wanted)  # type: ignore[arg-type]


class TestThePolicyOfARole:
    OTHERS = {"work": '{"Version": "2012-10-17", "Statement": []}'}  # noqa: RUF012

    def test_many_are_one_change_and_the_last_one_takes_the_policy_along(self) -> None:
        roles = Roles(web=self.OTHERS)
        assert set_all(roles, calls([MINE, THEIRS])) == [None, None]
        assert roles.writes == ["PutRolePolicy"]
        assert denied_by(roles.policies["web"][POLICY_NAME]) == {MINE, THEIRS}
        set_all(roles, calls([MINE], denied=False))
        assert denied_by(roles.policies["web"][POLICY_NAME]) == {THEIRS}
        set_all(roles, calls([THEIRS], denied=False))
        assert roles.policies["web"] == self.OTHERS

    def test_it_denies_everything_to_these_sessions_and_nobody_else(self) -> None:
        (statement,) = json.loads(policy_for([MINE]))["Statement"]
        assert {**statement, "Sid": ""} == {
            "Sid": "",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:userid": [MINE]}},
        }

    def test_what_somebody_made_of_it_denies_nothing_and_is_put_right_for_all(self) -> None:
        tampered = policy_for([THEIRS]).replace('"Action":"*"', '"Action":"s3:Get*"')
        assert (denied_by(tampered), named_in(tampered)) == (frozenset(), {THEIRS})
        roles = Roles(web={**self.OTHERS, POLICY_NAME: tampered})
        set_all(roles, calls([MINE]))
        assert denied_by(roles.policies["web"][POLICY_NAME]) == {MINE, THEIRS}

    def test_those_who_do_not_fit_are_told_and_the_others_are_denied(self) -> None:
        ids = [f"{ROLE_ID}:i-{number:017x}" for number in range(300)]
        full = {"work": json.dumps({"Version": "2012-10-17", "Statement": [], "Id": "x" * 5_000})}
        roles = Roles(web=copy.deepcopy(full))
        answers = set_all(roles, calls(ids))
        text = roles.policies["web"][POLICY_NAME]
        fitting = [one for one, error in zip(ids, answers, strict=True) if error is None]
        assert denied_by(text) == set(fitting)
        assert 0 < len(fitting) < len(ids)
        assert len(text) + len(full["work"].replace(" ", "")) <= QUOTA
        assert all(isinstance(error, QuotaError) for error in answers if error is not None)

    def test_what_is_so_already_is_no_change(self) -> None:
        roles = Roles(web={POLICY_NAME: policy_for([MINE])})
        set_all(roles, calls([MINE]))
        assert roles.writes == []


class TestThePolicyOfOlderSessions:
    NAME = "CordonDenyOlderSessions"

    def carried(self, roles: Roles, found: str | None, *, back: bool = False) -> Any:
        steps = [
            step
            for target in (TARGET, OTHER)
            for step in RoleSessions(sessions_before=LATE).plan(shared(found, target), target)
        ]
        wanted = [step.undo[0] if back else step.call for step in steps]
        return set_older(roles, wanted)  # type: ignore[arg-type]

    def test_two_instances_of_a_role_are_one_change_and_one_back(self) -> None:
        roles = Roles(web={})
        assert self.carried(roles, None) == [None, None]
        assert roles.writes == ["PutRolePolicy"]
        (statement,) = json.loads(roles.policies["web"][self.NAME])["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "*")
        assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": LATE}}
        assert self.carried(roles, None) == [None, None], "a run that died after it begins again"
        assert self.carried(roles, None, back=True) == [None, None]
        assert (roles.policies["web"], roles.writes) == ({}, ["PutRolePolicy", "DeleteRolePolicy"])

    def test_what_somebody_changed_since_the_look_is_left(self) -> None:
        roles = Roles(web={self.NAME: policy_before("2026-01-31T16:00:00Z")})
        assert all(isinstance(error, DriftError) for error in self.carried(roles, EARLY))
        assert roles.writes == []

    def test_a_role_without_room_is_told_of_with_the_numbers(self) -> None:
        roles = Roles(web={"work": "x" * QUOTA})
        (error, _same) = self.carried(roles, None)
        assert isinstance(error, QuotaError) and f"hold {QUOTA} of {QUOTA}" in str(error)


def shared(found: str | None, target: Any) -> dict[str, Any]:
    return {
        "instance_role": ROLE,
        "instance_has_agent_profile": False,
        f"denied_session/{ROLE_ID}:{target.instance_id}": "web",
        f"shared/older_sessions/{ROLE_ID}": found,
    }

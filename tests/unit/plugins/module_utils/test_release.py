"""Release takes back what Cordon did: not what somebody wrote into the log, not from a namesake, and all of it in the end."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_model import ROLE_ID, Died, IamModel, World
from runs import ALICE, DEPLOY, KEY, TRUST, CaseLog, contain, one_role, one_user, release, statuses

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.history import PastStep
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import DENY_ALL, INLINE
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.measures import sessions, trust
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, Plan, State, Step, TargetPlan
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.release import Release
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import summarise
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

BOB = "arn:aws:iam::123456789012:user/bob"
SESSION = "arn:aws:sts::123456789012:assumed-role/deploy/bob"
TARGET = principal_of_arn(ALICE)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTLE_STEP_S", 0.001)
    monkeypatch.setattr(engine, "SETTLE_S", 1.0)


def undo(**changes: Any) -> Call:
    return dataclasses.replace(TARGET.call("DeleteUserPolicy", PolicyName="CordonDenyAll"), **changes)


def recorded(**changes: Any) -> Step:
    """What the measure deny_policy leaves in a log, or what somebody makes of it."""
    genuine = Step(
        measure="deny_policy",
        facet="inline_policy/CordonDenyAll",
        call=TARGET.call("PutUserPolicy", PolicyName="CordonDenyAll", PolicyDocument=DENY_ALL),
        undo=(undo(),),
        why="deny everything to user/alice",
        before=None,
        after=DENY_ALL,
    )
    return dataclasses.replace(genuine, **changes)


FORGED = {
    "an operation that no measure uses": {"undo": (undo(operation="CreateAccessKey"),)},
    "an operation of another measure": {
        "measure": "access_keys",
        "facet": f"access_key/{KEY}",
        "before": "Inactive",
        "after": "Active",
    },
    "an operation of the same name elsewhere": {"undo": (undo(service="organizations"),)},
    "a policy that allows everything": {
        "facet": "attached_policy/arn:aws:iam::aws:policy/AdministratorAccess",
        "call": TARGET.call("DetachUserPolicy", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        "undo": (TARGET.call("AttachUserPolicy", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),),
        "before": "attached",
        "after": None,
    },
    "another policy of ours": {"undo": (undo(parameters={"UserName": "alice", "PolicyName": "CordonDenySessions"}),)},
    "another account": {"undo": (undo(account="111122223333"),)},
    "another user": {"undo": (undo(parameters={"UserName": "bob", "PolicyName": "CordonDenyAll"}),)},
    # Without a name IAM takes the caller's own: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    "no user, which means the responder": {"undo": (undo(parameters={"PolicyName": "CordonDenyAll"}),)},
    "a measure that there is not": {"measure": "generosity"},
    "something else after the right way back": {"undo": (undo(), undo(account="111122223333"))},
}


def log_of(*steps: Step) -> CaseLog:
    log = CaseLog()
    log.intent("contain", Plan([TargetPlan(target=ALICE, steps=steps)]), {ALICE: {}})
    return log


def contained_world() -> World:
    user = one_user(inline={"CordonDenyAll": DENY_ALL})[ALICE]
    return {ALICE: user, BOB: copy.deepcopy(user)}


def test_a_recorded_step_is_undone() -> None:
    """The dull case, without which the refusals below would prove nothing."""
    world = contained_world()
    assert not release(IamModel(world), log_of(recorded())).failed
    assert world[ALICE]["inline"] == {}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_way_back_that_the_measure_never_goes_is_not_gone(changes: dict[str, Any], force: bool) -> None:
    model = IamModel(contained_world())
    run = release(model, log_of(recorded(), recorded(**changes)), force=force)
    assert "Somebody else has written into the case log. Nothing was touched" in run.results[0].error
    assert (run.results[0].status, model.writes()) == ("failed", 0)


def test_a_forged_step_for_one_target_does_not_keep_another_contained() -> None:
    world = contained_world()
    log = log_of(recorded(**FORGED["another user"]))
    bob = principal_of_arn(BOB)
    genuine = recorded(
        call=bob.call("PutUserPolicy", PolicyName="CordonDenyAll", PolicyDocument=DENY_ALL),
        undo=(bob.call("DeleteUserPolicy", PolicyName="CordonDenyAll"),),
    )
    log.intent("contain", Plan([TargetPlan(target=BOB, steps=(genuine,))]), {BOB: {}})
    run = release(IamModel(world), log)
    assert [(entry.arn, entry.status) for entry in run.results] == [(ALICE, "failed"), (BOB, "released")]


def test_another_user_under_the_name_is_not_released() -> None:
    """What the log records was done to somebody else."""
    world, log = one_user(), CaseLog()
    contain(IamModel(world), log, [ALICE])
    world[ALICE]["id"] = "AIDACKCEVSQ6C3EXAMPLE"
    model = IamModel(world)
    for force in (False, True):
        run = release(model, log, force=force)
        assert "it was AIDACKCEVSQ6C2EXAMPLE, and AIDACKCEVSQ6C3EXAMPLE has the name now" in run.results[0].error
    assert model.writes() == 0


class Door:
    """A measure with a way back of two calls: the policy `lock` is attached before the inline policy Door goes."""

    NAME = "door"
    KINDS = frozenset({"user"})
    PERMISSIONS = ("iam:ListUserPolicies", "iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPolicy")
    OPEN_WITHOUT = "the door"
    lock = "arn:aws:iam::123456789012:policy/lock"

    def observe(self, reads: Reads, target: IamPrincipal) -> dict[str, Json]:
        names = reads.pages(target.call("ListUserPolicies"), "PolicyNames")
        return {"door": "shut" if "Door" in names else "open"}

    def plan(self, state: State, target: IamPrincipal) -> Iterator[Step]:
        if state["door"] == "open":
            yield Step(
                measure=self.NAME,
                facet="door",
                call=target.call("PutUserPolicy", PolicyName="Door", PolicyDocument="{}"),
                undo=(
                    target.call("AttachUserPolicy", PolicyArn=self.lock),
                    target.call("DeleteUserPolicy", PolicyName="Door"),
                ),
                why="shut the door",
                before="open",
                after="shut",
            )

    def can_have_planned(self, step: Step, target: IamPrincipal) -> bool:
        return any(step.does_as(one) for one in self.plan({"door": "open"}, target))

    def verify(self, state: State, target: IamPrincipal) -> Proof:
        return [Fact(measure=self.NAME, fact=f"the door is {state['door']}", holds=state["door"] == "shut")]

    def notes(self, state: State, target: IamPrincipal) -> Sequence[str]:
        return ()


FAULTS = ["", "drop_before", "drop_after", "fail_before", "fail_after", "AccessDenied", "ConcurrentModification"]


@given(st.none() | st.integers(0, 8), st.lists(st.sampled_from(FAULTS), max_size=4))
def test_of_a_way_back_in_two_calls_neither_is_lost_nor_goes_before_the_other(
    dies_at: int | None, faults: list[str]
) -> None:
    world, log = one_user(), CaseLog()
    contain(IamModel(world), log, [ALICE], catalogue=[Door()])
    assert list(world[ALICE]["inline"]) == ["Door"]
    failing = log.model = IamModel(world, dies_at=dies_at)
    failing.faults = list(faults)
    try:
        release(failing, log, catalogue=[Door()])
    except Died:
        pass
    assert world[ALICE]["inline"] or world[ALICE]["attached"] == [Door.lock]
    log.model = None
    assert not release(IamModel(world), log, catalogue=[Door()]).failed
    assert world == one_user(attached=[Door.lock])


def test_after_a_failed_call_back_the_next_one_is_not_made() -> None:
    world, log = one_user(), CaseLog()
    contain(IamModel(world), log, [ALICE], catalogue=[Door()])
    model = IamModel(world)
    model.faults = ["AccessDenied"]
    run = release(model, log, catalogue=[Door()])
    assert (run.results[0].status, statuses(run)) == ("failed", ["failed", "not_run"])


def notes_after(meanwhile: Mapping[str, Any], measures: list[str] | None = None, **arguments: Any) -> list[str]:
    """The notes of a release, where somebody has set these of the user's keys in between."""
    world, log = one_user(), CaseLog()
    contain(IamModel(world), log, [ALICE], measures=measures)
    world[ALICE].update(meanwhile)
    return release(IamModel(world), log, **arguments).results[0].notes


def test_where_nobody_came_in_between_there_is_nothing_to_tell() -> None:
    assert notes_after({}, only=["deny_policy", "access_keys"]) == []


def test_what_somebody_else_had_set_back_is_told() -> None:
    notes = notes_after({"keys": {KEY: "Active"}}, only=["deny_policy", "access_keys"])
    assert notes == [f"access_key/{KEY} was Active again before this release: it was not this case."]


def test_what_somebody_else_had_set_back_is_not_in_force_after_the_release() -> None:
    world, log = one_user(), CaseLog()
    contain(IamModel(world), log, [ALICE])
    world[ALICE]["keys"] = {KEY: "Active"}
    assert not release(IamModel(world), log).failed
    found = summarise("case-1", "open", [entry.as_json() for entry in log.case.entries()]).targets[ALICE]
    assert (found.state, found.in_force) == ("released", [])


def test_a_key_that_is_gone_for_good_is_told() -> None:
    notes = notes_after({"keys": {}}, only=["deny_policy", "access_keys"], force=True)
    assert notes == [f"access_key/{KEY} is gone, and could not be put back: somebody has deleted it since."]


def past(time: str, action: str = "contain") -> PastStep:
    """Sessions denied, or let in again, at this time."""
    (step,) = sessions.plan({}, TARGET)
    back = dataclasses.replace(step, call=step.undo[0], undo=(step.call,), before=step.after, after=step.before)
    return PastStep(time=time, action=action, step=step if action == "contain" else back, done=True)


def told_of(*history: PastStep) -> str:
    (note,) = Release({ALICE: history}, IAM_PRINCIPAL).notes({INLINE + sessions.POLICY_NAME: sessions.POLICY}, TARGET)
    return str(note)


def test_sessions_can_act_again_until_36_hours_after_the_first_containment() -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html: 129,600 seconds at most; the keys that could
    mint more were off by then."""
    note = told_of(past("2026-11-24T03:00:00.000Z"), past("2026-11-24T09:30:00.000Z"))
    assert "until 2026-11-25 15:00 UTC at the latest" in note


def test_sessions_minted_between_a_release_and_the_next_containment_count() -> None:
    """Contained on the 24th, released at noon, contained again on the 26th at 03:00: until 15:00 on the 27th."""
    note = told_of(
        past("2026-11-24T03:00:00.000Z"), past("2026-11-24T12:00:00.000Z", "release"), past("2026-11-26T03:00:00.000Z")
    )
    assert "until 2026-11-27 15:00 UTC at the latest" in note


@pytest.mark.parametrize(
    ("measures", "only"),
    [
        (None, None),
        (None, ["sessions", "deny_policy"]),
        (["deny_policy"], None),
        (["sessions", "access_keys"], ["sessions"]),
    ],
)
def test_that_sessions_outlive_containment_is_told_where_they_are_released(
    measures: list[str] | None, only: list[str] | None
) -> None:
    (note,) = notes_after({}, measures, only=only)
    assert note.startswith("Sessions minted from its keys before containment can act again until ")


@pytest.mark.parametrize(
    ("measures", "only"),
    [
        (None, ["deny_policy"]),
        (None, ["sessions"]),
        (["access_keys"], None),
        (["access_keys"], ["access_keys", "sessions"]),
    ],
)
def test_nothing_is_said_of_sessions_that_were_not_denied_or_stay_so(
    measures: list[str] | None, only: list[str] | None
) -> None:
    assert notes_after({}, measures, only=only) == []


def test_sessions_of_a_role_last_12_hours_at_most() -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    model, log = IamModel(one_role()), CaseLog()
    contain(model, log, [DEPLOY])
    denied = datetime.fromisoformat(next(entry.time for entry in log.case.entries() if entry.kind == "intent"))
    (note,) = release(model, log).results[0].notes
    until = denied + timedelta(hours=12)
    assert note.startswith("Sessions of it that were issued before containment can act again until ")
    assert f"until {until:%Y-%m-%d %H:%M} UTC at the latest" in note


@pytest.mark.parametrize(
    "after",
    [
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}',
        TRUST,
        "no JSON",
    ],
)
def test_a_way_back_of_a_trust_policy_that_would_do_more_than_take_the_denial_out_is_refused(after: str) -> None:
    """Whoever can write into the log could otherwise let themselves in with the responder's rights."""
    deploy = principal_of_arn(DEPLOY)
    step = next(trust.plan({trust.TRUST: TRUST}, deploy))
    assert trust.can_have_planned(step, deploy)
    put = deploy.call("UpdateAssumeRolePolicy", PolicyDocument=after)
    for forged in (
        dataclasses.replace(step, after=after, call=put),
        dataclasses.replace(step, before=after),
        dataclasses.replace(step, undo=(deploy.call("UpdateAssumeRolePolicy", PolicyDocument=f"{TRUST} "),)),
        dataclasses.replace(step, before=None),
        dataclasses.replace(step, before=1),
    ):
        if forged != step:
            assert not trust.can_have_planned(forged, deploy), forged


def test_a_session_has_no_way_back_that_is_anothers() -> None:
    bob = dataclasses.replace(principal_of_arn(SESSION), unique_id=f"{ROLE_ID}:bob")
    step = next(sessions.plan({"permissions_boundary": None}, bob))
    assert sessions.can_have_planned(step, bob)
    assert sessions.can_have_planned(step, principal_of_arn(SESSION))
    for other in (
        principal_of_arn(SESSION.replace("/bob", "/carol")),
        principal_of_arn(SESSION.replace("/deploy", "/other")),
        principal_of_arn(DEPLOY),
        dataclasses.replace(bob, unique_id="AROADBQP57FF2AEXAMPLE:bob"),
    ):
        assert not sessions.can_have_planned(step, other)
    for after in (
        None,
        1,
        {},
        [],
        "no JSON",
        "[]",
        '{"Statement":[{"Condition":{"StringEquals":{"aws:userid":["x"]}}}]}',
    ):
        assert not sessions.can_have_planned(dataclasses.replace(step, after=after), bob)

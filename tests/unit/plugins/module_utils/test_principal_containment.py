"""Service control policies in containments: what is wished, what is taken back, and what becomes of it under crashes and company."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_model import Died
from runs import ALICE, DEPLOY, CaseLog, kept, one_role, one_user, release
from strategies import worlds
from watched_runs import RESPONDERS, Clock, contain_watched, moved_clock, said
from whole_model import UNIQUE_ID, WholeModel, World

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn, root_of
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    DENIED,
    FROZEN,
    Quarantine,
    read_text,
    text_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.principal_containment import containment_of_principals

ACCOUNT = "123456789012"
SCP = ["scp_quarantine"]
BOB, BOBS_ID = f"arn:aws:iam::{ACCOUNT}:user/bob", "AIDABOBBOBBOBEXAMPLE"
OURS = f"CordonQuarantine-{ACCOUNT}-1"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return moved_clock(monkeypatch)


def two_users() -> World:
    return one_user() | {BOB: copy.deepcopy(one_user()[ALICE]) | {"id": BOBS_ID}}


def many_users(number: int) -> World:
    users = {}
    for one in range(number):
        user = copy.deepcopy(one_user()[ALICE])
        users[f"arn:aws:iam::{ACCOUNT}:user/user-{one}"] = user | {"id": f"AIDA{one:017}"}
    return users


def contain(model: WholeModel, log: CaseLog | None, names: list[str], **options: Any) -> Any:
    """Without watching, by the service control policy alone unless said otherwise."""
    return contain_watched(model, log, names, **({"seconds": 0, "measures": SCP} | options))


def organization(model: WholeModel) -> tuple[Any, Any]:
    """Everything that it has of policies, to compare with."""
    return copy.deepcopy(model.organizations.policies), copy.deepcopy(model.organizations.attached)


def left_behind(model: WholeModel, before: tuple[Any, Any]) -> list[str]:
    """The names of policies that were not there before. Asserts that nothing else is different."""
    policies, attached = organization(model)
    assert attached == before[1]
    assert {one: policies[one] for one in before[0]} == before[0]
    return [policies[one]["Name"] for one in policies if one not in before[0]]


class TestWhatIsTaken:
    """Which measures, and in which order: the documentation of the module."""

    def names(self, target: Any, measures: list[str] | None = None, **wishes: Any) -> list[str]:
        wished = {"freeze_iam": False, "escalate": False, "responders": RESPONDERS} | wishes
        return [one.NAME for one in containment_of_principals(measures, **wished).taken_of(target)]

    @pytest.mark.parametrize("arn", [ALICE, DEPLOY])
    def test_users_and_roles_are_not_put_into_a_policy_where_nobody_asks(self, arn: str) -> None:
        taken = self.names(principal_of_arn(arn))
        assert "scp_quarantine" not in taken
        assert "deny_policy" in taken

    def test_root_and_identity_centers_roles_are_because_there_is_nothing_else(self) -> None:
        reserved = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"
        assert self.names(root_of("aws", ACCOUNT)) == SCP
        assert self.names(principal_of_arn(reserved)) == SCP

    def test_of_them_too_only_what_was_named_is_taken(self) -> None:
        assert self.names(root_of("aws", ACCOUNT), ["deny_policy"]) == []

    @pytest.mark.parametrize("measures", [None, ["access_keys"], ["access_keys", "scp_quarantine"]])
    def test_a_freeze_takes_it_along_and_first(self, measures: list[str] | None) -> None:
        taken = self.names(principal_of_arn(ALICE), measures, freeze_iam=True)
        assert taken[0] == "scp_quarantine"
        assert taken.count("scp_quarantine") == 1
        assert "access_keys" in taken

    def test_an_escalation_is_taken_once_and_first_of_everything_that_was_taken(self) -> None:
        wish = containment_of_principals(SCP, freeze_iam=False, escalate=True, responders=RESPONDERS)
        escalated = wish.escalated()
        assert escalated is not None
        assert [one.NAME for one in escalated.taken_of(principal_of_arn(ALICE))] == SCP
        assert escalated.escalated() is None

    def test_none_is_taken_where_it_is_not_allowed(self) -> None:
        assert (
            containment_of_principals(None, freeze_iam=True, escalate=False, responders=RESPONDERS).escalated() is None
        )

    @pytest.mark.parametrize("names", [[], ["magic"], ["scp_quarantine", "magic"]])
    def test_what_is_no_measure_is_refused(self, names: list[str]) -> None:
        with pytest.raises(InputError, match="measures"):
            containment_of_principals(names, freeze_iam=True, escalate=True, responders=RESPONDERS)


ids = st.integers(0, 9).map(lambda number: f"AIDAOTHERCASES{number}XMPL")
quarantines = st.builds(
    lambda denied, frozen: Quarantine(
        denied=denied, frozen_for=denied & frozen, responders=RESPONDERS if denied & frozen else ()
    ),
    st.frozensets(ids, min_size=1, max_size=5),
    st.frozensets(ids, max_size=3),
)


@st.composite
def organizations(draw: st.DrawFn, world: World) -> WholeModel:
    """With policies of the operator's, and perhaps one of Cordon's that holds what other cases have put into it."""
    model = WholeModel(world)
    for number in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([f"guardrail-{number}", f"CordonQuarantine-{ACCOUNT}-{number + 7}"]))
        model.organizations.add_foreign(ACCOUNT, number, content=f'{{"Statement": [], "Id": "{number}"}}', name=name)
    if draw(st.booleans()) and len(model.organizations.of(ACCOUNT)) < 5:
        model.organizations.add_foreign(ACCOUNT, 9, content=text_of(draw(quarantines)), name=OURS)
    model.organizations.of("444455556666")
    model.organizations.of(ACCOUNT)
    return model


@given(st.data(), worlds(), st.booleans())
def test_release_undoes_contain_and_leaves_what_others_have_there(data: Any, world: World, freeze: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = data.draw(organizations(world)), CaseLog()
        before = organization(model), model.quarantined(ACCOUNT)
        was = copy.deepcopy(world)
        run = contain(model, log, [next(iter(world))], measures=None, freeze_iam=freeze)
        others = {one: state for one, state in model.quarantined(ACCOUNT).items() if one in before[1]}
        assert others == before[1], "another case's entry was changed"
        assert not [entry for entry in run.failed if "scp" in entry.error]
        assert not release(model, log).failed
        assert kept(world) == kept(was)
        assert model.quarantined(ACCOUNT) == before[1]
        if not before[1]:
            assert organization(model) == before[0]
        else:
            assert left_behind(model, organization(model)) == []
            foreign = {one: text for one, text in before[0][0].items() if text["Name"] != OURS}
            assert {one: organization(model)[0][one] for one in foreign} == foreign
            assert organization(model)[1] == before[0][1]


@given(st.integers(2, 12), st.booleans())
def test_many_targets_of_one_account_make_one_policy(number: int, freeze: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = WholeModel(many_users(number)), CaseLog()
        assert not contain(model, log, list(model.world), freeze_iam=freeze).failed
        assert model.quarantined(ACCOUNT) == {
            there["id"]: FROZEN if freeze else DENIED for there in model.world.values()
        }
        assert {name: model.organizations.calls[name] for name in ("CreatePolicy", "AttachPolicy", "UpdatePolicy")} == {
            "CreatePolicy": 1,
            "AttachPolicy": 1,
            "UpdatePolicy": 0,
        }
        assert not release(model, log).failed
        assert model.organizations.calls["DeletePolicy"] == 1
        assert model.quarantined(ACCOUNT) == {}


def test_more_than_one_policy_holds_take_another(clock: Clock) -> None:
    """5,120 characters: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
    model, log = WholeModel(many_users(250)), CaseLog()
    model.organizations.add_foreign(ACCOUNT, 1)
    before = organization(model)
    assert not contain(model, log, list(model.world)).failed
    assert len(model.quarantined(ACCOUNT)) == 250
    assert len(model.organizations.texts(ACCOUNT)) == len(before[1][ACCOUNT]) + 2
    assert not release(model, log).failed
    assert organization(model) == before


def test_without_room_the_numbers_are_told_nothing_is_written_there_and_the_rest_goes_on(clock: Clock) -> None:
    model, log = WholeModel(one_user()), CaseLog()
    for number in range(4):
        model.organizations.add_foreign(ACCOUNT, number)
    before = organization(model)
    run = contain(model, log, [ALICE], measures=None, freeze_iam=True)
    assert run.failed
    assert "5 of 5 policies are attached" in run.results[0].error
    assert organization(model) == before
    assert "CordonDenyAll" in model.world[ALICE]["inline"]


LAST_BOUNDARY = 29


@given(st.integers(0, LAST_BOUNDARY), st.booleans())
def test_killed_anywhere_then_finished_and_released_leaves_nothing(boundary: int, freeze: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = WholeModel(two_users(), dies_at=boundary), CaseLog()
        log.model = model
        model.organizations.add_foreign(ACCOUNT, 1)
        was, before = copy.deepcopy(model.world), organization(model)
        try:
            contain(model, log, [ALICE, BOB], measures=None, freeze_iam=freeze)
        except Died:
            pass
        model.dies_at = None
        assert not contain(model, log, [ALICE, BOB], measures=None, freeze_iam=freeze).failed
        assert not release(model, log).failed
        assert model.world == was
        assert organization(model) == before


@given(st.integers(4, LAST_BOUNDARY))
def test_killed_anywhere_then_released_leaves_nothing_but_a_policy_that_is_attached_nowhere(boundary: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = WholeModel(two_users(), dies_at=boundary), CaseLog()
        log.model = model
        model.organizations.add_foreign(ACCOUNT, 1)
        was, before = copy.deepcopy(model.world), organization(model)
        try:
            contain(model, log, [ALICE, BOB], measures=None, freeze_iam=True)
        except Died:
            pass
        model.dies_at = None
        assert not release(model, log).failed
        assert model.world == was
        assert left_behind(model, before) in ([], [OURS])
        assert model.quarantined(ACCOUNT) == {}


@given(st.integers(0, LAST_BOUNDARY))
def test_killed_while_releasing_then_released(boundary: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = WholeModel(two_users()), CaseLog()
        was, before = copy.deepcopy(model.world), organization(model)
        model.organizations.of(ACCOUNT)
        before = organization(model)
        contain(model, log, [ALICE, BOB], measures=None, freeze_iam=True)
        model.boundaries, model.dies_at, log.model = 0, boundary, model
        try:
            release(model, log)
        except Died:
            pass
        model.dies_at = None
        assert not release(model, log).failed
        assert model.world == was
        assert left_behind(model, before) in ([], [OURS])
        assert model.quarantined(ACCOUNT) == {}
        assert not contain(model, CaseLog(), [ALICE]).failed, "what was left behind is in the way"
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: DENIED}


PASSING = ["", "drop_before", "drop_after", "ConcurrentModificationException"]


@given(st.lists(st.sampled_from(PASSING), max_size=6), st.lists(st.sampled_from(PASSING), max_size=6))
def test_lost_answers_and_company_change_nothing_in_the_end(putting: list[str], taking: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        moved_clock(monkeypatch)
        model, log = WholeModel(two_users()), CaseLog()
        model.organizations.of(ACCOUNT)
        before = organization(model)
        model.organizations.faults = list(putting)
        assert not contain(model, log, [ALICE, BOB]).failed
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: DENIED, BOBS_ID: DENIED}
        assert len(model.organizations.policies) == len(before[0]) + 1
        model.organizations.faults = list(taking)
        assert not release(model, log).failed
        model.organizations.faults = []
        assert left_behind(model, before) in ([], [OURS])


class TestCompany:
    """Others who work on the same account."""

    @pytest.mark.parametrize("moment", [1, 2])
    @pytest.mark.parametrize("freeze", [False, True])
    def test_two_runs_at_once_both_end_in_force(self, clock: Clock, moment: int, freeze: bool) -> None:
        """The other one comes and goes before this change of ours."""
        model, changes = WholeModel(two_users()), []

        def other(call: Call) -> None:
            changes.append(call.operation)
            if len(changes) == moment:
                model.others_change = None
                assert not contain(model, CaseLog(), [BOB], freeze_iam=freeze).failed

        model.others_change = other
        assert not contain(model, CaseLog(), [ALICE]).failed
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: DENIED, BOBS_ID: FROZEN if freeze else DENIED}
        assert len(model.organizations.policies) == 2, "each made a policy"

    def test_an_entry_that_another_run_has_overwritten_is_seen_and_set_again(self, clock: Clock) -> None:
        """AWS has no version to write against, so whoever looked before us may write after us."""
        model = WholeModel(two_users())
        contain(model, CaseLog(), [BOB])
        stale = model.organizations.texts(ACCOUNT)[OURS]

        def overwrites(number: int) -> None:
            if number == 2:
                (held,) = [one for one in model.organizations.policies.values() if one["Name"] == OURS]
                held["Content"] = stale

        clock.before_look = overwrites
        run = contain(model, CaseLog(), [ALICE], seconds=5)
        assert not run.failed
        assert "undone once" in said(run, "watch")
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: DENIED, BOBS_ID: DENIED}

    def test_another_cases_principal_stays_when_one_is_released(self, clock: Clock) -> None:
        model, first, second = WholeModel(two_users()), CaseLog(), CaseLog()
        contain(model, first, [ALICE])
        contain(model, second, [BOB])
        assert not release(model, first).failed
        assert model.quarantined(ACCOUNT) == {BOBS_ID: DENIED}
        assert not release(model, second).failed
        assert list(model.organizations.policies) == ["p-FullAWSAccess"]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_freeze_ends_with_its_last_owner(self, clock: Clock, order: tuple[int, int]) -> None:
        model, logs = WholeModel(two_users()), (CaseLog(), CaseLog())
        for log, name in zip(logs, (ALICE, BOB), strict=True):
            contain(model, log, [name], freeze_iam=True)

        def frozen_for() -> frozenset[str]:
            held = read_text(model.organizations.texts(ACCOUNT).get(OURS, ""))
            return held.frozen_for if held else frozenset()

        assert frozen_for() == {UNIQUE_ID, BOBS_ID}
        assert not release(model, logs[order[0]]).failed
        assert frozen_for() == {(BOBS_ID, UNIQUE_ID)[order[0]]}
        assert not release(model, logs[order[1]]).failed
        assert frozen_for() == frozenset()

    def test_a_freeze_of_one_leaves_another_denied_when_it_ends(self, clock: Clock) -> None:
        model, freezing = WholeModel(two_users()), CaseLog()
        contain(model, CaseLog(), [BOB])
        contain(model, freezing, [ALICE], freeze_iam=True)
        assert not release(model, freezing).failed
        held = read_text(model.organizations.texts(ACCOUNT)[OURS])
        assert held == Quarantine(denied=frozenset({BOBS_ID}))

    def test_who_is_in_quarantine_and_then_frozen_for_is_taken_back_in_one_release(self, clock: Clock) -> None:
        model, log = WholeModel(two_users()), CaseLog()
        contain(model, log, [ALICE])
        contain(model, log, [ALICE], freeze_iam=True)
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: FROZEN}
        assert not release(model, log).failed
        assert model.quarantined(ACCOUNT) == {}

    def test_what_somebody_took_out_is_not_taken_out_again(self, clock: Clock) -> None:
        model, log = WholeModel(two_users()), CaseLog()
        contain(model, log, [ALICE])
        contain(model, CaseLog(), [BOB])
        (held,) = [one for one in model.organizations.policies.values() if one["Name"] == OURS]
        held["Content"] = text_of(Quarantine(denied=frozenset({BOBS_ID})))
        run = release(model, log)
        assert not run.failed
        assert any("it was not this case" in note for note in run.results[0].notes)
        assert model.quarantined(ACCOUNT) == {BOBS_ID: DENIED}


class TestCheckMode:
    @pytest.mark.parametrize("freeze", [False, True])
    def test_the_same_plan_and_no_write(self, clock: Clock, freeze: bool) -> None:
        model = WholeModel(two_users() | one_role())
        names = list(model.world)
        checked = contain(model, None, names, check=True, freeze_iam=freeze)
        assert (model.writes(), checked.failed) == (0, ())
        applied = contain(model, CaseLog(), names, freeze_iam=freeze)
        assert checked.plan_id == applied.plan_id
        assert [entry.after for entry in checked.results] != [entry.before for entry in checked.results]

    def test_a_second_run_writes_nothing(self, clock: Clock) -> None:
        model = WholeModel(two_users())
        contain(model, CaseLog(), [ALICE, BOB])
        writes = model.writes()
        again = contain(model, CaseLog(), [ALICE, BOB])
        assert (again.changed, again.failed, model.writes()) == (False, (), writes)
        assert all(entry.verified for entry in again.results)


class TestWhereItCannotHelp:
    def test_in_the_management_account_the_others_go_on_and_it_is_said(self, clock: Clock) -> None:
        carol = "arn:aws:iam::999999999999:user/carol"
        model = WholeModel({carol: copy.deepcopy(one_user()[ALICE])})
        run = contain(model, CaseLog(), [carol], measures=["scp_quarantine", "deny_policy"])
        assert not run.failed
        assert any("999999999999 is the management account" in note for note in run.results[0].notes)
        assert "CordonDenyAll" in model.world[carol]["inline"]
        assert not model.organizations.calls["CreatePolicy"]

    def test_where_nothing_else_was_asked_for_it_is_no_success(self, clock: Clock) -> None:
        carol = "arn:aws:iam::999999999999:user/carol"
        model = WholeModel({carol: copy.deepcopy(one_user()[ALICE])})
        run = contain(model, CaseLog(), [carol])
        assert run.failed
        assert "nothing was checked" in run.results[0].error

    def test_without_the_right_to_read_policies_the_others_go_on_and_it_fails(self, clock: Clock) -> None:
        model = WholeModel(two_users())
        model.refused["ListPoliciesForTarget"] = "AccessDeniedException"
        run = contain(model, CaseLog(), [ALICE], measures=["scp_quarantine", "deny_policy"])
        assert run.failed
        assert "AccessDeniedException" in run.results[0].error
        assert "CordonDenyAll" in model.world[ALICE]["inline"]


class TestWhoIsLeftIn:
    """A freeze leaves responders in; one that is in force already, without them, is no success for whoever asks for more."""

    MORE = (*RESPONDERS, f"arn:aws:iam::{ACCOUNT}:role/forensics")

    def frozen(self, model: WholeModel, name: str, responders: tuple[str, ...], **limits: Any) -> Any:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr("watched_runs.RESPONDERS", responders)
            return contain(model, None if limits else CaseLog(), [name], freeze_iam=True, **limits)

    def test_more_than_an_earlier_freeze_leaves_in_is_told(self, clock: Clock) -> None:
        model = WholeModel(two_users())
        assert not self.frozen(model, ALICE, RESPONDERS).failed
        assert not self.frozen(model, ALICE, RESPONDERS).failed
        again = self.frozen(model, ALICE, self.MORE)
        assert again.failed
        assert self.MORE[-1] in again.results[0].error

    @pytest.mark.parametrize("first", [RESPONDERS, MORE])
    def test_the_freeze_of_another_case_is_widened_and_check_mode_knows(
        self, clock: Clock, first: tuple[str, ...]
    ) -> None:
        model = WholeModel(two_users())
        assert not self.frozen(model, BOB, first).failed
        assert not self.frozen(model, ALICE, self.MORE, check=True).failed
        assert not self.frozen(model, ALICE, self.MORE).failed
        held = read_text(model.organizations.texts(ACCOUNT)[OURS])
        assert held is not None
        assert set(held.responders) == set(self.MORE)

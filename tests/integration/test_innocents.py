"""Containment of one principal changes no answer to anybody else, and release brings back all: over generated organizations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import event, example, given, settings
from innocents import ALLOWED, EVERY, RICH, Aim, Organization, Role, Story, User, stories
from innocents_own import Caller, Probe, is_frozen, is_its_own
from innocents_response import Response
from innocents_world import SCENARIO, Answers, World
from sandbox_client import Sandbox
from signing import CALLS

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.watching import watch

# Each example asks some hundred questions three times over. The organization that has everything is tried besides.
LONG = settings(max_examples=max(settings().max_examples // 25, 1))
SHORT = settings(max_examples=max(settings().max_examples // 100, 1))
Asked = tuple[Caller, Probe]

SHARED_ROLES = Organization(
    users=(User(name="ann", has_shared=True), User(name="anna", has_shared=True)),
    roles=(
        Role(name="deploy", has_shared=True),
        Role(name="ann", trusts=(1,), has_shared=True),
        Role(name="deploy", account=1, trusts=(0, 1), has_shared=True),
    ),
    shared=frozenset(ALLOWED),
    sessions=((0, 0, "ann"), (1, 0, "anna"), (1, 1, "ann"), (0, 2, "ann"), (1, 2, "ANN")),
)
"""Two people who work in the same roles, under names that are alike."""


@pytest.fixture(scope="module")
def privileged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a root user that has a key, and a role of Identity Center in which two people work."""
    sandbox = Sandbox(tmp_path_factory.mktemp("innocents") / "state", "--scenario", SCENARIO)
    yield sandbox
    assert sandbox.stop() == 0


class TestInnocents:
    @LONG
    @example(story=Story(organization=RICH, aim=Aim(kind="user", number=1)))
    @example(story=Story(organization=RICH, aim=Aim(kind="session", measures=EVERY), earlier=Aim(kind="root")))
    @given(story=stories())
    def test_only_the_contained_one_is_answered_otherwise_until_it_is_released(
        self, privileged: Sandbox, story: Story
    ) -> None:
        world = World(privileged, story.organization)
        response = Response(world)
        if story.earlier is not None:
            response.contain(Aim(kind=story.earlier.kind, number=story.earlier.number, measures=("scp_quarantine",)))
        before = world.answers()
        [target], log = response.contain(story.aim)
        event(f"{target.kind} by {'the usual measures' if story.aim.measures is None else story.aim.measures}")
        contained = world.answers()
        innocents = [asked for asked in before if not is_its_own(target, *asked)]
        assert_unchanged(innocents, before, contained)
        if story.aim.measures in (None, EVERY):
            assert_refused([asked for asked in before if is_its_own(target, *asked)], contained)
        response.release(log)
        assert_unchanged(before, before, world.answers())

    @SHORT
    @example(story=Story(organization=RICH, aim=Aim(kind="role", number=0)))
    @given(story=stories(usual_measures=True))
    def test_a_freeze_stops_changes_to_iam_and_new_sessions_in_that_account_and_nothing_else(
        self, privileged: Sandbox, story: Story
    ) -> None:
        world = World(privileged, story.organization)
        response = Response(world)
        before = world.answers()
        [target], log = response.contain(story.aim, freeze_iam=True)
        frozen = world.answers()
        stopped = [asked for asked in before if is_its_own(target, *asked) or is_frozen(target, *asked)]
        assert_refused(stopped, frozen)
        assert_unchanged([asked for asked in before if asked not in stopped], before, frozen)
        response.release(log)
        assert_unchanged(before, before, world.answers())

    def test_a_pursuit_contains_the_sessions_that_the_contained_one_has_taken_and_nobody_elses(
        self, privileged: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watch, "QUIET_S", 0.1)
        monkeypatch.setattr(watch, "STEP_S", 0.05)
        world = World(privileged, SHARED_ROLES)
        response = Response(world)
        before = world.answers()
        contained, log = response.contain(Aim(kind="user", number=0), freeze_iam=True, watch_s=0.1)
        after = world.answers()
        names = {one.session_name for one in contained if one.kind == "session"}
        ann, taken = world.arn_of(Aim(kind="user", number=0)), {one.arn for one in contained}
        hers = {f"probe-{number}" for number, one in enumerate(world.callers) if one.owner == ann or one.arn in taken}
        assert {"ann"} < names <= {"ann"} | hers, "what ann called her sessions, in the test and in the probes"
        accounts = {one.account for one in contained}
        assert accounts == set(privileged.members[:2]), "IAM is frozen where she has sessions, too"
        stopped = [
            asked for asked in before if any(is_its_own(one, *asked) or is_frozen(one, *asked) for one in contained)
        ]
        assert_refused(stopped, after)
        assert_unchanged([asked for asked in before if asked not in stopped], before, after)
        response.release(log)
        assert_unchanged(before, before, world.answers())

    def test_in_the_organization_that_has_everything_everybody_has_sessions_and_may_do_something(
        self, privileged: Sandbox
    ) -> None:
        """Otherwise the laws above would say nothing."""
        world = World(privileged, RICH)
        answers = world.answers()
        people = len(RICH.users) + len(RICH.tokens) + len(RICH.federated) + len(RICH.sessions)
        assert len(world.callers) == people + 3 + 4, "the responder in three accounts; root twice, and two people"
        for caller in world.callers:
            assert any(answers[caller, probe] == "allowed" for probe in world.probes), caller.label
        for probe in world.probes:
            assert {answers[caller, probe] == "allowed" for caller in world.callers} == {True, False}, probe.label


def assert_unchanged(asked: Iterable[Asked], before: Answers, after: Answers) -> None:
    changed = [
        f"{caller.label}: {probe.label}: {before[caller, probe]} before, {after[caller, probe]} now"
        for caller, probe in asked
        if before[caller, probe] != after[caller, probe]
    ]
    assert not changed, "\n".join(changed)


def assert_refused(asked: Iterable[Asked], answers: Answers) -> None:
    """But for GetSessionToken, which cannot be denied: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    still = [
        f"{caller.label}: {probe.label}"
        for caller, probe in asked
        if answers[caller, probe] == "allowed" and probe.label != "sts:GetSessionToken"
    ]
    assert not still, "\n".join(still)


ANN, ANNA = "arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/anna"
DEPLOY, DEPLOY_2 = "arn:aws:iam::111122223333:role/team/deploy", "arn:aws:iam::111122223333:role/deploy-2"
SESSIONS = "arn:aws:sts::111122223333:assumed-role"
FEDERATED = "arn:aws:sts::111122223333:federated-user/shared"
ROOT = "arn:aws:iam::111122223333:root"


def caller(arn: str, owner: str = "", account: str = "111122223333", *, is_responder: bool = False) -> Caller:
    return Caller(label=arn, account=account, arn=arn, owner=owner or arn, is_responder=is_responder)


class TestWhoIsNoInnocent:
    """By hand: what IamPrincipal promises to contain."""

    @pytest.mark.parametrize(
        ("target", "arn", "owner", "expected"),
        [
            (ANN, ANN, ANN, True),
            (ANN, ANNA, ANNA, False),
            (ANN, ANN.replace("1111", "4444"), ANN.replace("1111", "4444"), False),
            (ANN, FEDERATED, ANN, True),
            (ANN, FEDERATED, ANNA, False),
            (ANN, f"{SESSIONS}/deploy/ann", DEPLOY, False),
            (DEPLOY, f"{SESSIONS}/deploy/ann", DEPLOY, True),
            (DEPLOY, f"{SESSIONS}/deploy-2/ann", DEPLOY_2, False),
            (f"{SESSIONS}/deploy/ann", f"{SESSIONS}/deploy/ann", DEPLOY, True),
            (f"{SESSIONS}/deploy/ann", f"{SESSIONS}/deploy/ANN", DEPLOY, False),
            (f"{SESSIONS}/deploy/ann", f"{SESSIONS}/deploy/anna", DEPLOY, False),
            (f"{SESSIONS}/deploy/ann", f"{SESSIONS}/deploy-2/ann", DEPLOY_2, False),
            (ROOT, ROOT, ROOT, True),
            (ROOT, ANN, ANN, False),
        ],
    )
    def test_it_is_the_target_itself_with_all_its_sessions(
        self, target: str, arn: str, owner: str, expected: bool
    ) -> None:
        assert is_its_own(principal_of_arn(target), caller(arn, owner), ELSE) is expected

    @pytest.mark.parametrize(
        ("target", "expected"), [(DEPLOY, True), (DEPLOY_2, False), (f"{SESSIONS}/deploy/ann", False), (ANNA, False)]
    )
    def test_asking_for_a_session_of_a_contained_role_is_meant_too(self, target: str, expected: bool) -> None:
        assert is_its_own(principal_of_arn(target), caller(ANN), OF_DEPLOY) is expected

    @pytest.mark.parametrize(
        ("who", "probe", "expected"),
        [
            (caller(ANNA), "write", True),
            (caller(ANNA), "read", False),
            (caller(ANNA, account="444455556666"), "write", False),
            (caller(DEPLOY, is_responder=True), "write", False),
        ],
    )
    def test_a_freeze_is_for_writes_in_the_account_by_all_but_responders(
        self, who: Caller, probe: str, expected: bool
    ) -> None:
        asked = OF_DEPLOY if probe == "write" else ELSE
        assert is_frozen(principal_of_arn(ANN), who, asked) is expected


ELSE = Probe(label="s3:ListBuckets", call=CALLS["s3"])
OF_DEPLOY = Probe(label="sts:AssumeRole", call=CALLS["sts"], about=DEPLOY, is_freezable=True)

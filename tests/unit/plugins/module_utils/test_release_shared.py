"""What several targets share is given back with the last of them; what cannot be taken back stays, and is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import flow_steps
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import DENIED, ROLE, policy_for
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.history import PastStep
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.measures.role_sessions import RoleSessions
from ansible_collections.cordon.aws.plugins.module_utils.other_cases import relying_on
from ansible_collections.cordon.aws.plugins.module_utils.plan import SHARED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.release import Release
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import Summary, TargetSummary

ONE = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
TWO = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
ENTRY = f"{SHARED}acl_entry/acl-1/203.0.113.7"
OWN = "power"


class Anything:
    """A measure that stands by whatever is recorded of it."""

    NAME = "anything"
    KINDS = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = ()
    OPEN_WITHOUT = "everything"

    def observe(self, reads: Reads, target: Any) -> dict[str, Json]:
        return {}

    def plan(self, state: State, target: Any) -> Iterator[Step]:
        return iter(())

    def can_have_planned(self, step: Step, target: Any) -> bool:
        return True

    def verify(self, state: State, target: Any) -> Proof:
        return (Fact(measure=self.NAME, fact="fine", holds=True),)

    def notes(self, state: State, target: Any) -> Sequence[str]:
        return ()


def step(target: Ec2Instance, facet: str, *, reversible: bool = True) -> Step:
    return Step(
        measure=Anything.NAME,
        facet=facet,
        call=target.call("Do", Facet=facet),
        undo=(target.call("Undo", Facet=facet),) if reversible else (),
        why=f"do {facet}",
        before=None,
        after="done",
    )


def past(*steps: Step) -> list[PastStep]:
    return [PastStep(time="2026-11-24T03:00:00.000Z", action="contain", step=one, done=True) for one in steps]


HISTORY = {
    ONE.arn: past(step(ONE, OWN), step(ONE, ENTRY)),
    TWO.arn: past(step(TWO, OWN), step(TWO, ENTRY)),
}
CONTAINED = {OWN: "done", ENTRY: "done"}


def facets(release: Release, target: Ec2Instance) -> list[str]:
    return [planned.facet for planned in release.plan(CONTAINED, target).steps]


def test_what_another_target_that_stays_is_contained_by_stays() -> None:
    release = Release(HISTORY, [Anything()], among=[ONE.arn])
    assert facets(release, ONE) == [OWN]
    assert [fact.fact.partition(" ")[0] for fact in release.verify(CONTAINED, ONE)] == [OWN]
    assert release.notes(CONTAINED, ONE) == [f"acl_entry/acl-1/203.0.113.7 stays: {TWO.arn} is contained by it, too."]


def test_the_last_one_takes_it_along_and_so_do_all_together() -> None:
    alone = Release({ONE.arn: HISTORY[ONE.arn]}, [Anything()], among=[ONE.arn])
    assert facets(alone, ONE) == [ENTRY, OWN]
    for among in (None, [ONE.arn, TWO.arn]):
        together = Release(HISTORY, [Anything()], among=among)
        assert facets(together, ONE) == facets(together, TWO) == [ENTRY, OWN]


def test_one_that_was_released_before_needs_it_no_longer() -> None:
    back = Step(
        measure=Anything.NAME, facet=ENTRY, call=TWO.call("Undo"), undo=(), why="back", before="done", after=None
    )
    released = [PastStep(time="2026-11-24T04:00:00.000Z", action="release", step=back, done=True)]
    history = {**HISTORY, TWO.arn: [*HISTORY[TWO.arn], *released]}
    assert facets(Release(history, [Anything()], among=[ONE.arn]), ONE) == [ENTRY, OWN]


def test_what_one_left_for_another_goes_with_the_other() -> None:
    """Its own things are back; what it shared stayed, and nobody needs it any more."""
    back = Step(measure=Anything.NAME, facet=OWN, call=ONE.call("Undo"), undo=(), why="back", before="done", after=None)
    released = [PastStep(time="2026-11-24T04:00:00.000Z", action="release", step=back, done=True)]
    history = {**HISTORY, ONE.arn: [*HISTORY[ONE.arn], *released]}
    assert facets(Release(history, [Anything()], among=[TWO.arn]), TWO) == [ENTRY, OWN]


def test_what_cannot_be_taken_back_is_left_and_told() -> None:
    history = {ONE.arn: past(step(ONE, "flows", reversible=False), step(ONE, OWN))}
    release = Release(history, [Anything()])
    state = {"flows": "done", OWN: "done"}
    assert [planned.facet for planned in release.plan(state, ONE).steps] == [OWN]
    assert release.notes(state, ONE) == ["Cannot be taken back, and is not: do flows."]
    assert [fact.holds for fact in release.verify({**state, OWN: None}, ONE)] == [True]


class Gone(Anything):
    """A measure whose target does not exist any more."""

    def observe(self, reads: Reads, target: Any) -> dict[str, Json]:
        raise AwsError("look", "InvalidInstanceID.NotFound", "", code="InvalidInstanceID.NotFound")


class OneAcl:
    """Answers for one network ACL with these entries."""

    def __init__(self, *entries: Json) -> None:
        self._entries = list(entries)

    def read(self, call: Call) -> dict[str, Json]:
        assert (call.operation, call.parameters) == ("DescribeNetworkAcls", {"NetworkAclIds": ["acl-0a1b2c3d"]})
        return {"NetworkAcls": [{"Entries": self._entries}]}


DENIAL = flow_steps.deny(ONE, "acl-0a1b2c3d", "egress", "203.0.113.7/32")
DENY_ENTRY = {"RuleNumber": 99, "RuleAction": "deny", "CidrBlock": "203.0.113.7/32", "Protocol": "-1", "Egress": True}


def forced(*recorded: Step) -> Release:
    named = [dataclasses.replace(one, measure=Anything.NAME) for one in recorded]
    return Release({ONE.arn: past(*named)}, [Gone()], force=True)


def seen(release: Release, *entries: Json) -> dict[str, Json]:
    reads: Any = OneAcl(*entries)
    return release.observe(reads, ONE)


def test_what_outlives_an_instance_is_looked_at_and_taken_back_without_it() -> None:
    release = forced(step(ONE, OWN), DENIAL)
    state = seen(release, DENY_ENTRY)
    assert [planned.call for planned in release.plan(state, ONE).steps] == [DENIAL.undo[0]]
    assert [(fact.facet, fact.holds) for fact in release.verify(state, ONE)] == [(DENIAL.facet, False), (OWN, True)]
    after = seen(release)
    assert release.plan(after, ONE).steps == ()
    assert [(fact.facet, fact.holds) for fact in release.verify(after, ONE)] == [(DENIAL.facet, True), (OWN, True)]


def test_what_was_its_own_is_called_lost_and_not_absent() -> None:
    release = forced(step(ONE, OWN))
    lost = f"{OWN} is lost, and cannot be put back: {ONE.arn} does not exist any more"
    state = seen(release)
    assert [fact.fact for fact in release.verify(state, ONE)] == [lost]
    assert release.notes(state, ONE) == [f"{lost}."]


def test_what_is_shared_and_cannot_be_read_is_no_proof() -> None:
    release = forced(step(ONE, ENTRY))
    state = seen(release)
    assert release.plan(state, ONE).steps == ()
    assert [fact.holds for fact in release.verify(state, ONE)] == [False]


def other_case(action: str = "contain") -> Summary:
    found = TargetSummary(target=TWO.arn, action=action, status="contained", verified=True, shared=[ENTRY])
    return Summary(case_id="case-b", status="open", targets={TWO.arn: found})


def test_what_a_target_of_another_open_case_is_contained_by_stays_unless_forced() -> None:
    history = {ONE.arn: HISTORY[ONE.arn]}
    relying = relying_on([other_case()], besides=history)
    release = Release(history, [Anything()], relying=relying)
    assert facets(release, ONE) == [OWN]
    (note,) = release.notes(CONTAINED, ONE)
    assert TWO.arn in note
    assert "case-b" in note
    assert facets(Release(history, [Anything()], relying=relying, force=True), ONE) == [ENTRY, OWN]


def test_what_another_case_has_released_or_this_one_contains_too_keeps_nothing() -> None:
    assert relying_on([other_case("release")], besides=()) == {}
    assert relying_on([other_case()], besides=[TWO.arn]) == {}


class OneRole:
    """Answers for a role whose policy denies these sessions."""

    caller = SimpleNamespace(partition="aws")

    def __init__(self, *user_ids: str) -> None:
        self._text = policy_for(user_ids)

    def read(self, call: Call) -> dict[str, Json]:
        assert (call.operation, call.parameters["RoleName"]) == ("GetRolePolicy", "web")
        return {"PolicyDocument": quote(self._text)}


def test_a_denied_session_of_an_instance_that_is_gone_is_looked_for_in_its_role() -> None:
    ours, others = (f"AROA0123456789ABCDEFG:{one.instance_id}" for one in (ONE, TWO))
    role = {"arn": "arn:aws:iam::111122223333:role/web", "name": "web", "id": "AROA0123456789ABCDEFG"}
    (denial,) = RoleSessions().plan({ROLE: role, DENIED + ours: None}, ONE)
    release = forced(denial)
    still: Any = OneRole(ours, others)
    state = release.observe(still, ONE)
    assert [planned.call for planned in release.plan(state, ONE).steps] == list(denial.undo)
    assert [fact.holds for fact in release.verify(state, ONE)] == [False]
    lifted: Any = OneRole(others)
    assert [fact.holds for fact in release.verify(release.observe(lifted, ONE), ONE)] == [True]

"""What becomes of each step: an error is not the last word, the state is; and nothing is sent twice that happened once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils import carrying_out
from ansible_collections.cordon.aws.plugins.module_utils.carrying_out import SENDS, carry_out
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Step
from ansible_collections.cordon.aws.plugins.module_utils.target_run import TargetRun


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_out, "PAUSE_S", 0)


class Aws:
    """One value per facet. `answers`: what the next changes get: "" for success, "lost" with or without effect, "5xx" with or
    without, "busy" (somebody else is changing it), "busy 5xx" (the same, after an attempt whose answer was lost), or "refused"."""

    def __init__(self, answers: Sequence[str] = ()) -> None:
        self.state: dict[str, Any] = {}
        self.answers, self.sent, self.log = list(answers), [], []
        self.unreadable = False

    def write(self, call: Call) -> str:
        facet = call.parameters["Facet"]
        self.sent.append(facet)
        said = self.answers.pop(0) if self.answers else ""
        if said in ("", "lost after", "5xx after", "busy 5xx after"):
            self.state[facet] = call.parameters["Value"]
            self.log.append(facet)
        if said.startswith("lost"):
            raise LostAnswerError("write", "no answer", "Look.", code="ConnectionClosedError")
        if said.startswith("5xx"):
            raise AwsError("write", "InternalError", "Look.", code="InternalError", may_have_happened=True)
        if said.startswith("busy"):
            in_doubt = "5xx" in said
            raise AwsError("write", "busy", "Wait.", code="ConcurrentModification", may_have_happened=in_doubt)
        if said == "refused":
            raise AwsError("write", "AccessDenied", "Look.", code="AccessDenied")
        return "request-1"

    def together(self, _cloud: Any, calls: Sequence[Call]) -> list[CordonError | None]:
        self.log.append([call.parameters["Facet"] for call in calls])
        answers: list[CordonError | None] = []
        for _call in calls:
            said = self.answers.pop(0) if self.answers else ""
            error = AwsError("write", said, "Look.", code=said, may_have_happened=said == "InternalError")
            answers.append(error if said else None)
        return answers


class Intention:
    """What carrying out needs of one."""

    def __init__(self, aws: Aws, *, stops: bool = False) -> None:
        self._aws, self.stops_at_failure = aws, stops

    def observe(self, _reads: Any, _target: Any) -> dict[str, Any]:
        if self._aws.unreadable:
            raise AwsError("read", "AccessDenied", "Look.", code="AccessDenied")
        return dict(self._aws.state)


def step(facet: str, *, service: str = "iam", before: Any = None) -> Step:
    call = Call(
        account="", region="us-east-1", service=service, operation="Set", parameters={"Facet": facet, "Value": "on"}
    )
    return Step(measure="m", facet=facet, call=call, undo=(), why="w", before=before, after="on")


def entry(name: str, *steps: Step) -> TargetRun:
    target = principal_of_arn(f"arn:aws:iam::123456789012:user/{name}")
    return TargetRun(name=name, target=target, planned=steps)


def carried_out(aws: Aws, *entries: TargetRun, stops: bool = False) -> list[list[str]]:
    """The status of each step of each target."""
    cloud: Any = aws
    carry_out(Intention(aws, stops=stops), entries, cloud, aws.together)
    return [[str(one["status"]) for one in entry.steps] for entry in entries]


def test_nothing_to_do_sends_nothing() -> None:
    aws = Aws()
    assert carried_out(aws, entry("alice")) == [[]]
    assert carried_out(aws) == []
    assert aws.log == []


def test_steps_are_carried_out_in_their_order() -> None:
    aws = Aws()
    assert carried_out(aws, entry("alice", step("a"), step("b"), step("c"))) == [["done"] * 3]
    assert aws.log == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answers", "status", "sent"),
    [
        (["lost after"], "done", 1),
        (["lost before"], "done", 2),
        (["lost before", "lost after"], "done", 2),
        (["lost before"] * SENDS, "unknown", SENDS),
        (["5xx after"], "done", 1),
        (["5xx before"], "unknown", 1),
        (["busy", "busy"], "done", 3),
        (["busy"] * SENDS, "failed", SENDS),
        (["busy", "refused"], "failed", 2),
        (["refused"], "failed", 1),
        (["lost before", "refused"], "unknown", 2),
        (["busy 5xx after", "refused"], "done", 2),
        (["busy 5xx before", "refused"], "unknown", 2),
    ],
)
def test_what_the_state_shows_decides(answers: list[str], status: str, sent: int) -> None:
    """Of what may have happened "failed" is never said: a release would leave it in force."""
    aws = Aws(answers)
    assert carried_out(aws, entry("alice", step("a"))) == [[status]]
    assert len(aws.sent) == sent


def test_what_cannot_be_looked_at_is_not_sent_again() -> None:
    aws = Aws(["lost after"])
    aws.unreadable = True
    assert carried_out(aws, entry("alice", step("a"))) == [["unknown"]]
    assert len(aws.sent) == 1


def test_what_somebody_else_has_changed_meanwhile_is_not_sent_again() -> None:
    aws = Aws(["lost before"])
    aws.state["a"] = "something else"
    assert carried_out(aws, entry("alice", step("a"))) == [["unknown"]]


@given(st.lists(st.sampled_from(["", "lost after", "lost before", "5xx after", "5xx before", "busy", "refused"])))
def test_whatever_aws_answers_what_happened_is_never_told_as_failed(answers: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(carrying_out, "PAUSE_S", 0)
        aws = Aws(answers)
        alice = entry("alice", step("a"), step("b"), step("c"))
        (statuses,) = carried_out(aws, alice)
    for facet, status in zip("abc", statuses, strict=True):
        happened = facet in aws.state
        assert status in (("done", "unknown") if happened else ("failed", "unknown"))
        assert aws.sent.count(facet) <= SENDS
        assert aws.log.count(facet) <= 1, "what had happened was sent again"


@pytest.mark.parametrize(
    ("stops", "expected"), [(False, ["done", "failed", "done"]), (True, ["done", "failed", "not_run"])]
)
def test_a_failure_stops_what_follows_only_where_that_is_meant(stops: bool, expected: list[str]) -> None:
    aws = Aws(["", "refused"])
    alice = entry("alice", step("a"), step("b"), step("c"))
    assert carried_out(aws, alice, stops=stops) == [expected]
    assert alice.setbacks == ["Cannot write: AccessDenied. Look."]


def test_a_failure_of_one_target_stops_no_other() -> None:
    aws = Aws(["refused"])
    statuses = carried_out(aws, entry("alice", step("a"), step("a2")), entry("bob", step("b")), stops=True)
    assert sorted(statuses, key=len) in ([["done"], ["failed", "not_run"]], [["failed"], ["done", "done"]])


class TestMergedSteps:
    """Those of many targets, all at once: docs/decisions/0005."""

    def merged(self, facet: str) -> Step:
        return step(facet, service=MERGED)

    def test_are_carried_out_together_before_what_follows(self) -> None:
        aws = Aws()
        carried_out(
            aws,
            entry("alice", self.merged("x"), step("a")),
            entry("bob", self.merged("y"), step("b")),
            entry("carol", step("c")),
        )
        assert aws.log[0] == ["x", "y"]
        assert sorted(aws.log[1:]) == ["a", "b", "c"]

    def test_after_others_each_group_is_carried_out_once(self) -> None:
        aws = Aws()
        statuses = carried_out(
            aws,
            entry("alice", step("a"), self.merged("x"), self.merged("x2"), step("a2")),
            entry("bob", step("b"), self.merged("y")),
        )
        assert statuses == [["done"] * 4, ["done"] * 2]
        assert [one for one in aws.log if isinstance(one, list)] == [["x", "x2", "y"]]

    @pytest.mark.parametrize(("said", "status"), [("AccessDenied", "failed"), ("InternalError", "unknown")])
    @pytest.mark.parametrize("stops", [False, True])
    def test_what_one_is_refused_is_told_of_it_alone(self, said: str, status: str, stops: bool) -> None:
        aws = Aws([said])
        statuses = carried_out(
            aws, entry("alice", self.merged("x"), step("a")), entry("bob", self.merged("y"), step("b")), stops=stops
        )
        assert statuses == [[status, "not_run" if stops else "done"], ["done", "done"]]

    def test_a_failure_before_keeps_one_from_being_carried_out_in_a_release(self) -> None:
        aws = Aws(["refused"])
        assert carried_out(aws, entry("alice", step("a"), self.merged("x")), stops=True) == [["failed", "not_run"]]
        assert aws.log == []


def merged(facet: str, operation: str) -> Step:
    call = Call(
        account="", region="us-east-1", service=MERGED, operation=operation, parameters={"Facet": facet, "Value": "on"}
    )
    return Step(measure="m", facet=facet, call=call, undo=(), why="w", before=None, after="on")


@given(st.lists(st.lists(st.sampled_from("ABCDE"), unique=True).map(sorted), min_size=1, max_size=6))
def test_merged_steps_keep_each_target_s_order_and_each_operation_is_carried_out_once(chains: list[list[str]]) -> None:
    """Standby comes before isolation, also where another target of the run needs no standby."""
    entries = [
        entry(f"user{number}", *(merged(f"{number}{operation}", operation) for operation in chain))
        for number, chain in enumerate(chains)
    ]
    aws = Aws()
    carried_out(aws, *entries)
    assert len(aws.log) == len({operation for chain in chains for operation in chain})
    for number, chain in enumerate(chains):
        own = [facet[-1] for together in aws.log for facet in together if facet[:-1] == str(number)]
        assert own == chain


def test_what_follows_a_failed_merged_step_is_not_run_where_failures_stop() -> None:
    aws = Aws(["AccessDenied"])
    chain = entry("alice", merged("groups", "First"), merged("standby", "Second"))
    assert carried_out(aws, chain, stops=True) == [["failed", "not_run"]]
    assert aws.log == [["groups"]]

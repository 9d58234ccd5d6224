"""A function is kept from running and given back exactly, whatever it had, and nothing that somebody wrote into a log is run for it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment
from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.history import is_lost, overruling_steps, release_steps
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import function_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures import (
    concurrency,
    event_sources,
    provisioned_concurrency,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Step, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.targets.lambda_function import (
    LAMBDA_FUNCTION,
    residual,
    unchecked,
)

TARGET = function_of_arn("arn:aws:lambda:us-east-1:111122223333:function:resize")
OTHER = function_of_arn("arn:aws:lambda:us-east-1:111122223333:function:resize-2")
ROLE = "arn:aws:iam::111122223333:role/service-role/runs"
UUID = "14e0db71-xmpl-4eb5-b481-8945cf9d10c2".replace("xmpl", "ab12")
WHOLE = Containment(measures=LAMBDA_FUNCTION)

uuids = st.uuids().map(str)
qualifiers = st.from_regex(r"[0-9]{1,3}|[A-Za-z0-9_-]{1,12}", fullmatch=True)


def state(**more: Any) -> dict[str, Any]:
    """Of a function that nothing is known of but what is given."""
    return {
        "reserved_concurrency": None,
        "execution_roles": [ROLE],
        "timeout_s": 900,
        "capacity_providers": [],
        "dead_letter_targets": [],
        "function_urls": [],
        "function_policies": {},
        **more,
    }


def source(uuid: str, shown: str = "enabled") -> dict[str, str]:
    return {f"event_source/{uuid}": shown}


states = st.builds(
    lambda reserved, provisioned, sources: state(
        reserved_concurrency=reserved,
        **{f"provisioned_concurrency/{qualifier}": amount for qualifier, amount in provisioned.items()},
        **{f"event_source/{uuid}": shown for uuid, shown in sources.items()},
    ),
    st.none() | st.integers(0, 900),
    st.dictionaries(qualifiers, st.integers(1, 900), max_size=3),
    st.dictionaries(uuids, st.sampled_from(["enabled", "disabled", "deleting"]), max_size=4),
)


def in_short(call: Call) -> tuple[str, Any]:
    """What a call does, without where."""
    given = {name: value for name, value in call.parameters.items() if name != "FunctionName"}
    return call.operation, given


def without_absent(seen: dict[str, Any]) -> dict[str, Any]:
    """AWS does not list provisioned concurrency that is not there."""
    return {facet: value for facet, value in seen.items() if value is not None or not facet.startswith("provisioned_")}


@given(states)
def test_nothing_is_left_that_runs_it_and_a_second_plan_is_empty(before: dict[str, Any]) -> None:
    steps = WHOLE.plan(before, TARGET).steps
    after = planned_state(before, steps)
    assert after["reserved_concurrency"] == 0
    assert "enabled" not in after.values()
    assert WHOLE.plan(without_absent(after), TARGET).steps == ()
    assert all(fact.holds for fact in WHOLE.verify(without_absent(after), TARGET))
    assert all(fact.holds for fact in WHOLE.verify(before, TARGET)) == (steps == ())


@given(states)
def test_release_gives_back_what_was_there(before: dict[str, Any]) -> None:
    steps = WHOLE.plan(before, TARGET).steps
    after = without_absent(planned_state(before, steps))
    undoing, conflicts = release_steps(list(reversed(steps)), after)
    assert conflicts == []
    assert planned_state(after, undoing) == before
    # What is provisioned counts against what is reserved: it goes first, and comes back last.
    order = [step.measure for step in steps]
    assert order == sorted(order, key=[measure.NAME for measure in LAMBDA_FUNCTION].index)
    assert [step.measure for step in undoing] == order[::-1]


@given(states)
def test_every_step_is_known_again_and_only_for_its_function(before: dict[str, Any]) -> None:
    by_name = {measure.NAME: measure for measure in LAMBDA_FUNCTION}
    for step in WHOLE.plan(before, TARGET).steps:
        measure = by_name[step.measure]
        assert measure.can_have_planned(step, TARGET)
        assert not measure.can_have_planned(step, dataclasses.replace(TARGET, region="eu-west-1"))
        # Whose a mapping is, its id does not say: a release looks, and leaves what is not the function's below.
        assert measure.can_have_planned(step, OTHER) == (measure is event_sources)
        assert not measure.can_have_planned(dataclasses.replace(step, undo=()), TARGET)
        assert not measure.can_have_planned(dataclasses.replace(step, call=step.undo[0]), TARGET)
        permitted = {name.partition(":")[2] for name in measure.PERMISSIONS}
        assert {call.operation for call in (step.call, *step.undo)} <= permitted


def test_what_is_sent_is_what_aws_documents() -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html and its neighbours."""
    before = state(reserved_concurrency=7, **{"provisioned_concurrency/live": 2}, **source(UUID))
    steps = WHOLE.plan(before, TARGET).steps
    assert [in_short(step.call) for step in steps] == [
        ("DeleteProvisionedConcurrencyConfig", {"Qualifier": "live"}),
        ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 0}),
        ("UpdateEventSourceMapping", {"UUID": UUID, "Enabled": False}),
    ]
    assert [in_short(step.undo[0]) for step in steps] == [
        ("PutProvisionedConcurrencyConfig", {"Qualifier": "live", "ProvisionedConcurrentExecutions": 2}),
        ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 7}),
        ("UpdateEventSourceMapping", {"UUID": UUID, "Enabled": True}),
    ]
    assert {step.call.service for step in steps[:2]} == {"lambda"}
    (unreserved,) = concurrency.plan(state(), TARGET)
    assert in_short(unreserved.undo[0]) == ("DeleteFunctionConcurrency", {})


FORGED: dict[str, tuple[Any, dict[str, Any]]] = {
    "more than was reserved": (concurrency, {"before": 900}),
    "a negative number": (concurrency, {"before": -1}),
    "true for 1": (concurrency, {"before": True}),
    "another function": (
        concurrency,
        {"undo": (OTHER.call("PutFunctionConcurrency", ReservedConcurrentExecutions=5),)},
    ),
    "another region": (
        concurrency,
        {"undo": (dataclasses.replace(TARGET, region="eu-west-1").call("DeleteFunctionConcurrency"),)},
    ),
    "its end": (concurrency, {"undo": (TARGET.call("DeleteFunction"),)}),
    "more than was provisioned": (provisioned_concurrency, {"before": 900}),
    "none that was provisioned": (provisioned_concurrency, {"before": 0}),
    "another alias": (provisioned_concurrency, {"facet": "provisioned_concurrency/other"}),
    "no alias": (provisioned_concurrency, {"facet": "provisioned_concurrency/../x"}),
    "another mapping": (event_sources, {"facet": f"event_source/{UUID[::-1]}"}),
    "no mapping": (event_sources, {"facet": "event_source/x"}),
    "another function's mapping": (
        event_sources,
        {
            "undo": (
                Call(
                    account=TARGET.account,
                    region=TARGET.region,
                    service=MERGED,
                    operation="UpdateEventSourceMapping",
                    parameters={"UUID": UUID, "Enabled": True, "FunctionName": OTHER.arn},
                ),
            )
        },
    ),
}


@pytest.mark.parametrize(("measure", "changes"), FORGED.values(), ids=FORGED)
def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(measure: Any, changes: dict[str, Any]) -> None:
    before = state(reserved_concurrency=5, **{"provisioned_concurrency/live": 2}, **source(UUID))
    (step,) = (step for step in WHOLE.plan(before, TARGET).steps if step.measure == measure.NAME)
    assert measure.can_have_planned(step, TARGET)
    assert not measure.can_have_planned(dataclasses.replace(step, **changes), TARGET)


def test_a_mapping_of_which_aws_does_not_say_what_it_will_be_is_waited_for() -> None:
    """The others are disabled all the same."""
    another = UUID.replace("14e0", "24e0")
    planned = WHOLE.plan(state(reserved_concurrency=0, **source(UUID, "changing"), **source(another)), TARGET)
    assert [step.facet for step in planned.steps] == [f"event_source/{another}"]
    assert planned.setbacks == (
        f"Cannot disable event sources of function/resize: AWS is still creating or updating {UUID}. Repeat the run in a minute or two.",
    )
    assert not any(fact.holds for fact in event_sources.verify(source(UUID, "changing"), TARGET))


def test_a_mapping_that_is_gone_or_of_another_function_is_not_given_back() -> None:
    (step,) = event_sources.plan(source(UUID), TARGET)
    undoing, conflicts = release_steps([step], {})
    assert (undoing, [conflict.facet for conflict in conflicts]) == ([], [f"event_source/{UUID}"])
    assert overruling_steps([step], {}, conflicts) == [], "nor by force"
    assert is_lost(step, {})


def test_less_than_is_provisioned_is_not_asked_for() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    with pytest.raises(RefusedError, match=r"provisioned: 2 for live\. Take the measure `provisioned_concurrency`"):
        list(concurrency.plan(state(**{"provisioned_concurrency/live": 2}), TARGET))


def test_what_runs_on_instances_of_a_capacity_provider_may_go_on() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html"""
    provider = "arn:aws:lambda:us-east-1:111122223333:capacity-provider:pool"
    said = residual(state(capacity_providers=[provider]), TARGET)
    assert [one for one in said if provider in one["what"] and "PutFunctionScalingConfig" in one["why"]]


def allowed(principal: Any, **more: Any) -> str:
    """A policy that lets somebody call the function, or what `more` says."""
    statement = {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


NOTES: list[tuple[dict[str, Any], str]] = [
    (
        {"function_urls": [{"FunctionUrl": "https://abc.lambda-url.us-east-1.on.aws/", "AuthType": "NONE"}]},
        "https://abc.lambda-url.us-east-1.on.aws/ of function/resize stays, open to anybody, without credentials",
    ),
    (
        {"function_urls": [{"FunctionUrl": "https://abc.lambda-url.us-east-1.on.aws/", "AuthType": "AWS_IAM"}]},
        "open to whoever IAM allows it",
    ),
    (
        {"function_policies": {"": allowed("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})}},
        "The policy of function/resize stays: statement s lets anybody do lambda:InvokeFunction again with a release, under conditions.",
    ),
    (
        {"function_policies": {"live": allowed({"AWS": "*"}, Action=["lambda:InvokeFunctionUrl"])}},
        "The policy of function/resize, alias live, stays: statement s lets anybody do lambda:InvokeFunctionUrl again",
    ),
    (
        {"function_policies": {"": allowed({"Service": "sns.amazonaws.com"})}},
        'statement s lets {"Service": "sns.amazonaws.com"} do lambda:InvokeFunction again with a release.',
    ),
    (
        {
            "function_policies": {
                "": allowed({"AWS": "444455556666"}, Action=["lambda:InvokeFunction", "lambda:UpdateFunctionCode"])
            }
        },
        "do lambda:InvokeFunction, lambda:UpdateFunctionCode now, whatever concurrency is reserved.",
    ),
    ({"function_policies": {"": allowed("*", Action="lambda:*")}}, "do lambda:* now, whatever concurrency is reserved"),
    ({"function_policies": {"": "no policy"}}, "stays: it cannot be read, and may let anybody in."),
    ({}, "that come while concurrency is 0 AWS hands on untried, to its failure destination, and drops them where"),
    (
        {"dead_letter_targets": ["arn:aws:sqs:us-east-1:111122223333:dead"]},
        "untried, to arn:aws:sqs:us-east-1:111122223333:dead:",
    ),
    ({}, f"with `principals: [{ROLE}]`"),
    (
        {"execution_roles": ["arn:aws:iam::111122223333:role/a", ROLE]},
        "`principals: [arn:aws:iam::111122223333:role/a]`",
    ),
    (
        {"reserved_concurrency": 7},
        "The concurrency of 7 that was reserved for function/resize goes to all functions of the account",
    ),
]


@pytest.mark.parametrize(("more", "said"), NOTES, ids=[said[:40] for _more, said in NOTES])
def test_what_stays_and_who_may_be_hit_is_said(more: dict[str, Any], said: str) -> None:
    assert said in " ".join(concurrency.notes(state(**more), TARGET))


def test_a_denial_in_a_policy_lets_nobody_in() -> None:
    denied = allowed("*", Effect="Deny")
    assert "The policy" not in " ".join(concurrency.notes(state(function_policies={"": denied}), TARGET))


def test_what_runs_already_and_the_role_may_go_on() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
    running, credentials = residual(state(timeout_s=30), TARGET)
    assert "for up to 30 seconds" in running["what"]
    assert ROLE in credentials["what"]
    assert residual({}, TARGET) == []


def test_what_was_not_asked_for_is_said_to_be_open() -> None:
    said = unchecked((concurrency,), TARGET)
    assert [line.partition(":")[0] for line in said if line.startswith("NOT ASKED FOR")] == ["NOT ASKED FOR"] * 2
    assert not [line for line in unchecked(LAMBDA_FUNCTION, TARGET) if line.startswith("NOT ASKED FOR")]


def test_a_step_moves_one_facet_by_one_call() -> None:
    steps: list[Step] = list(WHOLE.plan(state(**source(UUID), **{"provisioned_concurrency/1": 1}), TARGET).steps)
    assert len({step.facet for step in steps}) == len(steps)
    assert all(len(step.undo) == 1 for step in steps)

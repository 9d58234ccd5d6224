"""What is said without a condition agrees with how requests are decided, by the sandbox's own evaluation, which shares no code:
"yes" is refused for no resource and no context, "no" is allowed for none."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Layer, ability, administrator
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.model import Caller

ALICE = Caller(
    kind="user",
    account="123456789012",
    arn="arn:aws:iam::123456789012:user/alice",
    user_id="AIDACKCEVSQ6C2EXAMPLE",
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    name="alice",
)
ACTIONS = ("iam:CreateUser", "iam:GetUser", "s3:GetObject", "s3:PutObject", "sts:AssumeRole")
PATTERNS = (*ACTIONS, "*", "*:*", "iam:*", "IAM:get*", "s3:?etObject", "s3:*Object", "st*:*")
RESOURCES = ("arn:aws:s3:::amzn-s3-demo-bucket/key", "arn:aws:iam::123456789012:user/alice")
RESOURCE_PATTERNS = (*RESOURCES, "*", "arn:aws:s3:::*", "arn:aws:iam::*:user/${aws:username}", "arn:*")
CONDITIONS = (
    {},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
)
CONTEXTS = st.fixed_dictionaries(
    {"aws:requestedregion": st.sampled_from(["eu-west-1", "us-east-1"]), "aws:username": st.just("alice")},
    optional={"aws:multifactorauthpresent": st.sampled_from(["true", "false"])},
)


def some(patterns: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(patterns) | st.lists(st.sampled_from(patterns), min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(some(PATTERNS)),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(st.just("*") | some(RESOURCE_PATTERNS)),
        **({"Condition": condition} if (condition := draw(st.sampled_from(CONDITIONS))) else {}),
    }


DOCUMENTS = st.lists(statements(), min_size=1, max_size=3).map(
    lambda said: json.dumps({"Version": "2012-10-17", "Statement": said})
)
LEVELS = st.lists(st.lists(DOCUMENTS, min_size=1, max_size=2), min_size=1, max_size=2)


def layers(identity: list[str], boundary: str | None, scps: list[list[str]]) -> list[Layer]:
    def layer(texts: list[str]) -> Layer:
        return Layer(
            name="policies",
            policies=tuple(Policy(kind="inline", name=str(number), text=text) for number, text in enumerate(texts)),
        )

    return [layer(identity), *([layer([boundary])] if boundary else []), *(layer(level) for level in scps)]


@given(
    identity=st.lists(DOCUMENTS, max_size=3),
    boundary=st.none() | DOCUMENTS,
    scps=st.just([]) | LEVELS,
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    context=CONTEXTS,
)
def test_what_is_said_without_a_condition_holds_for_every_request(
    identity: list[str],
    boundary: str | None,
    scps: list[list[str]],
    action: str,
    resource: str,
    context: dict[str, str],
) -> None:
    policies = Policies(identity=identity, boundary=boundary, scps=scps or None)
    refused = bool(refusal(policies, Ask(action=action, resource=resource, context=context, caller=ALICE)))
    given_layers = layers(identity, boundary, scps)
    for answer in (ability(given_layers, action).answer, ability(given_layers, action, resource).answer):
        event(answer)
        assert (answer, refused) not in [("yes", True), ("no", False)]
    if administrator(given_layers).answer == "yes":
        event("administrator")

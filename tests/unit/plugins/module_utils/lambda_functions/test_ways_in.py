"""What is recorded of a function's policy is the policy, but no token that lets somebody call it."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.ways_in import without_tokens

TOKEN = "amzn1.ask.skill.c0ffee"


def policy(*conditions: dict[str, dict[str, str]]) -> str:
    statements = [{"Sid": f"s{number}", "Effect": "Allow", "Condition": one} for number, one in enumerate(conditions)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)


def test_a_policy_without_tokens_stays_byte_for_byte() -> None:
    text = policy({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::amzn-s3-demo-bucket"}})
    assert without_tokens(text) == text


@pytest.mark.parametrize("key", ["lambda:EventSourceToken", "LAMBDA:eventSourceToken"])
def test_a_token_is_left_out_and_nothing_else(key: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html: condition keys are the same in small and capital letters."""
    others = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    kept = without_tokens(policy({"StringEquals": {key: TOKEN, "aws:SourceAccount": "111122223333"}}, others))
    assert TOKEN not in kept
    first, second = json.loads(kept)["Statement"]
    assert first["Condition"]["StringEquals"] == {key: "(left out)", "aws:SourceAccount": "111122223333"}
    assert second["Condition"] == others


def test_what_cannot_be_read_may_be_a_token() -> None:
    assert TOKEN not in without_tokens(f'{{"lambda:EventSourceToken": "{TOKEN}"')

"""Where statements stand in a policy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Position.html"""

from __future__ import annotations

import json

import pytest

from sandbox.statement_places import places


def cut(text: str) -> list[str]:
    """What stands at the places that are told."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return [
        text[starts[start["Line"] - 1] + start["Column"] - 1 : starts[end["Line"] - 1] + end["Column"] - 1]
        for start, end in places(text)
    ]


def test_a_statement_in_a_list_starts_after_the_bracket_as_in_the_documented_sample() -> None:
    """AmazonS3ReadOnlyAccess in
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: from 3, 17 to 11, 6"""
    lines = [
        "{",
        '  "Version": "2012-10-17",',
        '  "Statement": [',
        "    {",
        '      "Effect": "Allow",',
        '      "Action": [',
        '        "s3:Get*",',
        '        "s3:List*"',
        "      ],",
        '      "Resource": "*"',
        "    }",
        "  ]",
        "}",
    ]
    assert places("\n".join(lines)) == [({"Line": 3, "Column": 17}, {"Line": 11, "Column": 6})]


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_every_statement_is_found(indent: int | None) -> None:
    given = [{"Sid": "a", "Action": ["x", "}"]}, {"Sid": "b"}, {"Sid": 'c"]'}]
    text = json.dumps({"Id": "[{", "Statement": given, "Version": "2012-10-17"}, indent=indent)
    assert [json.loads(part) for part in cut(text)] == given


def test_a_policy_may_have_none() -> None:
    assert places('{"Statement": []}') == places("{ }") == []

"""A statement goes into a policy's text, and every other byte of it stays where it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import has_statement, with_statement

OURS = {"Sid": "Ours", "Effect": "Deny", "Principal": "*", "Action": ["sts:AssumeRole"]}
TEXT = '{"Sid":"Ours","Effect":"Deny","Principal":"*","Action":["sts:AssumeRole"]}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"Statement":[{"Effect":"Allow"}]}', f'{{"Statement":[{TEXT},{{"Effect":"Allow"}}]}}'),
        ('{"Statement":[]}', f'{{"Statement":[{TEXT}]}}'),
        ('{"Statement" :\n[ \t]\r\n}', f'{{"Statement" :\n[{TEXT} \t]\r\n}}'),
        ('{"Statement": {"Effect":"Allow"} }', f'{{"Statement": [{TEXT},{{"Effect":"Allow"}}] }}'),
        (
            r'{"Id":"\"Statement\":[","Statement":[{"Effect":"Allow"}]}',
            rf'{{"Id":"\"Statement\":[","Statement":[{TEXT},{{"Effect":"Allow"}}]}}',
        ),
        (
            '{"Id":{"Statement":[]},"Statement":[{"Effect":"Allow"}]}',
            f'{{"Id":{{"Statement":[]}},"Statement":[{TEXT},{{"Effect":"Allow"}}]}}',
        ),
        (
            '{"Statement":[{"Sid":"Ours","Effect":"Allow"}]}',
            f'{{"Statement":[{TEXT.replace("Ours", "Ours2")},{{"Sid":"Ours","Effect":"Allow"}}]}}',
        ),
    ],
    ids=["list", "empty list", "white space", "one object", "in a text", "nested", "our Sid is taken"],
)
def test_the_statement_stands_in_front_of_the_others(before: str, after: str) -> None:
    assert with_statement(before, OURS, "put it in") == after
    assert has_statement(after, OURS)
    assert not has_statement(before, OURS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"Statement":"x"}',
        '{"Statement":[],"Statement":[]}',
        '{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}',
        r'{"St\u0061tement":[]}',
    ],
)
def test_what_it_cannot_be_put_into_safely_is_refused_with_the_statement_to_put_in_by_hand(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        with_statement(text, OURS, "deny everybody to assume role/deploy")
    assert str(refused.value).startswith("Cannot deny everybody to assume role/deploy: ")
    assert TEXT in refused.value.remedy
    assert not has_statement(text, OURS)


def test_a_statement_is_known_by_what_it_says_and_not_by_its_sid() -> None:
    assert has_statement(f'{{"Statement":[{TEXT.replace("Ours", "Other")}]}}', OURS)
    assert has_statement(f'{{"Statement":{TEXT}}}', OURS)
    assert not has_statement('{"Statement":[{"Sid":"Ours"}]}', OURS)
    assert not has_statement(f'{{"Statement":[{TEXT[:-1]},"Condition":{{}}}}]}}', OURS)


texts = st.text(st.sampled_from('"\\Statement:[]{},é \n'), max_size=12)
statements = st.dictionaries(
    st.sampled_from(["Sid", "Effect", "Principal", "Condition", "Statement"]),
    st.one_of(texts, st.lists(texts, max_size=2), st.dictionaries(texts, texts, max_size=2)),
    max_size=4,
)
policies = st.fixed_dictionaries(
    {"Statement": st.one_of(statements, st.lists(statements, max_size=3))},
    optional={
        "Version": texts,
        "Id": st.one_of(texts, st.fixed_dictionaries({"Statement": st.lists(texts, max_size=1)})),
    },
)


@given(policies, st.booleans(), st.sampled_from([None, 1, "\t"]), st.randoms(use_true_random=False))
def test_nothing_else_of_any_policy_changes(policy: dict[str, Any], ascii_only: bool, indent: Any, random: Any) -> None:
    """What was put in is one piece, and of an only statement its two new brackets."""
    ordered = dict(random.sample(list(policy.items()), len(policy)))
    before = json.dumps(ordered, ensure_ascii=ascii_only, indent=indent)
    after = with_statement(before, OURS, "put it in")
    others = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    found = json.loads(after)
    ours = found["Statement"][0]
    assert found == policy | {"Statement": [ours, *others]}
    assert {**ours, "Sid": "Ours"} == OURS
    text = json.dumps(ours, separators=(",", ":"))
    head, piece, tail = after.partition(text)
    assert piece
    if isinstance(policy["Statement"], list):
        assert head + tail.removeprefix(",") == before
    else:
        only, end = json.JSONDecoder().raw_decode(tail, 1)
        assert only == policy["Statement"]
        assert (head[-1], tail[0], tail[end]) == ("[", ",", "]")
        assert head[:-1] + tail[1:end] + tail[end + 1 :] == before

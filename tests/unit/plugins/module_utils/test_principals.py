"""What a person may write for a principal, and what must never be contained."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.principals import (
    is_protected,
    parse_principal,
    parse_principals,
    parse_protected,
    user_of_arn,
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
LEGAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
ASCII = "".join(map(chr, range(128)))


@pytest.mark.parametrize("character", LEGAL)
def test_every_character_that_iam_allows_in_a_name_is_taken(character: str) -> None:
    name = f"a{character}z"
    assert parse_principal(name, "principals[0]").user_name == name
    assert user_of_arn(f"arn:aws:iam::123456789012:user/team/{name}").name == name


@pytest.mark.parametrize("character", sorted(set(ASCII) - set(LEGAL)), ids=lambda character: f"{ord(character):02x}")
def test_every_other_character_is_refused_by_option_value_and_remedy(character: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_principal(f"a{character}z", "principals[0]")
    assert "`principals[0]`" in str(refused.value)
    assert ascii(f"a{character}z") in str(refused.value)
    assert refused.value.remedy.startswith("Give an IAM user's ARN")


@pytest.mark.parametrize(("length", "legal"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_name_has_1_to_64_characters(length: int, legal: bool) -> None:
    if legal:
        assert parse_principal("x" * length, "p").user_name == "x" * length
    else:
        with pytest.raises(InputError, match="1 to 64"):
            parse_principal("x" * length, "p")


@pytest.mark.parametrize("path", ["/", "/a/", "/division_abc/subdivision_xyz/", "/!~/", "/user/"])
def test_paths_are_part_of_an_arn_and_not_of_the_name(path: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns"""
    arn = f"arn:aws:iam::123456789012:user{path}alice"
    user = user_of_arn(arn)
    assert (user.name, user.account, user.label, user.arn) == ("alice", "123456789012", "user/alice", arn)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("arn:aws:iam::123456789012:role/admin", "ARN of a role"),
        ("arn:aws:sts::123456789012:federated-user/bob", "ARN of a federated-user"),
        ("arn:aws:iam::123456789012:user/team//alice", "not the ARN of an IAM user"),
        ("arn:aws:iam::123456789012:user", "not the ARN of an IAM user"),
        ("ARN:aws:iam::123456789012:user/alice", "1 to 64 characters"),
        ("ASIAIOSFODNN7EXAMPLE", "temporary session"),
    ],
)
def test_what_looks_like_a_user_and_is_none_is_told_apart(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_principal(text, "p")


@pytest.mark.parametrize("value", [None, 7, True, 1.5, ["alice"], {"name": "alice"}])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=f"it is a {type(value).__name__}, not text"):
        parse_principal(value, "p")


def test_a_key_id_is_no_user_name() -> None:
    assert parse_principal("AKIAIOSFODNN7EXAMPLE", "p").access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert parse_principal("AKIA-is-a-name", "p").user_name == "AKIA-is-a-name"


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    with pytest.raises(InputError) as refused:
        parse_principals(["alice", "b b", 3], "principals")
    assert "2 wrong inputs" in str(refused.value)
    assert "`principals[1]`" in str(refused.value)
    assert "`principals[2]`" in str(refused.value)


@given(st.text(max_size=200))
def test_any_text_is_taken_as_it_is_or_refused_in_one_line(text: str) -> None:
    taken, message = {text}, ""
    try:
        name = parse_principal(text, "p")
        taken = {name.user_arn, name.user_name, name.access_key_id}
    except InputError as refused:
        message = str(refused)
    assert text in taken
    assert "\n" not in message


@pytest.mark.parametrize(
    ("pattern", "protected"),
    [
        ("arn:aws:iam::123456789012:user/ops/break-glass-1", True),
        ("arn:aws:iam::*:user/ops/break-glass-*", True),
        ("arn:aws:iam::*:user/*", True),
        ("arn:aws:iam::123456789012:user/ops/break-glass-?", True),
        ("arn:aws:iam::123456789012:user/break-glass-1", True),
        ("arn:aws:iam::123456789012:user/OPS/Break-Glass-1", True),
        ("arn:aws:iam::123456789012:user/other/break-glass-1", False),
        ("arn:aws:iam::444455556666:user/ops/break-glass-1", False),
        ("arn:aws:iam::123456789012:user/ops/break-glass-", False),
    ],
)
def test_patterns_match_whole_arns_with_their_path_or_without_in_any_case(pattern: str, protected: bool) -> None:
    assert is_protected("arn:aws:iam::123456789012:user/ops/break-glass-1", parse_protected([pattern])) is protected


@pytest.mark.parametrize(
    "pattern", ["break-glass", "*", "", None, "arn:aws:iam::*:user/[ab]*", "arn:aws:iam::*:user/a b"]
)
def test_a_pattern_that_would_protect_nothing_or_everything_by_mistake_is_refused(pattern: object) -> None:
    with pytest.raises(InputError, match="not an ARN pattern"):
        parse_protected([pattern])

"""What a person may write for a principal, and what is refused, with a way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import (
    parse_principal,
    parse_principals,
    parse_protected,
    parse_unique_ids,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
LEGAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
ASCII = "".join(map(chr, range(128)))


@pytest.mark.parametrize("character", LEGAL)
def test_every_character_that_iam_allows_in_a_name_is_taken(character: str) -> None:
    name = f"a{character}z"
    assert parse_principal(name, "principals[0]").user_name == name
    assert principal_of_arn(f"arn:aws:iam::123456789012:user/team/{name}").name == name


@pytest.mark.parametrize("character", sorted(set(ASCII) - set(LEGAL)), ids=lambda character: f"{ord(character):02x}")
def test_every_other_character_is_refused_by_option_value_and_remedy(character: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_principal(f"a{character}z", "principals[0]")
    assert "`principals[0]`" in str(refused.value)
    assert ascii(f"a{character}z") in str(refused.value)
    assert refused.value.remedy.startswith("Give an ARN (of an IAM user, a role,")


@pytest.mark.parametrize(("length", "legal"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_name_has_1_to_64_characters(length: int, legal: bool) -> None:
    if legal:
        assert parse_principal("x" * length, "p").user_name == "x" * length
    else:
        with pytest.raises(InputError, match="1 to 64"):
            parse_principal("x" * length, "p")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("arn:aws:iam::123456789012:user/team/alice", "user_arn"),
        ("arn:aws:iam::123456789012:role/admin", "role_arn"),
        ("arn:aws-cn:iam::123456789012:role/service-role/a+b=c,d.e@f-g_h", "role_arn"),
        ("arn:aws:sts::123456789012:assumed-role/admin/bob@example.com", "session_arn"),
        ("arn:aws:sts::123456789012:federated-user/bob", "federated_arn"),
        ("arn:aws-us-gov:iam::123456789012:root", "root_arn"),
        ("AKIAIOSFODNN7EXAMPLE", "access_key_id"),
        ("ASIAIOSFODNN7EXAMPLE", "session_key_id"),
        ("ASIA-is-a-name", "user_name"),
        ("AKIA-is-a-name", "user_name"),
    ],
)
def test_each_form_is_told_from_the_others(text: str, field: str) -> None:
    name = parse_principal(text, "p")
    assert {one for one in name.__slots__ if getattr(name, one) is not None} == {"text", field}
    assert getattr(name, field) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("arn:aws:iam::123456789012:group/admins", "ARN of a group, which cannot act"),
        ("arn:aws:iam::123456789012:user/team//alice", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:iam::123456789012:user", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:iam::123456789012:root/x", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:sts::123456789012:assumed-role/admin", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:sts::123456789012:assumed-role/path/admin/bob", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:sts::123456789012:assumed-role/admin/b", "not the ARN of a user, a role, a session or root"),
        ("arn:aws:sts::123456789012:federated-user/bob\n", "not the ARN of a user, a role, a session or root"),
        (f"arn:aws:iam::123456789012:role/{'p' * 511}/admin", "its path is longer than 512 characters"),
        ("ARN:aws:iam::123456789012:user/alice", "1 to 64 characters"),
    ],
)
def test_what_looks_like_a_principal_and_is_none_is_told_apart(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_principal(text, "p")


@pytest.mark.parametrize("value", [None, 7, True, 1.5, ["alice"], {"name": "alice"}])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=f"it is a {type(value).__name__}, not text"):
        parse_principal(value, "p")


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
        taken = {getattr(name, field) for field in name.__slots__ if field != "text"}
    except InputError as refused:
        message = str(refused)
    assert text in taken
    assert "\n" not in message


@pytest.mark.parametrize(
    "pattern", ["break-glass", "*", "", None, "arn:aws:iam::*:user/[ab]*", "arn:aws:iam::*:user/a b"]
)
def test_a_pattern_that_would_protect_nothing_or_everything_by_mistake_is_refused(pattern: object) -> None:
    with pytest.raises(InputError, match="not an ARN pattern"):
        parse_protected([pattern])


def test_unique_ids_are_those_of_users_and_roles() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    given = {"arn:1": "AIDACKCEVSQ6C2EXAMPLE", "arn:2": "AROADBQP57FF2AEXAMPLE"}
    assert parse_unique_ids(given) == given
    for wrong in ("AKIAIOSFODNN7EXAMPLE", "AROADBQP57FF2AEXAMPLE:bob", "", None):
        with pytest.raises(InputError, match="not the unique id of a user or a role"):
            parse_unique_ids({"arn:1": wrong})

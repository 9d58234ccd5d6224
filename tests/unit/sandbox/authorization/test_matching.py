"""Wildcards and policy variables, against the IAM User Guide's pages on Action, Resource and policy variables.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""

from __future__ import annotations

import time

import pytest

from sandbox.authorization.matching import filled, matches, plain


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("arn:aws:s3:::amzn-s3-demo-bucket/*", "arn:aws:s3:::amzn-s3-demo-bucket/a/b/c", True),
        ("arn:aws:s3:::amzn-s3-demo-bucket/*", "arn:aws:s3:::amzn-s3-demo-bucket/", True),
        ("arn:aws:s3:::amzn-s3-demo-bucket/*", "arn:aws:s3:::amzn-s3-demo-bucket", False),
        # the page's example of * within a segment
        (
            "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*",
            "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/3/object.jpg",
            True,
        ),
        ("arn:aws:s3:::amzn-s3-demo-bucket/*/test/*", "arn:aws:s3:::amzn-s3-demo-bucket/1-test/2", False),
        # ? is one character, neither none nor two
        ("arn:aws:s3:::b/1/????.jpg", "arn:aws:s3:::b/1/pain.jpg", True),
        ("arn:aws:s3:::b/1/????.jpg", "arn:aws:s3:::b/1/paint.jpg", False),
        ("arn:aws:s3:::b/1/????.jpg", "arn:aws:s3:::b/1/pai.jpg", False),
        # a * at the end goes beyond colons
        ("arn:aws:iam::*", "arn:aws:iam::111122223333:user/alice", True),
        # case counts
        ("arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/bob", False),
        # all of the text is meant, and nothing else is special
        ("user", "a user", False),
        ("user", "user\n", False),
        ("a.c", "abc", False),
        ("[a-z]+", "abc", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*a", "a", False),
        ("*ab", "aab", True),
        ("**a**", "bab", True),
        ("a*b*c", "abcbc", True),
        ("a?*b", "ab", False),
        ("line*", "line\nbreak", True),
    ],
)
def test_a_pattern_matches_what_the_documentation_says(pattern: str, value: str, fits: bool) -> None:
    assert matches(pattern, value) is fits


def test_actions_ignore_case() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html: iam:ListAccessKeys is IAM:listaccesskeys"""
    assert matches("IAM:listaccess*", "iam:ListAccessKeys", ignore_case=True)


def test_letters_that_only_look_alike_are_others() -> None:
    assert not matches("\u017f3:GetObject", "s3:GetObject", ignore_case=True)


def test_many_wildcards_on_a_long_text_are_quick() -> None:
    """Who may write a policy must not be able to stop the sandbox with it."""
    started = time.process_time()
    assert not matches("*a*a*a*a*a*a*a*a*a*b", "a" * 20_000)
    assert time.process_time() - started < 1


def test_many_unclosed_variables_are_quick() -> None:
    started = time.process_time()
    filled("${ " * 3_000, {})
    filled("${" + " " * 10_000, {})
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("pattern", "context", "text"),
    [
        ("arn:aws:iam::1:user/${aws:username}", {"aws:username": "David"}, "arn:aws:iam::1:user/David"),
        ("${AWS:UserName}", {"aws:username": "David"}, "David"),  # names of keys ignore case
        ("${aws:PrincipalTag/department}", {"aws:principaltag/department": "dev"}, "dev"),
        ("${aws:username}-${aws:userid}", {"aws:username": "a", "aws:userid": "b"}, "a-b"),
        ("${aws:userid, 'anonymous'}", {}, "anonymous"),
        ("${aws:userid, 'anonymous'}", {"aws:userid": "AIDACKCEVSQ6C2EXAMPLE"}, "AIDACKCEVSQ6C2EXAMPLE"),
        ("${aws:PrincipalTag/team, ''}", {}, ""),
        ("a${$}b", {}, "a$b"),
        ("${aws:username", {"aws:username": "David"}, "${aws:username"),
    ],
)
def test_variables_are_replaced(pattern: str, context: dict[str, str], text: str) -> None:
    assert filled(pattern, context) == text


@pytest.mark.parametrize("pattern", ["${aws:username}", "a${}b", "${aws:TagKeys}", "x${aws:username}${aws:userid}"])
def test_a_variable_without_a_single_value_leaves_nothing(pattern: str) -> None:
    """Multivalued keys cannot be variables:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    assert filled(pattern, {"aws:tagkeys": ["a"], "aws:userid": "1"}) is None


@pytest.mark.parametrize(("variable", "character"), [("${*}", "*"), ("${?}", "?")])
def test_escaped_wildcards_are_characters(variable: str, character: str) -> None:
    text = filled(f"a{variable}c", {})
    assert text is not None
    assert matches(text, f"a{character}c")
    assert not matches(text, "abc")
    assert plain(text) == f"a{character}c"


def test_a_wildcard_in_a_value_is_a_character() -> None:
    """Or a user could name itself, or tag itself, into everything."""
    text = filled("home/${aws:PrincipalTag/team}/*", {"aws:principaltag/team": "*"})
    assert text is not None
    assert not matches(text, "home/other/secret")
    assert matches(text, "home/*/mine")

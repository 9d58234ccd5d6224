"""Wildcards and policy variables.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request, in lower case. A list is a multivalued key."""

# Nothing in it is tried twice: the repetitions are possessive.
_VARIABLE = re.compile(r"\$\{([^}',{]*+)(?:,\s*+'([^']*+)'\s*+)?\}")
_LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}
_MEANT_LITERALLY = {"\ue000": r"\*", "\ue001": r"\?"}


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether `value` matches `pattern`, in which * stands for any text and ? for one character."""
    if pattern == "*":
        return True
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """What stands between two * is taken where it is found first and not tried again: without that, a pattern of many * takes
    for ever on a long text that does not match."""
    first, *rest = (
        "".join(
            "." if character == "?" else _MEANT_LITERALLY.get(character) or re.escape(character) for character in part
        )
        for part in pattern.split("*")
    )
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    text = f"{first}{middle}.*{rest[-1]}" if rest else first
    return re.compile(text, re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0))


def filled(pattern: str, context: Context) -> str | None:
    """`pattern` with its policy variables replaced; None where one of them has no single value and no default, so that the
    element that holds it matches nothing."""
    if "${" not in pattern:
        return pattern
    missing = False

    def replacement(found: re.Match[str]) -> str:
        nonlocal missing
        name, default = found[1], found[2]
        if name in _LITERALS:
            return _LITERALS[name]
        value = context.get(name.lower())
        if isinstance(value, str):
            return value.replace("*", "\ue000").replace("?", "\ue001")
        if default is not None:
            return default
        missing = True
        return ""

    text = _VARIABLE.sub(replacement, pattern)
    return None if missing else text


def plain(text: str) -> str:
    """A filled text for operators without wildcards."""
    return text.replace("\ue000", "*").replace("\ue001", "?")

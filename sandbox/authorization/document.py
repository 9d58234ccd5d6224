"""Policy documents as compiled statements.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

AWS refuses to store what does not follow the grammar, moto and session policies let it through. Such a document allows nothing here;
those of its statements that can be read still deny."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.authorization.conditions import Condition, condition


class MalformedError(ValueError):
    """Something that the grammar does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; what the document leaves out is None."""

    allows: bool
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: Mapping[str, tuple[str, ...]] | None
    not_principals: Mapping[str, tuple[str, ...]] | None
    conditions: tuple[Condition, ...]
    """All of which must hold."""
    variables: bool
    """Whether ${...} means something: from version 2012-10-17 on."""
    place: int = 0
    """Which of the document's statements it is, counted from 0."""

    @property
    def names_nobody(self) -> bool:
        return self.principals is None and self.not_principals is None


@lru_cache(maxsize=4096)
def compiled(text: str) -> tuple[Statement, ...]:
    """The statements of a policy document that count."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(document, dict):
        return ()
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html: 2008-10-17 where it is left out
    version = document.get("Version", "2008-10-17")
    sound = version in ("2008-10-17", "2012-10-17")
    given = document.get("Statement")
    statements: list[Statement] = []
    for place, value in enumerate(given if isinstance(given, list) else [given]):
        try:
            statements.append(_statement(value, variables=version == "2012-10-17", place=place))
        except MalformedError:
            sound = False
    return tuple(statement for statement in statements if sound or not statement.allows)


def _statement(value: Any, *, variables: bool, place: int) -> Statement:
    if not isinstance(value, dict) or value.get("Effect") not in ("Allow", "Deny"):
        raise MalformedError("Effect")
    if ("Action" in value) == ("NotAction" in value):
        raise MalformedError("Action")
    for one, other in (("Resource", "NotResource"), ("Principal", "NotPrincipal")):
        if one in value and other in value:
            raise MalformedError(one)
    return Statement(
        allows=value["Effect"] == "Allow",
        actions=_maybe(value, "Action"),
        not_actions=_maybe(value, "NotAction"),
        resources=_maybe(value, "Resource"),
        not_resources=_maybe(value, "NotResource"),
        principals=_principals(value, "Principal"),
        not_principals=_principals(value, "NotPrincipal"),
        conditions=_conditions(value, variables=variables),
        variables=variables,
        place=place,
    )


def _conditions(value: Mapping[str, Any], *, variables: bool) -> tuple[Condition, ...]:
    given = value.get("Condition", {})
    if not isinstance(given, dict) or not all(isinstance(pairs, dict) for pairs in given.values()):
        raise MalformedError("Condition")
    found: list[Condition] = []
    for operator, pairs in given.items():
        for key, values in pairs.items():
            one = condition(operator, key.lower(), _values(values), variables=variables)
            if one is None:
                raise MalformedError(operator)
            found.append(one)
    return tuple(found)


def _maybe(value: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return _texts(value[name]) if name in value else None


def _principals(value: Mapping[str, Any], name: str) -> Mapping[str, tuple[str, ...]] | None:
    if name not in value:
        return None
    given = value[name]
    if given == "*":
        return {"*": ("*",)}
    if not isinstance(given, dict) or "*" in given:
        raise MalformedError(name)
    return {kind: _texts(names) for kind, names in given.items()}


def _texts(value: Any) -> tuple[str, ...]:
    """One or many strings."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in listed):
        raise MalformedError("a string is needed")
    return tuple(listed)


def _values(value: Any) -> tuple[str, ...]:
    """One or many values of a condition, as text: JSON's true and 5 stand for "true" and "5"."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, bool, int, float)) for item in listed):
        raise MalformedError("a value is needed")
    return tuple(item if isinstance(item, str) else json.dumps(item) for item in listed)

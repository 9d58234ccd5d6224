"""Policy documents as compiled statements.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


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
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(operator, key in lower case, values), all of which must hold."""


@lru_cache(maxsize=4096)
def compiled(text: str) -> tuple[Statement, ...]:
    """The statements of a policy document. A document that cannot be read has none: it allows nothing."""
    try:
        document = json.loads(text)
    except ValueError:
        return ()
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    if isinstance(statements, dict):
        statements = [statements]
    return tuple(_statement(statement) for statement in statements)


def _statement(value: Mapping[str, Any]) -> Statement:
    conditions = tuple(
        (operator, key.lower(), _texts(values))
        for operator, pairs in (value.get("Condition") or {}).items()
        for key, values in pairs.items()
    )
    return Statement(
        allows=value.get("Effect") == "Allow",
        actions=_maybe(value, "Action"),
        not_actions=_maybe(value, "NotAction"),
        resources=_maybe(value, "Resource"),
        not_resources=_maybe(value, "NotResource"),
        principals=_principals(value.get("Principal")),
        not_principals=_principals(value.get("NotPrincipal")),
        conditions=conditions,
    )


def _maybe(value: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return _texts(value[name]) if name in value else None


def _principals(value: Any) -> Mapping[str, tuple[str, ...]] | None:
    if value is None:
        return None
    if value == "*":
        return {"*": ("*",)}
    return {kind: _texts(names) for kind, names in value.items()}


def _texts(value: Any) -> tuple[str, ...]:
    """One or many values, as text: JSON's true and 5 stand for "true" and "5"."""
    listed = value if isinstance(value, list) else [value]
    return tuple(json.dumps(item) if isinstance(item, (bool, int, float)) else str(item) for item in listed)

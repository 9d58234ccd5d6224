# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies as values: which there are, what their statements say, and which of them are Cordon's own. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

Kind = Literal["inline", "attached", "boundary", "scp", "root"]
"""`root` is no policy: it is what the root user may do without one."""
Reach = Literal["all", "some", "none"]
"""How many of the resources asked about a statement is for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One policy that has a say on a principal."""

    kind: Kind
    name: str
    arn: str | None = None
    """None for an inline policy."""
    via: str | None = None
    """The group that has it, or the root, unit or account that a service control policy is attached to."""
    text: str | None = None
    """None: it could not be read, see `unreadable`."""
    unreadable: str = ""
    """Why it could not be read."""

    @property
    def label(self) -> str:
        """How an operator sees it: "inline policy work of group developers"."""
        words = {
            "inline": "inline policy",
            "attached": "attached policy",
            "boundary": "permissions boundary",
            "scp": "service control policy",
            "root": "the root user's right",
        }
        place = "" if self.via is None else f" on {self.via}" if self.kind == "scp" else f" of group {self.via}"
        return f"{words[self.kind]} {self.name}{place}"

    def as_json(self, *, with_document: bool) -> dict[str, Json]:
        shown: dict[str, Json] = {"kind": self.kind, "name": self.name, "arn": self.arn, "via": self.via}
        shown["readable"] = self.text is not None
        if with_document:
            shown["document"] = self.text
        return shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement, of one policy."""

    policy: str
    """The policy's label."""
    allows: bool
    actions: tuple[str, ...]
    """Patterns, in lower case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"""
    but_actions: bool
    """Whether it is for every action but these (`NotAction`)."""
    resources: tuple[str, ...]
    but_resources: bool
    """Whether it is for every resource but these (`NotResource`)."""
    conditions: tuple[str, ...]
    """The condition keys that must hold, each with its operator."""

    def covers(self, action: str) -> bool:
        """Whether it is about this action (`service:Operation`, whatever its case)."""
        return any(matches(pattern, action.lower()) for pattern in self.actions) is not self.but_actions

    def reach(self, resource: str | None) -> Reach:
        """Whether it is for this resource; without one, for how many of all resources there are."""
        if resource is None:
            if any(_is_everything(pattern) for pattern in self.resources):
                return "none" if self.but_resources else "all"
            return "some"
        if any("${" in pattern for pattern in self.resources):
            return "some"  # a policy variable stands for what only the request tells
        return (
            "all" if any(matches(pattern, resource) for pattern in self.resources) is not self.but_resources else "none"
        )

    @property
    def limits(self) -> str:
        """Under which conditions and on what it holds, in words; empty where always and on everything."""
        parts = []
        if self.reach(None) != "all":
            named = ", ".join(self.resources[:3]) + (", …" if len(self.resources) > 3 else "")
            parts.append(f"{'on everything but' if self.but_resources else 'on'} {named}")
        if self.conditions:
            parts.append(f"under {', '.join(self.conditions)}")
        return " ".join(parts)


class UnreadableError(ValueError):
    """A document that does not follow the grammar."""


@lru_cache(maxsize=4096)
def statements(policy: Policy) -> tuple[Statement, ...]:
    """What a readable policy says. Raises UnreadableError for what is no policy."""
    try:
        document = json.loads(policy.text or "", object_pairs_hook=_once)
        given = document["Statement"]
        return tuple(_statement(policy.label, one) for one in (given if isinstance(given, list) else [given]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(str(error)) from error


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object whose names stand there once: which of two counts, nobody says."""
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _statement(label: str, value: Json) -> Statement:
    if value["Effect"] not in ("Allow", "Deny"):
        raise UnreadableError("an effect that is neither Allow nor Deny")
    but_actions, but_resources = "NotAction" in value, "NotResource" in value
    return Statement(
        policy=label,
        allows=value["Effect"] == "Allow",
        actions=tuple(action.lower() for action in listed(value["NotAction" if but_actions else "Action"])),
        but_actions=but_actions,
        # A trust policy names no resource: it is about the role that it belongs to.
        resources=listed(value.get("NotResource" if but_resources else "Resource", "*")),
        but_resources=but_resources,
        conditions=condition_keys(value.get("Condition")),
    )


def listed(value: Json) -> tuple[str, ...]:
    """A value of the grammar that may be one text or a list of them."""
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)


def condition_keys(condition: Json) -> tuple[str, ...]:
    """What a condition block asks about: ("aws:MultiFactorAuthPresent (Bool)",)."""
    return tuple(f"{key} ({operator})" for operator, keys in (condition or {}).items() for key in keys)


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern`, with * and ?, matches the whole of `text`."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    """What stands between two stars is taken where it is found first and not tried again: an attacker can write a pattern of many
    stars, over which trying everything takes for ever."""
    first, *rest = (
        "".join("." if character == "?" else re.escape(character) for character in part) for part in pattern.split("*")
    )
    between = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    return re.compile(f"{first}{between}.*{rest[-1]}" if rest else first, re.DOTALL)


def _is_everything(pattern: str) -> bool:
    return bool(pattern) and not pattern.strip("*")


_OWN_NAMES = re.compile(r"CordonDenyAll|CordonDenySessions|CordonDenySession-.+|CordonQuarantine-.+|AWSDenyAll")


def is_own(policy: Policy) -> bool:
    """Whether it is one that Cordon puts on whom it contains. An attacker may give a policy such a name; one that allows anything
    is not left out."""
    if not _OWN_NAMES.fullmatch(policy.name):
        return False
    try:
        return all(not statement.allows for statement in statements(policy))
    except UnreadableError:
        return False


def without_own(policies: Iterable[Policy]) -> tuple[tuple[Policy, ...], tuple[str, ...]]:
    """What is left without Cordon's policies, and the labels of these."""
    given = tuple(policies)
    return (
        tuple(policy for policy in given if not is_own(policy)),
        tuple(policy.label for policy in given if is_own(policy)),
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides from policies whether an action is possible: yes, only with conditions, no, or not to be told. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html

The question is not whether one request is allowed, but whether there can be one that is: AWS's policy simulator answers for one
resource and one context, this for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import (
    Policy,
    Statement,
    UnreadableError,
    statements,
)

Answer = Literal["no", "unknown", "with conditions", "yes"]
ORDER: tuple[Answer, ...] = ("no", "unknown", "with conditions", "yes")
"""From the least to the most: what several layers allow together is the least of them."""

# Names that no policy spells out, so that only patterns cover them: any action of IAM, and any action at all.
UNNAMED = "~" * 64
_ANY_OF_IAM = f"iam:{UNNAMED}"
_ANY_AT_ALL = f"{UNNAMED}:{UNNAMED}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Policies one of which must allow an action: those of the principal, its boundary, one level of service control policies."""

    name: str
    policies: tuple[Policy, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ability:
    """Whether something is possible, and why."""

    answer: Answer
    why: tuple[str, ...]
    """Clauses without a full stop."""


def ability(layers: Sequence[Layer], action: str, resource: str | None = None) -> Ability:
    """Whether `action` is possible at all; with a `resource`, on this one. The first of `layers` is the principal's own policies.

    "yes": on every resource, whatever the request is like. "with conditions": a statement has a condition, is for some resources only,
    or a policy that may deny it cannot be read. "unknown": none that can be read allows it."""
    found = [_said(layer) for layer in layers]
    denials = [one for said, _unread in found for one in said if not one.allows and _concerns(one, action, resource)]
    final = [one for one in denials if one.reach(resource) == "all" and not one.conditions]
    if final:
        return Ability(answer="no", why=(f"{final[0].policy} denies it",))
    allowed = [
        _allowed(layer, said, unread, action, resource) for layer, (said, unread) in zip(layers, found, strict=True)
    ]
    together = least(allowed)
    if together.answer in ("no", "unknown"):
        return together
    # That all the others allow it as well is no news: its own policies give it.
    reasons = allowed[0].why if together.answer == "yes" else together.why
    limits = [f"{one.policy} denies it {one.limits}" for one in denials]
    limits += [f"{policy.label} cannot be read and may deny it" for _said, unread in found for policy in unread]
    if limits:
        return Ability(answer="with conditions", why=(*reasons, *limits))
    return Ability(answer=together.answer, why=reasons)


def administrator(layers: Sequence[Layer]) -> Ability:
    """Whether everything is possible, IAM included: whoever may change IAM may change what else is missing.

    Single actions that are denied to it, or that a `NotAction` leaves out, are named; they make no difference."""
    together = least([ability(layers, _ANY_OF_IAM), ability(layers, _ANY_AT_ALL)])
    if together.answer in ("no", "unknown"):
        return together
    exceptions = [
        f"{one.policy} denies {', '.join(one.actions[:3])}{', …' if len(one.actions) > 3 else ''}"
        for layer in layers
        for one in _said(layer)[0]
        if not one.allows and not (one.covers(_ANY_OF_IAM) or one.covers(_ANY_AT_ALL))
    ]
    return Ability(answer=together.answer, why=(*together.why, *dict.fromkeys(exceptions)))


def least(abilities: Iterable[Ability]) -> Ability:
    """What is possible where all of these must be: the least of them, with its reasons."""
    given = list(abilities)
    answer = min((one.answer for one in given), key=ORDER.index)
    why = [reason for one in given if one.answer == answer for reason in one.why]
    return Ability(answer=answer, why=tuple(dict.fromkeys(why)))


def _said(layer: Layer) -> tuple[tuple[Statement, ...], tuple[Policy, ...]]:
    """Every statement of a layer, and the policies that cannot be read."""
    said: list[Statement] = []
    unread = []
    for policy in layer.policies:
        try:
            said += statements(policy)
        except UnreadableError:
            unread.append(policy)
    return tuple(said), tuple(unread)


def _concerns(statement: Statement, action: str, resource: str | None) -> bool:
    return statement.covers(action) and statement.reach(resource) != "none"


def _allowed(
    layer: Layer, said: Sequence[Statement], unread: Sequence[Policy], action: str, resource: str | None
) -> Ability:
    allowing = [one for one in said if one.allows and _concerns(one, action, resource)]
    full = [one for one in allowing if one.reach(resource) == "all" and not one.conditions]
    if full:
        return Ability(answer="yes", why=(f"{full[0].policy} allows it",))
    if allowing:
        return Ability(
            answer="with conditions", why=tuple(f"{one.policy} allows it {one.limits}" for one in allowing[:3])
        )
    if unread:
        return Ability(answer="unknown", why=tuple(f"{policy.label} cannot be read" for policy in unread))
    return Ability(answer="no", why=(f"none of its {layer.name} allows it",))

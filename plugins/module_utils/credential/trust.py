# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides from the trust policies of roles in other accounts which of them somebody may assume. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html: both must allow it, the
role's trust policy and the policies of whoever assumes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Ability, Layer, ability, least
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import (
    condition_keys,
    listed,
    matches,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_ASSUME = "sts:AssumeRole"
Through = Literal["itself", "its account", "everybody"]
"""Whom a trust policy names that somebody is, or is of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """A role that trusts somebody."""

    role: str
    """Its ARN."""
    account: str
    through: Through
    possible: Ability
    """Whether it can be assumed, by the trust policy and by the policies of whoever assumes it."""

    def as_json(self) -> dict[str, Json]:
        return {
            "role": self.role,
            "account": self.account,
            "through": self.through,
            "possible": self.possible.answer,
            "why": list(self.possible.why),
        }


def trust_of(
    who: IamPrincipal, layers: Sequence[Layer], role: str, trust_policy: str, *, before_containment: bool = True
) -> Trust | None:
    """How the role of another account trusts `who`; None where it does not. What Cordon has added to the trust policy counts only
    where it is not asked for what was before."""
    try:
        given = json.loads(trust_policy)["Statement"]
        said = [given] if isinstance(given, dict) else given
        read = [_read(one, who) for one in said if not (before_containment and _is_own(one))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # AWS stores no such trust policy, and nobody is let in by one
    meant = [(effect, through, conditions) for effect, through, conditions in read if through is not None]
    if any(effect == "Deny" and not conditions for effect, _through, conditions in meant):
        return None
    allowing = [(through, conditions) for effect, through, conditions in meant if effect == "Allow"]
    if not allowing:
        return None
    # The widest: the one that asks for the least, and names it most closely.
    through, conditions = min(allowing, key=lambda one: (len(one[1]), _CLOSENESS.index(one[0])))
    limits = [f"its trust policy asks for {key}" for key in conditions]
    limits += [
        f"its trust policy denies it under {key}" for effect, _who, keys in meant if effect == "Deny" for key in keys
    ]
    trusted = Ability(answer="with conditions" if limits else "yes", why=tuple(limits) or (f"it trusts {through}",))
    own = ability(layers, _ASSUME, role)
    return Trust(role=role, account=role.split(":")[4], through=through, possible=least([own, trusted]))


_CLOSENESS: tuple[Through, ...] = ("itself", "its account", "everybody")


def _read(statement: Json, who: IamPrincipal) -> tuple[str, Through | None, tuple[str, ...]]:
    """Effect, through what it means `who` (None: not at all), and the conditions."""
    covered = any(
        matches(action.lower(), _ASSUME.lower())
        for action in listed(statement.get("Action", statement.get("NotAction")))
    )
    about_it = covered is not ("NotAction" in statement)
    through = _through(statement, who) if about_it else None
    return statement["Effect"], through, condition_keys(statement.get("Condition"))


def _is_own(statement: Json) -> bool:
    """Whether Cordon's measure `trust` added it."""
    return statement["Effect"] == "Deny" and str(statement.get("Sid", "")).startswith("CordonDeny")


def _through(statement: Json, who: IamPrincipal) -> Through | None:
    if "NotPrincipal" in statement:
        return None if _named(statement["NotPrincipal"], who) else "everybody"
    return _named(statement.get("Principal", {}), who)


def _named(principal: Json, who: IamPrincipal) -> Through | None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    named = ("*",) if principal == "*" else listed(principal.get("AWS", ()))
    if any(name in _own_names(who) for name in named) or any(_is_session_of(name, who) for name in named):
        return "itself"
    if any(name in (who.account, f"arn:{who.partition}:iam::{who.account}:root") for name in named):
        return "its account"
    return "everybody" if "*" in named else None


def _own_names(who: IamPrincipal) -> set[str]:
    """As what a trust policy may name it; as its unique id where what was named has been deleted and made anew."""
    return {name for name in (who.arn, who.role_arn, who.unique_id, who.unique_id.partition(":")[0]) if name}


def _is_session_of(name: str, who: IamPrincipal) -> bool:
    return who.kind == "role" and matches(f"arn:{who.partition}:sts::{who.account}:assumed-role/{who.name}/*", name)


def trusts_of(
    who: IamPrincipal, layers: Sequence[Layer], roles: Iterable[Json], *, before_containment: bool = True
) -> tuple[Trust, ...]:
    """Every role, of those that ListRoles told, in another account that trusts `who`, in the order of their ARNs."""
    found = (
        trust_of(
            who,
            layers,
            str(role["Arn"]),
            str(role["AssumeRolePolicyDocument"]),
            before_containment=before_containment,
        )
        for role in roles
        if role["Arn"].split(":")[4] != who.account
    )
    return tuple(sorted((trust for trust in found if trust is not None), key=lambda trust: trust.role))

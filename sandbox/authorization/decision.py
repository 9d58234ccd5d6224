"""The order in which policies decide. Pure: knows texts and a request's context, nothing of moto.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.authorization.conditions import hold
from sandbox.authorization.document import Statement, compiled
from sandbox.authorization.matching import Context, filled, matches
from sandbox.model import Caller

Grant = Literal["none", "account", "principal", "session"]
"""How a resource policy allows: to the caller's account (identity policies decide then), to the user or role, or to the session itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Every policy that has a say, as text."""

    identity: Sequence[str]
    boundary: str | None = None
    session: Sequence[str] = ()
    scps: Sequence[Sequence[str]] | None = None
    """Level by level; None where none apply."""
    resource: str | None = None
    same_account: bool = True
    resource_must_allow: bool = False
    """True for role trust policies and KMS key policies: identity policies alone are never enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One action on one resource, as policies see it."""

    action: str
    resource: str
    context: Context
    caller: Caller


def refusal(policies: Policies, ask: Ask) -> str:
    """Why the request is refused, in AWS's words; empty where it is allowed."""
    denied = _explicit_deny(policies, ask)
    if denied:
        return f"with an explicit deny in {denied}"
    if policies.scps is not None and not all(_allows(level, ask) for level in policies.scps):
        return f"because no service control policy allows the {ask.action} action"
    grant = _resource_grant(policies, ask)
    if ask.caller.kind == "root" and policies.same_account:
        # Root has no identity policies: all that it is not denied it may do.
        return ""
    if policies.same_account and grant == "session":
        return ""
    identity = _allows(policies.identity, ask)
    if (not policies.same_account or policies.resource_must_allow) and grant == "none":
        return f"because no resource-based policy allows the {ask.action} action"
    if not (identity or (policies.same_account and grant == "principal")):
        return f"because no identity-based policy allows the {ask.action} action"
    if ask.caller.kind == "user" and not identity:
        return ""  # a resource policy that names the user itself is not limited by the boundary
    if policies.boundary is not None and not _allows([policies.boundary], ask):
        return f"because no permissions boundary allows the {ask.action} action"
    if policies.session and not _allows(policies.session, ask):
        return f"because no session policy allows the {ask.action} action"
    if ask.caller.kind == "federated_user" and not policies.session:
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html: no session policy, no permissions
        return f"because no session policy allows the {ask.action} action"
    return ""


def _explicit_deny(policies: Policies, ask: Ask) -> str:
    kinds: list[tuple[str, Iterable[str]]] = [
        ("a service control policy", [text for level in policies.scps or () for text in level]),
        ("an identity-based policy", policies.identity),
        ("a permissions boundary", [policies.boundary] if policies.boundary is not None else []),
        ("a session policy", policies.session),
    ]
    for kind, texts in kinds:
        if any(not statement.allows and applies(statement, ask) for text in texts for statement in compiled(text)):
            return kind
    if policies.resource is not None:
        for statement in compiled(policies.resource):
            if not statement.allows and applies(statement, ask) and _names(statement, ask.caller) != "none":
                return "a resource-based policy"
    return ""


def _allows(texts: Iterable[str], ask: Ask) -> bool:
    return any(statement.allows and applies(statement, ask) for text in texts for statement in compiled(text))


def _resource_grant(policies: Policies, ask: Ask) -> Grant:
    """The strongest grant of the resource policy."""
    if policies.resource is None:
        return "none"
    grants = {_names(statement, ask.caller) for statement in compiled(policies.resource) if statement.allows and applies(statement, ask)}
    order: tuple[Grant, ...] = ("session", "principal", "account")
    return next((grant for grant in order if grant in grants), "none")


def applies(statement: Statement, ask: Ask) -> bool:
    """Whether action, resource and conditions of the statement fit the request."""
    if statement.actions is not None:
        if not _action_in(statement.actions, ask.action):
            return False
    elif statement.not_actions is None or _action_in(statement.not_actions, ask.action):
        return False
    if statement.resources is not None:
        if not _resource_in(statement.resources, ask):
            return False
    elif statement.not_resources is not None and _resource_in(statement.not_resources, ask):
        return False
    return hold(statement.conditions, ask.context)


def _action_in(patterns: Iterable[str], action: str) -> bool:
    return any(matches(pattern, action, ignore_case=True) for pattern in patterns)


def _resource_in(patterns: Iterable[str], ask: Ask) -> bool:
    for pattern in patterns:
        text = filled(pattern, ask.context)
        if text is not None and matches(text, ask.resource):
            return True
    return False


def _names(statement: Statement, caller: Caller) -> Grant:
    """How the statement's Principal names the caller.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    if statement.not_principals is not None:
        return "none" if _named_in(statement.not_principals, caller) != "none" else "principal"
    return _named_in(statement.principals or {}, caller)


def _named_in(principals: object, caller: Caller) -> Grant:
    assert hasattr(principals, "get")
    if principals.get("*"):
        return "principal"
    best: Grant = "none"
    for name in principals.get("AWS", ()):
        if name == "*":
            return "principal"
        if name == caller.arn and caller.kind in ("assumed_role", "federated_user"):
            return "session"
        if name in (principal_arn(caller), caller.arn):
            best = "principal"
        elif best == "none" and (name == caller.account or name.endswith(f":iam::{caller.account}:root")):
            best = "account"
    return best


def principal_arn(caller: Caller) -> str:
    """The user or role behind the caller: what aws:PrincipalArn holds.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn"""
    if caller.session is not None and caller.kind == "assumed_role":
        return caller.session.issuer_arn
    return caller.arn

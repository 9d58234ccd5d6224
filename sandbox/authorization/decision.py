"""The order in which policies decide. Pure: knows texts and a request's context, nothing of moto.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    is_trust: bool = False
    """Whether `resource` is a role's trust policy, whose statements name no resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One action on one resource, as policies see it."""

    action: str
    resource: str
    context: Context
    caller: Caller


def refusal(policies: Policies, ask: Ask) -> str:
    """Why the request is refused, in AWS's words; empty where it is allowed.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    denied = _explicit_deny(policies, ask)
    if denied:
        return f"with an explicit deny in {denied}"
    if policies.scps is not None and not all(_allows(level, ask) for level in policies.scps):
        return f"because no service control policy allows the {ask.action} action"
    grant = _resource_grant(policies, ask)
    if (not policies.same_account or policies.resource_must_allow) and grant == "none":
        kind = "role trust policy" if policies.is_trust else "resource-based policy"
        return f"because no {kind} allows the {ask.action} action"
    if policies.same_account and _is_enough(grant, ask.caller):
        return ""
    # Root has no identity policies: all that its account may do it may do. So may whom root federated, within the session policy.
    identity = _is_of_root(ask.caller) or _allows(policies.identity, ask)
    if not (identity or (policies.same_account and grant == "principal")):
        return f"because no identity-based policy allows the {ask.action} action"
    if policies.boundary is not None and not _allows([policies.boundary], ask):
        return f"because no permissions boundary allows the {ask.action} action"
    # A federated user without a session policy has no permissions:
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    has_session_policy = bool(policies.session) or ask.caller.kind == "federated_user"
    if has_session_policy and not _allows(policies.session, ask):
        return f"because no session policy allows the {ask.action} action"
    return ""


def _is_enough(grant: Grant, caller: Caller) -> bool:
    """Within an account, a resource policy that names the session or the user itself is not limited by what other policies leave
    out: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic"""
    return grant == "session" or (grant == "principal" and caller.kind == "user")


def _is_of_root(caller: Caller) -> bool:
    if caller.kind == "federated_user" and caller.session is not None:
        return caller.session.issuer_arn.endswith(":root")
    return caller.kind == "root"


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
            if (
                not statement.allows
                and applies(statement, ask, without_resource=policies.is_trust)
                and _is_denied_by(statement, ask.caller, has_boundary=policies.boundary is not None)
            ):
                return "the role trust policy" if policies.is_trust else "a resource-based policy"
    return ""


def _allows(texts: Iterable[str], ask: Ask) -> bool:
    """Whether a policy other than a resource policy allows: only those may have a Principal."""
    return any(
        statement.allows and statement.names_nobody and applies(statement, ask)
        for text in texts
        for statement in compiled(text)
    )


def _resource_grant(policies: Policies, ask: Ask) -> Grant:
    """The strongest grant of the resource policy."""
    if policies.resource is None:
        return "none"
    grants = {
        _granted_by(statement, ask.caller)
        for statement in compiled(policies.resource)
        if statement.allows and applies(statement, ask, without_resource=policies.is_trust)
    }
    order: tuple[Grant, ...] = ("session", "principal", "account")
    return next((grant for grant in order if grant in grants), "none")


def speaking(policies: Policies, ask: Ask) -> list[Statement]:
    """The statements of the resource policy that allow or deny this to the caller."""
    return [
        statement
        for statement in compiled(policies.resource or "")
        if applies(statement, ask, without_resource=policies.is_trust)
        and (
            _granted_by(statement, ask.caller) != "none"
            if statement.allows
            else _is_denied_by(statement, ask.caller, has_boundary=policies.boundary is not None)
        )
    ]


def applies(statement: Statement, ask: Ask, *, without_resource: bool = False) -> bool:
    """Whether action, resource and conditions of the statement fit the request. A statement that names no resource fits none, but
    `without_resource`."""
    if statement.actions is not None:
        if not _action_in(statement.actions, ask.action):
            return False
    elif statement.not_actions is None or _action_in(statement.not_actions, ask.action):
        return False
    if not _fits_resource(statement, ask, without_resource=without_resource):
        return False
    return hold(statement.conditions, ask.context)


def _action_in(patterns: Iterable[str], action: str) -> bool:
    return any(matches(pattern, action, ignore_case=True) for pattern in patterns)


def _fits_resource(statement: Statement, ask: Ask, *, without_resource: bool) -> bool:
    given = statement.resources if statement.resources is not None else statement.not_resources
    if given is None:
        return without_resource
    patterns = [_filled(pattern, ask.context) for pattern in given] if statement.variables else given
    named = any(pattern is not None and matches(pattern, ask.resource) for pattern in patterns)
    if statement.resources is not None:
        return named
    return not named and None not in patterns  # what it leaves out is not known


def _filled(pattern: str, context: Context) -> str | None:
    """Variables may stand in the last part of the ARN only:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement"""
    if "${" not in pattern:
        return pattern
    parts = pattern.split(":", 5)
    if len(parts) < 6 or any("${" in part for part in parts[:5]):
        return None
    return filled(pattern, context)


def _granted_by(statement: Statement, caller: Caller) -> Grant:
    """How the statement's Principal names the caller.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    if statement.not_principals is not None:
        return "principal" if _named_in(statement.not_principals, caller) == "none" else "none"
    return _named_in(statement.principals or {}, caller)


def _is_denied_by(statement: Statement, caller: Caller, *, has_boundary: bool) -> bool:
    """Whether a Deny is for the caller. NotPrincipal spares those who are named with all that they are part of, session, role and
    account, and never somebody with a permissions boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html#specifying-notprincipal"""
    if statement.not_principals is None:
        return _named_in(statement.principals or {}, caller) != "none"
    spared = set(statement.not_principals.get("AWS", ())) | set(statement.not_principals.get("*", ()))
    if "*" in spared:
        return False
    account = {caller.account, f"arn:aws:iam::{caller.account}:root"}
    return has_boundary or not ({caller.arn, principal_arn(caller)} <= spared and spared & account)


def _named_in(principals: Mapping[str, Sequence[str]], caller: Caller) -> Grant:
    if "*" in principals.get("*", ()):
        return "session"
    best: Grant = "none"
    for name in principals.get("AWS", ()):
        if name == "*" or (name == caller.arn and caller.kind in ("assumed_role", "federated_user")):
            return "session"
        if name in (caller.arn, principal_arn(caller)) or name == _issuer(caller):
            best = "principal"
        elif best == "none" and name in (caller.account, f"arn:aws:iam::{caller.account}:root"):
            best = "account"
    return best


def _issuer(caller: Caller) -> str | None:
    """The IAM user who asked for a federated session: what names the user names the session, within its limits.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""
    session = caller.session
    return session.issuer_arn if session is not None and caller.kind == "federated_user" else None


def principal_arn(caller: Caller) -> str:
    """The user or role behind the caller: what aws:PrincipalArn holds.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn"""
    if caller.session is not None and caller.kind == "assumed_role":
        return caller.session.issuer_arn
    return caller.arn

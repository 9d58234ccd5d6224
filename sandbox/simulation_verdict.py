"""What the policy simulator says of one action on one resource. It decides nothing itself: authorization's own rules do.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sandbox.authorization.decision import Ask, Policies, applies, refusal, speaking
from sandbox.authorization.document import compiled
from sandbox.authorization.matching import Context
from sandbox.authorization.resources import resource_account
from sandbox.authorization.views import Scps
from sandbox.model import Caller
from sandbox.statement_places import places

Verdict = Literal["allowed", "explicitDeny", "implicitDeny"]
STRICTEST: tuple[Verdict, ...] = ("explicitDeny", "implicitDeny", "allowed")

# What the simulator fills in by itself; of some of these AWS does not say with what, and they are left out.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html#policies_policy-simulator-condition-keys
FILLED_IN = frozenset(
    f"aws:{name}"
    for name in (
        "principalaccount",
        "principalid",
        "principalorgid",
        "principalorgmasteraccountid",
        "principalorgpaths",
        "principaltype",
        "type",
        "userid",
        "username",
    )
)
_IDENTITY, _RESOURCE = "IAM Policy", "Resource Policy"
"""As the samples of the page name them; its list of values has other words, which no answer of AWS's has been seen with."""
_BOUNDARY = "Permissions Boundary Policy"
_VARIABLE = re.compile(r"\$\{([^}',{]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """A policy under the name by which results refer to it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Everything that one call of the simulator goes by."""

    identity: Sequence[NamedPolicy]
    caller: Caller
    context: Context
    boundary: str | None = None
    scps: Scps | None = None
    in_organization: bool = False
    resource: str | None = None
    """The resource policy, where one was given."""
    owner: str = ""
    """The account of resources whose ARNs do not say."""

    def same_account(self, resource: str) -> bool:
        """Resource policies are not looked up: without one, the other account has no say."""
        if self.resource is None:
            return True
        names_account = resource.split(":")[4:5] not in ([], [""])
        owner = resource_account(resource, self.caller) if names_account else self.owner or self.caller.account
        return owner == self.caller.account


def verdict_on(simulation: Simulation, action: str, resource: str) -> dict[str, Any]:
    """One entry of ResourceSpecificResults, with what the account's organization says besides."""
    same_account = simulation.same_account(resource)
    policies = Policies(
        identity=[policy.text for policy in simulation.identity],
        boundary=simulation.boundary,
        scps=simulation.scps,
        resource=simulation.resource,
        same_account=same_account,
    )
    ask = Ask(action=action, resource=resource, context=simulation.context, caller=simulation.caller)
    why = refusal(policies, ask)
    decision: Verdict = "allowed" if not why else "explicitDeny" if "explicit deny" in why else "implicitDeny"
    organization = _organization(simulation.scps, ask)
    goes_on = organization == "allowed"
    if not goes_on:
        decision = organization  # "the simulation ends"
    found: dict[str, Any] = {
        "EvalResourceName": resource,
        "EvalResourceDecision": decision,
        "MatchedStatements": list(_matched(simulation, policies, ask, decision)) if goes_on else [],
        "MissingContextValues": _missing(simulation, action) if goes_on else [],
    }
    if simulation.in_organization:
        found["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": goes_on}
    if simulation.boundary is not None:
        allowed = _says([simulation.boundary], ask) == "allowed"
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if resource != "*" and goes_on:
        found["EvalDecisionDetails"] = {} if same_account else _by_kind(policies, ask)
    return found


def _by_kind(policies: Policies, ask: Ask) -> dict[str, Verdict]:
    speaks = speaking(policies, ask)
    resource: Verdict = "allowed" if speaks else "implicitDeny"
    if any(not statement.allows for statement in speaks):
        resource = "explicitDeny"
    found = {_IDENTITY: _says(policies.identity, ask), _RESOURCE: resource}
    if policies.boundary is not None:
        found[_BOUNDARY] = _says([policies.boundary], ask)
    return found


def _says(texts: Iterable[str], ask: Ask) -> Verdict:
    """What policies other than resource policies say by themselves."""
    fitting = [statement for text in texts for statement in compiled(text) if applies(statement, ask)]
    if any(not statement.allows for statement in fitting):
        return "explicitDeny"
    return "allowed" if any(statement.names_nobody for statement in fitting) else "implicitDeny"


def _organization(scps: Scps | None, ask: Ask) -> Verdict:
    """What the service control policies of all levels say together."""
    levels = {_says(level, ask) for level in scps or ()}
    return next((verdict for verdict in STRICTEST if verdict in levels), "allowed")


def _matched(simulation: Simulation, policies: Policies, ask: Ask, decision: Verdict) -> Iterator[dict[str, Any]]:
    """The statements that made the decision: none where nothing allows, and never any of a service control policy."""
    if decision == "implicitDeny":
        return
    wanted = decision == "allowed"
    for policy in simulation.identity:
        yield from _entries(
            policy,
            _IDENTITY,
            [one.place for one in compiled(policy.text) if one.allows is wanted and applies(one, ask)],
        )
    if policies.resource is not None:
        told = [one.place for one in speaking(policies, ask) if one.allows is wanted]
        yield from _entries(NamedPolicy(id="ResourcePolicy", text=policies.resource), _RESOURCE, told)


def _entries(policy: NamedPolicy, kind: str, which: Sequence[int]) -> Iterator[dict[str, Any]]:
    spans = places(policy.text) if which else []
    for place in which:
        start, end = spans[place]
        yield {"SourcePolicyId": policy.id, "SourcePolicyType": kind, "StartPosition": start, "EndPosition": end}


def _missing(simulation: Simulation, action: str) -> list[str]:
    """The condition keys of the statements about this action that nobody gave a value. That statements about other actions do not
    count is an assumption."""
    ask = Ask(action=action, resource="*", context={}, caller=simulation.caller)
    texts = [policy.text for policy in simulation.identity]
    texts += [simulation.resource] if simulation.resource is not None else []
    found: dict[str, str] = {}
    for text in texts:
        about = [
            one.place
            for one in compiled(text)
            if applies(replace(one, conditions=(), resources=("*",), not_resources=None), ask)
        ]
        for key in _keys_of(text, about):
            if key.lower() not in FILLED_IN and key.lower() not in simulation.context:
                found.setdefault(key.lower(), key)
    return list(found.values())


def _keys_of(text: str, which: Sequence[int]) -> Iterator[str]:
    """The keys in the conditions and policy variables of these statements, as they are written."""
    if not which:
        return
    document = json.loads(text)
    given = document["Statement"]
    statements: Sequence[Mapping[str, Any]] = given if isinstance(given, list) else [given]
    for place in which:
        for pairs in statements[place].get("Condition", {}).values():
            yield from pairs
        if document.get("Version") == "2012-10-17":
            found = _VARIABLE.findall(json.dumps(statements[place]))
            yield from (name for name in found if name not in ("*", "?", "$"))

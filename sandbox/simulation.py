"""IAM's policy simulator, by the same rules and the same view of IAM by which the sandbox decides real calls.

AWS does not document whether a simulation sees a change before it is enforced; here it sees what is enforced.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox import iam_pages, simulation_inputs
from sandbox.authorization.organization_keys import organization_keys
from sandbox.authorization.views import HeldPolicy, PrincipalView
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.service_reference import arn_template
from sandbox.simulation_inputs import Entity, entity
from sandbox.simulation_verdict import STRICTEST, NamedPolicy, Simulation, verdict_on

if TYPE_CHECKING:
    from sandbox.world import World


def simulate_principal_policy(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
    given = request.parameters
    source = entity(str(given["PolicySourceArn"]))
    view = _view(world, caller.account, source)
    if view is None:
        name = f"The {source.kind} with name {source.name} cannot be found."
        raise ApiError("NoSuchEntity", name, 404)
    simulated = _simulated(world, given, source)
    excluded = simulation_inputs.excluded_kinds(given)
    boundary = simulation_inputs.boundary(given)
    if boundary is None and "permission-boundary" not in excluded:
        boundary = view.boundary
    scps_apply = "scp" not in excluded and ":role/aws-service-role/" not in view.arn
    own = [_named(policy) for policy in simulation_inputs.left_in(given, view.held)]
    return _answer(
        request,
        Simulation(
            identity=[*own, *simulation_inputs.documents(given, "PolicyInputList")],
            caller=simulated,
            context=_context(simulated) | simulation_inputs.context(given),
            boundary=boundary,
            scps=world.authorizer.views.scps(caller.account) if scps_apply else None,
            in_organization=bool(organization_keys(caller.account)),
            resource=simulation_inputs.resource_policy(given, _caller_entity(given) or source),
            owner=_owner(given),
        ),
    )


def simulate_custom_policy(world: World, request: ApiRequest, _caller: Caller) -> Mapping[str, Any]:
    """Of policies that are handed over, and of no others: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html"""
    given = request.parameters
    by = _caller_entity(given)
    simulated = _simulated(world, given, by)
    levels = simulation_inputs.organization(given)
    return _answer(
        request,
        Simulation(
            identity=simulation_inputs.documents(given, "PolicyInputList"),
            caller=simulated,
            context=(_context(simulated) if by else {}) | simulation_inputs.context(given),
            boundary=simulation_inputs.boundary(given),
            scps=levels,
            in_organization=levels is not None,
            resource=simulation_inputs.resource_policy(given, by),
            owner=_owner(given),
        ),
    )


def _answer(request: ApiRequest, simulation: Simulation) -> Mapping[str, Any]:
    """A page of the results, one for each action."""
    given = request.parameters
    resources = simulation_inputs.resources(given)
    page, more = iam_pages.page(request, simulation_inputs.actions(given))
    return {"EvaluationResults": [_result(simulation, action, resources) for action in page], **more}


def _result(simulation: Simulation, action: str, resources: Sequence[str]) -> dict[str, Any]:
    """All resources together, and each by itself where they were named. Together they are denied if one is: AWS says so of the kinds of
    policies (EvalDecisionDetails)."""
    each = [verdict_on(simulation, action, resource) for resource in resources]
    decisions = {one["EvalResourceDecision"] for one in each}
    decision = next(verdict for verdict in STRICTEST if verdict in decisions)
    deciding = [one for one in each if one["EvalResourceDecision"] == decision]
    found: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": arn_template(action, resources[0]),
        "EvalDecision": decision,
        "MatchedStatements": _union(one["MatchedStatements"] for one in deciding),
        "MissingContextValues": _union(one["MissingContextValues"] for one in each),
    }
    for detail, allowed in (
        ("OrganizationsDecisionDetail", "AllowedByOrganizations"),
        ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
    ):
        told = [one[detail][allowed] for one in each if detail in one]
        if told:
            found[detail] = {allowed: all(told)}
    if resources == ["*"]:
        return found
    details = [one["EvalDecisionDetails"] for one in each if "EvalDecisionDetails" in one]
    if details:
        kinds = dict.fromkeys(kind for one in details for kind in one)
        found["EvalDecisionDetails"] = {
            kind: next(verdict for verdict in STRICTEST if any(one.get(kind) == verdict for one in details))
            for kind in kinds
        }
    # What the organization says is told of all resources together only.
    found["ResourceSpecificResults"] = [
        {name: value for name, value in one.items() if name != "OrganizationsDecisionDetail"} for one in each
    ]
    return found


def _union(lists: Any) -> list[Any]:
    found: list[Any] = []
    for one in (one for listed in lists for one in listed):
        if one not in found:
            found.append(one)
    return found


def _named(policy: HeldPolicy) -> NamedPolicy:
    """As the page's samples name them: "AmazonS3ReadOnlyAccess", "user_admin_AdminUser"."""
    inline = f"{policy.kind}_{policy.holder}_{policy.name}"
    return NamedPolicy(id=policy.name if policy.arn else inline, text=policy.text)


def _caller_entity(given: Mapping[str, Any]) -> Entity | None:
    return entity(str(given["CallerArn"])) if given.get("CallerArn") else None


def _simulated(world: World, given: Mapping[str, Any], source: Entity | None) -> Caller:
    """Who would make the calls: CallerArn, or else whose policies they are."""
    by = _caller_entity(given) or source
    if by is None:
        return Caller(kind="user", account="", arn="", user_id="", access_key_id="", name="")
    view = _view(world, by.account, by)
    return Caller(
        kind="assumed_role" if by.kind == "role" else "user",
        account=by.account,
        arn=view.arn if view else by.arn,
        user_id=view.id if view and by.kind != "group" else "",
        access_key_id="",
        name=by.name if by.kind == "user" else "",
    )


def _view(world: World, account: str, of: Entity) -> PrincipalView | None:
    """A role's path may be left out: names are unique. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    if of.account != account:
        return None
    views = world.authorizer.views
    look = {"user": views.user, "role": views.role, "group": views.group}[of.kind]
    return look(account, of.name)


def _context(caller: Caller) -> dict[str, str | list[str]]:
    """What the simulator fills in. A role's aws:userid names a session, of which there is none: AWS does not say what it is then, and
    here it is the role's id alone.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html#policies_policy-simulator-condition-keys"""
    found: dict[str, str | list[str]] = {"aws:principalaccount": caller.account, **organization_keys(caller.account)}
    if caller.user_id:
        found |= {
            "aws:userid": caller.user_id,
            "aws:principaltype": "AssumedRole" if caller.kind == "assumed_role" else "User",
        }
    if caller.name:
        found["aws:username"] = caller.name
    return found


def _owner(given: Mapping[str, Any]) -> str:
    """An account id, also in the form arn:aws:iam::123456789012:root."""
    owner = str(given.get("ResourceOwner") or "")
    account = owner.split(":")[4] if owner.startswith("arn:aws:iam::") and owner.endswith(":root") else owner
    if account and not (account.isdigit() and len(account) == 12):
        raise simulation_inputs.invalid(f"Invalid resource owner: {owner}")
    return account


HANDLERS = {
    ("iam", "SimulatePrincipalPolicy"): simulate_principal_policy,
    ("iam", "SimulateCustomPolicy"): simulate_custom_policy,
}

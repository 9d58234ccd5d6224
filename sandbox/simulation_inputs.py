"""What the policy simulator is given, read and refused as IAM does.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html#API_SimulatePrincipalPolicy_RequestParameters"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import policies
from sandbox.authorization.matching import matches
from sandbox.authorization.views import HeldPolicy
from sandbox.errors import ApiError
from sandbox.simulation_verdict import NamedPolicy

_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|group|role)/(?:[!-~]+/)?([\w+=,.@-]+)", re.ASCII)
_MANAGED = re.compile(r"arn:aws:iam::(?:aws|\d{12}):policy/[!-~]+", re.ASCII)
_KINDS = {"inline", "aws-managed", "user-managed", "permission-boundary", "scp", "rcp"}
_TYPES = {f"{kind}{many}" for kind in ("string", "numeric", "boolean", "ip", "binary", "date") for many in ("", "List")}
# The page lists what each of them must be given.
_SCENARIOS: dict[str, tuple[str, ...]] = {
    "EC2-VPC-InstanceStore": ("instance", "image", "security-group", "network-interface"),
    "EC2-VPC-InstanceStore-Subnet": ("instance", "image", "security-group", "network-interface", "subnet"),
    "EC2-VPC-EBS": ("instance", "image", "security-group", "network-interface", "volume"),
    "EC2-VPC-EBS-Subnet": ("instance", "image", "security-group", "network-interface", "subnet", "volume"),
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A user, group or role by its ARN."""

    arn: str
    account: str
    kind: str
    name: str


def invalid(message: str) -> ApiError:
    return ApiError("InvalidInput", message, 400)


def entity(arn: str) -> Entity:
    """Sessions, root and services cannot be simulated."""
    found = _ENTITY.fullmatch(arn)
    if found is None:
        raise invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    return Entity(arn, found[1], found[2], found[3])


def actions(given: Mapping[str, Any]) -> list[str]:
    listed = [str(name) for name in given.get("ActionNames") or ()]
    if not listed:
        raise invalid("Invalid action list: it must not be empty.")
    for name in listed:
        service, colon, rest = name.partition(":")
        if not (service and colon and rest) or "*" in name or not 3 <= len(name) <= 128:
            raise invalid(f"Invalid action name: {name}")
    return listed


def resources(given: Mapping[str, Any]) -> list[str]:
    """Everything, where nothing is named. That it must stand alone AWS says in its error only, not on the page."""
    listed = [str(arn) for arn in given.get("ResourceArns") or ()] or ["*"]
    if "*" in listed and len(listed) > 1:
        raise invalid(
            "Invalid resource input list: you cannot include both * and individual resources in the resource list for a simulation."
        )
    for arn in listed:
        if arn != "*" and (not arn.startswith("arn:") or arn.count(":") < 5):
            raise invalid(f"Invalid resource ARN: {arn}")
    option = given.get("ResourceHandlingOption")
    if option is not None:
        if option not in _SCENARIOS:
            raise invalid(f"Invalid resource handling option: {option}")
        kinds = {arn.split(":", 5)[5].partition("/")[0] for arn in listed if arn != "*"}
        lacking = [kind for kind in _SCENARIOS[str(option)] if kind not in kinds]
        if lacking:
            raise invalid(f"The resource handling option {option} needs resources of the kinds {', '.join(lacking)}.")
    return listed


def context(given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Condition keys, in lower case. One that is given without a value is not there."""
    found: dict[str, str | list[str]] = {}
    for entry in given.get("ContextEntries") or ():
        name, kind = str(entry.get("ContextKeyName", "")), str(entry.get("ContextKeyType", "string"))
        values = [str(value) for value in entry.get("ContextKeyValues") or ()]
        if not 5 <= len(name) <= 256 or kind not in _TYPES:
            raise invalid(f"Invalid context entry: {name} of the type {kind}")
        if len(values) > 1 and not kind.endswith("List"):
            raise invalid(f"Invalid context entry: {name} has several values, and its type {kind} is of one")
        if values:
            found[name.lower()] = values if kind.endswith("List") else values[0]
    return found


def documents(given: Mapping[str, Any], parameter: str) -> list[NamedPolicy]:
    """Identity policies that were handed over, under the names that results give them."""
    return [
        NamedPolicy(id=f"{parameter}.{number}", text=sound(str(text)))
        for number, text in enumerate(given.get(parameter) or (), start=1)
    ]


def boundary(given: Mapping[str, Any]) -> str | None:
    texts = given.get("PermissionsBoundaryPolicyInputList") or ()
    if len(texts) > 1:
        raise invalid("Invalid input: there can be only one permissions boundary in a simulation.")
    return sound(str(texts[0])) if texts else None


def organization(given: Mapping[str, Any]) -> tuple[tuple[str, ...], ...] | None:
    """Service control policies by level, the root's first; None where none were given."""
    levels = given.get("OrderedOrganizationPolicyInputList")
    if not levels:
        return None
    if len(levels) > 7:
        raise invalid("Invalid input: an organization has 7 levels at most.")
    return tuple(
        tuple(sound(str(text)) for text in level.get("ServiceControlPolicyInputList") or ()) for level in levels
    )


def resource_policy(given: Mapping[str, Any], caller: Entity | None) -> str | None:
    """Not for roles: "Simulation of resource-based policies isn't supported for IAM roles"."""
    text = given.get("ResourcePolicy")
    if text is None:
        return None
    if caller is None:
        raise invalid("Invalid caller - Caller cannot be null or empty.")
    if caller.kind == "role":
        raise invalid("Simulation of resource-based policies is not supported for IAM roles.")
    try:
        read = json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise _not_evaluated("the resource policy is no JSON") from error
    if not isinstance(read, dict) or "Statement" not in read:
        raise _not_evaluated("the resource policy has no statement")
    return str(text)


def sound(text: str) -> str:
    try:
        policies.check_identity_policy(text)
    except ApiError as error:
        raise _not_evaluated(error.message) from error
    return text


def excluded_kinds(given: Mapping[str, Any]) -> set[str]:
    """The kinds of policies that PolicyExclusionList leaves out whole."""
    found = {str(one["PolicyType"]) for one in given.get("PolicyExclusionList") or () if one.get("PolicyType")}
    if not found <= _KINDS:
        raise invalid(f"Invalid policy type: {', '.join(sorted(found - _KINDS))}")
    return found


def left_in(given: Mapping[str, Any], held: Iterable[HeldPolicy]) -> list[HeldPolicy]:
    """The policies that PolicyExclusionList does not leave out.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html"""
    kinds = excluded_kinds(given)
    entries: Sequence[Mapping[str, Any]] = given.get("PolicyExclusionList") or ()
    arns = [_pattern(str(one["PolicyArn"])) for one in entries if one.get("PolicyArn")]
    inline = [one["InlinePolicyIdentifier"] for one in entries if one.get("InlinePolicyIdentifier")]
    for one in inline:
        if {"PolicyName", "AttachmentType", "AttachmentName"} - set(one) or str(one["AttachmentName"]).count("*") > 1:
            raise invalid("Invalid identifier of an inline policy.")
    return [
        policy
        for policy in held
        if _kind(policy) not in kinds
        and not any(policy.arn and matches(arn, policy.arn) for arn in arns)
        and not any(not policy.arn and _is(policy, one) for one in inline)
    ]


def _pattern(arn: str) -> str:
    path, _, name = arn.rpartition("/")
    if _MANAGED.fullmatch(arn) is None or "*" in path or "?" in path or name.count("*") > 1:
        raise invalid(f"Invalid policy ARN: {arn}")
    return arn


def _kind(policy: HeldPolicy) -> str:
    if not policy.arn:
        return "inline"
    return "aws-managed" if policy.arn.startswith("arn:aws:iam::aws:") else "user-managed"


def _is(policy: HeldPolicy, named: Mapping[str, Any]) -> bool:
    return (
        policy.name == named["PolicyName"]
        and policy.kind == named["AttachmentType"]
        and matches(str(named["AttachmentName"]), policy.holder)
    )


def _not_evaluated(why: str) -> ApiError:
    return ApiError("PolicyEvaluation", f"A provided policy could not be evaluated: {why}", 500)

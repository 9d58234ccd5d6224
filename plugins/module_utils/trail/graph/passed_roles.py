# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles that a call passed to an instance, a function, a task or another service, and how the sessions they give rise to are told. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of

# Services that run what they were given as another service principal than the one they are called by.
_RUNS_AS: Mapping[str, str] = {
    "ecs.amazonaws.com": "ecs-tasks.amazonaws.com",
    "elasticmapreduce.amazonaws.com": "ec2.amazonaws.com",
}
_DEEPEST = 6
_MOST_ROLES = 20
# They take roles of their own accord, or take none at all.
_NO_PASSING = frozenset({"cognito-identity", "iam", "sts", "signin", "organizations", "sso-admin", "rolesanywhere"})
_TAKES_AWAY = re.compile(
    r"(Delete|Remove|Disassociate|Detach|Deregister|Stop|Cancel|Terminate|Untag|Tag|Disable|Revoke|Reject)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """Sessions that something new acts with."""

    principal: str
    """The role's ARN, or that of the sessions; empty where the call names only an instance profile."""
    words: frozenset[Word]


def passed(event: Event) -> Iterator[Passed]:
    """The sessions of what the call made or changed."""
    if event.read_only or event.service in _NO_PASSING or _TAKES_AWAY.match(event.operation):
        return
    if event.service == "ec2":
        yield from _instances(event)
    elif event.service == "lambda" and event.operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        yield from _function(event)
    else:
        yield from _others(event)


def _instances(event: Event) -> Iterator[Passed]:
    """Sessions of instances are named like them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:userid of instances)"""
    request, response = event.request, event.response
    names: list[Json] = []
    if event.operation == "RunInstances" and (request.get("iamInstanceProfile") or request.get("launchTemplate")):
        items = mapping_of(response.get("instancesSet")).get("items")
        names = [mapping_of(item).get("instanceId") for item in items] if isinstance(items, list) else []
    elif event.operation in ("AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"):
        for part in (request, response):
            for name, value in part.items():
                inner = mapping_of(value)
                names += [inner.get("InstanceId"), inner.get("instanceId")]
                names += [value] if name.lower() == "instanceid" else []
                names.append(mapping_of(inner.get("iamInstanceProfileAssociation")).get("instanceId"))
    for name in dict.fromkeys(filter(None, (matched(senses.THING_NAME, name) for name in names))):
        yield Passed(
            principal=f"arn:aws:ec2:{event.region}:{event.account}:instance/{name}",
            words=frozenset({Word(name, senses.THING)}),
        )


def _function(event: Event) -> Iterator[Passed]:
    """Sessions of a function are named like it. https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""
    given = text_of(event.request.get("role"))
    role = ROLE_ARN.fullmatch(given)
    name = text_of(event.response.get("functionName") or event.request.get("functionName")).split(":")[-1]
    if role and senses.NAME.fullmatch(name):
        arn = f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/{name}"
        taken = senses.taken(role["account"], f"service:lambda.amazonaws.com:{name}")
        words = {Word(arn, senses.FUNCTION), *senses.name_words("role", role["name"], taken)}
        yield Passed(principal=arn, words=frozenset(words))


def _others(event: Event) -> Iterator[Passed]:
    """Any service that a role is handed to takes it by itself; a task's sessions are named like the task."""
    service = text_of(event.record.get("eventSource"))
    service = _RUNS_AS.get(service, service)
    things = frozenset(Word(name, senses.THING) for name in _tasks(event))
    for role in sorted(set(_roles(event.request, _DEEPEST)))[:_MOST_ROLES]:
        parts = ROLE_ARN.fullmatch(role)
        if parts:
            taken = senses.taken(parts["account"], f"service:{service}")
            yield Passed(principal=role, words=senses.name_words("role", parts["name"], taken) | things)


def _tasks(event: Event) -> Iterator[str]:
    tasks = event.response.get("tasks") if event.service == "ecs" else None
    for task in tasks if isinstance(tasks, list) else []:
        name = matched(senses.THING_NAME, text_of(mapping_of(task).get("taskArn")).rpartition("/")[2])
        if name:
            yield name


def _roles(value: Json, depth: int, under: str = "") -> Iterator[str]:
    """ARNs of roles that stand under a name with "role" in it."""
    if isinstance(value, str):
        if "role" in under and value.startswith("arn:") and ROLE_ARN.fullmatch(value):
            yield value
    elif depth and isinstance(value, dict):
        for name, inner in value.items():
            yield from _roles(inner, depth - 1, str(name).lower())
    elif depth and isinstance(value, list):
        for inner in value:
            yield from _roles(inner, depth - 1, under)

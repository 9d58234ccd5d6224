"""Which events a trail asks for. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.cloudtrail.catalogue import Kind

_EVERYTHING_MANAGED: tuple[Mapping[str, Any], ...] = (
    {"IncludeManagementEvents": True, "ReadWriteType": "All", "DataResources": []},
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What selectors may look at."""

    kind: Kind
    resource_arn: str = ""
    identity_arn: str = ""


def wanted(candidate: Candidate, basic: Sequence[Mapping[str, Any]], advanced: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any selector asks for the event. A trail without selectors takes every management event and no data event."""
    if advanced:
        return any(_advanced(selector, candidate) for selector in advanced)
    return any(_basic(selector, candidate) for selector in basic or _EVERYTHING_MANAGED)


def _basic(selector: Mapping[str, Any], candidate: Candidate) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html"""
    kind = candidate.kind
    direction = selector.get("ReadWriteType", "All")
    if (direction == "ReadOnly" and not kind.read_only) or (direction == "WriteOnly" and kind.read_only):
        return False
    if kind.category == "Management":
        return bool(selector.get("IncludeManagementEvents", True)) and kind.source not in selector.get(
            "ExcludeManagementEventSources", ()
        )
    return any(
        resource.get("Type") == kind.resource_type
        and candidate.resource_arn.startswith(tuple(resource.get("Values", ())))
        for resource in selector.get("DataResources", ())
    )


def _advanced(selector: Mapping[str, Any], candidate: Candidate) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html"""
    kind = candidate.kind
    values = {
        "eventCategory": kind.category,
        "readOnly": "true" if kind.read_only else "false",
        "eventSource": kind.source,
        "eventName": kind.name,
        "eventType": "AwsApiCall",
        "resources.type": kind.resource_type or "",
        "resources.ARN": candidate.resource_arn,
        "userIdentity.arn": candidate.identity_arn,
        "sessionCredentialFromConsole": "false",
    }
    return all(_field(field, values.get(field["Field"], "")) for field in selector.get("FieldSelectors", ()))


def _field(field: Mapping[str, Any], value: str) -> bool:
    """Any of an operator's values will do; with a negated operator none may."""
    tests: dict[str, bool] = {
        "Equals": value in field.get("Equals", ()),
        "NotEquals": value not in field.get("NotEquals", ()),
        "StartsWith": value.startswith(tuple(field.get("StartsWith", ()))),
        "NotStartsWith": not value.startswith(tuple(field.get("NotStartsWith", ()))),
        "EndsWith": value.endswith(tuple(field.get("EndsWith", ()))),
        "NotEndsWith": not value.endswith(tuple(field.get("NotEndsWith", ()))),
    }
    return all(held for name, held in tests.items() if field.get(name))

"""GetResources of the Resource Groups Tagging API: also of what Organizations has, and in pages as documented.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html

It returns all resource types but IAM's users and roles and Auto Scaling groups
(https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html). Accounts, units, roots and policies are
the management account's, and in us-east-1, where Organizations is
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.resource_tagging import iter_taggable_backends, make_tag_matcher, match_resource_type

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.organization import REGION

if TYPE_CHECKING:
    from sandbox.world import World

_PAGE, _LARGEST_PAGE = 50, 100
_TAGS_PER_PAGE = (100, 500)
_TOKEN_LIFE = timedelta(minutes=15)
_MOST_TYPES, _MOST_ARNS, _MOST_FILTERS = 100, 100, 50
_NEVER_SHOWN = ("iam:user", "iam:role", "autoscaling:")

Resource = tuple[str, str, Mapping[str, str]]
"""Type, as in "ec2:instance", ARN and tags."""


def get_resources(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    given = request.parameters
    _check(given)
    found = [
        (arn, tags)
        for kind, arn, tags in _resources(caller.account, request.region, given)
        if _fits(kind, arn, tags, given)
    ]
    start, asked = 0, json.dumps([given.get("ResourceTypeFilters"), given.get("TagFilters")])
    now = world.clock.now()
    if given.get("PaginationToken"):
        start, issued_at, whose = _read(str(given["PaginationToken"]))
        if whose != asked:
            raise _bad("The PaginationToken is of another request.")
        if now.timestamp() > issued_at + _TOKEN_LIFE.total_seconds():
            raise ApiError("PaginationTokenExpiredException", "The PaginationToken is valid for 15 minutes.")
    end = start + _length(found[start:], given)
    token = ""
    if end < len(found):
        token = base64.urlsafe_b64encode(json.dumps([end, now.timestamp(), asked]).encode()).decode()
    return {
        "PaginationToken": token,
        "ResourceTagMappingList": [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in found[start:end]
        ],
    }


def _resources(account: str, region: str, given: Mapping[str, Any]) -> Iterator[Resource]:
    """Everything of the account in the region that has, or has had, tags."""
    if region == REGION:
        yield from _of_organization(account)
    filters = given.get("ResourceTypeFilters") or ()
    if filters and all(str(one).partition(":")[0] == "organizations" for one in filters):
        return
    for backend in iter_taggable_backends(account, region):
        for resource in backend.iter_tagged_resources():
            if resource.tags and not str(resource.resource_type).startswith(_NEVER_SHOWN):
                yield str(resource.resource_type), str(resource.arn), resource.tags


def _of_organization(account: str) -> Iterator[Resource]:
    backend = get_backend("organizations")[account]["aws"]
    if backend.org is None:
        return
    for kind, there in (("account", backend.accounts), ("ou", backend.ou), ("policy", backend.policies)):
        for resource in there:
            if resource.tags or getattr(resource, "has_had_tags", False):
                is_root = resource.id == backend.org.root_id
                yield f"organizations:{'root' if is_root else kind}", str(resource.arn), resource.tags


def _fits(kind: str, arn: str, tags: Mapping[str, str], given: Mapping[str, Any]) -> bool:
    arns = given.get("ResourceARNList")
    if not match_resource_type(kind, given.get("ResourceTypeFilters")) or (arns and arn not in arns):
        return False
    return make_tag_matcher(given.get("TagFilters"))(dict(tags))


def _length(rest: Sequence[tuple[str, Mapping[str, str]]], given: Mapping[str, Any]) -> int:
    """How many of the rest go onto the page. A resource is not split; one without tags counts as having one."""
    length, tags = 0, 0
    for _arn, has in rest[: int(given.get("ResourcesPerPage", _PAGE))]:
        tags += max(len(has), 1)
        if length and tags > int(given.get("TagsPerPage", tags)):
            break
        length += 1
    return length


def _check(given: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html#API_GetResources_RequestParameters"""
    others = ("ResourceTypeFilters", "TagFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken")
    clashing = next((name for name in others if given.get(name)), None)
    if given.get("ResourceARNList") and clashing:
        raise _bad(f"ResourceARNList and {clashing} cannot be in one request.")
    for name, least, most in (("ResourcesPerPage", 1, _LARGEST_PAGE), ("TagsPerPage", *_TAGS_PER_PAGE)):
        if name in given and not least <= int(given[name]) <= most:
            raise _bad(f"{name} must be between {least} and {most}.")
    for name, most in (
        ("ResourceTypeFilters", _MOST_TYPES),
        ("ResourceARNList", _MOST_ARNS),
        ("TagFilters", _MOST_FILTERS),
    ):
        if len(given.get(name) or ()) > most:
            raise _bad(f"{name} has {most} items at most.")


def _read(token: str) -> tuple[int, float, str]:
    try:
        start, issued_at, asked = json.loads(base64.urlsafe_b64decode(token.encode()))
        return int(start), float(issued_at), str(asked)
    except (ValueError, TypeError) as error:
        raise _bad("The PaginationToken is not valid.") from error


def _bad(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)


HANDLERS: dict[tuple[str, str], Callable[[World, ApiRequest, Caller], Mapping[str, Any]]] = {
    ("resourcegroupstaggingapi", "GetResources"): get_resources,
}

"""Versions of managed policies, where moto has something else than IAM: texts that are not encoded, or shown where they are not.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.account_details import dated, encoded
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_VERSIONS_QUOTA = 5
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities"""


def create_policy_version(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html"""
    policy, given = _policy(request, caller), request.parameters
    if len(policy.versions) >= _VERSIONS_QUOTA:
        raise ApiError(
            "LimitExceeded",
            f"A managed policy can have up to {_VERSIONS_QUOTA} versions. Before you create a new version, you must delete an "
            "existing version.",
            409,
        )
    made = iam_of(caller.account).create_policy_version(
        policy.arn, str(given["PolicyDocument"]), bool(given.get("SetAsDefault", False))
    )
    policy.update_date = made.create_date
    return {"PolicyVersion": _shown(made)}


def get_policy_version(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html"""
    policy, wanted = _policy(request, caller), str(request.parameters["VersionId"])
    found = next((version for version in policy.versions if version.version_id == wanted), None)
    if found is None:
        raise ApiError(
            "NoSuchEntity", f"Policy {policy.arn} version {wanted} does not exist or is not attachable.", 404
        )
    return {"PolicyVersion": {"Document": encoded(found.document), **_shown(found)}}


def list_policy_versions(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html"""
    return {"Versions": [_shown(version) for version in _policy(request, caller).versions], "IsTruncated": False}


def _shown(version: Any) -> dict[str, Any]:
    """Without the text: "It is not returned in the response to the CreatePolicyVersion or ListPolicyVersions operations"."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.is_default,
        "CreateDate": dated(version.create_date),
    }


def _policy(request: ApiRequest, caller: Caller) -> Any:
    arn = str(request.parameters["PolicyArn"])
    found = iam_of(caller.account).managed_policies.get(arn)
    if found is None:
        raise ApiError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    return found


HANDLERS = {
    ("iam", "CreatePolicyVersion"): create_policy_version,
    ("iam", "GetPolicyVersion"): get_policy_version,
    ("iam", "ListPolicyVersions"): list_policy_versions,
}

"""Roles where moto has something else than IAM: those that AWS alone may change, their settings, instance profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_SERVICE_LINKED = "/aws-service-role/"
_RESERVED = "/aws-reserved/"
_USUAL_SESSION_S = 3600


def is_changeable(request: ApiRequest, caller: Caller) -> None:
    """Service-linked roles are the services' to change, Identity Center's roles are Identity Center's. Only the description of the
    first is everybody's: https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html and
    https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html"""
    role = _role(request, caller)
    if role is None or not role.path.startswith((_SERVICE_LINKED, _RESERVED)):
        return
    describing = request.operation in ("UpdateRole", "UpdateRoleDescription")
    if role.path.startswith(_SERVICE_LINKED) and describing and "MaxSessionDuration" not in request.parameters:
        return
    raise ApiError(
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
        400,
    )


def profile_has_room(request: ApiRequest, caller: Caller) -> None:
    """One role: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"""
    profile = iam_of(caller.account).instance_profiles.get(_profile_id(request, caller))
    if profile is not None and profile.roles:
        raise ApiError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409)


def profile_is_empty(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html"""
    profile = iam_of(caller.account).instance_profiles.get(_profile_id(request, caller))
    if profile is not None and profile.roles:
        raise ApiError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)


def has_boundary(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html"""
    role = _role(request, caller)
    if role is not None and not role.permissions_boundary_arn:
        raise ApiError("NoSuchEntity", f"The role {role.name} does not have a permissions boundary.", 404)


def update_assume_role_policy(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto knows fewer actions. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html"""
    _there(request, caller).assume_role_policy_document = str(request.parameters["PolicyDocument"])
    return {}


def update_role(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto takes away what is not given. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html"""
    role, given = _there(request, caller), request.parameters
    if "Description" in given:
        role.description = given["Description"]
    if "MaxSessionDuration" in given:
        role.max_session_duration = given["MaxSessionDuration"]
    elif not role.max_session_duration:
        role.max_session_duration = _USUAL_SESSION_S
    return {}


def roles_that_change() -> list[str]:
    """Operations that IAM's model refuses with UnmodifiableEntity."""
    model = get_service_model("iam")
    return [
        name
        for name in model.operation_names
        if any(shape.name == "UnmodifiableEntityException" for shape in model.operation_model(name).error_shapes)
    ]


HANDLERS = {
    ("iam", "UpdateAssumeRolePolicy"): update_assume_role_policy,
    ("iam", "UpdateRole"): update_role,
}


def _role(request: ApiRequest, caller: Caller) -> Any:
    name = request.parameters.get("RoleName")
    return next((role for role in list(iam_of(caller.account).roles.values()) if role.name == name), None)


def _there(request: ApiRequest, caller: Caller) -> Any:
    role = _role(request, caller)
    if role is None:
        name = request.parameters.get("RoleName")
        raise ApiError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return role


def _profile_id(request: ApiRequest, caller: Caller) -> str | None:
    name = request.parameters.get("InstanceProfileName")
    profiles = list(iam_of(caller.account).instance_profiles.items())
    return next((key for key, profile in profiles if profile.name == name), None)

"""What Organizations refuses and moto lets pass: policy documents, quotas, attachments, tags. Each check raises before moto is asked.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from moto.backends import get_backend
from moto.core.utils import get_service_model

from sandbox import policies
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.organization import account_asked

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
# AWS has doubled both figures for service control policies in May 2026; what fits into the smaller ones fits everywhere.
SCP_SIZE = 5120
ATTACHED_QUOTA = {SCP: 5, RCP: 5}
_TAGS_QUOTA = 50
_NAME_SIZE, _DESCRIPTION_SIZE = 128, 512

Guard = Callable[[ApiRequest, Caller], None]


class OrganizationsError(ApiError):
    """An error with the reason that ConstraintViolationException and InvalidInputException carry besides their message.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html#API_AttachPolicy_Errors"""

    def __init__(self, code: str, message: str, reason: str) -> None:
        super().__init__(code, message, 400)
        self.Reason = reason  # the member's name in the service model


def violation(reason: str, message: str) -> ApiError:
    return OrganizationsError("ConstraintViolationException", message, reason)


def invalid(reason: str, message: str = "You specified an invalid value.") -> ApiError:
    return OrganizationsError("InvalidInputException", message, reason)


def asked(request: ApiRequest, caller: Caller) -> Any:
    """moto's backend of the organization that a call is about. Raises ApiError where the caller may not ask, or has none."""
    backend = get_backend("organizations")[account_asked(request, caller)]["aws"]
    if backend.org is None:
        raise ApiError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    return backend


def check_type(policy_type: str) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html#API_ListPolicies_RequestParameters"""
    if policy_type not in get_service_model("organizations").shape_for("PolicyType").metadata["enum"]:
        raise invalid("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.")


def policy_asked(backend: Any, request: ApiRequest) -> Any:
    """The policy that `PolicyId` names."""
    policy_id = str(request.parameters["PolicyId"])
    if not re.fullmatch(r"p-[0-9a-zA-Z_]{8,128}", policy_id, re.ASCII):
        raise invalid("INVALID_SYNTAX_POLICY_ID")
    found = next((policy for policy in backend.policies if policy.id == policy_id), None)
    if found is None:
        raise ApiError(
            "PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.", status=400
        )
    return found


def target_asked(backend: Any, request: ApiRequest) -> Any:
    """The root, organizational unit or account that `TargetId` names."""
    target_id = str(request.parameters["TargetId"])
    if not re.fullmatch(r"r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", target_id, re.ASCII):
        raise invalid("INVALID_PATTERN_TARGET_ID")
    places: Iterable[Any] = backend.accounts if target_id.isdigit() else backend.ou
    found = next((place for place in places if place.id == target_id), None)
    if found is None:
        raise ApiError("TargetNotFoundException", "You specified a target that doesn't exist.")
    return found


def _creates(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""
    backend, given = asked(request, caller), request.parameters
    check_type(given["Type"])
    _named(request)
    _document_fits(given["Type"], given["Content"])
    _name_is_free(backend, given["Type"], given["Name"])
    _tags_fit({}, given.get("Tags") or ())


def _updates(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdatePolicy.html"""
    backend, given = asked(request, caller), request.parameters
    policy = policy_asked(backend, request)
    _is_own(policy)
    _named(request)
    if "Content" in given:
        _document_fits(policy.type, given["Content"])
    if given.get("Name", policy.name) != policy.name:
        _name_is_free(backend, policy.type, given["Name"])


def _deletes(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeletePolicy.html"""
    _is_own(policy_asked(asked(request, caller), request))


def _attaches(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html"""
    backend = asked(request, caller)
    policy, target = policy_asked(backend, request), target_asked(backend, request)
    if not is_enabled(backend, policy.type):
        raise ApiError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    if policy in target.attached_policies:
        raise ApiError(
            "DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target."
        )
    attached = [other for other in target.attached_policies if other.type == policy.type]
    if len(attached) >= ATTACHED_QUOTA.get(policy.type, len(attached) + 1):
        raise violation(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
        )


def _detaches(request: ApiRequest, caller: Caller) -> None:
    """Every root, unit and account keeps one service control policy at least.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html"""
    backend = asked(request, caller)
    policy, target = policy_asked(backend, request), target_asked(backend, request)
    if policy not in target.attached_policies:
        raise ApiError("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
    if policy.type == RCP and policy.aws_managed:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS managed policy.")
    if policy.type == SCP and sum(other.type == SCP for other in target.attached_policies) == 1:
        raise violation(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.",
        )


def _tags(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html"""
    backend = asked(request, caller)
    resource = tagged(backend, str(request.parameters["ResourceId"]))
    if resource is None:
        raise ApiError("TargetNotFoundException", "You specified a target that doesn't exist.")
    _tags_fit(resource.tags, request.parameters["Tags"])


def _untags(request: ApiRequest, caller: Caller) -> None:
    """What has had tags is still found by the Resource Groups Tagging API."""
    resource = tagged(asked(request, caller), str(request.parameters["ResourceId"]))
    if resource is not None and resource.tags:
        resource.has_had_tags = True


def tagged(backend: Any, resource_id: str) -> Any:
    """The account, unit, root or policy of this id; None where there is none."""
    for kind in (backend.accounts, backend.ou, backend.policies):
        for resource in kind:
            if resource.id == resource_id:
                return resource
    return None


def is_enabled(backend: Any, policy_type: str) -> bool:
    """Whether the root has this type of policies enabled."""
    root = next(unit for unit in backend.ou if unit.id == backend.org.root_id)
    return any(kind["Type"] == policy_type for kind in root.policy_types)


def _is_own(policy: Any) -> None:
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")


def _named(request: ApiRequest) -> None:
    given = request.parameters
    for value, least, most in (
        (given.get("Name"), 1, _NAME_SIZE),
        (given.get("Description"), 0, _DESCRIPTION_SIZE),
        (given.get("Content"), 1, None),
    ):
        if value is not None and len(value) < least:
            raise invalid("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed.")
        if value is not None and most is not None and len(value) > most:
            raise invalid("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.")


def _name_is_free(backend: Any, policy_type: str, name: str) -> None:
    if any(policy.name == name and policy.type == policy_type for policy in backend.policies):
        raise ApiError("DuplicatePolicyException", "A policy with the specified name and type already exists.")


def _document_fits(policy_type: str, text: str) -> None:
    """Every character counts, white space, too: the API stores a policy as it is given. All of IAM's language may stand in it but
    Principal and NotPrincipal, in Allow as in Deny.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
    https://aws.amazon.com/blogs/security/unlock-new-possibilities-aws-organizations-service-control-policy-now-supports-full-iam-language
    """
    if policy_type != SCP:
        return
    if len(text) > SCP_SIZE:
        raise violation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")
    try:
        policies.check_identity_policy(text)
    except ApiError as error:
        raise ApiError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        ) from error


def _tags_fit(there: Iterable[str], tags: Iterable[Any]) -> None:
    keys = [str(tag["Key"]) for tag in tags]
    if len(set(keys)) < len(keys):
        raise invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag.")
    for tag in tags:
        if not 1 <= len(tag["Key"]) <= 128 or len(tag["Value"]) > 256:
            raise invalid("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.")
    if len({*there, *keys}) > _TAGS_QUOTA:
        raise violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")


GUARDS: dict[tuple[str, str], Guard] = {
    ("organizations", "CreatePolicy"): _creates,
    ("organizations", "UpdatePolicy"): _updates,
    ("organizations", "DeletePolicy"): _deletes,
    ("organizations", "AttachPolicy"): _attaches,
    ("organizations", "DetachPolicy"): _detaches,
    ("organizations", "TagResource"): _tags,
    ("organizations", "UntagResource"): _untags,
}

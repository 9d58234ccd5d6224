"""Puts the policies of a caller and of what it asks for together, and lets them decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from moto.backends import get_backend

from sandbox.authorization import actions
from sandbox.authorization.context import context_of
from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.authorization.known import Known
from sandbox.authorization.organization_keys import organization_keys
from sandbox.authorization.resources import resource_account
from sandbox.authorization.views import PrincipalView, Views
from sandbox.model import ApiRequest, Caller, Decision

if TYPE_CHECKING:
    from sandbox.world import World

# Changes to these are changes to who may do what.
_ORGANIZATION_CHANGES = (
    "AttachPolicy",
    "CreateAccount",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "LeaveOrganization",
    "MoveAccount",
    "RemoveAccountFromOrganization",
    "UpdatePolicy",
)
# What a role's trust policy decides.
_TRUST_ACTIONS = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
# From these no bucket policy locks root of the bucket's account out:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
_ROOTS_OWN = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


class Authorizer:
    """Decides requests. Holds no state of its own but what has not spread yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.views = Views(world)
        self._known = Known(self.views)

    def forget(self) -> None:
        self.views.forget()

    def changing(self, request: ApiRequest, caller: Caller) -> None:
        """To be called before a mutating call is carried out."""
        if request.service == "iam":
            self.views.iam_changes(caller.account)
        elif request.service == "organizations" and request.operation in _ORGANIZATION_CHANGES:
            self.views.organization_changes()

    def authorize(self, request: ApiRequest, caller: Caller) -> Decision:
        """Whether every action that the request needs is allowed."""
        if not self._world.settings.authorize:
            return Decision(allowed=True)
        if caller.kind == "root" and request.service == "sts" and request.operation in ("AssumeRole", "AssumeRoot"):
            # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, API_AssumeRoot.html
            return Decision(allowed=False, message="Roles may not be assumed by root accounts.")
        wanted = actions.needs(request, caller, self._known)
        if not wanted:
            return Decision(allowed=True)
        principal = self._principal(caller)
        policies = Policies(
            identity=principal.policies if principal else (),
            boundary=principal.boundary if principal else None,
            session=caller.session.session_policies if caller.session else (),
            scps=None if _is_service_linked(caller) else self.views.scps(caller.account),
        )
        context = self._context(request, caller, principal)
        for action, resource in wanted:
            why = self._refusal(request, caller, policies, context, action, resource)
            if why:
                return Decision(
                    allowed=False,
                    message=f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {why}",
                )
        return Decision(allowed=True)

    def _context(
        self, request: ApiRequest, caller: Caller, principal: PrincipalView | None
    ) -> dict[str, str | list[str]]:
        organization = organization_keys(caller.account)
        found = context_of(
            request,
            caller,
            principal_tags=principal.tags if principal else {},
            organization_id=str(organization["aws:principalorgid"]) if organization else None,
        )
        found |= organization
        boundary_arn = self._boundary_of_target(request, caller)
        return found | {"iam:permissionsboundary": boundary_arn} if boundary_arn else found

    def _boundary_of_target(self, request: ApiRequest, caller: Caller) -> str | None:
        """The boundary that the user or role to be changed has, unless the request brings one.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate"""
        given = request.parameters
        if request.service != "iam" or request.read_only or "PermissionsBoundary" in given:
            return None
        if given.get("UserName"):
            target = self.views.user(caller.account, str(given["UserName"]))
        elif given.get("RoleName"):
            target = self.views.role(caller.account, str(given["RoleName"]))
        else:
            return None
        return target.boundary_arn if target else None

    def _refusal(
        self,
        request: ApiRequest,
        caller: Caller,
        policies: Policies,
        context: dict[str, str | list[str]],
        action: str,
        resource: str,
    ) -> str:
        owner = self._owner(resource, caller)
        found = context | {"aws:resourceaccount": owner}
        if action == "iam:PassRole":
            found["iam:passedtoservice"] = f"{request.service if request.service != 'iam' else 'ec2'}.amazonaws.com"
        is_trust = action in _TRUST_ACTIONS and ":role/" in resource
        resource_policy = self._resource_policy(resource, owner, is_trust=is_trust)
        if caller.kind == "root" and owner == caller.account and action in _ROOTS_OWN:
            resource_policy = None
        is_key = resource.startswith("arn:aws:kms:") and ":key/" in resource
        return refusal(
            replace(
                policies,
                resource=resource_policy,
                same_account=owner == caller.account,
                is_trust=is_trust,
                # A key that does not exist has no policy: KMS, not IAM, says so.
                resource_must_allow=is_trust or (is_key and resource_policy is not None),
            ),
            Ask(action=action, resource=resource, context=found, caller=caller),
        )

    def _principal(self, caller: Caller) -> PrincipalView | None:
        """The user or role whose policies count; for a federated user the user that asked for the token. It is told by its id: one that
        was made anew under the same name is another, one that was renamed is the same.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
        match caller.kind:
            case "user":
                found = self.views.user(caller.account, caller.name)
                if found is None or found.id != caller.user_id:
                    found = self.views.user_by_id(caller.account, caller.user_id)
                return found
            case "assumed_role":
                found = self.views.role(caller.account, caller.name)
                return found if found and found.id == caller.user_id.partition(":")[0] else None
            case "root" if caller.session is not None and caller.session.task_policy is not None:
                # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html: "the identity based policy that scopes"
                return PrincipalView(
                    arn=caller.arn,
                    id=caller.user_id,
                    name="",
                    policies=(caller.session.task_policy,),
                    boundary=None,
                    tags={},
                )
            case "federated_user" if caller.session is not None and ":user/" in caller.session.issuer_arn:
                return self.views.user(caller.account, caller.session.issuer_arn.rsplit("/", 1)[1])
        return None

    def _owner(self, resource: str, caller: Caller) -> str:
        if resource.startswith("arn:aws:s3:::"):
            return bucket_owner(resource) or caller.account
        if resource.startswith("arn:aws:iam::") and resource.endswith(":root"):
            return caller.account  # root users have no policy that could let other accounts in: AssumeRoot needs none
        return resource_account(resource, caller)

    def _resource_policy(self, resource: str, owner: str, *, is_trust: bool) -> str | None:
        if is_trust:
            role = self.views.role(owner, resource.rsplit("/", 1)[1])
            return role.trust if role and role.arn == resource else None
        if resource.startswith("arn:aws:s3:::"):
            bucket = get_backend("s3")[owner]["aws"].buckets.get(resource.removeprefix("arn:aws:s3:::").split("/")[0])
            policy = bucket.policy if bucket else None
            return policy.decode() if isinstance(policy, bytes) else policy
        if resource.startswith("arn:aws:kms:") and ":key/" in resource:
            region, key_id = resource.split(":")[3], resource.rsplit("/", 1)[1]
            key = get_backend("kms")[owner][region].keys.get(key_id)
            return key.policy if key else None
        return None


def _is_service_linked(caller: Caller) -> bool:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp"""
    return caller.session is not None and ":role/aws-service-role/" in caller.session.issuer_arn


def bucket_owner(resource: str) -> str | None:
    name = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    for account, backends in list(get_backend("s3").items()):
        if name in backends["aws"].buckets:
            return str(account)
    return None

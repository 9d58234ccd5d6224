"""Puts the policies of a caller and of what it asks for together, and lets them decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.backends import get_backend

from sandbox.authorization import actions
from sandbox.authorization.context import context_of
from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.authorization.views import PrincipalView, Views, organization_of
from sandbox.model import ApiRequest, Caller, Decision

if TYPE_CHECKING:
    from sandbox.world import World

# Changes to these are changes to who may do what.
_ORGANIZATION_CHANGES = ("AttachPolicy", "DetachPolicy", "UpdatePolicy", "MoveAccount", "CreateAccount", "RemoveAccountFromOrganization")


class Authorizer:
    """Decides requests. Holds no state of its own but what has not spread yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.views = Views(world)

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
        principal = self._principal(caller)
        for action, wanted in actions.needs(request, caller):
            resource = self._with_path(wanted, caller)
            why = self._refusal(request, caller, principal, action, resource)
            if why:
                return Decision(allowed=False, message=f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {why}")
        return Decision(allowed=True)

    def _refusal(self, request: ApiRequest, caller: Caller, principal: PrincipalView | None, action: str, resource: str) -> str:
        owner = self._owner(resource, caller)
        organization = organization_of()
        member = organization is not None and any(account.id == caller.account for account in organization.accounts)
        context = context_of(
            request,
            caller,
            principal_tags=principal.tags if principal else {},
            resource_account=owner,
            organization_id=organization.org.id if organization is not None and member else None,
        )
        policies = Policies(
            identity=principal.policies if principal else (),
            boundary=principal.boundary if principal else None,
            session=caller.session.session_policies if caller.session else (),
            scps=self.views.scps(caller.account),
            resource=self._resource_policy(action, resource, owner),
            same_account=owner == caller.account,
            resource_must_allow=action == "sts:AssumeRole" or (action.startswith("kms:") and ":key/" in resource),
        )
        return refusal(policies, Ask(action=action, resource=resource, context=context, caller=caller))

    def _principal(self, caller: Caller) -> PrincipalView | None:
        """The user or role whose policies count; for a federated user the user that asked for the token."""
        match caller.kind:
            case "user":
                return self.views.user(caller.account, caller.name)
            case "assumed_role":
                return self.views.role(caller.account, caller.name)
            case "federated_user" if caller.session is not None and ":user/" in caller.session.issuer_arn:
                return self.views.user(caller.account, caller.session.issuer_arn.rsplit("/", 1)[1])
        return None

    def _with_path(self, resource: str, caller: Caller) -> str:
        """The ARN with the path that an existing user or role has."""
        kind, _, name = resource.rpartition("/")
        if resource.startswith(f"arn:aws:iam::{caller.account}:user/"):
            found = self.views.user(caller.account, name)
        elif resource.startswith(f"arn:aws:iam::{caller.account}:role/"):
            found = self.views.role(caller.account, name)
        else:
            return resource
        return found.arn if found else resource

    def _owner(self, resource: str, caller: Caller) -> str:
        if resource.startswith("arn:aws:s3:::"):
            return bucket_owner(resource) or caller.account
        return actions.resource_account(resource, caller)

    def _resource_policy(self, action: str, resource: str, owner: str) -> str | None:
        if action == "sts:AssumeRole":
            role = self.views.role(owner, resource.rsplit("/", 1)[1]) if ":role/" in resource else None
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


def bucket_owner(resource: str) -> str | None:
    name = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    for account, backends in list(get_backend("s3").items()):
        if name in backends["aws"].buckets:
            return str(account)
    return None

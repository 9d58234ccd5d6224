"""The credentials that the instance metadata service hands to programs on an instance: sessions of its profile's role.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.authorization.views import PrincipalView, iam_of
from sandbox.model import Session
from sandbox.sessions import new_role_session

if TYPE_CHECKING:
    from sandbox.world import World

LIFETIME_S = 6 * 3600
_RENEWED = timedelta(minutes=5)
"""New credentials appear so long before the old ones expire. The page of this file's docstring says "at least"."""
_EC2 = "ec2.amazonaws.com"
_V2 = "2.0"
"""Credentials that were asked for with a token: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html"""


class UnknownInstanceError(LookupError):
    """There is no such instance in any account or region."""


class InstanceCredentials:
    """What every instance was given last. Sessions go on by themselves: whatever happens to the profile, they live until they expire."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._current: dict[str, Session] = {}

    def forget(self) -> None:
        with self._lock:
            self._current.clear()

    def session_of(self, instance_id: str) -> Session:
        """What a program on the instance has now. Raises ValueError with the reason where it can have nothing."""
        answer, session = self._answer(instance_id)
        if session is None:
            raise ValueError(answer["reason"])
        return session

    def answer(self, instance_id: str) -> dict[str, Any]:
        """What a program on the instance is answered now. `status` is that of the metadata service's answer, None if nothing runs there;
        `imdsv1` is whether it would answer without a token."""
        answer, session = self._answer(instance_id)
        return answer if session is None else {**answer, "credentials": _shown(session)}

    def _answer(self, instance_id: str) -> tuple[dict[str, Any], Session | None]:
        account, region, instance = _instance(instance_id)
        options = instance.metadata_options
        if instance.state != "running":
            return _nothing(None, f"the instance is {instance.state}: nothing runs on it"), None
        if options.http_endpoint == "disabled":
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-returns.html: 403, "The request is not allowed or
            # the IMDS is turned off"
            return _nothing(403, "the instance metadata service is turned off (HttpEndpoint is disabled)"), None
        answer = {"status": 200, "imdsv1": options.http_tokens != "required"}
        role = _role(self._world, account, region, instance_id)
        if role is None:
            return {**answer, "status": 404, "reason": "no instance profile with a role is associated"}, None
        if not _trusts_ec2(role.trust):
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html
            reason = f"the trust policy of {role.arn} does not let {_EC2} assume the role"
            return {**answer, "code": "AssumeRoleUnauthorizedAccess", "reason": reason}, None
        return {**answer, "code": "Success"}, self._fresh(account, region, instance, role)

    def _fresh(self, account: str, region: str, instance: Any, role: PrincipalView) -> Session:
        with self._lock:
            session = self._current.get(instance.id)
            if session is None or session.issuer_id != role.id or self._is_late(session):
                keys = _context_keys(account, region, instance)
                session = new_role_session(self._world, role, instance.id, seconds=LIFETIME_S, context_keys=keys)
                self._current[instance.id] = session
            return session

    def _is_late(self, session: Session) -> bool:
        return self._world.clock.now() >= session.expires_at - _RENEWED


def _nothing(status: int | None, reason: str) -> dict[str, Any]:
    return {"status": status, "imdsv1": False, "reason": reason}


def _instance(instance_id: str) -> tuple[str, str, Any]:
    """(account, region, moto's instance)"""
    for account, regions in list(get_backend("ec2").items()):
        for region, backend in list(regions.items()):
            for reservation in list(backend.reservations.values()):
                for instance in reservation.instances:
                    if instance.id == instance_id:
                        return account, region, instance
    raise UnknownInstanceError(f"there is no instance {instance_id}")


def _role(world: World, account: str, region: str, instance_id: str) -> PrincipalView | None:
    """The role in the associated profile. Their names need not be the same:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html"""
    association = get_backend("ec2")[account][region].iam_instance_profile_associations.get(instance_id)
    if association is None:
        return None
    profiles = list(iam_of(account).instance_profiles.values())
    profile = next((one for one in profiles if one.arn == association.iam_instance_profile.arn), None)
    if profile is None or not profile.roles:
        return None
    return world.authorizer.views.role(account, profile.roles[0].name)


def _trusts_ec2(trust: str | None) -> bool:
    """Whether a statement names EC2. Conditions and Deny are not looked at: services' own calls are not modelled."""
    try:
        statements = json.loads(trust or "{}").get("Statement") or []
    except (ValueError, AttributeError):
        return False
    return any(
        one.get("Effect") == "Allow" and _EC2 in _listed((one.get("Principal") or {}).get("Service"))
        for one in _listed(statements)
        if isinstance(one, Mapping) and isinstance(one.get("Principal"), Mapping)
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _context_keys(account: str, region: str, instance: Any) -> dict[str, str]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session-properties
    The address is that of the primary interface, at the time when the credentials are delivered."""
    found = {
        "ec2:roledelivery": _V2,
        "ec2:sourceinstancearn": f"arn:aws:ec2:{region}:{account}:instance/{instance.id}",
    }
    primary = instance.nics.get(0)
    if primary is not None:
        found["aws:ec2instancesourcevpc"] = primary.subnet.vpc_id
        found["aws:ec2instancesourceprivateipv4"] = primary.private_ip_address
    return found


def _shown(session: Session) -> dict[str, str]:
    return {
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "session_token": session.token,
        "expiration": session.expires_at.isoformat(),
        "role_arn": session.issuer_arn,
    }

"""What is part of a contained principal, and what a freeze of IAM is to stop: all other answers are those of innocents. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from signing import Call

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody with credentials."""

    label: str
    account: str
    arn: str
    """Who GetCallerIdentity says it is."""
    owner: str
    """The ARN of the user, role or root whose permissions it has: itself, or whose session it is."""
    is_responder: bool = False
    keys: dict[str, str] = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One call that everybody makes."""

    label: str
    call: Call
    about: str = ""
    """The ARN of the role that it asks for a session of."""
    is_freezable: bool = False
    """Whether it changes IAM or gives out a session, and can be denied."""


def is_part(target: IamPrincipal, caller: Caller) -> bool:
    """Whether the caller is the target itself: of a user or root every key and every session (GetSessionToken, GetFederationToken), of
    a role every session, whoever took it, and of a session whoever else has one of that name in that role.

    Not part of it are sessions of roles that a user has taken: they are the roles'."""
    return caller.arn == target.arn if target.kind == "session" else caller.owner == target.arn


def is_its_own(target: IamPrincipal, caller: Caller, probe: Probe) -> bool:
    """Whether containment of the target is to refuse this call: made by it, or asking for a session of it where it is a role."""
    return is_part(target, caller) or (target.kind == "role" and probe.about == target.arn)


def is_frozen(target: IamPrincipal, caller: Caller, probe: Probe) -> bool:
    """Whether a freeze for the target's sake is to refuse this call: by anybody in its account but responders.
    Who calls from another account is not restricted by the policies of this one:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
    return probe.is_freezable and caller.account == target.account and not caller.is_responder

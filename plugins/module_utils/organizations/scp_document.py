# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cordon's own service control policies of one account, as a value: whom they deny, how that is written, and what fits. Pure.

Principals are told by `aws:userid`, which holds AWS's unique ids: renaming a user or making a role anew under another name does not get
out of it, and an id takes a third of the room of an ARN.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-userid"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
SIZE_QUOTA = 5120
ATTACHED_QUOTA = 5
"""Unless AWS has raised it, as it does for some organizations."""

OPERATION = "SetQuarantine"
"""What a plan calls it to set one entry: `TargetId` (the account), `UserId`, `Quarantine` (None, DENIED or FROZEN), `Responders`, and
`AttachedQuota` where it is not the usual one."""

EVERYBODY = "*"
"""In the place of a user id: everybody in the account but responders."""
DENIED = "denied"
FROZEN = "denied, and IAM is frozen"
"""What a quarantine is for one user id. With the second, nobody in the account but responders can change IAM or get a session."""

NAME_PREFIX = "CordonQuarantine-"
_DENY, _FREEZE, _ACCOUNT = "CordonQuarantine", "CordonFreezeIam", "CordonQuarantineAccount"
USER_ID = re.compile(r"\*|[A-Z0-9]{12,128}(:(\*|[\w+=,.@-]{2,64}))?", re.ASCII)
RESPONDER = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::[0-9*?]+:[\w+=,.@/*?-]+", re.ASCII)

# Every operation of IAM that changes something, and what hands a role on; of STS what gives out sessions and can be denied at all
# (GetSessionToken cannot: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html).
FREEZE_ACTIONS = (
    *(
        f"iam:{verb}*"
        for verb in (
            "Accept",
            "Acquire",
            "Add",
            "Associate",
            "Attach",
            "Change",
            "Create",
            "Deactivate",
            "Delete",
            "Detach",
            "Disable",
            "Enable",
            "Pass",
            "Put",
            "Reject",
            "Remove",
            "Reset",
            "Resync",
            "Send",
            "Set",
            "Tag",
            "Untag",
            "Update",
            "Upload",
        )
    ),
    "sts:Assume*",
    "sts:GetF*",
    "sts:GetW*",
    "sts:SetS*",
    "sts:Tag*",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantine:
    """What one policy of ours says."""

    denied: frozenset[str] = frozenset()
    """User ids to which everything is denied; EVERYBODY among them stands for the account."""
    frozen_for: frozenset[str] = frozenset()
    """The user ids for whose sake IAM is frozen: it thaws when the last of them is released. Some of `denied`."""
    responders: tuple[str, ...] = ()
    """Patterns of ARNs that a freeze, and the quarantine of an account, leave out."""

    def state_of(self, user_id: str) -> str | None:
        if user_id in self.frozen_for:
            return FROZEN
        return DENIED if user_id in self.denied else None

    def with_state(self, user_id: str, state: str | None, responders: Iterable[str]) -> Quarantine:
        """The same with one user id set to `state` (None: not in quarantine)."""
        denied, frozen = self.denied - {user_id}, self.frozen_for - {user_id}
        if state is not None:
            denied |= {user_id}
        if state == FROZEN:
            frozen |= {user_id}
        needs_responders = bool(frozen) or EVERYBODY in denied
        # Only who puts somebody in says whom that leaves in; what is taken out, or comes out of a log, opens nothing.
        added = responders if state == FROZEN or (user_id == EVERYBODY and state is not None) else ()
        merged = tuple(sorted({*self.responders, *added})) if needs_responders else ()
        return Quarantine(denied=denied, frozen_for=frozen, responders=merged)

    @property
    def is_empty(self) -> bool:
        return not self.denied


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPolicy:
    """A policy of ours that is attached to the account, as it was read."""

    policy_id: str
    name: str
    says: Quarantine


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """What is attached to one account: our policies, and how many there are in all."""

    ours: tuple[HeldPolicy, ...] = ()
    attached: int = 0
    names: frozenset[str] = field(default=frozenset())
    """Of all attached policies, so that a new one gets a name of its own."""

    @property
    def room(self) -> Room:
        free = max((SIZE_QUOTA - size(policy.says) for policy in self.ours), default=0)
        return Room(attached=self.attached, ours=len(self.ours), free=free)

    def states(self) -> dict[str, str]:
        """User id -> DENIED or FROZEN."""
        return {
            user_id: str(policy.says.state_of(user_id))
            for policy in self.ours
            for user_id in sorted(policy.says.denied)
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How much fits into the policies of one account, in the numbers that a plan needs."""

    attached: int
    """Policies attached to the account, of `ATTACHED_QUOTA`."""
    ours: int
    free: int
    """Characters free in the one of ours that has the most."""

    def fits(self, wanted: Wanted) -> bool:
        return self.attached < wanted.attached_quota or wanted.size <= self.free

    def lacking(self, wanted: Wanted, account: str) -> QuotaError:
        """What is told where an entry does not fit."""
        return QuotaError(
            f"put {wanted.user_id} into a service control policy of account {account}",
            f"{self.attached} of {wanted.attached_quota} policies are attached to it; {self.ours} of them are Cordon's, with at most "
            f"{self.free} of {SIZE_QUOTA} characters free in one, and up to {wanted.size} are needed",
            "Detach a policy from the account (its organizational unit can hold it), release what need not be in quarantine, or set "
            "`scp_attached_quota` if Service Quotas shows more.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One entry to set."""

    user_id: str
    state: str | None
    responders: tuple[str, ...] = ()
    attached_quota: int = ATTACHED_QUOTA

    @classmethod
    def of_call(cls, call: Call) -> Wanted:
        """The entry that a call of OPERATION sets."""
        given = call.parameters
        return cls(
            user_id=given["UserId"],
            state=given["Quarantine"],
            responders=tuple(given["Responders"]),
            attached_quota=given.get("AttachedQuota", ATTACHED_QUOTA),
        )

    @property
    def size(self) -> int:
        """The characters that it takes at most: those of a policy that holds nothing else."""
        return size(Quarantine().with_state(self.user_id, self.state, self.responders))


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What the policies should say. Those that say nothing any more are to go; `unfit` is what there is no room for."""

    policies: tuple[HeldPolicy, ...]
    """Every policy that is held, and new ones, which have no id yet."""
    unfit: tuple[Wanted, ...] = ()


def merge(holding: Holding, account: str, wanted: Sequence[Wanted]) -> Merged:
    """Set every entry of `wanted` in what is held, changing as few policies as possible."""
    policies = list(holding.ours)
    free = max((entry.attached_quota for entry in wanted), default=ATTACHED_QUOTA) - holding.attached
    unfit = []
    for entry in wanted:
        place = next((number for number, one in enumerate(policies) if entry.user_id in one.says.denied), None)
        if place is not None:
            changed = _set(policies[place], entry)
            if size(changed.says) <= SIZE_QUOTA:
                policies[place] = changed
                continue
            before, policies[place] = policies[place], _set(policies[place], replace(entry, state=None))
        if entry.state is None:
            continue
        was = place
        fitting = (number for number, one in enumerate(policies) if size(_set(one, entry).says) <= SIZE_QUOTA)
        place = next(fitting, None)
        if place is not None:
            policies[place] = _set(policies[place], entry)
        elif free > 0 and size(_set(_new(account, policies, holding), entry).says) <= SIZE_QUOTA:
            policies.append(_set(_new(account, policies, holding), entry))
            free -= 1
        else:
            unfit.append(entry)
            if was is not None:
                policies[was] = before  # it stays as far in quarantine as it is
    return Merged(policies=tuple(policies), unfit=tuple(unfit))


def _set(policy: HeldPolicy, entry: Wanted) -> HeldPolicy:
    return replace(policy, says=policy.says.with_state(entry.user_id, entry.state, entry.responders))


def _new(account: str, policies: Sequence[HeldPolicy], holding: Holding) -> HeldPolicy:
    taken = {*holding.names, *(policy.name for policy in policies)}
    numbers = range(1, len(taken) + 2)
    name = next(name for name in (policy_name(account, number) for number in numbers) if name not in taken)
    return HeldPolicy(policy_id="", name=name, says=Quarantine())


def policy_name(account: str, number: int) -> str:
    """Names are unique in an organization, so the account is part of it."""
    return f"{NAME_PREFIX}{account}-{number}"


def text_of(quarantine: Quarantine) -> str:
    """The policy, compact: every character counts."""
    everybody = EVERYBODY in quarantine.denied
    named = sorted(quarantine.denied - {EVERYBODY})
    statements: list[dict[str, Json]] = []
    if named:
        statements.append(_statement(_DENY, "*", {"StringLike": {"aws:userid": named}}))
    if quarantine.frozen_for:
        condition: dict[str, Json] = {
            "ArnNotLike": {"aws:PrincipalArn": list(quarantine.responders)},
            # They are denied everything anyway. Naming them here keeps in AWS for whose sake the freeze is.
            "StringNotLike": {"aws:userid": sorted(quarantine.frozen_for)},
        }
        statements.append(_statement(_FREEZE, list(FREEZE_ACTIONS), condition))
    if everybody:
        statements.append(_statement(_ACCOUNT, "*", {"ArnNotLike": {"aws:PrincipalArn": list(quarantine.responders)}}))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def size(quarantine: Quarantine) -> int:
    return len(text_of(quarantine))


def read_text(text: str) -> Quarantine | None:
    """What a stored policy says; None where it is not, or no longer, what we write: then it is somebody else's."""
    try:
        document: Json = json.loads(text)
        found = {statement["Sid"]: statement["Condition"] for statement in document["Statement"]}
        denied = {*_listed(found, _DENY, "StringLike", "aws:userid"), *({EVERYBODY} if _ACCOUNT in found else ())}
        responders = {
            *_listed(found, _FREEZE, "ArnNotLike", "aws:PrincipalArn"),
            *_listed(found, _ACCOUNT, "ArnNotLike", "aws:PrincipalArn"),
        }
        read = Quarantine(
            denied=frozenset(denied),
            frozen_for=frozenset(_listed(found, _FREEZE, "StringNotLike", "aws:userid")),
            responders=tuple(sorted(responders)),
        )
        return read if not read.is_empty and json.loads(text_of(read)) == document else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _statement(sid: str, actions: Json, condition: Mapping[str, Json]) -> dict[str, Json]:
    return {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*", "Condition": dict(condition)}


def _listed(found: Mapping[str, Json], sid: str, operator: str, key: str) -> list[str]:
    return [str(value) for value in found[sid][operator][key]] if sid in found else []

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of one principal, from what was read of it: policies with and without Cordon's, ability, paths, trust. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Ability, Layer, administrator
from ansible_collections.cordon.aws.plugins.module_utils.credential.elsewhere import Elsewhere
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import Method, Path, escalation_paths
from ansible_collections.cordon.aws.plugins.module_utils.credential.holdings import Holdings
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy, is_own, without_own
from ansible_collections.cordon.aws.plugins.module_utils.credential.reading import NotReadable
from ansible_collections.cordon.aws.plugins.module_utils.credential.scps import Scps
from ansible_collections.cordon.aws.plugins.module_utils.credential.services import usable_services
from ansible_collections.cordon.aws.plugins.module_utils.credential.trust import Trust, trusts_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.usage import LastAccessed
from ansible_collections.cordon.aws.plugins.module_utils.credential.worry import Facts, Key, worries
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import EVERYBODY, read_text
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """Everything that was read of one principal."""

    who: IamPrincipal
    holdings: Holdings
    keys: tuple[Key, ...] | NotReadable
    scps: Scps
    accessed: LastAccessed
    elsewhere: Elsewhere | None
    """None: nobody asked for other accounts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What follows from it."""

    read: Read
    policies: tuple[Policy, ...]
    """Its own and its groups', that count."""
    boundary: Policy | None
    scps: tuple[Policy, ...]
    contained_by: tuple[str, ...]
    """Cordon's policies, which were left out."""
    administrator: Ability
    services: dict[str, str]
    """Service -> how much of it may be used."""
    paths: tuple[Path, ...]
    trusts: tuple[Trust, ...]

    @property
    def facts(self) -> Facts:
        keys = self.read.keys
        seen = [self.read.accessed.latest, self.read.holdings.last_used]
        return Facts(
            label=self.read.who.label,
            kind=self.read.who.kind,
            administrator=self.administrator,
            paths=self.paths,
            keys=() if isinstance(keys, NotReadable) else keys,
            last_seen=max((when for when in seen if when is not None), default=None),
            trusts=self.trusts,
            contained_by=self.contained_by,
        )

    def worry(self, now: datetime) -> tuple[str, ...]:
        return worries(self.facts, now)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What was not looked at, or could not be, and must not be taken for fine."""
        return (*self.specific, *self.common)

    @property
    def specific(self) -> tuple[str, ...]:
        """What of it could not be read."""
        return tuple(_not_read(self))

    @property
    def common(self) -> tuple[str, ...]:
        """What was not looked at of anybody of its kind."""
        return tuple(_never(self.read))

    def as_json(self, *, with_documents: bool) -> dict[str, Json]:
        read, keys = self.read, self.read.keys
        elsewhere = read.elsewhere
        return {
            "principal": read.who.arn,
            "account": read.who.account,
            "kind": read.who.kind,
            "keys": None if isinstance(keys, NotReadable) else [key.as_json() for key in keys],
            "groups": list(read.holdings.groups),
            "policies": [
                policy.as_json(with_document=with_documents) for policy in self.policies if policy.kind != "root"
            ],
            "boundary": None if self.boundary is None else self.boundary.as_json(with_document=with_documents),
            "scps": {
                "status": read.scps.status,
                "why": read.scps.why,
                "policies": [policy.as_json(with_document=with_documents) for policy in self.scps],
            },
            "contained_by": list(self.contained_by),
            "administrator": self.administrator.answer,
            "administrator_why": list(self.administrator.why),
            "services": self.services,
            "escalation_paths": [path.as_json() for path in self.paths],
            "trusted_by": {
                "status": "not checked" if elsewhere is None else "read",
                "accounts": [] if elsewhere is None else sorted(elsewhere.roles),
                "not_readable": {} if elsewhere is None else dict(elsewhere.unreadable),
                "roles": [trust.as_json() for trust in self.trusts],
            },
            "last_accessed": read.accessed.as_json(),
            "unchecked": list(self.unchecked),
        }


def is_quarantine_of(policy: Policy, who: IamPrincipal) -> bool:
    """Whether it is a service control policy of Cordon's that denies `who` everything; it may be somebody else who is contained."""
    says = read_text(policy.text or "") if is_own(policy) else None
    meant = {EVERYBODY, who.user_id, f"{who.unique_id.partition(':')[0]}:*"}
    return says is not None and bool(says.denied & meant)


def entry_of(read: Read, methods: Sequence[Method], *, before_containment: bool) -> Entry:
    """Decide everything about one principal; without Cordon's own policies where it is asked what was before containment."""
    holdings, levels = read.holdings, read.scps.levels
    policies = holdings.policies
    bounding: tuple[Policy, ...] = () if holdings.boundary is None else (holdings.boundary,)
    own: list[str] = []
    if before_containment:
        policies, own_policies = without_own(policies)
        bounding, own_boundary = without_own(bounding)
        denying = [policy.label for level in levels for policy in level if is_quarantine_of(policy, read.who)]
        levels = tuple(without_own(level)[0] for level in levels)
        own = [*own_policies, *own_boundary, *denying]
    layers = [Layer(name="policies", policies=policies)]
    layers += [Layer(name="permissions boundaries", policies=bounding)] if bounding else []
    layers += [Layer(name="service control policies at one level", policies=level) for level in levels]
    roles = [] if read.elsewhere is None else [role for found in read.elsewhere.roles.values() for role in found]
    powers = administrator(layers)
    return Entry(
        read=read,
        policies=policies,
        boundary=bounding[0] if bounding else None,
        scps=tuple(policy for level in levels for policy in level),
        contained_by=tuple(dict.fromkeys(own)),
        administrator=powers,
        services=usable_services(layers),
        paths=() if powers.answer == "yes" else escalation_paths(layers, methods),
        trusts=trusts_of(read.who, layers, roles, before_containment=before_containment),
    )


def _not_read(entry: Entry) -> list[str]:
    read = entry.read
    held = [*entry.policies, *([entry.boundary] if entry.boundary else []), *entry.scps]
    found = [f"{policy.label}: {policy.unreadable}" for policy in held if policy.text is None]
    if isinstance(read.keys, NotReadable):
        found.append(f"its access keys: {read.keys.why}")
    else:
        found += [f"when access key {key.key_id} was used: {key.unreadable}" for key in read.keys if key.unreadable]
    if read.accessed.status != "read":
        found.append(f"the services that it last used: {read.accessed.why}")
    elif entry.contained_by:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
        found.append(
            "services that it last used and may use no longer: IAM's report lists those that its policies allow now"
        )
    if _boundary_was_replaced(entry):
        found.append("the permissions boundary that it had before AWSDenyAll took its place: the case tells which one")
    return found


def _boundary_was_replaced(entry: Entry) -> bool:
    return entry.read.holdings.boundary is not None and entry.boundary is None


def _never(read: Read) -> list[str]:
    found = []
    if read.scps.status == "not readable":
        found.append(f"service control policies, which may deny some of this: {read.scps.why}")
    if read.elsewhere is None:
        found.append("roles in other accounts that trust it: name accounts in `trusting_accounts`")
    else:
        found += [
            f"roles in {account} that trust it: {why}" for account, why in sorted(read.elsewhere.unreadable.items())
        ]
    found.append(
        "policies of resources that name it, such as those of buckets, keys and secrets, and roles of its own account"
    )
    found += _OF_KIND.get(read.who.kind, ())
    return found


_OF_KIND = {
    "user": (
        "other credentials than access keys: console password, SSH keys, service-specific credentials, certificates",
    ),
    "session": ("the policies that a session was given when its role was assumed, which can only take from it",),
    "root": ("access keys and password of root: IAM tells of them only in the account's credential report",),
}

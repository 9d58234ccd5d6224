# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is being gathered from one finding: targets, indicators, and what was left out and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.findings.values import (
    PRINCIPAL_ID,
    PRINCIPAL_NAME,
    ROLE_ID,
    USER_ARN,
    USER_ID,
    Node,
    Pattern,
    domain_indicator,
    ip_indicator,
    is_placeholder,
    shown,
)

ROOT = "Root"
# `userType`, in findings as in CloudTrail:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
_USER, _FEDERATED, _ROLES = "IAMUser", "FederatedUser", ("AssumedRole", "Role")
_FOREIGN = ("AWSAccount", "AWSService")
_OTHER = ("Directory", "IdentityCenterUser", "SAMLUser", "WebIdentityUser")
_NAMED = (_USER, _FEDERATED, *_ROLES)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_TYPE_OF_ID = {"AIDA": _USER, "AROA": "AssumedRole"}
# Roles that never have the path /:
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_ROLES_WITH_PATHS = ("AWSReservedSSO_", "AWSServiceRoleFor")


@dataclass(kw_only=True, slots=True)
class Credential:
    """Who acted, as a finding tells it. `issuer` is the ARN of the role or user that a session comes from."""

    path: str
    key_id: str | None = None
    principal_id: str | None = None
    user_type: str | None = None
    name: str | None = None
    issuer: str | None = None
    account: str | None = None


def principal(node: Node, principal_id: str, user_type: str | None, name: str) -> tuple[str | None, str | None]:
    """Principal id and name in `node`. Users that Cordon has no target for may have any: they are left out."""
    if user_type is not None and user_type not in _NAMED:
        found = node.value(principal_id)
        return (str(found) if is_placeholder(found) else None), None
    return node.placed(principal_id, PRINCIPAL_ID), node.text(name, PRINCIPAL_NAME)


@dataclass(kw_only=True, slots=True)
class Draft:
    """A finding on its way to being targets. `account`, `region` are unknown (None) in samples only."""

    partition: str
    account: str | None
    region: str | None
    user_type: str | None = None
    has_placeholder: bool = False
    targets: list[dict[str, str | None]] = field(default_factory=list)
    indicators: list[dict[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unique_ids: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, identity: str | None, arn: str | None = None) -> str | None:
        """One target, once, and the ARN by which it is known. An ARN that comes later completes the target that is there; one of
        another account or service is something else of the same name."""
        if identity is None:
            return None
        for target in self.targets:
            known = target["arn"]
            if (target["kind"], target["id"]) != (kind, identity):
                continue
            if known is None or arn is None or known.split(":")[:5] == arn.split(":")[:5]:
                target["arn"] = known or arn
                return target["arn"]
        self.targets.append({"kind": kind, "id": identity, "arn": arn})
        return arn

    def ignore(self, reason: str) -> None:
        if reason not in self.ignored:
            self.ignored.append(reason)

    def see(self, identity: str | None) -> None:
        """Take notice of an id that AWS chose: one placeholder among them makes the whole finding a sample."""
        self.has_placeholder = self.has_placeholder or is_placeholder(identity)

    def arn(self, service: str, resource: str, *, regional: bool = True, account: str | None = None) -> str | None:
        """The ARN of something in the finding's account, where all that it takes is known."""
        owner = account or self.account
        if owner is None or (regional and self.region is None):
            return None
        return f"arn:{self.partition}:{service}:{self.region if regional else ''}:{owner}:{resource}"

    def add_instance(self, instance_id: str | None) -> None:
        self.see(instance_id)
        self.add("instance", instance_id, self.arn("ec2", f"instance/{instance_id}"))

    def add_bucket(self, name: str | None) -> None:
        self.add("bucket", name, f"arn:{self.partition}:s3:::{name}")

    def add_role(self, name: str, account: str | None = None, arn: str | None = None) -> None:
        """A role by name; its path, where nothing tells it, is taken to be /."""
        if arn is None and not name.startswith(_ROLES_WITH_PATHS):
            arn = self.arn("iam", f"role/{name}", regional=False, account=account)
        self.add("role", name, arn)

    def add_user(
        self, name: str, account: str | None = None, arn: str | None = None, *, unique_id: str | None = None
    ) -> str | None:
        """A user by name, and the ARN by which it is known; its path, where nothing tells it, is taken to be /."""
        known = self.add("user", name, arn or self.arn("iam", f"user/{name}", regional=False, account=account))
        self._identify(known, unique_id, USER_ID)
        return known

    def _identify(self, arn: str | None, unique_id: str | None, pattern: Pattern) -> None:
        """A name can pass to another user or role, a unique id cannot."""
        if arn is None or unique_id is None or pattern.regex.fullmatch(unique_id) is None:
            return
        if self.unique_ids.setdefault(arn, unique_id) != unique_id:
            self.ignore(f"{arn} is named with two unique ids, and only {self.unique_ids[arn]} is looked for")

    def add_credential(self, who: Credential) -> None:
        """The key, and whose it is: a user, a role and its session, or the root user of the account."""
        self.see(who.key_id)
        self.see(who.principal_id)
        user_type = who.user_type or _TYPE_OF_ID.get((who.principal_id or "")[:4])
        if user_type in (*_NAMED, *_FOREIGN, *_OTHER, ROOT):
            self.user_type = self.user_type or user_type
        if user_type in _FOREIGN:
            self.ignore(f"`{who.path}` is of type {user_type}: it has no principal in this account")
            return
        self.add("access_key", who.key_id)
        owner = self._add_owner(who, user_type)
        if who.key_id and owner:
            self.owners.setdefault(who.key_id, owner)

    def _add_owner(self, who: Credential, user_type: str | None) -> str | None:
        """Whose credential it is, and the ARN of that."""
        if user_type == _USER and who.name:
            return self.add_user(who.name, who.account, unique_id=who.principal_id)
        if user_type in _ROLES:
            return self._add_role_session(who)
        if user_type == _FEDERATED and who.issuer and USER_ARN.regex.fullmatch(who.issuer):
            # The session can do at most what this user can, so that who contains the user contains the session.
            return self.add_user(who.issuer.rpartition("/")[2], arn=who.issuer)
        if user_type == _FEDERATED and who.name:
            arn = self.arn("sts", f"federated-user/{who.name}", regional=False, account=who.account)
            return self.add("session", who.name, arn)
        if user_type == ROOT:
            account = who.account or self.account
            return self.add("account", account, self.arn("iam", "root", regional=False, account=account))
        if who.key_id or who.name or who.user_type:
            self.ignore(f"`{who.path}` does not name a user or role of this account")
        return None

    def _add_role_session(self, who: Credential) -> str | None:
        role_id, _colon, session = (who.principal_id or "").partition(":")
        name = who.issuer.rpartition("/")[2] if who.issuer and ":role/" in who.issuer else who.name
        if name is None:
            self.ignore(f"`{who.path}` does not name the role")
        else:
            self.add_role(name, who.account, who.issuer if who.issuer and ":role/" in who.issuer else None)
        if not session:
            return None
        arn = self.arn("sts", f"assumed-role/{name}/{session}", regional=False, account=who.account) if name else None
        known = self.add("session", who.principal_id, arn)
        self._identify(known, role_id, ROLE_ID)
        return known

    def add_ip(self, value: object, path: str) -> None:
        if value is not None:
            self._indicate("ip", ip_indicator(value), path)

    def add_domain(self, value: object, path: str) -> None:
        if value is not None:
            self._indicate("domain", domain_indicator(value), path)

    def _indicate(self, kind: str, found: tuple[str | None, str], path: str) -> None:
        value, reason = found
        if value is None:
            self.ignore(f"`{path}` is no indicator: {reason}")
        elif {"kind": kind, "value": value} not in self.indicators:
            self.indicators.append({"kind": kind, "value": value})

    def skip_type(self, value: object, path: str) -> None:
        """A resource that Cordon has no target for."""
        self.ignore(f"`{path}` is {shown(value) or 'of a kind that is not known'}: nothing to contain")

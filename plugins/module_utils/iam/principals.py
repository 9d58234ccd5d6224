# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM principals as AWS knows them: one user, role, session of a role, or root user, in one account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

Kind = Literal["user", "role", "session", "root"]

# Shapes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns; characters and lengths:
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html, https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html,
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_IN = r"arn:(?P<partition>aws[a-z-]*)"
_PATH_AND_NAME = r"(?P<path>/(?:[\x21-\x2e\x30-\x7e]+/)*)(?P<name>[\w+=,.@-]{1,64})"
USER_ARN = re.compile(rf"{_IN}:iam::(?P<account>\d{{12}}):user{_PATH_AND_NAME}", re.ASCII)
ROLE_ARN = re.compile(rf"{_IN}:iam::(?P<account>\d{{12}}):role{_PATH_AND_NAME}", re.ASCII)
ROOT_ARN = re.compile(rf"{_IN}:iam::(?P<account>\d{{12}}):root", re.ASCII)
SESSION_ARN = re.compile(
    rf"{_IN}:sts::(?P<account>\d{{12}}):assumed-role/(?P<name>[\w+=,.@-]{{1,64}})/(?P<session>[\w+=,.@-]{{2,64}})",
    re.ASCII,
)

# IAM is one service per partition, signed for one region: https://docs.aws.amazon.com/general/latest/gr/iam-service.html
_IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_SERVICE_LINKED = "/aws-service-role/"
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_RESERVED = "/aws-reserved/sso.amazonaws.com/"

EXPECTED = (
    "an ARN (of an IAM user, a role, a session of a role, a federated user or root), a user name, or an access key id "
    "(AKIA… or ASIA…)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class IamPrincipal:
    """One principal that can be contained."""

    kind: Kind
    arn: str
    account: str
    name: str
    """A user's or role's name; for a session the name of its role, for root the account id."""
    unique_id: str = ""
    """AIDA…, AROA…, "AROA…:session-name", or root's account id; empty where it is only known from a case log."""
    role_arn: str = ""
    """Of a session that was looked up: its role, with the path that the session's own ARN does not tell."""
    sessions_before: str = ""
    """A wish, for roles: only sessions issued before this time (UTC, ISO 8601 with Z) are denied; empty for all."""
    notes: tuple[str, ...] = ()
    """What a human should know of how it was found."""

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def label(self) -> str:
        """How an operator sees it: user/alice, role/deploy, session/deploy/bob, root/111122223333."""
        return f"{self.kind}/{self.name}{f'/{self.session_name}' if self.kind == 'session' else ''}"

    @property
    def session_name(self) -> str:
        """Of a session; empty for others."""
        return self.arn.rpartition("/")[2] if self.kind == "session" else ""

    @property
    def user_id(self) -> str:
        """The pattern of `aws:userid` that means it, its sessions with it, and nobody else; empty where its unique id is not known.
        The sessions of GetFederationToken are an exception: theirs is the account's id and the name that was asked for.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""
        return f"{self.unique_id}:*" if self.kind == "role" and self.unique_id else self.unique_id

    @property
    def is_service_linked(self) -> bool:
        """Whether only the service that it is linked to can change it."""
        return f":role{_SERVICE_LINKED}" in (self.role_arn or self.arn)

    @property
    def is_reserved(self) -> bool:
        """Whether it is IAM Identity Center's, which alone can change it."""
        return f":role{_RESERVED}" in (self.role_arn or self.arn)

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARNs that mean it: of a session that was looked up also its role's, which alone tells the path."""
        return (self.arn, self.role_arn) if self.role_arn else (self.arn,)

    def is_worked_through(self, identity_arn: str) -> bool:
        """Whether containing it would cut off whom GetCallerIdentity calls `identity_arn`: itself, or a session of it."""
        role, session = ROLE_ARN.fullmatch(self.arn), SESSION_ARN.fullmatch(identity_arn)
        if self.kind != "role" or role is None or session is None:
            return self.arn == identity_arn
        return all(role[part] == session[part] for part in ("partition", "account", "name"))

    def is_protected_by(self, patterns: Iterable[str]) -> bool:
        listed = list(patterns)
        return any(is_protected(arn, listed) for arn in self.arns)

    def expect(self, _reads: object) -> None:
        """Principals are looked at one by one, or in listings of whole accounts (`batched_reads`)."""

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call to IAM in its account about it: "Put{kind}Policy" puts a policy on the user, on the role, or on the role of the
        session. IAM has no calls about root."""
        kind = "User" if self.kind == "user" else "Role"
        name = {f"{kind}Name": self.name}
        return iam_call(self.account, self.partition, operation.format(kind=kind), **name, **parameters)


def iam_call(account: str, partition: str, operation: str, **parameters: Json) -> Call:
    return Call(
        account=account,
        region=_IAM_REGIONS.get(partition, "us-east-1"),
        service="iam",
        operation=operation,
        parameters=parameters,
    )


def root_of(partition: str, account: str) -> IamPrincipal:
    return IamPrincipal(
        kind="root", arn=f"arn:{partition}:iam::{account}:root", account=account, name=account, unique_id=account
    )


def principal_of_arn(arn: str) -> IamPrincipal:
    """The principal that an ARN names, without asking AWS."""
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("user", USER_ARN),
        ("role", ROLE_ARN),
        ("session", SESSION_ARN),
    )
    for kind, pattern in patterns:
        parts = pattern.fullmatch(arn)
        if parts:
            return IamPrincipal(kind=kind, arn=arn, account=parts["account"], name=parts["name"])
    root = ROOT_ARN.fullmatch(arn)
    if root:
        return root_of(root["partition"], root["account"])
    raise InputError(
        f"use {ascii(arn)[:120]}", "it is not the ARN of a user, a role, a session or root", f"Give {EXPECTED}."
    )


def is_protected(arn: str, patterns: Iterable[str]) -> bool:
    """Whether `arn` matches one of the patterns, with its path or without: names are unique in an account whatever their path
    and case, so a pattern that leaves out the path, or spells it otherwise, still means it. What protects a role protects its
    sessions, and what protects one of its sessions protects the role, whose containment would cut that session off."""
    return any(
        fnmatchcase(spelling, pattern) for pattern in _lower(patterns) for spelling in _spellings(arn.lower(), pattern)
    )


def _lower(patterns: Iterable[str]) -> list[str]:
    return [pattern.lower() for pattern in patterns]


def _spellings(arn: str, pattern: str) -> set[str]:
    """What `pattern` may call the principal of `arn`."""
    head, _slash, name = arn.rpartition("/")
    found = {arn, f"{head.partition('/')[0]}/{name}"}
    session, role = SESSION_ARN.fullmatch(arn), ROLE_ARN.fullmatch(arn)
    if session:
        found = {arn, f"arn:{session['partition']}:iam::{session['account']}:role/{session['name']}"}
    if role and ":assumed-role/" in pattern:
        found.add(
            f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/{pattern.rpartition('/')[2]}"
        )
    return found

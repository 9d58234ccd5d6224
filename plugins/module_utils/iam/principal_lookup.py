# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the principal that a name stands for: by ARN, by access key in whichever account, or by user name in the caller's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    AwsError,
    CordonError,
    DriftError,
    ElsewhereError,
    InputError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import ahead
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import (
    EXPECTED,
    NAME,
    ROLE_ARN,
    USER_ARN,
    IamPrincipal,
    iam_call,
    principal_of_arn,
    root_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.trail.session_issuers import (
    issuer_of_federated,
    issuer_of_session,
)

Scope = Literal["principal", "session"]
"""What a session is taken for: the role that it is a session of, or itself alone."""


def begin_to_look_up(reads: Reads, names: Iterable[PrincipalName]) -> None:
    """Begin to ask what `look_up` will ask, on threads, while the run is still getting ready. What goes wrong is told by `look_up`."""
    # Sessions are looked up in CloudTrail, which answers twice a second: not without need.
    quick = [name for name in names if name.session_key_id is None and name.federated_arn is None]
    threading.Thread(target=in_parallel, args=(quick, lambda name: _try(reads, name)), daemon=True).start()


def _try(reads: Reads, name: PrincipalName) -> None:
    try:
        look_up(reads, name)
    except CordonError:
        return


def find_principal(
    reads: Reads,
    name: PrincipalName,
    accounts: frozenset[str] | None = None,
    unique_ids: Mapping[str, str] | None = None,
    scope: Scope = "principal",
    sessions_before: str = "",
) -> IamPrincipal:
    """Look up one principal that is to be contained. Raises AwsError where it does not exist, InputError where it is something
    else or CloudTrail does not know it, and RefusedError where it is not in one of `accounts`, does not have the unique id that
    `unique_ids` has for its name, or nobody but a service may change it."""
    found = look_up(reads, name, scope, in_account=next(iter(accounts)) if accounts and len(accounts) == 1 else None)
    if accounts is not None and found.account not in accounts:
        raise ElsewhereError(
            f"contain {found.arn}",
            f"it is in account {found.account}, and `accounts` allows {', '.join(sorted(accounts)) or 'none'}",
            "If it is to be contained all the same, name it in a run of its own.",
        )
    wanted = (unique_ids or {}).get(name.text)
    if wanted is not None and found.unique_id.partition(":")[0] != wanted:
        raise DriftError(
            f"contain {found.arn}",
            f"it is another one now: its unique id is {found.unique_id.partition(':')[0]}, and {wanted} is meant",
            "The one that is meant was deleted or renamed. Look for its unique id in IAM and contain what has it.",
        )
    if found.is_service_linked:
        raise RefusedError(
            f"contain {found.arn}",
            "it is a service-linked role, which nobody but its service can change, and no service control policy restricts",
            "Delete it through its service if need be: "
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html.",
        )
    if sessions_before and found.kind != "role":
        note = f"`sessions_before` is for whole roles, and does not limit the denial of {found.label}."
        return replace(found, notes=(*found.notes, note))
    return replace(found, sessions_before=sessions_before)


def look_up(
    reads: Reads, name: PrincipalName, scope: Scope = "principal", *, in_account: str | None = None
) -> IamPrincipal:
    """The principal of a name, whether it may be contained or not. `in_account`: where a user's bare name is looked for; None for the
    account of the credentials."""
    if name.access_key_id is not None:
        reads.ahead(_whose_account(reads, name.access_key_id))
    partition = reads.caller.partition
    arn = name.user_arn or name.role_arn or name.session_arn or name.federated_arn or name.root_arn
    if arn is not None and arn.split(":")[1] != partition:
        raise InputError(
            f"look up {arn}",
            f"it is in partition {arn.split(':')[1]} and the responder's credentials are in {partition}",
            f"Run this with credentials of partition {arn.split(':')[1]}.",
        )
    if name.user_arn is not None or name.role_arn is not None:
        return _by_arn(str(arn), reads)
    if name.session_arn is not None:
        return _of_session(name.session_arn, reads, scope)
    if name.federated_arn is not None:
        return _as_user(issuer_of_federated(reads, name.federated_arn), name.federated_arn, reads, scope)
    if name.root_arn is not None:
        return principal_of_arn(name.root_arn)
    if name.access_key_id is not None:
        return _by_key(name.access_key_id, partition, reads)
    if name.session_key_id is not None:
        return _by_session_key(name.session_key_id, partition, reads, scope)
    if name.user_name is not None:
        return _described_user(reads, in_account or reads.caller.account, partition, name.user_name)
    raise InputError("look up a principal", "it has no name", f"Give {EXPECTED}.")


def _by_arn(arn: str, reads: Reads) -> IamPrincipal:
    """A user or a role."""
    named = principal_of_arn(arn)
    described = _described_user if named.kind == "user" else _described_role
    found = described(reads, named.account, named.partition, named.name)
    # Names are unique in an account whatever their path, and findings do not tell the path:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
    has_path = arn.rpartition(":")[2].count("/") > 1
    if found.arn != arn and (has_path or found.name != named.name):
        raise InputError(
            f"look up {arn}",
            f"the {named.kind} of that name is {found.arn}",
            "Use that ARN if it is the one you mean; the path is part of an ARN.",
        )
    return found


def _of_session(arn: str, reads: Reads, scope: Scope) -> IamPrincipal:
    """The session of a role, or the role."""
    session = principal_of_arn(arn)
    role = _described_role(reads, session.account, session.partition, session.name)
    if scope == "principal":
        note = f"all who use {role.label} are shut out; `scope: session` ends {session.label} alone."
        return replace(role, notes=(note,))
    return replace(session, name=role.name, unique_id=f"{role.unique_id}:{session.session_name}", role_arn=role.arn)


def _by_session_key(key_id: str, partition: str, reads: Reads, scope: Scope) -> IamPrincipal:
    account = _account_of_key(reads, key_id)
    issuer = issuer_of_session(reads, account, partition, key_id)
    if issuer.kind != "session":
        return _as_user(issuer, f"access key {key_id}", reads, scope)
    found = _of_session(issuer.arn, reads, scope)
    _require_same(found, issuer, f"access key {key_id}")
    return found


def _as_user(issuer: IamPrincipal, of: str, reads: Reads, scope: Scope) -> IamPrincipal:
    """The user, or root, whose session it is. What such a session may do is what its user may do, so the user is contained."""
    found = issuer if issuer.kind == "root" else _user_now(issuer, of, reads)
    if scope == "session":
        note = f"{of} is a session of {found.label}, which cannot be told from it in policies: all of {found.label} is meant."
        return replace(found, notes=(note,))
    return found


def _user_now(issuer: IamPrincipal, of: str, reads: Reads) -> IamPrincipal:
    """The user of an event, under whatever name it has now: whoever may change IAM can rename it."""
    try:
        found = _described_user(reads, issuer.account, issuer.partition, issuer.name)
        if found.unique_id == issuer.unique_id:
            return found
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
    for shown in reads.pages(iam_call(issuer.account, issuer.partition, "ListUsers"), "Users"):
        if shown["UserId"] == issuer.unique_id:
            return _described_user(reads, issuer.account, issuer.partition, str(shown["UserName"]))
    raise DriftError(
        f"contain whoever {of} is of",
        f"CloudTrail says it was {issuer.arn} with the unique id {issuer.unique_id}, and no user of that account has that id now",
        "It was deleted. Look in CloudTrail for what it made, and contain that.",
    )


def _require_same(found: IamPrincipal, issuer: IamPrincipal, of: str) -> None:
    """Raise DriftError where the name in an event has passed to another one since."""
    ids = found.unique_id.partition(":")[0], issuer.unique_id.partition(":")[0]
    if ids[0] != ids[1]:
        raise DriftError(
            f"contain whoever {of} is of",
            f"CloudTrail says it was {issuer.arn} with the unique id {ids[1]}, and {ids[0]} has that name now",
            "The one that is meant was deleted or renamed. Look for its unique id in IAM and contain what has it.",
        )


def _by_key(key_id: str, partition: str, reads: Reads) -> IamPrincipal:
    """The user whose key it is now: between two answers a name can pass to another user, and a key cannot. The key that no user
    has is root's."""
    account = _account_of_key(reads, key_id)
    try:
        user_name = _owner_of_key(reads, account, key_id, partition)
    except AwsError as error:
        # Which error tells that a key is gone AWS does not document.
        try:
            return _by_history(key_id, account, partition, reads)
        except CordonError:
            raise error from None
    if not user_name:
        try:
            return _by_history(key_id, account, partition, reads)
        except InputError:
            note = f"account {account} names no IAM user for access key {key_id}: it is root's, or has been deleted."
            return replace(root_of(partition, account), notes=(note,))
    # What will be asked of the user, all at once.
    named = IamPrincipal(
        kind="user", arn=f"arn:{partition}:iam::{account}:user/{user_name}", account=account, name=user_name
    )
    reads.ahead(named.call("ListAccessKeys"), "AccessKeyMetadata")
    ahead(reads, named)
    user = _described_user(reads, account, partition, user_name)
    keys = reads.pages(user.call("ListAccessKeys"), "AccessKeyMetadata")
    if all(key["AccessKeyId"] != key_id for key in keys):
        raise InputError(
            f"contain the owner of access key {key_id}",
            f"{user.arn} no longer has it: it was deleted, or the name has passed to another user, this very moment",
            "Repeat the run, and name the user by ARN as well.",
        )
    return user


def _by_history(key_id: str, account: str, partition: str, reads: Reads) -> IamPrincipal:
    """Whose a key was that no user has (any more): whoever can change IAM can delete it, and go on with another one."""
    issuer = issuer_of_session(reads, account, partition, key_id)
    found = _as_user(issuer, f"access key {key_id}", reads, "principal")
    note = f"no user has access key {key_id} any more; CloudTrail shows that it was {found.label}'s."
    return found if found.kind == "root" else replace(found, notes=(note,))


def _owner_of_key(reads: Reads, account: str, key_id: str, partition: str) -> str:
    """The user of a long-term key; empty for root's. It is told only from inside that account
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html)."""
    try:
        used = reads.read(iam_call(account, partition, "GetAccessKeyLastUsed", AccessKeyId=key_id))
    except AwsError as error:
        hint = (
            f"The key id says account {account}: if that is none of yours, check the id for a typing error. "
            "If the key has been deleted, name its user by ARN. Otherwise: "
        )
        raise AwsError(
            f"find the owner of access key {key_id}",
            f"{error.tried}: {error.why}",
            hint + error.remedy,
            code=error.code,
        ) from error
    user_name = str(used.get("UserName", ""))
    return user_name if NAME.fullmatch(user_name) else ""


def _account_of_key(reads: Reads, key_id: str) -> str:
    """Told for any key: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    try:
        return str(reads.read(_whose_account(reads, key_id))["Account"])
    except AwsError as error:
        if error.code != "ValidationError":
            raise
        raise InputError(
            f"find the owner of access key {key_id}", "AWS knows no such key id", "Check it for a typing error."
        ) from error


def _whose_account(reads: Reads, key_id: str) -> Call:
    return Call(
        account="",
        region=reads.home_region,
        service="sts",
        operation="GetAccessKeyInfo",
        parameters={"AccessKeyId": key_id},
    )


def _described_user(reads: Reads, account: str, partition: str, user_name: str) -> IamPrincipal:
    answer = reads.read(iam_call(account, partition, "GetUser", UserName=user_name))["User"]
    arn = _checked(str(answer["Arn"]), USER_ARN.fullmatch, f"user {user_name} in account {account}")
    return IamPrincipal(
        kind="user", arn=arn, account=account, name=str(answer["UserName"]), unique_id=str(answer["UserId"])
    )


def _described_role(reads: Reads, account: str, partition: str, role_name: str) -> IamPrincipal:
    answer = reads.read(iam_call(account, partition, "GetRole", RoleName=role_name))["Role"]
    arn = _checked(str(answer["Arn"]), ROLE_ARN.fullmatch, f"role {role_name} in account {account}")
    return IamPrincipal(
        kind="role", arn=arn, account=account, name=str(answer["RoleName"]), unique_id=str(answer["RoleId"])
    )


def _checked(arn: str, matches: Callable[[str], object], what: str) -> str:
    if not matches(arn):
        raise AwsError(
            f"look up {what}", "AWS answered with an ARN of another kind", "Name it by ARN.", code="OtherKind"
        )
    return arn

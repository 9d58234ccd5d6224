# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the IAM user that a name stands for: by ARN, by access key in whichever account, or by name in the caller's."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError, InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.principals import (
    EXPECTED,
    NAME,
    USER_ARN,
    IamUser,
    PrincipalName,
    iam_call,
    user_of_arn,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


def find_user(
    reads: Reads,
    name: PrincipalName,
    accounts: frozenset[str] | None = None,
    unique_ids: Mapping[str, str] | None = None,
) -> IamUser:
    """Look one principal up. Raises AwsError where it does not exist, InputError where it is something else, and RefusedError
    where it is not in one of `accounts` or does not have the unique id that `unique_ids` has for its name."""
    user = _looked_up(reads, name)
    if accounts is not None and user.account not in accounts:
        raise RefusedError(
            f"contain {user.arn}",
            f"it is in account {user.account}, and `accounts` allows {', '.join(sorted(accounts)) or 'none'}",
            "If it is to be contained all the same, name it in a run of its own.",
        )
    wanted = (unique_ids or {}).get(name.text)
    if wanted is not None and user.unique_id != wanted:
        raise DriftError(
            f"contain {user.arn}",
            f"it is another user now: its unique id is {user.unique_id}, and {wanted} is meant",
            "The one that is meant was deleted or renamed. Look for its unique id in IAM and contain what has it.",
        )
    return user


def _looked_up(reads: Reads, name: PrincipalName) -> IamUser:
    caller = reads.caller
    if name.user_arn is not None:
        return _user_by_arn(name.user_arn, caller.partition, reads)
    if name.access_key_id is not None:
        return _user_by_key(name.access_key_id, caller.partition, reads)
    if name.user_name is not None:
        return _described_user(reads, caller.account, caller.partition, name.user_name)
    raise InputError("look up a principal", "it has no name", f"Give {EXPECTED}.")


def _user_by_arn(arn: str, partition: str, reads: Reads) -> IamUser:
    named = user_of_arn(arn)
    if named.partition != partition:
        raise InputError(
            f"contain {arn}",
            f"it is in partition {named.partition} and the responder's credentials are in {partition}",
            f"Run this with credentials of partition {named.partition}.",
        )
    user = _described_user(reads, named.account, partition, named.name)
    # Names are unique in an account whatever their path, and findings do not tell the path:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
    has_path = arn.rpartition(":")[2].count("/") > 1
    if user.arn != arn and (has_path or user.name != named.name):
        raise InputError(
            f"contain {arn}",
            f"the user of that name is {user.arn}",
            "Use that ARN if it is the one you mean; the path is part of an ARN.",
        )
    return user


def _user_by_key(key_id: str, partition: str, reads: Reads) -> IamUser:
    """The user whose key it is now: between two answers a name can pass to another user, and a key cannot."""
    account, user_name = _owner_of_key(reads, key_id, partition)
    user = _described_user(reads, account, partition, user_name)
    keys = reads.pages(user.call("ListAccessKeys"), "AccessKeyMetadata")
    if all(key["AccessKeyId"] != key_id for key in keys):
        raise InputError(
            f"contain the owner of access key {key_id}",
            f"{user.arn} no longer has it: it was deleted, or the name has passed to another user, this very moment",
            "Repeat the run, and name the user by ARN as well.",
        )
    return user


def _owner_of_key(reads: Reads, key_id: str, partition: str) -> tuple[str, str]:
    """The account and user of a long-term key: the account is told for any key
    (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html), the user only from inside that account
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html)."""
    tried = f"find the owner of access key {key_id}"
    ask = Call(
        account="",
        region=reads.caller.region,
        service="sts",
        operation="GetAccessKeyInfo",
        parameters={"AccessKeyId": key_id},
    )
    try:
        account = str(reads.read(ask)["Account"])
    except AwsError as error:
        if error.code != "ValidationError":
            raise
        raise InputError(tried, "AWS knows no such key id", "Check it for a typing error.") from error
    try:
        used = reads.read(iam_call(account, partition, "GetAccessKeyLastUsed", AccessKeyId=key_id))
    except AwsError as error:
        hint = (
            f"The key id says account {account}: if that is none of yours, check the id for a typing error. "
            "If the key has been deleted, name its user by ARN. Otherwise: "
        )
        raise AwsError(tried, f"{error.tried}: {error.why}", hint + error.remedy, code=error.code) from error
    user_name = str(used.get("UserName", ""))
    if not NAME.fullmatch(user_name):
        raise InputError(
            f"contain the owner of access key {key_id}",
            f"account {account} names no IAM user for it: it belongs to the root user or is gone",
            f"Sign in as the root user of {account} and deactivate it there, or remove root's keys through centralized root access.",
        )
    return account, user_name


def _described_user(reads: Reads, account: str, partition: str, user_name: str) -> IamUser:
    answer = reads.read(iam_call(account, partition, "GetUser", UserName=user_name))
    arn = str(answer["User"]["Arn"])
    if USER_ARN.fullmatch(arn) is None:
        raise AwsError(
            f"look up user {user_name} in account {account}",
            "AWS answered with an ARN that is not a user's",
            "Name it by ARN.",
            code="NotAUser",
        )
    return IamUser(
        arn=arn, account=account, name=str(answer["User"]["UserName"]), unique_id=str(answer["User"]["UserId"])
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM principals as people name them (ARN, user name, access key id) and as AWS knows them (one user in one account)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

# Characters and lengths: https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
USER_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):user(?P<path>/(?:[\x21-\x2e\x30-\x7e]+/)*)(?P<name>[\w+=,.@-]{1,64})",
    re.ASCII,
)
_MAX_PATH = 512
# Prefixes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_LONG_TERM_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}")
_TEMPORARY_KEY = re.compile(r"ASIA[A-Z0-9]{12,124}")
_OTHER_ARN = re.compile(r"arn:[^:]*:(?:iam|sts):[^:]*:[^:]*:(?P<kind>[a-z-]+).*", re.DOTALL)

# IAM is one service per partition, signed for one region: https://docs.aws.amazon.com/general/latest/gr/iam-service.html
_IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

EXPECTED = "an IAM user's ARN (arn:aws:iam::123456789012:user/name), a user name, or an access key id (AKIA…)"


@dataclass(frozen=True, kw_only=True, slots=True)
class PrincipalName:
    """One entry of `principals`, told apart but not looked up: exactly one of the fields is set."""

    text: str
    user_arn: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IamUser:
    """One IAM user."""

    arn: str
    account: str
    name: str
    unique_id: str = ""
    """AIDA…; empty where the user is only known from a case log."""

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def label(self) -> str:
        """How an operator sees it: user/alice."""
        return f"user/{self.name}"

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call to IAM in this user's account, about this user."""
        return iam_call(self.account, self.partition, operation, UserName=self.name, **parameters)


def iam_call(account: str, partition: str, operation: str, **parameters: Json) -> Call:
    return Call(
        account=account,
        region=_IAM_REGIONS.get(partition, "us-east-1"),
        service="iam",
        operation=operation,
        parameters=parameters,
    )


def parse_principals(texts: Iterable[object], option: str) -> tuple[PrincipalName, ...]:
    """Tell the entries of a list option apart; all faults are raised together as one InputError, each with its path."""
    names, faults = [], []
    for number, text in enumerate(texts):
        try:
            names.append(parse_principal(text, f"{option}[{number}]"))
        except InputError as fault:
            faults.append(fault)
    if faults:
        raise InputError.together(faults)
    if not names:
        raise InputError(f"use the option `{option}`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(names)


def parse_principal(text: object, path: str) -> PrincipalName:
    """Tell one entry apart. `path` is where it stands ("principals[3]"), for the error."""
    if not isinstance(text, str):
        raise _wrong(path, text, f"it is a {type(text).__name__}, not text", f"Give {EXPECTED}.")
    named = USER_ARN.fullmatch(text)
    if named:
        if len(named["path"]) > _MAX_PATH:
            raise _wrong(path, text, f"its path is longer than {_MAX_PATH} characters", "Copy the ARN from IAM.")
        return PrincipalName(text=text, user_arn=text)
    if _LONG_TERM_KEY.fullmatch(text):
        return PrincipalName(text=text, access_key_id=text)
    if _TEMPORARY_KEY.fullmatch(text):
        raise _wrong(
            path,
            text,
            "it is the key id of a temporary session",
            "Name the IAM user whose key minted the session, by ARN or name.",
        )
    if text.startswith("arn:"):
        raise _wrong(path, text, *_wrong_arn(text))
    if NAME.fullmatch(text):
        return PrincipalName(text=text, user_name=text)
    raise _wrong(
        path, text, "a user name has 1 to 64 characters out of letters, digits and +=,.@-_", f"Give {EXPECTED}."
    )


def _wrong_arn(text: str) -> tuple[str, str]:
    other = _OTHER_ARN.fullmatch(text)
    kind = other["kind"] if other else ""
    if kind in ("role", "assumed-role", "group", "root", "federated-user", "policy"):
        return f"it is the ARN of a {kind}, and only IAM users can be contained", "Name an IAM user."
    return "it is not the ARN of an IAM user", f"Give {EXPECTED}."


def _wrong(path: str, value: object, why: str, remedy: str) -> InputError:
    shown = ascii(value)
    return InputError(f"use `{path}` = {shown if len(shown) <= 120 else shown[:117] + '...'}", why, remedy)


def parse_protected(patterns: Iterable[object]) -> tuple[str, ...]:
    """ARN patterns (`*` and `?`) of principals that must never be cut off. Raises InputError for what is no ARN."""
    found, faults = [], []
    for number, pattern in enumerate(patterns):
        if isinstance(pattern, str) and re.fullmatch(r"arn:[\x21-\x5a\x5c\x5e-\x7e]+", pattern):
            found.append(pattern)
        else:
            faults.append(
                _wrong(
                    f"protected_principals[{number}]",
                    pattern,
                    "it is not an ARN pattern",
                    "Write an ARN, with * and ? where it may vary: arn:aws:iam::*:user/break-glass-*.",
                )
            )
    if faults:
        raise InputError.together(faults)
    return tuple(found)


def parse_accounts(accounts: Iterable[object] | None) -> frozenset[str] | None:
    """Account ids; None where any account will do."""
    if accounts is None:
        return None
    listed = list(accounts)
    faults = [
        _wrong(f"accounts[{number}]", account, "it is not an account id", "An account id has 12 digits.")
        for number, account in enumerate(listed)
        if not (isinstance(account, str) and re.fullmatch(r"[0-9]{12}", account))
    ]
    if faults:
        raise InputError.together(faults)
    return frozenset(str(account) for account in listed)


def parse_unique_ids(unique_ids: Mapping[str, object]) -> dict[str, str]:
    """User ARN -> unique id. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    faults = []
    for arn, unique_id in unique_ids.items():
        if not (isinstance(unique_id, str) and re.fullmatch(r"AIDA[A-Z0-9]{12,124}", unique_id)):
            faults.append(
                _wrong(
                    f"unique_ids[{ascii(arn)[1:-1]}]", unique_id, "it is not a user's unique id", "It begins with AIDA."
                )
            )
    if faults:
        raise InputError.together(faults)
    return {arn: str(unique_id) for arn, unique_id in unique_ids.items()}


def is_protected(arn: str, patterns: Iterable[str]) -> bool:
    """Whether `arn` matches one of the patterns, with its path or without: names are unique in an account whatever their path
    and case, so a pattern that leaves out the path, or spells it otherwise, still means this user."""
    head, _slash, name = arn.rpartition("/")
    spellings = {arn.lower(), f"{head.partition('/')[0]}/{name}".lower()}
    return any(fnmatchcase(spelling, pattern.lower()) for spelling in spellings for pattern in patterns)


def user_of_arn(arn: str) -> IamUser:
    """The user that an ARN names, without asking AWS."""
    parts = USER_ARN.fullmatch(arn)
    if parts is None:
        raise _wrong("principals", arn, "it is not the ARN of an IAM user", f"Give {EXPECTED}.")
    return IamUser(arn=arn, account=parts["account"], name=parts["name"])

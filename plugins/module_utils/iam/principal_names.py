# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Principals as people name them: entries of `principals`, `protected_principals`, `accounts` and `unique_ids`, told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import (
    EXPECTED,
    NAME,
    ROLE_ARN,
    ROOT_ARN,
    SESSION_ARN,
    USER_ARN,
)

# The name that the caller of GetFederationToken chose: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
FEDERATED_ARN = re.compile(
    r"arn:aws[a-z-]*:sts::(?P<account>\d{12}):federated-user/(?P<name>[\w+=,.@-]{2,32})", re.ASCII
)
_MAX_PATH = 512
# Prefixes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_LONG_TERM_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}")
_TEMPORARY_KEY = re.compile(r"ASIA[A-Z0-9]{12,124}")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,124}")
_OTHER_ARN = re.compile(r"arn:[^:]*:(?:iam|sts):[^:]*:[^:]*:(?P<kind>[a-z-]+).*", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrincipalName:
    """One entry of `principals`, told apart but not looked up: exactly one of the fields is set."""

    text: str
    user_arn: str | None = None
    role_arn: str | None = None
    session_arn: str | None = None
    federated_arn: str | None = None
    root_arn: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None
    """A long-term key: AKIA…"""
    session_key_id: str | None = None
    """A temporary one: ASIA…"""


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
    named = USER_ARN.fullmatch(text) or ROLE_ARN.fullmatch(text)
    if named:
        if len(named["path"]) > _MAX_PATH:
            raise _wrong(path, text, f"its path is longer than {_MAX_PATH} characters", "Copy the ARN from IAM.")
        return (
            PrincipalName(text=text, user_arn=text)
            if USER_ARN.fullmatch(text)
            else PrincipalName(text=text, role_arn=text)
        )
    if SESSION_ARN.fullmatch(text):
        return PrincipalName(text=text, session_arn=text)
    if FEDERATED_ARN.fullmatch(text):
        return PrincipalName(text=text, federated_arn=text)
    if ROOT_ARN.fullmatch(text):
        return PrincipalName(text=text, root_arn=text)
    if _LONG_TERM_KEY.fullmatch(text):
        return PrincipalName(text=text, access_key_id=text)
    if _TEMPORARY_KEY.fullmatch(text):
        return PrincipalName(text=text, session_key_id=text)
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
    if kind in ("group", "policy", "instance-profile", "saml-provider", "oidc-provider", "mfa"):
        return f"it is the ARN of a {kind}, which cannot act", f"Give {EXPECTED}."
    return "it is not the ARN of a user, a role, a session or root", f"Give {EXPECTED}."


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
    """User or role ARN -> unique id. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    faults = []
    for arn, unique_id in unique_ids.items():
        if not (isinstance(unique_id, str) and _UNIQUE_ID.fullmatch(unique_id)):
            faults.append(
                _wrong(
                    f"unique_ids[{ascii(arn)[1:-1]}]",
                    unique_id,
                    "it is not the unique id of a user or a role",
                    "It begins with AIDA or AROA.",
                )
            )
    if faults:
        raise InputError.together(faults)
    return {arn: str(unique_id) for arn, unique_id in unique_ids.items()}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What IAM keeps once per account: its alias and its password policy.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import changed, requested
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    call_about,
    is_there,
    move,
    or_gone,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ALIAS: Final = ("AccountAlias",)
_PASSWORDS: Final = ("AccountPasswordPolicy",)
_ALIAS_TEXT = re.compile(r"(?!\d{12}$)[a-z\d]([a-z\d]|-(?!-)){1,61}[a-z\d]", re.ASCII)
# What is not told is set to this, whatever it was: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
_DEFAULTS: Final[Mapping[str, Json]] = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
    "HardExpiry": False,
}
_NUMBERS: Final = {"MinimumPasswordLength": 128, "MaxPasswordAge": 1095, "PasswordReusePrevention": 24}
"""The highest that AWS takes."""
_SWITCHES: Final = tuple(name for name, value in _DEFAULTS.items() if value is False)


def _read_alias(reads: Reads, facet: Facet) -> Json:
    found = reads.pages(call_about(facet, "iam", "ListAccountAliases"), "AccountAliases")
    return found[0] if found else None


def _alias_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    """An account has one alias at most, and a new one takes the place of the old."""
    back = _alias(facet, "Create", live) if is_there(live) else _alias(facet, "Delete", wanted)
    return (move(_alias(facet, "Create", wanted) if is_there(wanted) else _alias(facet, "Delete", live), back),)


def _alias(facet: Facet, verb: str, alias: Json) -> Call:
    return call_about(facet, "iam", f"{verb}AccountAlias", AccountAlias=alias)


ALIAS = Kind(
    name="iam/account_alias",
    order=20,
    permissions=("iam:ListAccountAliases", "iam:CreateAccountAlias", "iam:DeleteAccountAlias"),
    takes=lambda names: names == _ALIAS,
    read=_read_alias,
    moves=_alias_moves,
)


def _alias_created(event: Event) -> Iterator[Change]:
    alias = requested(event, "AccountAlias")
    if _ALIAS_TEXT.fullmatch(alias):
        yield changed(event, ALIAS.name, *_ALIAS, after=alias)


def _alias_deleted(event: Event) -> Iterator[Change]:
    alias = requested(event, "AccountAlias")
    if _ALIAS_TEXT.fullmatch(alias):
        yield changed(event, ALIAS.name, *_ALIAS, before=alias, after=None)


def _read_passwords(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(call_about(facet, "iam", "GetAccountPasswordPolicy")))
    if found is None:
        return None
    told = found["PasswordPolicy"]
    given = {name: told[name] for name in (*_DEFAULTS, *_NUMBERS) if told.get(name) is not None}
    # IAM tells a number that is not set as 0, or not at all.
    return {**_DEFAULTS, **{name: value for name, value in given.items() if name in _DEFAULTS or value}}


def _password_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return (move(_passwords(facet, wanted), _passwords(facet, live)),)


def _passwords(facet: Facet, value: Json) -> Call:
    if not is_there(value):
        return call_about(facet, "iam", "DeleteAccountPasswordPolicy")
    return call_about(facet, "iam", "UpdateAccountPasswordPolicy", **value)


PASSWORD_POLICY = Kind(
    name="iam/account_password_policy",
    order=20,
    permissions=(
        "iam:GetAccountPasswordPolicy",
        "iam:UpdateAccountPasswordPolicy",
        "iam:DeleteAccountPasswordPolicy",
    ),
    takes=lambda names: names == _PASSWORDS,
    read=_read_passwords,
    moves=_password_moves,
)


def _passwords_updated(event: Event) -> Iterator[Change]:
    value = dict(_DEFAULTS)
    for name in (*_NUMBERS, *_SWITCHES):
        given = event.request.get(name[:1].lower() + name[1:])
        if isinstance(given, bool) if name in _SWITCHES else is_whole_number(given) and 0 < given <= _NUMBERS[name]:
            value[name] = given
    yield changed(event, PASSWORD_POLICY.name, *_PASSWORDS, after=value)


def _passwords_deleted(event: Event) -> Iterator[Change]:
    yield changed(event, PASSWORD_POLICY.name, *_PASSWORDS, after=None)


KINDS = (ALIAS, PASSWORD_POLICY)
ENTRIES = (
    Entry(
        service="iam",
        operation="CreateAccountAlias",
        changes=_alias_created,
        undone_by="CreateAccountAlias, or DeleteAccountAlias",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="DeleteAccountAlias",
        changes=_alias_deleted,
        undone_by="CreateAccountAlias",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="UpdateAccountPasswordPolicy",
        changes=_passwords_updated,
        undone_by="UpdateAccountPasswordPolicy, or DeleteAccountPasswordPolicy",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="DeleteAccountPasswordPolicy",
        changes=_passwords_deleted,
        undone_by="UpdateAccountPasswordPolicy",
        before_from="an earlier event",
    ),
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at many principals at once, each error with its target, and puts the answers into order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.credential.account_details import AccountDetails, read_details
from ansible_collections.cordon.aws.plugins.module_utils.credential.elsewhere import Elsewhere, roles_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.entry import Entry, Read, entry_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import Method
from ansible_collections.cordon.aws.plugins.module_utils.credential.holdings import (
    Holdings,
    read_holdings,
    root_holdings,
)
from ansible_collections.cordon.aws.plugins.module_utils.credential.scps import scps_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.usage import keys_of, last_accessed
from ansible_collections.cordon.aws.plugins.module_utils.credential.worry import ranked
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import look_up
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

T = TypeVar("T")

MANY = 4
"""From so many principals of one account on it takes fewer calls to read the whole account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked for."""

    methods: Sequence[Method]
    before_containment: bool = True
    trusting_accounts: tuple[str, ...] = ()
    last_accessed_wait_s: float = 20
    accounts: frozenset[str] | None = None
    """Where the principals may be; None: anywhere."""
    leave_others: bool = False
    """Whether those in other accounts are left out, and not refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """One principal, with the names it was given by, and what is known of it or why nothing is."""

    names: tuple[str, ...]
    arn: str
    """Empty where none was found."""
    entry: Entry | None = None
    error: str = ""
    left_out: bool = False
    """Whether it is somebody else's to look at."""


def investigate(cloud: Cloud, names: Sequence[PrincipalName], wish: Wish) -> tuple[Known, ...]:
    """Each principal once, the most worrying first; those of which nothing is known after them, and what is left out at the end."""
    reads = Reads(cloud)
    only = next(iter(wish.accounts)) if wish.accounts and len(wish.accounts) == 1 else None
    found = in_parallel(
        dict.fromkeys(names),
        lambda name: (name.text, _tried(lambda: look_up(reads, name, "session", in_account=only))),
    )
    targets: dict[str, tuple[IamPrincipal, list[str]]] = {}
    lost = []
    for text, who in found:
        if isinstance(who, CordonError):
            lost.append(Known(names=(text,), arn="", error=str(who)))
        elif wish.accounts is not None and who.account not in wish.accounts:
            lost.append(_of_another_account(text, who, wish))
        else:
            targets.setdefault(who.arn, (who, []))[1].append(text)
    elsewhere = roles_of(reads, wish.trusting_accounts) if wish.trusting_accounts else None
    details = _details(reads, [who for who, _names in targets.values()])

    def known(target: tuple[IamPrincipal, list[str]]) -> Known:
        who, given = target
        entry = _tried(
            lambda: entry_of(
                _read(cloud, reads, who, details, elsewhere, wish),
                wish.methods,
                before_containment=wish.before_containment,
            )
        )
        if isinstance(entry, CordonError):
            return Known(names=tuple(given), arn=who.arn, error=str(entry))
        return Known(names=tuple(given), arn=who.arn, entry=entry)

    return in_order([*in_parallel(targets.values(), known), *lost])


def _of_another_account(text: str, who: IamPrincipal, wish: Wish) -> Known:
    if wish.leave_others:
        return Known(names=(text,), arn=who.arn, left_out=True)
    allowed = ", ".join(sorted(wish.accounts or ())) or "none"
    refused = RefusedError(
        f"look at {who.arn}",
        f"it is in account {who.account}, and `accounts` allows {allowed}",
        "If it is meant all the same, name it in a run of its own.",
    )
    return Known(names=(text,), arn=who.arn, error=str(refused))


def in_order(all_known: Sequence[Known]) -> tuple[Known, ...]:
    """The most worrying first, then those of which nothing is known."""
    told = [(one, one.entry.facts) for one in all_known if one.entry is not None]
    order = ranked([facts for _one, facts in told], datetime.now(UTC))
    others = sorted((one for one in all_known if one.entry is None), key=lambda one: one.left_out)
    return (*(told[place][0] for place in order), *others)


def _details(reads: Reads, targets: Sequence[IamPrincipal]) -> Mapping[str, AccountDetails]:
    """Whole accounts, where many principals are of one. An account that may not be read so is read one by one."""
    by_account: dict[str, list[IamPrincipal]] = {}
    for who in targets:
        if who.kind != "root":
            by_account.setdefault(who.account, []).append(who)
    many = {account: there for account, there in by_account.items() if len(there) >= MANY}
    read = in_parallel(many.values(), lambda there: _tried(lambda: read_details(reads, there)))
    return {account: found for account, found in zip(many, read, strict=True) if not isinstance(found, CordonError)}


def _read(
    cloud: Cloud,
    reads: Reads,
    who: IamPrincipal,
    details: Mapping[str, AccountDetails],
    elsewhere: Elsewhere | None,
    wish: Wish,
) -> Read:
    """Everything about one principal, the independent parts of it at once."""
    arn = who.role_arn or who.arn
    parts: tuple[Callable[[], Any], ...] = (
        lambda: _holdings(reads, who, details),
        lambda: keys_of(reads, who),
        lambda: scps_of(reads, who),
        lambda: last_accessed(cloud.read, who, arn, wish.last_accessed_wait_s),
    )
    holdings, keys, scps, accessed = in_parallel(parts, lambda part: part())
    return Read(who=who, holdings=holdings, keys=keys, scps=scps, accessed=accessed, elsewhere=elsewhere)


def _holdings(reads: Reads, who: IamPrincipal, details: Mapping[str, AccountDetails]) -> Holdings:
    if who.kind == "root":
        return root_holdings(who)
    account = details.get(who.account)
    return account.holdings(reads, who) if account is not None and account.has(who) else read_holdings(reads, who)


def _tried(ask: Callable[[], T]) -> T | CordonError:
    try:
        return ask()
    except CordonError as error:
        return error

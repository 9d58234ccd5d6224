# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From traced facts to the principals that are behind them: each with the one it descends from, and how. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN, PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.following import Followed

NAMED: Final = "named"
OWN_KEY: Final = "its own key"
SESSION: Final = "its session"
_CALLERS = (USER_ARN, SESSION_ARN, FEDERATED_ARN, ROOT_ARN)
_CAN_BE_CONTAINED = (*_CALLERS, ROLE_ARN)
_USER_OR_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)", re.ASCII)


@dataclass(kw_only=True, slots=True)
class Row:
    """One principal, with one access key where that is known."""

    principal: str
    access_key_id: str
    derived_from: str = ""
    """The access key, or else the principal, whose call led to it; empty for who was named."""
    how: str
    """The operation that led to it, or one of the words above."""
    first_seen: int | None = None
    last_seen: int | None = None
    is_to_contain: bool = True
    """Whether it is the attacker's altogether; a role that was passed to something is not."""
    given: str = ""
    """As what it was named."""

    @property
    def name(self) -> str:
        return self.access_key_id or self.principal

    def see(self, at: int) -> None:
        self.first_seen = at if self.first_seen is None else min(at, self.first_seen)
        self.last_seen = at if self.last_seen is None else max(at, self.last_seen)

    def as_json(self) -> dict[str, Json]:
        return {
            "principal": self.principal or None,
            "access_key_id": self.access_key_id or None,
            "derived_from": self.derived_from or None,
            "how": self.how,
            "first_seen": moment(self.first_seen),
            "last_seen": moment(self.last_seen),
        }


def moment(seconds: int | None) -> str | None:
    return None if seconds is None else as_text(datetime.fromtimestamp(seconds, UTC))


@dataclass(kw_only=True)
class Closure:
    """Everybody that is traced: who was named first, then in the order in which they came to be."""

    rows: list[Row] = field(default_factory=list)
    row_of: dict[int, Row] = field(default_factory=dict)
    """Place of a traced fact -> whose doing it is; none where somebody came through a door that was opened, such as a service."""

    def containable(self) -> list[str]:
        """The principals as `iam_principal_containment` takes them: ARNs, and access keys where the owner is known by its key alone."""
        found: dict[str, None] = {}
        for row in self.rows:
            seen = row.first_seen is not None or not row.access_key_id
            if not row.is_to_contain:
                continue
            if seen and any(pattern.fullmatch(row.principal) for pattern in _CAN_BE_CONTAINED):
                found[row.principal] = None
            elif row.access_key_id or row.given:
                found[row.access_key_id or row.given] = None
        of_owner = {row.access_key_id for row in self.rows if row.principal in found}
        return [one for one in found if one not in of_owner]


def closure_of(facts: Sequence[Fact], followed: Followed, seeds: Iterable[PrincipalName]) -> Closure:
    """`facts` in order of time."""
    return _Drawing(facts, followed).of(tuple(seeds))


class _Drawing:
    def __init__(self, facts: Sequence[Fact], followed: Followed) -> None:
        self._facts, self._found = facts, followed.found
        self._places = sorted(followed.found)
        self._rows: dict[str, Row] = {}
        """By `Row.name`: access keys are unique, and so are ARNs."""
        self._row_of: dict[int, Row] = {}
        self._arns = _arns(facts, self._places)
        self._leads: dict[Word, int] = {}
        self._callers: dict[str, tuple[str, bool]] = {}
        for place in self._places:
            for word in facts[place].links.always:
                self._leads.setdefault(word, place)

    def of(self, seeds: tuple[PrincipalName, ...]) -> Closure:
        keys = {child.access_key_id for place in self._places for child in self._facts[place].children}
        keys |= {seed.access_key_id or seed.session_key_id or "" for seed in seeds}
        for seed in seeds:
            self._name(seed)
        for place in self._places:
            fact = self._facts[place]
            actor, is_caller = self._caller(fact.actor)
            came_through = all(
                senses.is_taking(word.sense) or word.sense == senses.PROVIDER for word in self._found[place]
            )
            if is_caller and not came_through:
                own = fact.key in keys or fact.key.startswith("AKIA")
                row = self._row(actor, fact.key if own else "", place)
                row.see(fact.at)
                self._row_of[place] = row
            self._bear(place)
        return Closure(rows=self._in_order(), row_of=self._row_of)

    def _caller(self, actor: str) -> tuple[str, bool]:
        """The ARN of whoever made a call, and whether it is one."""
        if actor not in self._callers:
            arn = self._arn(actor)
            self._callers[actor] = arn, any(pattern.fullmatch(arn) for pattern in _CALLERS)
        return self._callers[actor]

    def _name(self, seed: PrincipalName) -> None:
        key = seed.access_key_id or seed.session_key_id or ""
        arn = seed.user_arn or seed.role_arn or seed.session_arn or seed.federated_arn or seed.root_arn or ""
        found = [self._arn(arn)] if arn else []
        if not found:
            words = (
                {Word(key, senses.KEY)} if key else senses.name_words("user", seed.user_name or "", senses.USER_NAME)
            )
            acting = (self._arn(self._facts[place].actor) for place in self._places if words & self._found[place])
            found = list(dict.fromkeys(one for one in acting if any(pattern.fullmatch(one) for pattern in _CALLERS)))
        for principal in found[:1] if key else found or [""]:
            row = Row(principal=principal, access_key_id=key, how=NAMED, given=seed.text)
            self._rows.setdefault(row.name or seed.text, row)
        if key and not found:
            self._rows.setdefault(key, Row(principal="", access_key_id=key, how=NAMED, given=seed.text))

    def _row(self, actor: str, key: str, place: int) -> Row:
        row = self._rows.get(key or actor)
        if row is None:
            row = self._rows[key or actor] = self._new(actor, key, place)
        row.principal = actor
        return row

    def _new(self, actor: str, key: str, place: int) -> Row:
        """Of somebody whom no call named: by what its first event was found."""
        lead = self._lead_of(place)
        above = None if lead is None else self._row_of.get(lead)
        if above is not None and lead is not None:
            how = SESSION if above.principal == actor else self._facts[lead].operation
        else:
            above = next((row for row in self._rows.values() if row.how == NAMED and self._is_of(actor, row)), None)
            how = OWN_KEY if key else SESSION
        return Row(principal=actor, access_key_id=key, derived_from=above.name if above else "", how=how)

    @staticmethod
    def _is_of(actor: str, row: Row) -> bool:
        role, session = ROLE_ARN.fullmatch(row.principal), SESSION_ARN.fullmatch(actor)
        if role and session:
            return (role["account"], role["name"]) == (session["account"], session["name"])
        return row.principal == actor

    def _lead_of(self, place: int) -> int | None:
        leads = {self._leads[word] for word in self._found[place] if word in self._leads} - {place}
        return min(leads) if leads else None

    def _bear(self, place: int) -> None:
        """The rows of whoever descends from the call."""
        fact = self._facts[place]
        parent = self._row_of.get(place)
        if parent is None:
            lead = self._lead_of(place)
            parent = None if lead is None else self._row_of.get(lead)
        derived = parent.name if parent is not None else ""
        for child in fact.children:
            principal = self._arn(child.principal)
            if not (principal or child.access_key_id):
                continue
            row = Row(
                principal=principal,
                access_key_id=child.access_key_id,
                derived_from=derived,
                how=child.how,
                is_to_contain=child.is_to_contain,
            )
            known = self._rows.setdefault(row.name, row)
            known.is_to_contain |= child.is_to_contain

    def _arn(self, principal: str) -> str:
        """The ARN by which a unique id, or a name without its path, is known."""
        if principal in self._arns:
            return self._arns[principal]
        parts = _USER_OR_ROLE.fullmatch(principal)
        return self._arns.get("|".join(parts.groups()), principal) if parts else principal

    def _in_order(self) -> list[Row]:
        named = [row for row in self._rows.values() if row.how == NAMED]
        return [*named, *(row for row in self._rows.values() if row.how != NAMED)]


def _arns(facts: Sequence[Fact], places: Iterable[int]) -> dict[str, str]:
    """Unique id, or account, kind and name of a user or role -> its ARN as events give it."""
    found: dict[str, str] = {}
    for place in places:
        fact = facts[place]
        if fact.actor.startswith("arn:"):
            for word in fact.words:
                if word.sense == senses.PRINCIPAL:
                    found.setdefault(word.text, fact.actor)
            _note(found, fact.actor)
        for child in fact.children:
            if child.is_whole_arn:
                _note(found, child.principal)
    return found


def _note(found: dict[str, str], arn: str) -> None:
    parts = _USER_OR_ROLE.fullmatch(arn)
    if parts:
        found.setdefault("|".join(parts.groups()), arn)

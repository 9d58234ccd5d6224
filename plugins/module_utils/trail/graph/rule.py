# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rule by which the session graph is followed: under which words events are filed, and what they lead to. Pure.

It looks at one event at a time and cannot compare moments, so that it finds more than descends: `following` goes through what it found
again and leaves out what came before, or is somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.child import Child
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.descent import children
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.filing import began_of, caller_of, words_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


class SessionRule:
    """A Rule: from keys, sessions, users and roles to everything that descends from them."""

    def words(self, event: Event) -> frozenset[Word]:
        return words_of(event)

    def leads_to(self, event: Event, by: frozenset[Word]) -> frozenset[Word]:
        found = {word.sense for word in by}
        if all(map(senses.is_beside, found)):
            return frozenset()
        links = links_of(event, children(event))
        return links.always.union(*(words for sense, words in links.if_found_by if sense in found))

    def not_before(self, word: Word, event: Event) -> datetime | None:
        """A key and a session do not exist before they are given out, and what a service does for somebody comes after the call, so that
        they need not be looked for in what is older. Of other things that count only from a call on nothing is promised: who took a role
        before tells whether somebody else may do so."""
        if word.sense == senses.KEY or senses.is_on_behalf(word.sense):
            return event.time
        began = senses.session_began(word.sense)
        if began is None and word.sense == senses.MINTED:
            # It was given out when the session began, which not every record tells.
            context = mapping_of(event.identity.get("sessionContext"))
            began = senses.seconds_of(mapping_of(context.get("attributes")).get("creationDate"))
        return None if began is None else datetime.fromtimestamp(began, UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """What else is looked for, because an event is the doing of whoever is traced."""

    always: frozenset[Word]
    if_found_by: tuple[tuple[str, frozenset[Word]], ...]
    """Only if it was found by a word of this sense: who is looked for by name is told by its unique id, too."""


def links_of(event: Event, made: Iterable[Child]) -> Links:
    """`made`: the event's own `children`."""
    always = _same_session(event)
    others = {word for child in made for word in child.words}
    others.update(_other_side(event))
    if others:
        always = always.union(word for word in others if senses.can_stand(word.text))
    return Links(always, _by_name(event))


def seeds_of(names: Iterable[PrincipalName]) -> frozenset[Word]:
    """What is looked for first. Raises InputError for a name that is too short to be looked for."""
    return frozenset(word for name in names for word in _seed(name) if senses.can_stand(word.text))


def _seed(name: PrincipalName) -> Iterator[Word]:
    key = name.access_key_id or name.session_key_id
    arn = name.user_arn or name.session_arn or name.federated_arn or name.root_arn
    role = ROLE_ARN.fullmatch(name.role_arn or "")
    if key:
        yield Word(key, senses.KEY)
        yield Word(key, senses.MINTED)
    elif arn:
        yield Word(arn, senses.ARN)
        yield Word(arn, senses.SWITCHED_FROM)
    elif role:
        yield Word(f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/", senses.ROLE)
    elif name.user_name:
        if len(name.user_name) < 3:
            raise InputError(
                f"trace {name.user_name}",
                "so short a name cannot be looked for",
                "Give the user's ARN, or its access keys.",
            )
        yield from senses.name_words("user", name.user_name, senses.USER_NAME)


def _by_name(event: Event) -> tuple[tuple[str, frozenset[Word]], ...]:
    identity = event.identity
    return _also(text_of(identity.get("principalId")), text_of(identity.get("arn")), identity.get("type") == "IAMUser")


@lru_cache(maxsize=10_000)
def _also(principal: str, arn: str, is_user: bool) -> tuple[tuple[str, frozenset[Word]], ...]:
    """What tells the caller as well, where it was found by its name."""
    session = senses.SESSION_ID.fullmatch(principal)
    found: list[tuple[str, Word]] = []
    if session or senses.FEDERATED_ID.fullmatch(principal):
        found.append((senses.ARN, Word(principal, senses.PRINCIPAL)))
    if session:
        found.append((senses.ROLE, Word(session["role"], senses.ROLE)))
    if is_user and senses.USER_ID.fullmatch(principal) and USER_ARN.fullmatch(arn):
        words = Word(principal, senses.PRINCIPAL), Word(arn, senses.ARN), Word(arn, senses.SWITCHED_FROM)
        found += [(sense, word) for sense in (senses.ARN, senses.USER_NAME) for word in words]
    return tuple((sense, frozenset({word})) for sense, word in found if senses.can_stand(word.text))


def _same_session(event: Event) -> frozenset[Word]:
    """The same session under other keys, where it goes on in the console, and what services do for it."""
    identity = event.identity
    unique = caller_of(event).unique_id
    if not unique:
        return frozenset()
    context = identity.get("sessionContext")
    key = text_of(identity.get("accessKeyId"))
    has_session = isinstance(context, dict) and bool(context.get("attributes"))
    service = ""
    if not has_session and key.startswith("AKIA") and event.read_only is not True and not event.error:
        service = matched(senses.SERVICE, event.record.get("eventSource"))
    return _also_of_session(
        unique,
        key if key.startswith("ASIA") else "",
        began_of(event) if has_session else None,
        service,
        text_of(identity.get("arn")) if event.service == "signin" else "",
    )


@lru_cache(maxsize=10_000)
def _also_of_session(unique: str, key: str, began: int | None, service: str, signed_in: str) -> frozenset[Word]:
    found: list[Word] = []
    if senses.KEY_ID.fullmatch(key):
        # Whether somebody else was given it: then it is no key of a console or a service.
        found.append(Word(key, senses.MINTED))
    if began is not None:
        found.append(Word(unique, senses.session(began)))
    if service:
        found.append(Word(unique, senses.behalf(service)))
    if SESSION_ARN.fullmatch(signed_in) or USER_ARN.fullmatch(signed_in):
        found.append(Word(signed_in, senses.SWITCHED_FROM))
    return frozenset(word for word in found if senses.can_stand(word.text))


def _other_side(event: Event) -> Iterator[Word]:
    """A call across accounts is in the logs of both, under one id.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (sharedEventID)"""
    shared = senses.shared_id(event.record.get("sharedEventID"))
    if shared and (event.service == "sts" or _reaches_out(event)):
        yield Word(shared, senses.SHARED)


def _reaches_out(event: Event) -> bool:
    """Whether the call was of one account to something of another's."""
    if event.identity.get("accountId") != event.account:
        return True
    resources = event.record.get("resources")
    accounts = {mapping_of(one).get("accountId") for one in resources} if isinstance(resources, list) else set()
    return bool(accounts - {None, event.account})

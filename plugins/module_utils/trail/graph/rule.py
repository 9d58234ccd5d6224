# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rule by which the session graph is followed: under which words events are filed, and what they lead to. Pure.

It looks at one event at a time and cannot compare moments, so that it finds more than descends: `following` goes through what it found
again and leaves out what came before, or is somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.descent import children
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.filing import began_of, words_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


class SessionRule:
    """A Rule: from keys, sessions, users and roles to everything that descends from them."""

    def words(self, event: Event) -> frozenset[Word]:
        return words_of(event)

    def leads_to(self, event: Event, by: frozenset[Word]) -> frozenset[Word]:
        if all(senses.is_beside(word.sense) for word in by):
            return frozenset()
        return frozenset(word for word in leads(event, by) if senses.can_stand(word.text))


def leads(event: Event, by: frozenset[Word]) -> Iterator[Word]:
    """What else is looked for, because the event is the doing of whoever is traced."""
    for child in children(event):
        yield from child.words
    yield from _same_actor(event, by)
    yield from _other_side(event)


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


_BY_NAME = frozenset({senses.ARN, senses.USER_NAME, senses.ROLE})


def _same_actor(event: Event, by: frozenset[Word]) -> Iterator[Word]:
    """Other words of the one who made the call."""
    identity = event.identity
    principal, arn = text_of(identity.get("principalId")), text_of(identity.get("arn"))
    session = senses.SESSION_ID.fullmatch(principal)
    found = {word.sense for word in by}
    if session or senses.FEDERATED_ID.fullmatch(principal):
        if "sessionContext" in identity:
            yield Word(principal, senses.session(began_of(event)))
        if senses.ARN in found:
            yield Word(principal, senses.PRINCIPAL)
        if session and senses.ROLE in found:
            yield Word(session["role"], senses.ROLE)
        if event.service == "signin" and SESSION_ARN.fullmatch(arn):
            yield Word(arn, senses.SWITCHED_FROM)
    elif senses.USER_ID.fullmatch(principal):
        if found & _BY_NAME and USER_ARN.fullmatch(arn) and identity.get("type") == "IAMUser":
            yield Word(principal, senses.PRINCIPAL)
            yield Word(arn, senses.ARN)
            yield Word(arn, senses.SWITCHED_FROM)
        elif senses.PRINCIPAL not in found:
            yield from _of_user(event, principal, arn)


def _of_user(event: Event, principal: str, arn: str) -> Iterator[Word]:
    """A user of whom only one key, or the console, is traced: the same session under other keys, and what services do for it."""
    if "sessionContext" in event.identity and mapping_of(event.identity.get("sessionContext")).get("attributes"):
        yield Word(principal, senses.session(began_of(event)))
    service = matched(senses.SERVICE, event.record.get("eventSource"))
    long_term = text_of(event.identity.get("accessKeyId")).startswith("AKIA")
    if long_term and event.read_only is not True and not event.error and service:
        yield Word(principal, senses.behalf(service))
    if event.service == "signin" and USER_ARN.fullmatch(arn):
        yield Word(arn, senses.SWITCHED_FROM)


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

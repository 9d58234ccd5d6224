# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which identifiers an event is filed: who made the call, by everything that tells it. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of

TAKING = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_TRUST = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})
_PASSWORD = frozenset({"CreateLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile", "ChangePassword"})
# Consoles and services act for a session under keys of their own.
_SIGNIN = "signin.amazonaws.com"


def words_of(event: Event) -> frozenset[Word]:
    """Every word the event is filed under."""
    caller = caller_of(event)
    others = [word for word in _others(event, caller) if senses.can_stand(word.text)]
    if not caller.unique_id:
        return frozenset((*caller.words, *others))
    key, invoked_by = text_of(event.identity.get("accessKeyId")), event.identity.get("invokedBy")
    found = _by_caller(
        caller,
        None if key.startswith("AKIA") else began_of(event),
        invoked_by is None,
        matched(senses.SERVICE, invoked_by),
        event.response.get("ConsoleLogin") == "Failure",
    )
    return found.union(others) if others else found


def began_of(event: Event) -> int:
    """When the session of the call was given out, or the call itself was made, in seconds since 1970."""
    context = event.identity.get("sessionContext")
    attributes = context.get("attributes") if isinstance(context, dict) else None
    began = senses.seconds_of(attributes.get("creationDate")) if isinstance(attributes, dict) else None
    return int(event.time.timestamp()) if began is None else began


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """What tells who made a call, whatever the call: many calls are of few callers, each of which is made once and told by identity."""

    words: tuple[Word, ...]
    unique_id: str = ""
    """Of a user, a session of a role, or a federated user."""
    user: str = ""
    """A user's name."""
    account: str = ""
    """A user's account."""


def caller_of(event: Event) -> Caller:
    identity = event.identity
    issuer = ""
    if identity.get("type") == "FederatedUser":
        issuer = text_of(mapping_of(mapping_of(identity.get("sessionContext")).get("sessionIssuer")).get("arn"))
    return _caller(
        text_of(identity.get("arn")), text_of(identity.get("principalId")), text_of(identity.get("accessKeyId")), issuer
    )


@lru_cache(maxsize=10_000)
def _caller(arn: str, principal: str, key: str, issuer: str) -> Caller:
    found: list[Word] = []
    if senses.KEY_ID.fullmatch(key):
        found.append(Word(key, senses.KEY))
    session = senses.SESSION_ID.fullmatch(principal)
    has_id = session or senses.USER_ID.fullmatch(principal) or senses.FEDERATED_ID.fullmatch(principal)
    if has_id:
        found.append(Word(principal, senses.PRINCIPAL))
    if session:
        found.append(Word(session["role"], senses.ROLE))
    session, user = SESSION_ARN.fullmatch(arn), USER_ARN.fullmatch(arn)
    if session:
        found += [Word(arn, senses.ARN), Word(arn, senses.FUNCTION), Word(f"{arn.rpartition('/')[0]}/", senses.ROLE)]
        if senses.THING_NAME.fullmatch(session["session"]):
            found.append(Word(session["session"], senses.THING))
    elif user:
        found += [Word(arn, senses.ARN), *senses.name_words("user", user["name"], senses.USER_NAME)]
    elif FEDERATED_ARN.fullmatch(arn) or ROOT_ARN.fullmatch(arn):
        found.append(Word(arn, senses.ARN))
    if USER_ARN.fullmatch(issuer) or ROOT_ARN.fullmatch(issuer):
        found.append(Word(issuer, senses.ARN))
    return Caller(
        tuple(word for word in found if senses.can_stand(word.text)),
        principal if has_id else "",
        user["name"] if user else "",
        user["account"] if user else "",
    )


def _others(event: Event, caller: Caller) -> Iterator[Word]:
    """What else than who the caller is."""
    additional = event.record.get("additionalEventData")
    if isinstance(additional, dict):
        if caller.user and additional.get("callWithBearerToken") in ("true", True):
            yield from senses.name_words("user", caller.user, senses.bearer(caller.account))
        if event.service == "signin":
            origin = text_of(additional.get("SwitchFrom"))
            if USER_ARN.fullmatch(origin) or SESSION_ARN.fullmatch(origin) or FEDERATED_ARN.fullmatch(origin):
                yield Word(origin, senses.SWITCHED_FROM)
    for value in (mapping_of(event.identity.get("onBehalfOf")).get("userId"), event.identity.get("credentialId")):
        if value is not None and matched(senses.CENTER_USER_ID, value):
            yield Word(value, senses.IDENTITY_CENTER)
    shared = event.record.get("sharedEventID")
    if shared is not None and senses.shared_id(shared):
        yield Word(shared, senses.SHARED)
    if event.service in _ABOUT:
        yield from _about(event)


@lru_cache(maxsize=10_000)
def _by_caller(
    caller: Caller, began: int | None, is_direct: bool, invoked_by: str, is_refused: bool
) -> frozenset[Word]:
    """The words of who made the call, and of what may have been done under a key that was never given out: consoles and services have
    keys of their own for a session. `began`: when the session did, None where a long-term key signed."""
    found = list(caller.words)
    if began is not None:
        found.append(Word(caller.unique_id, senses.session(began)))
        # A sign-in that failed is that of somebody who does not know the password.
        if caller.user and (is_direct or invoked_by == _SIGNIN) and not is_refused:
            found += senses.name_words("user", caller.user, senses.console(caller.account))
    if senses.USER_ID.fullmatch(caller.unique_id) and invoked_by:
        found.append(Word(caller.unique_id, senses.behalf(invoked_by)))
    return frozenset(word for word in found if senses.can_stand(word.text))


_ABOUT = frozenset({"sts", "iam", "rolesanywhere"})


def _about(event: Event) -> Iterator[Word]:
    """What the call was about."""
    if event.error:
        return
    request, operation = event.request, event.operation
    if event.service == "sts":
        given = matched(senses.KEY_ID, mapping_of(event.response.get("credentials")).get("accessKeyId"))
        if given:
            yield Word(given, senses.MINTED)
        if operation in TAKING:
            yield from _taking(event)
    elif event.service == "iam" and operation in _TRUST:
        name = matched(senses.NAME, request.get("roleName"))
        if len(name) > 3:
            yield Word(name, senses.trust(event.account))
    elif event.service == "iam" and operation in _PASSWORD:
        name = matched(senses.NAME, request.get("userName") or event.identity.get("userName"))
        if len(name) > 3:
            yield Word(name, senses.password(event.account))
    elif event.service == "rolesanywhere" and operation == "CreateSession":
        for name in ("trustAnchorArn", "profileArn"):
            door = matched(senses.PROVIDER_ARN, request.get(name))
            if door:
                yield Word(door, senses.PROVIDER)


def _taking(event: Event) -> Iterator[Word]:
    role = ROLE_ARN.fullmatch(text_of(event.request.get("roleArn")))
    if role is None:
        return
    for by in takers(event):
        yield from senses.name_words("role", role["name"], senses.taken(role["account"], by))
    provider = matched(senses.PROVIDER_ARN, event.request.get("principalArn")) or matched(
        senses.PROVIDER_ARN, event.identity.get("identityProvider")
    )
    if provider:
        yield Word(provider, senses.PROVIDER)


def takers(event: Event) -> Iterator[str]:
    """As what a trust policy may name whoever took a role, the most exact first."""
    identity = event.identity
    service = matched(senses.SERVICE, identity.get("invokedBy"))
    arn = text_of(identity.get("arn"))
    if identity.get("type") == "AWSService" and service:
        name = matched(senses.NAME, event.request.get("roleSessionName"))
        if name:
            yield f"service:{service}:{name}"
        yield f"service:{service}"
    elif event.operation == "AssumeRole":
        if USER_ARN.fullmatch(arn) or SESSION_ARN.fullmatch(arn) or FEDERATED_ARN.fullmatch(arn):
            yield f"arn:{arn}"
        issuer = text_of(mapping_of(mapping_of(identity.get("sessionContext")).get("sessionIssuer")).get("arn"))
        if ROLE_ARN.fullmatch(issuer):
            yield f"arn:{issuer}"
        unique = text_of(identity.get("principalId")).partition(":")[0]
        if senses.USER_ID.fullmatch(unique) or senses.ROLE_ID.fullmatch(unique):
            yield f"id:{unique}"
        account = matched(senses.ACCOUNT, identity.get("accountId"))
        if account:
            yield f"account:{account}"
            if not arn:
                # Another account's caller is told by unique id and account alone.
                yield f"stranger:{account}"
    else:
        provider = text_of(event.request.get("principalArn")) or text_of(identity.get("identityProvider"))
        if provider.isprintable() and provider:
            yield f"federated:{provider[:300]}"
    yield "anyone"

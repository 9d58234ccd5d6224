# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which identifiers an event is filed: who made the call, by everything that tells it. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
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
    return frozenset(word for word in _words(event) if senses.can_stand(word.text))


def began_of(event: Event) -> int:
    """When the session of the call was given out, or the call itself was made, in seconds since 1970."""
    attributes = mapping_of(mapping_of(event.identity.get("sessionContext")).get("attributes"))
    began = senses.seconds_of(attributes.get("creationDate"))
    return int(event.time.timestamp()) if began is None else began


def is_indirect(event: Event) -> bool:
    """Whether the key of the call says nothing of who made it: it is the console's, or that of a service which acts for the caller.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""
    return (
        event.service == "signin"
        or event.record.get("sessionCredentialFromConsole") in ("true", True)
        or "invokedBy" in event.identity
        or not matched(senses.KEY_ID, event.identity.get("accessKeyId"))
    )


def _words(event: Event) -> Iterator[Word]:
    identity = event.identity
    kind, arn, principal = identity.get("type"), text_of(identity.get("arn")), text_of(identity.get("principalId"))
    key = matched(senses.KEY_ID, identity.get("accessKeyId"))
    if key:
        yield Word(key, senses.KEY)
    session = senses.SESSION_ID.fullmatch(principal)
    if session or senses.USER_ID.fullmatch(principal) or senses.FEDERATED_ID.fullmatch(principal):
        yield Word(principal, senses.PRINCIPAL)
        if is_indirect(event):
            yield Word(principal, senses.session(began_of(event)))
    if session:
        yield Word(session["role"], senses.ROLE)
    yield from _by_arn(event, arn, kind)
    yield from _acting_for(event, identity, principal)
    shared = senses.shared_id(event.record.get("sharedEventID"))
    if shared:
        yield Word(shared, senses.SHARED)
    if event.service in _ABOUT:
        yield from _about(event)


def _by_arn(event: Event, arn: str, kind: Json) -> Iterator[Word]:
    session = SESSION_ARN.fullmatch(arn)
    user = None if session else USER_ARN.fullmatch(arn)
    if session:
        yield Word(arn, senses.ARN)
        yield Word(arn, senses.FUNCTION)
        yield Word(f"{arn.rpartition('/')[0]}/", senses.ROLE)
        if senses.THING_NAME.fullmatch(session["session"]):
            yield Word(session["session"], senses.THING)
    elif user:
        yield Word(arn, senses.ARN)
        yield from senses.name_words("user", user["name"], senses.USER_NAME)
        if is_indirect(event) and event.identity.get("invokedBy") in (None, _SIGNIN):
            yield from senses.name_words("user", user["name"], senses.console(user["account"]))
        if mapping_of(event.record.get("additionalEventData")).get("callWithBearerToken") in ("true", True):
            yield from senses.name_words("user", user["name"], senses.bearer(user["account"]))
    elif FEDERATED_ARN.fullmatch(arn) or ROOT_ARN.fullmatch(arn):
        yield Word(arn, senses.ARN)
    if kind == "FederatedUser":
        issuer = mapping_of(mapping_of(event.identity.get("sessionContext")).get("sessionIssuer"))
        issuer_arn = text_of(issuer.get("arn"))
        if USER_ARN.fullmatch(issuer_arn) or ROOT_ARN.fullmatch(issuer_arn):
            yield Word(issuer_arn, senses.ARN)


def _acting_for(event: Event, identity: Mapping[str, Json], principal: str) -> Iterator[Word]:
    service = matched(senses.SERVICE, identity.get("invokedBy"))
    if service and senses.USER_ID.fullmatch(principal):
        yield Word(principal, senses.behalf(service))
    for value in (mapping_of(identity.get("onBehalfOf")).get("userId"), identity.get("credentialId")):
        center = matched(senses.CENTER_USER_ID, value)
        if center:
            yield Word(center, senses.IDENTITY_CENTER)
    if event.service == "signin":
        origin = text_of(mapping_of(event.record.get("additionalEventData")).get("SwitchFrom"))
        if USER_ARN.fullmatch(origin) or SESSION_ARN.fullmatch(origin) or FEDERATED_ARN.fullmatch(origin):
            yield Word(origin, senses.SWITCHED_FROM)


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
        anchor = matched(senses.PROVIDER_ARN, request.get("trustAnchorArn"))
        if anchor:
            yield Word(anchor, senses.PROVIDER)


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

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who descends from a call: the credentials it gave out, the principals it made, the things that act with a role it passed. Pure.

Only calls that succeeded lead to anybody, and of what stands in them only what looks like an identifier of AWS's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import filing, given_out, senses, trust
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.child import Child, account_arn, user_arn
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.passed_roles import passed
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


def children(event: Event) -> tuple[Child, ...]:
    """Whoever descends from this call."""
    if event.error:
        return ()
    make = _MAKERS.get(event.name)
    if make is not None:
        return tuple(make(event))
    if event.service == "signin":
        return tuple(_switched(event))
    return tuple(
        Child(
            principal=one.principal,
            how=event.operation,
            words=one.words,
            is_to_contain=SESSION_ARN.fullmatch(one.principal) is not None,
        )
        for one in passed(event)
    )


def _user(event: Event) -> Iterator[Child]:
    shown = mapping_of(event.response.get("user"))
    arn, unique = matched(USER_ARN, shown.get("arn")), matched(senses.USER_ID, shown.get("userId"))
    if arn or unique:
        found = {Word(unique, senses.PRINCIPAL)} if unique else {Word(arn, senses.ARN)}
        if arn:
            found.add(Word(arn, senses.SWITCHED_FROM))
        yield Child(principal=arn, how=event.operation, words=frozenset(found), is_whole_arn=bool(arn))


def _role(event: Event) -> Iterator[Child]:
    shown = mapping_of(event.response.get("role"))
    arn, unique = matched(ROLE_ARN, shown.get("arn")), matched(senses.ROLE_ID, shown.get("roleId"))
    name = matched(senses.NAME, event.request.get("roleName"))
    if arn or unique:
        found = set(senses.name_words("role", name, senses.taken(event.account, "anyone")))
        if unique:
            found.add(Word(unique, senses.ROLE))
        elif arn:
            parts = arn.split(":")
            found.add(Word(f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{name}/", senses.ROLE))
        yield Child(principal=arn, how=event.operation, words=frozenset(found), is_whole_arn=bool(arn))


def _trusted(event: Event) -> Iterator[Child]:
    """Whoever takes a role from then on under a trust policy that was changed, as far as the policy names it. Whom it named before stands
    in an earlier event, if anywhere (`openings`). Services that it names act for what is made with PassRole, which leads to them itself."""
    name = matched(senses.NAME, event.request.get("roleName"))
    if not name:
        return
    found: set[Word] = {Word(name, senses.trust(event.account))} if len(name) > 3 else set()
    for by in trust.trusted(event.request.get("policyDocument")):
        if not by.startswith("service:"):
            found |= senses.name_words("role", name, senses.taken(event.account, by))
    yield Child(principal=account_arn(event, f"role/{name}"), how=event.operation, words=frozenset(found))


def _password(event: Event) -> Iterator[Child]:
    """The console as this user, from then on: whoever else could sign in before cannot know the password that was set."""
    name = matched(senses.NAME, event.request.get("userName"))
    if name:
        found = set(senses.name_words("user", name, senses.console(event.account)))
        if len(name) > 3:
            found.add(Word(name, senses.password(event.account)))
        yield Child(principal=user_arn(event, name), how=event.operation, words=frozenset(found))


def _other_credential(event: Event) -> Iterator[Child]:
    """Credentials that are no access keys. Only API keys leave a mark in events, that a bearer token was sent.
    https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-generate.html"""
    shown = mapping_of(event.response.get("serviceSpecificCredential"))
    name = matched(senses.NAME, event.request.get("userName") or shown.get("userName"))
    service = text_of(event.request.get("serviceName") or shown.get("serviceName"))
    arn = user_arn(event, name)
    words: frozenset[Word] = frozenset()
    if name and event.operation == "CreateServiceSpecificCredential" and service.startswith("bedrock"):
        words = senses.name_words("user", name, senses.bearer(event.account))
    if arn:
        doubt = (
            ""
            if words
            else f"what was done with the credential that {event.operation} gave to {arn} cannot be told apart in the log"
        )
        yield Child(principal=arn, how=event.operation, words=words, doubt=doubt)


def _provider(event: Event) -> Iterator[Child]:
    """Whoever comes through an identity provider, a trust anchor or a profile that was made."""
    arn = _door(event)
    if arn:
        yield Child(principal=arn, how=event.operation, words=frozenset({Word(arn, senses.PROVIDER)}))


def _changed_provider(event: Event) -> Iterator[Child]:
    """Whoever comes through one that was changed, or switched on, from then on: also who could before, which cannot be told apart."""
    for child in _provider(event):
        doubt = f"whoever came through it since {event.operation} is traced, also who could before: the log does not tell them apart"
        yield replace(child, doubt=doubt)


def _door(event: Event) -> str:
    names = ("sAMLProviderArn", "samlProviderArn", "openIDConnectProviderArn", "openIdConnectProviderArn")
    shown = [part.get(name) for part in (event.response, event.request) for name in names]
    shown.append(mapping_of(event.response.get("trustAnchor")).get("trustAnchorArn"))
    shown.append(mapping_of(event.response.get("profile")).get("profileArn"))
    return next((found for found in (matched(senses.PROVIDER_ARN, value) for value in shown) if found), "")


def _center_user(event: Event) -> Iterator[Child]:
    """https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html"""
    unique = matched(senses.CENTER_USER_ID, event.response.get("userId"))
    if unique:
        words = frozenset({Word(unique, senses.IDENTITY_CENTER)})
        yield Child(principal=f"identitystore:user/{unique}", how=event.operation, words=words)


def _switched(event: Event) -> Iterator[Child]:
    """A role taken in the console: the event is the role's own, and names whoever took it.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"""
    unique = matched(senses.SESSION_ID, event.identity.get("principalId"))
    if event.operation in ("SwitchRole", "RenewRole") and unique and event.response.get(event.operation) != "Failure":
        seconds = {filing.began_of(event), *(int(event.time.timestamp()) + shift for shift in (-1, 0, 1, 2))}
        words = frozenset(Word(unique, senses.session(second)) for second in seconds)
        yield Child(principal=matched(SESSION_ARN, event.identity.get("arn")), how=event.operation, words=words)


_MAKERS: Mapping[str, Callable[[Event], Iterator[Child]]] = {
    "sts:AssumeRole": given_out.role_session,
    "sts:AssumeRoleWithSAML": given_out.role_session,
    "sts:AssumeRoleWithWebIdentity": given_out.role_session,
    "sts:AssumeRoot": given_out.root_session,
    "sts:GetSessionToken": given_out.own_session,
    "sts:GetFederationToken": given_out.federated,
    "iam:CreateAccessKey": given_out.access_key,
    "iam:UpdateAccessKey": given_out.reactivated,
    "iam:CreateUser": _user,
    "iam:CreateRole": _role,
    "iam:UpdateAssumeRolePolicy": _trusted,
    "iam:CreateLoginProfile": _password,
    "iam:UpdateLoginProfile": _password,
    "iam:CreateServiceSpecificCredential": _other_credential,
    "iam:ResetServiceSpecificCredential": _other_credential,
    "iam:UploadSSHPublicKey": _other_credential,
    "iam:UploadSigningCertificate": _other_credential,
    "iam:CreateSAMLProvider": _provider,
    "iam:CreateOpenIDConnectProvider": _provider,
    "iam:UpdateSAMLProvider": _changed_provider,
    "iam:AddClientIDToOpenIDConnectProvider": _changed_provider,
    "iam:UpdateOpenIDConnectProviderThumbprint": _changed_provider,
    "rolesanywhere:CreateTrustAnchor": _provider,
    "rolesanywhere:UpdateTrustAnchor": _changed_provider,
    "rolesanywhere:EnableTrustAnchor": _changed_provider,
    "rolesanywhere:CreateProfile": _provider,
    "rolesanywhere:UpdateProfile": _changed_provider,
    "rolesanywhere:EnableProfile": _changed_provider,
    "rolesanywhere:CreateSession": given_out.anchored,
    "identitystore:CreateUser": _center_user,
}

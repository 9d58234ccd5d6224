# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who descends from a call: the credentials it gave out, the principals it made, the things that act with a role it passed. Pure.

Only calls that succeeded lead to anybody, and of what stands in them only what looks like an identifier of AWS's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import filing, senses, trust
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.passed_roles import passed
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One who descends from a call."""

    principal: str
    """Its ARN, as far as the call tells; for a user or role that is known by name only, without its path."""
    how: str
    """The operation: "AssumeRole"."""
    access_key_id: str = ""
    words: frozenset[Word] = frozenset()
    """What it is looked for by; none where the log cannot show what it does."""
    is_whole_arn: bool = False
    """Whether AWS wrote the ARN, with its path."""
    is_to_contain: bool = True
    """Whether it is the attacker's altogether; a role that was passed to something serves others, too."""
    doubt: str = ""
    """What the log cannot tell of it, as a sentence without a full stop."""


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


def account_arn(event: Event, resource: str) -> str:
    """The ARN of something of IAM's in the account of the call: "user/alice"."""
    parts = text_of(event.identity.get("arn")).split(":")
    partition = parts[1] if len(parts) > 1 and parts[1].startswith("aws") else _partition(event.region)
    return f"arn:{partition}:iam::{event.account}:{resource}"


def _partition(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region[: 6 if region.startswith("us-gov") else 2], "aws")


def _session(event: Event) -> Iterator[Child]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    key = _key_given(event)
    taken = mapping_of(event.response.get("assumedRoleUser"))
    arn = matched(SESSION_ARN, taken.get("arn")) or _session_arn(event)
    unique = matched(senses.SESSION_ID, taken.get("assumedRoleId"))
    began = int(event.time.timestamp())
    found = {Word(key, senses.KEY)} if key else set()
    if unique:
        found |= {Word(unique, senses.session(second)) for second in (began - 1, began, began + 1)}
    if found:
        yield Child(principal=arn, access_key_id=key, how=event.operation, words=frozenset(found))


def _session_arn(event: Event) -> str:
    role = ROLE_ARN.fullmatch(text_of(event.request.get("roleArn")))
    name = matched(senses.NAME, event.request.get("roleSessionName"))
    return f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/{name}" if role and name else ""


def _own_session(event: Event) -> Iterator[Child]:
    key = _key_given(event)
    arn = text_of(event.identity.get("arn"))
    if key:
        known = USER_ARN.fullmatch(arn) or ROOT_ARN.fullmatch(arn) or SESSION_ARN.fullmatch(arn)
        yield _of_key(arn if known else "", key, event)


def _root_session(event: Event) -> Iterator[Child]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    key = _key_given(event)
    target = text_of(event.request.get("targetPrincipal"))
    account = matched(senses.ACCOUNT, target) or (target.split(":")[4] if ROOT_ARN.fullmatch(target) else "")
    if key:
        yield _of_key(f"arn:{account_arn(event, '').split(':')[1]}:iam::{account}:root" if account else "", key, event)


def _federated(event: Event) -> Iterator[Child]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    key = _key_given(event)
    user = mapping_of(event.response.get("federatedUser"))
    unique = matched(senses.FEDERATED_ID, user.get("federatedUserId"))
    began = int(event.time.timestamp())
    found = {Word(key, senses.KEY)} if key else set()
    if unique:
        found |= {Word(unique, senses.session(second)) for second in (began - 1, began, began + 1)}
    if found:
        arn = matched(FEDERATED_ARN, user.get("arn"))
        yield Child(principal=arn, access_key_id=key, how=event.operation, words=frozenset(found))


def _key_given(event: Event) -> str:
    return matched(senses.KEY_ID, mapping_of(event.response.get("credentials")).get("accessKeyId"))


def _of_key(principal: str, key: str, event: Event) -> Child:
    return Child(principal=principal, access_key_id=key, how=event.operation, words=frozenset({Word(key, senses.KEY)}))


def _access_key(event: Event) -> Iterator[Child]:
    shown = mapping_of(event.response.get("accessKey"))
    key = matched(senses.KEY_ID, shown.get("accessKeyId"))
    name = matched(senses.NAME, shown.get("userName") or event.request.get("userName"))
    if key:
        yield _of_key(_user_arn(event, name), key, event)


def _user_arn(event: Event, name: str) -> str:
    """A user's ARN by name; the caller's own where the call names nobody."""
    own = text_of(event.identity.get("arn"))
    if USER_ARN.fullmatch(own) and name in ("", own.rpartition("/")[2]):
        return own
    if name:
        return account_arn(event, f"user/{name}")
    return own if ROOT_ARN.fullmatch(own) else ""


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
        yield Child(principal=_user_arn(event, name), how=event.operation, words=frozenset(found))


def _other_credential(event: Event) -> Iterator[Child]:
    """Credentials that are no access keys. Only API keys leave a mark in events, that a bearer token was sent.
    https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-generate.html"""
    shown = mapping_of(event.response.get("serviceSpecificCredential"))
    name = matched(senses.NAME, event.request.get("userName") or shown.get("userName"))
    service = text_of(event.request.get("serviceName") or shown.get("serviceName"))
    arn = _user_arn(event, name)
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
    """Whoever comes through an identity provider or a trust anchor that was made."""
    names = ("sAMLProviderArn", "samlProviderArn", "openIDConnectProviderArn", "openIdConnectProviderArn")
    shown = [event.response.get(name) for name in names]
    shown.append(mapping_of(event.response.get("trustAnchor")).get("trustAnchorArn"))
    arn = next((found for found in (matched(senses.PROVIDER_ARN, value) for value in shown) if found), "")
    if arn:
        yield Child(principal=arn, how=event.operation, words=frozenset({Word(arn, senses.PROVIDER)}))


def _anchored(event: Event) -> Iterator[Child]:
    """Credentials of Roles Anywhere. https://docs.aws.amazon.com/rolesanywhere/latest/userguide/logging-using-cloudtrail.html"""
    sets = event.response.get("credentialSet")
    for one in sets if isinstance(sets, list) else []:
        shown = mapping_of(one)
        key = matched(senses.KEY_ID, mapping_of(shown.get("credentials")).get("accessKeyId"))
        arn = matched(SESSION_ARN, mapping_of(shown.get("assumedRoleUser")).get("arn"))
        if key:
            yield _of_key(arn, key, event)


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
    "sts:AssumeRole": _session,
    "sts:AssumeRoleWithSAML": _session,
    "sts:AssumeRoleWithWebIdentity": _session,
    "sts:AssumeRoot": _root_session,
    "sts:GetSessionToken": _own_session,
    "sts:GetFederationToken": _federated,
    "iam:CreateAccessKey": _access_key,
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
    "rolesanywhere:CreateTrustAnchor": _provider,
    "rolesanywhere:CreateSession": _anchored,
    "identitystore:CreateUser": _center_user,
}

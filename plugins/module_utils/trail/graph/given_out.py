# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials that a call gave out: those of sessions, and access keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.child import Child, account_arn, user_arn
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


def role_session(event: Event) -> Iterator[Child]:
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


def own_session(event: Event) -> Iterator[Child]:
    key = _key_given(event)
    arn = text_of(event.identity.get("arn"))
    if key:
        known = USER_ARN.fullmatch(arn) or ROOT_ARN.fullmatch(arn) or SESSION_ARN.fullmatch(arn)
        yield _of_key(arn if known else "", key, event)


def root_session(event: Event) -> Iterator[Child]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    key = _key_given(event)
    target = text_of(event.request.get("targetPrincipal"))
    account = matched(senses.ACCOUNT, target) or (target.split(":")[4] if ROOT_ARN.fullmatch(target) else "")
    if key:
        yield _of_key(f"arn:{account_arn(event, '').split(':')[1]}:iam::{account}:root" if account else "", key, event)


def federated(event: Event) -> Iterator[Child]:
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


def access_key(event: Event) -> Iterator[Child]:
    shown = mapping_of(event.response.get("accessKey"))
    key = matched(senses.KEY_ID, shown.get("accessKeyId"))
    name = matched(senses.NAME, shown.get("userName") or event.request.get("userName"))
    if key:
        yield _of_key(user_arn(event, name), key, event)


def reactivated(event: Event) -> Iterator[Child]:
    """A key that works again from then on: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""
    key = matched(senses.KEY_ID, event.request.get("accessKeyId"))
    name = matched(senses.NAME, event.request.get("userName"))
    if key and event.request.get("status") == "Active" and key != event.identity.get("accessKeyId"):
        doubt = f"{event.operation} made {key} work from then on: what its owner does with it cannot be told from what others do"
        yield replace(_of_key(user_arn(event, name), key, event), doubt=doubt)


def anchored(event: Event) -> Iterator[Child]:
    """Credentials of Roles Anywhere. https://docs.aws.amazon.com/rolesanywhere/latest/userguide/logging-using-cloudtrail.html"""
    sets = event.response.get("credentialSet")
    for one in sets if isinstance(sets, list) else []:
        shown = mapping_of(one)
        key = matched(senses.KEY_ID, mapping_of(shown.get("credentials")).get("accessKeyId"))
        arn = matched(SESSION_ARN, mapping_of(shown.get("assumedRoleUser")).get("arn"))
        if key:
            yield _of_key(arn, key, event)

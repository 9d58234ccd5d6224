# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds out from CloudTrail's event history whose a session is, which no other call tells.

A session's key id is in each of its own calls, and in the answer that gave it out. Texts of events are partly a stranger's: of them
only ids and ARNs are used, that match their patterns and belong to the account that was asked.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import (
    IamPrincipal,
    iam_call,
    principal_of_arn,
    root_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

Event = Mapping[str, Json]

MOST_PAGES = 20
"""Of 50 events each, that one question may take."""
_USER_ID = re.compile(r"AIDA[A-Z0-9]{12,124}")
_SESSION_ID = re.compile(r"AROA[A-Z0-9]{12,124}:[\w+=,.@-]{2,64}", re.ASCII)
_ASSUMES = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")


def issuer_of_session(reads: Reads, account: str, partition: str, key_id: str) -> IamPrincipal:
    """Whose the temporary key is: the session of a role, or the user or root who asked for it; with the unique id of that time.

    Raises InputError, with the way out, where the event history of the account does not show it."""
    regions = _regions(reads, partition)
    for attribute in ("AccessKeyId", "ResourceName"):
        for event in _events(reads, account, regions, attribute, key_id, pages=1):
            found = _user_of_key(event, account, partition, key_id) or _receiver_of_key(
                event, account, partition, key_id
            )
            if found is not None:
                return found
    raise InputError(
        f"find whose session access key {key_id} is of",
        f"the event history of account {account} does not show it in {', '.join(regions)}",
        "CloudTrail is up to 15 minutes behind, and tells each region apart: repeat the run, with `region` set to where the key was "
        "used, or name the role or the user by ARN. To look by hand: aws cloudtrail lookup-events --region REGION "
        f"--lookup-attributes AttributeKey=AccessKeyId,AttributeValue={key_id}",
    )


def issuer_of_federated(reads: Reads, arn: str) -> IamPrincipal:
    """The user, or root, who got a federated user's credentials by GetFederationToken; with the unique id of that time.

    Raises InputError, with the way out, where nobody is seen who did, or several."""
    account, partition = arn.split(":")[4], arn.split(":")[1]
    regions = _regions(reads, partition)
    found: dict[str, IamPrincipal] = {}
    for event in _events(reads, account, regions, "EventName", "GetFederationToken", pages=MOST_PAGES):
        if _at(event, "responseElements", "federatedUser", "arn") == arn:
            issuer = _caller(event, account, partition)
            if issuer is not None:
                found[issuer.unique_id] = issuer
    if len(found) == 1:
        return next(iter(found.values()))
    by_hand = (
        "Name the user by ARN. To look by hand: aws cloudtrail lookup-events --region REGION "
        "--lookup-attributes AttributeKey=EventName,AttributeValue=GetFederationToken"
    )
    if found:
        listed = ", ".join(sorted(issuer.arn for issuer in found.values()))
        raise InputError(
            f"find who federated {arn}", f"several did: {listed}", "Name those of them that are meant by ARN."
        )
    raise InputError(
        f"find who federated {arn}",
        f"the event history of account {account} does not show it in {', '.join(regions)}",
        f"CloudTrail is up to 15 minutes behind, and tells each region apart: repeat the run, with `region` set to where it was. {by_hand}",
    )


def _regions(reads: Reads, partition: str) -> tuple[str, ...]:
    """Where to look: the region of global services, of which STS's global endpoint is one, and the caller's own.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
    return tuple(dict.fromkeys((iam_call("", partition, "").region, reads.caller.region)))


def _events(
    reads: Reads, account: str, regions: Sequence[str], attribute: str, value: str, *, pages: int
) -> Iterator[Event]:
    """What one question to the history of each region finds, newest first, without calls that failed."""
    for region in regions:
        reads.ahead(_question(account, region, attribute, value))
    for region in regions:
        token = ""
        for _page in range(pages):
            answer = reads.read(_question(account, region, attribute, value, token))
            for shown in answer.get("Events", ()):
                event = _record(shown)
                if event is not None and not event.get("errorCode"):
                    yield event
            token = str(answer.get("NextToken") or "")
            if not token:
                break


def _question(account: str, region: str, attribute: str, value: str, token: str = "") -> Call:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
    given: dict[str, Json] = {"LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}]}
    if token:
        given["NextToken"] = token
    return Call(account=account, region=region, service="cloudtrail", operation="LookupEvents", parameters=given)


def _record(shown: Mapping[str, Json]) -> Event | None:
    """The event itself, which LookupEvents hands out as text."""
    try:
        found = json.loads(shown.get("CloudTrailEvent", ""))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _user_of_key(event: Event, account: str, partition: str, key_id: str) -> IamPrincipal | None:
    """Who used the key, where this is a call made with it."""
    return _caller(event, account, partition) if _at(event, "userIdentity", "accessKeyId") == key_id else None


def _receiver_of_key(event: Event, account: str, partition: str, key_id: str) -> IamPrincipal | None:
    """Who got the key, where this is the call that gave it out."""
    if _at(event, "responseElements", "credentials", "accessKeyId") != key_id:
        return None
    name = _at(event, "eventName")
    if name in _ASSUMES:
        user = "responseElements", "assumedRoleUser"
        return _principal(_at(event, *user, "arn"), _at(event, *user, "assumedRoleId"), account, partition)
    if name in ("GetSessionToken", "GetFederationToken"):
        return _caller(event, account, partition)
    return root_of(partition, account) if name == "AssumeRoot" else None


def _caller(event: Event, account: str, partition: str) -> IamPrincipal | None:
    """Who made the call: a user, also through a session of its own; the session of a role; or root."""
    identity = "userIdentity"
    kind = _at(event, identity, "type")
    if kind == "Root":
        return root_of(partition, account) if _at(event, identity, "accountId") == account else None
    if kind == "FederatedUser":
        issuer = identity, "sessionContext", "sessionIssuer"
        if _at(event, *issuer, "type") == "Root":
            return root_of(partition, account) if _at(event, *issuer, "accountId") == account else None
        return _principal(_at(event, *issuer, "arn"), _at(event, *issuer, "principalId"), account, partition)
    if kind in ("IAMUser", "AssumedRole"):
        return _principal(_at(event, identity, "arn"), _at(event, identity, "principalId"), account, partition)
    return None


def _principal(arn: str, unique_id: str, account: str, partition: str) -> IamPrincipal | None:
    """The user or session of that ARN, where both ARN and id have the right shape and are of this account."""
    try:
        named = principal_of_arn(arn)
    except InputError:
        return None
    shape = {"user": _USER_ID, "session": _SESSION_ID}.get(named.kind)
    if shape is None or not shape.fullmatch(unique_id) or (named.account, named.partition) != (account, partition):
        return None
    return replace(named, unique_id=unique_id)


def _at(event: Event, *path: str) -> str:
    """The text that stands there; empty where none does."""
    found: Json = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""

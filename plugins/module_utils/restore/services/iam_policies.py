# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed policies, their versions, and which of them is in force. A policy that is attached nowhere and a version that is not the default
one do nothing: those that the attacker made are left as evidence, while attachments and the default version go back.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import iam_recorded
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSIONS as HISTORY
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    changed,
    iam_call,
    requested,
    tag_list,
    tags_in,
    takes_only,
    takes_with,
    thing_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_tags import tag_changes, tags_put_back
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    both_there,
    call_about,
    document,
    is_there,
    live_policy,
    move,
    or_gone,
    policy_text,
    same,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_VERSION = re.compile(r"v[1-9]\d{0,5}", re.ASCII)
_FIRST = "v1"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
_DESCRIPTION = re.compile(r"[\t\n\r -~\u00a1-\u00ff]{0,1000}")
_IN_ARN = re.compile(r"arn:[^:]+:iam::[^:]+:policy(?P<path>/(?:.*/)?)(?P<name>[\w+=,.@-]{1,128})", re.ASCII)


def _word(facet: Facet) -> str:
    """Its ARN, which the answer to CreatePolicy tells, and the request of all others."""
    return facet.names[1]


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "GetPolicy")))
    if found is None:
        return None
    found = found["Policy"]
    versions = or_gone(lambda: reads.pages(iam_call(facet, "ListPolicyVersions"), "Versions")) or []
    return {
        "description": found.get("Description", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        "document": (_read_version(reads, facet, found["DefaultVersionId"]) or {}).get("document"),
        "others": sorted(version["VersionId"] for version in versions if not version["IsDefaultVersion"]),
    }


def _read_version(reads: Reads, facet: Facet, version: str) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "GetPolicyVersion", VersionId=version)))
    if found is None:
        return None
    found = found["PolicyVersion"]
    return {"document": live_policy(found["Document"]), "in_force": found["IsDefaultVersion"]}


_OTHER_DOCUMENT: Final = (
    "The policy was deleted and made again, and says something else now. Put in force what it said before: aws iam create-policy-version "
    "--set-as-default; the document is in the events of whoever made it, and in AWS Config."
)


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) and is_there(wanted):
        if live.get("document") != wanted.get("document"):
            raise IrreversibleError(_OTHER_DOCUMENT)
        return tags_put_back(facet, live["tags"], wanted["tags"])
    if is_there(wanted):
        return (move(_creation(facet, wanted), iam_call(facet, "DeletePolicy")),)
    return tuple(_deleting(facet, live)) if is_there(live) else ()


def _deleting(facet: Facet, live: Json) -> Iterator[Move]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html: its other versions go before"""
    for version in live["others"]:
        yield move(iam_call(facet, "DeletePolicyVersion", VersionId=version))
    yield move(iam_call(facet, "DeletePolicy"), _creation(facet, live))


def _creation(facet: Facet, value: Json) -> Call:
    named = _IN_ARN.fullmatch(facet.names[1])
    if named is None:
        raise IrreversibleError("The name of the policy cannot be told from its ARN. Create it again by hand.")
    parameters: dict[str, Json] = {"PolicyName": named["name"], "Path": named["path"]}
    parameters["PolicyDocument"] = policy_text(value["document"])
    if value["description"]:
        parameters["Description"] = value["description"]
    if value["tags"]:
        parameters["Tags"] = tag_list(value["tags"])
    return call_about(facet, "iam", "CreatePolicy", **parameters)


POLICY = Kind(
    name="iam/policy",
    order=10,
    permissions=(
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:ListPolicyVersions",
        "iam:CreatePolicy",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:TagPolicy",
        "iam:UntagPolicy",
    ),
    takes=lambda names: takes_only("policy")(names) and bool(_IN_ARN.fullmatch(names[1])),
    read=_read,
    moves=_moves,
    kept=same,
    matches=both_there,
    word=_word,
)


def _read_document(reads: Reads, facet: Facet) -> Json:
    """None also where the policy is not there: it may have been deleted as a whole."""
    return _read_version(reads, facet, facet.names[2])


def _version_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return (move(iam_call(facet, "DeletePolicyVersion", VersionId=facet.names[2])),) if is_there(live) else ()
    if is_there(live):
        return ()
    raise IrreversibleError(
        f"The attacker deleted version {facet.names[2]} of policy {facet.names[1]}, and AWS gives no number twice. If "
        "it is needed: "
        f"aws iam create-policy-version --policy-arn {facet.names[1]} --policy-document file://DOCUMENT."
    )


def _same_document(live: Json, expected: Json) -> bool:
    """Whether it is in force is a facet of its own."""
    return bool(live["document"] == expected["document"]) if is_there(live) and is_there(expected) else live == expected


VERSION = Kind(
    name="iam/policy_version",
    # One that is in force cannot be deleted before another is. When both are deleted, the policy takes its versions with it.
    order=-1,
    permissions=("iam:GetPolicyVersion", "iam:DeletePolicyVersion"),
    takes=takes_with(_VERSION, "policy"),
    read=_read_document,
    moves=_version_moves,
    kept=same,
    matches=_same_document,
    word=_word,
)


def _read_default(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "GetPolicy")))
    return GONE if found is None else found["Policy"]["DefaultVersionId"]


def _default_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return ()
    if not is_there(live):
        # A policy that is made again begins with its first version.
        live = _FIRST
        if wanted != _FIRST:
            raise IrreversibleError(
                f"The attacker deleted policy {facet.names[1]}, whose version {wanted} was in force; made again it has "
                "the document that it was "
                f"first made with. Put the right one in: aws iam create-policy-version --policy-arn {facet.names[1]} "
                "--policy-document "
                "file://DOCUMENT --set-as-default."
            )
    return (move(_default(facet, wanted), _default(facet, live)),) if live != wanted else ()


def _default(facet: Facet, version: Json) -> Call:
    return iam_call(facet, "SetDefaultPolicyVersion", VersionId=version)


def _earlier_default(reads: Reads, facet: Facet, time: datetime) -> Value:
    """Where there was only one version then, it was the default one."""
    found = or_gone(lambda: reads.pages(iam_call(facet, "ListPolicyVersions"), "Versions")) or []
    then = [version["VersionId"] for version in found if version["CreateDate"] < time]
    return _FIRST if then == [_FIRST] else iam_recorded.default_version(reads, facet, time)


DEFAULT_VERSION = Kind(
    name="iam/policy_default_version",
    order=30,
    permissions=("iam:GetPolicy", "iam:ListPolicyVersions", "iam:SetDefaultPolicyVersion", *HISTORY),
    takes=takes_only("policy"),
    read=_read_default,
    moves=_default_moves,
    earlier=_earlier_default,
    word=_word,
)


def _created(event: Event) -> Iterator[Change]:
    names = ("policy", text_at(event.response, "policy", "arn"))
    found = document(event.request.get("policyDocument"))
    description = requested(event, "Description")
    if not POLICY.takes(names) or found is None or not _DESCRIPTION.fullmatch(description):
        return
    tags = tags_in(event.request.get("tags"))
    value: dict[str, Json] = {"description": description, "tags": tags, "document": found, "others": []}
    yield changed(event, POLICY.name, *names, before=None, after=value)
    yield changed(event, DEFAULT_VERSION.name, *names, before=GONE, after=_FIRST)
    yield from tag_changes(event, names, tags, GONE)


def _deleted(event: Event) -> Iterator[Change]:
    names = ("policy", thing_in(event, "policy"))
    if POLICY.takes(names):
        yield changed(event, POLICY.name, *names, after=None)
        yield changed(event, DEFAULT_VERSION.name, *names, after=GONE)


def _version_created(event: Event) -> Iterator[Change]:
    names = ("policy", thing_in(event, "policy"), text_at(event.response, "policyVersion", "versionId"))
    found = document(event.request.get("policyDocument"))
    if not VERSION.takes(names):
        return
    in_force = event.request.get("setAsDefault") is True
    made: Value = UNKNOWN if found is None else {"document": found, "in_force": in_force}
    yield changed(event, VERSION.name, *names, before=None, after=made)
    if in_force:
        yield changed(event, DEFAULT_VERSION.name, *names[:2], after=names[2])


def _version_deleted(event: Event) -> Iterator[Change]:
    names = ("policy", thing_in(event, "policy"), requested(event, "VersionId"))
    if VERSION.takes(names):
        yield changed(event, VERSION.name, *names, after=None)


def _default_set(event: Event) -> Iterator[Change]:
    names = ("policy", thing_in(event, "policy"), requested(event, "VersionId"))
    if VERSION.takes(names):
        yield changed(event, DEFAULT_VERSION.name, *names[:2], after=names[2])


KINDS = (POLICY, VERSION, DEFAULT_VERSION)
ENTRIES = (
    Entry(
        service="iam",
        operation="CreatePolicy",
        changes=_created,
        undone_by="DeletePolicy, when asked: attached nowhere it does nothing",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="DeletePolicy",
        changes=_deleted,
        undone_by="CreatePolicy",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="CreatePolicyVersion",
        changes=_version_created,
        undone_by="SetDefaultPolicyVersion; DeletePolicyVersion, when asked",
        before_from="an earlier event, the versions that there were, or AWS Config",
    ),
    Entry(
        service="iam",
        operation="DeletePolicyVersion",
        changes=_version_deleted,
        undone_by="nothing: a manual step",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="SetDefaultPolicyVersion",
        changes=_default_set,
        undone_by="SetDefaultPolicyVersion",
        before_from="an earlier event, the versions that there were, or AWS Config",
    ),
)

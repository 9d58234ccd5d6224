# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the policies of one principal: its own, those of its groups, and its permissions boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Kind, Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.reading import (
    NotReadable,
    existing,
    in_utc,
    readable,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
ROOT = Policy(kind="root", name="to everything", text='{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """What a principal holds."""

    arn: str
    """The user's or role's own; for a session its role's."""
    policies: tuple[Policy, ...]
    groups: tuple[str, ...] = ()
    boundary: Policy | None = None
    last_used: datetime | None = None
    """When a role was last used, or a user last signed in to the console; None where AWS does not say."""


def root_holdings(who: IamPrincipal) -> Holdings:
    """IAM has no policies about root: it may do everything that service control policies leave."""
    return Holdings(arn=who.arn, policies=(ROOT,))


def read_holdings(reads: Reads, who: IamPrincipal) -> Holdings:
    """Read one by one, as many at once as can be. Raises AwsError where the principal does not exist."""
    for call, key in _asked_first(who):
        reads.ahead(call, key)
    described = reads.read(who.call("Get{kind}"))
    entity = described["User" if who.kind == "user" else "Role"]
    groups = readable(lambda: _groups(reads, who))
    parts: list[Callable[[], list[Policy]]] = [
        lambda: _inline(reads, who.call("List{kind}Policies"), partial(who.call, "Get{kind}Policy"), None),
        lambda: _attached(reads, who.call("ListAttached{kind}Policies"), None),
    ]
    for group in () if isinstance(groups, NotReadable) else groups:
        parts += [partial(_inline_of_group, reads, who, group), partial(_attached_of_group, reads, who, group)]
    bounding = entity.get("PermissionsBoundary")
    if bounding:
        arn = str(bounding["PermissionsBoundaryArn"])
        parts.append(lambda: [managed_policy(reads, arn, kind="boundary")])
    found = [policy for part in in_parallel(parts, lambda part: part()) for policy in part]
    if isinstance(groups, NotReadable):
        found.append(Policy(kind="inline", name="(any)", via="(unknown)", unreadable=groups.why))
    return Holdings(
        arn=str(entity["Arn"]),
        policies=tuple(policy for policy in found if policy.kind != "boundary"),
        groups=() if isinstance(groups, NotReadable) else tuple(groups),
        boundary=next((policy for policy in found if policy.kind == "boundary"), None),
        last_used=in_utc(entity.get("PasswordLastUsed") or entity.get("RoleLastUsed", {}).get("LastUsedDate")),
    )


def _asked_first(who: IamPrincipal) -> list[tuple[Call, str | None]]:
    first: list[tuple[Call, str | None]] = [
        (who.call("Get{kind}"), None),
        (who.call("List{kind}Policies"), "PolicyNames"),
        (who.call("ListAttached{kind}Policies"), "AttachedPolicies"),
    ]
    if who.kind == "user":
        first += [(who.call("ListGroupsForUser"), "Groups"), (who.call("ListAccessKeys"), "AccessKeyMetadata")]
    return first


def _groups(reads: Reads, who: IamPrincipal) -> list[str]:
    if who.kind != "user":
        return []
    return [str(group["GroupName"]) for group in reads.pages(who.call("ListGroupsForUser"), "Groups")]


def _of_group(who: IamPrincipal, group: str, operation: str, **parameters: Json) -> Call:
    return iam_call(who.account, who.partition, operation, GroupName=group, **parameters)


def _inline_of_group(reads: Reads, who: IamPrincipal, group: str) -> list[Policy]:
    return _inline(
        reads, _of_group(who, group, "ListGroupPolicies"), partial(_of_group, who, group, "GetGroupPolicy"), group
    )


def _attached_of_group(reads: Reads, who: IamPrincipal, group: str) -> list[Policy]:
    return _attached(reads, _of_group(who, group, "ListAttachedGroupPolicies"), group)


def _inline(reads: Reads, listing: Call, getting: Callable[..., Call], via: str | None) -> list[Policy]:
    names = existing(lambda: reads.pages(listing, "PolicyNames"))
    if isinstance(names, NotReadable):
        return [Policy(kind="inline", name="(any)", via=via, unreadable=names.why)]
    asked = {str(name): getting(PolicyName=str(name)) for name in names or ()}
    for call in asked.values():
        reads.ahead(call)
    found = []
    for name, call in asked.items():
        answer = existing(partial(reads.read, call))
        if isinstance(answer, NotReadable):
            found.append(Policy(kind="inline", name=name, via=via, unreadable=answer.why))
        elif answer is not None:
            found.append(Policy(kind="inline", name=name, via=via, text=unquote(answer["PolicyDocument"])))
    return found


def _attached(reads: Reads, listing: Call, via: str | None) -> list[Policy]:
    attached = existing(lambda: reads.pages(listing, "AttachedPolicies"))
    if isinstance(attached, NotReadable):
        return [Policy(kind="attached", name="(any)", via=via, unreadable=attached.why)]
    arns = [str(policy["PolicyArn"]) for policy in attached or ()]
    return in_parallel(arns, lambda arn: managed_policy(reads, arn, kind="attached", via=via))


def managed_policy(reads: Reads, arn: str, *, kind: Kind, via: str | None = None) -> Policy:
    """A managed policy in its version in force. AWS's own are the same everywhere, and so are asked for once."""
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    where = reads.caller.account if account == "aws" else account
    call = partial(iam_call, where, arn.split(":")[1])

    def text() -> str:
        version = str(reads.read(call("GetPolicy", PolicyArn=arn))["Policy"]["DefaultVersionId"])
        answer = reads.read(call("GetPolicyVersion", PolicyArn=arn, VersionId=version))
        return unquote(answer["PolicyVersion"]["Document"])

    found = existing(text)
    if isinstance(found, str):
        return Policy(kind=kind, name=name, arn=arn, via=via, text=found)
    why = found.why if isinstance(found, NotReadable) else "it was deleted while it was read"
    return Policy(kind=kind, name=name, arn=arn, via=via, unreadable=why)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who gets into a bucket: its policy, its access control list, its public access block, and the account's block.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-management.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import s3_history, s3_shapes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSION
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.resource_policies import (
    policy_of,
    policy_text,
    same_policy,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.s3_settings import (
    NO_BUCKET,
    bucket_of,
    jsonable,
    named,
    owned,
    takes_bucket,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, Setting
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.xml_shapes import of_xml
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
_AUTHENTICATED: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_DELIVERY: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_PRIVATE: Final = "private"
_CANNED: Final = {
    _PRIVATE: (),
    "public-read": ((_ALL_USERS, "READ"),),
    "public-read-write": ((_ALL_USERS, "READ"), (_ALL_USERS, "WRITE")),
    "authenticated-read": ((_AUTHENTICATED, "READ"),),
    "log-delivery-write": ((_LOG_DELIVERY, "READ_ACP"), (_LOG_DELIVERY, "WRITE")),
}
"""What a canned list grants beside the owner, who has FULL_CONTROL.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl"""


def _block(told: Json) -> Json:
    return {name: bool(told.get(name)) for name in _BLOCKS}


def _acl(told: Json) -> Json:
    """By its canned name where it has one, as events show that, and so it can be put; else its grants. None: only the owner, as in every
    new bucket, and in every bucket whose lists are off."""
    owner = told.get("Owner", {}).get("ID", "")
    grants = [
        {
            "Grantee": {name: inner for name, inner in grant["Grantee"].items() if name != "DisplayName"},
            "Permission": grant["Permission"],
        }
        for grant in told.get("Grants", [])
    ]
    owners = [grant for grant in grants if grant["Grantee"].get("ID") == owner]
    others = sorted((str(grant["Grantee"].get("URI")), grant["Permission"]) for grant in grants if grant not in owners)
    if [grant["Permission"] for grant in owners] == ["FULL_CONTROL"]:
        for name, granted in _CANNED.items():
            if sorted(granted) == others:
                return None if name == _PRIVATE else {"ACL": name}
    grants.sort(key=lambda grant: (str(sorted(grant["Grantee"].items())), grant["Permission"]))
    return {"AccessControlPolicy": {"Grants": grants, "Owner": {"ID": owner}}}


BUCKET_POLICY = Setting(
    name="s3/bucket_policy",
    order=20,
    service="s3",
    permissions=("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", PERMISSION),
    takes=takes_bucket,
    named=named,
    get="GetBucketPolicy",
    found=lambda answer: policy_of(answer["Policy"]),
    put="PutBucketPolicy",
    sent=lambda policy: {"Policy": policy_text(policy)},
    delete="DeleteBucketPolicy",
    absent=("NoSuchBucketPolicy", *NO_BUCKET),
    earlier=s3_history.policy_before,
    alike=same_policy,
    word=word,
)

ACL = Setting(
    name="s3/bucket_acl",
    order=20,
    service="s3",
    permissions=("s3:GetBucketAcl", "s3:PutBucketAcl"),
    takes=takes_bucket,
    named=named,
    get="GetBucketAcl",
    found=lambda answer: _acl(jsonable(answer)),
    put="PutBucketAcl",
    sent=lambda acl: {"ACL": _PRIVATE} if acl is None else acl,
    absent=NO_BUCKET,
    word=word,
)

PUBLIC_ACCESS_BLOCK = Setting(
    name="s3/public_access_block",
    order=10,
    service="s3",
    permissions=("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", PERMISSION),
    takes=takes_bucket,
    named=named,
    get="GetPublicAccessBlock",
    found=lambda answer: _block(answer["PublicAccessBlockConfiguration"]),
    put="PutPublicAccessBlock",
    sent=lambda block: {"PublicAccessBlockConfiguration": block},
    delete="DeletePublicAccessBlock",
    absent=("NoSuchPublicAccessBlockConfiguration", *NO_BUCKET),
    earlier=s3_history.block_before,
    word=word,
)

ACCOUNT_PUBLIC_ACCESS_BLOCK = Setting(
    name="s3/account_public_access_block",
    order=10,
    service="s3control",
    permissions=("s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
    takes=lambda names: len(names) == 1 and bool(_ACCOUNT.fullmatch(names[0])),
    named=lambda facet: {"AccountId": facet.account},
    get="GetPublicAccessBlock",
    found=lambda answer: _block(answer["PublicAccessBlockConfiguration"]),
    put="PutPublicAccessBlock",
    sent=lambda block: {"PublicAccessBlockConfiguration": block},
    delete="DeletePublicAccessBlock",
    absent=("NoSuchPublicAccessBlockConfiguration",),
    word=lambda _facet: "AccountPublicAccessBlock",
)


def _policy_put(event: Event) -> Iterator[Change]:
    policy = policy_of(event.request.get("bucketPolicy"))
    yield from BUCKET_POLICY.change(event, (bucket_of(event),), UNKNOWN if policy is None else policy)


def _policy_deleted(event: Event) -> Iterator[Change]:
    yield from BUCKET_POLICY.change(event, (bucket_of(event),), None)


def _acl_put(event: Event) -> Iterator[Change]:
    yield from ACL.change(event, (bucket_of(event),), _acl_of(event))


def _acl_of(event: Event) -> Json:
    """What was put: a canned list by its name, or grants. Other headers (`x-amz-grant-read`) are not read."""
    canned = event.request.get("x-amz-acl")
    if isinstance(canned, list) and len(canned) == 1:
        canned = canned[0]
    if isinstance(canned, str) and canned in _CANNED:
        return None if canned == _PRIVATE else {"ACL": canned}
    try:
        told = of_xml(event.request["AccessControlPolicy"], s3_shapes.ACCESS_CONTROL)
        return _acl(told)
    except (KeyError, ValueError, AttributeError, TypeError):
        return UNKNOWN


def _block_of(event: Event) -> Json:
    try:
        return _block(of_xml(event.request["PublicAccessBlockConfiguration"], s3_shapes.PUBLIC_ACCESS_BLOCK))
    except (KeyError, ValueError, AttributeError, TypeError):
        return UNKNOWN


def _block_put(event: Event) -> Iterator[Change]:
    yield from PUBLIC_ACCESS_BLOCK.change(event, (bucket_of(event),), _block_of(event))


def _block_deleted(event: Event) -> Iterator[Change]:
    yield from PUBLIC_ACCESS_BLOCK.change(event, (bucket_of(event),), None)


def _account_block_put(event: Event) -> Iterator[Change]:
    yield from ACCOUNT_PUBLIC_ACCESS_BLOCK.change(event, (event.account,), _block_of(event))


def _account_block_deleted(event: Event) -> Iterator[Change]:
    yield from ACCOUNT_PUBLIC_ACCESS_BLOCK.change(event, (event.account,), None)


def access_of_new_bucket(event: Event) -> Iterator[Change]:
    """A new bucket has no policy, blocks public access and, unless it was made with another, has the private list.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""
    names: Names = (bucket_of(event),)
    yield from BUCKET_POLICY.change(event, names, None, None)
    all_blocked = dict.fromkeys(_BLOCKS, True)
    yield from PUBLIC_ACCESS_BLOCK.change(event, names, all_blocked, all_blocked)
    if not any(name.startswith("x-amz-grant") for name in event.request):
        acl = _acl_of(event) if "x-amz-acl" in event.request else None
        yield from ACL.change(event, names, acl, acl)


def access_of_deleted_bucket(event: Event) -> Iterator[Change]:
    """It goes with the bucket. What it was, only earlier events tell; without any, it is taken to have been as in a new bucket."""
    names: Names = (bucket_of(event),)
    yield from BUCKET_POLICY.change(event, names, None, None)
    yield from ACL.change(event, names, None, None)
    yield from PUBLIC_ACCESS_BLOCK.change(event, names, None, dict.fromkeys(_BLOCKS, True))


KINDS = tuple(one.kind() for one in (BUCKET_POLICY, ACL, PUBLIC_ACCESS_BLOCK, ACCOUNT_PUBLIC_ACCESS_BLOCK))
ENTRIES = tuple(
    Entry(
        service=service,
        operation=operation,
        changes=changes if "Account" in operation else owned(changes),
        undone_by=undone_by,
        before_from="an earlier event"
        if "Account" in operation or "Acl" in operation
        else "an earlier event, or AWS Config",
    )
    for service, operation, changes, undone_by in (
        ("s3", "PutBucketPolicy", _policy_put, "PutBucketPolicy or DeleteBucketPolicy"),
        ("s3", "DeleteBucketPolicy", _policy_deleted, "PutBucketPolicy"),
        ("s3", "PutBucketAcl", _acl_put, "PutBucketAcl"),
        ("s3", "PutBucketPublicAccessBlock", _block_put, "PutPublicAccessBlock or DeletePublicAccessBlock"),
        ("s3", "DeleteBucketPublicAccessBlock", _block_deleted, "PutPublicAccessBlock"),
        ("s3", "PutAccountPublicAccessBlock", _account_block_put, "PutPublicAccessBlock or DeletePublicAccessBlock"),
        ("s3", "DeleteAccountPublicAccessBlock", _account_block_deleted, "PutPublicAccessBlock"),
    )
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies of ECR repositories and of the registry, lifecycle policies and whether tags can move. Images are left to a human: a tag is put
back on an earlier image by sending that image's manifest, and an image that was deleted is gone.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.resource_policies import (
    policy_of,
    policy_text,
    same_policy,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, Setting
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_NAME = re.compile(r"(?=.{2,256}$)([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-]+[a-z0-9]+)*", re.ASCII)
_REGISTRY: Final = "registry"
_GONE: Final = ("RepositoryNotFoundException",)
_LONGEST: Final = 32_768


def _takes(names: Names) -> bool:
    return len(names) == 1 and bool(_NAME.fullmatch(names[0]))


def _named(facet: Facet) -> dict[str, Json]:
    return {"registryId": facet.account, "repositoryName": facet.names[0]}


def _word(facet: Facet) -> str:
    return facet.names[0] if len(facet.names[0]) > 3 else "repositoryName"


POLICY = Setting(
    name="ecr/repository_policy",
    order=20,
    service="ecr",
    permissions=("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy"),
    takes=_takes,
    named=_named,
    get="GetRepositoryPolicy",
    found=lambda answer: policy_of(answer["policyText"]),
    put="SetRepositoryPolicy",
    sent=lambda policy: {"policyText": policy_text(policy)},
    delete="DeleteRepositoryPolicy",
    absent=("RepositoryPolicyNotFoundException",),
    gone=_GONE,
    alike=same_policy,
    word=_word,
)

REGISTRY_POLICY = Setting(
    name="ecr/registry_policy",
    order=20,
    service="ecr",
    permissions=("ecr:GetRegistryPolicy", "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy"),
    takes=lambda names: names == (_REGISTRY,),
    named=lambda _facet: {},
    get="GetRegistryPolicy",
    found=lambda answer: policy_of(answer["policyText"]),
    put="PutRegistryPolicy",
    sent=lambda policy: {"policyText": policy_text(policy)},
    delete="DeleteRegistryPolicy",
    absent=("RegistryPolicyNotFoundException",),
    alike=same_policy,
    word=lambda _facet: "RegistryPolicy",
)


def _rules(text: Json) -> Json:
    """A lifecycle policy by what it says; None for what is none."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text)
        canonical_json(found)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


LIFECYCLE = Setting(
    name="ecr/lifecycle_policy",
    order=20,
    service="ecr",
    permissions=("ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy"),
    takes=_takes,
    named=_named,
    get="GetLifecyclePolicy",
    found=lambda answer: _rules(answer["lifecyclePolicyText"]),
    put="PutLifecyclePolicy",
    sent=lambda rules: {"lifecyclePolicyText": policy_text(rules)},
    delete="DeleteLifecyclePolicy",
    absent=("LifecyclePolicyNotFoundException",),
    gone=_GONE,
    word=_word,
)


def _put(
    setting: Setting, key: str, parsed: Callable[[Json], Json], deleted: bool = False
) -> Callable[[Event], Iterator[Change]]:
    """The answer to a call that deletes holds what it deleted."""

    def changes(event: Event) -> Iterator[Change]:
        told = parsed((event.response if deleted else event.request).get(key))
        known: Value = UNKNOWN if told is None else told
        name = event.request.get("repositoryName")
        names = (_REGISTRY,) if setting is REGISTRY_POLICY else (name if isinstance(name, str) else "",)
        yield from setting.change(event, names, None if deleted else known, known if deleted else UNKNOWN)

    return changes


_RETAG: Final = (
    "Look at what the tag named before: aws ecr describe-images. Put it back on that image: aws ecr batch-get-image --image-ids "
    "imageDigest=DIGEST, then aws ecr put-image --image-tag TAG --image-manifest; and look at who has pulled the attacker's."
)
_MANUAL = {
    "PutImage": _RETAG,
    "BatchDeleteImage": "The images are gone. Build and push them again, or copy them from where they are replicated.",
    "CreateRepository": "Look at the repository, and delete it if it is the attacker's: aws ecr describe-images, aws ecr "
    "delete-repository.",
    "DeleteRepository": "The repository and its images are gone. Make it again, and build and push its images: aws ecr create-repository.",
    "PutImageTagMutability": "Set whether tags can move: aws ecr put-image-tag-mutability --image-tag-mutability IMMUTABLE.",
    "PutImageScanningConfiguration": "Set whether images are scanned: aws ecr put-image-scanning-configuration.",
    "PutRegistryScanningConfiguration": "Set how the registry scans: aws ecr put-registry-scanning-configuration.",
    "PutReplicationConfiguration": "Look at where images are replicated to, and set it right: aws ecr describe-registry, aws ecr "
    "put-replication-configuration.",
    "CreatePullThroughCacheRule": "Delete the rule if it is the attacker's: aws ecr delete-pull-through-cache-rule.",
    "DeletePullThroughCacheRule": "Make the rule again: aws ecr create-pull-through-cache-rule.",
    "TagResource": "Look at the tags of the repository, on which policies may depend: aws ecr list-tags-for-resource.",
    "UntagResource": "Look at the tags of the repository, on which policies may depend: aws ecr list-tags-for-resource.",
}
_ENTRIES: Final = (
    ("SetRepositoryPolicy", _put(POLICY, "policyText", policy_of), "SetRepositoryPolicy or DeleteRepositoryPolicy"),
    ("DeleteRepositoryPolicy", _put(POLICY, "policyText", policy_of, deleted=True), "SetRepositoryPolicy"),
    ("PutRegistryPolicy", _put(REGISTRY_POLICY, "policyText", policy_of), "PutRegistryPolicy or DeleteRegistryPolicy"),
    ("DeleteRegistryPolicy", _put(REGISTRY_POLICY, "policyText", policy_of, deleted=True), "PutRegistryPolicy"),
    (
        "PutLifecyclePolicy",
        _put(LIFECYCLE, "lifecyclePolicyText", _rules),
        "PutLifecyclePolicy or DeleteLifecyclePolicy",
    ),
    ("DeleteLifecyclePolicy", _put(LIFECYCLE, "lifecyclePolicyText", _rules, deleted=True), "PutLifecyclePolicy"),
)
KINDS = (POLICY.kind(), REGISTRY_POLICY.kind(), LIFECYCLE.kind())
ENTRIES = (
    *(
        Entry(
            service="ecr",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from="the call itself" if operation.startswith("Delete") else "an earlier event",
        )
        for operation, changes, undone_by in _ENTRIES
    ),
    *(Entry(service="ecr", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(
        Entry(service="ecr", operation=operation, harmless="Layers are no image until one names them.")
        for operation in ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
    ),
)

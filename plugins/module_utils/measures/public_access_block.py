# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Block public access to a bucket, by policies and by ACLs, whatever those say.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.s3.buckets import S3Bucket, configured

NAME = "public_access_block"
KINDS = frozenset({"bucket"})
PERMISSIONS = ("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock")
OPEN_WITHOUT = "what its ACLs, and those of its objects, let everybody do"
BLOCK = "public_access_block"
_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ALL = dict.fromkeys(_SETTINGS, True)


def observe(reads: Reads, target: S3Bucket) -> dict[str, Json]:
    found = configured(reads, target.call("GetPublicAccessBlock"), "NoSuchPublicAccessBlockConfiguration")
    return {BLOCK: None if found is None else _of(found["PublicAccessBlockConfiguration"])}


def plan(state: State, target: S3Bucket) -> Iterator[Step]:
    """One step, or none where everything is blocked already."""
    if state[BLOCK] != _ALL:
        yield _put(target, state[BLOCK])


def can_have_planned(step: Step, target: S3Bucket) -> bool:
    before = step.before
    known = before is None or (
        isinstance(before, dict)
        and set(before) == {*_SETTINGS}
        and all(isinstance(one, bool) for one in before.values())
    )
    return known and step.does_as(_put(target, before))


def verify(state: State, target: S3Bucket) -> Proof:
    open_ones = [name for name in _SETTINGS if not (state[BLOCK] or {}).get(name)]
    fact = f"public access is not blocked: {', '.join(open_ones)}" if open_ones else "public access is blocked"
    return (Fact(measure=NAME, fact=fact, holds=not open_ones),)


def notes(state: State, target: S3Bucket) -> Sequence[str]:
    return ()


def _of(configuration: Mapping[str, Json]) -> dict[str, bool]:
    """All four settings: what AWS does not tell is off."""
    return {name: bool(configuration.get(name)) for name in _SETTINGS}


def _put(target: S3Bucket, before: Mapping[str, bool] | None) -> Step:
    def call(settings: Mapping[str, bool]) -> Call:
        return target.call("PutPublicAccessBlock", PublicAccessBlockConfiguration=dict(settings))

    return Step(
        measure=NAME,
        facet=BLOCK,
        call=call(_ALL),
        undo=(target.call("DeletePublicAccessBlock") if before is None else call(before),),
        why=f"block public access to {target.label}",
        before=None if before is None else dict(before),
        after=dict(_ALL),
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain a bucket, in the order they are taken, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures import public_access_block
from ansible_collections.cordon.aws.plugins.module_utils.measures.bucket_policy import BucketPolicy, left_in

S3_BUCKET: tuple[Measure, ...] = (BucketPolicy(), public_access_block)
"""The policy first: once public policies are blocked, AWS takes none that has a public statement, whatever else it denies, so neither ours
in front of one could be put in, nor the old one be given back.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-options"""


def measures_with(responders: tuple[str, ...], account: str) -> tuple[Measure, ...]:
    """The same, as they are taken of buckets of this account: these go on working in them."""
    return (BucketPolicy(responders=left_in(responders, account)), public_access_block)


def unchecked(measures: Sequence[Measure], _target: Target) -> tuple[str, ...]:
    """What is left open, or not looked at, of a bucket of which only `measures` are taken."""
    taken = {measure.NAME for measure in measures}
    return (
        *(f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" for measure in S3_BUCKET if measure.NAME not in taken),
        "what was read of it, changed in it or replicated from it before: look in CloudTrail's data events, or the bucket's access logs",
        "who else can use the responders' roles: look at who may assume them",
        "the root user of its account, who can always change a bucket's policy, where root is not among the responders",
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain an IAM principal, in the order they are taken."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.measures import access_keys, deny_policy, sessions

UNCHECKED = (
    "role sessions that it obtained before: they go on until they expire; look for AssumeRole by its keys in CloudTrail",
    "what it did before now: look for its access keys in CloudTrail, in every region",
)
"""What no measure for IAM users looks at."""

IAM_PRINCIPAL: tuple[Measure, ...] = (deny_policy, access_keys, sessions)

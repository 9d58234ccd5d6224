# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain an IAM principal, in the order they are taken, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.measures import access_keys, deny_policy, sessions

IAM_PRINCIPAL: tuple[Measure, ...] = (deny_policy, access_keys, sessions)

_NEVER_CHECKED = (
    "whether AWS enforces it yet: changes to IAM take some seconds to spread, and what was seen is what is stored",
    "role sessions that it obtained before: they go on until they expire; look for AssumeRole by its keys in CloudTrail",
    "what it did before now: look for its access keys in CloudTrail, in every region",
)


def unchecked(measures: Sequence[Measure]) -> tuple[str, ...]:
    """What is left open, or not looked at, where only `measures` are taken. A denial of everything reaches sessions, too."""
    taken = {measure.NAME for measure in measures}
    covered = taken | ({sessions.NAME} if deny_policy.NAME in taken else set())
    left_open = [f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" for measure in IAM_PRINCIPAL if measure.NAME not in covered]
    return (*left_open, *_NEVER_CHECKED)

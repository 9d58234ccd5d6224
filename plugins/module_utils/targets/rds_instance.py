# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain a DB instance, in the order they are taken, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures import snapshot_sharing
from ansible_collections.cordon.aws.plugins.module_utils.measures.database_switches import (
    DELETION_PROTECTION,
    PUBLIC_ACCESS,
)
from ansible_collections.cordon.aws.plugins.module_utils.measures.security_groups import SecurityGroups

RDS_INSTANCE: tuple[Measure, ...] = (snapshot_sharing, SecurityGroups(), PUBLIC_ACCESS, DELETION_PROTECTION)
"""Snapshots first: they are withdrawn at once, while the others are one change of the instance that RDS takes its time for."""


def measures_with(allow_from: tuple[str, ...], allow_endpoints: tuple[str, ...]) -> tuple[Measure, ...]:
    """The same, as they are taken where these are let through."""
    groups = SecurityGroups(allow_from=allow_from, allow_endpoints=allow_endpoints)
    return tuple(groups if measure.NAME == groups.NAME else measure for measure in RDS_INSTANCE)


def unchecked(measures: Sequence[Measure], _target: Target) -> tuple[str, ...]:
    """What is left open, or not looked at, of a DB instance of which only `measures` are taken."""
    taken = {measure.NAME for measure in measures}
    left_open = [f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" for measure in RDS_INSTANCE if measure.NAME not in taken]
    return (*left_open, *_NEVER_CHECKED)


# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.Oracle.Options.html
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.html
_NEVER_CHECKED = (
    "copies that were made of its snapshots here or elsewhere, exports of them to S3, and what AWS Backup keeps of it and shares",
    "new snapshots, restores and exports by whoever may make them: contain those principals",
    "its master password and database users, which stay as they are: change what the attacker may know before it is released",
    "the secrets in which its passwords are kept, and who may read them",
    "options of its option group with security groups of their own, such as Oracle Enterprise Manager",
    "what Performance Insights, logs in CloudWatch and activity streams show of its statements, to whoever may read them",
    "roles that the database itself uses, and what it is linked to: foreign servers, replication that RDS does not manage, scheduled jobs",
)

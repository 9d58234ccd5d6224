# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may go on with a contained DB instance, and where its data are besides. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.plan import State
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import (
    BACKUPS,
    IAM_SIGN_IN,
    REPLICAS,
    STATUS,
    STOPPED,
    DbInstance,
)


def residual(state: State, target: DbInstance) -> Sequence[Mapping[str, str]]:
    """Nothing only where nobody looked."""
    return [dict(zip(("what", "why"), one, strict=True)) for one in _found(state, target)]


def _found(state: State, target: DbInstance) -> Iterator[tuple[str, str]]:
    """Of flows: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
    Of tokens: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html"""
    if state.get(STATUS, STOPPED[0]) not in STOPPED:
        reboot = f"aws rds reboot-db-instance --db-instance-identifier {target.identifier} --region {target.region}"
        yield (
            f"connections to {target.label} that were open when its security groups changed, those of an RDS Proxy in front of it too",
            (
                "a change of security groups does not interrupt flows that are tracked. End them in the database, or deny their peers in "
                f"the network ACLs of its subnets, or reboot it (`{reboot}`), which loses what is in its memory"
            ),
        )
    for replica in state.get(REPLICAS, ()):
        yield (
            f"the read replica {replica} of {target.label}",
            "it holds the same data, is fed by it all the time, and has security groups and snapshots of its own: contain it, too",
        )
    for backups in state.get(BACKUPS, ()):
        yield (
            f"the automated backups of {target.label} in another region, {backups}",
            "whoever may restore them there has its data: look at who may, and in CloudTrail of that region at who did",
        )
    if state.get(IAM_SIGN_IN):
        yield (
            f"sign-in to {target.label} by IAM, from where its security groups let in",
            "whoever is allowed rds-db:connect needs no password; a token is good for 15 minutes, a session for as long as it lasts",
        )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a person contains a DB cluster, which no measure does: command by command. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import DbInstance

_SERVICES = {"docdb": "docdb", "neptune": "neptune"}
"""By engine: the AWS CLI's name of the service, where it is not rds."""


def by_hand(instance: Mapping[str, Json], target: DbInstance) -> str:
    """What to do about the cluster that a DB instance is a member of, as sentences."""
    commands = "; ".join(f"`{command}`" for command in _commands(instance, target))
    return (
        f"Contain the whole cluster, in account {target.account}, with a security group of its VPC that lets nothing through, each member, "
        f"and each snapshot that is shared: {commands}. The first shows what to go back to. Nothing was touched."
    )


def _commands(instance: Mapping[str, Json], target: DbInstance) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterSnapshotAttribute.html"""
    engine = str(instance.get("Engine", ""))
    service = _SERVICES.get(engine, "rds")
    place = f"--region {target.region}"
    cluster = f"--db-cluster-identifier {instance['DBClusterIdentifier']} {place}"
    snapshot = f"--db-cluster-snapshot-identifier SNAPSHOT {place}"
    yield f"aws {service} describe-db-clusters {cluster}"
    # Without a VPC, it is reached through a gateway that no security group guards.
    is_outside = service == "rds" and instance.get("VPCNetworkingEnabled") is False
    gateway = " --enable-vpc-networking --no-enable-internet-access-gateway" if is_outside else ""
    # For the other two services it makes no difference but to what else is pending.
    at_once = " --apply-immediately" if service == "rds" else ""
    yield f"aws {service} modify-db-cluster {cluster} --vpc-security-group-ids GROUP{gateway} --deletion-protection{at_once}"
    if engine.startswith(("aurora", "neptune")):
        named = f"--db-instance-identifier {target.identifier} {place}"
        yield f"aws {service} modify-db-instance {named} --no-publicly-accessible"
    if engine.startswith("aurora"):
        # The Data API lets in whoever may call it, past all security groups:
        # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html
        yield f"aws rds disable-http-endpoint --resource-arn CLUSTER_ARN {place}"
    yield f"aws {service} describe-db-cluster-snapshots {cluster} --snapshot-type manual"
    yield f"aws {service} describe-db-cluster-snapshot-attributes {snapshot}"
    withdrawn = "--attribute-name restore --values-to-remove ACCOUNTS"
    yield f"aws {service} modify-db-cluster-snapshot-attribute {snapshot} {withdrawn}"

"""DB instances in an account of the sandbox, and what tests do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ec2_world import Ec2World
from sandbox_client import Sandbox

NAME = "orders"


class Databases(Ec2World):
    """A DB instance `orders` in the default VPC of a member account."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.rds = self.client("rds")
        self.create(NAME)
        self.own_vpc = self.database()["DBSubnetGroup"]["VpcId"]

    def create(self, name: str, **more: Any) -> None:
        given = {"DBInstanceClass": "db.m5.large", "Engine": "postgres", "AllocatedStorage": 20, **more}
        users = {"MasterUsername": "chief", "MasterUserPassword": "not-a-real-one"}
        self.rds.create_db_instance(DBInstanceIdentifier=name, **(given | users))

    def modify(self, **changes: Any) -> None:
        self.rds.modify_db_instance(DBInstanceIdentifier=NAME, **changes)

    def database(self, name: str = NAME) -> Any:
        """What AWS says of it, but for what changes by itself; its groups, which come in any order, by their ids."""
        found = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        found.pop("LatestRestorableTime")
        groups = sorted(found["VpcSecurityGroups"], key=lambda group: str(group["VpcSecurityGroupId"]))
        return found | {"VpcSecurityGroups": groups}

    def groups(self) -> dict[str, str]:
        return {one["VpcSecurityGroupId"]: one["Status"] for one in self.database()["VpcSecurityGroups"]}

    def arn(self, name: str = NAME) -> str:
        return str(self.database(name)["DBInstanceArn"])

    def snapshot(self, name: str, of: str = NAME, shared_with: Sequence[str] = ()) -> None:
        self.rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=of)
        if shared_with:
            self.share(name, shared_with)

    def share(self, snapshot: str, accounts: Sequence[str]) -> None:
        about = {"DBSnapshotIdentifier": snapshot, "AttributeName": "restore"}
        self.rds.modify_db_snapshot_attribute(**about, ValuesToAdd=list(accounts))

    def shared_with(self, snapshot: str) -> list[str]:
        found = self.rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=snapshot)["DBSnapshotAttributesResult"]
        (restore,) = found["DBSnapshotAttributes"]
        return sorted(restore["AttributeValues"])

    def seen(self, name: str = NAME) -> dict[str, Any]:
        """Everything about an instance and the snapshots of it, as AWS tells it."""
        snapshots = self.rds.describe_db_snapshots(DBInstanceIdentifier=name, SnapshotType="manual")["DBSnapshots"]
        names = [one["DBSnapshotIdentifier"] for one in snapshots]
        return {"instance": self.database(name), "shared": {one: self.shared_with(one) for one in names}}

    def own_groups(self) -> list[str]:
        """The names of all security groups of the instance's VPC."""
        filters = [{"Name": "vpc-id", "Values": [self.own_vpc]}]
        return sorted(one["GroupName"] for one in self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"])

    def later(self) -> None:
        """When what was changed has been applied, and in another minute, because RDS names automated snapshots by it."""
        self.sandbox.control("POST", "/clock", {"advance_s": 61})

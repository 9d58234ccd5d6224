"""DB instances in an account of the sandbox, and what tests do with them."""

from __future__ import annotations

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
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def groups(self) -> dict[str, str]:
        return {one["VpcSecurityGroupId"]: one["Status"] for one in self.database()["VpcSecurityGroups"]}

    def later(self) -> None:
        self.sandbox.control("POST", "/clock", {"advance_s": 2})

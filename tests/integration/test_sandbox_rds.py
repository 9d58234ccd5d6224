"""What RDS refuses. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    made = sandbox.client("rds")
    made.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="chief",
        MasterUserPassword="not-a-real-one",
    )
    return made


def _code(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Code"])


def test_a_stopped_instance_is_not_modified(client: Any) -> None:
    client.modify_db_instance(DBInstanceIdentifier="orders", DeletionProtection=True, ApplyImmediately=True)
    assert client.describe_db_instances()["DBInstances"][0]["DeletionProtection"] is True
    client.stop_db_instance(DBInstanceIdentifier="orders")
    found = _code(client.modify_db_instance, DBInstanceIdentifier="orders", DeletionProtection=False)
    assert found == "InvalidDBInstanceState"


def test_snapshots_are_shared_with_all_or_with_at_most_twenty_accounts(client: Any) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html"""
    client.create_db_snapshot(DBSnapshotIdentifier="copy", DBInstanceIdentifier="orders")
    about = {"DBSnapshotIdentifier": "copy", "AttributeName": "restore"}
    many = [f"{number:012}" for number in range(1, 22)]
    assert _code(client.modify_db_snapshot_attribute, **about, ValuesToAdd=many) == "SharedSnapshotQuotaExceeded"
    assert _code(client.modify_db_snapshot_attribute, **about, ValuesToAdd=["bob"]) == "InvalidParameterValue"
    client.modify_db_snapshot_attribute(**about, ValuesToAdd=["all", "111122223333"])
    client.modify_db_snapshot_attribute(**about, ValuesToRemove=["all"])
    found = client.describe_db_snapshot_attributes(DBSnapshotIdentifier="copy")["DBSnapshotAttributesResult"]
    assert found["DBSnapshotAttributes"] == [{"AttributeName": "restore", "AttributeValues": ["111122223333"]}]

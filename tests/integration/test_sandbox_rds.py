"""What RDS refuses, and how long a change takes. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"""

from __future__ import annotations

import json

import pytest
from database_world import NAME, Databases
from ec2_world import code, refusal
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> Databases:
    return Databases(sandbox)


def test_only_an_available_instance_is_modified(world: Databases) -> None:
    world.modify(DeletionProtection=True)
    assert world.database()["DBInstanceStatus"] == "modifying"
    assert code(world.modify, DeletionProtection=False) == "InvalidDBInstanceState"
    world.later()
    assert (world.database()["DBInstanceStatus"], world.database()["DeletionProtection"]) == ("available", True)
    world.rds.stop_db_instance(DBInstanceIdentifier=NAME)
    assert code(world.modify, DeletionProtection=False) == "InvalidDBInstanceState"


def test_groups_come_and_go_in_time_and_are_in_use_until_they_are_gone(world: Databases) -> None:
    world.modify(VpcSecurityGroupIds=[before := world.group("before", world.own_vpc)])
    world.later()
    assert world.groups() == {before: "active"}
    world.modify(VpcSecurityGroupIds=[after := world.group("after", world.own_vpc)])
    assert world.groups() == {before: "removing", after: "adding"}
    assert code(world.ec2.delete_security_group, GroupId=before) == "DependencyViolation"
    world.later()
    assert world.groups() == {after: "active"}
    world.ec2.delete_security_group(GroupId=before)
    assert code(world.ec2.delete_security_group, GroupId=after) == "DependencyViolation"
    world.rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    world.ec2.delete_security_group(GroupId=after)


def test_groups_are_of_the_vpc_of_the_instance(world: Databases) -> None:
    stranger = world.group("stranger")
    found = refusal(world.modify, VpcSecurityGroupIds=[stranger])
    assert found[0] == "InvalidParameterCombination"
    assert f"in {world.own_vpc} and the EC2 security group is in {world.vpc_id}" in found[1]
    assert code(world.modify, VpcSecurityGroupIds=["sg-0123456789abcdef0"]) == "InvalidParameterValue"
    assert code(world.create, name="other", VpcSecurityGroupIds=[stranger]) == "InvalidParameterCombination"
    subnets = [world.subnet, world.subnet_in("us-east-1b", "10.0.2.0/24")]
    world.rds.create_db_subnet_group(DBSubnetGroupName="own", DBSubnetGroupDescription="own", SubnetIds=subnets)
    world.create("other", DBSubnetGroupName="own", VpcSecurityGroupIds=[stranger])
    assert world.database("other")["VpcSecurityGroups"] == [{"VpcSecurityGroupId": stranger, "Status": "active"}]
    world.create("third", DBSubnetGroupName="own")
    (default,) = world.database("third")["VpcSecurityGroups"]
    found_in = world.ec2.describe_security_groups(GroupIds=[default["VpcSecurityGroupId"]])["SecurityGroups"][0]
    assert (found_in["GroupName"], found_in["VpcId"]) == ("default", world.vpc_id)


def test_a_protected_instance_is_not_deleted_and_a_new_one_of_its_name_has_another_id(world: Databases) -> None:
    world.modify(DeletionProtection=True)
    world.later()
    delete = world.rds.delete_db_instance
    assert code(delete, DBInstanceIdentifier=NAME, SkipFinalSnapshot=True) == "InvalidParameterCombination"
    first = world.database()["DbiResourceId"]
    world.modify(DeletionProtection=False)
    world.later()
    delete(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    world.create(NAME)
    assert world.database()["DbiResourceId"] != first


def test_groups_of_a_member_are_those_of_its_cluster(world: Databases) -> None:
    world.rds.create_db_cluster(
        DBClusterIdentifier="ledger", Engine="aurora-postgresql", MasterUsername="chief", MasterUserPassword="not-real"
    )
    world.rds.create_db_instance(
        DBInstanceIdentifier="ledger-1",
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r5.large",
    )
    group = world.group("ours", world.own_vpc)
    found = refusal(world.rds.modify_db_instance, DBInstanceIdentifier="ledger-1", VpcSecurityGroupIds=[group])
    assert found[0] == "InvalidParameterCombination"
    assert "DB cluster ledger" in found[1]


def test_snapshots_are_shared_with_all_or_with_at_most_twenty_accounts(world: Databases) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html"""
    world.rds.create_db_snapshot(DBSnapshotIdentifier="copy", DBInstanceIdentifier=NAME)
    share = world.rds.modify_db_snapshot_attribute
    about = {"DBSnapshotIdentifier": "copy", "AttributeName": "restore"}
    many = [f"{number:012}" for number in range(1, 22)]
    assert code(share, **about, ValuesToAdd=many) == "SharedSnapshotQuotaExceeded"
    assert code(share, **about, ValuesToAdd=["bob"]) == "InvalidParameterValue"
    share(**about, ValuesToAdd=["all", "111122223333"])
    share(**about, ValuesToRemove=["all"])
    found = world.rds.describe_db_snapshot_attributes(DBSnapshotIdentifier="copy")["DBSnapshotAttributesResult"]
    assert found["DBSnapshotAttributes"] == [{"AttributeName": "restore", "AttributeValues": ["111122223333"]}]


def test_encrypted_snapshots_are_never_public_and_with_the_default_key_not_shared(world: Databases) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html"""
    key = world.client("kms").create_key()["KeyMetadata"]["Arn"]
    world.create("ours", StorageEncrypted=True, KmsKeyId=key)
    world.create("default", StorageEncrypted=True)
    for name in ("ours", "default"):
        world.rds.create_db_snapshot(DBSnapshotIdentifier=f"{name}-copy", DBInstanceIdentifier=name)

    def share(name: str, *accounts: str) -> None:
        about = {"DBSnapshotIdentifier": f"{name}-copy", "AttributeName": "restore"}
        world.rds.modify_db_snapshot_attribute(**about, ValuesToAdd=list(accounts))

    for name, accounts in (("ours", ["all"]), ("default", ["all"]), ("default", ["111122223333"])):
        with pytest.raises(world.rds.exceptions.ClientError, match="InvalidParameterValue"):
            share(name, *accounts)
    share("ours", "111122223333")


def test_a_denial_by_arn_holds_for_one_instance(world: Databases) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html"""
    world.create("other")
    iam = world.client("iam")
    iam.create_user(UserName="operator")
    arn = f"arn:aws:rds:us-east-1:{world.account}:db:{NAME}"
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "rds:ModifyDBInstance", "Resource": arn},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="operator", PolicyName="operate", PolicyDocument=document)
    made = iam.create_access_key(UserName="operator")["AccessKey"]
    keys = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    modify = world.sandbox.client("rds", keys).modify_db_instance
    assert code(modify, DBInstanceIdentifier=NAME, DeletionProtection=True) == "AccessDenied"
    modify(DBInstanceIdentifier="other", DeletionProtection=True)

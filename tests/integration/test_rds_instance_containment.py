"""DB instances are shut off, kept and given back; their neighbours, and those that have taken their names, are not touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from database_world import NAME, Databases
from ec2_world import code
from play import Played, play_tasks
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.targets.rds_instance import RDS_INSTANCE

MODULE = "rds_instance_containment"
TWIN = "orders-copy"
STATION = "198.51.100.7/32"


@pytest.fixture
def world(sandbox: Sandbox) -> Databases:
    """`orders` is public, in two groups, and has snapshots: one for everybody and an account, one for nobody. So has its twin."""
    world = Databases(sandbox)
    groups = [world.group(name, world.own_vpc) for name in ("app", "admin")]
    for name in (NAME, TWIN):
        if name == TWIN:
            world.create(TWIN)
        world.rds.modify_db_instance(DBInstanceIdentifier=name, VpcSecurityGroupIds=groups, PubliclyAccessible=True)
        world.snapshot(f"{name}-public", name, ["all", sandbox.members[1]])
        world.snapshot(f"{name}-own", name)
    world.later()
    sandbox.control("PUT", "/settings", {"rds_modification_s": 0.2})
    return world


def run(world: Databases, tmp_path: Path, cmdline: str = "", module: str = MODULE, **options: Any) -> Played:
    named = {} if module != MODULE else {"db_instances": [NAME], "accounts": [world.account]}
    task = {f"cordon.aws.{module}": {"case_id": "case-1", **named, **options}}
    return play_tasks(world.sandbox, tmp_path, [task], cmdline=cmdline)


def contained(world: Databases, tmp_path: Path, **options: Any) -> dict[str, Any]:
    played = run(world, tmp_path, **options)
    assert played.ok, played.stdout
    return played.of(MODULE)


def test_it_is_shut_kept_and_given_back_and_its_twin_works_on(world: Databases, tmp_path: Path) -> None:
    before, twin = world.seen(), world.seen(TWIN)
    planned = run(world, tmp_path, "--check", allow_from=[STATION])
    assert (planned.ok, world.seen()) == (True, before)
    world.sandbox.control("DELETE", "/calls")
    result = contained(world, tmp_path, allow_from=[STATION])
    assert result["plan_id"] == planned.of(MODULE)["plan_id"]
    used, permissions = world.sandbox.calls(), {name for measure in RDS_INSTANCE for name in measure.PERMISSIONS}
    assert used["rds:ModifyDBInstance"] == 1
    assert {name for name in used if not name.startswith("sts:")} <= permissions

    found = world.database()
    (forensic,) = found["VpcSecurityGroups"]
    group = world.ec2.describe_security_groups(GroupIds=[forensic["VpcSecurityGroupId"]])["SecurityGroups"][0]
    assert (group["GroupName"], group["VpcId"], group["IpPermissionsEgress"]) == ("CordonForensic", world.own_vpc, [])
    assert [one["IpRanges"] for one in group["IpPermissions"]] == [[{"CidrIp": STATION}]]
    assert (forensic["Status"], found["PubliclyAccessible"], found["DeletionProtection"]) == ("active", False, True)
    assert (world.shared_with("orders-public"), world.shared_with("orders-own")) == ([], [])
    delete = world.rds.delete_db_instance
    assert code(delete, DBInstanceIdentifier=NAME, SkipFinalSnapshot=True) == "InvalidParameterCombination"
    (told,) = result["results"]
    assert "snapshot orders-public was shared with" in told["notes"][0]
    assert "everybody" in told["notes"][0]
    assert "connections to database/orders that were open" in told["residual"][0]["what"]

    world.sandbox.control("DELETE", "/calls")
    again = contained(world, tmp_path, allow_from=[STATION])
    assert (again["changed"], again["verified"], world.sandbox.writes()) == (False, True, {})
    assert contained(world, tmp_path, state="released")["verified"]
    assert world.seen() == before
    assert world.seen(TWIN) == twin
    assert "CordonForensic" not in world.own_groups()


def test_the_group_stays_as_long_as_an_instance_of_either_kind_is_in_it(world: Databases, tmp_path: Path) -> None:
    filters = [{"Name": "vpc-id", "Values": [world.own_vpc]}]
    subnet = world.ec2.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]
    launched = world.launch(world.group("web", world.own_vpc), SubnetId=subnet)
    common = {"case_id": "case-1", "accounts": [world.account]}
    instance = {**common, "instance_ids": [launched], "measures": ["network"]}
    database = {**common, "db_instances": [NAME], "measures": ["security_groups"]}

    def stays_after(*tasks: tuple[dict[str, Any], str]) -> bool:
        modules = {True: "ec2_instance_containment", False: MODULE}
        listed = [
            {f"cordon.aws.{modules['instance_ids' in given]}": {**given, "state": state}} for given, state in tasks
        ]
        played = play_tasks(world.sandbox, tmp_path, listed)
        assert played.ok, played.stdout
        return "CordonForensic" in world.own_groups()

    assert stays_after((instance, "contained"), (database, "contained"), (database, "released"))
    assert stays_after((database, "contained"), (instance, "released"))
    assert not stays_after((database, "released"))


def test_what_somebody_changed_since_is_not_touched_but_by_force(world: Databases, tmp_path: Path) -> None:
    before = world.seen()
    contained(world, tmp_path)
    theirs = world.group("theirs", world.own_vpc)
    world.modify(VpcSecurityGroupIds=[theirs])
    world.later()
    changed = world.seen()
    refused = run(world, tmp_path, state="released")
    assert not refused.ok
    assert "somebody has changed it since: security_groups" in refused.of(MODULE)["msg"]
    assert world.seen() == changed
    forced = run(world, tmp_path, module="case_release", force=True)
    assert forced.ok, forced.stdout
    assert world.seen() == before


def test_another_one_of_its_name_is_not_released_instead_of_it(world: Databases, tmp_path: Path) -> None:
    contained(world, tmp_path)
    world.modify(DeletionProtection=False)
    world.later()
    world.modify(NewDBInstanceIdentifier="hidden", ApplyImmediately=True)
    world.create(NAME)
    groups = [one["VpcSecurityGroupId"] for one in world.database("hidden")["VpcSecurityGroups"]]
    world.modify(VpcSecurityGroupIds=groups, DeletionProtection=True, PubliclyAccessible=False)
    world.later()
    new, old = world.seen(), world.database("hidden")
    refused = run(world, tmp_path, state="released")
    assert not refused.ok
    assert (
        f"it was {old['DbiResourceId']}, and {new['instance']['DbiResourceId']} has the name now"
        in refused.of(MODULE)["msg"]
    )
    assert (world.seen(), world.database("hidden")) == (new, old)
    # Whatever it was called when they were made, its snapshots are its own.
    world.share("orders-own", [world.sandbox.members[1]])
    contained(world, tmp_path, db_instances=["hidden"])
    assert world.shared_with("orders-own") == []


def test_one_that_is_stopped_is_finished_when_it_runs_and_one_that_is_busy_is_waited_for(
    world: Databases, tmp_path: Path
) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""
    world.rds.stop_db_instance(DBInstanceIdentifier=NAME)
    failed = run(world, tmp_path)
    assert not failed.ok
    assert "it is stopped, and RDS changes nothing" in failed.of(MODULE)["msg"]
    assert "aws rds start-db-instance --db-instance-identifier orders --region us-east-1" in failed.of(MODULE)["msg"]
    assert world.shared_with("orders-public") == []
    world.rds.start_db_instance(DBInstanceIdentifier=NAME)
    world.sandbox.control("PUT", "/settings", {"rds_modification_s": 4})
    world.modify(BackupRetentionPeriod=3)
    world.sandbox.control("PUT", "/settings", {"rds_modification_s": 0.2})
    assert contained(world, tmp_path)["verified"]


def test_those_that_cannot_be_contained_are_named_with_the_way_out_and_the_others_are(
    world: Databases, tmp_path: Path
) -> None:
    west = world.session.client("rds", region_name="us-west-2", endpoint_url=world.sandbox.endpoint_url)
    home = world.sandbox.client("rds")
    given = {"DBInstanceClass": "db.m5.large", "Engine": "mysql", "AllocatedStorage": 20}
    for client, name in ((west, NAME), (west, "archive"), (home, "ledger")):
        client.create_db_instance(
            DBInstanceIdentifier=name, MasterUsername="chief", MasterUserPassword="not-real", **given
        )
    cluster = {"Engine": "aurora-postgresql", "DBClusterIdentifier": "billing"}
    world.rds.create_db_cluster(**cluster, MasterUsername="chief", MasterUserPassword="not-real")
    world.rds.create_db_instance(DBInstanceIdentifier="billing-1", DBInstanceClass="db.r5.large", **cluster)
    ledger = f"arn:aws:rds:us-east-1:{world.sandbox.management}:db:ledger"
    names = [NAME, world.arn(), "ARCHIVE", ledger, "billing-1", "lost"]
    places = {"accounts": [world.account, world.sandbox.management], "regions": ["us-east-1", "us-west-2"]}
    # AWS may answer so to a question about several of which one is missing.
    missing = {"service": "rds", "operation": "DescribeDBInstances", "error": "DBInstanceNotFound", "times": 1}
    world.sandbox.control("POST", "/faults", missing)
    failed = run(world, tmp_path, db_instances=names, **places)
    assert not failed.ok
    results = dict(zip(names, failed.of(MODULE)["results"], strict=True))
    assert [results[name]["status"] for name in names] == [
        "failed",
        "contained",
        "contained",
        "contained",
        "failed",
        "failed",
    ]
    assert "there are 2 of them" in results[NAME]["error"]
    for command in (
        "aws rds modify-db-cluster --db-cluster-identifier billing --region us-east-1 --vpc-security-group-ids GROUP",
        "aws rds modify-db-instance --db-instance-identifier billing-1 --region us-east-1 --no-publicly-accessible",
    ):
        assert command in results["billing-1"]["error"]
    assert "there is no such DB instance" in results["lost"]["error"]
    assert (
        world.groups() != west.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"][0]["VpcSecurityGroups"]
    )
    assert west.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"][0]["DeletionProtection"] is False

"""What names a DB instance, and what does not: told before AWS is asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.rds.clusters import by_hand
from ansible_collections.cordon.aws.plugins.module_utils.rds.database_lookup import parse_databases
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import database_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import target_named

ARN = "arn:aws:rds:eu-central-1:111122223333:db:orders-2"


def model_of(service: str) -> Any:
    return get_session().get_service_model(service)


def test_identifiers_are_in_small_letters_and_arns_stay() -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""
    assert parse_databases(["Orders-2", ARN, "a"]) == ("orders-2", ARN, "a")


def test_an_arn_is_enough_to_release() -> None:
    found = target_named(ARN)
    assert (found.account, found.kind, found.label) == ("111122223333", "database", "database/orders-2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2orders",
        "orders-",
        "or--ders",
        "orders/2",
        "örders",
        "orders\n",
        "arn:aws:rds:eu-central-1:111122223333:cluster:orders",
        "arn:aws:rds:eu-central-1:111122223333:snapshot:orders",
        "arn:aws:rds::111122223333:db:orders",
        "arn:aws:rds:eu-central-1:1111:db:orders",
        7,
        None,
    ],
)
def test_what_names_none_is_refused_by_its_place(text: object) -> None:
    with pytest.raises(InputError, match=r"`db_instances\[1\]`"):
        parse_databases(["orders", text])


def test_all_faults_are_told_together_and_nothing_is_none() -> None:
    with pytest.raises(InputError, match=r"2 wrong inputs.*db_instances\[0\].*db_instances\[2\]"):
        parse_databases(["-", "orders", "+"])
    with pytest.raises(InputError, match="empty list"):
        parse_databases([])


IN = "--region eu-central-1"
CLUSTER = f"--db-cluster-identifier billing {IN}"
SNAPSHOT = f"--db-cluster-snapshot-identifier SNAPSHOT {IN}"


@pytest.mark.parametrize(
    ("engine", "lines"),
    [
        (
            "aurora-mysql",
            [
                f"aws rds modify-db-cluster {CLUSTER} --vpc-security-group-ids GROUP --deletion-protection --apply-immediately",
                f"aws rds modify-db-instance --db-instance-identifier orders-2 {IN} --no-publicly-accessible",
                f"aws rds disable-http-endpoint --resource-arn CLUSTER_ARN {IN}",
            ],
        ),
        (
            "docdb",
            [
                f"aws docdb modify-db-cluster {CLUSTER} --vpc-security-group-ids GROUP --deletion-protection",
                f"aws docdb modify-db-cluster-snapshot-attribute {SNAPSHOT} --attribute-name restore --values-to-remove ACCOUNTS",
            ],
        ),
    ],
)
def test_what_is_said_of_a_cluster_can_be_typed(engine: str, lines: list[str]) -> None:
    instance = {"Engine": engine, "DBClusterIdentifier": "billing", "VPCNetworkingEnabled": True}
    told = by_hand(instance, database_of_arn(ARN))
    assert all(f"`{line}`" in told for line in lines)
    assert ("modify-db-instance" in told) == (engine != "docdb")
    gateway = by_hand({**instance, "VPCNetworkingEnabled": False}, database_of_arn(ARN))
    assert ("GROUP --enable-vpc-networking --no-enable-internet-access-gateway" in gateway) == (engine != "docdb")


@pytest.mark.parametrize("engine", ["aurora-mysql", "docdb", "neptune", "postgres"])
def test_every_command_is_one_that_its_service_has(engine: str) -> None:
    """As botocore, which the AWS CLI is made of, knows operations and parameters."""
    instance = {"Engine": engine, "DBClusterIdentifier": "billing", "VPCNetworkingEnabled": False}
    for line in re.findall(r"`(aws [^`]+)`", by_hand(instance, database_of_arn(ARN))):
        _aws, service, command, *options = line.split()
        model = model_of(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        known = {xform_name(name, "-") for name in model.operation_model(operations[command]).input_shape.members}
        named = {option.removeprefix("--").removeprefix("no-") for option in options if option.startswith("--")}
        assert named - {"region"} <= known, line

"""What names a DB instance, and what does not: told before AWS is asked."""

from __future__ import annotations

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.rds.database_lookup import parse_databases
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import target_named

ARN = "arn:aws:rds:eu-central-1:111122223333:db:orders-2"


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

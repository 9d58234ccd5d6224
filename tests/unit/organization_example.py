"""A small organization as values, for tests of what reads and arranges accounts."""

from __future__ import annotations

from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import Account, Organization, Unit

ROOT, WORK, LIVE, LAB = "r-ab12", "ou-ab12-aaaaaaaa", "ou-ab12-bbbbbbbb", "ou-ab12-cccccccc"
UNITS = (
    Unit(id=ROOT, name="Root"),
    Unit(id=WORK, name="workloads", parent_id=ROOT),
    Unit(id=LIVE, name="production", parent_id=WORK),
    Unit(id=LAB, name="lab", parent_id=ROOT),
)


def account(number: int, name: str, unit_id: str, state: str = "ACTIVE", **more: Any) -> Account:
    account_id = f"{number:012}"
    arn = f"arn:aws:organizations::000000000001:account/o-exampleorgid/{account_id}"
    return Account(id=account_id, arn=arn, name=name, email="a@example.com", state=state, unit_id=unit_id, **more)


ORGANIZATION = Organization(
    units=UNITS,
    accounts=(
        account(1, "management", ROOT),
        account(2, "shop", LIVE, tags={"stage": "live"}),
        account(3, "shop-test", WORK),
        account(4, "old-shop", LIVE, "CLOSED"),
        account(5, "playground", LAB),
        account(6, "Shop", LAB),
    ),
    own="000000000001",
)

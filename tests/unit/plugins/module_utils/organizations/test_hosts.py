"""Accounts as hosts: names that are nobody else's, groups that hold nobody else, and the way to each account."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organization_example import LAB, LIVE, ORGANIZATION, ROOT, UNITS, WORK, account

from ansible_collections.cordon.aws.plugins.module_utils.organizations.hosts import Inventory, Layout, arranged
from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import Account, Organization, Unit

ROLE = "OrganizationAccountAccessRole"


def inventory(*accounts: Account, units: tuple[Unit, ...] = UNITS, **layout: Any) -> Inventory:
    organization = replace(ORGANIZATION, accounts=accounts or ORGANIZATION.accounts, units=units)
    return arranged(organization, organization.accounts, Layout(**{"role_name": ROLE} | layout))


def test_an_empty_organization_is_an_empty_inventory() -> None:
    assert arranged(replace(ORGANIZATION, accounts=()), (), Layout(role_name=ROLE)) == Inventory(
        hosts={}, groups={}, children={}
    )


def test_the_variables_of_a_host() -> None:
    made = inventory(account(2, "shop", LIVE, tags={"stage": "live"}))
    assert made.hosts == {
        "shop": {
            "account_id": "000000000002",
            "account_name": "shop",
            "email": "a@example.com",
            "status": "ACTIVE",
            "ou_id": LIVE,
            "ou_path": "workloads/production",
            "account_tags": {"stage": "live"},
            "cordon_connection": {
                "assume_role_name": ROLE,
                "assume_role_arn": f"arn:aws:iam::000000000002:role/{ROLE}",
            },
        }
    }


class TestNames:
    def test_ids_if_wanted(self) -> None:
        made = inventory(account(2, "shop", LIVE), host_names="account_id")
        assert list(made.hosts) == ["000000000002"]

    @pytest.mark.parametrize(
        ("name", "host"),
        [
            ("shop.example_1", "shop.example_1"),
            ("The shop, new: [2]", "The-shop-new-2"),
            ("{{ lookup('pipe', 'id') }}", "lookup-pipe-id"),
            ("localhost", "localhost-000000000002"),
            ("ALL", "ALL-000000000002"),
            ("店", "000000000002"),
            ("", "000000000002"),
            ("127.0.0.1", "127.0.0.1-000000000002"),
            ("000000000003", "000000000003-000000000002"),
            ("shop-000000000003", "shop-000000000003-000000000002"),
        ],
    )
    def test_a_name_becomes_one_that_ansible_can_take(self, name: str, host: str) -> None:
        assert list(inventory(account(2, name, LIVE)).hosts) == [host]

    def test_accounts_of_one_name_are_two_hosts(self) -> None:
        made = inventory(account(2, "shop", LIVE), account(3, "shop", LAB), account(4, "Shop", LAB))
        assert list(made.hosts) == ["shop-000000000002", "shop-000000000003", "Shop-000000000004"]

    @given(
        st.lists(
            st.text(alphabet="ab-. 0123456789", max_size=20)
            | st.sampled_from(["shop", "shop-000000000001", "000000000002", "Shop", "all"]),
            max_size=8,
        )
    )
    def test_every_account_is_a_host_of_its_own(self, names: list[str]) -> None:
        accounts = [account(number, name, ROOT) for number, name in enumerate(names, start=1)]
        made = inventory(*accounts) if accounts else inventory()
        hosts = [name.lower() for name in made.hosts]
        assert len(set(hosts)) == len(accounts or ORGANIZATION.accounts)
        assert not {"all", "ungrouped", "localhost"} & set(hosts)
        for host, variables in made.hosts.items():
            assert not re.fullmatch(r"\d{12}", host) or host == variables["account_id"]


class TestGroups:
    def test_by_unit_tag_and_status(self) -> None:
        made = inventory(
            account(1, "management", ROOT),
            account(2, "shop", LIVE, tags={"cost-center": "cc 7"}),
            account(3, "shop-test", WORK, "SUSPENDED"),
        )
        assert made.groups == {
            "ou_root": ["management"],
            "status_active": ["management", "shop"],
            "management_account": ["management"],
            "ou_workloads_production": ["shop"],
            "tag_cost_center_cc_7": ["shop"],
            "ou_workloads": ["shop-test"],
            "status_suspended": ["shop-test"],
        }
        assert made.children == {"ou_workloads": ["ou_workloads_production"]}

    def test_a_unit_without_accounts_of_its_own_holds_those_below(self) -> None:
        made = inventory(account(2, "shop", LIVE))
        assert "ou_workloads" not in made.groups
        assert made.children == {"ou_workloads": ["ou_workloads_production"]}

    def test_only_what_is_wanted(self) -> None:
        tagged = account(2, "shop", LIVE, tags={"stage": "live", "owner": "mei"})
        assert inventory(tagged, group_by=()).groups == {}
        assert set(inventory(tagged, group_by=("tag",), tag_keys=("st*",)).groups) == {"tag_stage_live"}

    def test_two_units_are_never_one_group(self) -> None:
        """ "a/b", "a_b" and "a-b" would all be ou_a_b."""
        units = (
            Unit(id=ROOT, name="Root"),
            Unit(id="ou-ab12-00000001", name="a", parent_id=ROOT),
            Unit(id="ou-ab12-00000002", name="b", parent_id="ou-ab12-00000001"),
            Unit(id="ou-ab12-00000003", name="a-b", parent_id=ROOT),
            Unit(id="ou-ab12-00000004", name="root", parent_id=ROOT),
        )
        accounts = [account(number, f"a{number}", unit.id) for number, unit in enumerate(units, start=1)]
        made = inventory(*accounts, units=units, group_by=("ou",))
        assert {name: hosts for name, hosts in made.groups.items() if name != "management_account"} == {
            "ou_root_r_ab12": ["a1"],
            "ou_a": ["a2"],
            "ou_a_b_ou_ab12_00000002": ["a3"],
            "ou_a_b_ou_ab12_00000003": ["a4"],
            "ou_root_ou_ab12_00000004": ["a5"],
        }
        assert made.children == {"ou_a": ["ou_a_b_ou_ab12_00000002"]}

    @given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), max_size=5), st.text(max_size=9))
    def test_a_group_has_a_name_that_ansible_takes(self, tags: dict[str, str], unit: str) -> None:
        units = (*UNITS, Unit(id="ou-ab12-dddddddd", name=unit, parent_id=WORK))
        made = inventory(account(2, "shop", "ou-ab12-dddddddd", tags=tags), units=units)
        names = {*made.groups, *made.children, *(child for group in made.children.values() for child in group)}
        assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)


class TestConnections:
    def connection(self, organization: Organization = ORGANIZATION, **layout: Any) -> dict[str, Any]:
        made = arranged(organization, organization.accounts[:2], Layout(**{"role_name": ROLE} | layout))
        return {name: variables["cordon_connection"] for name, variables in made.hosts.items()}

    def test_nobody_is_assumed_in_ones_own_account(self) -> None:
        assert self.connection()["management"] == {"assume_role_name": ROLE}

    def test_from_a_delegated_administrator_the_management_account_is_another(self) -> None:
        found = self.connection(replace(ORGANIZATION, own="000000000002"))
        assert found["shop"] == {"assume_role_name": ROLE}
        assert found["management"]["assume_role_arn"] == f"arn:aws:iam::000000000001:role/{ROLE}"

    def test_modules_may_start_where_the_inventory_was_read(self) -> None:
        assert self.connection(starts_in_account=False)["shop"] == {"assume_role_name": ROLE}

    def test_a_role_that_is_assumed_first_stays_first(self) -> None:
        first = "arn:aws:iam::000000000001:role/incident"
        assert self.connection(role_arn=first)["shop"] == {"assume_role_name": ROLE, "assume_role_arn": first}

    def test_the_role_may_have_a_path(self) -> None:
        found = self.connection(role_name="incident/responder")["shop"]
        assert found["assume_role_arn"] == "arn:aws:iam::000000000002:role/incident/responder"

    def test_other_options_go_along(self) -> None:
        found = self.connection(connection={"profile": "incident"})
        assert [one["profile"] for one in found.values()] == ["incident", "incident"]

    def test_a_partition_of_its_own(self) -> None:
        china = replace(ORGANIZATION.accounts[1], arn="arn:aws-cn:organizations::000000000001:account/o-x/000000000002")
        made = arranged(ORGANIZATION, [china], Layout(role_name=ROLE))
        assert made.hosts["shop"]["cordon_connection"]["assume_role_arn"].startswith("arn:aws-cn:iam::000000000002:")

"""Which accounts of an organization are chosen, and where each of them is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organization_example import LIVE, ORGANIZATION, ROOT, WORK

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import (
    Choice,
    Organization,
    chosen,
    unmatched,
)


def names(**choice: Any) -> list[str]:
    return [one.name for one in chosen(ORGANIZATION, Choice(**choice))]


def test_a_path_goes_from_below_the_root() -> None:
    assert ORGANIZATION.path(LIVE) == "workloads/production"
    assert ORGANIZATION.path(ROOT) == ""


def test_everything_that_is_active_is_chosen_unless_told_otherwise() -> None:
    assert names() == ["management", "shop", "shop-test", "playground", "Shop"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"states": ("CLOSED",)}, ["old-shop"]),
        ({"states": ("all",)}, [one.name for one in ORGANIZATION.accounts]),
        ({"include_accounts": ("000000000002",)}, ["shop"]),
        ({"include_accounts": ("shop",)}, ["shop"]),
        ({"include_accounts": ("shop*",)}, ["shop", "shop-test"]),
        ({"include_units": (WORK,)}, ["shop", "shop-test"]),
        ({"include_units": ("workloads",)}, ["shop", "shop-test"]),
        ({"include_units": ("workloads/production",)}, ["shop"]),
        ({"include_units": ("production",)}, []),
        ({"include_units": ("*/production",)}, ["shop"]),
        ({"include_units": (ROOT,), "exclude_units": ("workloads",)}, ["management", "playground", "Shop"]),
        ({"include_accounts": ("playground",), "include_units": (LIVE,)}, ["shop", "playground"]),
        ({"include_units": (WORK,), "exclude_accounts": ("shop",)}, ["shop-test"]),
        ({"include_accounts": ("shop",), "exclude_accounts": ("000000000002",)}, []),
        ({"exclude_accounts": ("?hop",)}, ["management", "shop-test", "playground"]),
    ],
)
def test_what_is_included_and_excluded(choice: dict[str, Any], expected: list[str]) -> None:
    assert names(**choice) == expected


def test_what_names_nothing_is_told() -> None:
    choice = Choice(
        include_accounts=("shop", "shpo"),
        exclude_accounts=("000000000004", "999999999999"),
        include_units=("workloads", "production"),
        exclude_units=("*lab*", "ou-ab12-dddddddd"),
    )
    assert unmatched(ORGANIZATION, choice) == ["shpo", "999999999999", "production", "ou-ab12-dddddddd"]


patterns = st.lists(
    st.sampled_from(["shop", "*shop*", "00000000000?", "playground", "workloads", WORK, "*lab", ROOT, "nothing"])
).map(tuple)


@given(patterns, patterns, patterns, patterns)
def test_what_is_excluded_is_out_whatever_includes_it(
    include: tuple[str, ...], exclude: tuple[str, ...], units: tuple[str, ...], not_units: tuple[str, ...]
) -> None:
    found = set(names(include_accounts=include, exclude_accounts=exclude, include_units=units, exclude_units=not_units))
    out = set(names(include_accounts=exclude, include_units=not_units)) if exclude or not_units else set()
    wanted = set(names(include_accounts=include, include_units=units))
    assert found == wanted - out


def test_a_cache_gives_back_what_it_was_given() -> None:
    assert Organization.from_json(json.loads(json.dumps(ORGANIZATION.as_json()))) == ORGANIZATION


@pytest.mark.parametrize(
    "value", [{}, {"units": [], "accounts": []}, {"units": [{"ID": 1}], "accounts": [], "own": ""}]
)
def test_a_cache_of_another_version_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="--flush-cache"):
        Organization.from_json(value)


def test_the_management_account_stands_in_every_arn() -> None:
    assert [one.name for one in ORGANIZATION.accounts if one.is_management] == ["management"]

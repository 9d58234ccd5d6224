"""What may be scanned is never gone beyond, and what will be is said before, with both numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import ATHENA_OPTIONS, athena_options_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.spending import Spending

DEFAULTS = {name: option["default"] for name, option in ATHENA_OPTIONS.items()}


@given(st.integers(1, 10**13), st.lists(st.integers(0, 10**13), max_size=6))
def test_rounds_run_until_the_next_would_be_too_much(most: int, rounds: list[int]) -> None:
    spending = Spending(most=most)
    for size in rounds:
        if sum(rounds[: spending.queries]) + size > most:
            with pytest.raises(RefusedError, match=rf"{size:,} bytes would be scanned.*allows {most:,} in all"):
                spending.plan(size, 1, "s3://b")
            break
        spending.plan(size, 1, "s3://b")
        spending.done(size)
    assert spending.scanned == spending.estimated <= most


def test_the_estimate_is_told_with_what_it_costs_by_the_documented_price() -> None:
    """5 USD per TB: https://aws.amazon.com/athena/pricing/"""
    told = Spending(most=10**13).plan(2 * 10**12, 1, "s3://b")
    assert told == "Athena scans 2,000,000,000,000 bytes in a query, about 10.0000 USD at 5 USD per TB"
    assert "about 0.0001 USD" in Spending(most=10**13).plan(7, 2, "s3://b"), "10 MB a query at least"


def test_a_query_that_scans_more_than_was_estimated_is_stopped() -> None:
    spending = Spending(most=100)
    spending.done(60)
    spending.check(40, "s3://b")
    with pytest.raises(RefusedError, match="101 bytes have been scanned, and `max_scan_bytes` allows 100"):
        spending.check(41, "s3://b")


def test_the_defaults_are_one_tebibyte_in_the_workgroup_that_every_account_has() -> None:
    options = athena_options_of(DEFAULTS)
    assert (options.workgroup, options.database, options.most) == ("primary", "cordon", 2**40)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("athena_workgroup", "a b"),
        ("athena_workgroup", ""),
        ("athena_database", "x`; DROP"),
        ("athena_database", "Upper"),
        ("max_scan_bytes", 0),
    ],
)
def test_wrong_options_are_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"use `{name}`"):
        athena_options_of({**DEFAULTS, name: value})

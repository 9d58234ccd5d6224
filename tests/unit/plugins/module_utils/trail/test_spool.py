"""What was fetched once is there again, whoever keeps what at the same time; what does not fit is not kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.spool import Spool


@given(st.dictionaries(st.text(), st.binary(max_size=2000), max_size=20))
def test_what_is_kept_is_there_as_it_was(contents: dict[str, bytes]) -> None:
    spool = Spool()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: spool.keep(*item), contents.items()))
    assert {name: spool.get(name) for name in contents} == contents
    assert spool.get("\0nobody") is None


def test_what_does_not_fit_is_not_kept_and_what_fits_still_is() -> None:
    spool = Spool(most=10)
    spool.keep("six", b"x" * 6)
    spool.keep("seven", b"x" * 7)
    spool.keep("four", b"y" * 4)
    assert [spool.get(name) for name in ("six", "seven", "four")] == [b"x" * 6, None, b"y" * 4]
    assert not spool.has("seven")


def test_the_first_to_keep_a_name_is_believed() -> None:
    spool = Spool()
    spool.keep("a", b"first")
    spool.keep("a", b"second")
    assert spool.get("a") == b"first"

"""Which places in a file may hold a text that is looked for, however JSON spells it."""

from __future__ import annotations

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.searching import Texts

KEY = "ASIATHEATTACKERS0001"


@pytest.mark.parametrize(
    "spelled",
    [
        r'{"k":"ASIATHEATTACKERS0001"}',
        r'{"k":"\u0041SIATHEATTACKERS0001"}',
        r'{"k":"ASIATHEATTACKERS\u00300001"}',
        r'{"k":"\\\u0041SIATHEATTACKERS0001"}',
        r'{"CloudTrailEvent":"{\"k\":\"\\u0041SIATHEATTACKERS0001\"}"}',
    ],
)
def test_a_text_is_found_however_it_is_spelled(spelled: str) -> None:
    assert Texts([KEY]).places(spelled.encode())


@pytest.mark.parametrize(
    "other",
    [
        r'{"k":"ASIATHEATTACKERS0002"}',
        r'{"k":"\u003cb\u003e \u0026 \u0027 \u0000 \u00e9 \u2028"}',
        r'{"k":"\\u0041SIATHEATTACKERS0001 is not spelled out: the backslash is"}',
    ],
)
def test_what_cannot_be_it_is_passed_over(other: str) -> None:
    assert not Texts([KEY]).places(other.encode())


def test_a_slash_may_be_spelled_out() -> None:
    assert Texts(["user/mallory"]).places(rb'{"k":"user\/mallory"}')
    assert not Texts(["user/mallory"]).places(rb'{"k":"user\\/bob"}')


def test_what_is_often_spelled_out_counts_where_it_is_looked_for() -> None:
    assert Texts(["a<b>c"]).places(rb'{"k":"a\u003cb>c"}')


def test_an_arn_is_found_by_its_end() -> None:
    arn = "arn:aws:iam::111122223333:user/mallory"
    assert Texts([arn]).places(f'{{"arn":"{arn}"}}'.encode())
    assert not Texts([arn]).places(b'{"arn":"arn:aws:iam::111122223333:user/alice"}')


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::111122223333:root", "arn:aws:iam::1:role/a/", "arn:/", "arn:aws:iam::1:user/x"]
)
def test_an_arn_without_a_long_end_is_found_too(arn: str) -> None:
    assert Texts([arn]).places(f'{{"arn":"{arn}"}}'.encode())


@pytest.mark.parametrize("count", [1, 2, 4, 5, 100, 600])
def test_each_of_any_number_is_found(count: int) -> None:
    listed = [f"ASIATHEATTACKERS{number:04}" for number in range(count)]
    texts = Texts(listed)
    data = b"".join(f'{{"k":"{text}"}},'.encode() for text in reversed(listed))
    assert [data[place : place + 20].decode() for place in texts.places(data)] == listed[::-1]


def test_texts_that_overlap_are_found() -> None:
    assert Texts(["abcd", "bcde"]).places(b'{"k":"abcde"}')


def test_nothing_is_found_by_nothing() -> None:
    assert not Texts([]).places(rb'{"k":"\u0041"}')

"""No text breaks out of its place in a statement, every text is found, and statements are as long as Athena takes them."""

from __future__ import annotations

import re

import sqlglot
from athena_bench import PART, TABLE
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.columns import definitions
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.statements import (
    LONGEST,
    Part,
    literal,
    make_table,
    patterns,
    searches,
)

HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="'\\\"`;-/*|.()[]{}?+^$ \n\x00", min_size=1),
    st.sampled_from(["' OR 1=1 --", "'; DROP TABLE x; --", "\\' OR ''='", "/* */", "{{ x }}", "${day}", "\\u0041"]),
)


def shape(statement: str) -> str:
    """What is asked, whatever the texts are."""
    tree = sqlglot.parse_one(statement, read="athena")
    for text in tree.find_all(exp.Literal):
        text.set("this", "")
    return tree.sql("athena")


@given(HOSTILE)
def test_a_literal_is_read_as_the_text_that_it_was_made_of(text: str) -> None:
    (tree,) = sqlglot.parse(f"SELECT {literal(text)}", read="athena")
    assert tree is not None
    (found,) = tree.expressions
    assert isinstance(found, exp.Literal)
    assert found.this == text


@given(st.sets(HOSTILE, min_size=1, max_size=8), HOSTILE)
def test_no_text_changes_what_is_asked(texts: set[str], left_out: str) -> None:
    (plain,) = searches(TABLE, PART, ["x"], ["y"])
    (asked,) = searches(TABLE, PART, texts, [left_out])
    assert shape(asked) == shape(plain)


@given(st.sets(HOSTILE.filter(bool), min_size=1, max_size=20), st.integers(20, 200))
def test_every_text_is_found_by_one_of_the_patterns_and_nothing_by_accident(texts: set[str], room: int) -> None:
    found = list(patterns(texts, room))
    for text in texts:
        assert any(re.search(pattern, f"before {text} behind", re.DOTALL) for pattern in found)
    assert not any(re.search(pattern, "\U0001f512") for pattern in patterns(texts - {"\U0001f512"}, room))


def test_records_that_spell_characters_out_are_looked_at() -> None:
    (pattern,) = patterns(["arn:aws:iam::111122223333:user/alice"])
    assert re.search(pattern, r"user\/alice")
    assert re.search(pattern, r"user/\u0061lice")
    assert not re.search(pattern, r"a \u003c b \u0026 c \u0027"), "what many writers spell out in harmless texts"
    (pattern,) = patterns(["Tom&Jerry"])
    assert re.search(pattern, r"Tom\u0026Jerry")


@given(st.integers(1, 3000), st.integers(1, 9000))
def test_no_statement_is_longer_than_athena_takes(accounts: int, texts: int) -> None:
    part = Part(
        accounts=[f"{number:012}" for number in range(accounts)],
        regions=[f"xx-region-{number}" for number in range(40)],
        first="2026/01/01",
        last="2026/12/31",
    )
    wanted = [f"arn:aws:sts::111122223333:assumed-role/a-role-of-some-length/it's-{number}" for number in range(texts)]
    statements = list(searches(TABLE, part, wanted))
    assert all(len(statement.encode()) <= LONGEST for statement in statements)
    for number in (0, texts - 1):
        assert sum(f"it''s-{number}|" in statement for statement in statements) >= 1


def test_the_table_is_made_as_aws_documents_it() -> None:
    """https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html, with projection by account and
    region as https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html says."""
    statement = make_table(TABLE)
    for part in (
        "CREATE EXTERNAL TABLE IF NOT EXISTS `cordon`.`trail_x` (`eventversion` string, `useridentity` struct<type:string,",
        "PARTITIONED BY (`account` string, `region` string, `day` string)",
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'",
        "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'",
        "LOCATION 's3://amzn-s3-demo-bucket/AWSLogs/'",
        "'projection.enabled'='true'",
        "'projection.account.type'='injected'",
        "'projection.day.format'='yyyy/MM/dd'",
        "'storage.location.template'='s3://amzn-s3-demo-bucket/AWSLogs/${account}/CloudTrail/${region}/${day}'",
    ):
        assert part in statement
    columns = dict(definitions())
    assert columns["requestparameters"] == columns["eventtime"] == columns["readonly"] == "string"
    assert columns["resources"].startswith("array<struct<arn:string,accountid:string,type:string")
    assert (
        "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>"
        in columns["useridentity"]
    )

"""What is written in XML is what botocore reads, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox import protocol
from sandbox.ec2 import xml_answers

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
TAGS = st.lists(st.fixed_dictionaries({"Key": TEXT, "Value": TEXT}), max_size=3)
TIMES = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
)
INSTANCES = st.lists(
    st.fixed_dictionaries(
        {"InstanceId": TEXT, "AmiLaunchIndex": st.integers(0, 99), "EbsOptimized": st.booleans(), "Tags": TAGS},
        optional={"LaunchTime": TIMES},
    ),
    max_size=3,
)


def read(operation: str, result: dict[str, Any]) -> dict[str, Any]:
    found = protocol.parsed("ec2", operation, 200, {}, xml_answers.answer(operation, result, "request-1"))
    assert found.pop("ResponseMetadata")["RequestId"] == "request-1"
    return found


@given(INSTANCES)
def test_what_is_written_is_read(instances: list[dict[str, Any]]) -> None:
    result = {"Reservations": [{"ReservationId": "r-1", "Instances": instances}]}
    found = read("DescribeInstances", result)
    assert found == result


def test_what_is_not_said_is_not_there() -> None:
    found = read("DescribeInstances", {"Reservations": [{"ReservationId": "r-1", "OwnerId": None, "Instances": []}]})
    assert found == {"Reservations": [{"ReservationId": "r-1", "Instances": []}]}


def test_an_operation_without_an_answer_says_that_it_is_done() -> None:
    body = xml_answers.answer("ModifyInstanceAttribute", {}, "request-1")
    assert b"<return>true</return>" in body

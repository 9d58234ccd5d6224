"""An instance that is not there: what is said names the place that was looked in, and what outlives it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import remedy_for
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_lookup import parse_regions
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import described, instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError

INSTANCE = instance_of_arn("arn:aws:ec2:eu-west-1:111122223333:instance/i-0abcdef1234567890")
COMMAND = (
    "ansible-playbook playbooks/respond_to_leaked_key.yml "
    "-e access_key_ids=arn:aws:sts::111122223333:assumed-role/ROLE/i-0abcdef1234567890 -e scope=session"
)


class Told:
    """Reads that know what DescribeInstances answers."""

    def __init__(self, *states: str) -> None:
        self.answer = [{"InstanceId": INSTANCE.instance_id, "State": {"Name": state}} for state in states]

    def each(self, *_asked: object) -> Any:
        return self.answer


def said(*states: str) -> str:
    with pytest.raises(AwsError) as raised:
        described(Told(*states), INSTANCE)  # type: ignore[arg-type]
    assert raised.value.code == "InvalidInstanceID.NotFound"
    return str(raised.value)


def test_an_arn_of_the_wrong_place_is_not_said_to_be_of_something_that_is_gone() -> None:
    text = said()
    assert "there is no such instance in account 111122223333, region eu-west-1" in text
    assert "Check region and account" in text
    assert "nothing left" not in text


@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_a_terminated_instances_credentials_are_named_with_the_command_that_contains_them(state: str) -> None:
    text = said(state)
    assert f"it is {state}" in text
    assert "by up to six hours" in text
    assert COMMAND in text


def test_what_is_there_is_described() -> None:
    assert described(Told("stopped"), INSTANCE)["State"] == {"Name": "stopped"}  # type: ignore[arg-type]


def test_a_region_that_does_not_exist_is_refused_before_anything_is_asked() -> None:
    assert parse_regions(["eu-west-1", "us-gov-west-1", "cn-north-1", "eu-west-1"]) == (
        "eu-west-1",
        "us-gov-west-1",
        "cn-north-1",
    )
    assert parse_regions(None) == ()
    for text in ("eu-vest-1", "eu-west", "", None, 7):
        with pytest.raises(InputError, match="it is no region"):
            parse_regions([text])
    with pytest.raises(InputError, match="Did you mean eu-west-1"):
        parse_regions(["eu-vest-1"])


def test_credentials_that_do_not_count_in_a_region_are_not_tried_again() -> None:
    assert "region" in remedy_for("AuthFailure", "ec2:DescribeInstances")
    assert "Repeat" not in remedy_for("AuthFailure", "ec2:DescribeInstances")

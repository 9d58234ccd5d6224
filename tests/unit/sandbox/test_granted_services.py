"""Which services a report of last accesses lists: those of which policies allow something.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.granted_services import granted_services
from sandbox.service_reference import arn_template, services


def policy(effect: str, action: Any, **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    if action is None:
        del statement["Action"]
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], []),
        ([policy("Allow", ["s3:GetObject", "SQS:list*"])], ["s3", "sqs"]),
        ([policy("Allow", "s3:NoSuchAction")], []),
        ([policy("Allow", "s3:*", Resource="arn:aws:s3:::one")], ["s3"]),
        ([policy("Allow", "s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})], ["s3"]),
        ([policy("Allow", ["s3:*", "sqs:*"]), policy("Deny", "s3:*")], ["sqs"]),
        ([policy("Allow", "s3:*"), policy("Deny", "s3:Put*")], ["s3"]),
        ([policy("Allow", "s3:*"), policy("Deny", "s3:*", Resource="arn:aws:s3:::one")], ["s3"]),
        ([policy("Allow", "s3:*"), policy("Deny", "s3:*", Condition={"Null": {"s3:prefix": "true"}})], ["s3"]),
        ([policy("Allow", ["s3:*", "sqs:*"]), policy("Deny", None, NotAction="s3:*")], ["s3"]),
        ([policy("Allow", "*"), policy("Deny", "*")], []),
        ([policy("Allow", "s3:*", Principal="*")], []),
    ],
)
def test_a_service_is_granted_if_something_of_it_is_allowed_somewhere(texts: list[str], expected: list[str]) -> None:
    assert list(granted_services(tuple(texts))) == expected


def test_everything_is_every_service_and_all_but_one_is_all_but_one() -> None:
    assert list(granted_services((policy("Allow", "*"),))) == sorted(services())
    assert set(services()) - set(granted_services((policy("Allow", None, NotAction="iam:*"),))) == {"iam"}


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::bucket/a/b", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
        ("s3:ListBucket", "arn:aws:s3:::bucket", "arn:${Partition}:s3:::${BucketName}"),
        ("iam:CreateAccessKey", "*", "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"),
        ("ec2:DescribeInstances", "*", "*"),
        ("nothing:DoesThis", "*", "*"),
    ],
)
def test_actions_are_about_kinds_of_resources(action: str, resource: str, expected: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    assert arn_template(action, resource) == expected

"""IAM's report on the services last used, answered by hand.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.credential.usage import last_accessed
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, root_of
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

ALICE = IamPrincipal(
    kind="user",
    arn="arn:aws:iam::123456789012:user/alice",
    account="123456789012",
    name="alice",
    unique_id="AIDAEXAMPLE",
)
JOB = {"JobId": "examplea-1234-b567-cde8-90fg123abcd4"}
WAITING = {"JobStatus": "IN_PROGRESS"}


def used(service: str, hour: int | None) -> dict[str, Any]:
    when = {} if hour is None else {"LastAuthenticated": datetime(2026, 5, 4, hour, tzinfo=UTC)}
    return {"ServiceNamespace": service, "ServiceName": service.upper(), **when}


def done(*services: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"JobStatus": "COMPLETED", "ServicesLastAccessed": list(services), "IsTruncated": False, **more}


def answering(*answers: Any) -> tuple[Callable[[Call], Any], list[Call]]:
    """A way to ask that gives these answers one after the other, the last one for ever; and what it was asked."""
    asked: list[Call] = []
    left: Iterator[Any] = iter(answers)
    latest = [None]

    def ask(call: Call) -> Any:
        asked.append(call)
        latest[0] = next(left, latest[0])
        if isinstance(latest[0], Exception):
            raise latest[0]
        return latest[0]

    return ask, asked


def test_the_services_that_were_used_are_told_the_latest_first() -> None:
    ask, asked = answering(JOB, WAITING, done(used("ec2", 1), used("s3", 3), used("sqs", None)))
    found = last_accessed(ask, ALICE, ALICE.arn, 10)
    assert found.as_json() == {
        "status": "read",
        "why": "",
        "services": [
            {"service": "s3", "when": "2026-05-04T03:00:00Z"},
            {"service": "ec2", "when": "2026-05-04T01:00:00Z"},
        ],
    }
    assert asked[0].operation == "GenerateServiceLastAccessedDetails"
    assert asked[0].parameters == {"Arn": ALICE.arn}
    assert {call.parameters["JobId"] for call in asked[1:]} == {JOB["JobId"]}


def test_every_page_of_a_report_is_read() -> None:
    ask, asked = answering(JOB, done(used("s3", 3), IsTruncated=True, Marker="page-2"), done(used("ec2", 1)))
    assert [service for service, _when in last_accessed(ask, ALICE, ALICE.arn, 10).services] == ["s3", "ec2"]
    assert asked[-1].parameters["Marker"] == "page-2"


def test_a_report_that_takes_too_long_is_not_taken_for_an_empty_one() -> None:
    ask, _asked = answering(JOB, WAITING)
    found = last_accessed(ask, ALICE, ALICE.arn, 0.3)
    assert (found.status, found.why) == ("not finished", "AWS had not written the report after 0.3 s")


def test_a_report_that_aws_cannot_write_says_so() -> None:
    ask, _asked = answering(JOB, {"JobStatus": "FAILED", "Error": {"Message": "internal", "Code": "Failure"}})
    found = last_accessed(ask, ALICE, ALICE.arn, 10)
    assert (found.status, found.why) == ("not readable", "AWS could not write the report: internal")


def test_a_report_that_may_not_be_had_keeps_nothing_else_from_being_told() -> None:
    refused = AwsError("call iam:Generate", "AccessDenied: no", "Ask.", code="AccessDenied")
    ask, _asked = answering(refused)
    found = last_accessed(ask, ALICE, ALICE.arn, 10)
    assert (found.status, found.why) == ("not readable", "cannot call iam:Generate: AccessDenied: no")


@pytest.mark.parametrize(("who", "wait_s"), [(ALICE, 0), (root_of("aws", "123456789012"), 10)])
def test_what_is_not_asked_for_is_not_asked(who: IamPrincipal, wait_s: float) -> None:
    ask, asked = answering(JOB)
    assert last_accessed(ask, who, who.arn, wait_s).status == "not checked"
    assert asked == []

"""Injected faults, as DESIGN section 6 fixes them: what is answered, what takes effect, and how often."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from sandbox_client import Sandbox


def fault(sandbox: Sandbox, **wish: Any) -> None:
    sandbox.control("POST", "/faults", {"service": "iam", "operation": "CreateUser", "times": 1} | wish)


def users(sandbox: Sandbox) -> list[str]:
    return [user["UserName"] for user in sandbox.client("iam").list_users()["Users"]]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("Throttling", 400),
        ("ThrottlingException", 400),
        ("RequestLimitExceeded", 503),
        ("InternalError", 500),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("ConcurrentModification", 409),
    ],
)
def test_an_error_is_answered_and_nothing_takes_effect(sandbox: Sandbox, error: str, status: int) -> None:
    fault(sandbox, error=error)
    with pytest.raises(ClientError) as caught:
        sandbox.client("iam").create_user(UserName="alice")
    assert caught.value.response["Error"]["Code"] == error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert users(sandbox) == ["responder"]


@pytest.mark.parametrize("service", ["ec2", "s3", "dynamodb", "lambda"])
def test_every_protocol_tells_the_code(sandbox: Sandbox, service: str) -> None:
    call = {"ec2": "describe_vpcs", "s3": "list_buckets", "dynamodb": "list_tables", "lambda": "list_functions"}[
        service
    ]
    fault(sandbox, service=service, operation="*", error="SlowDown")
    with pytest.raises(ClientError) as caught:
        getattr(sandbox.client(service), call)()
    assert caught.value.response["Error"]["Code"] == "SlowDown"


def test_a_call_dropped_before_has_no_effect(sandbox: Sandbox) -> None:
    fault(sandbox, error="drop_before")
    with pytest.raises((ConnectionClosedError, ReadTimeoutError)):
        sandbox.client("iam").create_user(UserName="alice")
    assert users(sandbox) == ["responder"]


def test_a_call_dropped_after_has_had_its_effect(sandbox: Sandbox) -> None:
    fault(sandbox, error="drop_after")
    with pytest.raises((ConnectionClosedError, ReadTimeoutError)):
        sandbox.client("iam").create_user(UserName="alice")
    assert users(sandbox) == ["responder", "alice"]


def test_it_strikes_as_often_as_asked_and_no_more(sandbox: Sandbox) -> None:
    fault(sandbox, error="Throttling", times=2)
    iam = sandbox.client("iam")
    for _number in range(2):
        with pytest.raises(ClientError, match="Throttling"):
            iam.create_user(UserName="alice")
    iam.create_user(UserName="alice")


def test_a_client_that_tries_again_gets_through(sandbox: Sandbox) -> None:
    fault(sandbox, error="Throttling", times=2)
    patient = sandbox.session().client(
        "iam", endpoint_url=sandbox.endpoint_url, config=Config(retries={"total_max_attempts": 3, "mode": "standard"})
    )
    assert patient.create_user(UserName="alice")["ResponseMetadata"]["RetryAttempts"] == 2


def test_other_operations_and_services_are_left_alone(sandbox: Sandbox) -> None:
    fault(sandbox, error="Throttling", times=100)
    sandbox.client("iam").create_group(GroupName="g")
    sandbox.client("s3").list_buckets()


def test_a_star_stands_for_every_operation_of_the_service(sandbox: Sandbox) -> None:
    fault(sandbox, operation="*", error="Throttling", times=2)
    iam = sandbox.client("iam")
    for call in (iam.list_users, iam.list_groups):
        with pytest.raises(ClientError, match="Throttling"):
            call()
    sandbox.client("s3").list_buckets()


def struck(sandbox: Sandbox, seed: int, rate: float = 0.5) -> list[bool]:
    """Which of forty calls fail."""
    sandbox.control("DELETE", "/faults")
    sandbox.control(
        "POST", "/faults", {"service": "iam", "operation": "*", "error": "Throttling", "rate": rate, "seed": seed}
    )
    iam, found = sandbox.client("iam"), []
    for _number in range(40):
        try:
            iam.get_user()
            found.append(False)
        except ClientError:
            found.append(True)
    return found


def test_a_rate_strikes_the_same_calls_for_the_same_seed(sandbox: Sandbox) -> None:
    once = struck(sandbox, 1)
    assert 0 < sum(once) < 40
    assert struck(sandbox, 1) == once
    assert struck(sandbox, 2) != once


@pytest.mark.parametrize(("rate", "expected"), [(0, 0), (1, 40)])
def test_a_rate_of_none_or_all_is_exact(sandbox: Sandbox, rate: float, expected: int) -> None:
    assert sum(struck(sandbox, 7, rate)) == expected


def test_faults_can_be_taken_back(sandbox: Sandbox) -> None:
    fault(sandbox, error="Throttling", times=100)
    sandbox.control("DELETE", "/faults")
    sandbox.client("iam").create_user(UserName="alice")


def test_faulted_calls_are_counted(sandbox: Sandbox) -> None:
    fault(sandbox, error="Throttling")
    fault(sandbox, error="drop_before")
    for _number in range(2):
        with pytest.raises((ClientError, ConnectionClosedError)):
            sandbox.client("iam").create_user(UserName="alice")
    assert sandbox.calls() == {"iam:CreateUser": 2}


def test_what_took_effect_is_in_the_event_history_though_nobody_was_told(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html: errorCode"""
    fault(sandbox, error="drop_after")
    fault(sandbox, error="Throttling")
    for name in ("alice", "bob"):
        with pytest.raises((ClientError, ConnectionClosedError)):
            sandbox.client("iam").create_user(UserName=name)
    asked = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    events = sandbox.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    told = [json.loads(event["CloudTrailEvent"]) for event in events]
    assert {event["requestParameters"]["userName"]: event.get("errorCode") for event in told} == {
        "alice": None,
        "bob": "Throttling",
    }

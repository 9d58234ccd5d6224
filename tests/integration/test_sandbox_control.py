"""The sandbox's control interface, as DESIGN section 6 fixes it: each row of its table, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox
from signing import CALLS, send, signed


def test_calls_are_counted_by_operation_and_by_key(sandbox: Sandbox) -> None:
    sandbox.client("ec2").describe_instances()
    sandbox.client("ec2").describe_instances()
    sandbox.client("s3").list_buckets()
    assert sandbox.control("GET", "/calls") == {
        "total": 3,
        "by_operation": {"ec2:DescribeInstances": 2, "s3:ListBuckets": 1},
        "by_access_key": {sandbox.env["AWS_ACCESS_KEY_ID"]: 3},
    }


def test_refused_and_unsigned_calls_are_counted(sandbox: Sandbox) -> None:
    thief = sandbox.facts["scenarios"]["leaked-key"]["attacker"]["access_keys"][0]
    with pytest.raises(ClientError):
        sandbox.client("iam", thief).create_user(UserName="mallory")
    responder = {"access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"], "secret_access_key": "wrong"}
    send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS["sts"], responder))
    send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS["sts"], responder).without("Authorization"))
    assert sandbox.control("GET", "/calls") == {
        "total": 3,
        "by_operation": {"iam:CreateUser": 1, "sts:GetCallerIdentity": 2},
        "by_access_key": {thief["access_key_id"]: 1, responder["access_key_id"]: 1, "unsigned": 1},
    }


def test_the_count_starts_anew_after_a_delete(sandbox: Sandbox) -> None:
    sandbox.client("s3").list_buckets()
    sandbox.control("DELETE", "/calls")
    assert sandbox.control("GET", "/calls") == {"total": 0, "by_operation": {}, "by_access_key": {}}


def test_settings_can_be_changed_one_by_one(sandbox: Sandbox) -> None:
    """With authorize off a call is carried out that no policy allows; the other settings stay what they were."""
    thief = sandbox.facts["scenarios"]["leaked-key"]["attacker"]["access_keys"][0]
    sandbox.control("PUT", "/settings", {"authorize": False})
    sandbox.control("PUT", "/settings", {"latency_ms": 1})
    assert sandbox.client("iam", thief).create_user(UserName="mallory")["User"]["UserName"] == "mallory"


def test_signatures_are_checked_though_authorize_is_off(sandbox: Sandbox) -> None:
    sandbox.control("PUT", "/settings", {"authorize": False})
    keys = {"access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"], "secret_access_key": "wrong"}
    assert send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS["iam"], keys)).code == "SignatureDoesNotMatch"


def test_latency_delays_calls_and_not_the_control_interface(sandbox: Sandbox) -> None:
    s3 = sandbox.client("s3")
    sandbox.control("PUT", "/settings", {"latency_ms": 300})
    started = time.monotonic()
    s3.list_buckets()
    called = time.monotonic()
    sandbox.control("GET", "/calls")
    assert called - started >= 0.3
    assert time.monotonic() - called < 0.3


def test_the_clock_goes_forward(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam")
    before = iam.create_user(UserName="before")["User"]["CreateDate"]
    sandbox.control("POST", "/clock", {"advance_s": 3600})
    after = iam.create_user(UserName="after")["User"]["CreateDate"]
    assert 3600 <= (after - before).total_seconds() < 3630


REFUSED: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/no-such", None, 404, "there is no /no-such"),
    ("GET", "/calls/", None, 404, "there is no"),
    ("POST", "/calls", {}, 405, "takes GET, DELETE, not POST"),
    ("GET", "/reset", None, 405, "takes POST, not GET"),
    ("PUT", "/settings", b"{", 400, "not JSON"),
    ("PUT", "/settings", b"\xff\xfe", 400, "not JSON"),
    ("PUT", "/settings", b"[" * 100_000, 400, "not JSON"),
    ("PUT", "/settings", b"[]", 400, "must be a JSON object"),
    ("PUT", "/settings", b'{"latency_ms": NaN}', 400, "NaN is no number"),
    ("PUT", "/settings", {"latency_ms": -1}, 400, "latency_ms must be a number from 0"),
    ("PUT", "/settings", {"latency_ms": "1"}, 400, "latency_ms must be a number"),
    ("PUT", "/settings", {"authorize": 0}, 400, "authorize must be true or false"),
    ("PUT", "/settings", {"colour": 1}, 400, "there is no setting 'colour'"),
    ("POST", "/clock", {}, 400, "advance_s"),
    ("POST", "/clock", {"advance_s": "1"}, 400, "advance_s"),
    ("POST", "/clock", {"advance_s": -1}, 400, "time does not go back"),
    ("POST", "/clock", {"advance_s": 1e300}, 400, "at most"),
    ("POST", "/faults", {}, 400, "service must be given"),
    ("POST", "/faults", {"service": "ec2", "operation": "*", "error": "Throttling"}, 400, "either times or rate"),
    (
        "POST",
        "/faults",
        {"service": "ec2", "operation": "*", "error": "Throttling", "times": 0},
        400,
        "times must be 1 or more",
    ),
    (
        "POST",
        "/faults",
        {"service": "ec2", "operation": "*", "error": "Throttling", "rate": 2},
        400,
        "rate must be from 0 to 1",
    ),
    (
        "POST",
        "/faults",
        {"service": "ec2", "operation": "*", "error": "Throttling", "rate": 1, "seed": [1]},
        400,
        "seed must be",
    ),
    (
        "POST",
        "/faults",
        {"service": "ec", "operation": "*", "error": "Throttling", "times": 1},
        400,
        "there is no service 'ec'",
    ),
    (
        "POST",
        "/faults",
        {"service": "ec2", "operation": "Nap", "error": "Throttling", "times": 1},
        400,
        "has no operation 'Nap'",
    ),
    (
        "POST",
        "/faults",
        {"service": "ec2", "operation": "*", "error": "drop_befor", "times": 1},
        400,
        "not 'drop_befor'",
    ),
    ("POST", "/findings", {"account": "111122223333"}, 400, "the body must be"),
    ("GET", "/snapshots/snap-0123456789abcdef0/image", None, 404, "has no image"),
    ("PUT", "/snapshots/nonsense/image", b"x", 404, "there is no"),
    ("PUT", "/instances/i-0123456789abcdef0/guest", {"memory_image": "*"}, 400, "base64"),
    ("PUT", "/instances/i-0123456789abcdef0/guest", {"commands": [{"match": "("}]}, 400, "regular expression"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
def test_what_means_nothing_is_refused_with_a_reason(
    sandbox: Sandbox, method: str, path: str, body: Any, status: int, words: str
) -> None:
    given, why = sandbox.refusal(method, path, body)
    assert given == status
    assert words in why


def test_reset_brings_back_what_sandbox_json_tells(sandbox: Sandbox) -> None:
    """State, ids and secrets: the stolen keys work again, and what was made since is gone."""
    scenario = sandbox.facts["scenarios"]["leaked-key"]
    iam = sandbox.iam(scenario["account"])
    iam.update_access_key(UserName="dana", AccessKeyId=scenario["access_key_id"], Status="Inactive")
    iam.create_user(UserName="new")
    sandbox.client("s3").create_bucket(Bucket="new-bucket")
    sandbox.control("POST", "/reset")
    for keys in scenario["attacker"]["access_keys"]:
        answer = sandbox.client("sts", keys).get_caller_identity()
        assert answer["Account"] == scenario["account"]
    assert [user["UserName"] for user in sandbox.iam(scenario["account"]).list_users()["Users"]] == [
        "dana",
        "carlos",
        "mei",
    ]
    assert sandbox.client("s3").list_buckets()["Buckets"] == []


def test_reset_takes_back_clock_settings_faults_and_counts(sandbox: Sandbox) -> None:
    s3 = sandbox.client("s3")
    sandbox.control("POST", "/clock", {"advance_s": 90_000})
    sandbox.control("PUT", "/settings", {"authorize": False})
    sandbox.control("POST", "/faults", {"service": "*", "operation": "*", "error": "SlowDown", "rate": 1.0, "seed": 1})
    with pytest.raises(ClientError, match="SlowDown"):
        s3.list_buckets()
    sandbox.control("POST", "/reset")
    assert sandbox.control("GET", "/calls")["total"] == 0
    thief = sandbox.facts["scenarios"]["leaked-key"]["attacker"]["access_keys"]
    assert sandbox.client("s3", thief[1]).list_buckets()["Buckets"], "its session would be over on the old clock"
    with pytest.raises(ClientError, match="AccessDenied"):
        sandbox.client("iam", thief[0]).create_user(UserName="mallory")


def test_reset_under_load_leaves_a_world_that_is_whole(sandbox: Sandbox) -> None:
    """A process of its own goes on calling meanwhile, as an attacker does."""
    script = "import boto3\nfor _ in range(150):\n    boto3.client('iam').list_users()\n"
    environment = {**os.environ, **sandbox.env}
    busy = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE, text=True)
    for _round in range(10):
        sandbox.control("POST", "/reset")
    _out, errors = busy.communicate(timeout=60)
    assert busy.returncode == 0, errors
    assert boto3.client("sts", **_keys(sandbox)).get_caller_identity()["Account"] == sandbox.management


def _keys(sandbox: Sandbox) -> dict[str, str]:
    return {
        "endpoint_url": sandbox.endpoint_url,
        "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
        "region_name": "us-east-1",
    }

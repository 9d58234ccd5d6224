"""What signatures, policies and CloudTrail cost on top of moto, and how long the sandbox takes to start."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from sandbox_client import Sandbox

ROUNDS, CALLS = 15, 40
OPERATIONS = {
    "iam:GetUser": ("iam", "Action=GetUser&UserName=dana&Version=2010-05-08"),
    "iam:ListUsers": ("iam", "Action=ListUsers&Version=2010-05-08"),
    "ec2:DescribeInstances": ("ec2", "Action=DescribeInstances&Version=2016-11-15"),
    "ec2:DescribeVpcs": ("ec2", "Action=DescribeVpcs&Version=2016-11-15"),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("bench") / "state", "--scenario", "leaked-key")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def bare() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bare_moto.py"))], stdout=subprocess.PIPE, text=True
    )
    yield int(process.stdout.readline())
    process.terminate()
    process.wait(10)


def sender(port: int, service: str, body: str, keys: tuple[str, str, str | None]) -> Callable[[], None]:
    """Sends one request, signed once, over one kept connection: what is timed is the server."""
    request = AWSRequest(
        "POST", f"http://127.0.0.1:{port}/", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    SigV4Auth(Credentials(*keys), service, "us-east-1").add_auth(request)
    headers = dict(request.headers.items()) | {"Host": f"127.0.0.1:{port}"}
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def send() -> None:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content

    return send


def timed(send: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _call in range(CALLS):
        send()
    return (time.perf_counter() - started) / CALLS * 1000


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_read_with_everything_on(name: str, sandbox: Sandbox, bare: int, figures: Callable[..., None]) -> None:
    service, body = OPERATIONS[name]
    account = sandbox.facts["scenarios"]["leaked-key"]["account"]
    given = sandbox.in_account(account).get_credentials().get_frozen_credentials()
    if service == "iam":
        _prepare(bare)
    ours = sender(
        int(sandbox.endpoint_url.rsplit(":", 1)[1]), service, body, (given.access_key, given.secret_key, given.token)
    )
    plain = sender(bare, service, body, ("AKIAIOSFODNN7EXAMPLE", "x", None))
    timed(ours), timed(plain)
    pairs = [(timed(ours), timed(plain)) for _round in range(ROUNDS)]
    figures(
        f"{name} in the sandbox, against bare moto",
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        "ms",
        "signature, policies and CloudTrail on; aim: 1.5 at most",
    )


def _prepare(port: int) -> None:
    """The same users as in the scenario."""
    iam: Any = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
    )
    there = [user["UserName"] for user in iam.list_users()["Users"]]
    for name in ("dana", "carlos", "mei"):
        if name not in there:
            iam.create_user(UserName=name)


def test_start(tmp_path: Path, figures: Callable[..., None]) -> None:
    times, plain = [], []
    for number in range(3):
        started = time.perf_counter()
        running = Sandbox(tmp_path / f"state-{number}", "--scenario", "leaked-key")
        times.append(time.perf_counter() - started)
        running.stop()
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("bare_moto.py"))], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        plain.append(time.perf_counter() - started)
        process.terminate()
        process.wait(10)
    figures(
        "start of the sandbox with a scenario, against bare moto",
        statistics.median(times),
        statistics.median(plain),
        "s",
        "aim: under 3 s",
    )

"""The sandbox's command and its state directory, as DESIGN section 6 fixes them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_client import ROOT, Sandbox


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A start that is to fail."""
    command = [sys.executable, "-m", "sandbox", "start", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_an_unknown_scenario_is_refused_in_one_line(tmp_path: Path) -> None:
    done = start("--state-dir", str(tmp_path), "--scenario", "no-such")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "'no-such'; known are compromised-instance, fighting-attacker, " in done.stderr


def test_a_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start("--state-dir", str(tmp_path), "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_directory_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = start("--state-dir", str(tmp_path / "file" / "state"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "choose another --state-dir" in done.stderr


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox without a scenario, with two member accounts."""
    running = Sandbox(tmp_path_factory.mktemp("plain") / "state", "--accounts", "2")
    yield running
    running.stop()


def test_the_state_directory_tells_programs_everything(plain: Sandbox) -> None:
    facts = plain.facts
    assert set(facts) == {"endpoint_url", "control_url", "pid", "organization", "scenarios"}
    assert set(facts["organization"]) == {"management_account_id", "root_id", "ou_ids", "member_account_ids"}
    assert facts["scenarios"] == {}
    assert facts["endpoint_url"].startswith("http://127.0.0.1:")
    os.kill(facts["pid"], 0)


@pytest.mark.parametrize("name", ["env", "sandbox.json"])
def test_the_files_with_secrets_are_their_owners_only(plain: Sandbox, name: str) -> None:
    assert stat.S_IMODE((plain.state_dir / name).stat().st_mode) == 0o600


def test_a_shell_that_sources_env_is_the_responder(plain: Sandbox) -> None:
    ask = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    command = f'source {plain.state_dir}/env && curl_like={sys.executable} && $curl_like -c "{ask}"'
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=kept)
    assert done.stdout.strip() == f"arn:aws:iam::{plain.management}:user/responder", done.stderr


def test_env_holds_exactly_what_it_should(plain: Sandbox) -> None:
    assert set(plain.env) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "SANDBOX_CONTROL_URL",
    }
    assert plain.env["SANDBOX_CONTROL_URL"] == plain.facts["control_url"]


def test_there_are_as_many_member_accounts_as_asked_for(plain: Sandbox) -> None:
    listed = [account["Id"] for account in plain.client("organizations").list_accounts()["Accounts"]]
    assert len(plain.members) == 2
    assert sorted(listed) == sorted([plain.management, *plain.members])


def test_the_organization_is_as_sandbox_json_tells(plain: Sandbox) -> None:
    organizations, told = plain.client("organizations"), plain.facts["organization"]
    organization = organizations.describe_organization()["Organization"]
    (root,) = organizations.list_roots()["Roots"]
    units = organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    assert (organization["FeatureSet"], organization["MasterAccountId"]) == ("ALL", plain.management)
    assert root["Id"] == told["root_id"]
    assert {unit["Id"] for unit in units} == set(told["ou_ids"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_each_region_of_each_account_has_a_default_vpc(plain: Sandbox, region: str) -> None:
    for session in (plain.session(), *map(plain.in_account, plain.members)):
        ec2 = session.client("ec2", endpoint_url=plain.endpoint_url, region_name=region)
        assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]


def test_a_scenario_given_twice_is_planted_once(tmp_path: Path) -> None:
    running = Sandbox(tmp_path / "state", "--scenario", "leaked-key", "--scenario", "leaked-key")
    assert list(running.facts["scenarios"]) == ["leaked-key"]
    assert running.stop() == 0


def test_it_stops_at_once_though_connections_are_open(tmp_path: Path) -> None:
    """Kept connections, half a request, and a call that is being delayed."""
    running = Sandbox(tmp_path / "state")
    address = ("127.0.0.1", int(running.endpoint_url.rsplit(":", 1)[1]))
    kept = [http.client.HTTPConnection(*address) for _number in range(10)]
    for connection in kept:
        connection.request("GET", "/_sandbox/calls")
        connection.getresponse().read()
    half = socket.create_connection(address)
    half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    running.control("PUT", "/settings", {"latency_ms": 60_000})
    slow = http.client.HTTPConnection(*address)
    slow.request("GET", "/bucket/key")
    started = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - started < 5


def test_interrupt_stops_it_too(tmp_path: Path) -> None:
    running = Sandbox(tmp_path / "state")
    os.kill(running.facts["pid"], signal.SIGINT)
    assert running.stop() == 0

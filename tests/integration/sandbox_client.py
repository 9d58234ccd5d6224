"""A running sandbox, as tests use it: its process, its facts, its control interface, and sessions for whoever is in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
_READY_S = 30


class Sandbox:
    """One `python -m sandbox start`, stopped by its own process id."""

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        self.state_dir = state_dir
        self._log = (state_dir.parent / f"{state_dir.name}.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "start", "--state-dir", str(state_dir), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        line = self._process.stdout.readline()
        if "ready" not in line:
            self._log.seek(0)
            raise RuntimeError(f"the sandbox did not start: {line}{self._log.read()}")
        self.facts = json.loads((state_dir / "sandbox.json").read_text())
        lines = (state_dir / "env").read_text().splitlines()
        self.env = dict(line.removeprefix("export ").split("=", 1) for line in lines)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_READY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    @property
    def endpoint_url(self) -> str:
        return str(self.facts["endpoint_url"])

    @property
    def management(self) -> str:
        return str(self.facts["organization"]["management_account_id"])

    @property
    def members(self) -> list[str]:
        return list(self.facts["organization"]["member_account_ids"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control interface; raises HTTPError for what it refuses. Bytes go and come as they are."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.facts["control_url"] + path, content, method=method), timeout=60) as answer:
            found = answer.read()
        return json.loads(found) if answer.headers["Content-Type"] == "application/json" else found

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and message with which the control interface refuses this."""
        try:
            self.control(method, path, body)
        except HTTPError as error:
            return error.code, json.loads(error.read())["error"]
        raise AssertionError(f"{method} {path} was not refused")

    def calls(self) -> dict[str, int]:
        """API calls by operation since the last reset of the count."""
        return dict(self.control("GET", "/calls")["by_operation"])

    def writes(self) -> dict[str, int]:
        """Those that change something."""
        reads = ("Get", "List", "Describe", "Head", "Lookup", "Assume", "Generate", "Simulate")
        return {name: count for name, count in self.calls().items() if not name.split(":")[1].startswith(reads)}

    def session(self, keys: Mapping[str, str] | None = None) -> Any:
        """A boto3 session with these credentials; the responder's if none are given."""
        given = keys or {
            "access_key_id": self.env["AWS_ACCESS_KEY_ID"],
            "secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"],
        }
        return boto3.Session(
            given["access_key_id"], given["secret_access_key"], given.get("session_token"), region_name="us-east-1"
        )

    def client(self, service: str, keys: Mapping[str, str] | None = None, **more: Any) -> Any:
        """A boto3 client that tries once."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
        return self.session(keys).client(service, endpoint_url=self.endpoint_url, config=config, **more)

    def in_account(self, account: str) -> Any:
        """An administrator's boto3 session in a member account."""
        given = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="test"
        )["Credentials"]
        return boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-east-1"
        )

    def iam(self, account: str) -> Any:
        session = self.session() if account == self.management else self.in_account(account)
        return session.client("iam", endpoint_url=self.endpoint_url)


def environment(sandbox: Sandbox) -> dict[str, str]:
    """The environment of a shell that has sourced the sandbox's `env`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    return (
        kept
        | sandbox.env
        | {"AWS_EC2_METADATA_DISABLED": "true", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    )


def wait_until(look: Any, what: str, seconds: float = 20) -> Any:
    """Whatever `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")

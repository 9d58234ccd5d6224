"""What demonstrations share: the sandbox and its inhabitants as processes, playbooks as an operator runs them, claims that are checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 30


class DemoError(Exception):
    """A claim that does not hold."""


def performed(run: Callable[[Path], None], achieved: str) -> int:
    """Run a demonstration in a folder of its own; returns the status of the process, after saying how it went."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cordon-demo-") as name:
        try:
            run(Path(name))
        except DemoError as error:
            print(f"\nDEMO FAILED: {error}", file=sys.stderr)
            return 1
    print(f"\nDEMO PASSED in {time.monotonic() - begun:.0f} s: {achieved}")
    return 0


def sandbox(folder: Path, scenario: str) -> AbstractContextManager[None]:
    """The sandbox with a scenario, for as long as the block lasts. What is in it is told by `facts`."""
    return started("sandbox", ["-m", "sandbox", "start", "--state-dir", str(folder), "--scenario", scenario], folder)


def facts(folder: Path) -> dict[str, Any]:
    """What the sandbox wrote down when it was ready."""
    found: dict[str, Any] = wait_for(lambda: as_json(folder / "sandbox.json"), "the sandbox to start")
    return found


class Account:
    """The incident's account, seen with plain boto3, and the sandbox's control interface."""

    def __init__(self, known: Mapping[str, Any], account: str, environment: Mapping[str, str]) -> None:
        self.endpoint_url, self._control_url = known["endpoint_url"], known["control_url"]
        self._region = environment["AWS_DEFAULT_REGION"]
        home = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=self._region
        )
        given = home.client("sts", endpoint_url=self.endpoint_url).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="demo"
        )["Credentials"]
        self.session = boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=self._region
        )

    def client(self, service: str, keys: Mapping[str, str] | None = None) -> Any:
        """A client of a responder's, or of whoever has these keys."""
        session: Any = self.session
        if keys is not None:
            named = (keys["access_key_id"], keys["secret_access_key"], keys["session_token"])
            session = boto3.Session(*named, region_name=self._region)
        return session.client(service, endpoint_url=self.endpoint_url)

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = Request(self._control_url + path, content, method=method)  # noqa: S310
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


def playbook(folder: Path, name: str, *variables: str) -> None:
    """Run a playbook as an operator does, and show what it prints."""
    command = [
        "ansible-playbook",
        f"playbooks/{name}",
        *(part for variable in (*variables, f"case_store={folder / 'cases'}") for part in ("-e", variable)),
    ]
    print(f"\n$ {' '.join(command[:3])} {variables[0].replace(str(folder) + '/', '')}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", *command[1:]],
        cwd=ROOT,
        env=os.environ | environment(folder),
        timeout=120,
        check=False,
    )
    claim(done.returncode == 0, f"{name} ended with {done.returncode}")


@contextmanager
def started(what: str, arguments: list[str], folder: Path) -> Iterator[None]:
    """A process of ours for as long as the block lasts."""
    with (folder / f"{what}.log").open("w") as log:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def environment(folder: Path) -> dict[str, str]:
    lines = (folder / "env").read_text().splitlines()
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def as_json(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def wait_for(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise DemoError(f"waited {PATIENCE_S} s in vain for {what}")


def pause_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def claim(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoError(otherwise)


def say(title: str, *lines: str) -> None:
    print(f"\n{title}\n" + "".join(f"  {line}\n" for line in lines), end="", flush=True)

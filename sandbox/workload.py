"""python -m sandbox.workload: somebody at work in the sandbox, from a process of their own, with plain boto3.

As `attacker` of a scenario: with the stolen key and every session from it, minting more while that works. As `colleagues`: their
daily calls. Each call is one JSON line in the report: {"time", "who", "operation", "allowed", "error_code"}."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LONGEST_S = 3600
_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
# (service, method): what both look at. GetCallerIdentity is left out, because nothing can deny it.
_CALLS = (("s3", "list_buckets"), ("ec2", "describe_instances"), ("s3", "list_objects_v2"))
_CALLS_WITH_IAM = (*_CALLS, ("iam", "list_users"))


class Credentials:
    """One set of credentials at work."""

    def __init__(self, who: str, keys: Mapping[str, str], endpoint_url: str, region: str, bucket: str) -> None:
        self.who = who
        self.is_session = "session_token" in keys
        self._bucket = bucket
        session = boto3.Session(
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys.get("session_token"),
            region_name=region,
        )
        self._clients = {
            service: session.client(service, endpoint_url=endpoint_url, config=_CONFIG)
            for service in ("s3", "ec2", "iam", "sts")
        }

    def calls(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """What it does in one round; sessions may not call IAM."""
        for service, method in _CALLS if self.is_session else _CALLS_WITH_IAM:
            arguments = {"Bucket": self._bucket} if method == "list_objects_v2" else {}
            yield f"{service}:{method}", partial(getattr(self._clients[service], method), **arguments)

    def mint(self) -> dict[str, str]:
        """A new session."""
        given = self._clients["sts"].get_session_token()["Credentials"]
        return {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    facts = json.loads((given.state_dir / "sandbox.json").read_text())
    scenario = facts["scenarios"][given.scenario]
    bucket = f"designs-{scenario['account']}"

    def credentials(who: str, keys: Mapping[str, str]) -> Credentials:
        return Credentials(who, keys, facts["endpoint_url"], scenario["region"], bucket)

    if given.role == "attacker":
        workers = [credentials(keys["kind"], keys) for keys in scenario["attacker"]["access_keys"]]
    else:
        workers = [credentials(keys["arn"].rsplit("/", 1)[1], keys) for keys in scenario["colleagues"]]
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    deadline = time.monotonic() + min(given.seconds, LONGEST_S)
    minted = 0
    with given.report.open("a", buffering=1) as report:
        while not stop.is_set() and time.monotonic() < deadline:
            for worker in list(workers):
                for operation, call in worker.calls():
                    _report(report, worker.who, operation, call)
            if given.role == "attacker":
                keys = _report(report, workers[0].who, "sts:get_session_token", workers[0].mint)
                if keys is not None and minted < given.mint:
                    minted += 1
                    workers.append(credentials(f"GetSessionToken session {minted}", keys))
            stop.wait(given.interval)
    return 0


def _report(report: Any, who: str, operation: str, call: Callable[[], Any]) -> Any:
    """Make the call and write down how it went. A connection that fails is no answer, and written down as one."""
    started = datetime.now(UTC).isoformat()
    answer, code = None, None
    try:
        answer = call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
    except BotoCoreError as error:
        code = type(error).__name__
    line = {"time": started, "who": who, "operation": operation, "allowed": code is None, "error_code": code}
    report.write(json.dumps(line) + "\n")
    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.workload", description="Somebody at work in the sandbox.")
    parser.add_argument("role", choices=["attacker", "colleagues"])
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--scenario", default="leaked-key")
    parser.add_argument("--report", type=Path, required=True, help="a file that one JSON line per call is appended to")
    parser.add_argument("--interval", type=float, default=0.2, help="seconds between two rounds")
    parser.add_argument("--seconds", type=float, default=LONGEST_S, help="when to stop at the latest")
    parser.add_argument("--mint", type=int, default=3, help="how many more sessions the attacker mints and uses")
    return parser


if __name__ == "__main__":
    sys.exit(main())

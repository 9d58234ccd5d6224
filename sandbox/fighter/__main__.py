"""python -m sandbox.fighter: the scenario fighting-attacker, played. Each call is one JSON line in the report.

It knows what its credentials can learn, and of the sandbox nothing but its endpoint and the key that has leaked. Every half second each
of its principals uses all credentials it has, undoes what was done to it, and makes more of them."""

from __future__ import annotations

import argparse
import ipaddress
import json
import signal
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from sandbox.fighter.api import KEY, Api, Credential
from sandbox.fighter.band import Band, Member
from sandbox.fighter.growth import Growth
from sandbox.fighter.rounds import Fighter

LONGEST_S = 3600
_THREADS = 8
_TICK_S = 0.02


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    facts = json.loads((given.state_dir / "sandbox.json").read_text())
    if not _is_here(facts["endpoint_url"]):
        sys.stderr.write(f"fighter: {facts['endpoint_url']} is not on this machine; it fights in a sandbox only\n")
        return 2
    scenario = facts["scenarios"][given.scenario]
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with given.report.open("a", buffering=1) as report:
        return _fight(given, facts["endpoint_url"], scenario, report, stop)


def _fight(
    given: argparse.Namespace, endpoint_url: str, scenario: dict[str, Any], report: TextIO, stop: threading.Event
) -> int:
    """Until told to stop, or time is up."""
    deadline = time.monotonic() + min(given.seconds, LONGEST_S)
    api = Api(endpoint_url, scenario["region"], report, stop)
    band = Band(api, given.max_principals)
    first = _first(api, scenario["attacker"]["access_keys"][0])
    if first is None:
        sys.stderr.write("fighter: the key that has leaked does not work\n")
        return 1
    band.join(first)
    growth = Growth(api, band, first.arn.split(":")[4], given.interval)
    fighter = Fighter(api, band, growth, given.interval, rotate_s=given.rotate_s)
    due: dict[str, float] = {}
    at_work: dict[str, Future[None]] = {}

    def one_round(member: Member) -> None:
        started = time.monotonic()
        try:
            fighter.round(member)
            if member is first and given.rename_s:
                fighter.rename(member, given.rename_s)
        except Exception as error:  # noqa: BLE001  whatever a responder has done to it, it goes on
            sys.stderr.write(f"fighter: a round of {member.arn} failed: {error!r}\n")
        due[member.id] = started + given.interval

    with ThreadPoolExecutor(_THREADS) as pool:
        while not stop.is_set() and time.monotonic() < deadline:
            for member in band.members():
                last = at_work.get(member.id)
                if (last is None or last.done()) and time.monotonic() >= due.get(member.id, 0):
                    at_work[member.id] = pool.submit(one_round, member)
            stop.wait(_TICK_S)
        stop.set()
        pool.shutdown(cancel_futures=True)
    return 0


def _first(api: Api, keys: dict[str, str]) -> Member | None:
    """Who the leaked key belongs to, as STS tells."""
    secret = {"access_key_id": keys["access_key_id"], "secret_access_key": keys["secret_access_key"]}
    answer, _code = api.call(Credential(kind=KEY, principal="", **secret), "sts", "GetCallerIdentity")
    if answer is None:
        return None
    arn = str(answer["Arn"])
    credential = Credential(kind=KEY, principal=arn, **secret)
    return Member(
        kind="User",
        id=str(answer["UserId"]),
        name=arn.rpartition("/")[2],
        arn=arn,
        origin="leaked",
        credentials=(credential,),
    )


def _is_here(endpoint_url: str) -> bool:
    try:
        return ipaddress.ip_address(urlsplit(endpoint_url).hostname or "").is_loopback
    except ValueError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.fighter", description="An attacker who fights back.")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--scenario", default="fighting-attacker")
    parser.add_argument("--report", type=Path, required=True, help="a file that one JSON line per call is appended to")
    parser.add_argument("--interval", type=float, default=0.5, help="seconds between two rounds of a principal")
    parser.add_argument("--seconds", type=float, default=LONGEST_S, help="when to stop at the latest")
    parser.add_argument("--max-principals", type=int, default=60, help="how many users and roles it makes at most")
    parser.add_argument("--rename-s", type=float, default=7, help="seconds between two names of its user; 0 for never")
    parser.add_argument(
        "--rotate-s", type=float, default=10, help="seconds between two exchanges of a user's oldest key; 0 for never"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

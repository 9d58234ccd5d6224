"""A web server is compromised, in the sandbox: its attacker is cut off, its twin works on, nothing is lost, and all of it is put back.

Each claim is checked from outside. Fails, loudly, where anything is not so."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.demo_stage import (
    Account,
    as_json,
    claim,
    environment,
    facts,
    performed,
    playbook,
    sandbox,
    say,
)
from tools.instance_state import as_bytes, instance_state, of_instance

_WAYS = {"nat_gateway": "through a NAT gateway"}
_LATER_S = 1800
"""Long enough for every health check to fail, and for the Auto Scaling group to act on it."""


def main() -> int:
    return performed(_run, "cut off, kept, and put back.")


def _run(folder: Path) -> None:
    with sandbox(folder, "compromised-instance"):
        known = facts(folder)
        incident = known["scenarios"]["compromised-instance"]
        account = Account(known, incident["account"], environment(folder))
        before = instance_state(account)
        say("The incident", f"{incident['instance_id']} talks to somebody who also uses its role from outside.")
        _tell(account, incident)
        claim(_may(account, incident["stolen_credentials"]), "the attacker must get in before, or nothing is proven")
        arn = f"arn:aws:ec2:{incident['region']}:{incident['account']}:instance/{incident['instance_id']}"
        # Without a replacement, so that in the end there is what there was in the beginning.
        playbook(folder, "respond_to_compromised_instance.yml", f"instance_ids={arn}", "keep_capacity=false")
        _contained(account, incident, before, _residual(folder))
        account.control("POST", "/clock", {"advance_s": _LATER_S})
        _nothing_lost(account, incident)
        playbook(folder, "release_case.yml", f"case_id={next((folder / 'cases').iterdir()).name}")
        _put_back(account, before)


def _contained(account: Account, incident: Mapping[str, Any], before: Mapping[str, Any], residual: list[str]) -> None:
    _tell(account, incident)
    alive = [flow for flow in _flows(account, incident["instance_id"]) if flow["alive"]]
    say("What may still go on, by Cordon's own word", *residual)
    for flow in alive:
        claim(any(_means(one, flow) for one in residual), f"a flow lives and nobody said so: {flow}")
    claim(not _may(account, incident["stolen_credentials"]), "the stolen credentials still work")
    claim(_may(account, incident["twin_credentials"]), "the twin's credentials do not work any more")
    claim(all(flow["alive"] for flow in _flows(account, incident["twin_instance_id"])), "flows of the twin were cut")
    twin = incident["twin_instance_id"]
    claim(of_instance(instance_state(account), twin) == of_instance(before, twin), "the twin is not as it was")


def _means(residual: str, flow: Mapping[str, Any]) -> bool:
    """Whether a sentence says that this flow may live: it names the interface, and the way or the peer."""
    return flow["interface"] in residual and (flow["peer"] in residual or _WAYS.get(flow["via"], "?") in residual)


def _nothing_lost(account: Account, incident: Mapping[str, Any]) -> None:
    ids = [incident["instance_id"], incident["twin_instance_id"]]
    described = account.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    states = {one["InstanceId"]: one["State"]["Name"] for held in described for one in held["Instances"]}
    say("Half an hour later", *(f"{name} is {state}" for name, state in states.items()))
    claim(set(states.values()) == {"running"}, "an instance was lost")


def _put_back(account: Account, before: Mapping[str, Any]) -> None:
    after = instance_state(account)
    differs = [name for name in before if after[name] != before[name]]
    say(
        "After the release",
        f"state: {len(as_bytes(after))} bytes, {'DIFFERENT: ' + ', '.join(differs) if differs else 'identical'}",
    )
    for name in differs:
        was, now = (as_bytes({name: one[name]}).decode().splitlines() for one in (before, after))
        print("\n".join(difflib.unified_diff(was, now, lineterm="")))
    claim(not differs, "the release did not bring back the state")


def _residual(folder: Path) -> list[str]:
    """What the case says may still go on."""
    entries = sorted((folder / "cases").glob("*/entries/*.json"))
    outcomes = [entry["body"] for entry in map(as_json, entries) if entry["kind"] == "outcome"]
    found = [one for result in outcomes[-1]["results"] for one in result.get("residual", ())]
    return [f"{one['what']}: {one['why']}" for one in found]


def _tell(account: Account, incident: Mapping[str, Any]) -> None:
    for who, name in (("The compromised instance", "instance_id"), ("Its twin", "twin_instance_id")):
        flows = _flows(account, incident[name])
        keys = incident["stolen_credentials" if name == "instance_id" else "twin_credentials"]
        allowed = "work" if _may(account, keys) else "are refused"
        alive = sum(flow["alive"] for flow in flows)
        say(who, f"{alive} of {len(flows)} flows alive; its role's credentials {allowed}")


def _flows(account: Account, instance_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.control("GET", f"/instances/{instance_id}/flows")["flows"]
    return found


def _may(account: Account, keys: Mapping[str, str]) -> bool:
    """Whether an ordinary call gets through."""
    try:
        account.client("s3", keys).list_buckets()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "InvalidAccessKeyId"):
            raise
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

"""An attacker who undoes containment every half second, in a process of its own, is refused for good; and what is told is true.

Field notes 2.3: a public tool does this and beats every published playbook but a service control policy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fight import Fight, fighting
from play import Played, play_tasks
from sandbox_client import Sandbox

PROPAGATION_S = 4
QUICK = ("--max-principals", "12", "--rename-s", "0", "--rotate-s", "0")
SLIPPERY = ("--max-principals", "12", "--rename-s", "3", "--rotate-s", "2")
"""Renames its user and throws its keys away while it is being contained."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "state", "--scenario", "fighting-attacker")
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def arena(running: Sandbox) -> Sandbox:
    running.control("POST", "/reset")
    return running


def scenario(sandbox: Sandbox) -> Any:
    return sandbox.facts["scenarios"]["fighting-attacker"]


def contained(sandbox: Sandbox, tmp_path: Path, **options: Any) -> Played:
    task = {"principals": [scenario(sandbox)["access_key_id"]], "case_id": "case-1", **options}
    return play_tasks(sandbox, tmp_path, [{"cordon.aws.iam_principal_containment": task}])


def refused_for_good(fight: Fight, ended: datetime) -> bool:
    """Nothing gets through from four seconds after the run ended, though it is tried again and again."""
    since = ended + timedelta(seconds=PROPAGATION_S)
    time.sleep(max(0.0, (since - datetime.now(UTC)).total_seconds()) + 3)
    assert len(fight.calls(since)) > 20, "the attacker has given up"
    assert fight.allowed(since) == []
    return True


def colleagues_can_work(sandbox: Sandbox) -> bool:
    for keys in scenario(sandbox)["colleagues"]:
        sandbox.client("s3", keys).list_buckets()
        role = scenario(sandbox)["shared_role_arn"]
        given = sandbox.client("sts", keys).assume_role(RoleArn=role, RoleSessionName="colleague")["Credentials"]
        session = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        sandbox.client("s3", session).list_buckets()
    return True


def scps(sandbox: Sandbox) -> dict[str, list[str]]:
    """Account -> the names of the policies attached to it."""
    organizations = sandbox.client("organizations")
    return {
        account: sorted(
            policy["Name"]
            for policy in organizations.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")[
                "Policies"
            ]
        )
        for account in sandbox.members
    }


def left_of_cordon(sandbox: Sandbox) -> list[str]:
    """What Cordon put on users and roles of the account and has not taken back."""
    iam = sandbox.iam(scenario(sandbox)["account"])
    found = iam.get_account_authorization_details(Filter=["User", "Role"])
    policies = [
        f"{one['Arn']} {policy['PolicyName']}"
        for key, held in (("UserDetailList", "UserPolicyList"), ("RoleDetailList", "RolePolicyList"))
        for one in found[key]
        for policy in one.get(held, ())
        if policy["PolicyName"].startswith("Cordon")
    ]
    return policies + [
        one["Arn"] for one in found["RoleDetailList"] if "CordonDenyAssume" in str(one["AssumeRolePolicyDocument"])
    ]


def test_escalation_ends_the_fight_and_the_release_takes_everything_back(arena: Sandbox, tmp_path: Path) -> None:
    before = scps(arena)
    with fighting(arena, tmp_path, *QUICK) as fight:
        played = contained(arena, tmp_path, escalate=True, watch_s=8)
        ended = datetime.now(UTC)
        assert played.ok, played.stdout
        result = played.of("iam_principal_containment")
        named = result["results"][0]
        assert named["verified"]
        facts = {fact["measure"]: fact["fact"] for fact in named["proof"]}
        assert "undone" in facts["watch"]
        assert "service control policy" in facts["scp_quarantine"]
        assert "probe actions" in facts["simulation"]
        assert len(result["results"]) > 3, "what the attacker made was not followed"
        assert refused_for_good(fight, ended)
        fight.stop()
    arena.control("POST", "/clock", {"advance_s": 60})
    released = play_tasks(arena, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1", "force": True}}])
    failed = [one["target"] for one in released.of("case_release")["results"] if one["status"] == "failed"]
    assert failed == [], released.stdout
    assert left_of_cordon(arena) == []
    assert scps(arena) == before
    assert not [
        policy
        for policy in arena.client("organizations").list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if policy["Name"].startswith("Cordon")
    ]


def test_who_throws_the_key_away_and_takes_another_name_is_contained_all_the_same(
    arena: Sandbox, tmp_path: Path
) -> None:
    with fighting(arena, tmp_path, *SLIPPERY, calls=600) as fight:
        played = contained(arena, tmp_path, escalate=True, watch_s=8)
        ended = datetime.now(UTC)
        assert played.ok, played.stdout
        assert refused_for_good(fight, ended)


def test_without_escalation_it_is_told_that_it_did_not_hold(arena: Sandbox, tmp_path: Path) -> None:
    with fighting(arena, tmp_path, *QUICK) as fight:
        played = contained(arena, tmp_path, watch_s=8)
        ended = datetime.now(UTC)
        assert not played.ok
        result = played.of("iam_principal_containment")
        assert not result["verified"]
        assert "undone" in result["msg"]
        assert "it did not hold" in result["msg"]
        assert "`escalate: true`" in result["msg"]
        fight.wait_for(5, since=ended + timedelta(seconds=PROPAGATION_S))


def test_a_freeze_stops_everything_new_and_leaves_innocents_their_work(arena: Sandbox, tmp_path: Path) -> None:
    with fighting(arena, tmp_path, *QUICK) as fight:
        played = contained(arena, tmp_path, freeze_iam=True, watch_s=8)
        ended = datetime.now(UTC)
        assert played.ok, played.stdout
        assert refused_for_good(fight, ended)
    keys = scenario(arena)["colleagues"][0]
    arena.client("s3", keys).list_buckets()
    responder = arena.in_account(scenario(arena)["account"]).client("iam", endpoint_url=arena.endpoint_url)
    responder.create_user(UserName="made-by-a-responder")


def test_innocents_go_on_through_a_containment_without_a_freeze(arena: Sandbox, tmp_path: Path) -> None:
    assert contained(arena, tmp_path, measures=["scp_quarantine", "deny_policy", "access_keys"], watch_s=0).ok
    arena.control("POST", "/clock", {"advance_s": 10})
    assert colleagues_can_work(arena)
    same = arena.client("s3", scenario(arena)["same_boundary"])
    same.list_buckets()

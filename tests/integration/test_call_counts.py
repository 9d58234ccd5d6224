"""What containment costs in calls to AWS, against the fewest that a script can do the same work with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from play import Played, play_tasks
from sandbox_client import ROOT, Sandbox, environment

RAW = ROOT / "tests" / "benchmarks" / "raw_containment.py"
MANY = 25
LISTING = "GetAccountAuthorizationDetails"


def contain(sandbox: Sandbox, tmp_path: Path, keys: Sequence[str], *, cmdline: str = "", **options: Any) -> Played:
    task = {"cordon.aws.iam_principal_containment": {"principals": list(keys), "watch_s": 0, **options}}
    sandbox.control("DELETE", "/calls")
    played = play_tasks(sandbox, tmp_path, [task], cmdline=cmdline)
    assert played.ok, played.stdout
    return played


def count(sandbox: Sandbox) -> int:
    return sum(sandbox.calls().values())


def writes(sandbox: Sandbox) -> int:
    return sum(sandbox.writes().values())


def calls_of_script(sandbox: Sandbox, keys: Sequence[str]) -> int:
    sandbox.control("DELETE", "/calls")
    subprocess.run([sys.executable, str(RAW), *keys], env=environment(sandbox), cwd=ROOT, check=True)
    return count(sandbox)


def leaked(sandbox: Sandbox) -> list[str]:
    return [sandbox.facts["scenarios"]["leaked-key"]["access_key_id"]]


def many_keys(sandbox: Sandbox) -> list[str]:
    """Of as many users, who have an inline policy each."""
    iam = sandbox.iam(sandbox.facts["scenarios"]["leaked-key"]["account"])
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    for number in range(MANY):
        iam.create_user(UserName=f"user-{number}")
        iam.put_user_policy(UserName=f"user-{number}", PolicyName="work", PolicyDocument=policy)
    return [iam.create_access_key(UserName=f"user-{number}")["AccessKey"]["AccessKeyId"] for number in range(MANY)]


def test_of_one_key_each_thing_is_read_once_before_and_once_after(sandbox: Sandbox, tmp_path: Path) -> None:
    contain(sandbox, tmp_path, leaked(sandbox))
    calls = sandbox.calls()
    assert writes(sandbox) == 4, "everything denied, two keys inactive, sessions denied"
    # The user and its policies are told by a listing before; afterwards each is asked for itself, the inline ones with ours beside them.
    after = ("iam:GetUser", "iam:ListUserPolicies", "iam:ListAttachedUserPolicies", "iam:GetUserPolicy")
    assert [calls.pop(name) for name in after] == [1, 1, 1, 3]
    once = ("sts:GetCallerIdentity", "sts:GetAccessKeyInfo", "sts:AssumeRole", "iam:GetAccessKeyLastUsed")
    before = ("iam:GetAccountAuthorizationDetails",)
    assert {name: calls.pop(name) for name in once + before} == dict.fromkeys(once + before, 1)
    assert {name: number for name, number in calls.items() if number > 2} == {}


def test_one_key_takes_two_calls_more_than_a_script_that_keeps_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """Who the responder is, and what was there before."""
    contain(sandbox, tmp_path, leaked(sandbox), cmdline="--check")
    observing = count(sandbox)
    contain(sandbox, tmp_path, leaked(sandbox))
    changing = writes(sandbox)
    sandbox.control("POST", "/reset")
    assert observing + changing <= calls_of_script(sandbox, leaked(sandbox)) + 2


def test_of_many_a_principal_takes_at_most_two_calls_more_than_with_a_script(sandbox: Sandbox, tmp_path: Path) -> None:
    keys = many_keys(sandbox)
    contain(sandbox, tmp_path, keys, cmdline="--check")
    observing = count(sandbox)
    assert sandbox.calls()["iam:GetAccountAuthorizationDetails"] == 1
    contain(sandbox, tmp_path, keys)
    changing = writes(sandbox)
    sandbox.control("POST", "/reset")
    assert observing + changing <= calls_of_script(sandbox, many_keys(sandbox)) + 2 * MANY


def test_the_second_run_of_many_changes_nothing_and_reads_half(sandbox: Sandbox, tmp_path: Path) -> None:
    keys = many_keys(sandbox)
    contain(sandbox, tmp_path, keys)
    first = count(sandbox) - writes(sandbox)
    again = contain(sandbox, tmp_path, keys).of("iam_principal_containment")
    assert (again["changed"], again["verified"], writes(sandbox)) == (False, True, 0)
    assert count(sandbox) <= first / 2


@pytest.mark.parametrize("watch_s", [0, 5])
def test_the_second_run_of_one_changes_nothing_and_reads_half(sandbox: Sandbox, tmp_path: Path, watch_s: int) -> None:
    contain(sandbox, tmp_path, leaked(sandbox), watch_s=watch_s)
    first = count(sandbox) - writes(sandbox)
    again = contain(sandbox, tmp_path, leaked(sandbox), watch_s=watch_s).of("iam_principal_containment")
    assert (again["changed"], again["verified"], writes(sandbox)) == (False, True, 0)
    assert count(sandbox) <= first / 2


def test_what_was_seen_in_a_listing_is_what_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    """What the listing of the account tells of each is what is told of it alone, by who may not list."""
    keys = many_keys(sandbox)
    listed = contain(sandbox, tmp_path, keys, cmdline="--check").of("iam_principal_containment")
    sandbox.control("POST", "/faults", {"service": "iam", "operation": LISTING, "error": "AccessDenied", "times": 9})
    alone = contain(sandbox, tmp_path, keys, cmdline="--check").of("iam_principal_containment")
    assert sandbox.calls()["iam:GetUser"] == MANY
    assert [one["before"] for one in listed["results"]] == [one["before"] for one in alone["results"]]

"""What containment costs in calls to AWS, against the fewest that a script can do the same work with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from play import Played, play_tasks
from sandbox_client import ROOT, Sandbox, environment

RAW = ROOT / "tests" / "benchmarks" / "raw_containment.py"
MANY, HANDFUL = 25, 5
"""More than a handful are listed together."""


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
    # The user has one inline policy before, and ours beside it after.
    assert calls.pop("iam:GetUserPolicy") == 1 + 3
    once = ("sts:GetCallerIdentity", "sts:GetAccessKeyInfo", "sts:AssumeRole", "iam:GetAccessKeyLastUsed")
    assert {name: calls.pop(name) for name in once} == dict.fromkeys(once, 1)
    assert {name: number for name, number in calls.items() if number > 2} == {}


def test_of_one_key_the_state_before_takes_five_calls_more_than_a_script_that_keeps_none(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Who the responder is, the user, its inline policies, the text of one, its attached policies."""
    contain(sandbox, tmp_path, leaked(sandbox), cmdline="--check")
    observing = count(sandbox)
    contain(sandbox, tmp_path, leaked(sandbox))
    changing = writes(sandbox)
    sandbox.control("POST", "/reset")
    assert observing + changing <= calls_of_script(sandbox, leaked(sandbox)) + 5


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


def test_the_second_run_of_one_that_was_watched_changes_nothing_and_reads_half(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    contain(sandbox, tmp_path, leaked(sandbox), watch_s=5)
    first = count(sandbox) - writes(sandbox)
    again = contain(sandbox, tmp_path, leaked(sandbox), watch_s=5).of("iam_principal_containment")
    assert (again["changed"], again["verified"], writes(sandbox)) == (False, True, 0)
    assert count(sandbox) <= first / 2


def test_what_was_seen_of_many_is_what_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    """What the listing of the account tells of each is what is told of it alone."""
    keys = many_keys(sandbox)
    together = contain(sandbox, tmp_path, keys, cmdline="--check").of("iam_principal_containment")
    handful = contain(sandbox, tmp_path, keys[-HANDFUL:], cmdline="--check").of("iam_principal_containment")
    assert "iam:GetAccountAuthorizationDetails" not in sandbox.calls()
    assert [one["before"] for one in together["results"][-HANDFUL:]] == [one["before"] for one in handful["results"]]

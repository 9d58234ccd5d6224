"""The whole playbook for a leaked key: contained first, then told what it could do; the other way round; over accounts as hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from play import Played, play
from sandbox_client import Sandbox

PLAYBOOK = "respond_to_leaked_key.yml"


def scenario(sandbox: Sandbox) -> Any:
    return sandbox.facts["scenarios"]["leaked-key"]


def modules(played: Played) -> list[str]:
    """What ran, in order, of the modules that matter here."""
    wanted = ("cordon.aws.iam_principal_containment", "cordon.aws.iam_credential_info", "cordon.aws.case_info")
    return [result["module"].rpartition(".")[2] for result in played.results if result["module"] in wanted]


def test_what_the_key_could_do_is_told_as_it_was_before_containment(sandbox: Sandbox, tmp_path: Path) -> None:
    played = play(sandbox, tmp_path, PLAYBOOK, {"access_key_ids": scenario(sandbox)["access_key_id"]})
    assert played.ok, played.stdout
    assert modules(played) == ["iam_principal_containment", "iam_credential_info", "case_info"]
    (told,) = played.of("iam_credential_info")["results"]
    assert told["principal"] == scenario(sandbox)["user_arn"]
    assert told["contained_by"]
    assert "s3" in str(told["services"])


def test_the_order_can_be_turned_round(sandbox: Sandbox, tmp_path: Path) -> None:
    given = {"access_key_ids": scenario(sandbox)["access_key_id"], "contain_first": False}
    played = play(sandbox, tmp_path, PLAYBOOK, given)
    assert played.ok, played.stdout
    assert modules(played) == ["iam_credential_info", "iam_principal_containment", "case_info"]
    (told,) = played.of("iam_credential_info")["results"]
    assert not told["contained_by"]


def test_over_accounts_as_hosts_the_account_of_the_key_responds(sandbox: Sandbox, tmp_path: Path) -> None:
    given = {"access_key_ids": scenario(sandbox)["access_key_id"], "cordon_hosts": "all", "case_id": "case-1"}
    played = play(sandbox, tmp_path, PLAYBOOK, given, inventory="organization")
    assert played.ok, played.stdout
    contained = [
        result["target"]
        for one in played.results
        if one["module"] == "cordon.aws.iam_principal_containment"
        for result in one["results"]
    ]
    assert contained == [scenario(sandbox)["user_arn"]]


def test_a_user_is_looked_for_in_the_account_of_the_host(sandbox: Sandbox, tmp_path: Path) -> None:
    """A bare name means nothing by itself: there is no such user in the account of the credentials."""
    account = scenario(sandbox)["account"]
    name = next(f"workload-{number}" for number, one in enumerate(sandbox.members, 1) if one == account)
    given = {"access_key_ids": "dana", "cordon_hosts": name}
    played = play(sandbox, tmp_path, PLAYBOOK, given, inventory="organization")
    assert played.ok, played.stdout
    (result,) = played.of("iam_principal_containment")["results"]
    assert result["target"] == scenario(sandbox)["user_arn"]


def test_a_key_that_is_no_hosts_fails_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    account = scenario(sandbox)["account"]
    others = [f"workload-{number}" for number, one in enumerate(sandbox.members, 1) if one != account]
    given = {"access_key_ids": scenario(sandbox)["access_key_id"], "cordon_hosts": others}
    played = play(sandbox, tmp_path, PLAYBOOK, given, inventory="organization")
    assert not played.ok
    assert "nothing was done about it" in played.stdout
    assert sandbox.writes() == {}

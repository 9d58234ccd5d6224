"""How AWS is reached: roles that are assumed, who counts as the responder, and what an error says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from play import Played, play_tasks
from sandbox_client import Sandbox
from test_respond_to_leaked_key import incident

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}


def contain(sandbox: Sandbox, tmp_path: Path, *principals: str, **options: Any) -> Played:
    task = {"cordon.aws.iam_principal_containment": {"principals": list(principals), **options}}
    return play_tasks(sandbox, tmp_path, [task])


def incident_role(sandbox: Sandbox) -> str:
    """A role in the management account that the responder may assume, and that may do everything."""
    iam = sandbox.client("iam")
    statement = TRUST["Statement"][0] | {"Principal": {"AWS": f"arn:aws:iam::{sandbox.management}:root"}}
    trust = json.dumps(TRUST | {"Statement": [statement]})
    arn = iam.create_role(RoleName="incident", Path="/ir/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="incident", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return str(arn)


def test_a_role_is_assumed_first_and_the_one_in_the_account_from_it(sandbox: Sandbox, tmp_path: Path) -> None:
    role = incident_role(sandbox)
    played = contain(sandbox, tmp_path, incident(sandbox)["access_key_id"], assume_role_arn=role, case_id="c1")
    assert played.ok, played.stdout
    first = json.loads((tmp_path / "cases/c1/entries/000001.json").read_bytes())
    assert first["author"].startswith(f"arn:aws:sts::{sandbox.management}:assumed-role/incident/cordon-")


def test_who_assumed_the_role_is_the_responder_too(sandbox: Sandbox, tmp_path: Path) -> None:
    """Cutting off the user would cut off the role: it could not be assumed again when the session runs out."""
    role = incident_role(sandbox)
    sandbox.control("DELETE", "/calls")
    played = contain(sandbox, tmp_path, "responder", assume_role_arn=role)
    assert not played.ok
    assert "it is the responder" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}


def test_who_assumed_the_role_in_a_profile_is_the_responder_too(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html"""
    played = contain_by_profile(sandbox, tmp_path, "responder")
    assert not played.ok
    assert "it is the responder" in played.of("iam_principal_containment")["msg"], played.stdout
    assert sandbox.writes() == {}


def test_where_it_cannot_be_told_who_that_is_nothing_is_done_and_it_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    # With this seed the role is told who it is, and the user behind it is not.
    fault = {"service": "sts", "operation": "GetCallerIdentity", "error": "ExpiredToken", "rate": 0.5, "seed": 10}
    victim = incident(sandbox)["colleagues"][0]["arn"]
    played = contain_by_profile(sandbox, tmp_path, victim, fault)
    message = played.of("iam_principal_containment")["msg"]
    assert "call sts:GetCallerIdentity: ExpiredToken" in message
    assert "sign in again" in message
    assert sandbox.calls()["sts:GetCallerIdentity"] == 2
    assert sandbox.writes() == {}


def contain_by_profile(sandbox: Sandbox, tmp_path: Path, principal: str, fault: Any = None) -> Played:
    """As a role that a profile assumes from another profile's keys."""
    keys = (sandbox.env["AWS_ACCESS_KEY_ID"], sandbox.env["AWS_SECRET_ACCESS_KEY"])
    (tmp_path / "credentials").write_text(f"[base]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n")
    (tmp_path / "config").write_text(
        f"[profile incident]\nrole_arn = {incident_role(sandbox)}\nsource_profile = base\nregion = us-east-1\n"
    )
    profile = {
        "AWS_PROFILE": "incident",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }
    if fault:
        sandbox.control("POST", "/faults", fault)
    sandbox.control("DELETE", "/calls")
    task = {"cordon.aws.iam_principal_containment": {"principals": [principal]}}
    return play_tasks(sandbox, tmp_path, [task], **profile)


def test_a_role_that_may_not_be_assumed_is_named_with_the_way_out(sandbox: Sandbox, tmp_path: Path) -> None:
    account = incident(sandbox)["account"]
    played = contain(sandbox, tmp_path, incident(sandbox)["user_arn"], assume_role_name="NoSuchRole")
    message = played.of("iam_principal_containment")["msg"]
    for part in (f"assume role NoSuchRole in account {account}", "AccessDenied", "`assume_role_name`"):
        assert part in message
    assert "iam:GetUser on it" not in message


def test_an_arn_without_a_path_names_the_user_whatever_its_path(sandbox: Sandbox, tmp_path: Path) -> None:
    """As findings tell it. Names are unique in an account:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names"""
    arn = incident(sandbox)["user_arn"]
    played = contain(sandbox, tmp_path, arn.replace("/developers/", "/"))
    assert [entry["target"] for entry in played.of("iam_principal_containment")["results"]] == [arn]
    assert played.ok, played.stdout


def test_an_arn_with_another_path_is_refused_and_the_right_one_told(sandbox: Sandbox, tmp_path: Path) -> None:
    arn = incident(sandbox)["user_arn"]
    played = contain(sandbox, tmp_path, arn.replace("/developers/", "/managers/"))
    assert f"the user of that name is {arn}" in played.of("iam_principal_containment")["msg"]


def test_a_user_of_another_account_than_those_named_is_left_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    """A finding that somebody forged may name anybody's key."""
    sandbox.control("DELETE", "/calls")
    played = contain(sandbox, tmp_path, incident(sandbox)["access_key_id"], accounts=[sandbox.members[1]])
    assert f"it is in account {incident(sandbox)['account']}" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}


def test_a_user_who_took_the_name_of_another_is_not_contained_in_its_place(sandbox: Sandbox, tmp_path: Path) -> None:
    iam = sandbox.iam(incident(sandbox)["account"])
    arn = incident(sandbox)["user_arn"]
    meant = iam.get_user(UserName="dana")["User"]["UserId"]
    iam.update_user(UserName="dana", NewUserName="svc-backup")
    iam.create_user(UserName="dana", Path="/developers/")
    sandbox.control("DELETE", "/calls")
    played = contain(sandbox, tmp_path, arn, unique_ids={arn: meant})
    message = played.of("iam_principal_containment")["msg"]
    assert "it is another one now" in message
    assert meant in message
    assert sandbox.writes() == {}


def test_a_role_in_the_account_that_cannot_be_assumed_is_no_reason_to_suspect_the_key(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    played = contain(sandbox, tmp_path, incident(sandbox)["access_key_id"], assume_role_name="NoSuchRole")
    message = played.of("iam_principal_containment")["msg"]
    for part in ("find the owner of access key", incident(sandbox)["account"], "typing error", "`assume_role_name`"):
        assert part in message


def test_two_names_for_one_user_are_one_target(sandbox: Sandbox, tmp_path: Path) -> None:
    names = [incident(sandbox)["access_key_id"], incident(sandbox)["user_arn"]]
    result = contain(sandbox, tmp_path, *names).of("iam_principal_containment")
    assert [entry["target"] for entry in result["results"]] == [incident(sandbox)["user_arn"]] * 2
    assert len(result["steps"]) == 4

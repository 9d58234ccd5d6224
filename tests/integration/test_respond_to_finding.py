"""A finding becomes a containment, or nothing at all: judged from outside, by who still gets in and by what was written to AWS."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from play import Played, play
from sandbox_client import Sandbox


def incident(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.facts["scenarios"]["leaked-key"]


def event(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """The scenario's finding as EventBridge delivers it, with `changes` in the finding."""
    found = copy.deepcopy(incident(sandbox)["finding"])
    found["detail"].update(changes)
    return found


def as_session(sandbox: Sandbox, **details: str) -> dict[str, Any]:
    """The same deed, done with a temporary key of the user: the finding tells the user's name and unique id, and no path."""
    found = event(sandbox)
    found["detail"]["resource"]["accessKeyDetails"].update({"accessKeyId": "ASIAIOSFODNN7EXAMPLE", **details})
    return found


def about(sandbox: Sandbox, **details: str) -> dict[str, Any]:
    """The same deed, done with this credential."""
    found = event(sandbox)
    found["detail"]["resource"]["accessKeyDetails"] = details
    return found


def respond(sandbox: Sandbox, tmp_path: Path, finding: object, *, by_file: bool = True, **variables: object) -> Played:
    """Run the playbook, with the calls to AWS counted from here on."""
    sandbox.control("DELETE", "/calls")
    if not by_file:
        return play(sandbox, tmp_path, "respond_to_finding.yml", {"finding": finding, **variables})
    path = tmp_path / "finding.json"
    path.write_text(json.dumps(finding))
    return play(sandbox, tmp_path, "respond_to_finding.yml", {"finding_file": str(path), **variables})


def case_text(tmp_path: Path) -> str:
    return "".join(path.read_text() for path in (tmp_path / "cases").rglob("*") if path.is_file())


class SharedRole:
    """The role deploy in the account of the incident, whose path no finding tells, with the sessions of two people."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = incident(sandbox)["account"]
        iam = sandbox.iam(self.account)
        trusted = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"},
            "Action": "sts:AssumeRole",
        }
        self.role = iam.create_role(
            RoleName="deploy",
            Path="/ops/",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        )["Role"]
        iam.attach_role_policy(RoleName="deploy", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self._sts = sandbox.in_account(self.account).client("sts", endpoint_url=sandbox.endpoint_url)
        self.bob, self.carol = self.session("bob"), self.session("carol")

    def session(self, name: str) -> dict[str, str]:
        given = self._sts.assume_role(RoleArn=self.role["Arn"], RoleSessionName=name)["Credentials"]
        return {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }

    def details(self, **changes: str) -> dict[str, str]:
        """Bob's session as findings tell it."""
        told = {
            "accessKeyId": self.bob["access_key_id"],
            "principalId": f"{self.role['RoleId']}:bob",
            "userType": "AssumedRole",
            "userName": "deploy",
        }
        return {**told, **changes}

    def arn_of(self, name: str) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/deploy/{name}"


def gets_in(sandbox: Sandbox, keys: dict[str, str]) -> bool:
    try:
        sandbox.client("s3", keys).list_buckets()
    except ClientError:
        return False
    return True


def nothing_was_done(sandbox: Sandbox, tmp_path: Path) -> bool:
    attacker = incident(sandbox)["attacker"]["access_keys"]
    return sandbox.writes() == {} and not (tmp_path / "cases").exists() and gets_in(sandbox, attacker[0])


@pytest.mark.parametrize("by_file", [True, False])
def test_the_attacker_of_the_finding_is_shut_out_and_colleagues_are_not(
    sandbox: Sandbox, tmp_path: Path, by_file: bool
) -> None:
    attacker = incident(sandbox)["attacker"]["access_keys"]
    assert all(gets_in(sandbox, keys) for keys in attacker), "or the test proves nothing"
    played = respond(sandbox, tmp_path, event(sandbox), by_file=by_file)
    assert played.ok, played.stdout
    results = played.of("iam_principal_containment")["results"]
    assert {(entry["target"], entry["status"]) for entry in results} == {(incident(sandbox)["user_arn"], "contained")}
    assert [gets_in(sandbox, keys) for keys in attacker] == [False] * 3
    assert all(gets_in(sandbox, keys) for keys in incident(sandbox)["colleagues"])


def test_a_session_of_a_user_leads_to_the_user_although_the_path_is_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    played = respond(sandbox, tmp_path, as_session(sandbox))
    assert played.ok, played.stdout
    (entry,) = played.of("iam_principal_containment")["results"]
    assert (entry["target"], entry["verified"]) == (incident(sandbox)["user_arn"], True)
    assert ":user/developers/" in entry["target"]
    assert not any(gets_in(sandbox, keys) for keys in incident(sandbox)["attacker"]["access_keys"])


def test_who_has_taken_the_name_of_another_user_is_not_contained_in_its_place(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    played = respond(sandbox, tmp_path, as_session(sandbox, principalId="AIDACKCEVSQ6C2EXAMPLE"))
    assert not played.ok
    assert "it is another one now" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}


def test_deleting_the_leaked_key_does_not_save_its_user(sandbox: Sandbox, tmp_path: Path) -> None:
    found = incident(sandbox)
    sandbox.iam(found["account"]).delete_access_key(UserName="dana", AccessKeyId=found["access_key_id"])
    results = respond(sandbox, tmp_path, event(sandbox)).of("iam_principal_containment")["results"]
    assert (found["user_arn"], "contained") in [(entry["target"], entry["status"]) for entry in results]


def test_what_else_the_finding_names_stands_in_the_case(sandbox: Sandbox, tmp_path: Path) -> None:
    found = event(sandbox)
    found["detail"]["resource"]["s3BucketDetails"] = [{"name": "invoices"}]
    played = respond(sandbox, tmp_path, found)
    assert played.ok, played.stdout
    assert "bucket invoices (arn:aws:s3:::invoices) is named in it and is not contained" in case_text(tmp_path)


def test_one_session_of_a_role_is_contained_and_a_colleagues_session_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    shared = SharedRole(sandbox)
    assert all(gets_in(sandbox, keys) for keys in (shared.bob, shared.carol)), "or the test proves nothing"
    played = respond(sandbox, tmp_path, about(sandbox, **shared.details()), watch_s=0)
    assert played.ok, played.stdout
    (entry,) = played.of("iam_principal_containment")["results"]
    assert (entry["target"], entry["verified"]) == (shared.arn_of("bob"), True)
    assert [gets_in(sandbox, keys) for keys in (shared.bob, shared.carol, shared.session("dave"))] == [
        False,
        True,
        True,
    ]
    assert not gets_in(sandbox, shared.session("bob")), "a new session of that name is the same one"
    assert (
        f"to contain it with all its sessions: ansible-playbook playbooks/respond_to_leaked_key.yml "
        f"-e access_key_ids=arn:aws:iam::{shared.account}:role/deploy"
    ) in case_text(tmp_path)


def test_the_whole_role_is_contained_where_a_human_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    shared = SharedRole(sandbox)
    played = respond(sandbox, tmp_path, about(sandbox, **shared.details()), scope="principal", watch_s=0)
    assert played.ok, played.stdout
    (entry,) = played.of("iam_principal_containment")["results"]
    assert (entry["target"], entry["verified"]) == (shared.role["Arn"], True)
    assert not any(gets_in(sandbox, keys) for keys in (shared.bob, shared.carol))
    assert "to contain it with all its sessions" not in case_text(tmp_path)


def test_iam_is_frozen_for_all_but_responders_where_a_human_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    shared = SharedRole(sandbox)
    freeze = {"freeze_iam": True, "responders": [incident(sandbox)["colleagues"][0]["arn"]], "watch_s": 0}
    played = respond(sandbox, tmp_path, about(sandbox, **shared.details()), **freeze)
    assert played.ok, played.stdout
    assert gets_in(sandbox, shared.carol)
    with pytest.raises(ClientError, match="AccessDenied"):
        sandbox.client("iam", shared.carol).create_user(UserName="backdoor")
    assert played.of("iam_principal_containment")["invocation"]["module_args"]["responders"] == freeze["responders"]


def test_an_actor_of_another_account_than_the_findings_is_not_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    """Somebody else's session may be named there: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Actor.html"""
    shared = SharedRole(sandbox)
    uid = {"uid": f"{shared.role['RoleId']}:bob", "account": {"uid": shared.account}}
    actor = {"id": "actor:1", "user": {"name": "deploy", "type": "AssumedRole", **uid}}
    found = event(
        sandbox,
        accountId=sandbox.members[1],
        type="AttackSequence:IAM/CompromisedCredentials",
        resource={"resourceType": "AttackSequence"},
        service={"detection": {"sequence": {"actors": [actor]}}},
    )
    played = respond(sandbox, tmp_path, found, watch_s=0)
    assert not played.ok
    assert f"and `accounts` allows {sandbox.members[1]}" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}
    assert gets_in(sandbox, shared.bob)


def test_a_role_that_has_taken_the_name_of_another_is_not_contained_in_its_place(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    shared = SharedRole(sandbox)
    details = shared.details(principalId="AROACKCEVSQ6C2EXAMPLE:bob")
    played = respond(sandbox, tmp_path, about(sandbox, **details), watch_s=0)
    assert not played.ok
    assert "it is another one now" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}


def test_of_a_federated_user_the_user_behind_is_contained(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whom the finding does not tell, and CloudTrail does:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    federated = incident(sandbox)["attacker"]["access_keys"][2]
    found = about(
        sandbox,
        accessKeyId=federated["access_key_id"],
        principalId=f"{incident(sandbox)['account']}:helpdesk",
        userType="FederatedUser",
        userName="helpdesk",
    )
    played = respond(sandbox, tmp_path, found, watch_s=0)
    assert played.ok, played.stdout
    (entry,) = played.of("iam_principal_containment")["results"]
    assert (entry["target"], entry["verified"]) == (incident(sandbox)["user_arn"], True)
    assert not any(gets_in(sandbox, keys) for keys in incident(sandbox)["attacker"]["access_keys"])


@pytest.fixture(scope="module")
def privileged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a root user that has a key, and a role of Identity Center in which two people work."""
    scenarios = ("--scenario", "leaked-key", "--scenario", "privileged-identities")
    sandbox = Sandbox(tmp_path_factory.mktemp("privileged") / "state", *scenarios)
    yield sandbox
    assert sandbox.stop() == 0


class TestWhatOnlyAServiceControlPolicyReaches:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html and
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""

    @pytest.fixture(autouse=True)
    def planted(self, privileged: Sandbox) -> None:
        privileged.control("POST", "/reset")
        self.sandbox, self.facts = privileged, privileged.facts["scenarios"]["privileged-identities"]
        assert self.facts["account"] == incident(privileged)["account"], "the finding is about that account"

    def working(self) -> set[str]:
        people = {"root": self.facts["root"], **self.facts["sessions"]}
        return {name for name, keys in people.items() if gets_in(self.sandbox, keys)}

    def test_root_of_a_member_account_is_shut_out_and_nobody_else(self, tmp_path: Path) -> None:
        assert self.working() == {"root", "mallory@example.com", "ines@example.com"}, "or the test proves nothing"
        root = self.facts["root"]
        found = about(
            self.sandbox,
            accessKeyId=root["access_key_id"],
            principalId=self.facts["account"],
            userType="Root",
            userName="Root",
        )
        played = respond(self.sandbox, tmp_path, found, watch_s=0)
        assert played.ok, played.stdout
        (entry,) = played.of("iam_principal_containment")["results"]
        assert (entry["target"], entry["verified"]) == (root["arn"], True)
        assert self.working() == {"mallory@example.com", "ines@example.com"}
        assert "its password, access keys and MFA devices are as they were" in case_text(tmp_path)

    def test_of_an_identity_center_role_the_one_session_is_shut_out(self, tmp_path: Path) -> None:
        mallory = self.facts["sessions"]["mallory@example.com"]
        found = about(
            self.sandbox,
            accessKeyId=mallory["access_key_id"],
            principalId=mallory["user_id"],
            userType="AssumedRole",
            userName=mallory["arn"].split("/")[1],
        )
        played = respond(self.sandbox, tmp_path, found, watch_s=0)
        assert played.ok, played.stdout
        (entry,) = played.of("iam_principal_containment")["results"]
        assert (entry["target"], entry["verified"]) == (mallory["arn"], True)
        assert self.working() == {"root", "ines@example.com"}


def test_a_sample_does_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    played = respond(sandbox, tmp_path, event(sandbox, title="[SAMPLE] A key was used."))
    assert played.ok, played.stdout
    assert "is a sample. Nothing was done." in played.stdout
    assert nothing_was_done(sandbox, tmp_path)


@pytest.mark.parametrize("by_file", [True, False])
def test_a_template_in_the_title_of_a_finding_runs_nothing(sandbox: Sandbox, tmp_path: Path, by_file: bool) -> None:
    mark = tmp_path / "ran"
    hostile = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    played = respond(sandbox, tmp_path, event(sandbox, title=hostile), by_file=by_file)
    assert played.ok, played.stdout
    assert not mark.exists()


def test_an_event_that_does_not_come_from_aws_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html"""
    played = respond(sandbox, tmp_path, {**event(sandbox), "source": "com.example.forged"})
    assert not played.ok
    assert "the source of its event is com.example.forged, not aws.guardduty" in played.of("finding_targets")["msg"]
    assert nothing_was_done(sandbox, tmp_path)

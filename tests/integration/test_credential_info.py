"""What iam_credential_info tells of credentials in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from iam_calls import policy, trust
from play import Played, play_tasks
from sandbox_client import Sandbox
from test_respond_to_leaked_key import incident

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.credential import investigation
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import known_methods
from ansible_collections.cordon.aws.plugins.module_utils.credential.investigation import Wish, investigate
from ansible_collections.cordon.aws.plugins.module_utils.credential.screen import as_json, lines
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
METHODS = known_methods()


def cloud_of(sandbox: Sandbox, keys: Mapping[str, str] | None = None) -> Cloud:
    """With the responder's credentials, or these."""
    given = keys or {
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    credentials = {f"aws_{name}": value for name, value in given.items() if name != "session_token"}
    return Cloud(Connection(region="us-east-1", endpoint_url=sandbox.endpoint_url, credentials=credentials))


def told(
    sandbox: Sandbox, *principals: str, keys: Mapping[str, str] | None = None, **wish: Any
) -> list[dict[str, Any]]:
    """What the module would return for these; the report of services is asked for only where the wish says so."""
    wanted = Wish(methods=METHODS, **({"last_accessed_wait_s": 0} | wish))
    known = investigate(cloud_of(sandbox, keys), parse_principals(principals, "principals"), wanted)
    now = datetime.now(UTC)
    assert lines(known, now)
    return [as_json(rank, one, now, with_documents=False) for rank, one in enumerate(known, start=1)]


def ask(sandbox: Sandbox, tmp_path: Path, *, cmdline: str = "", **options: Any) -> Played:
    task = {"cordon.aws.iam_credential_info": {"last_accessed_wait_s": 0, **options}}
    return play_tasks(sandbox, tmp_path, [task], cmdline=cmdline)


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    return sandbox.members[1]


@pytest.fixture
def iam(sandbox: Sandbox, account: str) -> Any:
    """An administrator's client of IAM in that account."""
    return sandbox.iam(account)


def user(iam: Any, name: str, *, text: str = "", attached: str = "") -> str:
    """A user with an inline or a managed policy; its ARN."""
    made = iam.create_user(UserName=name)["User"]
    if text:
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=text)
    if attached:
        iam.attach_user_policy(UserName=name, PolicyArn=attached)
    return str(made["Arn"])


def key_of(iam: Any, name: str) -> dict[str, str]:
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


def test_a_leaked_key_is_told_of(sandbox: Sandbox, tmp_path: Path) -> None:
    leaked = incident(sandbox)
    stolen = leaked["attacker"]["access_keys"][0]
    sandbox.client("s3", stolen).list_buckets()
    sandbox.control("DELETE", "/calls")
    played = ask(sandbox, tmp_path, principals=[leaked["access_key_id"], leaked["user_arn"]])
    assert played.ok, played.stdout
    answer = played.of("iam_credential_info")
    (found,) = answer["results"]
    assert found["principal"] == leaked["user_arn"]
    assert found["names"] == [leaked["access_key_id"], leaked["user_arn"]]
    assert (found["rank"], found["kind"], found["administrator"]) == (1, "user", "no")
    assert found["groups"] == ["developers"]
    held = {(one["kind"], one["name"], one["via"]) for one in found["policies"]}
    assert held == {
        ("inline", "federation", None),
        ("attached", "IAMReadOnlyAccess", None),
        ("inline", "work", "developers"),
    }
    assert "document" not in found["policies"][0]
    assert found["services"] == {"s3": "everything", "ec2": "some", "iam": "some", "sts": "some"}
    assert {key["id"]: key["status"] for key in found["keys"]} == {
        leaked["access_key_id"]: "Active",
        leaked["unused_access_key"]["access_key_id"]: "Active",
    }
    assert found["scps"]["status"] == "read"
    assert {one["name"] for one in found["scps"]["policies"]} == {"FullAWSAccess"}
    assert (found["trusted_by"]["status"], found["last_accessed"]["status"]) == ("not checked", "not checked")
    assert any("trusting_accounts" in line for line in found["unchecked"])
    assert not answer["changed"]
    assert sandbox.writes() == {}


def test_the_key_that_is_in_use_is_told_with_its_last_use(sandbox: Sandbox) -> None:
    leaked = incident(sandbox)
    sandbox.client("s3", leaked["attacker"]["access_keys"][0]).list_buckets()
    (found,) = told(sandbox, leaked["access_key_id"])
    used = {key["id"]: (key["last_used"] is not None, key["service"]) for key in found["keys"]}
    assert used == {
        leaked["access_key_id"]: (True, "s3"),
        leaked["unused_access_key"]["access_key_id"]: (False, None),
    }
    assert leaked["access_key_id"] in found["worry"][0]
    assert "(s3, us-east-1)" in found["worry"][0]


def test_the_services_that_were_asked_for_anything_are_told(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html: recent activity takes up to four hours."""
    leaked = incident(sandbox)
    stolen = leaked["attacker"]["access_keys"][0]
    sandbox.client("s3", stolen).list_buckets()
    sandbox.client("ec2", stolen).describe_instances()
    sandbox.control("POST", "/clock", {"advance_s": 5 * 3600})
    (found,) = told(sandbox, leaked["access_key_id"], last_accessed_wait_s=20)
    assert found["last_accessed"]["status"] == "read", found["last_accessed"]
    services = {one["service"]: one["when"] for one in found["last_accessed"]["services"]}
    assert {"s3", "ec2"} <= set(services)
    assert all(services.values())
    assert not any("services that it last used" in line for line in found["unchecked"])


def test_check_mode_answers_the_same(sandbox: Sandbox, tmp_path: Path) -> None:
    principals = [incident(sandbox)["user_arn"]]
    plain, checked = (
        ask(sandbox, tmp_path, principals=principals, cmdline=cmdline).of("iam_credential_info")["results"]
        for cmdline in ("", "--check")
    )
    assert plain == checked


def test_a_contained_user_is_told_of_as_before(sandbox: Sandbox, tmp_path: Path) -> None:
    owner = incident(sandbox)["user_arn"]
    (before,) = told(sandbox, owner)
    contained = play_tasks(sandbox, tmp_path, [{"cordon.aws.iam_principal_containment": {"principals": [owner]}}])
    assert contained.ok, contained.stdout
    (after,) = told(sandbox, owner)
    assert before["contained_by"] == []
    assert "inline policy CordonDenyAll" in after["contained_by"]
    same = ("administrator", "services", "escalation_paths", "policies", "boundary", "groups", "scps")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert all("is inactive now" in line for line in after["worry"] if "Access key" in line)
    (now,) = told(sandbox, owner, before_containment=False)
    assert (now["services"], now["contained_by"]) == ({}, [])


def test_the_most_worrying_comes_first(sandbox: Sandbox, iam: Any) -> None:
    admin, helper = user(iam, "admin", attached=ADMINISTRATOR), user(iam, "helper", text=policy("iam:AttachUserPolicy"))
    reader, idle = user(iam, "reader", text=policy("s3:GetObject")), user(iam, "idle", attached=ADMINISTRATOR)
    for name in ("reader", "helper", "admin"):
        sandbox.client("sts", key_of(iam, name)).get_caller_identity()
    found = told(sandbox, reader, idle, helper, admin)
    assert [one["principal"] for one in found] == [admin, helper, idle, reader]
    assert [one["rank"] for one in found] == [1, 2, 3, 4]
    assert [one["administrator"] for one in found] == ["yes", "no", "yes", "no"]
    assert found[0]["worry"][0] == "It is an administrator: attached policy AdministratorAccess allows it."
    assert [path["name"] for path in found[1]["escalation_paths"]] == ["AttachUserPolicy"]
    assert found[1]["escalation_paths"][0]["page"] == "https://pathfinding.cloud/paths/iam-008"


def test_many_of_one_account_are_read_at_once_and_told_the_same(
    sandbox: Sandbox, iam: Any, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iam.create_policy(PolicyName="team", PolicyDocument=policy("s3:*"))["Policy"]["Arn"]
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy("s3:Get*", "iam:Get*"))["Policy"]["Arn"]
    iam.create_group(GroupName="helpdesk")
    iam.put_group_policy(GroupName="helpdesk", PolicyName="keys", PolicyDocument=policy("iam:CreateAccessKey"))
    iam.attach_group_policy(GroupName="helpdesk", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    principals = [user(iam, f"user-{number}", attached=made, text=policy("sqs:*")) for number in range(4)]
    iam.add_user_to_group(GroupName="helpdesk", UserName="user-0")
    iam.put_user_permissions_boundary(UserName="user-1", PermissionsBoundary=limit)
    role = iam.create_role(RoleName="ci", AssumeRolePolicyDocument=trust(sandbox), PermissionsBoundary=limit)["Role"]
    iam.put_role_policy(RoleName="ci", PolicyName="build", PolicyDocument=policy("iam:PassRole", "ec2:RunInstances"))
    principals.append(role["Arn"])
    sandbox.control("DELETE", "/calls")
    at_once = told(sandbox, *principals)
    calls = sandbox.calls()
    assert calls["iam:GetAccountAuthorizationDetails"] == 4
    assert not {"iam:GetUserPolicy", "iam:ListGroupsForUser", "iam:ListAttachedUserPolicies"} & set(calls)
    monkeypatch.setattr(investigation, "MANY", 100)
    assert told(sandbox, *principals) == at_once
    told_of = {one["principal"]: one for one in at_once}
    assert (
        told_of[principals[0]]["services"] | {"iam": "some", "s3": "everything"} == told_of[principals[0]]["services"]
    )
    assert [path["name"] for path in told_of[principals[0]]["escalation_paths"]] == ["CreateAccessKey"]
    assert told_of[principals[1]]["services"] == {"s3": "some"}
    assert told_of[principals[1]]["boundary"]["name"] == "limit"
    assert told_of[role["Arn"]]["escalation_paths"] == []


def test_one_principal_takes_few_calls(sandbox: Sandbox) -> None:
    """Each policy, list and key once, and who the responder is; the user itself is not described twice."""
    owner = incident(sandbox)["user_arn"]
    sandbox.control("DELETE", "/calls")
    told(sandbox, owner)
    calls = {name: count for name, count in sandbox.calls().items() if name.startswith("iam:")}
    assert calls == {
        "iam:GetUser": 1,
        "iam:ListUserPolicies": 1,
        "iam:GetUserPolicy": 1,
        "iam:ListAttachedUserPolicies": 1,
        "iam:GetPolicy": 1,
        "iam:GetPolicyVersion": 1,
        "iam:ListGroupsForUser": 1,
        "iam:ListGroupPolicies": 1,
        "iam:GetGroupPolicy": 1,
        "iam:ListAttachedGroupPolicies": 1,
        "iam:ListAccessKeys": 1,
        "iam:GetAccessKeyLastUsed": 2,
    }


def test_what_is_told_agrees_with_the_policy_simulator(sandbox: Sandbox, iam: Any, account: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: on all resources, without a context."""
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy("iam:*", "lambda:*", "glue:*"))["Policy"]["Arn"]
    alice = user(iam, "alice", text=policy("iam:*", "lambda:Create*", "lambda:Invoke*", "ec2:*"))
    iam.put_user_policy(UserName="alice", PolicyName="not", PolicyDocument=policy("iam:*LoginProfile", Effect="Deny"))
    iam.create_group(GroupName="etl")
    iam.put_group_policy(GroupName="etl", PolicyName="glue", PolicyDocument=policy("glue:*"))
    iam.add_user_to_group(GroupName="etl", UserName="alice")
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=limit)
    (found,) = told(sandbox, alice)
    assert {path["possible"] for path in found["escalation_paths"]} == {"yes"}
    names = {path["name"] for path in found["escalation_paths"]}
    actions = sorted({action for method in METHODS for action in method.actions})
    simulated = iam.simulate_principal_policy(PolicySourceArn=alice, ActionNames=actions, MaxItems=1000)
    allowed = {
        one["EvalActionName"].lower() for one in simulated["EvaluationResults"] if one["EvalDecision"] == "allowed"
    }
    assert names == {method.name for method in METHODS if set(method.actions) <= allowed}
    assert {"CreateAccessKey", "PassExistingRoleToNewLambdaThenInvoke", "PassExistingRoleToNewGlueJobThenRun"} <= names
    assert not {"CreateLoginProfile", "CreateEC2WithExistingIP"} & names


def test_roles_and_sessions_are_told_of(sandbox: Sandbox, iam: Any, account: str) -> None:
    made = iam.create_role(RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument=trust(sandbox))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="deploy", PolicyArn=ADMINISTRATOR)
    session = f"arn:aws:sts::{account}:assumed-role/deploy/bob"
    role, bob = sorted(told(sandbox, session, made), key=lambda one: one["kind"])
    assert (role["kind"], role["principal"], role["administrator"]) == ("role", made, "yes")
    assert (bob["kind"], bob["principal"], bob["administrator"]) == ("session", session, "yes")
    assert bob["keys"] == role["keys"] == []
    assert any("session was given" in line for line in bob["unchecked"])


def test_root_may_do_what_service_control_policies_leave(sandbox: Sandbox, account: str) -> None:
    organizations = sandbox.client("organizations")
    (free,) = told(sandbox, f"arn:aws:iam::{account}:root")
    assert (free["kind"], free["administrator"], free["policies"]) == ("root", "yes", [])
    made = organizations.create_policy(
        Name="no-iam", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy("iam:*", Effect="Deny")
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=account)
    (bound,) = told(sandbox, f"arn:aws:iam::{account}:root")
    assert bound["administrator"] == "no"
    assert bound["administrator_why"] == [f"service control policy no-iam on {account} denies it"]


def test_service_control_policies_do_not_apply_to_the_management_account(sandbox: Sandbox) -> None:
    (found,) = told(sandbox, "responder")
    assert found["scps"]["status"] == "do not apply"
    assert found["administrator"] == "yes"


def test_roles_elsewhere_that_trust_it_are_told_of(sandbox: Sandbox, iam: Any, account: str) -> None:
    alice = user(iam, "alice", text=policy("sts:AssumeRole", Resource=f"arn:aws:iam::{sandbox.members[2]}:role/named"))
    elsewhere = sandbox.iam(sandbox.members[2])
    for name, principal in (("named", alice), ("whole", account), ("other", sandbox.management)):
        elsewhere.create_role(RoleName=name, AssumeRolePolicyDocument=trust(sandbox, Principal={"AWS": principal}))
    (found,) = told(sandbox, alice, trusting_accounts=("organization",))
    trusted = found["trusted_by"]
    assert (trusted["status"], trusted["accounts"]) == ("read", sorted([sandbox.management, *sandbox.members]))
    roles = {one["role"].rpartition("/")[2]: (one["through"], one["possible"]) for one in trusted["roles"]}
    assert roles == {"named": ("itself", "yes"), "whole": ("its account", "no")}
    assert found["worry"] == [f"It may assume roles in other accounts: arn:aws:iam::{sandbox.members[2]}:role/named."]


def test_what_may_not_be_read_is_never_taken_for_nothing(sandbox: Sandbox, iam: Any, account: str) -> None:
    """A responder of the member account who may look users up and no more."""
    user(iam, "junior", text=policy("iam:GetUser", "iam:ListAccessKeys", "iam:ListGroupsForUser"))
    alice = user(iam, "alice", attached=ADMINISTRATOR)
    key_of(iam, "alice")
    found, lost = told(sandbox, alice, "nobody", keys=key_of(iam, "junior"), trusting_accounts=(sandbox.members[0],))
    assert (found["administrator"], found["scps"]["status"]) == ("unknown", "not readable")
    assert {one["readable"] for one in found["policies"]} == {False}
    assert [key["last_used_readable"] for key in found["keys"]] == [False]
    assert list(found["trusted_by"]["not_readable"]) == [sandbox.members[0]]
    assert any("AccessDenied" in line for line in found["unchecked"])
    assert (lost["rank"], lost["principal"], lost["names"]) == (None, None, ["nobody"])
    assert "NoSuchEntity" in lost["error"]


def test_a_name_that_is_nobodys_fails_at_the_end_and_the_others_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    owner = incident(sandbox)["user_arn"]
    played = ask(sandbox, tmp_path, principals=["nobody", owner])
    assert not played.ok
    answer = played.of("iam_credential_info")
    assert answer["msg"].startswith("1 of 2 principals are not known. nobody: Cannot ")
    assert [one["principal"] for one in answer["results"]] == [owner, None]
    assert answer["summary_text"][0] == "NOT KNOWN: 1 of 2"


def test_principals_of_other_accounts_are_refused_or_left_to_others(sandbox: Sandbox, tmp_path: Path, iam: Any) -> None:
    alice, dana = user(iam, "alice"), incident(sandbox)["user_arn"]
    here = {"principals": [alice, dana], "accounts": [incident(sandbox)["account"]]}
    refused = ask(sandbox, tmp_path, **here)
    assert not refused.ok
    assert f"Cannot look at {alice}" in refused.of("iam_credential_info")["msg"]
    left = ask(sandbox, tmp_path, **here, elsewhere="leave")
    assert left.ok, left.stdout
    answer = left.of("iam_credential_info")
    assert [one["principal"] for one in answer["results"]] == [dana]
    assert answer["left_out"] == [alice]
    assert any(alice in line for line in answer["summary_text"])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"trusting_accounts": ["all", "111122223333"]}, "`trusting_accounts[0]` = 'all'"),
        ({"last_accessed_wait_s": 601}, "`last_accessed_wait_s` = 601"),
        ({"accounts": ["1"]}, "`accounts[0]` = '1'"),
        ({"principals": []}, "`principals`"),
        ({"principals": ["arn:aws:s3:::amzn-s3-demo-bucket"]}, "`principals[0]`"),
    ],
)
def test_bad_input_is_refused_before_the_first_call(
    sandbox: Sandbox, tmp_path: Path, options: dict[str, Any], names: str
) -> None:
    sandbox.control("DELETE", "/calls")
    played = ask(sandbox, tmp_path, **({"principals": ["dana"]} | options))
    assert not played.ok
    assert names in played.of("iam_credential_info")["msg"]
    assert sandbox.calls() == {}


def test_documents_are_returned_on_wish(sandbox: Sandbox, tmp_path: Path) -> None:
    played = ask(sandbox, tmp_path, principals=[incident(sandbox)["user_arn"]], documents=True)
    (found,) = played.of("iam_credential_info")["results"]
    assert all('"Statement"' in str(one["document"]) or one["document"] for one in found["policies"])
    assert "sts:GetFederationToken" in next(
        str(one["document"]) for one in found["policies"] if one["name"] == "federation"
    )

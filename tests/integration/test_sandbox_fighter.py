"""The fighting attacker is what the field notes say that it is: the published playbook does not stop it, a service control policy does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fight import Fight, fighting
from sandbox_client import Sandbox, wait_until

DENY_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
AWS_DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
NOT_FOR_RESPONDERS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}},
            }
        ],
    }
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("arena") / "state", "--accounts", "1", "--scenario", "fighting-attacker")
    yield sandbox
    assert sandbox.stop() == 0, "the sandbox did not stop cleanly"


@pytest.fixture
def fresh(arena: Sandbox) -> Sandbox:
    arena.control("POST", "/reset")
    return arena


def incident(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.facts["scenarios"]["fighting-attacker"]


def contained_by_the_playbook(sandbox: Sandbox) -> None:
    """As published: deny everything to the user, and switch its keys off.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html"""
    iam, user_id = sandbox.iam(incident(sandbox)["account"]), user_id_of(sandbox)
    name = name_of(iam, user_id)
    iam.put_user_policy(UserName=name, PolicyName="DenyAll", PolicyDocument=DENY_ALL)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")


def user_id_of(sandbox: Sandbox) -> str:
    return incident(sandbox)["finding"]["detail"]["resource"]["accessKeyDetails"]["principalId"]


def name_of(iam: Any, user_id: str) -> str:
    """What the user is called by now."""
    return next(user["UserName"] for user in iam.list_users()["Users"] if user["UserId"] == user_id)


def now() -> datetime:
    return datetime.now(UTC)


def refused(sandbox: Sandbox, keys: dict[str, str]) -> list[str]:
    """What an innocent would miss: its daily calls, and the shared role."""

    def deploys() -> None:
        sandbox.client("sts", keys).assume_role(RoleArn=incident(sandbox)["shared_role_arn"], RoleSessionName="work")

    daily = {
        "ListBuckets": sandbox.client("s3", keys).list_buckets,
        "DescribeInstances": sandbox.client("ec2", keys).describe_instances,
        "ListUsers": sandbox.client("iam", keys).list_users,
        "AssumeRole": deploys,
    }
    found = []
    for name, call in daily.items():
        try:
            call()
        except ClientError as error:
            found.append(f"{name}: {error}")
    return found


def innocents(sandbox: Sandbox) -> list[dict[str, str]]:
    return [*incident(sandbox)["colleagues"], incident(sandbox)["same_boundary"]]


def test_the_published_playbook_does_not_stop_it_and_innocents_go_on(fresh: Sandbox, tmp_path: Path) -> None:
    """github.com/OffensAI/notyet: an inline deny and inactive keys are survived."""
    with fighting(fresh, tmp_path, "--max-principals", "6", "--rename-s", "0") as fight:
        contained_by_the_playbook(fresh)
        done = now()
        missed = []
        while now() < done + timedelta(seconds=6):
            missed += [why for keys in innocents(fresh) for why in refused(fresh, keys)]
        fight.wait_for(20, since=done + timedelta(seconds=6), seconds=5)
        iam = fresh.iam(incident(fresh)["account"])
        name = name_of(iam, user_id_of(fresh))
        assert "DenyAll" not in iam.list_user_policies(UserName=name)["PolicyNames"]
        assert missed == []


def test_it_comes_back_as_its_first_user(fresh: Sandbox, tmp_path: Path) -> None:
    """The user that was contained gets through again once its own undoing has spread."""
    with fighting(fresh, tmp_path, "--max-principals", "0", "--rename-s", "0", calls=20) as fight:
        contained_by_the_playbook(fresh)
        later = now() + timedelta(seconds=5)
        user = incident(fresh)["user_arn"]
        wait_until(lambda: [one for one in fight.allowed(later) if one["principal"] == user], "the user", 10)


def test_whatever_is_done_to_it_is_undone(fresh: Sandbox, tmp_path: Path) -> None:
    """github.com/OffensAI/notyet: inline and managed denies, boundaries and groups; and the trust policy of a role of its own."""
    iam = fresh.iam(incident(fresh)["account"])
    iam.create_group(GroupName="quarantine")
    iam.put_group_policy(GroupName="quarantine", PolicyName="DenyAll", PolicyDocument=DENY_ALL)
    name = name_of(iam, user_id_of(fresh))
    before = held(iam, name)
    with fighting(fresh, tmp_path, "--max-principals", "2", "--rename-s", "0"):
        wait_until(lambda: len(made(iam)) == 2, "a user and a role of its own")
        role = next(one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"].startswith("svc-"))
        trusted = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        contained_by_the_playbook(fresh)
        iam.attach_user_policy(UserName=name, PolicyArn=AWS_DENY_ALL)
        iam.detach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=AWS_DENY_ALL)
        iam.add_user_to_group(UserName=name, GroupName="quarantine")
        statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        closed = {**trusted, "Statement": [*trusted["Statement"], statement]}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(closed))
        wait_until(lambda: held(iam, name) == before, "the user as it was", 10)
        wait_until(
            lambda: iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == trusted, "the trust policy", 10
        )


def held(iam: Any, name: str) -> dict[str, Any]:
    """What decides what the user may do."""
    return {
        "inline": iam.list_user_policies(UserName=name)["PolicyNames"],
        "attached": iam.list_attached_user_policies(UserName=name)["AttachedPolicies"],
        "groups": [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]],
        "boundary": iam.get_user(UserName=name)["User"].get("PermissionsBoundary"),
        "keys": {key["Status"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]},
    }


def test_a_service_control_policy_stops_it_for_good(fresh: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
    organizations, account = fresh.client("organizations"), incident(fresh)["account"]
    with fighting(fresh, tmp_path, calls=150) as fight:
        policy = organizations.create_policy(
            Content=NOT_FOR_RESPONDERS, Description="", Name="quarantine", Type="SERVICE_CONTROL_POLICY"
        )["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=account)
        in_force = now() + timedelta(seconds=4.1)
        wait_until(lambda: len(fight.calls(in_force)) > 100, "a hundred more tries", 15)
        assert fight.allowed(in_force) == []
        assert fight.allowed(in_force - timedelta(seconds=3)), "it must be at work until then, or this proves nothing"
        fresh.iam(account).list_users()


def test_it_becomes_many(fresh: Sandbox, tmp_path: Path) -> None:
    """New keys, users, roles and all kinds of sessions get through, and the shared role; its user has another name by then."""
    with fighting(fresh, tmp_path, "--max-principals", "6", "--rename-s", "3") as fight:
        shared = incident(fresh)["shared_role_arn"].rpartition("/")[2]

        def kinds() -> set[str]:
            return {
                f"{one['who']}, {'first' if one['principal'] == incident(fresh)['user_arn'] else 'new'}"
                if f"assumed-role/{shared}/" not in one["principal"]
                else "shared role"
                for one in fight.allowed()
            }

        wanted = {
            "long-term key, first",
            "long-term key, new",
            "GetSessionToken session, first",
            "GetFederationToken session, new",
            "AssumeRole session, new",
            "shared role",
        }
        wait_until(lambda: wanted <= kinds(), "all kinds of credentials", 15)
        name = name_of(fresh.iam(incident(fresh)["account"]), user_id_of(fresh))
        assert f"/{name}" not in incident(fresh)["user_arn"]


def test_it_keeps_within_bounds_survives_deletion_and_stops_in_time(fresh: Sandbox, tmp_path: Path) -> None:
    account = incident(fresh)["account"]
    with fighting(fresh, tmp_path, "--max-principals", "4", "--rename-s", "0") as fight:
        iam = fresh.iam(account)
        wait_until(lambda: len(made(iam)) == 4, "four principals of its own")
        gone = delete_a_user(iam, made(iam))
        wait_until(lambda: gone not in made(iam) and len(made(iam)) == 4, "a new one in its place")
        fight.wait_for(20, since=now())
        started = time.monotonic()
        assert fight.stop() == 0
        assert time.monotonic() - started < 3
        assert fight.log() == "", "it complained"


def made(iam: Any) -> set[str]:
    """The ids of the users and roles that the fighter has made."""
    users, roles = iam.list_users()["Users"], iam.list_roles()["Roles"]
    there = {one["UserId"]: one["UserName"] for one in users} | {one["RoleId"]: one["RoleName"] for one in roles}
    return {one for one, name in there.items() if name.startswith("svc-")}


def delete_a_user(iam: Any, ids: set[str]) -> str:
    """As a responder does, against the fighter's adding keys: try until it is gone."""
    user = next(one for one in iam.list_users()["Users"] if one["UserId"] in ids)
    name = user["UserName"]

    def gone() -> bool:
        try:
            for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
                iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
            for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
            iam.delete_user(UserName=name)
        except ClientError:
            return False
        return True

    wait_until(gone, "the user's deletion", 10)
    return str(user["UserId"])


def test_its_children_are_in_cloudtrail(fresh: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
    account, user_id = incident(fresh)["account"], user_id_of(fresh)
    with fighting(fresh, tmp_path, "--max-principals", "4", "--rename-s", "0") as fight:
        wait_until(lambda: any("assumed-role/svc-" in one for one in fight.principals()), "a role's session", 15)
        fight.stop()
        iam = fresh.iam(account)
        there = {one["UserId"]: one["Arn"] for one in iam.list_users()["Users"]}
        there |= {one["RoleId"]: one["Arn"] for one in iam.list_roles()["Roles"]}
        created = {
            **{one["responseElements"]["user"]["userId"]: one for one in events(fresh, "CreateUser")},
            **{one["responseElements"]["role"]["roleId"]: one for one in events(fresh, "CreateRole")},
        }
        assert made(iam) <= set(created)
        for event in created.values():
            told = event["responseElements"].get("user") or event["responseElements"]["role"]
            assert told["arn"] == there[told.get("userId") or told["roleId"]]
            assert event["userIdentity"]["principalId"].split(":")[0] in {user_id, *created}
        keys = {one["responseElements"]["accessKey"]["accessKeyId"] for one in events(fresh, "CreateAccessKey")}
        used = {one["access_key_id"] for one in fight.allowed() if one["who"] == "long-term key"}
        assert used - {incident(fresh)["access_key_id"]} <= keys
        sessions = {
            one["responseElements"]["credentials"]["accessKeyId"]: one["responseElements"]
            for name in ("AssumeRole", "GetSessionToken", "GetFederationToken")
            for one in events(fresh, name)
        }
        for call in used_sessions(fight):
            told = sessions[call["access_key_id"]]
            whose = told.get("assumedRoleUser") or told.get("federatedUser")
            assert whose is None or whose["arn"] == call["principal"]


def used_sessions(fight: Fight) -> list[dict[str, Any]]:
    return [one for one in fight.allowed() if one["access_key_id"].startswith("ASIA")]


def events(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    """All successful calls of this operation, as LookupEvents finds them; it answers twice a second at most."""
    cloudtrail = sandbox.in_account(incident(sandbox)["account"]).client(
        "cloudtrail", endpoint_url=sandbox.endpoint_url
    )
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _page in range(20):
        sandbox.control("POST", "/clock", {"advance_s": 1})
        page = cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}], **token
        )
        found += [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    return [event for event in found if "errorCode" not in event]


def test_a_reset_brings_the_same_incident_back(fresh: Sandbox) -> None:
    """With its four seconds of delay, and the key that works."""
    thief = incident(fresh)["attacker"]["access_keys"][0]
    for _time in range(2):
        contained_by_the_playbook(fresh)
        fresh.client("iam", thief).list_users()
        fresh.control("POST", "/clock", {"advance_s": 4})
        assert refused(fresh, thief) != []
        fresh.control("PUT", "/settings", {"iam_propagation_s": 0})
        fresh.control("POST", "/reset")
    assert refused(fresh, thief) == []


def test_sessions_of_a_user_that_is_renamed_again_and_again_go_on(fresh: Sandbox) -> None:
    """By its unique id they belong to it, whatever it is called, also while the newest name has not spread yet.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    iam, thief = fresh.iam(incident(fresh)["account"]), incident(fresh)["attacker"]["access_keys"][0]
    sts = fresh.client("sts", thief)
    sessions = [
        keys_of(sts.get_session_token()),
        keys_of(sts.get_federation_token(Name="support", Policy=DENY_ALL.replace("Deny", "Allow"))),
    ]
    iam.update_user(UserName=name_of(iam, user_id_of(fresh)), NewUserName="second")
    fresh.control("POST", "/clock", {"advance_s": 4})
    iam.update_user(UserName="second", NewUserName="third")
    for keys in sessions:
        fresh.client("s3", keys).list_buckets()
    (told,) = [one for one in events(fresh, "ListBuckets") if one["userIdentity"]["type"] == "FederatedUser"]
    assert told["userIdentity"]["sessionContext"]["sessionIssuer"]["principalId"] == user_id_of(fresh)


def keys_of(answer: dict[str, Any]) -> dict[str, str]:
    given = answer["Credentials"]
    return {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }

"""What hangs on users and roles goes and comes with them: a stranger deletes some with everything, and makes others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from iam_calls import READ_ONLY, policy
from play import play
from sandbox_client import Sandbox

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EC2 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ANYBODY = json.dumps({**EC2, "Statement": [{**EC2["Statement"][0], "Principal": {"AWS": "*"}}]})


class World:
    """A user and a role with everything that hangs on such, made by an administrator; and mallory's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.account = sandbox, sandbox.members[0]
        self.iam = sandbox.iam(self.account)
        self.iam.create_user(UserName="bob", Path="/team/", Tags=[{"Key": "team", "Value": "blue"}])
        self.iam.create_user(UserName="carol")
        self.iam.create_group(GroupName="writers")
        self.iam.add_user_to_group(UserName="bob", GroupName="writers")
        self.iam.attach_user_policy(UserName="bob", PolicyArn=READ_ONLY)
        self.iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=policy("s3:ListBucket"))
        self.iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=ADMINISTRATOR)
        self.iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(EC2), Description="the application")
        self.iam.create_user(UserName="mallory")
        self.iam.attach_user_policy(UserName="mallory", PolicyArn=ADMINISTRATOR)
        key = self.iam.create_access_key(UserName="mallory")["AccessKey"]
        self.key_id = key["AccessKeyId"]
        self.tick()
        given = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        self.mallory = sandbox.session(given).client("iam", endpoint_url=sandbox.endpoint_url)

    def tick(self) -> None:
        self.sandbox.control("POST", "/clock", {"advance_s": 5})

    def seen(self) -> dict[str, Any]:
        """All of IAM in the account, but for ids and dates."""
        details = self.iam.get_account_authorization_details(Filter=["User", "Role", "Group", "LocalManagedPolicy"])
        return {
            name: sorted((_lasting(one) for one in details[name]), key=lambda one: str(one.get("Arn")))
            for name in ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies")
        }

    def restore(self, tmp_path: Path, **variables: Any) -> dict[str, Any]:
        played = play(self.sandbox, tmp_path, "restore_changes.yml", {"access_key_ids": self.key_id, **variables})
        assert played.ok, played.stdout
        return played.of("cloudtrail_restore")


def _lasting(value: Any) -> Any:
    volatile = {
        "CreateDate",
        "UpdateDate",
        "RoleLastUsed",
        "UserId",
        "RoleId",
        "GroupId",
        "PolicyId",
        "PermissionsBoundaryUsageCount",
    }
    if isinstance(value, dict):
        return {name: _lasting(one) for name, one in value.items() if name not in volatile}
    return sorted(map(_lasting, value), key=json.dumps) if isinstance(value, list) else value


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    return World(sandbox)


def delete_everything(world: World) -> None:
    """Bob and the role, with all that hangs on them, in the order that IAM demands."""
    iam = world.mallory
    iam.remove_user_from_group(UserName="bob", GroupName="writers")
    iam.detach_user_policy(UserName="bob", PolicyArn=READ_ONLY)
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=policy("*"))
    world.tick()
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    iam.delete_user(UserName="bob")
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=ANYBODY)
    world.tick()
    iam.delete_role(RoleName="app")
    iam.delete_group(GroupName="writers")


def make_others(world: World) -> None:
    """Ways back in, and rights for carol, who had none."""
    iam = world.mallory
    iam.put_user_policy(UserName="carol", PolicyName="more", PolicyDocument=policy("*"))
    iam.tag_user(UserName="carol", Tags=[{"Key": "admin", "Value": "yes"}])
    iam.create_user(UserName="backdoor")
    iam.put_user_policy(UserName="backdoor", PolicyName="all", PolicyDocument=policy("*"))
    iam.create_login_profile(UserName="backdoor", Password="Long-and-0ne-time!")
    iam.create_access_key(UserName="backdoor")
    iam.create_role(RoleName="door", AssumeRolePolicyDocument=ANYBODY)
    iam.create_policy(PolicyName="wide", PolicyDocument=policy("*"))
    iam.attach_role_policy(RoleName="door", PolicyArn=f"arn:aws:iam::{world.account}:policy/wide")


def test_who_was_deleted_comes_back_with_all_that_hung_on_it_and_who_was_made_goes_with_it(
    world: World, tmp_path: Path
) -> None:
    """An inline policy that is put over another says nothing of what was there; that its user was made without any does."""
    before = world.seen()
    delete_everything(world)
    make_others(world)
    asked = {"created": "delete"}
    plan = world.restore(tmp_path, **asked)
    assert {step["status"] for step in plan["steps"]} == {"planned"}, plan["steps"]
    assert world.restore(tmp_path, approved_plan=plan["plan_id"], **asked)["verified"]
    assert world.seen() == before

"""Somebody at work with a leaked key in a member account, and an administrator who goes on: what restores are shown on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sandbox_client import Sandbox
from trail_bucket import make_trail_bucket

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LOGS = "all-the-trails"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Attack:
    """An administrator's world, then what somebody does in it with a key of mallory's, while the administrator goes on."""

    def __init__(self, sandbox: Sandbox, account: str) -> None:
        self.sandbox = sandbox
        self.iam = sandbox.iam(account)
        make_trail_bucket(sandbox.client("s3"), LOGS)
        cloudtrail = sandbox.client("cloudtrail")
        cloudtrail.create_trail(Name="all", S3BucketName=LOGS, IsMultiRegionTrail=True, IsOrganizationTrail=True)
        cloudtrail.start_logging(Name="all")
        for user in ("mallory", "bob"):
            self.iam.create_user(UserName=user)
        self.iam.attach_user_policy(UserName="mallory", PolicyArn=ADMINISTRATOR)
        self.iam.attach_user_policy(UserName="bob", PolicyArn=READER)
        self.iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
        key = self.iam.create_access_key(UserName="mallory")["AccessKey"]
        self.key_id = key["AccessKeyId"]
        self.began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        sandbox.control("POST", "/clock", {"advance_s": 60})
        given = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        self.attacker = sandbox.session(given).client("iam", endpoint_url=sandbox.endpoint_url)

    def rage(self) -> None:
        wide_open = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": "*"}}]}
        self.attacker.create_user(UserName="backdoor")
        self.attacker.attach_user_policy(UserName="backdoor", PolicyArn=ADMINISTRATOR)
        made = self.attacker.create_access_key(UserName="backdoor")["AccessKey"]
        self.backdoor_key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
        self.attacker.detach_user_policy(UserName="bob", PolicyArn=READER)
        self.attacker.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(wide_open))
        self.iam.create_user(UserName="colleague")

    def seen(self) -> dict[str, Any]:
        """What an attacker or a restore can have changed, through the API."""
        users = sorted(user["UserName"] for user in self.iam.list_users()["Users"])
        return {
            "users": users,
            "policies": {
                user: [
                    one["PolicyArn"] for one in self.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
                ]
                for user in users
            },
            "inline": {user: self.iam.list_user_policies(UserName=user)["PolicyNames"] for user in users},
            "keys": {
                user: [key["Status"] for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
                for user in users
            },
            "trust": self.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"],
        }

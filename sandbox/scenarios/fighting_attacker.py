"""An administrator's access key is public, and whoever has it fights back: `python -m sandbox.fighter` plays it.

Changes to IAM take four seconds to be enforced, as has been measured for AWS: until then a key that is inactive works, and what was
attached can be taken off. Innocents share with the user all that can be shared: the account, a group, a role, a permissions boundary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.scenarios import parts

if TYPE_CHECKING:
    from sandbox.world import World

PROPAGATION_S = 4
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_USER = "sam"
_COLLEAGUES = ("ines", "theo")
_SAME_BOUNDARY = "nils"
_GROUP, _PATH = "platform", "/platform/"
_ROLE = "deploy"


def plant(world: World) -> Mapping[str, Any]:
    """Plant it in the first member account. Returns who has which credentials, the innocents' among them, and the finding."""
    account = world.organization.member_account_ids[0]
    iam = iam_of(account)
    parts.bucket(account)
    role_arn = _shared_role(account)
    iam.create_group(_GROUP, "/")
    iam.put_group_policy(_GROUP, "work", parts.policy("s3:*", "ec2:Describe*", "iam:Get*", "iam:List*"))
    iam.put_group_policy(_GROUP, "deploy", parts.policy("sts:AssumeRole", resource=role_arn))
    limits = iam.create_policy(
        description="", path="/", policy_document=parts.policy("*"), policy_name="workplace-limits", tags=[]
    )
    user = iam.create_user(parts.REGION, _USER, _PATH)
    iam.add_user_to_group(_GROUP, _USER)
    iam.attach_user_policy(_ADMINISTRATOR, _USER)
    leaked = iam.create_access_key(_USER, prefix="AKIA")
    colleagues = [parts.colleague(account, name, _GROUP, _PATH) for name in _COLLEAGUES]
    same_boundary = parts.colleague(account, _SAME_BOUNDARY, _GROUP, _PATH)
    for name in (_USER, _SAME_BOUNDARY):
        iam.users[name].permissions_boundary = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": limits.arn,
        }
    world.settings = world.settings.changed({"iam_propagation_s": PROPAGATION_S})
    thief = parts.thief_of(user, leaked, account)
    parts.look_around(world, thief)
    return {
        "account": account,
        "region": parts.REGION,
        "user_arn": user.arn,
        "access_key_id": leaked.access_key_id,
        "attacker": {
            "access_keys": [
                {
                    "kind": "long-term key",
                    "access_key_id": leaked.access_key_id,
                    "secret_access_key": leaked.secret_access_key,
                }
            ]
        },
        "colleagues": colleagues,
        "same_boundary": same_boundary,
        "shared_role_arn": role_arn,
        "finding": parts.finding(world, thief),
    }


def _shared_role(account: str) -> str:
    """Everybody in the account whose policies allow it may assume this role."""
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    role = iam_of(account).create_role(
        role_name=_ROLE,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    iam_of(account).put_role_policy(_ROLE, "work", parts.policy("s3:*", "ec2:Describe*"))
    return str(role.arn)

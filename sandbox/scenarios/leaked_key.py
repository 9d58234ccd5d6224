"""A developer's access key is public. Somebody has it, has minted sessions from it and looks around; colleagues work on.

The stolen key has minted GetSessionToken and GetFederationToken sessions. It has not assumed a role: role sessions outlive everything
that can be done to the user, and cutting them off is a measure of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.scenarios import parts

if TYPE_CHECKING:
    from sandbox.world import World

_DEVELOPER = "dana"
_COLLEAGUES = ("carlos", "mei")
_GROUP, _PATH = "developers", "/developers/"
_DAY_S = 86_400


def plant(world: World) -> Mapping[str, Any]:
    """Plant it in the first member account. Returns who has which credentials, and the finding that GuardDuty would make of it."""
    account = world.organization.member_account_ids[0]
    iam = iam_of(account)
    iam.create_group(_GROUP, "/")
    iam.put_group_policy(_GROUP, "work", parts.policy("s3:*", "ec2:Describe*", "iam:Get*", "iam:List*"))
    user = iam.create_user(parts.REGION, _DEVELOPER, _PATH)
    iam.add_user_to_group(_GROUP, _DEVELOPER)
    iam.put_user_policy(_DEVELOPER, "federation", parts.policy("sts:GetFederationToken"))
    iam.attach_user_policy("arn:aws:iam::aws:policy/IAMReadOnlyAccess", _DEVELOPER)
    leaked = iam.create_access_key(_DEVELOPER, prefix="AKIA")
    other = iam.create_access_key(_DEVELOPER, prefix="AKIA")
    parts.bucket(account)
    thief = parts.thief_of(user, leaked, account)
    parts.look_around(world, thief)
    sessions = [
        parts.mint(world, thief, "GetSessionToken", {"DurationSeconds": _DAY_S}),
        parts.mint(
            world,
            thief,
            "GetFederationToken",
            {"Name": "helpdesk", "Policy": parts.policy("s3:*", "ec2:Describe*"), "DurationSeconds": _DAY_S},
        ),
    ]
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
                },
                *sessions,
            ]
        },
        "unused_access_key": {"access_key_id": other.access_key_id, "secret_access_key": other.secret_access_key},
        "colleagues": [parts.colleague(account, name, _GROUP, _PATH) for name in _COLLEAGUES],
        "finding": parts.finding(world, thief),
    }

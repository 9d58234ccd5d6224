"""Identities that IAM calls hardly reach: a root user with a key of its own, and a role of Identity Center that somebody works in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from sandbox.authorization.views import iam_of
from sandbox.root_user import root_user_of
from sandbox.sessions import new_role_session

if TYPE_CHECKING:
    from sandbox.world import World

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_PERMISSION_SET = "AdministratorAccess"
_PERSON, _COLLEAGUE = "mallory@example.com", "ines@example.com"
_SESSION_S = 3600


def plant(world: World) -> Mapping[str, Any]:
    """Plant them in the first member account. Returns who has which credentials."""
    account = world.organization.member_account_ids[0]
    role = reserved_role(account, _PERMISSION_SET)
    return {
        "account": account,
        "root": root_key(account),
        "reserved_role_arn": role,
        "sessions": {name: reserved_session(world, role, name) for name in (_PERSON, _COLLEAGUE)},
    }


def root_key(account: str) -> dict[str, str]:
    """A long-term access key of the account's root user."""
    root = root_user_of(account)
    key = root.new_key()
    return {"arn": root.arn, "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def reserved_role(account: str, permission_set: str) -> str:
    """The ARN of the role that Identity Center makes of an administrators' permission set, trusting its own SAML provider.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html and
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""
    iam = iam_of(account)
    provider = iam.create_saml_provider(f"AWSSSO_{_hex(16)}_DO_NOT_DELETE", "<EntityDescriptor/>")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": provider.arn},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    role = iam.create_role(
        role_name=f"AWSReservedSSO_{permission_set}_{_hex(16)}",
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        path="/aws-reserved/sso.amazonaws.com/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="43200",
    )
    iam.attach_role_policy(_ADMINISTRATOR, role.name)
    return str(role.arn)


def reserved_session(world: World, role_arn: str, person: str) -> dict[str, str]:
    """A session of this person in the role, such as the access portal hands out."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[1]
    role = world.authorizer.views.role(account, name)
    if role is None:
        raise ValueError(f"there is no role {role_arn}")
    session = new_role_session(world, role, person, seconds=_SESSION_S)
    return {
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{person}",
        "user_id": f"{role.id}:{person}",
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "session_token": session.token,
    }


def _hex(length: int) -> str:
    """From moto's generator, so that a reset plants the same names again."""
    return "".join(mock_random.choice("0123456789abcdef") for _position in range(length))

"""aws:PrincipalOrgID and aws:PrincipalOrgPaths.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths"""

from __future__ import annotations

import json
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call

from sandbox.authorization.organization_keys import organization_keys


def test_a_path_goes_from_the_organization_to_the_unit_of_the_account(cloud: Any) -> None:
    assert organization_keys(ACCOUNT) == {}
    backend = get_backend("organizations")[ACCOUNT]["aws"]
    backend.create_organization("us-east-1", FeatureSet="ALL")
    root, found = backend.org.root_id, {"aws:principalorgid": backend.org.id}
    outer, inner = "", root
    for name in ("outer", "inner"):
        outer, inner = inner, backend.create_organizational_unit(Name=name, ParentId=inner)["OrganizationalUnit"]["Id"]
    backend.create_account(AccountName="member", Email="member@example.com", RoleName="Access")
    member = backend.accounts[-1].id
    assert organization_keys(member) == found | {"aws:principalorgpaths": [f"{backend.org.id}/{root}/"]}
    backend.move_account(AccountId=member, SourceParentId=root, DestinationParentId=inner)
    path = f"{backend.org.id}/{root}/{outer}/{inner}/"
    assert organization_keys(member) == found | {"aws:principalorgpaths": [path]}
    assert organization_keys(OTHER) == {}


def test_policies_may_ask_for_the_path(cloud: Any) -> None:
    """The documented example: ForAnyValue:StringLike with o-.../r-.../*"""
    backend = get_backend("organizations")[ACCOUNT]["aws"]
    backend.create_organization("us-east-1", FeatureSet="ALL")
    for path, expected in ((f"{backend.org.id}/{backend.org.root_id}/*", True), ("o-a1b2c3d4e5/*", False)):
        condition = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [path]}}
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        assert cloud.allows(call("iam", "ListUsers"), cloud.user(f"alice-{expected}", text)) is expected

"""Whom service control policies bind, through the whole organization.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, session

from sandbox.model import Caller

ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
LIST = call("iam", "ListUsers")


@pytest.fixture
def organization(cloud: Any) -> SimpleNamespace:
    """ACCOUNT manages; one member is in an organizational unit below the root."""
    backend = get_backend("organizations")[ACCOUNT]["aws"]
    backend.create_organization("us-east-1", FeatureSet="ALL")
    root = backend.org.root_id
    backend.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = backend.create_organizational_unit(Name="work", ParentId=root)["OrganizationalUnit"]["Id"]
    backend.create_account(AccountName="member", Email="member@example.com", RoleName="Access")
    member = backend.accounts[-1].id
    backend.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    full = next(policy.id for policy in backend.policies if policy.type == "SERVICE_CONTROL_POLICY")
    for target in (unit, member):
        if all(policy.id != full for policy in _target(backend, target).attached_policies):
            backend.attach_policy(PolicyId=full, TargetId=target)
    deny = backend.create_policy(Content=DENY, Description="", Name="deny", Type="SERVICE_CONTROL_POLICY")
    return SimpleNamespace(
        backend=backend, root=root, unit=unit, member=member, full=full, deny=deny["Policy"]["PolicySummary"]["Id"]
    )


def _target(backend: Any, target_id: str) -> Any:
    return next(one for one in [*backend.ou, *backend.accounts] if one.id == target_id)


def test_the_policies_of_a_member_go_from_the_root_to_the_account(cloud: Any, organization: Any) -> None:
    organization.backend.attach_policy(PolicyId=organization.deny, TargetId=organization.unit)
    levels = [[json.loads(text) for text in level] for level in cloud.views.scps(organization.member)]
    full, deny = json.loads(ALLOW)["Statement"], json.loads(DENY)["Statement"]
    assert [[text["Statement"][0]["Effect"] for text in level] for level in levels] == [
        ["Allow"],
        ["Allow", "Deny"],
        ["Allow"],
    ]
    assert levels[1][1]["Statement"] == deny
    assert levels[0][0]["Statement"][0]["Action"] == full[0]["Action"]


@pytest.mark.parametrize("place", ["root", "unit", "member"])
def test_a_deny_at_any_level_denies(cloud: Any, organization: Any, place: str) -> None:
    alice = cloud.user("alice", ALLOW, account=organization.member)
    assert cloud.allows(LIST, alice)
    organization.backend.attach_policy(PolicyId=organization.deny, TargetId=getattr(organization, place))
    assert cloud.refusal(LIST, alice).endswith("with an explicit deny in a service control policy")


def test_a_level_without_an_allow_denies(cloud: Any, organization: Any) -> None:
    alice = cloud.user("alice", ALLOW, account=organization.member)
    _target(organization.backend, organization.unit).attached_policies.clear()
    assert cloud.refusal(LIST, alice).endswith("because no service control policy allows the iam:ListUsers action")


def test_the_management_account_is_not_bound(cloud: Any, organization: Any) -> None:
    alice = cloud.user("alice", ALLOW)
    organization.backend.attach_policy(PolicyId=organization.deny, TargetId=organization.root)
    assert cloud.views.scps(ACCOUNT) is None
    assert cloud.allows(LIST, alice)


def test_accounts_outside_the_organization_are_not_bound(cloud: Any, organization: Any) -> None:
    assert cloud.views.scps(OTHER) is None


def test_service_linked_roles_are_not_bound(cloud: Any, organization: Any) -> None:
    organization.backend.attach_policy(PolicyId=organization.deny, TargetId=organization.root)
    member, path = organization.member, "/aws-service-role/guardduty.amazonaws.com/"
    made = cloud.iam(member).create_role("AWSServiceRoleForAmazonGuardDuty", "{}", path, None, "", [], 3600)
    cloud.iam(member).put_role_policy(made.name, "inline", ALLOW)
    linked = Caller(
        kind="assumed_role",
        account=member,
        arn=f"arn:aws:sts::{member}:assumed-role/{made.name}/work",
        user_id=f"{made.id}:work",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        name=made.name,
        session=session(made.arn),
    )
    assert cloud.allows(LIST, linked)


def test_a_policy_type_that_is_disabled_binds_nobody(cloud: Any, organization: Any) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html"""
    organization.backend.attach_policy(PolicyId=organization.deny, TargetId=organization.root)
    organization.backend.disable_policy_type(RootId=organization.root, PolicyType="SERVICE_CONTROL_POLICY")
    assert cloud.views.scps(organization.member) is None


@pytest.mark.parametrize("operation", ["AttachPolicy", "DetachPolicy"])
def test_a_change_counts_only_after_the_delay(cloud: Any, organization: Any, operation: str) -> None:
    alice = cloud.user("alice", ALLOW, account=organization.member)
    target = {"PolicyId": organization.deny, "TargetId": organization.member}
    if operation == "DetachPolicy":
        organization.backend.attach_policy(**target)
    cloud.settings = replace(cloud.settings, iam_propagation_s=1000)
    before = cloud.allows(LIST, alice)
    cloud.authorizer.changing(call("organizations", operation, target), cloud.user("admin"))
    {"AttachPolicy": organization.backend.attach_policy, "DetachPolicy": organization.backend.detach_policy}[operation](
        **target
    )
    cloud.clock.advance(900)
    assert cloud.allows(LIST, alice) is before
    cloud.clock.advance(100)
    assert cloud.allows(LIST, alice) is not before


def test_overlapping_changes_count_each_at_its_own_time(cloud: Any, organization: Any) -> None:
    alice = cloud.user("alice", ALLOW, account=organization.member)
    cloud.settings = replace(cloud.settings, iam_propagation_s=1000)
    target = {"PolicyId": organization.deny, "TargetId": organization.member}
    cloud.views.organization_changes()
    organization.backend.attach_policy(**target)
    cloud.clock.advance(500)
    cloud.views.organization_changes()
    organization.backend.detach_policy(**target)
    seen = []
    for _seconds in range(3):  # 500, 1000 and 1500 seconds after the first
        seen.append(cloud.allows(LIST, alice))
        cloud.clock.advance(500)
    assert seen == [True, False, True]


def test_the_organization_is_in_the_context_of_its_members(cloud: Any, organization: Any) -> None:
    """aws:PrincipalOrgID: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization.backend.org.id}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert cloud.allows(LIST, cloud.user("alice", text, account=organization.member))
    assert not cloud.allows(LIST, cloud.user("alice", text, account=OTHER))

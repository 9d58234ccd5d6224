"""What IAM shows in the sandbox: boundaries where AWS shows them, and lists in pages. Over the wire, with boto3."""

from __future__ import annotations

from typing import Any

import pytest
from iam_calls import READ_ONLY, code, policy
from sandbox_client import Sandbox

SHOWN = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": READ_ONLY}


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    client = sandbox.client("iam")
    client.create_user(UserName="alice", Path="/team/")
    return client


class TestBoundaries:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""

    def test_a_boundary_is_shown_where_aws_shows_it(self, iam: Any) -> None:
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=READ_ONLY)
        assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"] == SHOWN
        users = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
        assert [user.get("PermissionsBoundary") for user in users if user["UserName"] == "alice"] == [SHOWN]
        assert all("PermissionsBoundary" not in user for user in iam.list_users()["Users"])

    def test_a_user_can_be_made_with_one(self, iam: Any) -> None:
        assert iam.create_user(UserName="bob", PermissionsBoundary=READ_ONLY)["User"]["PermissionsBoundary"] == SHOWN
        assert iam.get_user(UserName="bob")["User"]["PermissionsBoundary"] == SHOWN

    def test_who_is_bounded_by_a_policy_can_be_listed(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html"""
        arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        found = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
        assert [user["UserName"] for user in found["PolicyUsers"]] == ["alice"]
        assert iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")["PolicyUsers"] == []
        assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1


class TestPages:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html"""

    def test_a_list_comes_in_pages_of_the_size_asked_for(self, iam: Any) -> None:
        for number in range(6):
            iam.create_user(UserName=f"u{number}")
        whole = [user["UserName"] for user in iam.list_users()["Users"]]
        first = iam.list_users(MaxItems=3)
        assert (first["IsTruncated"], len(first["Users"])) == (True, 3)
        pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3})
        assert [[user["UserName"] for user in page["Users"]] for page in pages] == [whole[:3], whole[3:6], whole[6:]]

    def test_a_list_that_fits_exactly_is_one_page(self, iam: Any) -> None:
        assert iam.list_users(MaxItems=2)["IsTruncated"] is False

    def test_a_hundred_come_at_once_if_nothing_is_said(self, iam: Any) -> None:
        for number in range(101):
            iam.create_group(GroupName=f"g{number:03}")
        first = iam.list_groups()
        assert (first["IsTruncated"], len(first["Groups"])) == (True, 100)
        assert [group["GroupName"] for group in iam.list_groups(Marker=first["Marker"])["Groups"]] == ["g100"]

    @pytest.mark.parametrize("operation", ["list_user_policies", "list_attached_user_policies", "list_groups_for_user"])
    def test_what_a_user_has_comes_in_pages(self, iam: Any, operation: str) -> None:
        arns = [iam.create_policy(PolicyName=f"p{n}", PolicyDocument=policy())["Policy"]["Arn"] for n in range(3)]
        for number, arn in enumerate(arns):
            iam.put_user_policy(UserName="alice", PolicyName=f"p{number}", PolicyDocument=policy())
            iam.attach_user_policy(UserName="alice", PolicyArn=arn)
            iam.create_group(GroupName=f"g{number}")
            iam.add_user_to_group(UserName="alice", GroupName=f"g{number}")
        pages = list(iam.get_paginator(operation).paginate(UserName="alice", PaginationConfig={"PageSize": 2}))
        key = {"list_user_policies": "PolicyNames", "list_attached_user_policies": "AttachedPolicies"}.get(
            operation, "Groups"
        )
        assert [len(page[key]) for page in pages] == [2, 1]

    def test_the_whole_account_comes_in_pages(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""
        for number in range(4):
            iam.create_group(GroupName=f"g{number}")
        pages = list(
            iam.get_paginator("get_account_authorization_details").paginate(
                Filter=["User", "Group"], PaginationConfig={"PageSize": 4}
            )
        )
        assert [(len(page["UserDetailList"]), len(page["GroupDetailList"])) for page in pages] == [(2, 2), (0, 2)]

    def test_a_marker_that_was_never_given_is_refused(self, iam: Any) -> None:
        assert code(iam.list_users, Marker="nonsense") == "ValidationError"

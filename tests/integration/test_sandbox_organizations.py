"""Organizations' policies in the sandbox are as strict as AWS's: what can be written, where it can be attached, whom it binds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from iam_calls import code, message, policy
from organization_calls import FULL_ACCESS, attach, create, deny, refusal, scp, scp_of_size
from sandbox_client import Sandbox

CONSTRAINT, INPUT = "ConstraintViolationException", "InvalidInputException"
MALFORMED = ("MalformedPolicyDocumentException", "")


@pytest.fixture
def organizations(sandbox: Sandbox) -> Any:
    return sandbox.client("organizations")


class TestDocuments:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html"""

    def new(self, organizations: Any, text: str, **more: Any) -> tuple[str, str]:
        given = {"Content": text, "Description": "", "Name": "p", "Type": "SERVICE_CONTROL_POLICY"} | more
        return refusal(organizations.create_policy, **given)

    def test_it_has_5120_characters_at_most_white_space_included(self, organizations: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#min-max-values"""
        full = create(sandbox, scp_of_size(5120))
        too_large = (CONSTRAINT, "POLICY_CONTENT_LIMIT_EXCEEDED")
        assert self.new(organizations, scp_of_size(5121)) == too_large
        assert self.new(organizations, scp_of_size(5120) + " ") == too_large
        assert refusal(organizations.update_policy, PolicyId=full, Content=scp_of_size(5121)) == too_large

    @pytest.mark.parametrize(
        "text",
        [
            "deny everything",
            "[]",
            json.dumps({"Statement": [deny()]}),
            json.dumps({"Version": "2008-10-17", "Statement": [deny()]}),
            json.dumps({"Version": "2012-10-17", "Statement": []}),
            scp(deny() | {"Principal": "*"}),
            scp(deny() | {"NotPrincipal": {"AWS": "*"}}),
            scp(deny() | {"Effect": "Forbid"}),
            scp({"Effect": "Deny", "Resource": "*"}),
            scp({"Effect": "Deny", "Action": "*"}),
            scp(deny("everything")),
            scp(deny() | {"Condition": {"StringsLike": {"aws:userid": "x"}}}),
            scp(deny() | {"Sid": "no blanks"}),
            scp(deny() | {"Comment": "nor elements that there are not"}),
        ],
    )
    def test_what_is_no_policy_is_refused(self, organizations: Any, sandbox: Sandbox, text: str) -> None:
        assert self.new(organizations, text) == MALFORMED
        assert refusal(organizations.update_policy, PolicyId=create(sandbox), Content=text) == MALFORMED

    def test_all_of_the_language_may_stand_in_an_allow_too(self, sandbox: Sandbox) -> None:
        """https://aws.amazon.com/blogs/security/unlock-new-possibilities-aws-organizations-service-control-policy-now-supports-full-iam-language"""
        condition = {"StringLike": {"aws:userid": "AROA*:*"}}
        for number, allow in enumerate(
            (
                {"NotAction": "iam:*", "Resource": "*"},
                {"Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"},
                {"Action": "*:Describe*", "Resource": "*", "Condition": condition},
            )
        ):
            create(sandbox, scp({"Effect": "Allow", **allow}), f"allow-{number}")

    def test_a_name_is_given_once(self, organizations: Any, sandbox: Sandbox) -> None:
        first, second = create(sandbox, name="first"), create(sandbox, name="second")
        duplicate = ("DuplicatePolicyException", "")
        assert self.new(organizations, scp(), Name="first") == duplicate
        assert refusal(organizations.update_policy, PolicyId=second, Name="first") == duplicate
        organizations.update_policy(PolicyId=first, Name="first", Description="the same name again")

    def test_names_have_their_length(self, organizations: Any) -> None:
        assert self.new(organizations, scp(), Name="n" * 129) == (INPUT, "MAX_LENGTH_EXCEEDED")
        assert self.new(organizations, scp(), Description="d" * 513) == (INPUT, "MAX_LENGTH_EXCEEDED")

    def test_the_text_is_kept_as_it_was_given(self, organizations: Any, sandbox: Sandbox) -> None:
        text = scp().replace(":", " :\n ", 1)
        found = organizations.describe_policy(PolicyId=create(sandbox, text))["Policy"]
        assert found["Content"] == text

    def test_what_is_not_given_stays(self, organizations: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdatePolicy.html"""
        policy_id = create(sandbox, scp(deny("ec2:*")))
        organizations.update_policy(PolicyId=policy_id, Description="nothing else")
        found = organizations.describe_policy(PolicyId=policy_id)["Policy"]
        assert (found["Content"], found["PolicySummary"]["Name"]) == (scp(deny("ec2:*")), "guardrail")

    def test_aws_own_policy_is_nobodys_to_change(self, organizations: Any) -> None:
        immutable = (INPUT, "IMMUTABLE_POLICY")
        assert refusal(organizations.update_policy, PolicyId=FULL_ACCESS, Content=scp()) == immutable
        assert refusal(organizations.delete_policy, PolicyId=FULL_ACCESS) == immutable

    @pytest.mark.parametrize("operation", ["describe_policy", "update_policy", "delete_policy"])
    def test_a_policy_that_is_not_there(self, organizations: Any, operation: str) -> None:
        ask = getattr(organizations, operation)
        assert refusal(ask, PolicyId="p-0123456789") == ("PolicyNotFoundException", "")
        assert refusal(ask, PolicyId="guardrail")[0] == INPUT

    def test_members_can_neither_see_nor_change_policies(self, sandbox: Sandbox) -> None:
        member = sandbox.in_account(sandbox.members[0]).client("organizations", endpoint_url=sandbox.endpoint_url)
        policy_id = create(sandbox)
        denied = ("AccessDeniedException", "")
        assert refusal(member.update_policy, PolicyId=policy_id, Content="not even read") == denied
        assert refusal(member.attach_policy, PolicyId=policy_id, TargetId=sandbox.members[0]) == denied
        assert refusal(member.list_policies, Filter="SERVICE_CONTROL_POLICY") == denied
        found = member.describe_organization()["Organization"]
        assert found["MasterAccountId"] == sandbox.management


class TestAttachments:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html"""

    @pytest.fixture(params=["root", "unit", "account"])
    def target(self, sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
        organization = sandbox.facts["organization"]
        return {
            "root": organization["root_id"],
            "unit": organization["ou_ids"][-1],
            "account": sandbox.members[0],
        }[request.param]

    def test_five_can_be_attached_and_full_access_is_one_of_them(
        self, organizations: Any, sandbox: Sandbox, target: str
    ) -> None:
        for number in range(4):
            attach(sandbox, target, name=f"p{number}")
        fifth = create(sandbox, name="p4")
        too_many = (CONSTRAINT, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        assert refusal(organizations.attach_policy, PolicyId=fifth, TargetId=target) == too_many
        organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=target)
        organizations.attach_policy(PolicyId=fifth, TargetId=target)

    def test_the_last_one_stays(self, organizations: Any, sandbox: Sandbox, target: str) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html"""
        last = (CONSTRAINT, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        assert refusal(organizations.detach_policy, PolicyId=FULL_ACCESS, TargetId=target) == last
        ours = attach(sandbox, target)
        organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=target)
        assert refusal(organizations.detach_policy, PolicyId=ours, TargetId=target) == last

    def test_attaching_twice_is_refused_and_changes_nothing(
        self, organizations: Any, sandbox: Sandbox, target: str
    ) -> None:
        ours = attach(sandbox, target)
        assert refusal(organizations.attach_policy, PolicyId=ours, TargetId=target)[0] == (
            "DuplicatePolicyAttachmentException"
        )
        found = organizations.list_targets_for_policy(PolicyId=ours)["Targets"]
        assert [one["TargetId"] for one in found] == [target]

    def test_what_is_not_attached_cannot_be_detached(self, organizations: Any, sandbox: Sandbox, target: str) -> None:
        ours = create(sandbox)
        assert refusal(organizations.detach_policy, PolicyId=ours, TargetId=target)[0] == "PolicyNotAttachedException"

    def test_what_is_attached_cannot_be_deleted(self, organizations: Any, sandbox: Sandbox, target: str) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeletePolicy.html"""
        ours = attach(sandbox, target)
        assert refusal(organizations.delete_policy, PolicyId=ours)[0] == "PolicyInUseException"
        organizations.detach_policy(PolicyId=ours, TargetId=target)
        organizations.delete_policy(PolicyId=ours)
        assert refusal(organizations.describe_policy, PolicyId=ours)[0] == "PolicyNotFoundException"

    @pytest.mark.parametrize("operation", ["attach_policy", "detach_policy"])
    @pytest.mark.parametrize("nobody", ["ou-ab12-12345678", "123456789012", "r-zzzz"])
    def test_a_target_that_is_not_there(
        self, organizations: Any, sandbox: Sandbox, operation: str, nobody: str
    ) -> None:
        change = getattr(organizations, operation)
        assert refusal(change, PolicyId=create(sandbox), TargetId=nobody)[0] == "TargetNotFoundException"
        assert refusal(change, PolicyId="p-0123456789", TargetId=sandbox.members[0])[0] == "PolicyNotFoundException"

    def test_a_target_is_named_by_its_id(self, organizations: Any, sandbox: Sandbox) -> None:
        bad = (INPUT, "INVALID_PATTERN_TARGET_ID")
        assert refusal(organizations.attach_policy, PolicyId=create(sandbox), TargetId="workload-1") == bad

    def test_a_type_that_is_disabled_loses_its_attachments(self, organizations: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/disable-policy-type.html"""
        account, root = sandbox.members[0], sandbox.facts["organization"]["root_id"]
        ours = attach(sandbox, account)
        kind = {"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}
        organizations.disable_policy_type(**kind)
        assert refusal(organizations.disable_policy_type, **kind)[0] == "PolicyTypeNotEnabledException"
        refused = refusal(organizations.attach_policy, PolicyId=ours, TargetId=account)
        assert refused[0] == "PolicyTypeNotEnabledException"
        organizations.enable_policy_type(**kind)
        found = organizations.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert [one["Id"] for one in found] == [FULL_ACCESS]
        organizations.delete_policy(PolicyId=ours)

    def test_policies_carry_tags(self, organizations: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html"""
        ours = create(sandbox)
        organizations.tag_resource(ResourceId=ours, Tags=[{"Key": "case", "Value": "1"}])
        assert organizations.list_tags_for_resource(ResourceId=ours)["Tags"] == [{"Key": "case", "Value": "1"}]
        tag = organizations.tag_resource
        two = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
        assert refusal(tag, ResourceId=ours, Tags=two) == (INPUT, "DUPLICATE_TAG_KEY")
        reserved = [{"Key": "aws:x", "Value": "1"}]
        assert refusal(tag, ResourceId=ours, Tags=reserved) == (INPUT, "INVALID_SYSTEM_TAGS_PARAMETER")
        fifty = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
        assert refusal(tag, ResourceId=ours, Tags=fifty) == (CONSTRAINT, "MAX_TAG_LIMIT_EXCEEDED")
        tag(ResourceId=ours, Tags=fifty[:49])
        assert refusal(tag, ResourceId="p-0123456789", Tags=two[:1])[0] == "TargetNotFoundException"


class TestWhomTheyBind:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""

    @pytest.fixture
    def admin(self, sandbox: Sandbox) -> Any:
        """IAM in the first member account, as a user who may do everything there."""
        iam = sandbox.iam(sandbox.members[0])
        iam.create_user(UserName="root-like")
        iam.attach_user_policy(UserName="root-like", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName="root-like")["AccessKey"]
        keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        return sandbox.client("iam", keys)

    @pytest.fixture
    def role(self, sandbox: Sandbox) -> Any:
        """IAM in the same account, as a session named `test` of a role that may do everything."""
        return sandbox.iam(sandbox.members[0])

    @pytest.mark.parametrize("place", ["account", "unit", "root"])
    def test_a_deny_binds_users_and_roles_of_every_account_below(
        self, sandbox: Sandbox, admin: Any, role: Any, place: str
    ) -> None:
        organization = sandbox.facts["organization"]
        targets = {"account": sandbox.members[0], "unit": organization["ou_ids"][-1], "root": organization["root_id"]}
        neighbour = sandbox.iam(sandbox.members[1])
        attach(sandbox, targets[place], deny("iam:ListUsers"))
        for iam in (admin, role):
            assert message(iam.list_users).endswith("with an explicit deny in a service control policy")
            iam.list_roles()
        if place == "account":
            neighbour.list_users()
        else:
            assert code(neighbour.list_users) == "AccessDenied"

    def test_the_management_account_is_not_bound(self, sandbox: Sandbox) -> None:
        organizations = sandbox.client("organizations")
        ours = attach(sandbox, sandbox.facts["organization"]["root_id"], deny())
        organizations.attach_policy(PolicyId=ours, TargetId=sandbox.management)
        sandbox.client("iam").list_users()

    def test_service_linked_roles_are_not_bound(self, sandbox: Sandbox, role: Any) -> None:
        """Nobody but its service can assume one, unless nothing is asked. What it may not do is then its own policies' doing.
        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp"""
        made = role.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
        attach(sandbox, sandbox.members[0], deny())
        sandbox.control("PUT", "/settings", {"authorize": False})
        given = sandbox.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="test")["Credentials"]
        sandbox.control("PUT", "/settings", {"authorize": True})
        keys = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        assert "service control policy" in message(role.list_users)
        assert "no identity-based policy allows" in message(sandbox.client("iam", keys).list_users)

    def test_a_session_is_told_by_its_user_id(self, sandbox: Sandbox, admin: Any, role: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-userid"""
        role_id = role.get_role(RoleName="OrganizationAccountAccessRole")["Role"]["RoleId"]
        ours = attach(sandbox, sandbox.members[0], deny(StringLike={"aws:userid": f"{role_id}:*"}))
        assert code(role.list_users) == "AccessDenied"
        admin.list_users()
        update = sandbox.client("organizations").update_policy
        update(PolicyId=ours, Content=scp(deny(StringEquals={"aws:userid": f"{role_id}:other"})))
        role.list_users()
        update(PolicyId=ours, Content=scp(deny(StringEquals={"aws:userid": f"{role_id}:test"})))
        assert code(role.list_users) == "AccessDenied"

    def test_a_user_is_told_by_its_unique_id(self, sandbox: Sandbox, admin: Any, role: Any) -> None:
        user_id = admin.get_user(UserName="root-like")["User"]["UserId"]
        attach(sandbox, sandbox.members[0], deny(StringLike={"aws:userid": [user_id, "AROANOBODY:*"]}))
        assert code(admin.list_users) == "AccessDenied"
        role.list_users()

    def test_a_session_is_told_by_the_arn_of_its_role(self, sandbox: Sandbox, admin: Any, role: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn"""
        arn = role.get_role(RoleName="OrganizationAccountAccessRole")["Role"]["Arn"]
        attach(sandbox, sandbox.members[0], deny(ArnNotLike={"aws:PrincipalArn": [arn, "arn:aws:iam::*:role/x"]}))
        role.list_users()
        assert code(admin.list_users) == "AccessDenied"

    def test_a_level_without_an_allow_denies(self, sandbox: Sandbox, admin: Any) -> None:
        organizations, account = sandbox.client("organizations"), sandbox.members[0]
        attach(sandbox, account, {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
        admin.list_users()
        organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=account)
        assert "no service control policy allows the iam:ListUsers action" in message(admin.list_users)

    @pytest.mark.parametrize("change", ["attach", "update", "detach"])
    def test_changes_spread_late(self, sandbox: Sandbox, admin: Any, change: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
        organizations, account = sandbox.client("organizations"), sandbox.members[0]
        ours = create(sandbox, scp(deny("iam:ListUsers")) if change != "update" else None)
        if change != "attach":
            organizations.attach_policy(PolicyId=ours, TargetId=account)
        sandbox.control("PUT", "/settings", {"iam_propagation_s": 1000})
        if change == "update":
            organizations.update_policy(PolicyId=ours, Content=scp(deny("iam:ListUsers")))
        else:
            getattr(organizations, f"{change}_policy")(PolicyId=ours, TargetId=account)
        sandbox.control("POST", "/clock", {"advance_s": 900})
        denied_before = change == "detach"
        if denied_before:
            assert code(admin.list_users) == "AccessDenied"
        else:
            admin.list_users()
        sandbox.control("POST", "/clock", {"advance_s": 101})
        if denied_before:
            admin.list_users()
        else:
            assert code(admin.list_users) == "AccessDenied"

    def test_it_grants_nothing(self, sandbox: Sandbox, role: Any) -> None:
        role.create_user(UserName="poor")
        role.put_user_policy(UserName="poor", PolicyName="p", PolicyDocument=policy("s3:*"))
        key = role.create_access_key(UserName="poor")["AccessKey"]
        attach(sandbox, sandbox.members[0], {"Effect": "Allow", "Action": "*", "Resource": "*"})
        poor = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        assert code(sandbox.client("iam", poor).list_users) == "AccessDenied"


def test_an_organization_of_hundreds_starts_at_once_and_each_account_can_be_entered(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
    started = time.monotonic()
    running = Sandbox(tmp_path / "state", "--accounts", "500")
    try:
        assert time.monotonic() - started < 10
        last = running.members[-1]
        role = running.iam(last).get_role(RoleName="OrganizationAccountAccessRole")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{last}:role/OrganizationAccountAccessRole"
        running.control("POST", "/reset")
        assert running.iam(last).get_role(RoleName="OrganizationAccountAccessRole")["Role"]["RoleId"] == role["RoleId"]
    finally:
        assert running.stop() == 0

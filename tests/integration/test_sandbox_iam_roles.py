"""Roles in the sandbox are as strict as AWS's: over the wire, with boto3."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from iam_calls import READ_ONLY, code, message, policy, trust
from sandbox_client import Sandbox
from signing import Call, send, signed


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    return sandbox.client("iam")


def keys_of(iam: Any, name: str, *policies: str) -> dict[str, str]:
    """A new user with these inline policies, and its key."""
    iam.create_user(UserName=name)
    for number, text in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=text)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def without(iam: Any, name: str) -> None:
    """The user is deleted, with all that is in the way."""
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for one in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=one)
    iam.delete_user(UserName=name)


def trusting(principal: str, *more: dict[str, Any]) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement, *more]})


class TestWhomRolesTrust:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-users"""

    @pytest.fixture
    def alice(self, sandbox: Sandbox) -> str:
        return f"arn:aws:iam::{sandbox.management}:user/alice"

    @pytest.fixture
    def role(self, sandbox: Sandbox, iam: Any, alice: str) -> dict[str, str]:
        """A role that trusts alice, and what it takes to assume it."""
        keys_of(iam, "alice")
        arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trusting(alice))["Role"]["Arn"]
        return {"RoleArn": arn, "RoleSessionName": "test"}

    def shown(self, iam: Any) -> Any:
        return iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]

    def again(self, sandbox: Sandbox, iam: Any) -> Any:
        """STS for a new user of the same name."""
        without(iam, "alice")
        return sandbox.client("sts", keys_of(iam, "alice", policy("sts:AssumeRole")))

    def test_a_new_user_of_the_same_name_is_not_trusted(
        self, sandbox: Sandbox, iam: Any, role: dict[str, str], alice: str
    ) -> None:
        old_id = iam.get_user(UserName="alice")["User"]["UserId"]
        assert self.shown(iam) == alice
        sts = self.again(sandbox, iam)
        assert code(sts.assume_role, **role) == "AccessDenied"
        assert self.shown(iam) == old_id

    def test_saving_the_arn_again_trusts_the_new_user(
        self, sandbox: Sandbox, iam: Any, role: dict[str, str], alice: str
    ) -> None:
        sts = self.again(sandbox, iam)
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trusting(alice))
        assert sts.assume_role(**role)
        assert self.shown(iam) == alice

    @pytest.mark.usefixtures("role")
    def test_the_id_of_somebody_deleted_cannot_be_saved(self, iam: Any) -> None:
        without(iam, "alice")
        current = json.dumps(iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"])
        given = {"RoleName": "r", "PolicyDocument": current}
        assert code(iam.update_assume_role_policy, **given) == "MalformedPolicyDocument"
        assert re.fullmatch(
            r'.*Invalid principal in policy: "AWS":"AIDA\w+"', message(iam.update_assume_role_policy, **given)
        )

    def test_somebody_who_is_not_there_cannot_be_trusted(self, sandbox: Sandbox, iam: Any) -> None:
        nobody = f"arn:aws:iam::{sandbox.members[0]}:role/nobody"
        given = {"RoleName": "r", "AssumeRolePolicyDocument": trusting(nobody)}
        assert message(iam.create_role, **given) == f'Invalid principal in policy: "AWS":"{nobody}"'

    def test_a_renamed_user_stays_trusted(self, sandbox: Sandbox, iam: Any, role: dict[str, str]) -> None:
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        iam.update_user(UserName="alice", NewUserName="carol")
        iam.put_user_policy(UserName="carol", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
        sts = sandbox.client("sts", {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]})
        assert sts.assume_role(**role)
        assert self.shown(iam) == f"arn:aws:iam::{sandbox.management}:user/carol"

    @pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
    @pytest.mark.parametrize("allowed", ["by account", "by name"])
    def test_a_deny_for_all_beats_every_allow(
        self, sandbox: Sandbox, iam: Any, alice: str, principal: Any, allowed: str
    ) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html: in the
        caller's own account, with an identity policy that allows it, and with a trust policy that names it"""
        sts = sandbox.client("sts", keys_of(iam, "alice", policy("*")))
        text = trusting(alice if allowed == "by name" else sandbox.management)
        arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=text)["Role"]["Arn"]
        assert sts.assume_role(RoleArn=arn, RoleSessionName="test")
        actions = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
        document = json.loads(text)
        document["Statement"].append({"Effect": "Deny", "Principal": principal, "Action": actions})
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(document))
        assert code(sts.assume_role, RoleArn=arn, RoleSessionName="test") == "AccessDenied"
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=text)
        assert sts.assume_role(RoleArn=arn, RoleSessionName="test")

    def test_a_deny_takes_effect_when_it_has_spread(self, sandbox: Sandbox, iam: Any, role: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        sts = sandbox.client("sts", {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]})
        sandbox.control("PUT", "/settings", {"iam_propagation_s": 60})
        deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trusting(sandbox.management, deny))
        assert sts.assume_role(**role)
        sandbox.control("POST", "/clock", {"advance_s": 61})
        assert code(sts.assume_role, **role) == "AccessDenied"


def test_a_trust_policy_comes_back_byte_for_byte(sandbox: Sandbox, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html: the document is URL-encoded, which boto3 undoes and parses,
    so the wire is looked at."""
    condition = '"Condition":{"StringEquals":{"sts:ExternalId":"a+b%2F/\u00fc"}}'
    text = (
        f' {{"Statement" :[ {{"Principal":{{"AWS": "{sandbox.management}"}},\n\t"Action":["sts:AssumeRole"] ,'
        f'"Effect":"Allow",{condition}}}],"Version":"2012-10-17" }}\n'
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox))
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=text)
    keys = {
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="r")
    for action in (
        "GetRole&RoleName=r",
        "ListRoles",
        "GetInstanceProfile&InstanceProfileName=profile",
        "ListInstanceProfiles",
        "ListInstanceProfilesForRole&RoleName=r",
    ):
        call = Call("iam", f"Action={action}&Version=2010-05-08")
        body = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, call, keys)).body
        shown = body.split("<AssumeRolePolicyDocument>")[1].split("</AssumeRolePolicyDocument>")[0]
        assert unquote(shown) == text
        assert shown.startswith("%20%7B%22Statement%22")


MALFORMED = {
    "Has prohibited field Resource": {"Resource": "*"},
    "AssumeRole policy may only specify STS AssumeRole actions.": {"Action": ["sts:AssumeRole", "s3:GetObject"]},
    "Missing required field Principal": {"Principal": None},
    "AssumeRole policy must not contain NotPrincipal field.": {"Principal": None, "NotPrincipal": {"AWS": "*"}},
}


@pytest.mark.parametrize("why", MALFORMED)
def test_what_is_no_trust_policy_is_refused(sandbox: Sandbox, iam: Any, why: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox))
    statement = json.loads(trust(sandbox, **MALFORMED[why]))["Statement"][0]
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{name: value for name, value in statement.items() if value is not None}],
        }
    )
    assert code(iam.update_assume_role_policy, RoleName="r", PolicyDocument=text) == "MalformedPolicyDocument"
    assert message(iam.update_assume_role_policy, RoleName="r", PolicyDocument=text) == why


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext", "STS:assumerole"])
def test_actions_on_roles_may_stand_in_a_trust_policy(sandbox: Sandbox, iam: Any, action: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html: those of the type role*"""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox, Action=action))
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(sandbox, Action=["sts:AssumeRole", action]))


def test_a_trust_policy_is_updated_within_its_quota(sandbox: Sandbox, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 2,048 characters, white space not counted"""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox))
    start = trust(sandbox, Condition={"StringEquals": {"sts:ExternalId": ""}})
    full = start.replace('Id": ""', f'Id": "{"x" * (2048 - len(start.replace(" ", "")))}"')
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=full.replace(" ", "\n \t"))
    over = full.replace("x", "xx", 1)
    assert code(iam.update_assume_role_policy, RoleName="r", PolicyDocument=over) == "LimitExceeded"


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("add_role_to_instance_profile", {"InstanceProfileName": "profile"}),
    ("attach_role_policy", {"PolicyArn": READ_ONLY}),
    ("delete_role", {}),
    ("delete_role_permissions_boundary", {}),
    ("delete_role_policy", {"PolicyName": "p"}),
    ("detach_role_policy", {"PolicyArn": READ_ONLY}),
    ("put_role_permissions_boundary", {"PermissionsBoundary": READ_ONLY}),
    ("put_role_policy", {"PolicyName": "p", "PolicyDocument": policy()}),
    ("remove_role_from_instance_profile", {"InstanceProfileName": "profile"}),
    ("update_assume_role_policy", {"PolicyDocument": trusting("*")}),
    ("update_role", {"MaxSessionDuration": 7200}),
]


class TestServiceLinkedRoles:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html"""

    @pytest.fixture
    def name(self, iam: Any) -> str:
        iam.create_instance_profile(InstanceProfileName="profile")
        made = iam.create_service_linked_role(AWSServiceName="guardduty.amazonaws.com")["Role"]
        assert made["Path"] == "/aws-service-role/guardduty.amazonaws.com/"
        return str(made["RoleName"])

    @pytest.mark.parametrize(("operation", "more"), CHANGES, ids=[name for name, _more in CHANGES])
    def test_they_are_the_services_to_change(self, iam: Any, name: str, operation: str, more: dict[str, Any]) -> None:
        call = getattr(iam, operation)
        assert code(call, RoleName=name, **more) == "UnmodifiableEntity"
        assert message(call, RoleName=name, **more) == (
            f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        )

    def test_their_description_can_be_edited(self, iam: Any, name: str) -> None:
        iam.update_role(RoleName=name, Description="ours")
        assert iam.get_role(RoleName=name)["Role"]["Description"] == "ours"

    def test_they_can_be_looked_at(self, iam: Any, name: str) -> None:
        assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
        assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []


class TestOrdinaryRoles:
    @pytest.fixture
    def arn(self, sandbox: Sandbox, iam: Any) -> str:
        return str(iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox), Path="/team/")["Role"]["Arn"])

    @pytest.mark.usefixtures("arn")
    def test_their_ids_tell_what_they_are(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
        assert re.fullmatch(r"AROA[A-Z0-9]{17}", iam.get_role(RoleName="r")["Role"]["RoleId"])

    @pytest.mark.usefixtures("arn")
    def test_inline_policies_are_put_read_listed_and_deleted(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html"""
        for name in ("one", "two"):
            iam.put_role_policy(RoleName="r", PolicyName=name, PolicyDocument=policy())
        iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=policy("ec2:*"))
        assert iam.get_role_policy(RoleName="r", PolicyName="one")["PolicyDocument"] == json.loads(policy("ec2:*"))
        iam.delete_role_policy(RoleName="r", PolicyName="one")
        assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["two"]
        assert code(iam.get_role_policy, RoleName="r", PolicyName="one") == "NoSuchEntity"
        assert code(iam.delete_role_policy, RoleName="r", PolicyName="one") == "NoSuchEntity"

    @pytest.mark.usefixtures("arn")
    def test_managed_policies_are_attached_once_and_detached(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html"""
        for _time in range(2):
            iam.attach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
        shown = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
        assert shown == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
        iam.detach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
        assert code(iam.detach_role_policy, RoleName="r", PolicyArn=READ_ONLY) == "NoSuchEntity"

    def test_a_boundary_limits_shows_and_goes(self, sandbox: Sandbox, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html"""
        iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=policy("*"))
        given = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        session = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy("s3:*"))["Policy"]["Arn"]
        ec2 = sandbox.client("ec2", session)
        assert ec2.describe_instances()
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=limit)
        assert code(ec2.describe_instances) == "UnauthorizedOperation"
        assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"] == {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": limit,
        }
        iam.delete_role_permissions_boundary(RoleName="r")
        assert ec2.describe_instances()
        assert code(iam.delete_role_permissions_boundary, RoleName="r") == "NoSuchEntity"

    def test_a_role_with_something_on_it_stays(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
        iam.attach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
        assert code(iam.delete_role, RoleName="r") == "DeleteConflict"
        iam.detach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy())
        assert code(iam.delete_role, RoleName="r") == "DeleteConflict"
        iam.delete_role_policy(RoleName="r", PolicyName="p")
        iam.create_instance_profile(InstanceProfileName="profile")
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="r")
        assert code(iam.delete_role, RoleName="r") == "DeleteConflict"
        assert code(iam.delete_instance_profile, InstanceProfileName="profile") == "DeleteConflict"
        iam.remove_role_from_instance_profile(InstanceProfileName="profile", RoleName="r")
        iam.delete_role(RoleName="r")
        assert code(iam.get_role, RoleName="r") == "NoSuchEntity"

    @pytest.mark.usefixtures("arn")
    def test_an_instance_profile_holds_one_role(self, sandbox: Sandbox, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"""
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust(sandbox))
        iam.create_instance_profile(InstanceProfileName="profile")
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="r")
        given = {"InstanceProfileName": "profile", "RoleName": "other"}
        assert code(iam.add_role_to_instance_profile, **given) == "LimitExceeded"

    @pytest.mark.usefixtures("arn")
    def test_an_update_leaves_what_it_does_not_name(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html"""
        iam.update_role(RoleName="r", Description="ours", MaxSessionDuration=7200)
        iam.update_role(RoleName="r", Description="yours")
        iam.update_role(RoleName="r", MaxSessionDuration=3600)
        role = iam.get_role(RoleName="r")["Role"]
        assert (role["Description"], role["MaxSessionDuration"]) == ("yours", 3600)

    def test_when_and_where_it_was_last_used_is_told(self, sandbox: Sandbox, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html: by GetRole, not by ListRoles"""
        assert iam.get_role(RoleName="r")["Role"].get("RoleLastUsed", {}) == {}
        given = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        session = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        regional = sandbox.session(session).client("sts", region_name="eu-central-1", endpoint_url=sandbox.endpoint_url)
        before = datetime.now(UTC).replace(microsecond=0)
        regional.get_caller_identity()
        used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
        assert used["Region"] == "eu-central-1"
        assert before <= used["LastUsedDate"] <= datetime.now(UTC)
        assert all("RoleLastUsed" not in role for role in iam.list_roles()["Roles"])

"""IAM in the sandbox is as strict as AWS's: over the wire, with boto3."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from iam_calls import READ_ONLY, code, message, policy, sized, trust
from sandbox_client import Sandbox
from signing import Call, send, signed


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    client = sandbox.client("iam")
    client.create_user(UserName="alice", Path="/team/")
    return client


class TestQuotas:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

    @pytest.mark.parametrize(("kind", "quota"), [("user", 2048), ("role", 10_240), ("group", 5120)])
    def test_inline_policies_share_one_quota(self, sandbox: Sandbox, iam: Any, kind: str, quota: int) -> None:
        iam.create_role(RoleName="alice", AssumeRolePolicyDocument=trust(sandbox))
        iam.create_group(GroupName="alice")
        put = getattr(iam, f"put_{kind}_policy")
        named = {f"{kind.title()}Name": "alice"}
        put(**named, PolicyName="one", PolicyDocument=sized(1000))
        assert code(put, **named, PolicyName="two", PolicyDocument=sized(quota - 999)) == "LimitExceeded"
        put(**named, PolicyName="two", PolicyDocument=sized(quota - 1000))
        put(**named, PolicyName="one", PolicyDocument=sized(1000, sid=""))

    def test_white_space_does_not_count(self, iam: Any) -> None:
        spaced = sized(2048).replace('"Statement"', " \n\t" * 300 + '"Statement"')
        iam.put_user_policy(UserName="alice", PolicyName="spaced", PolicyDocument=spaced)

    def test_a_managed_policy_has_6144_characters_at_most(self, iam: Any) -> None:
        iam.create_policy(PolicyName="full", PolicyDocument=sized(6144))
        assert code(iam.create_policy, PolicyName="over", PolicyDocument=sized(6145)) == "LimitExceeded"

    def test_a_managed_policy_has_five_versions_at_most(self, iam: Any) -> None:
        arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
        for _number in range(4):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())
        assert code(iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy()) == "LimitExceeded"

    @pytest.mark.parametrize("kind", ["user", "role", "group"])
    def test_ten_managed_policies_can_be_attached(self, sandbox: Sandbox, iam: Any, kind: str) -> None:
        iam.create_role(RoleName="alice", AssumeRolePolicyDocument=trust(sandbox))
        iam.create_group(GroupName="alice")
        attach, named = getattr(iam, f"attach_{kind}_policy"), {f"{kind.title()}Name": "alice"}
        arns = [iam.create_policy(PolicyName=f"p{n}", PolicyDocument=policy())["Policy"]["Arn"] for n in range(11)]
        for arn in arns[:10]:
            attach(**named, PolicyArn=arn)
        assert code(attach, **named, PolicyArn=arns[10]) == "LimitExceeded"
        attach(**named, PolicyArn=arns[0])

    def test_a_user_has_two_keys_at_most(self, iam: Any) -> None:
        for _number in range(2):
            iam.create_access_key(UserName="alice")
        assert code(iam.create_access_key, UserName="alice") == "LimitExceeded"

    def test_a_user_is_in_ten_groups_at_most(self, iam: Any) -> None:
        for number in range(11):
            iam.create_group(GroupName=f"g{number}")
        for number in range(10):
            iam.add_user_to_group(GroupName=f"g{number}", UserName="alice")
        assert code(iam.add_user_to_group, GroupName="g10", UserName="alice") == "LimitExceeded"

    def test_a_trust_policy_has_2048_characters_at_most(self, sandbox: Sandbox, iam: Any) -> None:
        long = trust(sandbox, Condition={"StringEquals": {"sts:ExternalId": ["x" * 1000, "y" * 1000]}})
        assert code(iam.create_role, RoleName="r", AssumeRolePolicyDocument=long) == "LimitExceeded"


class TestNames:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""

    @pytest.mark.parametrize("name", ["a" * 65, "a b", "a/b", "a:b", "\u00fc", "a*"])
    def test_what_is_no_name_of_a_user_is_refused(self, iam: Any, name: str) -> None:
        assert code(iam.create_user, UserName=name) == "ValidationError"

    @pytest.mark.parametrize("name", ["a" * 64, "a+=,.@-_", "0"])
    def test_every_legal_character_is_taken(self, iam: Any, name: str) -> None:
        assert iam.create_user(UserName=name)["User"]["UserName"] == name

    @pytest.mark.parametrize("path", ["team", "/team", "/a b/", "/" + "a" * 511 + "/"])
    def test_what_is_no_path_is_refused(self, iam: Any, path: str) -> None:
        assert code(iam.create_user, UserName="bob", Path=path) == "ValidationError"

    def test_names_are_the_same_whatever_their_case(self, iam: Any) -> None:
        assert code(iam.create_user, UserName="ALICE") == "EntityAlreadyExists"

    def test_a_user_is_not_renamed_over_another(self, iam: Any) -> None:
        iam.create_user(UserName="bob")
        assert code(iam.update_user, UserName="alice", NewUserName="Bob") == "EntityAlreadyExists"

    def test_a_renamed_user_keeps_keys_policies_and_tags(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_rename.html"""
        key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy())
        iam.tag_user(UserName="alice", Tags=[{"Key": "team", "Value": "red"}])
        iam.update_user(UserName="alice", NewUserName="bob", NewPath="/other/")
        assert [one["UserName"] for one in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]] == ["bob"]
        assert iam.list_user_policies(UserName="bob")["PolicyNames"] == ["p"]
        assert iam.list_user_tags(UserName="bob")["Tags"] == [{"Key": "team", "Value": "red"}]
        iam.delete_access_key(UserName="bob", AccessKeyId=key)
        assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"] == []


STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
MALFORMED = {
    "no JSON": "{",
    "no object": "[]",
    "nothing": "{}",
    "no statement": '{"Version": "2012-10-17", "Statement": []}',
    "an unknown version": json.dumps({"Version": "2013-10-17", "Statement": [STATEMENT]}),
    "no effect": json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "s3:*", "Resource": "*"}]}),
    "an effect in small letters": policy(Effect="allow"),
    "no resource": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}),
    "a resource that is no ARN": policy(Resource="bucket"),
    "an action without a service": policy("everything"),
    "an element that does not exist": policy(Colour="red"),
    "a condition that does not exist": policy(Condition={"StringSeems": {"aws:userid": "x"}}),
    "a principal": policy(Principal="*"),
    "a statement id with a space": policy(Sid="a b"),
    "the same element twice": policy().replace('"Effect": "Allow"', '"Effect": "Allow", "Effect": "Deny"'),
    "the same statement id twice": json.dumps(
        {"Version": "2012-10-17", "Statement": [STATEMENT | {"Sid": "a"}, STATEMENT | {"Sid": "a"}]}
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_policy_is_refused(iam: Any, what: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, inline and managed alike"""
    text = MALFORMED[what]
    assert code(iam.put_user_policy, UserName="alice", PolicyName="p", PolicyDocument=text) == "MalformedPolicyDocument"
    assert code(iam.create_policy, PolicyName="p", PolicyDocument=text) == "MalformedPolicyDocument"


@pytest.mark.parametrize("more", [{"Resource": "*"}, {"Principal": None}, {"Action": "s3:*"}])
def test_a_malformed_trust_policy_is_refused(sandbox: Sandbox, iam: Any, more: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    text = json.loads(trust(sandbox, **more))
    statement = {name: value for name, value in text["Statement"][0].items() if value is not None}
    document = json.dumps(text | {"Statement": [statement]})
    assert code(iam.create_role, RoleName="r", AssumeRolePolicyDocument=document) == "MalformedPolicyDocument"


def test_policies_come_back_byte_for_byte(sandbox: Sandbox, iam: Any) -> None:
    """What was put is what is got, white space and all. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html:
    the document is URL-encoded, which boto3 undoes and parses, so the wire is looked at."""
    text = ' {"Statement" :[ {"Resource":"*",\n\t"Action":["s3:Get+*","s3:List%2F*"] ,"Effect":"Allow"}],"Version":"2012-10-17" }\n'
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=text)
    call = Call("iam", "Action=GetUserPolicy&UserName=alice&PolicyName=p&Version=2010-05-08")
    keys = {
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    body = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, call, keys)).body
    assert unquote(body.split("<PolicyDocument>")[1].split("</PolicyDocument>")[0]) == text


MISSING = [
    ("update_access_key", {"UserName": "alice", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}),
    ("update_access_key", {"UserName": "nobody", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}),
    ("delete_access_key", {"UserName": "alice", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
    ("create_access_key", {"UserName": "nobody"}),
    ("list_access_keys", {"UserName": "nobody"}),
    ("put_user_policy", {"UserName": "nobody", "PolicyName": "p", "PolicyDocument": policy()}),
    ("put_role_policy", {"RoleName": "nobody", "PolicyName": "p", "PolicyDocument": policy()}),
    ("put_group_policy", {"GroupName": "nobody", "PolicyName": "p", "PolicyDocument": policy()}),
    ("get_user_policy", {"UserName": "alice", "PolicyName": "nothing"}),
    ("delete_user_policy", {"UserName": "alice", "PolicyName": "nothing"}),
    ("attach_user_policy", {"UserName": "alice", "PolicyArn": "arn:aws:iam::aws:policy/Nothing"}),
    ("detach_user_policy", {"UserName": "alice", "PolicyArn": READ_ONLY}),
    ("put_user_permissions_boundary", {"UserName": "nobody", "PermissionsBoundary": READ_ONLY}),
    ("put_user_permissions_boundary", {"UserName": "alice", "PermissionsBoundary": "arn:aws:iam::aws:policy/Nothing"}),
    ("put_role_permissions_boundary", {"RoleName": "nobody", "PermissionsBoundary": READ_ONLY}),
    ("delete_user_permissions_boundary", {"UserName": "alice"}),
    ("create_user", {"UserName": "bob", "PermissionsBoundary": "arn:aws:iam::aws:policy/Nothing"}),
    ("delete_login_profile", {"UserName": "alice"}),
    ("remove_user_from_group", {"UserName": "alice", "GroupName": "nobody"}),
    ("delete_user", {"UserName": "nobody"}),
    ("get_role", {"RoleName": "nobody"}),
    ("update_user", {"UserName": "nobody", "NewUserName": "somebody"}),
]


@pytest.mark.parametrize(("operation", "arguments"), MISSING)
def test_what_is_not_there_cannot_be_asked_for(iam: Any, operation: str, arguments: dict[str, str]) -> None:
    assert code(getattr(iam, operation), **arguments) == "NoSuchEntity"


class TestWhoseKeys:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""

    def test_a_key_of_another_user_is_not_found(self, iam: Any) -> None:
        iam.create_user(UserName="bob")
        key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
        given = {"UserName": "alice", "AccessKeyId": key}
        assert code(iam.update_access_key, **given, Status="Inactive") == "NoSuchEntity"
        assert code(iam.delete_access_key, **given) == "NoSuchEntity"

    def test_without_a_name_it_is_about_the_callers_keys(self, sandbox: Sandbox, iam: Any) -> None:
        key = iam.create_access_key()["AccessKey"]
        assert key["UserName"] == "responder"
        iam.update_access_key(AccessKeyId=key["AccessKeyId"], Status="Inactive")
        assert {one["AccessKeyId"]: one["Status"] for one in iam.list_access_keys()["AccessKeyMetadata"]} == {
            sandbox.env["AWS_ACCESS_KEY_ID"]: "Active",
            key["AccessKeyId"]: "Inactive",
        }
        iam.delete_access_key(AccessKeyId=key["AccessKeyId"])

    def test_without_a_name_another_users_key_is_not_found(self, iam: Any) -> None:
        key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        assert code(iam.update_access_key, AccessKeyId=key, Status="Inactive") == "NoSuchEntity"
        assert code(iam.delete_access_key, AccessKeyId=key) == "NoSuchEntity"

    def test_a_role_has_no_keys_of_its_own(self, sandbox: Sandbox) -> None:
        assert code(sandbox.iam(sandbox.members[0]).list_access_keys) == "ValidationError"

    @pytest.mark.parametrize("status", ["active", "Off"])
    def test_a_key_is_active_or_inactive(self, iam: Any, status: str) -> None:
        key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        assert code(iam.update_access_key, UserName="alice", AccessKeyId=key, Status=status) == "ValidationError"


class TestDeleting:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html and its like for groups, roles and policies"""

    def refusal_of_user(self, iam: Any) -> str:
        assert code(iam.delete_user, UserName="alice") == "DeleteConflict"
        return message(iam.delete_user, UserName="alice")

    def test_a_user_with_an_inline_policy_stays(self, iam: Any) -> None:
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy())
        assert "must delete policies first" in self.refusal_of_user(iam)

    def test_a_user_with_an_attached_policy_stays(self, iam: Any) -> None:
        iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)
        assert "must detach all policies first" in self.refusal_of_user(iam)

    def test_a_user_with_a_key_stays(self, iam: Any) -> None:
        iam.create_access_key(UserName="alice")
        assert "must delete access keys first" in self.refusal_of_user(iam)

    def test_a_user_with_a_password_stays(self, iam: Any) -> None:
        iam.create_login_profile(UserName="alice", Password="Correct-horse-9")
        assert "must delete login profile first" in self.refusal_of_user(iam)

    def test_a_user_in_a_group_stays_and_so_does_the_group(self, iam: Any) -> None:
        iam.create_group(GroupName="g")
        iam.add_user_to_group(GroupName="g", UserName="alice")
        assert "must remove users from group first" in self.refusal_of_user(iam)
        assert code(iam.delete_group, GroupName="g") == "DeleteConflict"

    def test_a_user_that_is_bare_goes(self, iam: Any) -> None:
        iam.delete_user(UserName="alice")
        assert code(iam.get_user, UserName="alice") == "NoSuchEntity"

    def test_a_group_with_policies_stays(self, iam: Any) -> None:
        iam.create_group(GroupName="g")
        iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=policy())
        assert code(iam.delete_group, GroupName="g") == "DeleteConflict"
        iam.delete_group_policy(GroupName="g", PolicyName="p")
        iam.attach_group_policy(GroupName="g", PolicyArn=READ_ONLY)
        assert code(iam.delete_group, GroupName="g") == "DeleteConflict"

    def test_a_role_with_policies_stays(self, sandbox: Sandbox, iam: Any) -> None:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(sandbox))
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy())
        assert code(iam.delete_role, RoleName="r") == "DeleteConflict"

    def test_a_policy_in_use_stays(self, iam: Any) -> None:
        arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        assert code(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
        iam.detach_user_policy(UserName="alice", PolicyArn=arn)
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        assert code(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
        iam.delete_user_permissions_boundary(UserName="alice")
        iam.delete_policy(PolicyArn=arn)

    def test_a_policy_with_other_versions_stays(self, iam: Any) -> None:
        arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())
        assert code(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"

    @pytest.mark.parametrize("operation", ["delete_policy", "create_policy_version"])
    def test_aws_own_policies_are_not_ours_to_change(self, iam: Any, operation: str) -> None:
        more = {"PolicyDocument": policy()} if operation == "create_policy_version" else {}
        assert code(getattr(iam, operation), PolicyArn=READ_ONLY, **more) == "AccessDenied"

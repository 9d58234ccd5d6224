"""The policy simulator: the samples of its page, what it fills in, what it refuses, and how it puts several answers together.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.validate import ParamValidator
from moto.backends import get_backend
from moto.core.utils import get_service_model
from sandbox_calls import ACCOUNT, OTHER, call

from sandbox import protocol
from sandbox.errors import ApiError
from sandbox.simulation import HANDLERS
from sandbox.world import World

SAMPLE = """{
  "Version":"2012-10-17",
  "Statement":{
    "Effect":"Allow",
    "Action":"s3:PutObject",
    "Resource":"arn:aws:s3:::my-test-bucket"
  }
}"""
ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
DENY_ALL = ALL.replace("Allow", "Deny")
BUCKET = "arn:aws:s3:::my-test-bucket"


def policy(*actions: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Simulator:
    """Both operations, asked as somebody in ACCOUNT asks; what they answer has been over the wire."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self._responder = cloud.user("responder", ALL)

    def principal(self, arn: str, *actions: str, **more: Any) -> list[dict[str, Any]]:
        given = {"PolicySourceArn": arn, "ActionNames": list(actions) or ["s3:GetObject"], **more}
        return list(self.answer("SimulatePrincipalPolicy", given)["EvaluationResults"])

    def custom(self, *policies: str, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
        given = {"PolicyInputList": list(policies), "ActionNames": [action], **more}
        (result,) = self.answer("SimulateCustomPolicy", given)["EvaluationResults"]
        return dict(result)

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        request = call("iam", operation, given)
        answer = HANDLERS["iam", operation](cast("World", self.cloud), request, self._responder)
        status, headers, body = protocol.serialized("iam", operation, answer, "request-1")
        found = protocol.parsed("iam", operation, status, headers, body)
        shape = get_service_model("iam").operation_model(operation).output_shape
        found.pop("ResponseMetadata")
        assert not ParamValidator().validate(found, shape).has_errors()
        return found

    def refusal(self, operation: str = "SimulatePrincipalPolicy", **given: Any) -> str:
        with pytest.raises(ApiError) as caught:
            self.answer(operation, {"ActionNames": ["s3:GetObject"], **given})
        return caught.value.code


@pytest.fixture
def simulator(cloud: Any) -> Simulator:
    return Simulator(cloud)


class TestSamples:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html#API_SimulatePrincipalPolicy_Examples"""

    def test_jill_reads_by_a_managed_policy_and_writes_by_one_given_as_text(self, simulator: Simulator) -> None:
        jill = simulator.cloud.user("Jill")
        iam = simulator.cloud.iam()
        made = iam.create_policy("", "/", policy("s3:Get*", "s3:List*"), "AmazonS3ReadOnlyAccess", [])
        iam.attach_user_policy(made.arn, "Jill")
        actions = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")
        put, get, delete = simulator.principal(jill.arn, *actions, ResourceArns=[BUCKET], PolicyInputList=[SAMPLE])
        assert [one["EvalActionName"] for one in (put, get, delete)] == list(actions)
        assert [one["EvalDecision"] for one in (put, get, delete)] == ["allowed", "allowed", "implicitDeny"]
        assert put["MatchedStatements"] == [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 3, "Column": 16},
                "EndPosition": {"Line": 7, "Column": 4},
            }
        ]
        assert [one["SourcePolicyId"] for one in get["MatchedStatements"]] == ["AmazonS3ReadOnlyAccess"]
        assert delete["MatchedStatements"] == []

    def test_mateo_is_let_in_by_a_resource_policy_beyond_his_boundary(self, simulator: Simulator) -> None:
        mateo = f"arn:aws:iam::{ACCOUNT}:user/mateo"
        named = policy("s3:List*", "s3:Put*", Resource="arn:aws:s3:::production/*", Principal={"AWS": mateo})
        found = simulator.custom(
            policy("iam:*"),
            action="s3:PutObject",
            CallerArn=mateo,
            ResourceArns=["arn:aws:s3:::production/Test"],
            ResourceOwner=f"arn:aws:iam::{ACCOUNT}:root",
            PermissionsBoundaryPolicyInputList=[policy("iam:*")],
            ResourcePolicy=named,
        )
        assert found["EvalDecision"] == "allowed"
        assert found["EvalDecisionDetails"] == {}
        assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
        (matched,) = found["MatchedStatements"]
        assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("ResourcePolicy", "Resource Policy")

    def test_arnav_needs_his_own_account_to_allow_what_another_does(self, simulator: Simulator) -> None:
        arnav = simulator.cloud.user("arnav")
        named = policy("s3:List*", "s3:Put*", Resource="arn:aws:s3:::mary/*", Principal={"AWS": arnav.arn})
        (found,) = simulator.principal(
            arnav.arn,
            "s3:PutObject",
            ResourceArns=["arn:aws:s3:::mary/Test"],
            ResourceOwner=f"arn:aws:iam::{OTHER}:root",
            PermissionsBoundaryPolicyInputList=[policy("iam:*")],
            ResourcePolicy=named,
        )
        assert found["EvalDecision"] == "implicitDeny"
        assert found["EvalDecisionDetails"] == {
            "IAM Policy": "implicitDeny",
            "Resource Policy": "allowed",
            "Permissions Boundary Policy": "implicitDeny",
        }

    def test_a_key_is_given_by_its_name(self, simulator: Simulator) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html#API_SimulateCustomPolicy_Examples"""
        text = policy("s3:ListBucket", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        entry = {
            "ContextKeyName": "aws:MultiFactorAuthPresent",
            "ContextKeyValues": ["true"],
            "ContextKeyType": "boolean",
        }
        without = simulator.custom(text, action="s3:ListBucket")
        assert (without["EvalDecision"], without["MissingContextValues"]) == (
            "implicitDeny",
            ["aws:MultiFactorAuthPresent"],
        )
        found = simulator.custom(text, action="s3:ListBucket", ContextEntries=[entry])
        assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])


class TestPrincipals:
    def test_groups_count_for_their_members_and_can_be_asked_about_themselves(self, simulator: Simulator) -> None:
        alice, iam = simulator.cloud.user("alice"), simulator.cloud.iam()
        group = iam.create_group("staff", "/team/")
        group.policies["reading"] = policy("s3:GetObject")
        group.users.append(iam.users["alice"])
        for arn in (alice.arn, group.arn):
            (found,) = simulator.principal(arn)
            assert found["EvalDecision"] == "allowed"
            assert [one["SourcePolicyId"] for one in found["MatchedStatements"]] == ["group_staff_reading"]

    def test_a_denial_names_the_denying_statement_alone(self, simulator: Simulator) -> None:
        alice = simulator.cloud.user("alice", ALL, DENY_ALL)
        (found,) = simulator.principal(alice.arn)
        assert found["EvalDecision"] == "explicitDeny"
        assert [one["SourcePolicyId"] for one in found["MatchedStatements"]] == ["user_alice_policy-1"]

    def test_a_role_is_told_by_its_arn_and_a_session_is_none(self, simulator: Simulator) -> None:
        worker = simulator.cloud.role("worker", "{}", policy("s3:GetObject"))
        assert worker.session is not None
        (found,) = simulator.principal(worker.session.issuer_arn)
        assert found["EvalDecision"] == "allowed"
        assert simulator.refusal(PolicySourceArn=worker.arn) == "InvalidInput"
        assert simulator.refusal(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:root") == "InvalidInput"

    def test_a_stored_boundary_counts_and_one_given_stands_for_it(self, simulator: Simulator) -> None:
        alice, iam = simulator.cloud.user("alice", ALL), simulator.cloud.iam()
        made = iam.create_policy("", "/", policy("ec2:*"), "boundary", [])
        iam.users["alice"].permissions_boundary = {"PermissionsBoundaryArn": made.arn}
        (stored,) = simulator.principal(alice.arn)
        (given,) = simulator.principal(alice.arn, PermissionsBoundaryPolicyInputList=[policy("s3:*")])
        assert [one["EvalDecision"] for one in (stored, given)] == ["implicitDeny", "allowed"]
        details = [one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in (stored, given)]
        assert details == [False, True]

    def test_somebody_else_calls_with_the_policies_of_the_source(self, simulator: Simulator) -> None:
        """ "as Bob, as if Bob had David's policies" """
        david = simulator.cloud.user("David", policy("s3:GetObject", Resource="arn:aws:s3:::home/${aws:username}/*"))
        bob = simulator.cloud.user("Bob")
        (found,) = simulator.principal(
            david.arn, CallerArn=bob.arn, ResourceArns=["arn:aws:s3:::home/Bob/a", "arn:aws:s3:::home/David/a"]
        )
        assert [one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]] == ["allowed", "implicitDeny"]

    def test_simulation_and_enforcement_see_a_change_at_the_same_time(self, simulator: Simulator) -> None:
        cloud = simulator.cloud
        cloud.settings = cloud.settings.changed({"iam_propagation_s": 4})
        alice, request = cloud.user("alice", ALL), call("s3", "ListBuckets")
        cloud.authorizer.changing(call("iam", "PutUserPolicy", read_only=False), alice)
        cloud.iam().put_user_policy("alice", "deny", DENY_ALL)
        seen = []
        for seconds in (0, 3, 2):
            cloud.clock._ahead += timedelta(seconds=seconds)
            (found,) = simulator.principal(alice.arn, "s3:ListAllMyBuckets")
            seen.append((found["EvalDecision"], cloud.allows(request, alice)))
        assert seen == [("allowed", True), ("allowed", True), ("explicitDeny", False)]


class TestContext:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html#policies_policy-simulator-condition-keys"""

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("aws:username", "alice"),
            ("aws:userid", "ID"),
            ("aws:PrincipalAccount", ACCOUNT),
            ("aws:PrincipalType", "User"),
        ],
    )
    def test_who_the_principal_is_is_filled_in(self, simulator: Simulator, key: str, value: str) -> None:
        alice = simulator.cloud.user("alice")
        text = policy("s3:*", Condition={"StringEquals": {key: alice.user_id if value == "ID" else value}})
        (found,) = simulator.principal(alice.arn, PolicyInputList=[text])
        assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])

    @pytest.mark.parametrize(
        "key", ["aws:PrincipalArn", "aws:RequestedRegion", "aws:CurrentTime", "aws:TokenIssueTime"]
    )
    def test_everything_else_has_to_be_given(self, simulator: Simulator, key: str) -> None:
        alice = simulator.cloud.user("alice", policy("s3:*", Condition={"Null": {key: "false"}}))
        (found,) = simulator.principal(alice.arn)
        assert (found["EvalDecision"], found["MissingContextValues"]) == ("implicitDeny", [key])
        entry = {"ContextKeyName": key.upper(), "ContextKeyValues": ["x"], "ContextKeyType": "string"}
        (found,) = simulator.principal(alice.arn, ContextEntries=[entry])
        assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])

    def test_a_session_is_simulated_by_its_user_id(self, simulator: Simulator) -> None:
        worker = simulator.cloud.role("worker", "{}", ALL)
        assert worker.session is not None
        cut = policy("*", Effect="Deny", Condition={"StringLike": {"aws:userid": worker.user_id}})
        entry = {"ContextKeyName": "aws:userid", "ContextKeyValues": [worker.user_id], "ContextKeyType": "string"}
        arn = worker.session.issuer_arn
        (of_role,) = simulator.principal(arn, PolicyInputList=[cut])
        (of_session,) = simulator.principal(arn, PolicyInputList=[cut], ContextEntries=[entry])
        assert [one["EvalDecision"] for one in (of_role, of_session)] == ["allowed", "explicitDeny"]

    def test_a_key_may_have_several_values(self, simulator: Simulator) -> None:
        text = policy("s3:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})
        for values, expected in ((["a", "b"], "allowed"), (["a", "c"], "implicitDeny")):
            entry = {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": values, "ContextKeyType": "stringList"}
            assert simulator.custom(text, ContextEntries=[entry])["EvalDecision"] == expected

    def test_keys_of_statements_about_other_actions_are_not_missed(self, simulator: Simulator) -> None:
        other = policy("ec2:*", Condition={"Null": {"ec2:Region": "false"}})
        assert simulator.custom(ALL, other)["MissingContextValues"] == []


class TestOrganizations:
    @pytest.fixture
    def member(self, cloud: Any) -> Any:
        """ACCOUNT is a member here, as whoever asks is in it."""
        backend = get_backend("organizations")[OTHER]["aws"]
        backend.create_organization("us-east-1", FeatureSet="ALL")
        backend.enable_policy_type(RootId=backend.org.root_id, PolicyType="SERVICE_CONTROL_POLICY")
        backend.create_account(AccountName="member", Email="member@example.com", RoleName="Access")
        backend.accounts[-1].id = ACCOUNT
        return backend

    def attach(self, backend: Any, text: str) -> None:
        made = backend.create_policy(Content=text, Description="", Name="scp", Type="SERVICE_CONTROL_POLICY")
        backend.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=ACCOUNT)

    def test_service_control_policies_decide_and_are_not_shown(self, simulator: Simulator, member: Any) -> None:
        alice = simulator.cloud.user("alice", ALL, policy("ec2:*", Effect="Deny"))
        (before,) = simulator.principal(alice.arn, ResourceArns=[BUCKET])
        assert (before["EvalDecision"], before["OrganizationsDecisionDetail"]) == (
            "allowed",
            {"AllowedByOrganizations": True},
        )
        deny = policy("s3:*", Effect="Deny", Condition={"StringLike": {"aws:userid": alice.user_id}})
        self.attach(member, deny)
        (after,) = simulator.principal(alice.arn, ResourceArns=[BUCKET])
        assert (after["EvalDecision"], after["OrganizationsDecisionDetail"]) == (
            "explicitDeny",
            {"AllowedByOrganizations": False},
        )
        assert (after["MatchedStatements"], after["MissingContextValues"]) == ([], [])
        assert "EvalDecisionDetails" not in after, "the simulation ends where the organization denies"

    def test_what_the_account_denies_is_not_looked_at_where_the_organization_allows_nothing(
        self, simulator: Simulator, member: Any
    ) -> None:
        """ "policy evaluation does not proceed any further": https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html"""
        next(one for one in member.accounts if one.id == ACCOUNT).attached_policies.clear()
        self.attach(member, policy("ec2:*"))
        (found,) = simulator.principal(simulator.cloud.user("alice", ALL, DENY_ALL).arn)
        assert (found["EvalDecision"], found["MatchedStatements"]) == ("implicitDeny", [])

    def test_keys_that_only_a_service_control_policy_asks_for_are_not_told(
        self, simulator: Simulator, member: Any
    ) -> None:
        alice = simulator.cloud.user("alice", ALL)
        self.attach(member, policy("s3:*", Effect="Deny", Condition={"ArnLike": {"aws:PrincipalArn": alice.arn}}))
        (without,) = simulator.principal(alice.arn)
        assert (without["EvalDecision"], without["MissingContextValues"]) == ("allowed", [])
        entry = {"ContextKeyName": "aws:PrincipalArn", "ContextKeyValues": [alice.arn], "ContextKeyType": "string"}
        (found,) = simulator.principal(alice.arn, ContextEntries=[entry])
        assert found["EvalDecision"] == "explicitDeny"

    def test_outside_an_organization_nothing_is_said_of_it(self, simulator: Simulator) -> None:
        (found,) = simulator.principal(simulator.cloud.user("alice", ALL).arn)
        assert "OrganizationsDecisionDetail" not in found

    def test_levels_can_be_given(self, simulator: Simulator) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html"""
        for levels, expected in (([[ALL], [ALL]], True), ([[ALL], [policy("ec2:*")]], False), ([[ALL], []], False)):
            given = [{"ServiceControlPolicyInputList": texts} for texts in levels]
            found = simulator.custom(ALL, OrderedOrganizationPolicyInputList=given)
            assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": expected}
            assert (found["EvalDecision"] == "allowed") is expected


class TestResources:
    def test_together_resources_are_denied_if_one_is(self, simulator: Simulator) -> None:
        text = policy("s3:GetObject", Resource="arn:aws:s3:::open/*")
        found = simulator.custom(text, ResourceArns=["arn:aws:s3:::open/a", "arn:aws:s3:::closed/a"])
        assert found["EvalDecision"] == "implicitDeny"
        each = {one["EvalResourceName"]: one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]}
        assert each == {"arn:aws:s3:::open/a": "allowed", "arn:aws:s3:::closed/a": "implicitDeny"}

    def test_above_the_single_resources_stands_their_kind(self, simulator: Simulator) -> None:
        """ "not a specific customer-provided resource ARN": https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html"""
        found = simulator.custom(ALL, action="s3:ListBucket", ResourceArns=[BUCKET])
        assert found["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}"
        assert simulator.custom(ALL, action="s3:ListAllMyBuckets")["EvalResourceName"] == "*"

    def test_without_resources_there_are_no_single_results(self, simulator: Simulator) -> None:
        found = simulator.custom(ALL)
        assert not {"ResourceSpecificResults", "EvalDecisionDetails"} & set(found)

    def test_all_resources_are_not_each_of_them(self, simulator: Simulator) -> None:
        assert simulator.custom(policy("s3:GetObject", Resource=f"{BUCKET}/*"))["EvalDecision"] == "implicitDeny"

    def test_policies_of_resources_are_not_looked_up(self, simulator: Simulator) -> None:
        alice = simulator.cloud.user("alice")
        simulator.cloud.bucket("shared", policy("s3:GetObject", Resource="arn:aws:s3:::shared/*", Principal="*"))
        (found,) = simulator.principal(alice.arn, ResourceArns=["arn:aws:s3:::shared/a"])
        assert found["EvalDecision"] == "implicitDeny"
        assert simulator.cloud.allows(call("s3", "GetObject", {"Bucket": "shared", "Key": "a"}), alice)


class TestExclusions:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html"""

    @pytest.mark.parametrize(
        ("excluded", "expected"),
        [
            ([], "explicitDeny"),
            ([{"PolicyType": "inline"}], "allowed"),
            ([{"PolicyType": "user-managed"}], "explicitDeny"),
            ([{"PolicyType": "inline"}, {"PolicyType": "user-managed"}], "implicitDeny"),
            ([{"PolicyType": "inline"}, {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/ev*"}], "implicitDeny"),
            ([{"PolicyType": "inline"}, {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/od*"}], "allowed"),
        ],
    )
    def test_what_is_left_out_does_not_count(self, simulator: Simulator, excluded: Any, expected: str) -> None:
        alice, iam = simulator.cloud.user("alice", DENY_ALL), simulator.cloud.iam()
        iam.attach_user_policy(iam.create_policy("", "/", ALL, "everything", []).arn, "alice")
        (found,) = simulator.principal(alice.arn, PolicyExclusionList=excluded)
        assert found["EvalDecision"] == expected

    def test_an_inline_policy_is_left_out_by_name_and_holder(self, simulator: Simulator) -> None:
        alice = simulator.cloud.user("alice", ALL, DENY_ALL)
        for holder, expected in (("al*", "allowed"), ("bob", "explicitDeny")):
            named = {"PolicyName": "policy-1", "AttachmentType": "user", "AttachmentName": holder}
            (found,) = simulator.principal(alice.arn, PolicyExclusionList=[{"InlinePolicyIdentifier": named}])
            assert found["EvalDecision"] == expected

    @pytest.mark.parametrize("arn", ["policy/x", "arn:aws:iam::*:policy/x", f"arn:aws:iam::{ACCOUNT}:policy/*x*"])
    def test_what_is_no_identifier_is_refused(self, simulator: Simulator, arn: str) -> None:
        alice = simulator.cloud.user("alice")
        assert simulator.refusal(PolicySourceArn=alice.arn, PolicyExclusionList=[{"PolicyArn": arn}]) == "InvalidInput"


class TestRefusals:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html#API_SimulatePrincipalPolicy_Errors"""

    @pytest.mark.parametrize("kind", ["user", "role", "group"])
    def test_nobody_is_not_simulated(self, simulator: Simulator, kind: str) -> None:
        assert simulator.refusal(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:{kind}/nobody") == "NoSuchEntity"

    @pytest.mark.parametrize(
        "given",
        [
            {"ActionNames": ["GetObject"]},
            {"ActionNames": ["s3:*"]},
            {"ActionNames": []},
            {"ResourceArns": ["*", BUCKET]},
            {"ResourceArns": ["my-test-bucket"]},
            {"PermissionsBoundaryPolicyInputList": [ALL, ALL]},
            {
                "ContextEntries": [
                    {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["a", "b"], "ContextKeyType": "ip"}
                ]
            },
            {
                "ContextEntries": [
                    {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["a"], "ContextKeyType": "text"}
                ]
            },
            {"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/work"},
            {"ResourceOwner": "mary"},
            {"ResourceHandlingOption": "EC2-Classic"},
            {"ResourceHandlingOption": "EC2-VPC-EBS", "ResourceArns": [f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"]},
            {"PolicyExclusionList": [{"PolicyType": "trust"}]},
        ],
    )
    def test_invalid_input_is_refused(self, simulator: Simulator, given: dict[str, Any]) -> None:
        assert simulator.refusal(PolicySourceArn=simulator.cloud.user("alice").arn, **given) == "InvalidInput"

    @pytest.mark.parametrize("text", ["{", "{}", policy("s3:*", Principal="*")])
    def test_a_policy_that_cannot_be_evaluated_is_told(self, simulator: Simulator, text: str) -> None:
        assert simulator.refusal("SimulateCustomPolicy", PolicyInputList=[text]) == "PolicyEvaluation"

    def test_resource_policies_are_simulated_for_users_only(self, simulator: Simulator) -> None:
        worker = simulator.cloud.role("worker", "{}")
        assert worker.session is not None
        named = policy("s3:*", Principal="*")
        assert simulator.refusal(PolicySourceArn=worker.session.issuer_arn, ResourcePolicy=named) == "InvalidInput"
        assert simulator.refusal("SimulateCustomPolicy", PolicyInputList=[ALL], ResourcePolicy=named) == "InvalidInput"


def test_results_come_in_pages(simulator: Simulator) -> None:
    actions = [f"s3:Action{number}" for number in range(101)]
    given: dict[str, Any] = {"PolicyInputList": [ALL], "ActionNames": actions}
    first = simulator.answer("SimulateCustomPolicy", given)
    second = simulator.answer("SimulateCustomPolicy", {**given, "Marker": first["Marker"]})
    assert (len(first["EvaluationResults"]), first["IsTruncated"]) == (100, True)
    assert [one["EvalActionName"] for one in second["EvaluationResults"]] == actions[100:]
    assert second["IsTruncated"] is False and "Marker" not in second
    small = simulator.answer("SimulateCustomPolicy", {**given, "MaxItems": 2})
    assert len(small["EvaluationResults"]) == 2

"""Reports of services last accessed, and when keys were last used.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from iam_calls import code, policy, trust
from sandbox_client import Sandbox


def keys_of(iam: Any, name: str) -> dict[str, str]:
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


class Reader:
    """Asks for reports as the responder."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.iam = sandbox, sandbox.client("iam")

    def job(self, arn: str, **more: Any) -> str:
        """A report that is written."""
        job_id = self.iam.generate_service_last_accessed_details(Arn=arn, **more)["JobId"]
        self.sandbox.control("POST", "/clock", {"advance_s": 2})
        return str(job_id)

    def services(self, arn: str, **more: Any) -> dict[str, dict[str, Any]]:
        found = self.iam.get_service_last_accessed_details(JobId=self.job(arn, **more), MaxItems=1000)
        assert found["JobStatus"] == "COMPLETED"
        return {one["ServiceNamespace"]: one for one in found["ServicesLastAccessed"]}

    def entities(self, arn: str, namespace: str) -> list[tuple[str, str, bool]]:
        """(type, name, whether it was ever seen)"""
        found = self.iam.get_service_last_accessed_details_with_entities(
            JobId=self.job(arn), ServiceNamespace=namespace
        )
        return [
            (one["EntityInfo"]["Type"], one["EntityInfo"]["Name"], "LastAuthenticated" in one)
            for one in found["EntityDetailsList"]
        ]


@pytest.fixture
def reader(sandbox: Sandbox) -> Reader:
    return Reader(sandbox)


@pytest.fixture
def alice(reader: Reader) -> dict[str, Any]:
    """A user who may use S3 and SQS, with her keys."""
    user = reader.iam.create_user(UserName="alice", Path="/team/")["User"]
    reader.iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=policy("s3:*", "sqs:ListQueues", "iam:PassRole")
    )
    return {**user, "keys": keys_of(reader.iam, "alice")}


class TestReports:
    def test_a_report_is_in_progress_and_then_completed(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        job_id = reader.iam.generate_service_last_accessed_details(Arn=alice["Arn"])["JobId"]
        assert len(job_id) == 36
        first = reader.iam.get_service_last_accessed_details(JobId=job_id)
        assert (first["JobStatus"], first["ServicesLastAccessed"]) == ("IN_PROGRESS", [])
        assert "JobCompletionDate" not in first
        sandbox.control("POST", "/clock", {"advance_s": 2})
        second = reader.iam.get_service_last_accessed_details(JobId=job_id)
        assert (second["JobStatus"], second["JobType"]) == ("COMPLETED", "SERVICE_LEVEL")
        assert second["JobCompletionDate"] > second["JobCreationDate"]

    def test_the_services_that_policies_grant_are_listed_by_name(self, reader: Reader, alice: Any) -> None:
        found = reader.services(alice["Arn"])
        assert list(found) == ["iam", "s3", "sqs"]
        assert found["s3"] == {
            "ServiceName": "Amazon S3",
            "ServiceNamespace": "s3",
            "TotalAuthenticatedEntities": 0,
        }

    def test_an_attempt_counts_whether_it_was_let_or_not(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        sandbox.client("s3", alice["keys"]).list_buckets()
        sandbox.client("sqs", alice["keys"], region_name="eu-west-1").list_queues()
        assert code(sandbox.client("iam", alice["keys"]).list_users) == "AccessDenied"
        assert code(sandbox.client("ec2", alice["keys"]).describe_instances) == "UnauthorizedOperation"
        found = reader.services(alice["Arn"])
        assert list(found) == ["iam", "s3", "sqs"], "what no policy grants is not in the report"
        assert {one["LastAuthenticatedEntity"] for one in found.values()} == {alice["Arn"]}
        assert [one["LastAuthenticatedRegion"] for one in found.values()] == ["us-east-1", "us-east-1", "eu-west-1"]
        assert {one["TotalAuthenticatedEntities"] for one in found.values()} == {1}

    def test_the_last_attempt_is_the_latest(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        times = []
        for _time in range(2):
            sandbox.client("s3", alice["keys"]).list_buckets()
            times.append(reader.services(alice["Arn"])["s3"]["LastAuthenticated"])
            sandbox.control("POST", "/clock", {"advance_s": 86_400})
        assert timedelta(hours=23) < times[1] - times[0] < timedelta(hours=25)

    def test_what_came_after_the_report_is_in_the_next(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        job_id = reader.job(alice["Arn"])
        sandbox.client("s3", alice["keys"]).list_buckets()
        services = reader.iam.get_service_last_accessed_details(JobId=job_id)["ServicesLastAccessed"]
        assert all("LastAuthenticated" not in one for one in services)
        assert "LastAuthenticated" in reader.services(alice["Arn"])["s3"]

    def test_recent_activity_may_take_hours_to_appear(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        """ "within four hours" """
        sandbox.client("s3", alice["keys"]).list_buckets()
        sandbox.control("PUT", "/settings", {"last_accessed_s": 4 * 3600})
        assert "LastAuthenticated" not in reader.services(alice["Arn"])["s3"]
        sandbox.control("POST", "/clock", {"advance_s": 3 * 3600})
        sandbox.client("s3", alice["keys"]).list_buckets()
        sandbox.control("POST", "/clock", {"advance_s": 3600})
        shown = reader.services(alice["Arn"])["s3"]
        assert "LastAuthenticated" in shown, "the second call must not hide the first"

    def test_after_400_days_nothing_is_remembered(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        sandbox.client("s3", alice["keys"]).list_buckets()
        sandbox.control("POST", "/clock", {"advance_s": 401 * 86_400})
        assert "LastAuthenticated" not in reader.services(alice["Arn"])["s3"]

    def test_an_administrator_may_use_every_service(self, reader: Reader) -> None:
        me = reader.iam.get_user()["User"]["Arn"]
        found = reader.services(me)
        assert len(found) > 200
        assert list(found) == sorted(found)
        assert found["iam"]["LastAuthenticatedEntity"] == me

    def test_reports_come_in_pages(self, reader: Reader) -> None:
        job_id = reader.job(reader.iam.get_user()["User"]["Arn"])
        first = reader.iam.get_service_last_accessed_details(JobId=job_id)
        assert (len(first["ServicesLastAccessed"]), first["IsTruncated"]) == (100, True)
        second = reader.iam.get_service_last_accessed_details(JobId=job_id, Marker=first["Marker"], MaxItems=1)
        (next_one,) = second["ServicesLastAccessed"]
        assert next_one["ServiceNamespace"] > first["ServicesLastAccessed"][-1]["ServiceNamespace"]

    def test_boundaries_and_service_control_policies_are_not_looked_at(self, reader: Reader, alice: Any) -> None:
        arn = reader.iam.create_policy(PolicyName="nothing", PolicyDocument=policy("ec2:*"))["Policy"]["Arn"]
        reader.iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        assert list(reader.services(alice["Arn"])) == ["iam", "s3", "sqs"]

    def test_what_is_denied_is_not_granted(self, reader: Reader, alice: Any) -> None:
        for actions, left in ((("sqs:*",), ["iam", "s3"]), (("*",), [])):
            reader.iam.put_user_policy(
                UserName="alice", PolicyName="deny", PolicyDocument=policy(*actions, Effect="Deny")
            )
            assert list(reader.services(alice["Arn"])) == left


class TestActions:
    def test_management_actions_are_told_and_others_are_not(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        """ "not available for any data plane event" """
        s3 = sandbox.client("s3", alice["keys"])
        s3.create_bucket(Bucket="designs")
        s3.put_object(Bucket="designs", Key="k", Body=b"x")
        found = reader.services(alice["Arn"], Granularity="ACTION_LEVEL")
        (action,) = found["s3"]["TrackedActionsLastAccessed"]
        assert action["ActionName"] == "CreateBucket"
        assert (action["LastAccessedEntity"], action["LastAccessedRegion"]) == (alice["Arn"], "us-east-1")
        assert action["LastAccessedTime"] <= found["s3"]["LastAuthenticated"]
        assert "TrackedActionsLastAccessed" not in found["sqs"]

    def test_a_report_at_the_level_of_services_has_none(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        sandbox.client("s3", alice["keys"]).list_buckets()
        assert "TrackedActionsLastAccessed" not in reader.services(alice["Arn"])["s3"]

    def test_passing_a_role_is_not_tracked(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        role = reader.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust(sandbox))["Role"]["Arn"]
        with pytest.raises(ClientError):
            sandbox.client("lambda", alice["keys"]).create_function(
                FunctionName="f", Role=role, Handler="a.b", Runtime="python3.12", Code={"ZipFile": b"x"}
            )
        assert "LastAuthenticated" not in reader.services(alice["Arn"], Granularity="ACTION_LEVEL")["iam"]


class TestWho:
    def test_a_role_is_told_whoever_used_it(self, sandbox: Sandbox, reader: Reader) -> None:
        account = sandbox.management
        role = reader.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(sandbox))["Role"]
        reader.iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=policy("s3:*"))
        given = sandbox.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="bob")["Credentials"]
        session = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        sandbox.client("s3", session).list_buckets()
        assert reader.services(role["Arn"])["s3"]["LastAuthenticatedEntity"] == f"arn:aws:iam::{account}:role/worker"
        assert reader.entities(role["Arn"], "s3") == [("ROLE", "worker", True)]

    def test_a_group_is_told_by_its_members(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        group = reader.iam.create_group(GroupName="staff")["Group"]["Arn"]
        reader.iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=policy("s3:*"))
        reader.iam.create_user(UserName="bob")
        for name in ("bob", "alice"):
            reader.iam.add_user_to_group(GroupName="staff", UserName=name)
        sandbox.client("s3", alice["keys"]).list_buckets()
        found = reader.services(group)
        assert list(found) == ["s3"]
        assert (found["s3"]["LastAuthenticatedEntity"], found["s3"]["TotalAuthenticatedEntities"]) == (alice["Arn"], 1)
        assert reader.entities(group, "s3") == [("USER", "alice", True), ("USER", "bob", False)]

    def test_a_policy_is_told_by_whom_it_is_attached_to(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        arn = reader.iam.create_policy(PolicyName="p", PolicyDocument=policy("s3:*"))["Policy"]["Arn"]
        reader.iam.create_group(GroupName="staff")
        reader.iam.add_user_to_group(GroupName="staff", UserName="alice")
        reader.iam.attach_group_policy(GroupName="staff", PolicyArn=arn)
        reader.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(sandbox))
        reader.iam.attach_role_policy(RoleName="worker", PolicyArn=arn)
        reader.iam.create_user(UserName="stranger")
        sandbox.client("s3", alice["keys"]).list_buckets()
        assert reader.services(arn)["s3"]["LastAuthenticatedEntity"] == alice["Arn"]
        assert reader.entities(arn, "s3") == [("USER", "alice", True), ("ROLE", "worker", False)]

    def test_somebody_made_anew_under_the_same_name_has_done_nothing(
        self, sandbox: Sandbox, reader: Reader, alice: Any
    ) -> None:
        sandbox.client("s3", alice["keys"]).list_buckets()
        reader.iam.delete_access_key(UserName="alice", AccessKeyId=alice["keys"]["access_key_id"])
        reader.iam.delete_user_policy(UserName="alice", PolicyName="p")
        reader.iam.delete_user(UserName="alice")
        arn = reader.iam.create_user(UserName="alice", Path="/team/")["User"]["Arn"]
        reader.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("s3:*"))
        assert "LastAuthenticated" not in reader.services(arn)["s3"]


class TestRefusals:
    def test_only_who_asked_for_a_report_can_read_it(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        reader.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("iam:*"))
        job_id = reader.job(alice["Arn"])
        other = sandbox.client("iam", alice["keys"])
        assert code(other.get_service_last_accessed_details, JobId=job_id) == "NoSuchEntity"
        assert reader.iam.get_service_last_accessed_details(JobId=job_id)["JobStatus"] == "COMPLETED"

    def test_a_session_reads_its_own_reports_only(self, sandbox: Sandbox, reader: Reader) -> None:
        """ "you must generate and retrieve the report during the same session" """
        account = sandbox.members[0]
        first, second = (sandbox.iam(account) for _session in range(2))
        arn = first.create_user(UserName="alice")["User"]["Arn"]
        job_id = first.generate_service_last_accessed_details(Arn=arn)["JobId"]
        assert first.get_service_last_accessed_details(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
        assert code(second.get_service_last_accessed_details, JobId=job_id) == "NoSuchEntity"

    def test_what_is_not_there_is_refused(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        generate = reader.iam.generate_service_last_accessed_details
        prefix = f"arn:aws:iam::{sandbox.management}"
        for name in ("user/nobody", "role/nobody", "group/nobody", "policy/nothing"):
            assert code(generate, Arn=f"{prefix}:{name}") == "NoSuchEntity"
        assert code(generate, Arn=f"{prefix}:root") == "InvalidInput"
        assert code(generate, Arn=alice["Arn"], Granularity="ALL") == "ValidationError"
        look = reader.iam.get_service_last_accessed_details_with_entities
        assert code(look, JobId=reader.job(alice["Arn"]), ServiceNamespace="nothing") == "InvalidInput"
        assert code(look, JobId="0" * 36, ServiceNamespace="s3") == "NoSuchEntity"

    def test_a_report_needs_permission_for_the_one_whom_it_is_about(self, reader: Reader, alice: Any) -> None:
        bob = reader.iam.create_user(UserName="bob")["User"]["Arn"]
        reader.iam.put_user_policy(
            UserName="alice",
            PolicyName="p",
            PolicyDocument=policy("iam:GenerateServiceLastAccessedDetails", Resource=alice["Arn"]),
        )
        generate = reader.sandbox.client("iam", alice["keys"]).generate_service_last_accessed_details
        assert len(generate(Arn=alice["Arn"])["JobId"]) == 36
        assert code(generate, Arn=bob) == "AccessDenied"


class TestKeys:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""

    def used(self, reader: Reader, alice: Any) -> dict[str, Any]:
        found = reader.iam.get_access_key_last_used(AccessKeyId=alice["keys"]["access_key_id"])
        return dict(found["AccessKeyLastUsed"])

    def test_a_key_that_was_never_used_has_no_date(self, reader: Reader, alice: Any) -> None:
        assert self.used(reader, alice) == {"ServiceName": "N/A", "Region": "N/A"}

    def test_a_key_is_used_when_it_signs_a_call_that_is_refused(
        self, sandbox: Sandbox, reader: Reader, alice: Any
    ) -> None:
        """ "most recently used to sign an AWS API request":
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html"""
        assert is_refused(sandbox.client("ec2", alice["keys"], region_name="eu-west-1").describe_instances)
        found = self.used(reader, alice)
        assert (found["ServiceName"], found["Region"]) == ("ec2", "eu-west-1")
        assert "LastUsedDate" in found

    def test_an_inactive_key_is_not_used(self, sandbox: Sandbox, reader: Reader, alice: Any) -> None:
        reader.iam.update_access_key(UserName="alice", AccessKeyId=alice["keys"]["access_key_id"], Status="Inactive")
        assert is_refused(sandbox.client("s3", alice["keys"]).list_buckets)
        assert "LastUsedDate" not in self.used(reader, alice)


def is_refused(call: Any) -> bool:
    try:
        call()
    except ClientError:
        return True
    return False

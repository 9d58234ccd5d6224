"""Events look as the real ones in DataDog/stratus-red-team (named in each test) and in AWS's pages do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model
from sandbox_calls import ACCOUNT, KEY_ID, NOON, OTHER, call, session, user

from sandbox.cloudtrail.events import event_of, in_other_account, is_data_event, is_recorded
from sandbox.model import Caller, Outcome

OK = Outcome(status=200)
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def told(
    service: str,
    operation: str,
    parameters: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    return event_of(
        call(service, operation, parameters, **more), user(), Outcome(status=200, response=response), "event-1"
    )


def refused(
    service: str, operation: str, code: str, parameters: dict[str, Any] | None = None, status: int = 403
) -> Any:
    outcome = Outcome(status=status, error_code=code, error_message="no")
    return event_of(call(service, operation, parameters), user(), outcome, "event-1")


def test_an_event_has_every_field_that_real_ones_have() -> None:
    """aws.persistence.iam-create-admin-user.json"""
    event = told("iam", "CreateUser", {"UserName": "mallory"}, {"User": {"UserName": "mallory"}})
    assert set(event) >= {
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
        "requestParameters", "responseElements", "requestID", "eventID", "readOnly", "eventType", "managementEvent",
        "recipientAccountId", "eventCategory", "tlsDetails",
    }  # fmt: skip
    assert (event["eventTime"], event["eventSource"], event["eventName"]) == (
        "2026-03-04T12:00:00Z",
        "iam.amazonaws.com",
        "CreateUser",
    )
    assert (event["readOnly"], event["managementEvent"], event["eventType"], event["eventCategory"]) == (
        False,
        True,
        "AwsApiCall",
        "Management",
    )
    assert "errorCode" not in event
    json.dumps(event)


def test_global_services_are_told_of_in_us_east_1() -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events"""
    assert told("iam", "ListUsers")["awsRegion"] == "us-east-1"
    assert told("organizations", "ListRoots")["awsRegion"] == "us-east-1"
    assert told("sts", "GetCallerIdentity")["awsRegion"] == "eu-west-1", "a regional endpoint of STS tells its region"


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("cloudwatch", "monitoring"),
        ("elbv2", "elasticloadbalancing"),
        ("ssm", "ssm"),
        ("logs", "logs"),
        ("sesv2", "ses"),
        ("ecr", "ecr"),
        ("bedrock-runtime", "bedrock"),
        ("guardduty", "guardduty"),
        ("secretsmanager", "secretsmanager"),
    ],
)
def test_event_source(service: str, source: str) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventSource)"""
    operation = next(name for name in get_service_model(service).operation_names if is_recorded(call(service, name)))
    assert told(service, operation)["eventSource"] == f"{source}.amazonaws.com"


class TestUserIdentity:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

    def test_user(self) -> None:
        assert told("sts", "GetCallerIdentity")["userIdentity"] == {
            "type": "IAMUser",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
            "accountId": ACCOUNT,
            "accessKeyId": KEY_ID,
            "userName": "alice",
        }

    def test_assumed_role(self) -> None:
        """aws.credential-access.ec2-get-password-data.json"""
        role = f"arn:aws:iam::{ACCOUNT}:role/ops/reader"
        caller = Caller(
            kind="assumed_role", account=ACCOUNT, arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/work",
            user_id="AROAEXAMPLE:work", access_key_id="ASIAIOSFODNN7EXAMPLE", name="reader", session=session(role),
        )  # fmt: skip
        identity = event_of(call("ec2", "DescribeInstances"), caller, OK, "e")["userIdentity"]
        assert (identity["type"], identity["principalId"]) == ("AssumedRole", "AROAEXAMPLE:work")
        assert "userName" not in identity
        assert identity["sessionContext"]["attributes"] == {
            "creationDate": "2026-03-04T12:00:00Z",
            "mfaAuthenticated": "false",
        }
        assert identity["sessionContext"]["sessionIssuer"] == {
            "type": "Role", "principalId": "AROAEXAMPLE", "arn": role, "accountId": ACCOUNT, "userName": "reader",
        }  # fmt: skip

    def test_federated_user_names_the_user_who_asked(self) -> None:
        """aws.persistence.sts-federation-token.json"""
        issuer = f"arn:aws:iam::{ACCOUNT}:user/alice"
        caller = Caller(
            kind="federated_user", account=ACCOUNT, arn=f"arn:aws:sts::{ACCOUNT}:federated-user/helpdesk",
            user_id=f"{ACCOUNT}:helpdesk", access_key_id="ASIAIOSFODNN7EXAMPLE", name="helpdesk", session=session(issuer),
        )  # fmt: skip
        identity = event_of(call("s3", "ListBuckets"), caller, OK, "e", issuer_id="AIDACKCEVSQ6C2EXAMPLE")[
            "userIdentity"
        ]
        assert (identity["type"], identity["principalId"]) == ("FederatedUser", f"{ACCOUNT}:helpdesk")
        assert identity["sessionContext"]["sessionIssuer"] == {
            "type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE", "arn": issuer, "accountId": ACCOUNT, "userName": "alice",
        }  # fmt: skip

    def test_get_session_token_is_still_the_user_with_a_session(self) -> None:
        caller = replace(user(), session=session(f"arn:aws:iam::{ACCOUNT}:user/alice", mfa_authenticated=True))
        identity = event_of(call("s3", "ListBuckets"), caller, OK, "e")["userIdentity"]
        assert (identity["type"], identity["userName"]) == ("IAMUser", "alice")
        assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"
        assert "sessionIssuer" not in identity["sessionContext"]

    def test_root_has_no_name(self) -> None:
        root = Caller(
            kind="root",
            account=ACCOUNT,
            arn=f"arn:aws:iam::{ACCOUNT}:root",
            user_id=ACCOUNT,
            access_key_id=KEY_ID,
            name="",
        )
        identity = event_of(call("s3", "ListBuckets"), root, OK, "e")["userIdentity"]
        assert (identity["type"], identity["principalId"], "userName" in identity) == ("Root", ACCOUNT, False)

    def test_the_other_account_learns_only_where_the_caller_is_from(self) -> None:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html"""
        first = told("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{OTHER}:role/r", "RoleSessionName": "s"}, {})
        second = in_other_account(first, OTHER, "event-2", "shared", user())
        assert second["userIdentity"] == {
            "type": "AWSAccount",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "accountId": ACCOUNT,
        }
        assert (second["recipientAccountId"], second["eventID"], second["sharedEventID"]) == (
            OTHER,
            "event-2",
            "shared",
        )


class TestRefusedAndFailed:
    def test_ec2_says_whose_fault_it_was(self) -> None:
        """aws.execution.ec2-launch-unusual-instances.json; Client.NetworkInterfaceNotSupported in panther's vectors"""
        assert refused("ec2", "RunInstances", "UnauthorizedOperation")["errorCode"] == "Client.UnauthorizedOperation"
        assert (
            refused("ec2", "DeleteSecurityGroup", "DependencyViolation", status=400)["errorCode"]
            == "Client.DependencyViolation"
        )

    def test_organizations_says_access_denied(self) -> None:
        """aws.defense-evasion.organizations-leave.json"""
        assert (
            refused("organizations", "LeaveOrganization", "AccessDeniedException", status=400)["errorCode"]
            == "AccessDenied"
        )

    def test_iam_errors_go_by_the_name_of_their_shape(self) -> None:
        """aws.persistence.iam-create-user-login-profile.json: EntityTemporarilyUnmodifiableException"""
        event = refused("iam", "DeleteLoginProfile", "EntityTemporarilyUnmodifiable", {"UserName": "u"}, 409)
        assert event["errorCode"] == "EntityTemporarilyUnmodifiableException"
        assert event["requestParameters"] == {"userName": "u"}, "it failed, but was not refused"
        assert refused("iam", "GetUser", "NoSuchEntity", status=404)["errorCode"] == "NoSuchEntityException"

    def test_a_refused_assume_role_shows_no_parameters(self) -> None:
        """aws.credential-access.ec2-get-password-data.json"""
        event = refused(
            "sts", "AssumeRole", "AccessDenied", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "RoleSessionName": "s"}
        )
        assert (event["errorCode"], event["errorMessage"], event["readOnly"]) == ("AccessDenied", "no", True)
        assert event["requestParameters"] is None
        assert event["responseElements"] is None
        assert "resources" not in event

    def test_a_refused_run_instances_shows_them(self) -> None:
        """aws.execution.ec2-launch-unusual-instances.json"""
        given = {
            "ImageId": "ami-1",
            "MinCount": 1,
            "MaxCount": 10,
            "InstanceType": "p2.xlarge",
            "SubnetId": "subnet-1",
            "ClientToken": "t",
        }
        assert refused("ec2", "RunInstances", "UnauthorizedOperation", given)["requestParameters"] == {
            "blockDeviceMapping": {}, "clientToken": "t", "disableApiStop": False, "disableApiTermination": False,
            "instanceType": "p2.xlarge", "instancesSet": {"items": [{"imageId": "ami-1", "maxCount": 10, "minCount": 1}]},
            "monitoring": {"enabled": False}, "subnetId": "subnet-1",
        }  # fmt: skip


class TestSessions:
    def test_assume_role_is_read_only_and_shows_its_answer(self) -> None:
        """aws.credential-access.ec2-get-password-data.json"""
        arn = f"arn:aws:iam::{ACCOUNT}:role/r"
        answer = {
            "Credentials": {
                "AccessKeyId": "ASIAX",
                "SecretAccessKey": "s3cr3t",
                "SessionToken": "t0k3n",
                "Expiration": NOON,
            },
            "AssumedRoleUser": {"AssumedRoleId": "AROA:s", "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"},
        }
        event = told("sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s", "DurationSeconds": 900}, answer)
        assert event["readOnly"] is True
        assert event["requestParameters"] == {"durationSeconds": 900, "roleArn": arn, "roleSessionName": "s"}
        assert event["responseElements"] == {
            "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", "assumedRoleId": "AROA:s"},
            "credentials": {"accessKeyId": "ASIAX", "expiration": "Mar 4, 2026, 12:00:00 PM", "sessionToken": HIDDEN},
        }
        assert event["resources"] == [{"ARN": arn, "accountId": ACCOUNT, "type": "AWS::IAM::Role"}]

    def test_get_federation_token_is_not_read_only(self) -> None:
        """aws.persistence.sts-federation-token.json"""
        answer = {
            "Credentials": {
                "AccessKeyId": "ASIAX",
                "SecretAccessKey": "s3cr3t",
                "SessionToken": "t0k3n",
                "Expiration": NOON,
            }
        }
        event = told("sts", "GetFederationToken", {"Name": "helpdesk", "Policy": "{}"}, answer)
        assert event["readOnly"] is False
        assert event["responseElements"]["credentials"]["accessKeyId"] == "ASIAX"
        assert "t0k3n" not in json.dumps(event)
        assert "s3cr3t" not in json.dumps(event)

    def test_get_caller_identity_shows_nothing(self) -> None:
        """aws.persistence.sts-federation-token.json"""
        event = told("sts", "GetCallerIdentity", {}, {"Account": ACCOUNT})
        assert (event["requestParameters"], event["responseElements"], event["readOnly"]) == (None, None, True)


class TestSecrets:
    def test_iam_leaves_passwords_out(self) -> None:
        """aws.persistence.iam-create-user-login-profile.json, aws.privilege-escalation.iam-update-user-login-profile.json"""
        answer = {
            "LoginProfile": {
                "UserName": "u",
                "CreateDate": datetime(2024, 8, 1, 13, 42, 21, tzinfo=UTC),
                "PasswordResetRequired": False,
            }
        }
        event = told(
            "iam", "CreateLoginProfile", {"UserName": "u", "Password": "pw", "PasswordResetRequired": False}, answer
        )
        assert event["requestParameters"] == {"passwordResetRequired": False, "userName": "u"}
        assert event["responseElements"] == {
            "loginProfile": {"createDate": "Aug 1, 2024 1:42:21 PM", "passwordResetRequired": False, "userName": "u"}
        }
        assert told("iam", "UpdateLoginProfile", {"UserName": "u", "Password": "pw"})["requestParameters"] == {
            "userName": "u"
        }

    def test_create_access_key_shows_the_id_alone(self) -> None:
        """aws.persistence.iam-backdoor-user.json"""
        created = datetime(2024, 7, 30, 21, 53, 13, tzinfo=UTC)
        key = {
            "UserName": "u",
            "AccessKeyId": "AKIAX",
            "Status": "Active",
            "SecretAccessKey": "s3cr3t",
            "CreateDate": created,
        }
        assert told("iam", "CreateAccessKey", {"UserName": "u"}, {"AccessKey": key})["responseElements"] == {
            "accessKey": {
                "accessKeyId": "AKIAX",
                "createDate": "Jul 30, 2024 9:53:13 PM",
                "status": "Active",
                "userName": "u",
            }
        }

    def test_send_command_hides_what_is_run(self) -> None:
        """aws.credential-access.ec2-steal-instance-credentials.json"""
        given = {
            "DocumentName": "AWS-RunShellScript",
            "InstanceIds": ["i-1"],
            "Parameters": {"commands": ["cat /etc/shadow"]},
        }
        event = told("ssm", "SendCommand", given, {"Command": {"CommandId": "c", "Parameters": given["Parameters"]}})
        assert event["requestParameters"] == {
            "documentName": "AWS-RunShellScript",
            "instanceIds": ["i-1"],
            "parameters": HIDDEN,
        }
        assert event["responseElements"]["command"]["parameters"] == HIDDEN

    def test_user_data_is_removed(self) -> None:
        """aws.execution.ec2-user-data.json"""
        event = told(
            "ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "UserData": {"Value": "cm0gLXJm"}}, {"Return": True}
        )
        assert event["requestParameters"] == {"instanceId": "i-1", "userData": "<sensitiveDataRemoved>"}

    def test_rds_shows_stars(self) -> None:
        """eventbridge/event-cloud-trail-create-db.json"""
        event = told(
            "rds", "CreateDBInstance", {"DBInstanceIdentifier": "db", "MasterUserPassword": "pw", "DBName": "n"}
        )
        assert event["requestParameters"] == {"dBInstanceIdentifier": "db", "masterUserPassword": "****", "dBName": "n"}

    def test_a_secrets_value_is_in_no_event(self) -> None:
        """aws.credential-access.secretsmanager-retrieve-secrets.json"""
        event = told("secretsmanager", "GetSecretValue", {"SecretId": "s"}, {"SecretString": "hunter2"})
        assert (event["requestParameters"], event["responseElements"], event["readOnly"]) == (
            {"secretId": "s"},
            None,
            True,
        )
        assert "hunter2" not in json.dumps(
            told("secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": "hunter2"})
        )

    @given(secret=st.text(alphabet="qxz", min_size=12, max_size=20))
    def test_whatever_the_model_calls_sensitive_is_never_shown(self, secret: str) -> None:
        for service, operation, parameters in (
            ("lambda", "CreateFunction", {"FunctionName": "f", "Environment": {"Variables": {"TOKEN": secret}}}),
            ("kms", "Encrypt", {"KeyId": "k", "Plaintext": secret.encode()}),
            ("ssm", "PutParameter", {"Name": "/p", "Value": secret}),
            ("iam", "ChangePassword", {"OldPassword": secret, "NewPassword": secret}),
            ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "db", "MasterUserPassword": secret}),
            ("ec2", "RunInstances", {"ImageId": "ami-1", "UserData": secret}),
        ):
            assert secret not in json.dumps(told(service, operation, parameters)), operation


class TestEc2:
    @pytest.mark.parametrize(
        ("operation", "given", "request_parameters"),
        [
            ("DescribeInstances", {}, {"filterSet": {}, "instancesSet": {}}),
            (
                "DescribeInstances",
                {"InstanceIds": ["i-1"]},
                {"filterSet": {}, "instancesSet": {"items": [{"instanceId": "i-1"}]}},
            ),
            (
                "DescribeSecurityGroups",
                {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]},
                {
                    "securityGroupSet": {},
                    "securityGroupIdSet": {},
                    "filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": "vpc-1"}]}}]},
                },
            ),
            (
                "StopInstances",
                {"InstanceIds": ["i-1"], "Force": True},
                {"force": True, "instancesSet": {"items": [{"instanceId": "i-1"}]}},
            ),
            (
                "ModifySnapshotAttribute",
                {"SnapshotId": "snap-1", "CreateVolumePermission": {"Add": [{"UserId": OTHER}]}},
                {
                    "attributeType": "CREATE_VOLUME_PERMISSION",
                    "createVolumePermission": {"add": {"items": [{"userId": OTHER}]}},
                    "snapshotId": "snap-1",
                },
            ),
            (
                "ModifyImageAttribute",
                {"ImageId": "ami-1", "LaunchPermission": {"Add": [{"UserId": OTHER}]}},
                {
                    "attributeType": "launchPermission",
                    "imageId": "ami-1",
                    "launchPermission": {"add": {"items": [{"userId": OTHER}]}},
                },
            ),
            (
                "AuthorizeSecurityGroupIngress",
                {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"},
                {
                    "cidrIp": "0.0.0.0/0",
                    "fromPort": 22,
                    "groupId": "sg-1",
                    "ipPermissions": {},
                    "ipProtocol": "tcp",
                    "toPort": 22,
                },
            ),
            (
                "AuthorizeSecurityGroupIngress",
                {
                    "GroupId": "sg-1",
                    "IpPermissions": [
                        {
                            "IpProtocol": "tcp",
                            "FromPort": 22,
                            "ToPort": 22,
                            "IpRanges": [{"CidrIp": "127.0.0.1/32", "Description": "SSH for me"}],
                        }
                    ],
                },
                {
                    "groupId": "sg-1",
                    "ipPermissions": {
                        "items": [
                            {
                                "ipProtocol": "tcp",
                                "fromPort": 22,
                                "toPort": 22,
                                "groups": {},
                                "ipRanges": {"items": [{"cidrIp": "127.0.0.1/32", "description": "SSH for me"}]},
                                "ipv6Ranges": {},
                                "prefixListIds": {},
                            }
                        ]
                    },
                },
            ),
            (
                "DeleteFlowLogs",
                {"FlowLogIds": ["fl-1"]},
                {"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}}},
            ),
            (
                "DeleteFlowLogs",
                {"FlowLogIds": ["fl-1", "fl-2"]},
                {
                    "DeleteFlowLogsRequest": {
                        "FlowLogId": [{"content": "fl-1", "tag": 1}, {"content": "fl-2", "tag": 2}]
                    }
                },
            ),
            (
                "CreateVolume",
                {"SnapshotId": "snap-1", "AvailabilityZone": "us-east-1b"},
                {"snapshotId": "snap-1", "zone": "us-east-1b"},
            ),
            ("EnableSerialConsoleAccess", {}, {"EnableSerialConsoleAccessRequest": ""}),
        ],
    )
    def test_request(self, operation: str, given: dict[str, Any], request_parameters: dict[str, Any]) -> None:
        """aws.execution.ec2-user-data, aws.exfiltration.ec2-*, aws.defense-evasion.vpc-remove-flow-logs,
        aws.lateral-movement.ec2-serial-console-send-ssh-public-key; CreateVolume: eventbridge/event-cloud-trail-create-volume;
        DescribeSecurityGroups and IpPermissions: panther's vectors."""
        assert told("ec2", operation, given)["requestParameters"] == request_parameters

    def test_answer_of_an_early_operation(self) -> None:
        """aws.execution.ec2-user-data.json"""
        state = {
            "CurrentState": {"Code": 64, "Name": "stopping"},
            "InstanceId": "i-1",
            "PreviousState": {"Code": 16, "Name": "running"},
        }
        event = told("ec2", "StopInstances", {"InstanceIds": ["i-1"]}, {"StoppingInstances": [state]}, request_id="r")
        assert event["responseElements"] == {
            "instancesSet": {
                "items": [
                    {
                        "currentState": {"code": 64, "name": "stopping"},
                        "instanceId": "i-1",
                        "previousState": {"code": 16, "name": "running"},
                    }
                ]
            },
            "requestId": "r",
        }

    def test_an_operation_that_only_says_yes(self) -> None:
        """aws.exfiltration.ec2-share-ebs-snapshot.json"""
        event = told("ec2", "ModifySnapshotAttribute", {"SnapshotId": "snap-1"}, {}, request_id="r")
        assert event["responseElements"] == {"_return": True, "requestId": "r"}

    def test_answer_of_a_later_operation(self) -> None:
        """aws.defense-evasion.vpc-remove-flow-logs.json"""
        event = told("ec2", "DeleteFlowLogs", {"FlowLogIds": ["fl-1"]}, {"Unsuccessful": []}, request_id="r")
        assert event["responseElements"] == {
            "DeleteFlowLogsResponse": {
                "requestId": "r",
                "unsuccessful": "",
                "xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/",
            }
        }


class TestS3:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"""

    @pytest.mark.parametrize(
        ("operation", "name"),
        [
            ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
            ("DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock"),
            ("PutBucketLifecycleConfiguration", "PutBucketLifecycle"),
            ("PutBucketNotificationConfiguration", "PutBucketNotification"),
            ("PutBucketPolicy", "PutBucketPolicy"),
            ("ListObjectsV2", "ListObjects"),
        ],
    )
    def test_names(self, operation: str, name: str) -> None:
        assert told("s3", operation, {"Bucket": "b"})["eventName"] == name

    def test_a_policy_is_nested(self) -> None:
        """panther's vectors: PutBucketPolicy"""
        event = told("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": '{"Version": "2012-10-17"}'})
        parameters = event["requestParameters"]
        assert (parameters["bucketName"], parameters["bucketPolicy"], parameters["policy"]) == (
            "b",
            {"Version": "2012-10-17"},
            "",
        )
        assert parameters["Host"] == "b.s3.eu-west-1.amazonaws.com"
        assert event["responseElements"] is None
        assert event["userAgent"] == "[aws-cli/2.15.0]"

    def test_a_configuration_keeps_the_names_of_its_xml(self) -> None:
        """panther's vectors: PutBucketVersioning, PutBucketLifecycle"""
        event = told("s3", "PutBucketVersioning", {"Bucket": "b", "VersioningConfiguration": {"Status": "Suspended"}})
        assert event["requestParameters"]["versioning"] == ""
        assert event["requestParameters"]["VersioningConfiguration"] == {
            "Status": "Suspended",
            "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
        }


class TestKmsAndGuardDuty:
    KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    def test_a_grant_without_its_token(self) -> None:
        """https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html"""
        given = {"KeyId": self.KEY, "Operations": ["Encrypt"], "GranteePrincipal": "arn:aws:iam::111122223333:role/r"}
        event = told("kms", "CreateGrant", given, {"GrantId": "f020", "GrantToken": "AQpAM2Rh"})
        assert event["requestParameters"] == {
            "keyId": self.KEY, "operations": ["Encrypt"], "granteePrincipal": "arn:aws:iam::111122223333:role/r",
        }  # fmt: skip
        assert event["responseElements"] == {"grantId": "f020", "keyId": self.KEY}
        assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": self.KEY}]

    @pytest.mark.parametrize(
        ("operation", "given"),
        [
            ("EnableKey", {"KeyId": KEY.rpartition("/")[2]}),
            ("PutKeyPolicy", {"KeyId": KEY.rpartition("/")[2], "Policy": "{}"}),
            ("CreateAlias", {"AliasName": "alias/a", "TargetKeyId": KEY.rpartition("/")[2]}),
        ],
    )
    def test_the_key_is_named_though_it_is_not_answered(self, operation: str, given: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/kms/latest/developerguide/ct-enablekey.html, ct-createalias.html"""
        assert told("kms", operation, given)["responseElements"] == {"keyId": self.KEY}

    def test_a_retired_grant_is_told_of_beside_the_request(self) -> None:
        """https://docs.aws.amazon.com/kms/latest/developerguide/ct-retire-grant.html"""
        event = told("kms", "RetireGrant", {"GrantToken": "AQpAM2Rh"}, {"KeyId": self.KEY, "GrantId": "f020"})
        assert (event["requestParameters"], event["additionalEventData"]) == (None, {"grantId": "f020"})
        assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": self.KEY}]

    def test_a_threat_list(self) -> None:
        """https://docs.aws.amazon.com/guardduty/latest/ug/logging-using-cloudtrail.html"""
        given = {
            "DetectorId": "12abc34d",
            "Name": "Example",
            "Format": "TXT",
            "Location": "https://s3/b/f",
            "Activate": False,
        }
        event = told("guardduty", "CreateThreatIntelSet", given, {"ThreatIntelSetId": "1ab2"})
        assert event["requestParameters"] == {
            "detectorId": "12abc34d", "name": "Example", "format": "TXT", "location": "https://s3/b/f", "activate": False,
        }  # fmt: skip
        assert event["responseElements"] == {"threatIntelSetId": "1ab2"}


class TestObjects:
    def test_the_block_of_an_account_has_a_name_of_its_own(self) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"""
        given = {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True}}
        event = told("s3control", "PutPublicAccessBlock", given)
        assert (event["eventSource"], event["eventName"]) == ("s3.amazonaws.com", "PutAccountPublicAccessBlock")
        parameters = event["requestParameters"]
        assert (parameters["accountId"], parameters["publicAccessBlock"]) == (ACCOUNT, "")
        assert parameters["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True

    def test_a_delete_marker_shows_in_the_headers(self) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html"""
        event = told("s3", "DeleteObject", {"Bucket": "b", "Key": "k"}, {"DeleteMarker": True, "VersionId": "v1"})
        assert event["responseElements"] == {"x-amz-delete-marker": "true", "x-amz-version-id": "v1"}


class TestDataEvents:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"""

    @pytest.mark.parametrize(
        ("service", "operation", "data"),
        [
            ("s3", "GetObject", True),
            ("s3", "ListObjectsV2", True),
            ("s3", "PutObjectTagging", True),
            ("s3", "DeleteObjects", True),
            ("s3", "CreateMultipartUpload", True),
            ("s3", "PutObjectLockConfiguration", False),
            ("s3", "PutBucketPolicy", False),
            ("s3", "ListBuckets", False),
            ("s3", "HeadBucket", False),
            ("lambda", "Invoke", True),
            ("lambda", "CreateFunction", False),
            ("ebs", "GetSnapshotBlock", True),
            ("ebs", "StartSnapshot", False),
            ("dynamodb", "GetItem", True),
            ("dynamodb", "DeleteTable", False),
            ("sns", "Publish", True),
            ("sqs", "SendMessage", True),
            ("sqs", "DeleteQueue", False),
            ("kms", "Decrypt", False),
            ("secretsmanager", "GetSecretValue", False),
        ],
    )
    def test_kind(self, service: str, operation: str, data: bool) -> None:
        assert is_data_event(call(service, operation)) is data

    def test_what_is_not_recorded(self) -> None:
        assert not is_recorded(call("logs", "PutLogEvents"))


def test_versioned_names_of_lambda() -> None:
    """aws.persistence.lambda-*.json"""
    assert told("lambda", "AddPermission")["eventName"] == "AddPermission20150331v2"
    assert told("lambda", "UpdateFunctionCode")["eventName"] == "UpdateFunctionCode20150331v2"


def test_the_keys_of_a_map_are_data() -> None:
    given = {"ResourceARNList": ["arn:aws:ec2:eu-west-1:111122223333:instance/i-1"], "Tags": {"Owner": "X"}}
    assert told("resourcegroupstaggingapi", "TagResources", given)["requestParameters"]["tags"] == {"Owner": "X"}


def test_more_than_100_kb_are_left_out() -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (requestParameters)"""
    assert (
        told("iam", "PutUserPolicy", {"UserName": "u", "PolicyName": "p", "PolicyDocument": "x" * 102_401})[
            "requestParameters"
        ]
        is None
    )


@pytest.mark.parametrize(
    "service", ["iam", "sts", "ec2", "s3", "organizations", "cloudtrail", "guardduty", "ssm", "kms", "lambda", "rds"]
)
def test_every_operation_can_be_told(service: str) -> None:
    for operation in get_service_model(service).operation_names:
        if is_recorded(call(service, operation)):
            json.dumps(told(service, operation, {}, {}))

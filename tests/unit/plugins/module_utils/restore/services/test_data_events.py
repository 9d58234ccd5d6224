"""What events of services that hold data say was changed. Shapes are those of AWS's documentation and of real events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catalogued import ACCOUNT, changes, logged, told

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of

BUCKET = "amzn-s3-demo-bucket"
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{KEY}"
GRANT = "abcde1237f76e4ba7987489ac329fbfba6ad343d6f7075dbd1ef191f0120514a"
SECRET_ARN = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db/password-AbCdEf"
VERSION, NEXT = "1111aaaa-22bb-33cc-44dd-555566667777", "9999aaaa-22bb-33cc-44dd-555566667777"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Public Access", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    ],
}
TEXT = json.dumps(POLICY, indent=2)
BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
RULE = {"ID": "nuke-after-1-day", "Status": "Enabled", "Filter": {"Prefix": "*"}, "Expiration": {"Days": 1}}


def on(**more: Any) -> dict[str, Any]:
    return {"bucketName": BUCKET, "Host": f"{BUCKET}.s3.us-west-2.amazonaws.com", **more}


def settings(name: str, element: str, sent: Any, left: Any) -> tuple[str, Any, Any, Any]:
    return (f"s3:{name}", on(**{element: {"xmlns": XMLNS, **sent}}), None, {(_S3[name], BUCKET): (UNKNOWN, left)})


_S3 = {
    "PutBucketLifecycle": "s3/lifecycle",
    "PutBucketVersioning": "s3/versioning",
    "PutBucketLogging": "s3/logging",
    "PutBucketEncryption": "s3/encryption",
    "PutBucketPublicAccessBlock": "s3/public_access_block",
    "PutBucketTagging": "s3/tags",
    "PutBucketCors": "s3/cors",
    "PutBucketNotification": "s3/notification",
    "PutBucketAcl": "s3/bucket_acl",
}
EVENTS: list[tuple[str, Any, Any, Any]] = [
    # One rule is no list, and what looks like a number is one.
    settings("PutBucketLifecycle", "LifecycleConfiguration", {"Rule": RULE}, {"Rules": [RULE]}),
    settings(
        "PutBucketLifecycle",
        "LifecycleConfiguration",
        {"Rule": [{"ID": 7, "Status": "Enabled", "Prefix": 2024, "Expiration": {"Days": "30"}}, RULE]},
        {"Rules": [{"ID": "7", "Status": "Enabled", "Prefix": "2024", "Expiration": {"Days": 30}}, RULE]},
    ),
    settings(
        "PutBucketLifecycle",
        "LifecycleConfiguration",
        {
            "Rule": {
                "ID": "a",
                "Status": "Enabled",
                "Filter": {"And": {"Prefix": "x", "Tag": {"Key": "k", "Value": True}}},
                "Transition": {"Days": 30, "StorageClass": "GLACIER"},
            }
        },
        {
            "Rules": [
                {
                    "ID": "a",
                    "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "x", "Tags": [{"Key": "k", "Value": "true"}]}},
                    "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
                }
            ]
        },
    ),
    settings("PutBucketVersioning", "VersioningConfiguration", {"Status": "Enabled"}, {"Status": "Enabled"}),
    settings("PutBucketVersioning", "VersioningConfiguration", {"Status": "Suspended", "MfaDelete": "Disabled"}, None),
    settings(
        "PutBucketVersioning",
        "VersioningConfiguration",
        {"Status": "Enabled", "MfaDelete": "Enabled"},
        {"Status": "Enabled", "MFADelete": "Enabled"},
    ),
    settings("PutBucketLogging", "BucketLoggingStatus", {}, None),
    settings(
        "PutBucketLogging",
        "BucketLoggingStatus",
        {"LoggingEnabled": {"TargetBucket": "logging-bucket", "TargetPrefix": "logs/"}},
        {"LoggingEnabled": {"TargetBucket": "logging-bucket", "TargetPrefix": "logs/"}},
    ),
    settings(
        "PutBucketEncryption",
        "ServerSideEncryptionConfiguration",
        {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": "true"}},
        {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]},
    ),
    settings(
        "PutBucketEncryption",
        "ServerSideEncryptionConfiguration",
        {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}},
        None,
    ),
    settings(
        "PutBucketPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        {"BlockPublicAcls": False, "IgnorePublicAcls": "true", "RestrictPublicBuckets": True},
        {**BLOCK, "BlockPublicAcls": False, "BlockPublicPolicy": False},
    ),
    settings(
        "PutBucketTagging",
        "Tagging",
        {"TagSet": {"Tag": [{"Key": "b", "Value": ""}, {"Key": "a", "Value": 1}]}},
        {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]},
    ),
    settings(
        "PutBucketCors",
        "CORSConfiguration",
        {"CORSRule": {"AllowedMethod": ["GET", "PUT"], "AllowedOrigin": "*", "MaxAgeSeconds": 3000}},
        {"CORSRules": [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 3000}]},
    ),
    settings(
        "PutBucketNotification",
        "NotificationConfiguration",
        {
            "CloudFunctionConfiguration": {
                "Id": "theirs",
                "CloudFunction": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:x",
                "Event": "s3:ObjectCreated:*",
                "Filter": {"S3Key": {"FilterRule": {"Name": "prefix", "Value": "in/"}}},
            }
        },
        {
            "LambdaFunctionConfigurations": [
                {
                    "Id": "theirs",
                    "LambdaFunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:x",
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
                }
            ]
        },
    ),
    settings(
        "PutBucketAcl",
        "AccessControlPolicy",
        {
            "Owner": {"ID": "owner", "DisplayName": "us"},
            "AccessControlList": {
                "Grant": [
                    {"Grantee": {"xsi:type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"},
                    {
                        "Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
                        "Permission": "READ",
                    },
                ]
            },
        },
        {"ACL": "public-read"},
    ),
    ("s3:PutBucketAcl", on(acl=[""], **{"x-amz-acl": ["private"]}), None, {("s3/bucket_acl", BUCKET): (UNKNOWN, None)}),
    (
        "s3:PutBucketAcl",
        on(acl="", **{"x-amz-grant-read": "id=1"}),
        None,
        {("s3/bucket_acl", BUCKET): (UNKNOWN, UNKNOWN)},
    ),
    ("s3:PutBucketPolicy", on(bucketPolicy=POLICY), None, {("s3/bucket_policy", BUCKET): (UNKNOWN, POLICY)}),
    ("s3:PutBucketPolicy", on(), None, {("s3/bucket_policy", BUCKET): (UNKNOWN, UNKNOWN)}),
    ("s3:DeleteBucketPolicy", on(policy=""), None, {("s3/bucket_policy", BUCKET): (UNKNOWN, None)}),
    ("s3:DeleteBucketPublicAccessBlock", on(), None, {("s3/public_access_block", BUCKET): (UNKNOWN, None)}),
    (
        "s3:PutAccountPublicAccessBlock",
        {"Host": "s3-control.amazonaws.com", "PublicAccessBlockConfiguration": {"xmlns": XMLNS, **BLOCK}},
        None,
        {("s3/account_public_access_block", ACCOUNT): (UNKNOWN, BLOCK)},
    ),
    (
        "s3:DeleteObject",
        on(key="plans/2026 a.txt"),
        {"x-amz-delete-marker": "true", "x-amz-version-id": "3HL4kqtJlcpXroDTDmJ"},
        {("s3/delete_marker", BUCKET, "plans/2026 a.txt", "3HL4kqtJlcpXroDTDmJ"): (None, "hidden")},
    ),
    ("s3:DeleteObject", on(key="plans"), None, {("s3/object", BUCKET, "plans"): ("there", None)}),
    (
        "kms:ScheduleKeyDeletion",
        {"keyId": KEY, "pendingWindowInDays": 7},
        {"keyId": KEY_ARN, "keyState": "PendingDeletion"},
        {("kms/key", KEY): ("Enabled", "PendingDeletion")},
    ),
    ("kms:CancelKeyDeletion", {"keyId": KEY_ARN}, None, {("kms/key", KEY): ("PendingDeletion", "Disabled")}),
    ("kms:DisableKey", {"keyId": KEY}, None, {("kms/key", KEY): ("Enabled", "Disabled")}),
    ("kms:DisableKey", {"keyId": "1"}, None, {}),
    (
        "kms:CreateKey",
        {"policy": TEXT, "origin": "AWS_KMS"},
        {"keyMetadata": {"keyId": KEY, "arn": KEY_ARN}},
        {("kms/key", KEY): (None, "Enabled"), ("kms/key_policy", KEY): (POLICY, POLICY)},
    ),
    (
        "kms:PutKeyPolicy",
        {"keyId": KEY, "policyName": "default", "policy": TEXT, "bypassPolicyLockoutSafetyCheck": False},
        None,
        {("kms/key_policy", KEY): (UNKNOWN, POLICY)},
    ),
    (
        "kms:EnableKeyRotation",
        {"keyId": KEY, "rotationPeriodInDays": 90},
        None,
        {("kms/rotation", KEY): ("off", {"RotationPeriodInDays": 90})},
    ),
    (
        "kms:DeleteAlias",
        {"aliasName": "alias/my_alias"},
        {"keyId": KEY_ARN},
        {("kms/alias", "alias/my_alias"): (KEY, None)},
    ),
    ("kms:DeleteAlias", {"aliasName": "alias/my_alias"}, None, {("kms/alias", "alias/my_alias"): (UNKNOWN, None)}),
    ("kms:DeleteAlias", {"aliasName": "alias/aws/s3"}, {"keyId": KEY_ARN}, {}),
    (
        "kms:UpdateAlias",
        {"aliasName": "alias/my_alias", "targetKeyId": KEY},
        {"keyId": KEY_ARN},
        {("kms/alias", "alias/my_alias"): (UNKNOWN, KEY)},
    ),
    (
        "kms:CreateGrant",
        {
            "keyId": KEY_ARN,
            "granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/theirs",
            "operations": ["Encrypt", "Decrypt"],
            "constraints": {"encryptionContextSubset": {"team": "7"}},
        },
        {"grantId": GRANT, "keyId": KEY_ARN},
        {
            ("kms/grant", KEY, GRANT): (
                None,
                {
                    "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/theirs",
                    "Operations": ["Decrypt", "Encrypt"],
                    "Constraints": {"EncryptionContextSubset": {"team": "7"}},
                },
            )
        },
    ),
    ("kms:RevokeGrant", {"keyId": KEY_ARN, "grantId": GRANT}, None, {("kms/grant", KEY, GRANT): (UNKNOWN, None)}),
    (
        "secretsmanager:PutResourcePolicy",
        {"secretId": SECRET_ARN, "resourcePolicy": TEXT, "blockPublicPolicy": True},
        {"aRN": SECRET_ARN, "name": "db/password"},
        {("secretsmanager/policy", "db/password"): (UNKNOWN, POLICY)},
    ),
    (
        "secretsmanager:DeleteSecret",
        {"secretId": "db/password", "recoveryWindowInDays": 7},
        {"arn": SECRET_ARN, "name": "db/password", "deletionDate": "Jan 31, 2026, 12:00:00 AM"},
        {("secretsmanager/secret", "db/password"): ("active", "deleting")},
    ),
    (
        "secretsmanager:DeleteSecret",
        {"secretId": SECRET_ARN, "forceDeleteWithoutRecovery": True},
        None,
        {("secretsmanager/secret", "db/password"): ("active", None)},
    ),
    (
        "secretsmanager:PutSecretValue",
        {"secretId": "db/password", "clientRequestToken": NEXT},
        {"arn": SECRET_ARN, "versionId": NEXT},
        {("secretsmanager/stage", "db/password", "AWSCURRENT"): (UNKNOWN, NEXT)},
    ),
    (
        "secretsmanager:UpdateSecret",
        {"secretId": "db/password", "clientRequestToken": NEXT, "description": "pay"},
        {"arn": SECRET_ARN},
        {("secretsmanager/description", "db/password"): (UNKNOWN, "pay")},
    ),
    (
        "secretsmanager:UpdateSecretVersionStage",
        {
            "secretId": SECRET_ARN,
            "versionStage": "AWSCURRENT",
            "moveToVersionId": NEXT,
            "removeFromVersionId": VERSION,
        },
        None,
        {("secretsmanager/stage", "db/password", "AWSCURRENT"): (VERSION, NEXT)},
    ),
    (
        "sqs:SetQueueAttributes",
        {"queueUrl": QUEUE, "attributes": {"Policy": TEXT, "VisibilityTimeout": "0", "KmsMasterKeyId": ""}},
        None,
        {
            ("sqs/attribute", "jobs", "Policy"): (UNKNOWN, POLICY),
            ("sqs/attribute", "jobs", "VisibilityTimeout"): (UNKNOWN, "0"),
            ("sqs/attribute", "jobs", "KmsMasterKeyId"): (UNKNOWN, None),
        },
    ),
    (
        "sqs:AddPermission",
        {"queueUrl": QUEUE, "label": "x", "aWSAccountIds": ["123456789012"], "actions": ["SendMessage"]},
        None,
        {("sqs/permission", "jobs", "x"): (None, {"accounts": ["123456789012"], "actions": ["SendMessage"]})},
    ),
    (
        "sqs:AddPermission",
        {"queueUrl": QUEUE.replace(ACCOUNT, "999999999999"), "label": "x", "aWSAccountIds": [], "actions": []},
        None,
        {},
    ),
    (
        "sns:SetTopicAttributes",
        {"topicArn": TOPIC, "attributeName": "Policy", "attributeValue": TEXT},
        None,
        {("sns/attribute", TOPIC, "Policy"): (UNKNOWN, POLICY)},
    ),
    (
        "sns:Subscribe",
        {"topicArn": TOPIC, "protocol": "https", "endpoint": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        {"subscriptionArn": f"{TOPIC}:{KEY}"},
        {("sns/subscription", f"{TOPIC}:{KEY}"): (None, "there")},
    ),
    ("sns:Subscribe", {"topicArn": TOPIC, "protocol": "email"}, {"subscriptionArn": "pending confirmation"}, {}),
    (
        "ecr:SetRepositoryPolicy",
        {"repositoryName": "community", "policyText": TEXT, "force": False},
        {"registryId": ACCOUNT, "repositoryName": "community", "policyText": TEXT},
        {("ecr/repository_policy", "community"): (UNKNOWN, POLICY)},
    ),
    (
        "ecr:DeleteRepositoryPolicy",
        {"repositoryName": "community"},
        {"registryId": ACCOUNT, "repositoryName": "community", "policyText": TEXT},
        {("ecr/repository_policy", "community"): (POLICY, None)},
    ),
    (
        "ssm:ModifyDocumentPermission",
        {"name": "Patch", "permissionType": "Share", "accountIdsToAdd": ["123456789012", "All"]},
        None,
        {
            ("ssm/document_share", "Patch", "123456789012"): (None, "shared"),
            ("ssm/document_share", "Patch", "all"): (None, "shared"),
        },
    ),
    ("ssm:CreateActivation", {"iamRole": "x"}, {"activationId": KEY}, {("ssm/activation", KEY): (None, "there")}),
    (
        "rds:ModifyDBClusterSnapshotAttribute",
        {"dBClusterSnapshotIdentifier": "Daily", "attributeName": "restore", "valuesToRemove": ["all"]},
        {"dBClusterSnapshotIdentifier": "daily"},
        {("rds/cluster_snapshot_share", "daily", "all"): ("shared", None)},
    ),
    (
        "rds:CreateDBSnapshot",
        {"dBSnapshotIdentifier": "theirs", "dBInstanceIdentifier": "orders"},
        None,
        {("rds/snapshot", "theirs"): (None, "there")},
    ),
    (
        "rds:CopyDBSnapshot",
        {"sourceDBSnapshotIdentifier": "daily", "targetDBSnapshotIdentifier": "theirs"},
        None,
        {("rds/snapshot", "theirs"): (None, "there")},
    ),
    (
        "rds:ModifyDBInstance",
        {
            "dBInstanceIdentifier": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:orders",
            "publiclyAccessible": True,
            "masterUserPassword": "****",
            "vpcSecurityGroupIds": ["sg-0123456789abcdef0"],
            "applyImmediately": True,
        },
        None,
        {
            ("rds/instance_setting", "orders", "PubliclyAccessible"): (UNKNOWN, True),
            ("rds/instance_setting", "orders", "VpcSecurityGroupIds"): (UNKNOWN, ["sg-0123456789abcdef0"]),
        },
    ),
    (
        "rds:DeleteDBInstance",
        {"dBInstanceIdentifier": "orders", "skipFinalSnapshot": True},
        None,
        {("rds/instance", "orders"): ("running", None)},
    ),
    (
        "route53:ChangeResourceRecordSets",
        {
            "hostedZoneId": "/hostedzone/Z0123456789",
            "changeBatch": {
                "changes": [
                    {
                        "action": "UPSERT",
                        "resourceRecordSet": {
                            "name": "WWW.example.com",
                            "type": "A",
                            "tTL": 60,
                            "resourceRecords": [{"value": "198.51.100.7"}],
                        },
                    },
                    {
                        "action": "DELETE",
                        "resourceRecordSet": {
                            "name": "d.example.com.",
                            "type": "A",
                            "aliasTarget": {
                                "hostedZoneId": "Z2FDTNDATAQYW2",
                                "dNSName": "d.example.net",
                                "evaluateTargetHealth": False,
                            },
                        },
                    },
                ]
            },
        },
        {"changeInfo": {"status": "PENDING"}},
        {
            ("route53/record", "Z0123456789", "www.example.com.", "A", ""): (
                UNKNOWN,
                {"TTL": 60, "ResourceRecords": [{"Value": "198.51.100.7"}]},
            ),
            ("route53/record", "Z0123456789", "d.example.com.", "A", ""): (
                {
                    "AliasTarget": {
                        "HostedZoneId": "Z2FDTNDATAQYW2",
                        "DNSName": "d.example.net.",
                        "EvaluateTargetHealth": False,
                    }
                },
                None,
            ),
        },
    ),
    (
        "route53resolver:DisassociateResolverQueryLogConfig",
        {"resolverQueryLogConfigId": "rqlc-5aa596fe3bd84ec6", "resourceId": "vpc-0123456789abcdef0"},
        None,
        {("route53resolver/query_log_association", "rqlc-5aa596fe3bd84ec6", "vpc-0123456789abcdef0"): ("there", None)},
    ),
    ("ses:UpdateAccountSendingEnabled", {"enabled": True}, None, {("ses/sending", "account"): (False, True)}),
    (
        "ses:CreateEmailIdentity",
        {"emailIdentity": "example.com"},
        None,
        {("ses/identity", "example.com"): (None, "there")},
    ),
    (
        "transfer:CreateServer",
        {"protocols": ["SFTP"]},
        {"serverId": "s-0123456789abcdef0"},
        {("transfer/server", "s-0123456789abcdef0"): (None, "online")},
    ),
    (
        "transfer:CreateUser",
        {
            "serverId": "s-0123456789abcdef0",
            "userName": "alice",
            "role": f"arn:aws:iam::{ACCOUNT}:role/transfer",
            "homeDirectory": "/data",
        },
        None,
        {
            ("transfer/user", "s-0123456789abcdef0", "alice"): (
                None,
                {"Role": f"arn:aws:iam::{ACCOUNT}:role/transfer", "HomeDirectory": "/data"},
            )
        },
    ),
]


@pytest.mark.parametrize(
    ("name", "request_", "response", "expected"), EVENTS, ids=[f"{n}-{event[0]}" for n, event in enumerate(EVENTS)]
)
def test_an_event_tells_what_it_changed(name: str, request_: Any, response: Any, expected: Any) -> None:
    assert told(logged(name, request_, response)) == expected


@pytest.mark.parametrize(
    ("name", "request_", "response"), [event[:3] for event in EVENTS], ids=[f"{n}-{e[0]}" for n, e in enumerate(EVENTS)]
)
def test_a_log_that_is_searched_for_the_word_of_a_facet_shows_the_event(
    name: str, request_: Any, response: Any
) -> None:
    event = logged(name, request_, response)
    for change in changes(event):
        word = KINDS[change.facet.kind].word(change.facet)
        assert len(word) > 3
        assert word in json.dumps(event.record)


def test_a_new_bucket_has_what_new_buckets_have() -> None:
    found = told(logged("s3:CreateBucket", on()))
    assert found["s3/bucket", BUCKET] == (UNKNOWN, "shut"), (
        "in us-east-1 the call succeeds also where the bucket was there"
    )
    assert found["s3/public_access_block", BUCKET] == (BLOCK, BLOCK)
    assert found["s3/ownership", BUCKET][1] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert found["s3/bucket_policy", BUCKET] == found["s3/bucket_acl", BUCKET] == (None, None)


def test_outside_us_east_1_a_bucket_that_was_made_was_not_there() -> None:
    record = {
        "eventID": "11111111-2222-3333-4444-555555555555",
        "eventTime": "2026-01-31T12:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "CreateBucket",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": on(),
    }
    assert told(event_of(record))["s3/bucket", BUCKET] == (None, "shut")


@pytest.mark.parametrize("name", ["DeleteBucketPolicy", "PutBucketLifecycle", "DeleteBucket", "DeleteObject"])
def test_a_bucket_of_another_account_is_restored_there(name: str) -> None:
    record = {
        "eventID": "11111111-2222-3333-4444-555555555555",
        "eventTime": "2026-01-31T12:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": on(key="plans"),
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/plans"},
            {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}", "accountId": "444455556666"},
        ],
    }
    assert {change.facet.account for change in changes(event_of(record))} == {"444455556666"}


def test_whoever_retires_a_grant_by_its_token_is_told_beside_the_request() -> None:
    record = {
        "eventID": "0771bcfb-3e24-4332-9ac8-e1c06563eecf",
        "eventTime": "2022-09-01T19:39:33Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "RetireGrant",
        "awsRegion": "us-west-2",
        "recipientAccountId": ACCOUNT,
        "requestParameters": None,
        "additionalEventData": {"grantId": GRANT},
        "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": KEY_ARN}],
    }
    assert told(event_of(record)) == {("kms/grant", KEY, GRANT): (UNKNOWN, None)}


@pytest.mark.parametrize("name", ["ssm:SendCommand", "ssm:StartSession", "rds:StartExportTask", "s3:PutObject"])
def test_what_no_call_takes_back_is_left_to_a_human_with_a_command(name: str) -> None:
    assert "aws " in ENTRIES[name].manual

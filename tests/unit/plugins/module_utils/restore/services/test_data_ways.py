"""Of services that hold data: from each value of each kind to each other, the undo of a move is the move back, or there is none."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import check_ways, facet, moves_of, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import IrreversibleError

ACCOUNT = "111122223333"
BUCKET = ("amzn-s3-demo-bucket",)
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = "0987dcba-09fe-87dc-65ba-ab0987654321"
GRANT = "a" * 64
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
POLICIES = (
    None,
    {"Version": "2012-10-17", "Statement": []},
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]},
)
OF_KEYS = POLICIES[1:]
BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
BLOCKS = (None, BLOCK, {**BLOCK, "BlockPublicPolicy": False})
GRANTED = {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Decrypt"]}
PERMITTED = {"accounts": [ACCOUNT], "actions": ["SendMessage"]}
ROTATED = {
    "RotationLambdaARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate",
    "RotationRules": {"AutomaticallyAfterDays": 30},
}
RECORD = {"TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
ALIAS = {"AliasTarget": {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d.example.net.", "EvaluateTargetHealth": False}}
USER = {"Role": f"arn:aws:iam::{ACCOUNT}:role/transfer", "HomeDirectory": "/bucket"}
VALUES: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "s3/bucket": (BUCKET, (None, "open", "shut")),
    "s3/bucket_policy": (BUCKET, POLICIES),
    "s3/bucket_acl": (
        BUCKET,
        (None, {"ACL": "public-read"}, {"AccessControlPolicy": {"Grants": [], "Owner": {"ID": "a"}}}),
    ),
    "s3/public_access_block": (BUCKET, BLOCKS),
    "s3/account_public_access_block": ((ACCOUNT,), BLOCKS),
    "s3/versioning": (BUCKET, (None, {"Status": "Enabled"}, {"Status": "Enabled", "MFADelete": "Enabled"})),
    "s3/lifecycle": (BUCKET, (None, {"Rules": [{"ID": "a"}]}, {"Rules": [{"ID": "b"}]})),
    "s3/encryption": (BUCKET, (None, {"Rules": [{"BucketKeyEnabled": True}]})),
    "s3/logging": (BUCKET, (None, {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}})),
    "s3/notification": (BUCKET, (None, {"EventBridgeConfiguration": {}})),
    "s3/replication": (BUCKET, (None, {"Role": "r", "Rules": []})),
    "s3/website": (BUCKET, (None, {"IndexDocument": {"Suffix": "index.html"}})),
    "s3/cors": (BUCKET, (None, {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})),
    "s3/tags": (BUCKET, (None, {"TagSet": [{"Key": "team", "Value": "7"}]})),
    "s3/ownership": (BUCKET, (None, {"Rules": [{"ObjectOwnership": "ObjectWriter"}]})),
    "s3/object_lock": (BUCKET, (None, {"ObjectLockEnabled": "Enabled"})),
    "s3/acceleration": (BUCKET, (None, {"Status": "Enabled"})),
    "s3/request_payment": (BUCKET, (None, {"Payer": "Requester"})),
    "s3/delete_marker": ((*BUCKET, "plans/a b.txt", "v123456"), (None, "hidden")),
    "s3/object": ((*BUCKET, "plans/a b.txt"), (None, "there")),
    "kms/key": ((KEY,), (None, "Enabled", "Disabled", "PendingDeletion", "PendingImport")),
    "kms/key_policy": ((KEY,), OF_KEYS),
    "kms/rotation": ((KEY,), ("off", "hidden", {"RotationPeriodInDays": 365}, {"RotationPeriodInDays": 90})),
    "kms/alias": (("alias/payments",), (None, KEY, OTHER_KEY)),
    "kms/grant": ((KEY, GRANT), (None, GRANTED)),
    "secretsmanager/secret": (("db/password",), (None, "active", "deleting")),
    "secretsmanager/policy": (("db/password",), ("none", "hidden", *POLICIES[1:])),
    "secretsmanager/kms_key": (("db/password",), ("none", "alias/ours", KEY)),
    "secretsmanager/description": (("db/password",), ("none", "of the shop", "pay first")),
    "secretsmanager/rotation": (("db/password",), ("none", ROTATED)),
    "secretsmanager/stage": (("db/password", "AWSCURRENT"), (None, "a" * 32, "b" * 32)),
    "secretsmanager/replica": (("db/password", "eu-west-1"), ("none", {}, {"KmsKeyId": "alias/ours"})),
    "sqs/attribute": (("jobs", "Policy"), POLICIES),
    "sqs/permission": (("jobs", "colleagues"), (None, PERMITTED, {**PERMITTED, "actions": ["*"]})),
    "sns/attribute": ((TOPIC, "Policy"), POLICIES),
    "sns/permission": ((TOPIC, "colleagues"), (None, PERMITTED, {**PERMITTED, "actions": ["Publish"]})),
    "sns/subscription": ((f"{TOPIC}:1234abcd-12ab-34cd-56ef-1234567890ab",), (None, "there")),
    "ecr/repository_policy": (("team/app",), POLICIES),
    "ecr/registry_policy": (("registry",), POLICIES),
    "ecr/lifecycle_policy": (("team/app",), (None, {"rules": []})),
    "ssm/document_share": (("Patch", ACCOUNT), (None, "shared")),
    "ssm/document_default_version": (("Patch",), ("1", "2")),
    "ssm/activation": (("1234abcd-12ab-34cd-56ef-1234567890ab",), (None, "there")),
    "ssm/association": (("1234abcd-12ab-34cd-56ef-1234567890ab",), (None, "there")),
    "rds/snapshot": (("exfiltration",), (None, "there")),
    "rds/cluster_snapshot": (("exfiltration",), (None, "there")),
    "rds/snapshot_share": (("exfiltration", ACCOUNT), (None, "shared")),
    "rds/cluster_snapshot_share": (("exfiltration", "all"), (None, "shared")),
    "rds/instance": (("orders",), (None, "running", "stopped")),
    "rds/cluster": (("orders",), (None, "running", "stopped")),
    "rds/instance_setting": (("orders", "PubliclyAccessible"), (True, False)),
    "rds/cluster_setting": (("orders", "BackupRetentionPeriod"), (1, 7, 35)),
    "route53/record": (("Z0123456789", "www.example.com.", "A", ""), (None, RECORD, ALIAS)),
    "route53resolver/query_log_config": (("dns", "arn:aws:s3:::amzn-s3-demo-bucket"), (None, "there")),
    "route53resolver/query_log_association": (("rqlc-0123456789abcdef", "vpc-0123456789abcdef0"), (None, "there")),
    "bedrock/model_agreement": (("anthropic.claude-3-sonnet-20240229-v1:0",), (None, "agreed")),
    "ses/sending": (("account",), (True, False)),
    "ses/identity": (("example.com",), (None, "there")),
    "transfer/server": (("s-0123456789abcdef0",), (None, "online", "offline")),
    "transfer/user": (("s-0123456789abcdef0", "alice"), (None, USER, {})),
}
SERVICES = {kind.partition("/")[0] for kind in VALUES}


def test_every_kind_of_these_services_has_its_values_here() -> None:
    assert set(VALUES) == {kind for kind in KINDS if kind.partition("/")[0] in SERVICES}


@pytest.mark.parametrize("kind", VALUES)
def test_the_undo_of_a_move_is_the_move_back(kind: str) -> None:
    names, values = VALUES[kind]
    check_ways(facet(kind, *names), values)


@pytest.mark.parametrize(
    "kind", [kind for kind in VALUES if KINDS[kind].kept is not None], ids=lambda kind: kind.replace("/", "-")
)
def test_what_is_kept_is_a_value_like_others_and_stays_as_it_is(kind: str) -> None:
    _names, values = VALUES[kind]
    kept = KINDS[kind].kept
    assert kept is not None
    for value in values:
        if value is not None and value != "PendingImport":
            assert kept(value) in values
            assert kept(kept(value)) == kept(value)


def test_a_key_that_waits_for_its_deletion_is_saved_and_then_enabled() -> None:
    one = facet("kms/key", KEY)
    assert moves_of(one, "PendingDeletion", "Enabled") == [
        ("kms:CancelKeyDeletion", {"KeyId": KEY}),
        ("kms:EnableKey", {"KeyId": KEY}),
    ]
    assert moves_of(one, "PendingDeletion", "Disabled") == [("kms:CancelKeyDeletion", {"KeyId": KEY})]
    assert undo_of(one, "PendingDeletion", "Disabled") == [("kms:ScheduleKeyDeletion", {"KeyId": KEY})]


def test_a_bucket_is_never_that_of_another_owner() -> None:
    assert moves_of(facet("s3/bucket_policy", *BUCKET), POLICIES[1], None) == [
        ("s3:DeleteBucketPolicy", {"Bucket": BUCKET[0], "ExpectedBucketOwner": ACCOUNT})
    ]


def test_a_version_is_current_again_without_its_value_being_read() -> None:
    one = facet("secretsmanager/stage", "db/password", "AWSCURRENT")
    assert moves_of(one, "b" * 32, "a" * 32) == [
        (
            "secretsmanager:UpdateSecretVersionStage",
            {
                "SecretId": "db/password",
                "VersionStage": "AWSCURRENT",
                "RemoveFromVersionId": "b" * 32,
                "MoveToVersionId": "a" * 32,
            },
        )
    ]


def test_a_queue_goes_by_the_url_that_its_region_gives_it() -> None:
    one = facet("sqs/permission", "jobs", "theirs")
    assert moves_of(one, PERMITTED, None) == [
        (
            "sqs:RemovePermission",
            {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs", "Label": "theirs"},
        )
    ]


@pytest.mark.parametrize(
    ("live", "wanted"),
    [({"Status": "Enabled", "MFADelete": "Enabled"}, None), (None, {"Status": "Enabled", "MFADelete": "Enabled"})],
)
def test_mfa_delete_is_left_to_root(live: Any, wanted: Any) -> None:
    with pytest.raises(IrreversibleError, match="root user"):
        moves_of(facet("s3/versioning", *BUCKET), live, wanted)

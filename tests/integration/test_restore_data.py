"""What attackers change in services that hold data: each kind of facet is told by its event, put back, and changed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from changes_in_sandbox import Story, Watched, check
from sandbox_client import Sandbox

BUCKET = "amzn-s3-demo-bucket"
TARGET = "amzn-s3-demo-bucket1"
SECRET = "db/password"
OTHER = "111122223333"


def policy(action: str, resource: str = "*") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_bucket(make: Any) -> str:
    make("s3").create_bucket(Bucket=BUCKET)
    return BUCKET


def bucket_with(operation: str, **parameters: Any) -> Callable[[Any], str]:
    def before(make: Any) -> str:
        getattr(make("s3"), operation)(Bucket=a_bucket(make), **parameters)
        return BUCKET

    return before


def with_lists(make: Any) -> str:
    """A bucket whose access control lists count, and may let everybody in."""
    make("s3").create_bucket(Bucket=BUCKET, ObjectOwnership="ObjectWriter")
    make("s3").delete_public_access_block(Bucket=BUCKET)
    return BUCKET


def named(given: Any) -> tuple[str, ...]:
    return (given,)


def on_bucket(kind: str, operation: str, before: Callable[[Any], str] = a_bucket, **parameters: Any) -> Story:
    return Story(
        name=f"{operation}-{before.__name__}",
        kind=f"s3/{kind}",
        names=named,
        before=before,
        change=lambda make, bucket: getattr(make("s3"), operation)(Bucket=bucket, **parameters),
        tells_before=False,
    )


EXPIRY = {
    "Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}],
}
NUKE = {
    "Rules": [
        {"ID": "nuke", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
        {"ID": "2024", "Status": "Disabled", "Filter": {"Prefix": "2024"}, "Expiration": {"Days": 2}},
    ],
}
KMS = {
    "Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/theirs"}},
    ],
}
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ALL_ON = dict.fromkeys(BLOCKS, True)
HALF_ON = {**ALL_ON, "BlockPublicPolicy": False}
CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]}
OWN_POLICY = policy("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
BUCKETS = (
    on_bucket("versioning", "put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
    on_bucket(
        "versioning",
        "put_bucket_versioning",
        bucket_with("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
        VersioningConfiguration={"Status": "Suspended"},
    ),
    on_bucket(
        "lifecycle",
        "put_bucket_lifecycle_configuration",
        bucket_with("put_bucket_lifecycle_configuration", LifecycleConfiguration=EXPIRY),
        LifecycleConfiguration=NUKE,
    ),
    on_bucket("lifecycle", "put_bucket_lifecycle_configuration", LifecycleConfiguration=EXPIRY),
    on_bucket(
        "lifecycle",
        "delete_bucket_lifecycle",
        bucket_with("put_bucket_lifecycle_configuration", LifecycleConfiguration=EXPIRY),
    ),
    on_bucket("encryption", "put_bucket_encryption", ServerSideEncryptionConfiguration=KMS),
    on_bucket(
        "encryption",
        "delete_bucket_encryption",
        bucket_with("put_bucket_encryption", ServerSideEncryptionConfiguration=KMS),
    ),
    on_bucket("cors", "put_bucket_cors", CORSConfiguration=CORS),
    on_bucket("tags", "put_bucket_tagging", Tagging={"TagSet": [{"Key": "team", "Value": "007"}]}),
    on_bucket(
        "website",
        "put_bucket_website",
        WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}},
    ),
    on_bucket(
        "ownership",
        "put_bucket_ownership_controls",
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    ),
    on_bucket("bucket_policy", "put_bucket_policy", Policy=OWN_POLICY),
    on_bucket("bucket_policy", "delete_bucket_policy", bucket_with("put_bucket_policy", Policy=OWN_POLICY)),
    on_bucket("bucket_acl", "put_bucket_acl", with_lists, ACL="public-read"),
    on_bucket(
        "public_access_block",
        "put_public_access_block",
        bucket_with("put_public_access_block", PublicAccessBlockConfiguration=ALL_ON),
        PublicAccessBlockConfiguration=HALF_ON,
    ),
    on_bucket(
        "public_access_block",
        "delete_public_access_block",
        bucket_with("put_public_access_block", PublicAccessBlockConfiguration=ALL_ON),
    ),
)


def a_target(make: Any) -> str:
    s3 = make("s3")
    s3.create_bucket(Bucket=TARGET)
    for bucket in (BUCKET, TARGET):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(
        Bucket=TARGET,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "logging.s3.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{TARGET}/*",
                    }
                ],
            }
        ),
    )
    return BUCKET


def a_topic(make: Any) -> str:
    make("sns").create_topic(Name="alarms")
    return a_bucket(make)


REPLICATION = {
    "Role": f"arn:aws:iam::{OTHER}:role/replication",
    "Rules": [
        {
            "ID": "away",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{TARGET}"},
        }
    ],
}
BUCKETS += (
    on_bucket(
        "logging",
        "put_bucket_logging",
        a_target,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": TARGET, "TargetPrefix": "logs/"}},
    ),
    on_bucket("replication", "put_bucket_replication", a_target, ReplicationConfiguration=REPLICATION),
    on_bucket(
        "notification",
        "put_bucket_notification_configuration",
        a_topic,
        NotificationConfiguration={
            "TopicConfigurations": [
                {
                    "Id": "away",
                    "TopicArn": "arn:aws:sns:us-east-1:{account}:alarms",
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
                }
            ]
        },
    ),
    Story(
        name="delete_bucket",
        kind="s3/bucket",
        names=named,
        before=bucket_with("put_public_access_block", PublicAccessBlockConfiguration=ALL_ON),
        change=lambda make, bucket: make("s3").delete_bucket(Bucket=bucket),
    ),
    Story(
        name="create_bucket",
        kind="s3/bucket",
        names=named,
        before=lambda _make: BUCKET,
        change=lambda make, bucket: make("s3", region_name="eu-west-1").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        ),
        region="eu-west-1",
    ),
)


def a_key(make: Any) -> str:
    return str(make("kms").create_key()["KeyMetadata"]["KeyId"])


def key_with(*operations: str) -> Callable[[Any], str]:
    def before(make: Any) -> str:
        key = a_key(make)
        for operation in operations:
            getattr(make("kms"), operation)(KeyId=key)
        return key

    return before


def on_key(kind: str, operation: str, before: Callable[[Any], str] = a_key, **parameters: Any) -> Story:
    return Story(
        name=f"kms-{operation}",
        kind=f"kms/{kind}",
        names=named,
        before=before,
        change=lambda make, key: getattr(make("kms"), operation)(KeyId=key, **parameters),
    )


def an_alias(make: Any) -> str:
    make("kms").create_alias(AliasName="alias/payments", TargetKeyId=a_key(make))
    return "alias/payments"


def repointed(make: Any, alias: str) -> None:
    make("kms").update_alias(AliasName=alias, TargetKeyId=a_key(make))


def key_policy() -> str:
    found = json.loads(policy("kms:Decrypt"))
    root = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({**found, "Statement": [root, *found["Statement"]]})


KEYS = (
    on_key("key", "disable_key"),
    on_key("key", "enable_key", key_with("disable_key")),
    on_key("key", "schedule_key_deletion", PendingWindowInDays=7),
    on_key("rotation", "enable_key_rotation"),
    on_key("rotation", "disable_key_rotation", key_with("enable_key_rotation")),
    Story(
        name="kms-put_key_policy",
        kind="kms/key_policy",
        names=named,
        before=a_key,
        change=lambda make, key: make("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy()),
        tells_before=False,
    ),
    Story(
        name="kms-delete_alias",
        kind="kms/alias",
        names=named,
        before=an_alias,
        change=lambda make, alias: make("kms").delete_alias(AliasName=alias),
    ),
    Story(
        name="kms-update_alias", kind="kms/alias", names=named, before=an_alias, change=repointed, tells_before=False
    ),
    Story(
        name="kms-create_alias",
        kind="kms/alias",
        names=lambda _key: ("alias/theirs",),
        before=a_key,
        change=lambda make, key: make("kms").create_alias(AliasName="alias/theirs", TargetKeyId=key),
    ),
)


def a_secret(make: Any) -> str:
    make("secretsmanager").create_secret(Name=SECRET, SecretString="first")
    return SECRET


def secret_with(operation: str, **parameters: Any) -> Callable[[Any], str]:
    def before(make: Any) -> str:
        getattr(make("secretsmanager"), operation)(SecretId=a_secret(make), **parameters)
        return SECRET

    return before


def on_secret(
    kind: str,
    operation: str,
    before: Callable[[Any], str] = a_secret,
    names: Callable[[Any], tuple[str, ...]] = named,
    tells_before: bool = True,
    **parameters: Any,
) -> Story:
    return Story(
        name=f"secret-{operation}-{before.__name__}",
        kind=f"secretsmanager/{kind}",
        names=names,
        before=before,
        change=lambda make, secret: getattr(make("secretsmanager"), operation)(SecretId=secret, **parameters),
        tells_before=tells_before,
    )


def staged(secret: Any) -> tuple[str, ...]:
    return (secret, "AWSCURRENT")


def replicated(secret: Any) -> tuple[str, ...]:
    return (secret, "eu-west-1")


SECRETS = (
    on_secret("secret", "delete_secret"),
    on_secret("secret", "restore_secret", secret_with("delete_secret")),
    on_secret(
        "policy", "put_resource_policy", tells_before=False, ResourcePolicy=policy("secretsmanager:GetSecretValue")
    ),
    on_secret(
        "policy",
        "delete_resource_policy",
        secret_with("put_resource_policy", ResourcePolicy=policy("secretsmanager:GetSecretValue")),
        tells_before=False,
    ),
    on_secret("stage", "put_secret_value", names=staged, tells_before=False, SecretString="theirs"),
    on_secret("stage", "update_secret", names=staged, tells_before=False, SecretString="theirs"),
    on_secret("kms_key", "update_secret", tells_before=False, KmsKeyId="alias/theirs"),
    on_secret("replica", "replicate_secret_to_regions", names=replicated, AddReplicaRegions=[{"Region": "eu-west-1"}]),
)


def a_queue(make: Any) -> str:
    return str(make("sqs").create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30"})["QueueUrl"])


def a_shared_queue(make: Any) -> str:
    url = a_queue(make)
    make("sqs").add_permission(QueueUrl=url, Label="colleagues", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    return url


def on_queue(
    kind: str,
    name: str,
    operation: str,
    before: Callable[[Any], str] = a_queue,
    tells_before: bool = False,
    **parameters: Any,
) -> Story:
    return Story(
        name=f"{operation}-{name}-{before.__name__}",
        kind=f"sqs/{kind}",
        names=lambda _url: ("jobs", name),
        before=before,
        change=lambda make, url: getattr(make("sqs"), operation)(QueueUrl=url, **parameters),
        tells_before=tells_before,
    )


def the_topic(make: Any) -> str:
    return str(make("sns").create_topic(Name="alarms")["TopicArn"])


def on_topic(kind: str, name: str, operation: str, *, tells_before: bool = False, **parameters: Any) -> Story:
    return Story(
        name=f"{operation}-{name}",
        kind=f"sns/{kind}",
        names=lambda arn: (arn, name),
        before=the_topic,
        change=lambda make, arn: getattr(make("sns"), operation)(TopicArn=arn, **parameters),
        tells_before=tells_before,
    )


MESSAGES = (
    on_queue("attribute", "Policy", "set_queue_attributes", Attributes={"Policy": policy("sqs:SendMessage")}),
    on_queue("attribute", "VisibilityTimeout", "set_queue_attributes", Attributes={"VisibilityTimeout": "0"}),
    on_queue("permission", "colleagues", "remove_permission", a_shared_queue, Label="colleagues"),
    on_queue(
        "permission",
        "theirs",
        "add_permission",
        tells_before=True,
        Label="theirs",
        AWSAccountIds=[OTHER],
        Actions=["ReceiveMessage", "DeleteMessage"],
    ),
    on_topic(
        "attribute",
        "Policy",
        "set_topic_attributes",
        AttributeName="Policy",
        AttributeValue=policy("sns:Publish"),
    ),
    on_topic("attribute", "DisplayName", "set_topic_attributes", AttributeName="DisplayName", AttributeValue="pay"),
    on_topic(
        "permission",
        "theirs",
        "add_permission",
        tells_before=True,
        Label="theirs",
        AWSAccountId=[OTHER],
        ActionName=["Publish"],
    ),
)


def a_repository(make: Any) -> str:
    make("ecr").create_repository(repositoryName="team/app")
    return "team/app"


def a_shared_repository(make: Any) -> str:
    make("ecr").set_repository_policy(repositoryName=a_repository(make), policyText=policy("ecr:BatchGetImage"))
    return "team/app"


EXPIRE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
                "action": {"type": "expire"},
            }
        ]
    }
)
IMAGES = (
    Story(
        name="set_repository_policy",
        kind="ecr/repository_policy",
        names=named,
        before=a_repository,
        change=lambda make, name: make("ecr").set_repository_policy(
            repositoryName=name, policyText=policy("ecr:PutImage")
        ),
        tells_before=False,
    ),
    Story(
        name="delete_repository_policy",
        kind="ecr/repository_policy",
        names=named,
        before=a_shared_repository,
        change=lambda make, name: make("ecr").delete_repository_policy(repositoryName=name),
    ),
    Story(
        name="put_lifecycle_policy",
        kind="ecr/lifecycle_policy",
        names=named,
        before=a_repository,
        change=lambda make, name: make("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=EXPIRE),
        tells_before=False,
    ),
)

RECORD = {"Name": "www.example.com", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
THEIRS = {**RECORD, "TTL": 60, "ResourceRecords": [{"Value": "198.51.100.7"}]}


def a_zone(make: Any) -> str:
    return str(make("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"])


def a_zone_with_a_record(make: Any) -> str:
    zone = a_zone(make)
    changed(make, zone, "CREATE", RECORD)
    return zone


def changed(make: Any, zone: str, action: str, record: Any) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    make("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def on_record(action: str, before: Callable[[Any], str], record: Any, *, tells_before: bool = True) -> Story:
    return Story(
        name=action,
        kind="route53/record",
        names=lambda zone: (zone.removeprefix("/hostedzone/"), "www.example.com.", "A", ""),
        before=before,
        change=lambda make, zone: changed(make, zone, action, record),
        tells_before=tells_before,
    )


NAMES = (
    on_record("CREATE", a_zone, RECORD),
    on_record("DELETE", a_zone_with_a_record, RECORD),
    on_record("UPSERT", a_zone_with_a_record, THEIRS, tells_before=False),
)


def a_snapshot(make: Any) -> str:
    rds = make("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword="a-long-password",
    )
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="exfiltration")
    return "exfiltration"


def a_shared_snapshot(make: Any) -> str:
    make("rds").modify_db_snapshot_attribute(
        DBSnapshotIdentifier=a_snapshot(make), AttributeName="restore", ValuesToAdd=[OTHER]
    )
    return "exfiltration"


def a_stopped_database(make: Any) -> str:
    a_snapshot(make)
    make("rds").stop_db_instance(DBInstanceIdentifier="orders")
    return "orders"


def on_share(before: Callable[[Any], str], **values: Any) -> Story:
    return Story(
        name=before.__name__,
        kind="rds/snapshot_share",
        names=lambda snapshot: (snapshot, OTHER),
        before=before,
        change=lambda make, snapshot: make("rds").modify_db_snapshot_attribute(
            DBSnapshotIdentifier=snapshot, AttributeName="restore", **values
        ),
    )


def a_document(make: Any) -> str:
    content = {"schemaVersion": "2.2", "description": "x", "mainSteps": []}
    make("ssm").create_document(Name="Patch", DocumentType="Command", Content=json.dumps(content))
    return "Patch"


def updated(make: Any) -> str:
    content = {"schemaVersion": "2.2", "description": "y", "mainSteps": []}
    make("ssm").update_document(Name=a_document(make), Content=json.dumps(content), DocumentVersion="$LATEST")
    return "Patch"


DATABASES = (on_share(a_snapshot, ValuesToAdd=[OTHER]), on_share(a_shared_snapshot, ValuesToRemove=[OTHER]))
DOCUMENTS = (
    Story(
        name="modify_document_permission",
        kind="ssm/document_share",
        names=lambda name: (name, OTHER),
        before=a_document,
        change=lambda make, name: make("ssm").modify_document_permission(
            Name=name, PermissionType="Share", AccountIdsToAdd=[OTHER]
        ),
    ),
    Story(
        name="update_document_default_version",
        kind="ssm/document_default_version",
        names=named,
        before=updated,
        change=lambda make, name: make("ssm").update_document_default_version(Name=name, DocumentVersion="2"),
        tells_before=False,
    ),
)
DATABASES += tuple(
    Story(
        name=f"{verb}_db_instance",
        kind="rds/instance",
        names=lambda _snapshot: ("orders",),
        before=before,
        change=lambda make, _snapshot, verb=verb: getattr(make("rds"), f"{verb}_db_instance")(
            DBInstanceIdentifier="orders"
        ),
    )
    for verb, before in (("stop", a_snapshot), ("start", a_stopped_database))
)
DATABASES += (
    Story(
        name="modify_db_instance",
        kind="rds/instance_setting",
        names=lambda _snapshot: ("orders", "DeletionProtection"),
        before=a_snapshot,
        change=lambda make, _snapshot: make("rds").modify_db_instance(
            DBInstanceIdentifier="orders", DeletionProtection=True, ApplyImmediately=True
        ),
        tells_before=False,
    ),
)


MADE = (
    Story(
        name="create_grant",
        kind="kms/grant",
        names=None,
        before=a_key,
        change=lambda make, key: make("kms").create_grant(
            KeyId=key, GranteePrincipal=f"arn:aws:iam::{OTHER}:root", Operations=["Decrypt", "Encrypt"]
        ),
    ),
    Story(
        name="subscribe",
        kind="sns/subscription",
        names=None,
        before=the_topic,
        change=lambda make, topic: make("sns").subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15555550100"),
        undone=False,
    ),
)
STORIES = [*BUCKETS, *KEYS, *SECRETS, *MESSAGES, *IMAGES, *NAMES, *DATABASES, *DOCUMENTS, *MADE]


@pytest.fixture(scope="module")
def watched(running: Sandbox) -> Watched:
    return Watched(running)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.kind}-{story.name}")
def test_what_was_changed_is_told_put_back_and_changed_again(watched: Watched, story: Story) -> None:
    watched.sandbox.control("PUT", "/settings", {"rds_modification_s": 0})
    check(watched, story)


def test_a_bucket_that_was_deleted_comes_back_with_what_hung_on_it(sandbox: Sandbox, watched: Watched) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=HALF_ON)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=OWN_POLICY)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_bucket_tagging(Bucket=BUCKET)
    sandbox.control("POST", "/clock", {"advance_s": 60})
    s3.delete_bucket(Bucket=BUCKET)

    events = watched.events()
    (deleted,) = [event.event_id for event in events if event.name == "s3:DeleteBucket"]
    assert watched.restored(events, {deleted}), "there must be something to restore"
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == json.loads(OWN_POLICY)
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"] == HALF_ON
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert not watched.restored(events, {deleted}), "a second time there is nothing to do"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_that_an_attacker_made_is_shut_and_kept(sandbox: Sandbox, watched: Watched, region: str) -> None:
    """In us-east-1 the call does not tell whether the bucket was there, and S3 is asked when it was made."""
    sandbox.control("POST", "/clock", {"advance_s": 3600})
    s3 = sandbox.client("s3", region_name=region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=BUCKET, **where)
    sandbox.control("POST", "/clock", {"advance_s": 5})
    s3.delete_public_access_block(Bucket=BUCKET)
    sandbox.control("POST", "/clock", {"advance_s": 5})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=OWN_POLICY.replace(f"arn:aws:iam::{OTHER}:root", "*"))
    events = watched.events(region)
    assert watched.restored(events, {event.event_id for event in events})
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"] == ALL_ON
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=BUCKET)
    assert not watched.restored(events, {event.event_id for event in events})

"""Of services that hold data: whatever a log holds, an entry yields only what its kind takes, and never fails."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import ACCOUNT, HOSTILE, changes, logged
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.plan import canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import s3_shapes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.xml_shapes import of_xml

SERVICES = (
    "bedrock",
    "ecr",
    "kms",
    "rds",
    "route53",
    "route53resolver",
    "s3",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "transfer",
)
OURS = sorted(
    name for name, entry in ENTRIES.items() if entry.changes is not None and name.partition(":")[0] in SERVICES
)
NAMES = (
    "bucketName", "key", "bucketPolicy", "LifecycleConfiguration", "Rule", "VersioningConfiguration", "Status",
    "ServerSideEncryptionConfiguration", "BucketLoggingStatus", "LoggingEnabled", "NotificationConfiguration", "CORSConfiguration",
    "Tagging", "TagSet", "Tag", "OwnershipControls", "PublicAccessBlockConfiguration", "AccessControlPolicy", "AccessControlList",
    "Grant", "Grantee", "x-amz-acl", "x-amz-delete-marker", "x-amz-version-id", "WebsiteConfiguration", "ReplicationConfiguration",
    "keyId", "keyMetadata", "policy", "aliasName", "targetKeyId", "grantId", "granteePrincipal", "operations", "constraints",
    "secretId", "name", "arn", "versionId", "versionStages", "resourcePolicy", "rotationRules", "rotationLambdaARN", "kmsKeyId",
    "addReplicaRegions", "removeReplicaRegions", "region", "queueUrl", "attributes", "label", "aWSAccountIds", "actions", "topicArn",
    "attributeName", "attributeValue", "aWSAccountId", "actionName", "subscriptionArn", "repositoryName", "policyText",
    "lifecyclePolicyText", "accountIdsToAdd", "accountIdsToRemove", "documentVersion", "activationId", "associationId",
    "associationDescription", "dBSnapshotIdentifier", "dBInstanceIdentifier", "dBClusterIdentifier", "valuesToAdd", "attributeName",
    "publiclyAccessible", "vpcSecurityGroupIds", "changeBatch", "changes", "action", "resourceRecordSet", "hostedZoneId", "type",
    "aliasTarget", "tTL", "resourceRecords", "resolverQueryLogConfig", "resolverQueryLogConfigId", "resourceId", "destinationArn",
    "modelId", "enabled", "emailIdentity", "serverId", "userName", "role", "homeDirectory",
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "amzn-s3-demo-bucket",
            "restore",
            "DELETE",
            "A",
            "www.example.com",
            ACCOUNT,
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/x",
            "AWSCURRENT",
            '{"Version":"2012-10-17","Statement":[]}',
            f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs",
            f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms",
        ]
    )
)
JSON = st.recursive(
    _LEAVES,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), one),
    max_leaves=12,
)
WHOLE = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)
CONSTANT = {("account",), ("registry",), (ACCOUNT,)}
"""The names of what an account has one of."""


@pytest.mark.parametrize("name", OURS)
def test_an_event_without_anything_names_nothing(name: str) -> None:
    for nothing in (None, {}, [], "text", 7):
        for change in changes(logged(name, nothing, nothing)):
            assert change.facet.names in CONSTANT


@pytest.mark.parametrize("name", OURS)
def test_a_hostile_name_is_no_facet(name: str) -> None:
    for hostile in HOSTILE:
        everything = dict.fromkeys(NAMES, hostile)
        for change in changes(logged(name, everything, everything)):
            assert change.facet.names in CONSTANT or hostile not in change.facet.names


@given(name=st.sampled_from(OURS), request=WHOLE, response=WHOLE)
def test_whatever_an_event_holds_entries_only_yield_what_their_kinds_take_and_plans_can_say(
    name: str, request: Any, response: Any
) -> None:
    for change in changes(logged(name, request, response)):
        for value in (change.before, change.after):
            assert value is UNKNOWN or canonical_json(value)


SHAPES = {name: shape for name, shape in vars(s3_shapes).items() if name.isupper() and not name.startswith("_")}


@given(shape=st.sampled_from(sorted(SHAPES)), value=JSON)
def test_a_document_is_read_whole_or_refused(shape: str, value: Any) -> None:
    if shape in {"TEXT", "TRUTH", "WHOLE"}:
        return
    try:
        found = of_xml(value, SHAPES[shape])
    except ValueError:
        return
    assert isinstance(found, dict)


@pytest.mark.parametrize(
    "configuration",
    [
        {"Rule": {"Status": "Enabled", "Unheard": "of"}},
        {"Rule": {"Status": "a\nb"}},
        {"Rule": {"Status": ["Enabled"]}},
        {"Rule": {"Expiration": {"Days": "many"}}},
        {"Rule": {"Expiration": {"Days": 10**20}}},
        {"Rule": "Enabled"},
        "lifecycle",
        ["Rule"],
    ],
)
def test_a_configuration_that_is_none_of_s3s_is_not_known(configuration: Any) -> None:
    event = logged(
        "s3:PutBucketLifecycle", {"bucketName": "amzn-s3-demo-bucket", "LifecycleConfiguration": configuration}
    )
    (change,) = changes(event)
    assert change.after is UNKNOWN

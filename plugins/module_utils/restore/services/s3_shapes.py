# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the configurations of buckets are made of: names and types of their elements, in S3's XML and in its API.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Types_Amazon_Simple_Storage_Service.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.services.xml_shapes import (
    TEXT,
    TRUTH,
    WHOLE,
    Fields,
    Many,
    Shape,
    fields,
)

_TAG = fields(Key=TEXT, Value=TEXT)
_TAGS = ("Tags", Many(_TAG))
_STATUS = fields(Status=TEXT)

VERSIONING = Fields({"Status": ("Status", TEXT), "MfaDelete": ("MFADelete", TEXT)})
ACCELERATE = _STATUS
REQUEST_PAYMENT = fields(Payer=TEXT)
PUBLIC_ACCESS_BLOCK = fields(
    BlockPublicAcls=TRUTH, IgnorePublicAcls=TRUTH, BlockPublicPolicy=TRUTH, RestrictPublicBuckets=TRUTH
)
OWNERSHIP = Fields({"Rule": ("Rules", Many(fields(ObjectOwnership=TEXT)))})
TAGGING = fields(TagSet=Many(_TAG, item="Tag"))
OBJECT_LOCK = fields(ObjectLockEnabled=TEXT, Rule=fields(DefaultRetention=fields(Mode=TEXT, Days=WHOLE, Years=WHOLE)))

ENCRYPTION = Fields(
    {
        "Rule": (
            "Rules",
            Many(
                fields(
                    ApplyServerSideEncryptionByDefault=fields(SSEAlgorithm=TEXT, KMSMasterKeyID=TEXT),
                    BucketKeyEnabled=TRUTH,
                    BlockedEncryptionTypes=fields(EncryptionType=Many(TEXT)),
                )
            ),
        )
    }
)

_GRANTEE = Fields(
    {
        "xsi:type": ("Type", TEXT),
        "Type": ("Type", TEXT),
        "ID": ("ID", TEXT),
        "URI": ("URI", TEXT),
        "EmailAddress": ("EmailAddress", TEXT),
        "DisplayName": ("DisplayName", TEXT),
    }
)
_GRANT = fields(Grantee=_GRANTEE, Permission=TEXT)
ACCESS_CONTROL = Fields(
    {
        "Owner": ("Owner", fields(ID=TEXT, DisplayName=TEXT)),
        "AccessControlList": ("Grants", Many(_GRANT, item="Grant")),
    }
)
LOGGING = fields(
    LoggingEnabled=fields(
        TargetBucket=TEXT,
        TargetPrefix=TEXT,
        TargetGrants=Many(_GRANT, item="Grant"),
        TargetObjectKeyFormat=fields(SimplePrefix=fields(), PartitionedPrefix=fields(PartitionDateSource=TEXT)),
    )
)

LIFECYCLE = Fields(
    {
        "Rule": (
            "Rules",
            Many(
                Fields(
                    {
                        "ID": ("ID", TEXT),
                        "Prefix": ("Prefix", TEXT),
                        "Status": ("Status", TEXT),
                        "Filter": (
                            "Filter",
                            Fields(
                                {
                                    "Prefix": ("Prefix", TEXT),
                                    "Tag": ("Tag", _TAG),
                                    "ObjectSizeGreaterThan": ("ObjectSizeGreaterThan", WHOLE),
                                    "ObjectSizeLessThan": ("ObjectSizeLessThan", WHOLE),
                                    "And": (
                                        "And",
                                        Fields(
                                            {
                                                "Prefix": ("Prefix", TEXT),
                                                "Tag": _TAGS,
                                                "ObjectSizeGreaterThan": ("ObjectSizeGreaterThan", WHOLE),
                                                "ObjectSizeLessThan": ("ObjectSizeLessThan", WHOLE),
                                            }
                                        ),
                                    ),
                                }
                            ),
                        ),
                        "Expiration": ("Expiration", fields(Date=TEXT, Days=WHOLE, ExpiredObjectDeleteMarker=TRUTH)),
                        "Transition": ("Transitions", Many(fields(Date=TEXT, Days=WHOLE, StorageClass=TEXT))),
                        "NoncurrentVersionTransition": (
                            "NoncurrentVersionTransitions",
                            Many(fields(NoncurrentDays=WHOLE, StorageClass=TEXT, NewerNoncurrentVersions=WHOLE)),
                        ),
                        "NoncurrentVersionExpiration": (
                            "NoncurrentVersionExpiration",
                            fields(NoncurrentDays=WHOLE, NewerNoncurrentVersions=WHOLE),
                        ),
                        "AbortIncompleteMultipartUpload": (
                            "AbortIncompleteMultipartUpload",
                            fields(DaysAfterInitiation=WHOLE),
                        ),
                    }
                )
            ),
        )
    }
)

REPLICATION = Fields(
    {
        "Role": ("Role", TEXT),
        "Rule": (
            "Rules",
            Many(
                fields(
                    ID=TEXT,
                    Priority=WHOLE,
                    Prefix=TEXT,
                    Filter=fields(Prefix=TEXT, Tag=_TAG, And=Fields({"Prefix": ("Prefix", TEXT), "Tag": _TAGS})),
                    Status=TEXT,
                    SourceSelectionCriteria=fields(SseKmsEncryptedObjects=_STATUS, ReplicaModifications=_STATUS),
                    ExistingObjectReplication=_STATUS,
                    Destination=fields(
                        Bucket=TEXT,
                        Account=TEXT,
                        StorageClass=TEXT,
                        AccessControlTranslation=fields(Owner=TEXT),
                        EncryptionConfiguration=fields(ReplicaKmsKeyID=TEXT),
                        ReplicationTime=fields(Status=TEXT, Time=fields(Minutes=WHOLE)),
                        Metrics=fields(Status=TEXT, EventThreshold=fields(Minutes=WHOLE)),
                    ),
                    DeleteMarkerReplication=_STATUS,
                )
            ),
        ),
    }
)


def _notified(element: str, name: str) -> Many:
    filtered = Fields({"S3Key": ("Key", Fields({"FilterRule": ("FilterRules", Many(fields(Name=TEXT, Value=TEXT)))}))})
    members: dict[str, tuple[str, Shape]] = {
        "Id": ("Id", TEXT),
        "Filter": ("Filter", filtered),
        "Event": ("Events", Many(TEXT)),
    }
    return Many(Fields({**members, element: (name, TEXT)}))


NOTIFICATION = Fields(
    {
        "TopicConfiguration": ("TopicConfigurations", _notified("Topic", "TopicArn")),
        "QueueConfiguration": ("QueueConfigurations", _notified("Queue", "QueueArn")),
        "CloudFunctionConfiguration": (
            "LambdaFunctionConfigurations",
            _notified("CloudFunction", "LambdaFunctionArn"),
        ),
        "EventBridgeConfiguration": ("EventBridgeConfiguration", fields()),
    }
)

WEBSITE = fields(
    ErrorDocument=fields(Key=TEXT),
    IndexDocument=fields(Suffix=TEXT),
    RedirectAllRequestsTo=fields(HostName=TEXT, Protocol=TEXT),
    RoutingRules=Many(
        fields(
            Condition=fields(HttpErrorCodeReturnedEquals=TEXT, KeyPrefixEquals=TEXT),
            Redirect=fields(
                HostName=TEXT,
                HttpRedirectCode=TEXT,
                Protocol=TEXT,
                ReplaceKeyPrefixWith=TEXT,
                ReplaceKeyWith=TEXT,
            ),
        ),
        item="RoutingRule",
    ),
)

CORS = Fields(
    {
        "CORSRule": (
            "CORSRules",
            Many(
                Fields(
                    {
                        "ID": ("ID", TEXT),
                        "AllowedHeader": ("AllowedHeaders", Many(TEXT)),
                        "AllowedMethod": ("AllowedMethods", Many(TEXT)),
                        "AllowedOrigin": ("AllowedOrigins", Many(TEXT)),
                        "ExposeHeader": ("ExposeHeaders", Many(TEXT)),
                        "MaxAgeSeconds": ("MaxAgeSeconds", WHOLE),
                    }
                )
            ),
        )
    }
)

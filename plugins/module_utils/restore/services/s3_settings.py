# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configurations of buckets: each a facet of its own, put whole and taken away whole. What a bucket has when nothing was ever put is the
value None, whatever S3 calls it: a bucket whose versioning was never on cannot be told from one where it is suspended, as it can never go
back to the one (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html), and one without encryption settings has SSE-S3
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import s3_history, s3_shapes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSION
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, Setting
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.xml_shapes import Shape, of_xml
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
NO_BUCKET: Final = ("NoSuchBucket",)
"""Where there is no bucket there is none of its settings; so what is put back on a bucket that is made again is planned with it."""
_FILLED_IN: Final = (
    "ID",
    "Id",
    "DisplayName",
    "BlockedEncryptionTypes",
    "TargetObjectKeyFormat",
    "TransitionDefaultMinimumObjectSize",
)
"""What S3 fills in where the request left it out, so that the event does not tell it."""
_PLAIN_ENCRYPTION: Final = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
}
_MFA: Final = (
    "MFA delete can be switched on and off only by the root user with its MFA device. Sign in as root, look at the bucket's versioning, "
    "and set it with aws s3api put-bucket-versioning --mfa."
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html"""
_OWNERSHIPS: Final = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
"""The first is that of new buckets."""
_FREE_SIZE: Final = "all_storage_classes_128K"
"""The default. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"""


def takes_bucket(names: Names) -> bool:
    return len(names) == 1 and bool(_BUCKET.fullmatch(names[0]))


def bucket_of(event: Event) -> str:
    name = event.request.get("bucketName")
    return name if isinstance(name, str) else ""


def owned(changes: Callable[[Event], Iterator[Change]]) -> Callable[[Event], Iterator[Change]]:
    """`changes` in the account of the bucket. Where somebody of another account calls, each account has an event of it, and both say whose
    the bucket is. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"""

    def changed(event: Event) -> Iterator[Change]:
        told = event.record.get("resources")
        owners = [
            one["accountId"]
            for one in (told if isinstance(told, list) else [])
            if isinstance(one, dict) and one.get("type") == "AWS::S3::Bucket" and _is_account(one.get("accountId"))
        ]
        return changes(replace(event, account=owners[0]) if owners else event)

    return changed


def _is_account(text: Json) -> bool:
    return isinstance(text, str) and bool(_ACCOUNT.fullmatch(text))


def named(facet: Facet) -> dict[str, Json]:
    """Refused by S3 where the bucket is not the account's, such as one of the same name that was made since.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html"""
    return {"Bucket": facet.names[0], "ExpectedBucketOwner": facet.account}


def word(facet: Facet) -> str:
    """Names of three letters are too short to look for, but all events about buckets say what follows is one."""
    return facet.names[0] if len(facet.names[0]) > 3 else "bucketName"


def covers(live: Json, expected: Json) -> bool:
    """Whether the live value is what the event shows, and beyond it no more than S3 fills in."""
    if isinstance(live, dict) and isinstance(expected, dict):
        names = set(expected) | {name for name in live if name not in _FILLED_IN}
        return all(name in live and name in expected and covers(live[name], expected[name]) for name in names)
    if isinstance(live, list) and isinstance(expected, list):
        return len(live) == len(expected) and all(map(covers, live, expected))
    return bool(live == expected)


def jsonable(value: Json) -> Json:
    """An answer with its times as text, as the API takes them as well."""
    if isinstance(value, dict):
        return {name: jsonable(inner) for name, inner in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [jsonable(inner) for inner in value]
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _not_recorded(_reads: Reads, _facet: Facet, _time: datetime) -> Value:
    return UNKNOWN


def _same(value: Json) -> Json:
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class _Configuration:
    """One of them, as S3's API and CloudTrail call what is about it."""

    name: str
    element: str
    """The root of the document, in the event and among the parameters."""
    shape: Shape
    get: str
    put: str
    delete: str = ""
    missing: str = ""
    """The error code that says that there is none."""
    put_events: tuple[str, ...]
    """CloudTrail's names where they are not the API's.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"""
    delete_events: tuple[str, ...] = ()
    actions: tuple[str, ...]
    """Permissions; those without a service are S3's."""
    answer_key: str = ""
    """Where the answer holds it; empty: the answer is it."""
    canonical: Callable[[Json], Json] = field(default=_same)
    """Of what was put: None where that is what a bucket has anyway."""
    default: Json = None
    """What is put in the place of None, where nothing takes it away."""
    for_good: str = ""
    earlier: s3_history.Earlier | None = None
    """What AWS Config recorded."""
    order: int = 20

    def setting(self) -> Setting:
        return Setting(
            name=f"s3/{self.name}",
            order=self.order,
            service="s3",
            permissions=(
                *(action if ":" in action else f"s3:{action}" for action in self.actions),
                *((PERMISSION,) if self.earlier else ()),
            ),
            takes=takes_bucket,
            named=named,
            get=self.get,
            found=self.found,
            put=self.put,
            sent=self.sent,
            delete=self.delete,
            absent=(self.missing, *NO_BUCKET),
            for_good=self.for_good,
            alike=covers,
            earlier=self.earlier or _not_recorded,
            word=word,
        )

    def found(self, answer: Json) -> Json:
        told = jsonable(answer)
        return self.canonical(told.get(self.answer_key, {}) if self.answer_key else told)

    def sent(self, value: Json) -> dict[str, Json]:
        if isinstance(value, dict) and "MFADelete" in value:
            raise IrreversibleError(_MFA)
        return {self.element: self.default if value is None else value}

    def put_value(self, event: Event) -> Json:
        """What the event says was put. Raises ValueError where it does not tell."""
        if self.element not in event.request:
            raise ValueError("the event does not show it")
        return self.canonical(of_xml(event.request[self.element], self.shape))


def _versioning(value: Json) -> Json:
    told = {name: value[name] for name in ("Status", "MFADelete") if name in value}
    if told.get("MFADelete") != "Enabled":
        told.pop("MFADelete", None)
    return None if told.get("Status", "Suspended") == "Suspended" and "MFADelete" not in told else told


def _encryption(value: Json) -> Json:
    rules = [{"BucketKeyEnabled": False, **rule} for rule in value.get("Rules", [])]
    return None if not rules or {"Rules": rules} == _PLAIN_ENCRYPTION else {"Rules": rules}


def _unless_empty(value: Json) -> Json:
    return value or None


def _logging(value: Json) -> Json:
    enabled = value.get("LoggingEnabled")
    if not enabled:
        return None
    return {"LoggingEnabled": {name: inner for name, inner in enabled.items() if inner or name == "TargetPrefix"}}


def _lifecycle(value: Json) -> Json:
    kept = {name: inner for name, inner in value.items() if inner and inner != _FREE_SIZE}
    return {"Rules": kept["Rules"]} if kept.get("Rules") else None


def _unless(name: str, default: str) -> Callable[[Json], Json]:
    return lambda value: {name: value[name]} if value.get(name, default) != default else None


def _tags(value: Json) -> Json:
    tags = sorted(value.get("TagSet", []), key=lambda tag: str(tag.get("Key")))
    return {"TagSet": tags} if tags else None


def _website(value: Json) -> Json:
    names = ("ErrorDocument", "IndexDocument", "RedirectAllRequestsTo", "RoutingRules")
    return {name: value[name] for name in names if value.get(name)} or None


def _notification(value: Json) -> Json:
    names = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")
    found: dict[str, Json] = {
        name: [_with_events_sorted(one) for one in value[name]] for name in names if value.get(name)
    }
    if "EventBridgeConfiguration" in value:
        found["EventBridgeConfiguration"] = {}
    return found or None


def _with_events_sorted(one: Json) -> Json:
    return {**one, "Events": sorted(one.get("Events", []))}


_CONFIGURATIONS = (
    _Configuration(
        name="versioning",
        element="VersioningConfiguration",
        shape=s3_shapes.VERSIONING,
        get="GetBucketVersioning",
        put="PutBucketVersioning",
        put_events=("PutBucketVersioning",),
        actions=("GetBucketVersioning", "PutBucketVersioning"),
        earlier=s3_history.versioning_before,
        canonical=_versioning,
        default={"Status": "Suspended"},
        order=10,
    ),
    _Configuration(
        name="lifecycle",
        element="LifecycleConfiguration",
        shape=s3_shapes.LIFECYCLE,
        get="GetBucketLifecycleConfiguration",
        put="PutBucketLifecycleConfiguration",
        delete="DeleteBucketLifecycle",
        missing="NoSuchLifecycleConfiguration",
        put_events=("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
        delete_events=("DeleteBucketLifecycle",),
        actions=("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
        canonical=_lifecycle,
    ),
    _Configuration(
        name="encryption",
        element="ServerSideEncryptionConfiguration",
        shape=s3_shapes.ENCRYPTION,
        get="GetBucketEncryption",
        put="PutBucketEncryption",
        delete="DeleteBucketEncryption",
        missing="ServerSideEncryptionConfigurationNotFoundError",
        put_events=("PutBucketEncryption",),
        delete_events=("DeleteBucketEncryption",),
        actions=("GetEncryptionConfiguration", "PutEncryptionConfiguration"),
        answer_key="ServerSideEncryptionConfiguration",
        canonical=_encryption,
    ),
    _Configuration(
        name="logging",
        element="BucketLoggingStatus",
        shape=s3_shapes.LOGGING,
        get="GetBucketLogging",
        put="PutBucketLogging",
        put_events=("PutBucketLogging",),
        actions=("GetBucketLogging", "PutBucketLogging"),
        earlier=s3_history.logging_before,
        canonical=_logging,
        default={},
    ),
    _Configuration(
        name="notification",
        element="NotificationConfiguration",
        shape=s3_shapes.NOTIFICATION,
        get="GetBucketNotificationConfiguration",
        put="PutBucketNotificationConfiguration",
        put_events=("PutBucketNotification", "PutBucketNotificationConfiguration"),
        actions=("GetBucketNotification", "PutBucketNotification"),
        canonical=_notification,
        default={},
    ),
    _Configuration(
        name="replication",
        element="ReplicationConfiguration",
        shape=s3_shapes.REPLICATION,
        get="GetBucketReplication",
        put="PutBucketReplication",
        delete="DeleteBucketReplication",
        missing="ReplicationConfigurationNotFoundError",
        put_events=("PutBucketReplication",),
        delete_events=("DeleteBucketReplication",),
        # Whoever sets it hands its role to S3.
        actions=("GetReplicationConfiguration", "PutReplicationConfiguration", "iam:PassRole"),
        answer_key="ReplicationConfiguration",
        canonical=_unless_empty,
        order=30,
    ),
    _Configuration(
        name="website",
        element="WebsiteConfiguration",
        shape=s3_shapes.WEBSITE,
        get="GetBucketWebsite",
        put="PutBucketWebsite",
        delete="DeleteBucketWebsite",
        missing="NoSuchWebsiteConfiguration",
        put_events=("PutBucketWebsite",),
        delete_events=("DeleteBucketWebsite",),
        actions=("GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
        canonical=_website,
    ),
    _Configuration(
        name="cors",
        element="CORSConfiguration",
        shape=s3_shapes.CORS,
        get="GetBucketCors",
        put="PutBucketCors",
        delete="DeleteBucketCors",
        missing="NoSuchCORSConfiguration",
        put_events=("PutBucketCors",),
        delete_events=("DeleteBucketCors",),
        actions=("GetBucketCORS", "PutBucketCORS"),
        canonical=_unless_empty,
    ),
    _Configuration(
        name="tags",
        element="Tagging",
        shape=s3_shapes.TAGGING,
        get="GetBucketTagging",
        put="PutBucketTagging",
        delete="DeleteBucketTagging",
        missing="NoSuchTagSet",
        put_events=("PutBucketTagging",),
        delete_events=("DeleteBucketTagging",),
        actions=("GetBucketTagging", "PutBucketTagging"),
        canonical=_tags,
    ),
    _Configuration(
        name="ownership",
        element="OwnershipControls",
        shape=s3_shapes.OWNERSHIP,
        get="GetBucketOwnershipControls",
        put="PutBucketOwnershipControls",
        delete="DeleteBucketOwnershipControls",
        missing="OwnershipControlsNotFoundError",
        put_events=("PutBucketOwnershipControls",),
        delete_events=("DeleteBucketOwnershipControls",),
        actions=("GetBucketOwnershipControls", "PutBucketOwnershipControls"),
        answer_key="OwnershipControls",
        canonical=_unless_empty,
        order=10,
    ),
    _Configuration(
        name="object_lock",
        element="ObjectLockConfiguration",
        shape=s3_shapes.OBJECT_LOCK,
        get="GetObjectLockConfiguration",
        put="PutObjectLockConfiguration",
        missing="ObjectLockConfigurationNotFoundError",
        put_events=("PutBucketObjectLockConfiguration", "PutObjectLockConfiguration"),
        actions=("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
        answer_key="ObjectLockConfiguration",
        canonical=_unless_empty,
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
        for_good="Object Lock cannot be switched off once it is on. Look at the retention that it puts on new objects, and at that of "
        "the objects written since: aws s3api get-object-lock-configuration.",
    ),
    _Configuration(
        name="acceleration",
        element="AccelerateConfiguration",
        shape=s3_shapes.ACCELERATE,
        get="GetBucketAccelerateConfiguration",
        put="PutBucketAccelerateConfiguration",
        put_events=("PutAccelerateConfiguration", "PutBucketAccelerateConfiguration"),
        actions=("GetAccelerateConfiguration", "PutAccelerateConfiguration"),
        canonical=_unless("Status", "Suspended"),
        default={"Status": "Suspended"},
    ),
    _Configuration(
        name="request_payment",
        element="RequestPaymentConfiguration",
        shape=s3_shapes.REQUEST_PAYMENT,
        get="GetBucketRequestPayment",
        put="PutBucketRequestPayment",
        put_events=("PutBucketRequestPayment",),
        actions=("GetBucketRequestPayment", "PutBucketRequestPayment"),
        canonical=_unless("Payer", "BucketOwner"),
        default={"Payer": "BucketOwner"},
    ),
)


def _put(configuration: _Configuration) -> Callable[[Event], Iterator[Change]]:
    setting = configuration.setting()

    def changes(event: Event) -> Iterator[Change]:
        try:
            after = configuration.put_value(event)
        except (ValueError, AttributeError, TypeError):
            after = UNKNOWN
        yield from setting.change(event, (bucket_of(event),), after)

    return changes


def _deleted(configuration: _Configuration) -> Callable[[Event], Iterator[Change]]:
    setting = configuration.setting()
    return lambda event: setting.change(event, (bucket_of(event),), None)


def settings_of_bucket(event: Event, *, is_made: bool) -> Iterator[Change]:
    """What goes with a bucket that is made or deleted. A new one has none of these, but says whose its objects are; what one that was
    deleted had, earlier events tell, and without any it is taken to have been as when it was new.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""
    names = (bucket_of(event),)
    for name, configuration in _BY_NAME.items():
        if name == "ownership":
            told = event.request.get("x-amz-object-ownership")
            new = {"Rules": [{"ObjectOwnership": told if told in _OWNERSHIPS else _OWNERSHIPS[0]}]}
            yield from configuration.setting().change(event, names, new if is_made else None, new)
        elif name != "object_lock":
            yield from configuration.setting().change(event, names, None, None)


_BY_NAME: Final = {configuration.name: configuration for configuration in _CONFIGURATIONS}
KINDS = tuple(configuration.setting().kind() for configuration in _CONFIGURATIONS)
ENTRIES = tuple(
    Entry(
        service="s3",
        operation=operation,
        changes=owned(made(configuration)),
        undone_by=" or ".join(filter(None, (configuration.put, configuration.delete))),
        before_from="an earlier event, or AWS Config" if configuration.earlier else "an earlier event",
    )
    for configuration in _CONFIGURATIONS
    for made, operations in ((_put, configuration.put_events), (_deleted, configuration.delete_events))
    for operation in operations
)

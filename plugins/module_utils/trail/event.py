# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One record of CloudTrail's, its fields checked once: what stands in a log is partly a stranger's text. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.identity import time_of

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-\d{1,2}[a-z]?", re.ASCII)
_SOURCE = re.compile(r"([a-z0-9-]{2,64})\.(amazonaws\.com|amazon\.com|aws\.internal)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_:.-]{2,128}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_LONGEST = 128
# Lambda and CloudFront name a version of their API with the call: CreateFunction20150331, UpdateFunctionCode20150331v2,
# CreateDistribution2020_05_31. https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
_VERSION = re.compile(r"20\d\d_?\d\d_?\d\d(v\d)?$")
# Where CloudTrail's name of a service is not that of boto3's client.
_CLIENTS: Mapping[str, str] = {
    "access-analyzer": "accessanalyzer",
    "agreement-marketplace": "marketplace-agreement",
    "airflow": "mwaa",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "es": "opensearch",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "sso": "sso-admin",
    "sso-directory": "identitystore",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}


class RecordError(ValueError):
    """What keeps a value from being a record; the text says what is wrong, without repeating the record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One record. The names are checked; `identity`, `request`, `response` and the record itself hold texts of strangers, of which only
    what matches a pattern may go into a call, a message or a file's name."""

    event_id: str
    time: datetime
    """UTC."""
    account: str
    """The account that the record was delivered to: where the call took effect."""
    region: str
    service: str
    """boto3's name of the client: "iam"; for services that have none, CloudTrail's."""
    operation: str
    """The API's own name without version: "CreateFunction". Empty for events that name none, such as Insights."""
    error: str
    """AWS's error code; empty where the call succeeded. A failed call changed nothing."""
    read_only: bool | None
    """None where the record does not say. Not to be relied on: it is false on many harmless calls, and true on AssumeRole."""
    identity: Mapping[str, Json]
    request: Mapping[str, Json]
    response: Mapping[str, Json]
    record: Mapping[str, Json]

    @property
    def succeeded(self) -> bool:
        return not self.error

    @property
    def name(self) -> str:
        """ "iam:CreateUser"."""
        return f"{self.service}:{self.operation}"


def event_of(record: Json) -> Event:
    """`record` as an event. Raises RecordError for what is none, or lacks what every event has."""
    if not isinstance(record, dict):
        raise RecordError("it is not an object")
    time = time_of(record)
    if time is None:
        raise RecordError("eventTime is not a time")
    identity = _mapping(record.get("userIdentity"))
    account = _account(record.get("recipientAccountId")) or _account(identity.get("accountId"))
    if not account:
        raise RecordError("no account is named")
    region = _region(_short(record.get("awsRegion")))
    event_id = _matching(_ID, record.get("eventID"))
    if not event_id:
        raise RecordError("eventID is not an id")
    if not region:
        raise RecordError("awsRegion is not a region")
    return Event(
        event_id=event_id,
        time=time,
        account=account,
        region=region,
        service=_service(_short(record.get("eventSource"))),
        operation=_operation(_short(record.get("eventName"))),
        error=_text(record.get("errorCode")),
        read_only=_truth(record.get("readOnly")),
        identity=identity,
        request=_mapping(record.get("requestParameters")),
        response=_mapping(record.get("responseElements")),
        record=record,
    )


def _account(value: Json) -> str:
    return _matching(_ACCOUNT, value)


# Many records name few of these.
@lru_cache(maxsize=1000)
def _region(text: str) -> str:
    return _matching(_REGION, text)


@lru_cache(maxsize=1000)
def _service(text: str) -> str:
    source = _SOURCE.fullmatch(text)
    service = source[1] if source else ""
    return _CLIENTS.get(service, service)


@lru_cache(maxsize=10_000)
def _operation(text: str) -> str:
    return _VERSION.sub("", _matching(_NAME, text))


def _short(value: Json) -> str:
    """A text that can be one of them; longer ones are not worth keeping."""
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _matching(pattern: re.Pattern[str], value: Json) -> str:
    text = _text(value)
    return text if pattern.fullmatch(text) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _truth(value: Json) -> bool | None:
    """LookupEvents writes "true" and "false" as text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None

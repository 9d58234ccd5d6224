# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The columns of a table over CloudTrail's files, and the record that a row stands for. Pure.

They are those that AWS documents, and below them the fields that the session graph reads besides; Athena's reader of CloudTrail's files
makes a row of each record, however large the file is (a file as one row would be limited to 32 MB, and CloudTrail's may be larger):
https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import RecordError

Kind = Literal["text", "json", "truth", "resources", "map"]
_RESOURCE = {"arn": "ARN", "accountid": "accountId", "type": "type", "arnprefix": "ARNPrefix"}
_TYPES: Mapping[Kind, str] = {
    "text": "string",
    "json": "string",
    "truth": "string",
    "resources": f"array<struct<{','.join(f'{name}:string' for name in _RESOURCE)}>>",
    "map": "map<string,string>",
}


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a record holds."""

    path: tuple[str, ...]
    """As CloudTrail spells it; columns and members of structures have the same names in small letters."""
    kind: Kind = "text"
    """ "json": an object or a list, which the table holds as text. "truth": true or false."""

    @property
    def column(self) -> str:
        """As a query names it."""
        return ".".join(self.path).lower()

    @property
    def as_text(self) -> str:
        """The expression that gives its text."""
        return f"json_format(CAST({self.column} AS JSON))" if self.kind in ("resources", "map") else self.column


def _fields(above: str, *names: str) -> Iterator[Field]:
    start = tuple(above.split(".")) if above else ()
    for name in names:
        field, _colon, kind = name.partition(":")
        yield Field((*start, field), kind or "text")  # type: ignore[arg-type]  # written below


FIELDS: Sequence[Field] = (
    *_fields("", "eventVersion"),
    *_fields("userIdentity", "type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName"),
    *_fields("userIdentity", "identityProvider", "credentialId"),
    *_fields("userIdentity.onBehalfOf", "userId", "identityStoreArn"),
    *_fields("userIdentity.sessionContext.attributes", "mfaAuthenticated", "creationDate"),
    *_fields("userIdentity.sessionContext.sessionIssuer", "type", "principalId", "arn", "accountId", "userName"),
    *_fields("userIdentity.sessionContext", "sourceIdentity", "ec2RoleDelivery"),
    *_fields("userIdentity.sessionContext.webIdFederationData", "federatedProvider", "attributes:map"),
    *_fields("", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent"),
    *_fields("", "errorCode", "errorMessage"),
    *_fields("", "requestParameters:json", "responseElements:json", "additionalEventData:json"),
    *_fields("", "requestID", "eventID", "readOnly:truth", "resources:resources", "eventType", "apiVersion"),
    *_fields("", "managementEvent:truth", "recipientAccountId", "serviceEventDetails:json", "sharedEventID"),
    *_fields("", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory"),
    *_fields("addendum", "reason", "updatedFields", "originalRequestID", "originalEventID"),
    *_fields("", "sessionCredentialFromConsole", "edgeDeviceDetails:json"),
    *_fields("tlsDetails", "tlsVersion", "cipherSuite", "clientProvidedHostHeader"),
)
_ALWAYS = ("requestParameters", "responseElements")
"""CloudTrail writes them also where there are none."""


def definitions() -> Iterator[tuple[str, str]]:
    """The table's columns, in order: name and type."""
    for name, below in _tree([(field.path, field.kind) for field in FIELDS]).items():
        yield name, below if isinstance(below, str) else _struct(below)


def record_of(row: Sequence[str | None]) -> Json:
    """`row`: the texts of all fields, in their order; None where the record has none. Raises RecordError."""
    record: dict[str, Json] = dict.fromkeys(_ALWAYS)
    for field, text in zip(FIELDS, row, strict=True):
        if text is None:
            continue
        inner = record
        for name in field.path[:-1]:
            inner = inner.setdefault(name, {})
        inner[field.path[-1]] = _value(field, text)
    return record


def _value(field: Field, text: str) -> Json:
    if field.kind == "text":
        return text
    if field.kind == "truth":
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        if field.kind == "json" and not text.lstrip().startswith(("{", "[")):
            return text
        raise RecordError(f"{field.path[-1]} is not JSON") from error
    return [_resource(one) for one in found] if field.kind == "resources" and isinstance(found, list) else found


def _resource(value: Json) -> Json:
    """One of a record's resources: Athena's versions show a structure as an object, or as a list of what is in it."""
    members = dict(zip(_RESOURCE, value, strict=False)) if isinstance(value, list) else value
    if not isinstance(members, dict):
        return value
    return {_RESOURCE[name]: text for name, text in members.items() if text is not None and name in _RESOURCE}


def _tree(fields: Sequence[tuple[tuple[str, ...], Kind]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for path, kind in fields:
        inner = found
        for name in path[:-1]:
            inner = inner.setdefault(name.lower(), {})
        inner[path[-1].lower()] = _TYPES[kind]
    return found


def _struct(members: Mapping[str, Json]) -> str:
    inner = (f"{name}:{below if isinstance(below, str) else _struct(below)}" for name, below in members.items())
    return f"struct<{','.join(inner)}>"

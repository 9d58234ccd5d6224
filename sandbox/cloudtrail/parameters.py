"""Request parameters and answers as CloudTrail shows them: lower camel case, dates in words, secrets taken out.

Shapes come from real events (DataDog/stratus-red-team) and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from botocore.model import ListShape, MapShape, Shape, StructureShape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# Services whose events leave a secret's key out altogether, and those that show stars.
_LEAVES_OUT = frozenset({"iam", "kms", "lambda", "secretsmanager", "sts"})
_STARS = frozenset({"organizations", "rds", "redshift"})
_ALWAYS_SECRET = frozenset(
    {"SecretAccessKey", "MasterUserPassword", "Password", "AuthToken", "SecretString", "SecretBinary", "Plaintext"}
)
_TOKENS = frozenset({"SessionToken", "TokenValue"})
# Shown nowhere, not even as hidden: https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
_NEVER_SHOWN = frozenset({("kms", "GrantToken")})
# Secrets Manager's "ARN" is "arn" in real events of version 1.11 (panther-labs/panther-analysis, PutResourcePolicy); pages of 2018 had
# "aRN".
_OTHER_NAMES = {("secretsmanager", "ARN"): "arn"}
_NO_COMMA_BEFORE_TIME = frozenset({"iam", "kms", "rds"})
# Single results that are shown without their wrapper.
_UNWRAPPED = frozenset({"rds", "redshift"})
# requestParameters and responseElements over 100 KB are left out.
_LONGEST = 100 * 1024

_GONE = object()


def shown(
    value: Mapping[str, Any] | None, shape: Shape | None, service: str, besides: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """A request or an answer, and what its events show `besides`; None where there is nothing to show."""
    found = _structure(value, shape, service) if value and isinstance(shape, StructureShape) else {}
    if service in _UNWRAPPED and len(found) == 1 and isinstance(next(iter(found.values())), dict):
        found = next(iter(found.values()))
    return limited({**found, **(besides or {})})


def limited(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """`found`, or None where it is empty or too long to be recorded."""
    if not found or len(json.dumps(found, default=str)) > _LONGEST:
        return None
    return found


def lowered(name: str) -> str:
    """ "UserName" as "userName", and "DBInstanceIdentifier" as "dBInstanceIdentifier"."""
    return name[:1].lower() + name[1:]


def date_words(time: datetime, service: str) -> str:
    comma = "" if service in _NO_COMMA_BEFORE_TIME else ","
    return f"{time:%b} {time.day}, {time.year}{comma} {time.hour % 12 or 12}:{time:%M:%S %p}"


def _structure(value: Mapping[str, Any], shape: StructureShape, service: str) -> dict[str, Any]:
    found = {}
    for name, member in value.items():
        if name not in shape.members or member is None:
            continue
        told = _value(name, member, shape.members[name], service)
        if told is not _GONE:
            found[_OTHER_NAMES.get((service, name)) or lowered(name)] = told
    return found


def _value(name: str, value: Any, shape: Shape, service: str) -> Any:
    if (service, name) in _NEVER_SHOWN:
        return _GONE
    if name in _TOKENS:
        return HIDDEN
    if name in _ALWAYS_SECRET or shape.metadata.get("sensitive"):
        if service in _LEAVES_OUT:
            return _GONE
        return "****" if service in _STARS else HIDDEN
    if isinstance(shape, StructureShape):
        return _structure(value, shape, service) if isinstance(value, Mapping) else _document(value)
    if isinstance(shape, ListShape):
        items = (_value(name, item, shape.member, service) for item in value)
        return [item for item in items if item is not _GONE]
    if isinstance(shape, MapShape):
        told = {str(key): _value(name, item, shape.value, service) for key, item in value.items()}
        return {key: item for key, item in told.items() if item is not _GONE}
    if isinstance(value, bytes) or shape.type_name == "blob":
        return _GONE
    if isinstance(value, datetime):
        return date_words(value, service)
    return _document(value)


def _document(value: Any) -> Any:
    """A policy in an answer of IAM's, which is URL-encoded text there."""
    return quote(json.dumps(value), safe="") if isinstance(value, Mapping) else value

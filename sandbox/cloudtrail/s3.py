"""S3's requests as its events show them: the bucket, the host, the subresource asked for, and the configuration sent.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.model import ListShape, OperationModel, Shape, StructureShape

_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
# Never written down: customers' own keys.
_SECRET = ("SSECustomerKey", "CopySourceSSECustomerKey", "SSECustomerKeyMD5", "CopySourceSSECustomerKeyMD5")


def request_parameters(parameters: Mapping[str, Any], model: OperationModel, region: str) -> dict[str, Any]:
    bucket = parameters.get("Bucket")
    found: dict[str, Any] = {"bucketName": bucket} if bucket else {}
    account = parameters.get("AccountId")
    found |= {"accountId": account} if account else {}
    found["Host"] = _host(bucket, account, region)
    found |= dict(parse_qsl(urlsplit(model.http.get("requestUri", "")).query, keep_blank_values=True))
    if account and "publicAccessBlock" in model.http.get("requestUri", ""):
        found["publicAccessBlock"] = ""
    shape = model.input_shape
    for name, value in parameters.items():
        if shape is None or name not in shape.members or name in ("Bucket", "AccountId") or name in _SECRET:
            continue
        member = shape.members[name]
        if name == "Policy":
            found["bucketPolicy"] = _policy(value)
        elif name == "Key":
            found["key"] = value
        elif isinstance(member, StructureShape):
            found[member.serialization.get("name", name)] = {**(_xml(value, member) or {}), "xmlns": _XMLNS}
        elif member.type_name != "blob":
            found[member.serialization.get("name", name)] = _plain(value)
    return found


# Answer -> header. As in AWS's example of a deletion that leaves a delete marker:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
_HEADERS = {
    "DeleteMarker": "x-amz-delete-marker",
    "VersionId": "x-amz-version-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
}


def response_elements(response: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of calls about objects: headers, all of them text."""
    told = {header: response[name] for name, header in _HEADERS.items() if response.get(name)}
    return {header: str(value).lower() if value is True else str(value) for header, value in told.items()} or None


def _host(bucket: str | None, account: str | None, region: str) -> str:
    if account:
        return f"{account}.s3-control.{region}.amazonaws.com"
    return f"{bucket}.s3.{region}.amazonaws.com" if bucket else "s3.amazonaws.com"


def _policy(value: Any) -> Any:
    """Nested, not text, unlike IAM's."""
    try:
        return json.loads(value) if isinstance(value, (str, bytes)) else value
    except ValueError:
        return str(value)


def _xml(value: Any, shape: Shape) -> Any:
    """An element without content is empty text (panther's vectors: PutBucketLifecycle)."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return (
            ""
            if not value
            else {
                _xml_name(name, shape.members[name]): _xml(member, shape.members[name])
                for name, member in value.items()
                if name in shape.members
            }
        )
    if isinstance(shape, ListShape):
        items = [_xml(item, shape.member) for item in value]
        items = items[0] if len(items) == 1 else items
        return (
            items if shape.serialization.get("flattened") else {shape.member.serialization.get("name", "member"): items}
        )
    return _plain(value)


def _xml_name(name: str, shape: Shape) -> str:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return str(shape.serialization.get("name") or shape.member.serialization.get("name") or name)
    return str(shape.serialization.get("name", name))


def _plain(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value

"""Answers of EC2 as XML: what moto's serializer writes too, in a fifth of the time, which lists of a fleet need.
https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#response-serialization"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model

_Write = Callable[[Any, list[str]], None]


def answer(operation: str, result: Mapping[str, Any], request_id: str) -> bytes:
    """The body of a successful answer."""
    namespace, write = _operation(operation)
    parts = [
        f'<?xml version="1.0" encoding="utf-8"?>\n<{operation}Response xmlns="{namespace}"><requestId>{request_id}</requestId>'
    ]
    write(result, parts)
    parts.append(f"</{operation}Response>")
    return "".join(parts).encode()


@cache
def _operation(name: str) -> tuple[str, _Write]:
    model = get_service_model("ec2")
    shape = model.operation_model(name).output_shape
    version = model.metadata["apiVersion"]
    return f"http://ec2.amazonaws.com/doc/{version}/", _nothing if shape is None else _writer(shape, {})


def _nothing(_value: Any, parts: list[str]) -> None:
    """Operations without an output answer that they have been done."""
    parts.append("<return>true</return>")


def _writer(shape: Shape, known: dict[str, _Write]) -> _Write:
    if shape.name in known:
        return known[shape.name]
    if isinstance(shape, StructureShape):
        return _structure(shape, known)
    if isinstance(shape, ListShape):
        return _list(shape, known)
    return {"boolean": _boolean, "timestamp": _time, "blob": _blob}.get(shape.type_name, _text)


def _structure(shape: StructureShape, known: dict[str, _Write]) -> _Write:
    members: list[tuple[str, str, _Write]] = []

    def write(value: Any, parts: list[str]) -> None:
        for name, tag, inner in members:
            part = value.get(name)
            if part is not None:
                parts.append(f"<{tag}>")
                inner(part, parts)
                parts.append(f"</{tag}>")

    known[shape.name] = write
    for name, member in shape.members.items():
        members.append((name, str(member.serialization.get("name", name)), _writer(member, known)))
    return write


def _list(shape: ListShape, known: dict[str, _Write]) -> _Write:
    tag = str(shape.member.serialization.get("name", "item"))
    inner: list[_Write] = []

    def write(value: Any, parts: list[str]) -> None:
        for one in value:
            parts.append(f"<{tag}>")
            inner[0](one, parts)
            parts.append(f"</{tag}>")

    known[shape.name] = write
    inner.append(_writer(shape.member, known))
    return write


def _text(value: Any, parts: list[str]) -> None:
    parts.append(escape(str(value)))


def _boolean(value: Any, parts: list[str]) -> None:
    parts.append("true" if value else "false")


def _time(value: datetime, parts: list[str]) -> None:
    at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    parts.append(f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z")


def _blob(value: Any, parts: list[str]) -> None:
    parts.append(base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode())

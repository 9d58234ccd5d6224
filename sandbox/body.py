"""Reads the body of an HTTP request, whatever its headers claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class BodyError(Exception):
    """The body is not as long as announced, or not in the chunks that were announced."""


def read(environ: Mapping[str, Any]) -> bytes:
    """The whole body. Raises BodyError where it cannot be had."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        try:
            return bytes(stream.read())
        except ValueError as error:
            raise BodyError(str(error)) from error
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise BodyError("Content-Length is not a number") from error
    if length < 0:
        raise BodyError("Content-Length is negative")
    body = bytes(stream.read(length)) if length else b""
    if len(body) < length:
        raise BodyError(f"{len(body)} of {length} bytes arrived")
    return body

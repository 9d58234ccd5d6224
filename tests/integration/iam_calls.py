"""Policies for IAM's tests, and the refusals of calls that are to be refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def policy(*actions: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions) or ["s3:*"], "Resource": "*"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(sandbox: Sandbox, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": sandbox.management}, "Action": "sts:AssumeRole"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def sized(characters: int, sid: str = "") -> str:
    """A policy of exactly this many characters that are not white space."""
    start = policy("s3:", Sid=sid)
    return start.replace("s3:", "s3:" + "x" * (characters - len(start.replace(" ", ""))))


def code(call: Any, **arguments: Any) -> str:
    """The error code of a call that is to be refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def message(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Message"])

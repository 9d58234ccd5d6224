"""Calls that everybody in an organization of innocents.py makes, and the texts of its policies. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from innocents import ALLOWED, Grant
from innocents_own import Probe
from signing import CALLS, Call

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size

BUCKET, OBJECT = "designs", "drawing"
_HARMLESS = ("polly:ListLexicons",)
"""What nobody tries: IAM has no policy that allows nothing."""


def probes(roles: Sequence[str], tagged_role: str, key_arn: str) -> tuple[Probe, ...]:
    """Calls that change nothing which their answers depend on. `roles`: the ARNs of those that everybody tries to get sessions of;
    `tagged_role`: the name of one that is in every account."""
    tag = {"Tags.member.1.Key": "tried", "Tags.member.1.Value": "yes"}
    describe_key = Call(
        "kms",
        json.dumps({"KeyId": key_arn}),
        content_type="application/x-amz-json-1.1",
        target="TrentService.DescribeKey",
    )
    return (
        Probe(label="s3:ListBuckets", call=CALLS["s3"]),
        Probe(label="s3:GetObject", call=Call("s3", method="GET", path=f"/{BUCKET}/{OBJECT}")),
        Probe(label="dynamodb:ListTables", call=CALLS["dynamodb"]),
        Probe(label="kms:DescribeKey", call=describe_key),
        Probe(label="iam:GetUser", call=CALLS["iam"]),
        Probe(label="iam:ListUsers", call=iam("ListUsers")),
        Probe(label="iam:TagRole", call=iam("TagRole", RoleName=tagged_role, **tag), is_freezable=True),
        Probe(label="sts:GetSessionToken", call=sts("GetSessionToken")),
        Probe(label="sts:GetFederationToken", call=sts("GetFederationToken", Name="probe"), is_freezable=True),
        *(
            Probe(label=f"sts:AssumeRole {arn}", call=assume(arn, "probe"), about=arn, is_freezable=True)
            for arn in roles
        ),
    )


def iam(operation: str, **parameters: str) -> Call:
    return Call("iam", urlencode({"Action": operation, "Version": "2010-05-08", **parameters}))


def sts(operation: str, **parameters: str) -> Call:
    return Call("sts", urlencode({"Action": operation, "Version": "2011-06-15", **parameters}))


def assume(role_arn: str, session_name: str) -> Call:
    return sts("AssumeRole", RoleArn=role_arn, RoleSessionName=session_name)


def keys_in(body: str) -> dict[str, str]:
    """The credentials in an answer of STS."""
    names = {
        "access_key_id": "AccessKeyId",
        "secret_access_key": "SecretAccessKey",
        "session_token": "SessionToken",
    }
    return {ours: re.findall(f"<{name}>(.*?)</{name}>", body)[0] for ours, name in names.items()}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(actions: str | Sequence[str], *, resource: str = "*", to: Sequence[str] = ()) -> dict[str, Any]:
    """A statement; `to`: the principals of a resource's policy."""
    principal = {"Principal": {"AWS": list(to)}} if to else {}
    return {"Effect": "Allow", **principal, "Action": actions, "Resource": resource}


def policy(grant: Grant) -> str:
    return document(allow([action for name in sorted(grant) for action in ALLOWED[name]] or _HARMLESS))


def padding(size: int) -> str:
    """A policy of exactly this many characters that allows nothing which anybody tries."""
    statement = {"Sid": "", **allow(_HARMLESS)}
    return document(statement | {"Sid": "x" * (size - inline_size(document(statement)))})

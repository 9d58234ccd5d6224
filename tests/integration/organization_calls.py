"""Service control policies and their refusals, for the tests of Organizations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

FULL_ACCESS = "p-FullAWSAccess"


def scp(*statements: dict[str, Any]) -> str:
    """A policy of these statements; one that denies a service nobody here uses, if there are none."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements) or [deny("translate:*")]})


def deny(action: str = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **({"Condition": condition} if condition else {})}


def scp_of_size(characters: int) -> str:
    start = scp(deny("s3:"))
    return start.replace("s3:", "s3:" + "x" * (characters - len(start)))


def create(sandbox: Sandbox, text: str | None = None, name: str = "guardrail") -> str:
    """The id of a new policy."""
    made = sandbox.client("organizations").create_policy(
        Content=text or scp(), Description="", Name=name, Type="SERVICE_CONTROL_POLICY"
    )
    return str(made["Policy"]["PolicySummary"]["Id"])


def attach(sandbox: Sandbox, target: str, *statements: dict[str, Any], name: str = "guardrail") -> str:
    """A new policy with these statements, attached to `target`; its id."""
    policy_id = create(sandbox, scp(*statements), name)
    sandbox.client("organizations").attach_policy(PolicyId=policy_id, TargetId=target)
    return policy_id


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and reason of a call that is to be refused; the reason is empty where the error has none."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"]), str(caught.value.response.get("Reason", ""))

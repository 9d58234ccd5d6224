"""What events of some services show besides the request and the answer, as real ones do (DataDog/stratus-red-team) and as documented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model import ApiRequest, Outcome

_FUNCTION_CHANGES = frozenset({"CreateFunction", "PublishVersion", "UpdateFunctionCode", "UpdateFunctionConfiguration"})


def of_request(request: ApiRequest) -> dict[str, Any]:
    """Lambda fills in what the caller left out, and takes ARNs apart (aws.persistence.lambda-overwrite-code.json)."""
    if request.service != "lambda":
        return {}
    if request.operation == "UpdateFunctionConfiguration":
        return {"environment": {}}
    if request.operation != "UpdateFunctionCode":
        return {}
    given = request.parameters
    found = {"dryRun": bool(given.get("DryRun")), "publish": bool(given.get("Publish"))}
    name = str(given.get("FunctionName", ""))
    return found | ({"fullyQualifiedArn": _taken_apart(name)} if name.startswith("arn:") else {})


def of_answer(request: ApiRequest, outcome: Outcome, account: str, region: str) -> dict[str, Any]:
    """KMS tells the ARN of the key that was changed, also where the operation does not answer it: the note on
    https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html, ct-enablekey.html, ct-createalias.html and others.
    What Lambda answers of a function has an environment, always; what is in it is secret."""
    if request.service == "kms" and not request.read_only:
        arn = key_arn(request, outcome.response, account, region)
        return {"keyId": arn} if arn else {}
    if request.service == "lambda" and request.operation in _FUNCTION_CHANGES:
        return {"environment": {}}
    return {}


def key_arn(request: ApiRequest, response: Mapping[str, Any] | None, account: str, region: str) -> str | None:
    """The key that a call of KMS is about; None where only an alias is known."""
    given = request.parameters
    for named in (given.get("TargetKeyId"), (response or {}).get("KeyId"), given.get("KeyId")):
        text = str(named or "")
        if text.startswith("arn:") and ":key/" in text:
            return text
        if text and "alias/" not in text:
            return f"arn:aws:kms:{region}:{account}:key/{text}"
    return None


def _taken_apart(arn: str) -> dict[str, Any]:
    _arn, partition, _lambda, region, account, _function, name, *qualifier = arn.split(":")
    return {
        "arnPrefix": {"partition": partition, "region": region, "account": account},
        "relativeId": {"functionName": name},
        "functionQualifier": {"qualifier": qualifier[0]} if qualifier else {},
    }

"""The versions of a secret: one without staging labels is deprecated, and shown only where it is asked for. What is said of a secret
besides its value, moto forgets in part.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.utils import utcnow

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.secrets_manager.guards import found_secret

if TYPE_CHECKING:
    from sandbox.world import World


def list_secret_version_ids(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    given, secret = request.parameters, _secret(request, caller)
    versions = [
        {
            "VersionId": one["version_id"],
            "VersionStages": list(one["version_stages"]),
            "CreatedDate": datetime.fromtimestamp(int(one["createdate"]), UTC),
        }
        for one in secret.versions.values()
        if one["version_stages"] or given.get("IncludeDeprecated")
    ]
    return {"ARN": secret.arn, "Name": secret.name, "Versions": versions}


def update_secret(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """What is not said stays; a value makes a new version.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html"""
    given, secret = request.parameters, _secret(request, caller)
    answer = {"ARN": secret.arn, "Name": secret.name}
    value = {name: given.get(name) for name in ("SecretString", "SecretBinary")}
    if any(part is not None for part in value.values()):
        get_backend("secretsmanager")[caller.account][request.region]._add_secret(
            secret.secret_id,
            secret_string=value["SecretString"],
            secret_binary=value["SecretBinary"],
            description=secret.description,
            tags=secret.tags,
            version_id=given.get("ClientRequestToken"),
        )
        answer["VersionId"] = secret.default_version_id
    if given.get("Description") is not None:
        secret.description = given["Description"]
    if given.get("KmsKeyId") is not None:
        secret.kms_key_id = given["KmsKeyId"] or None
    secret.last_changed_date = int(utcnow().replace(tzinfo=UTC).timestamp())
    return answer


def _secret(request: ApiRequest, caller: Caller) -> Any:
    secret = found_secret(caller.account, request.region, str(request.parameters["SecretId"]))
    if secret is None:
        raise ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    return secret


HANDLERS = {
    ("secretsmanager", "ListSecretVersionIds"): list_secret_version_ids,
    ("secretsmanager", "UpdateSecret"): update_secret,
}

"""SSH public keys of users, for CodeCommit: what IAM refuses, and the two encodings in which it shows them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_QUOTA = 5
_SHORTEST_BITS = 2048


def fingerprint(body: str) -> str:
    """The MD5 of the key in DER."""
    key = _key_in(body)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if key else body.encode()
    return hashlib.md5(der, usedforsecurity=False).digest().hex(":")


def key_is_new(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html: an RSA key of 2,048 bits at least, which the
    user does not have yet; five at most."""
    user = iam_of(caller.account).users.get(request.parameters["UserName"])
    if user is None:
        return
    body = str(request.parameters["SSHPublicKeyBody"])
    key = _key_in(body)
    if key is None:
        raise ApiError("InvalidPublicKey", "The public key is malformed or otherwise invalid.", 400)
    if key.key_size < _SHORTEST_BITS:
        raise ApiError("InvalidPublicKey", f"The public key must have {_SHORTEST_BITS} bits or more.", 400)
    if any(one.fingerprint == fingerprint(body) for one in user.ssh_public_keys):
        raise ApiError("DuplicateSSHPublicKey", "The SSH public key is already associated with the IAM user.", 400)
    if len(user.ssh_public_keys) >= _QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for SSHPublicKeysPerUser: {_QUOTA}", 409)


def get_ssh_public_key(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto knows no encodings. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSSHPublicKey.html"""
    given = request.parameters
    user = iam_of(caller.account).users.get(given["UserName"])
    if user is None:
        raise ApiError("NoSuchEntity", f"The user with name {given['UserName']} cannot be found.", 404)
    found = next((one for one in user.ssh_public_keys if one.ssh_public_key_id == given["SSHPublicKeyId"]), None)
    if found is None:
        raise ApiError("NoSuchEntity", f"The Public Key with id {given['SSHPublicKeyId']} cannot be found.", 404)
    return {
        "SSHPublicKey": {
            "UserName": user.name,
            "SSHPublicKeyId": found.ssh_public_key_id,
            "Fingerprint": found.fingerprint,
            "SSHPublicKeyBody": _encoded(found.ssh_public_key_body, given["Encoding"]),
            "Status": found.status,
            "UploadDate": found.upload_date,
        }
    }


HANDLERS = {("iam", "GetSSHPublicKey"): get_ssh_public_key}


def _encoded(body: str, encoding: str) -> str:
    key = _key_in(body)
    if key is None:
        return body
    if encoding == "PEM":
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return body if body.startswith("ssh-rsa") else key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _key_in(body: str) -> RSAPublicKey | None:
    """The RSA key in OpenSSH's format or in PEM; None for everything else."""
    load = load_ssh_public_key if body.startswith("ssh-") else load_pem_public_key
    try:
        key = load(body.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None

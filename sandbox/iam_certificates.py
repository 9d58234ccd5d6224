"""X.509 signing certificates of users: what IAM refuses and moto takes."""

from __future__ import annotations

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller


def certificate_is_new(request: ApiRequest, caller: Caller) -> None:
    """No user of the account has it: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html"""
    body = str(request.parameters["CertificateBody"]).strip()
    users = list(iam_of(caller.account).users.values())
    if any(one.body.strip() == body for user in users for one in list(user.signing_certificates.values())):
        raise ApiError(
            "DuplicateCertificate", "The certificate is already associated with an IAM user in the account.", 409
        )

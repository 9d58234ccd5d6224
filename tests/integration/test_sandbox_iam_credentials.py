"""Credentials of users other than access keys, as strict as AWS's: over the wire, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from iam_calls import code, message, policy
from sandbox_client import Sandbox

CODECOMMIT = "codecommit.amazonaws.com"
KEY = rsa.generate_private_key(65537, 2048)
OTHERS = [rsa.generate_private_key(65537, 2048) for _number in range(5)]


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    client = sandbox.client("iam")
    client.create_user(UserName="alice", Path="/team/")
    return client


def by(sandbox: Sandbox, iam: Any) -> Any:
    """alice's own IAM client; she may do everything."""
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=policy("*"))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return sandbox.client("iam", {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]})


def ssh(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


def pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def certificate(serial: int) -> str:
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), serial, now, now + timedelta(days=1))
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


class TestSshPublicKeys:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html"""

    def upload(self, iam: Any, body: str) -> str:
        return str(iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)["SSHPublicKey"]["SSHPublicKeyId"])

    def test_they_are_made_inactive_and_active_again(self, iam: Any) -> None:
        key_id = self.upload(iam, ssh(KEY))
        assert key_id.startswith("APKA")
        for status in ("Inactive", "Active"):
            iam.update_ssh_public_key(UserName="alice", SSHPublicKeyId=key_id, Status=status)
            (shown,) = iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"]
            assert (shown["SSHPublicKeyId"], shown["UserName"], shown["Status"]) == (key_id, "alice", status)
            assert "SSHPublicKeyBody" not in shown
        iam.delete_ssh_public_key(UserName="alice", SSHPublicKeyId=key_id)
        assert iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"] == []

    def test_they_are_shown_in_both_encodings(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSSHPublicKey.html"""
        given = {"UserName": "alice", "SSHPublicKeyId": self.upload(iam, ssh(KEY))}
        shown = iam.get_ssh_public_key(**given, Encoding="SSH")["SSHPublicKey"]
        assert shown["SSHPublicKeyBody"] == ssh(KEY)
        assert len(shown["Fingerprint"].split(":")) == 16
        body = iam.get_ssh_public_key(**given, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
        assert load_pem_public_key(body.encode()).public_numbers() == KEY.public_key().public_numbers()

    def test_five_are_the_most(self, iam: Any) -> None:
        for key in OTHERS:
            self.upload(iam, ssh(key))
        assert code(iam.upload_ssh_public_key, UserName="alice", SSHPublicKeyBody=ssh(KEY)) == "LimitExceeded"

    def test_the_same_key_is_not_taken_twice(self, iam: Any) -> None:
        self.upload(iam, ssh(KEY))
        given = {"UserName": "alice", "SSHPublicKeyBody": pem(KEY)}
        assert code(iam.upload_ssh_public_key, **given) == "DuplicateSSHPublicKey"

    @pytest.mark.parametrize(
        "make",
        [
            lambda: "ssh-rsa AAAA",
            lambda: "no key",
            lambda: ssh(ed25519.Ed25519PrivateKey.generate()),
            lambda: ssh(rsa.generate_private_key(65537, 1024)),
        ],
        ids=["broken", "nothing", "another kind", "too short"],
    )
    def test_what_is_no_rsa_key_of_2048_bits_is_refused(self, iam: Any, make: Callable[[], str]) -> None:
        assert code(iam.upload_ssh_public_key, UserName="alice", SSHPublicKeyBody=make()) == "InvalidPublicKey"


class TestServiceSpecificCredentials:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html"""

    def create(self, iam: Any, service: str = CODECOMMIT, **more: Any) -> dict[str, Any]:
        made = iam.create_service_specific_credential(UserName="alice", ServiceName=service, **more)
        return dict(made["ServiceSpecificCredential"])

    def listed(self, iam: Any, **more: Any) -> list[dict[str, Any]]:
        return list(
            iam.list_service_specific_credentials(**({"UserName": "alice"} | more))["ServiceSpecificCredentials"]
        )

    def test_they_are_made_inactive_and_active_again(self, sandbox: Sandbox, iam: Any) -> None:
        made = self.create(iam)
        assert made["ServiceUserName"] == f"alice-at-{sandbox.management}"
        given = {"UserName": "alice", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        assert given["ServiceSpecificCredentialId"].startswith("ACCA")
        for status in ("Inactive", "Active"):
            iam.update_service_specific_credential(**given, Status=status)
            assert self.listed(iam) == [
                {name: value for name, value in made.items() if name != "ServicePassword"} | {"Status": status}
            ]
        iam.delete_service_specific_credential(**given)
        assert self.listed(iam) == []
        assert code(iam.update_service_specific_credential, **given, Status="Active") == "NoSuchEntity"
        assert code(iam.delete_service_specific_credential, **given) == "NoSuchEntity"

    def test_two_for_each_service_are_the_most(self, iam: Any) -> None:
        for service in (CODECOMMIT, "cassandra.amazonaws.com"):
            names = {self.create(iam, service)["ServiceUserName"] for _number in range(2)}
            assert len(names) == 2
            given = {"UserName": "alice", "ServiceName": service}
            assert code(iam.create_service_specific_credential, **given) == "LimitExceeded"
        assert len(self.listed(iam)) == 4
        assert len(self.listed(iam, ServiceName=CODECOMMIT)) == 2

    def test_a_reset_gives_another_password(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResetServiceSpecificCredential.html"""
        made = self.create(iam)
        given = {"UserName": "alice", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        again = iam.reset_service_specific_credential(**given)["ServiceSpecificCredential"]
        assert again["ServicePassword"] != made["ServicePassword"]
        assert again | {"ServicePassword": ""} == made | {"ServicePassword": ""}

    def test_their_secrets_are_known_as_such(self, sandbox: Sandbox, iam: Any) -> None:
        """So that tests can look for them where none may be: sandbox/README.md, GET /secrets."""
        assert self.create(iam)["ServicePassword"] in sandbox.control("GET", "/secrets")["secrets"]

    def test_api_keys_expire(self, sandbox: Sandbox, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html"""
        made = self.create(iam, "bedrock.amazonaws.com", CredentialAgeDays=30)
        assert made["ExpirationDate"] - made["CreateDate"] == timedelta(days=30)
        assert {"ServiceCredentialAlias", "ServiceCredentialSecret"} <= set(made)
        assert not {"ServiceUserName", "ServicePassword"} & set(made)
        assert self.listed(iam)[0]["Status"] == "Active"
        sandbox.control("POST", "/clock", {"advance_s": 30 * 86_400})
        assert self.listed(iam)[0]["Status"] == "Expired"

    def test_passwords_have_no_age(self, iam: Any) -> None:
        given = {"UserName": "alice", "ServiceName": CODECOMMIT, "CredentialAgeDays": 30}
        assert code(iam.create_service_specific_credential, **given) == "ValidationError"

    def test_other_services_have_none(self, iam: Any) -> None:
        given = {"UserName": "alice", "ServiceName": "s3.amazonaws.com"}
        assert code(iam.create_service_specific_credential, **given) == "NotSupportedService"
        assert code(iam.list_service_specific_credentials, **given) == "NotSupportedService"

    def test_those_of_all_users_come_in_pages(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html"""
        for number in range(3):
            iam.create_user(UserName=f"u{number}")
            iam.create_service_specific_credential(UserName=f"u{number}", ServiceName=CODECOMMIT)
        first = iam.list_service_specific_credentials(AllUsers=True, MaxItems=2)
        assert first["IsTruncated"]
        rest = iam.list_service_specific_credentials(AllUsers=True, MaxItems=2, Marker=first["Marker"])
        assert not rest["IsTruncated"]
        shown = first["ServiceSpecificCredentials"] + rest["ServiceSpecificCredentials"]
        assert [one["UserName"] for one in shown] == ["u0", "u1", "u2"]
        assert code(iam.list_service_specific_credentials, AllUsers=True, UserName="u0") == "ValidationError"


class TestSigningCertificates:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html"""

    def test_they_are_made_inactive_and_active_again(self, iam: Any) -> None:
        body = certificate(1)
        made = iam.upload_signing_certificate(UserName="alice", CertificateBody=body)["Certificate"]
        given = {"UserName": "alice", "CertificateId": made["CertificateId"]}
        for status in ("Inactive", "Active"):
            iam.update_signing_certificate(**given, Status=status)
            (shown,) = iam.list_signing_certificates(UserName="alice")["Certificates"]
            assert (shown["CertificateId"], shown["Status"]) == (made["CertificateId"], status)
            assert shown["CertificateBody"].strip() == body.strip()
        iam.delete_signing_certificate(**given)
        assert iam.list_signing_certificates(UserName="alice")["Certificates"] == []
        assert code(iam.update_signing_certificate, **given, Status="Active") == "NoSuchEntity"

    def test_two_are_the_most(self, iam: Any) -> None:
        for serial in (1, 2):
            iam.upload_signing_certificate(UserName="alice", CertificateBody=certificate(serial))
        given = {"UserName": "alice", "CertificateBody": certificate(3)}
        assert code(iam.upload_signing_certificate, **given) == "LimitExceeded"

    def test_the_same_is_not_taken_twice(self, iam: Any) -> None:
        given = {"UserName": "alice", "CertificateBody": certificate(1)}
        iam.upload_signing_certificate(**given)
        assert code(iam.upload_signing_certificate, **given) == "DuplicateCertificate"

    def test_what_is_no_certificate_is_refused(self, iam: Any) -> None:
        given = {"UserName": "alice", "CertificateBody": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"}
        assert code(iam.upload_signing_certificate, **given) == "MalformedCertificate"


STATUS: list[tuple[str, str, str]] = [
    ("update_ssh_public_key", "SSHPublicKeyId", "APKAIOSFODNN7EXAMPLEA"),
    ("update_service_specific_credential", "ServiceSpecificCredentialId", "ACCAIOSFODNN7EXAMPLEA"),
    ("update_signing_certificate", "CertificateId", "A" * 32),
]


@pytest.mark.parametrize(("operation", "name", "key"), STATUS)
def test_what_is_not_there_cannot_be_made_inactive(iam: Any, operation: str, name: str, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html and its like"""
    call = getattr(iam, operation)
    assert code(call, UserName="alice", **{name: key}, Status="Inactive") == "NoSuchEntity"
    assert code(call, UserName="nobody", **{name: key}, Status="Inactive") == "NoSuchEntity"
    assert code(call, UserName="alice", **{name: key}, Status="Off") == "ValidationError"


class TestPasswords:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html"""

    def test_a_user_has_one(self, iam: Any) -> None:
        assert code(iam.get_login_profile, UserName="alice") == "NoSuchEntity"
        made = iam.create_login_profile(UserName="alice", Password="Correct-horse-9", PasswordResetRequired=True)
        shown = iam.get_login_profile(UserName="alice")["LoginProfile"]
        assert shown == made["LoginProfile"]
        assert shown["PasswordResetRequired"] is True
        assert code(iam.create_login_profile, UserName="alice", Password="Correct-horse-9") == "EntityAlreadyExists"
        iam.delete_login_profile(UserName="alice")
        assert code(iam.get_login_profile, UserName="alice") == "NoSuchEntity"

    def test_asking_for_a_new_one_leaves_the_old(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html"""
        iam.create_login_profile(UserName="alice", Password="Correct-horse-9")
        iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
        assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is True
        iam.delete_login_profile(UserName="alice")
        assert code(iam.update_login_profile, UserName="alice", Password="Correct-horse-9") == "NoSuchEntity"


class TestMfaDevices:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html"""

    def device(self, iam: Any, name: str) -> dict[str, str]:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        return {"SerialNumber": serial, "AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}

    def test_a_device_is_enabled_listed_and_deactivated(self, iam: Any) -> None:
        device = self.device(iam, "phone")
        serial = device["SerialNumber"]
        iam.enable_mfa_device(UserName="alice", **device)
        (shown,) = iam.list_mfa_devices(UserName="alice")["MFADevices"]
        assert (shown["UserName"], shown["SerialNumber"]) == ("alice", serial)
        found = iam.get_mfa_device(UserName="alice", SerialNumber=serial)
        assert found["EnableDate"] == shown["EnableDate"]
        assert code(iam.delete_virtual_mfa_device, SerialNumber=serial) == "DeleteConflict"
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
        assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []
        assert code(iam.get_mfa_device, UserName="alice", SerialNumber=serial) == "NoSuchEntity"
        assert code(iam.deactivate_mfa_device, UserName="alice", SerialNumber=serial) == "NoSuchEntity"
        iam.delete_virtual_mfa_device(SerialNumber=serial)

    def test_a_device_is_one_users(self, iam: Any) -> None:
        iam.create_user(UserName="bob")
        device = self.device(iam, "phone")
        iam.enable_mfa_device(UserName="alice", **device)
        assert code(iam.enable_mfa_device, UserName="bob", **device) == "EntityAlreadyExists"

    def test_a_device_must_have_been_made(self, sandbox: Sandbox, iam: Any) -> None:
        device = self.device(iam, "phone") | {"SerialNumber": f"arn:aws:iam::{sandbox.management}:mfa/other"}
        assert code(iam.enable_mfa_device, UserName="alice", **device) == "NoSuchEntity"

    def test_eight_are_the_most(self, iam: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
        for number in range(8):
            iam.enable_mfa_device(UserName="alice", **self.device(iam, f"d{number}"))
        assert code(iam.enable_mfa_device, UserName="alice", **self.device(iam, "d8")) == "LimitExceeded"


class TestDeletingUsers:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html: what must be removed first"""

    def refusal(self, iam: Any) -> str:
        assert code(iam.delete_user, UserName="alice") == "DeleteConflict"
        return message(iam.delete_user, UserName="alice")

    def test_a_user_with_an_ssh_key_stays(self, iam: Any) -> None:
        iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh(KEY))
        assert "SSH public keys" in self.refusal(iam)

    def test_a_user_with_a_service_specific_credential_stays(self, iam: Any) -> None:
        iam.create_service_specific_credential(UserName="alice", ServiceName=CODECOMMIT)
        assert "service specific credentials" in self.refusal(iam)

    def test_a_user_with_a_signing_certificate_stays(self, iam: Any) -> None:
        iam.upload_signing_certificate(UserName="alice", CertificateBody=certificate(1))
        assert "signing certificates" in self.refusal(iam)

    def test_a_user_with_a_device_stays(self, iam: Any) -> None:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="alice", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        assert "MFA devices" in self.refusal(iam)


@pytest.mark.parametrize(
    "operation",
    ["list_ssh_public_keys", "list_service_specific_credentials", "list_signing_certificates", "list_mfa_devices"],
)
def test_without_a_name_it_is_about_the_caller(sandbox: Sandbox, iam: Any, operation: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html"""
    alice = by(sandbox, iam)
    alice.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh(KEY))
    alice.create_service_specific_credential(UserName="alice", ServiceName=CODECOMMIT)
    alice.upload_signing_certificate(CertificateBody=certificate(1))
    serial = alice.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    alice.enable_mfa_device(
        UserName="alice", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    (found,) = (value for value in getattr(alice, operation)().values() if isinstance(value, list))
    assert [one["UserName"] for one in found] == ["alice"]


def test_providers_of_identities_are_listed(sandbox: Sandbox, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSAMLProviders.html, API_ListOpenIDConnectProviders.html"""
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    saml = iam.create_saml_provider(Name="idp", SAMLMetadataDocument="<EntityDescriptor/>" * 60)["SAMLProviderArn"]
    oidc = iam.create_open_id_connect_provider(Url="https://example.com", ThumbprintList=["a" * 40])
    assert saml == f"arn:aws:iam::{sandbox.management}:saml-provider/idp"
    assert [one["Arn"] for one in iam.list_saml_providers()["SAMLProviderList"]] == [saml]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [
        {"Arn": f"arn:aws:iam::{sandbox.management}:oidc-provider/example.com"}
    ]
    assert oidc["OpenIDConnectProviderArn"].endswith(":oidc-provider/example.com")

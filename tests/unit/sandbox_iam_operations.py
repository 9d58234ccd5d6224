"""What the sandbox adds to moto's IAM and STS, each with a call that it answers: for test_added_operations.

GetSSHPublicKey is left out: the model wants 48 characters in a fingerprint, which has 47, in the documentation's own example as well:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html#API_UploadSSHPublicKey_Examples"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox import assume_root, iam_oidc, iam_roles, iam_service_credentials, iam_sign_in
from sandbox.authorization.views import iam_of
from sandbox.world import World

Parameters = dict[str, Any]
HANDLERS = {
    **iam_oidc.HANDLERS,
    **iam_roles.HANDLERS,
    **iam_service_credentials.HANDLERS,
    **iam_sign_in.HANDLERS,
    **assume_root.HANDLERS,
}
_TRUST = '{"Version":"2012-10-17","Statement":[]}'


def _role(_world: World) -> Parameters:
    iam_of(ACCOUNT).create_role("deploy", _TRUST, "/", None, "", [], 3600)
    return {"RoleName": "deploy"}


def _trusting(world: World) -> Parameters:
    return {**_role(world), "PolicyDocument": _TRUST}


def _described(world: World) -> Parameters:
    return {**_role(world), "Description": "ours", "MaxSessionDuration": 7200}


def _user(_world: World) -> Parameters:
    iam_of(ACCOUNT).create_user("eu-west-1", "alice")
    return {"UserName": "alice"}


def _service(world: World) -> Parameters:
    return {**_user(world), "ServiceName": "bedrock.amazonaws.com", "CredentialAgeDays": 30}


def _credential(world: World) -> Parameters:
    request = call("iam", "CreateServiceSpecificCredential", _service(world))
    made = iam_service_credentials.create(world, request, user())["ServiceSpecificCredential"]
    return {"UserName": "alice", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}


def _inactive(world: World) -> Parameters:
    return {**_credential(world), "Status": "Inactive"}


def _listed(world: World) -> Parameters:
    return {"UserName": _credential(world)["UserName"]}


def _password(world: World) -> Parameters:
    return {**_user(world), "Password": "Correct-horse-9", "PasswordResetRequired": True}


def _profile(world: World) -> Parameters:
    iam_sign_in.create_login_profile(world, call("iam", "CreateLoginProfile", _password(world)), user())
    return {"UserName": "alice"}


def _new_password(world: World) -> Parameters:
    return {**_profile(world), "Password": "Battery-staple-9"}


def _client(_world: World) -> Parameters:
    made = iam_of(ACCOUNT).create_open_id_connect_provider("https://token.example.com", ["a" * 40], ["app"], [])
    return {"OpenIDConnectProviderArn": made.arn, "ClientID": "app"}


def _device(world: World) -> Parameters:
    given = _user(world)
    serial = iam_of(ACCOUNT).create_virtual_mfa_device("phone", "/").serial_number
    iam_of(ACCOUNT).enable_mfa_device("alice", serial, "123456", "654321")
    return {**given, "SerialNumber": serial}


def _organization(_world: World) -> Parameters:
    backend = get_backend("organizations")[ACCOUNT]["aws"]
    backend.create_organization("us-east-1", FeatureSet="ALL")
    backend.services.append({"ServicePrincipal": "iam.amazonaws.com"})
    return {}


def _member(world: World) -> Parameters:
    _organization(world)
    assume_root.enable_credentials(world, call("iam", "EnableOrganizationsRootCredentialsManagement"), user())
    backend = get_backend("organizations")[ACCOUNT]["aws"]
    backend.create_account(AccountName="workload", Email="workload@example.com")
    task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
    return {"TargetPrincipal": backend.accounts[-1].id, "TaskPolicyArn": {"arn": task}, "DurationSeconds": 60}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("iam", "UpdateAssumeRolePolicy"): _trusting,
    ("iam", "UpdateRole"): _described,
    ("iam", "CreateServiceSpecificCredential"): _service,
    ("iam", "ListServiceSpecificCredentials"): _listed,
    ("iam", "UpdateServiceSpecificCredential"): _inactive,
    ("iam", "ResetServiceSpecificCredential"): _credential,
    ("iam", "DeleteServiceSpecificCredential"): _credential,
    ("iam", "CreateLoginProfile"): _password,
    ("iam", "GetLoginProfile"): _profile,
    ("iam", "UpdateLoginProfile"): _new_password,
    ("iam", "GetMFADevice"): _device,
    ("iam", "AddClientIDToOpenIDConnectProvider"): _client,
    ("iam", "RemoveClientIDFromOpenIDConnectProvider"): _client,
    ("sts", "AssumeRoot"): _member,
    ("iam", "ListOrganizationsFeatures"): _organization,
    ("iam", "EnableOrganizationsRootCredentialsManagement"): _organization,
    ("iam", "DisableOrganizationsRootCredentialsManagement"): _organization,
    ("iam", "EnableOrganizationsRootSessions"): _organization,
    ("iam", "DisableOrganizationsRootSessions"): _organization,
}

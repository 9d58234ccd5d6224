"""The same containment as a raw boto3 script does it, with the fewest calls, 16 at once: raw_containment.py ACCESS_KEY_ID...

It keeps nothing of what was there before, does not look whether anything took effect, and does all that it can at the same time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

keys = sys.argv[1:]
sts: Any = boto3.client("sts")
account = sts.get_access_key_info(AccessKeyId=keys[0])["Account"]
role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
given = sts.assume_role(RoleArn=role, RoleSessionName="raw")["Credentials"]
iam: Any = boto3.client(
    "iam",
    aws_access_key_id=given["AccessKeyId"],
    aws_secret_access_key=given["SecretAccessKey"],
    aws_session_token=given["SessionToken"],
    config=Config(max_pool_connections=16),
)


def deny(user: str, policy_name: str, condition: dict[str, object]) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName=policy_name, PolicyDocument=document)


def deny_all_and_sessions(user: str) -> None:
    deny(user, "DenyAll", {})
    deny(user, "DenySessions", {"Condition": {"Null": {"aws:TokenIssueTime": "false"}}})


def make_inactive(user: str, listed: Callable[..., Any], key: str, id_name: str, update: Callable[..., Any]) -> None:
    for one in listed(UserName=user)[key]:
        if one["Status"] == "Active":
            update(UserName=user, **{id_name: one[id_name]}, Status="Inactive")


def has_password(user: str) -> bool:
    try:
        iam.get_login_profile(UserName=user)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


CREDENTIALS = (
    (iam.list_access_keys, "AccessKeyMetadata", "AccessKeyId", iam.update_access_key),
    (iam.list_ssh_public_keys, "SSHPublicKeys", "SSHPublicKeyId", iam.update_ssh_public_key),
    (
        iam.list_service_specific_credentials,
        "ServiceSpecificCredentials",
        "ServiceSpecificCredentialId",
        iam.update_service_specific_credential,
    ),
    (iam.list_signing_certificates, "Certificates", "CertificateId", iam.update_signing_certificate),
)

with ThreadPoolExecutor(16) as pool:
    owners = [pool.submit(iam.get_access_key_last_used, AccessKeyId=key_id) for key_id in keys]
    work: list[Future[Any]] = [pool.submit(iam.list_saml_providers), pool.submit(iam.list_open_id_connect_providers)]
    for owner in owners:
        user = owner.result()["UserName"]
        work.append(pool.submit(deny_all_and_sessions, user))
        work += [pool.submit(make_inactive, user, *of_kind) for of_kind in CREDENTIALS]
        work += [pool.submit(iam.list_mfa_devices, UserName=user), pool.submit(has_password, user)]
    for one in work:
        one.result()

"""The same containment as a raw boto3 script does it, with the fewest calls, 16 users at once: raw_containment.py ACCESS_KEY_ID..."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

keys = sys.argv[1:]
sts = boto3.client("sts")
account = sts.get_access_key_info(AccessKeyId=keys[0])["Account"]
role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
given = sts.assume_role(RoleArn=role, RoleSessionName="raw")["Credentials"]
iam = boto3.client(
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


def contain(key_id: str) -> None:
    user = iam.get_access_key_last_used(AccessKeyId=key_id)["UserName"]
    deny(user, "DenyAll", {})
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    deny(user, "DenySessions", {"Condition": {"Null": {"aws:TokenIssueTime": "false"}}})


with ThreadPoolExecutor(16) as pool:
    list(pool.map(contain, keys))

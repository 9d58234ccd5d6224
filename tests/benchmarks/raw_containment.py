"""The same containment as a raw boto3 script does it, with the fewest calls: raw_containment.py ACCESS_KEY_ID"""

from __future__ import annotations

import json
import sys

import boto3

KEY = sys.argv[1]
sts = boto3.client("sts")
account = sts.get_access_key_info(AccessKeyId=KEY)["Account"]
given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="raw")[
    "Credentials"
]
iam = boto3.client(
    "iam",
    aws_access_key_id=given["AccessKeyId"],
    aws_secret_access_key=given["SecretAccessKey"],
    aws_session_token=given["SessionToken"],
)
name = iam.get_access_key_last_used(AccessKeyId=KEY)["UserName"]


def deny(policy_name: str, condition: dict[str, object]) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName=policy_name, PolicyDocument=document)


deny("DenyAll", {})
for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
deny("DenySessions", {"Condition": {"Null": {"aws:TokenIssueTime": "false"}}})

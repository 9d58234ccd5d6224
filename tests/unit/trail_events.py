"""Records as CloudTrail writes them, for stories about who descends from whom. Shapes are those of AWS's documentation:
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

HOME = "111122223333"
OTHER = "444455556666"
STRANGER = "999988887777"
START = datetime(2026, 5, 4, 3, 0, 0, tzinfo=UTC)

Record = dict[str, Any]


def when(second: int) -> str:
    return f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"


def unique(prefix: str, of: str) -> str:
    """An id of AWS's shape that stands for a name."""
    return prefix + hashlib.sha256(of.encode()).hexdigest().upper()[:16]


def user(name: str, key: str = "", *, account: str = HOME, path: str = "/") -> Record:
    return {
        "type": "IAMUser",
        "principalId": unique("AIDA", f"{account}{name}"),
        "arn": f"arn:aws:iam::{account}:user{path}{name}",
        "accountId": account,
        "userName": name,
        **({"accessKeyId": key} if key else {}),
    }


def in_session(who: Record, key: str, began: int) -> Record:
    """A user with temporary credentials, such as those of a console."""
    attributes = {"creationDate": when(began), "mfaAuthenticated": "false"}
    return {**who, "accessKeyId": key, "sessionContext": {"attributes": attributes}}


def role_id(role: str, account: str = HOME) -> str:
    return unique("AROA", f"{account}{role}")


def session(role: str, name: str, key: str, began: int, *, account: str = HOME, path: str = "/") -> Record:
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id(role, account)}:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id(role, account),
                "arn": f"arn:aws:iam::{account}:role{path}{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": when(began), "mfaAuthenticated": "false"},
        },
    }


def service(name: str) -> Record:
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def event(
    name: str,
    at: int,
    by: Record,
    request: Any = None,
    response: Any = None,
    *,
    account: str = HOME,
    region: str = "us-east-1",
    **more: Any,
) -> Record:
    """ "iam:CreateUser", made so many seconds after the start."""
    source, _colon, operation = name.partition(":")
    text = repr((name, at, by, request, response, account, sorted(more.items())))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "eventVersion": "1.09",
        "userIdentity": by,
        "eventTime": when(at),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": operation,
        "awsRegion": region,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.15",
        "requestParameters": request,
        "responseElements": response,
        "requestID": digest[32:48],
        "eventID": f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
        "readOnly": operation.startswith(("Get", "List", "Describe")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        **more,
    }


def failed(record: Record, code: str = "AccessDenied") -> Record:
    return {**record, "errorCode": code, "errorMessage": "refused", "responseElements": None}


def assumed(
    role: str, name: str, key: str, at: int, by: Record, *, account: str = HOME, path: str = "/", **more: Any
) -> Record:
    """AssumeRole in the log of the role's account."""
    return event(
        "sts:AssumeRole",
        at,
        by,
        {"roleArn": f"arn:aws:iam::{account}:role{path}{role}", "roleSessionName": name},
        {
            "credentials": {"accessKeyId": key, "sessionToken": "IQoJ" + "x" * 80, "expiration": "May 4, 2026"},
            "assumedRoleUser": {
                "assumedRoleId": f"{role_id(role, account)}:{name}",
                "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            },
        },
        account=account,
        **more,
    )


def console_login(who: Record, at: int, *, outcome: str = "Success", **more: Any) -> Record:
    by = {name: value for name, value in who.items() if name != "accessKeyId"}
    return event("signin:ConsoleLogin", at, by, None, {"ConsoleLogin": outcome}, eventType="AwsConsoleSignIn", **more)


def created_key(for_user: str, key: str, at: int, by: Record) -> Record:
    shown = {"accessKeyId": key, "userName": for_user, "status": "Active"}
    return event("iam:CreateAccessKey", at, by, {"userName": for_user}, {"accessKey": shown})


def trust_changed(role: str, document: Any, at: int, by: Record) -> Record:
    return event("iam:UpdateAssumeRolePolicy", at, by, {"roleName": role, "policyDocument": document})

"""Who made a call, as `userIdentity`.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

from typing import Any

from sandbox.model import Caller, Session

ANONYMOUS = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}


def user_identity(caller: Caller, issuer_id: str = "") -> dict[str, Any]:
    """`issuer_id` is the unique id of the IAM user behind a federated session."""
    identity: dict[str, Any] = {
        "type": {"root": "Root", "user": "IAMUser", "assumed_role": "AssumedRole", "federated_user": "FederatedUser"}[
            caller.kind
        ],
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    if caller.kind == "user":
        identity["userName"] = caller.name
    if caller.session is not None:
        identity["sessionContext"] = _session_context(caller, caller.session, issuer_id)
    return identity


def other_account(caller: Caller) -> dict[str, Any]:
    """The same caller, in the event of the account whose role or key was used.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api"""
    return {"type": "AWSAccount", "principalId": caller.user_id, "accountId": caller.account}


def _session_context(caller: Caller, session: Session, issuer_id: str) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if caller.kind in ("assumed_role", "federated_user"):
        context["sessionIssuer"] = _issuer(caller, session, issuer_id)
        context["webIdFederationData"] = {}
    context["attributes"] = {
        "creationDate": f"{session.issued_at:%Y-%m-%dT%H:%M:%SZ}",
        "mfaAuthenticated": "true" if session.mfa_authenticated else "false",
    }
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    if "ec2:roledelivery" in session.context_keys:
        context["ec2RoleDelivery"] = session.context_keys["ec2:roledelivery"]
    return context


def _issuer(caller: Caller, session: Session, issuer_id: str) -> dict[str, str]:
    arn = session.issuer_arn
    if caller.kind == "assumed_role":
        kind, identifier = "Role", caller.user_id.split(":", 1)[0]
    elif arn.endswith(":root"):
        return {"type": "Root", "principalId": caller.account, "arn": arn, "accountId": caller.account}
    else:
        kind, identifier = "IAMUser", issuer_id
    return {
        "type": kind,
        "principalId": identifier,
        "arn": arn,
        "accountId": arn.split(":")[4],
        "userName": arn.rsplit("/", 1)[-1],
    }

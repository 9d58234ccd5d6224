"""STS, in the place of moto's: every session has its own secret, lasts as long as documented, and is who it says it is."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox import policies
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.sessions import credentials_in, new_role_session, new_session

if TYPE_CHECKING:
    from sandbox.world import World

_SHORTEST = 900
_LONGEST = 129_600
_USUAL = 43_200
_ROOT_LONGEST = 3_600
_CHAINED_LONGEST = 3_600
_SESSION_POLICY_ARNS = 10


def get_caller_identity(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def get_access_key_info(_world: World, request: ApiRequest, _caller: Caller) -> Mapping[str, Any]:
    """The account is in the key id itself, so keys that are long gone have one, too.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    key_id = str(request.parameters.get("AccessKeyId", ""))
    if not re.fullmatch(r"\w{16,128}", key_id):
        raise ApiError(
            "ValidationError", "1 validation error detected: Value at 'accessKeyId' failed to satisfy constraint", 400
        )
    account = account_in(key_id)
    if account is None:
        raise ApiError("ValidationError", "Access Key ID is not valid", 400)
    return {"Account": account}


def account_in(key_id: str) -> str | None:
    """The account that an id of moto's making belongs to: 40 bits behind the prefix hold half of its number, the next character tells
    odd from even (moto.iam.utils)."""
    from moto.iam.utils import ACCOUNT_OFFSET, AWS_ROLE_ALPHABET

    try:
        half = int.from_bytes(base64.b32decode(key_id[4:12]), "big") - ACCOUNT_OFFSET
        odd = key_id[12] in AWS_ROLE_ALPHABET[16:]
    except (ValueError, IndexError):
        return None
    number = 2 * half + odd
    return f"{number:012d}" if 0 <= number < 10**12 else None


def get_session_token(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    seconds = _duration(request, caller)
    session = new_session(
        world,
        caller.account,
        seconds,
        issuer_arn=caller.arn,
        issuer_id=caller.user_id,
        mfa_authenticated=_mfa(request, caller),
    )
    world.credentials.add(
        session,
        Caller(
            kind=caller.kind,
            account=caller.account,
            arn=caller.arn,
            user_id=caller.user_id,
            access_key_id=session.access_key_id,
            name=caller.name,
            session=session,
        ),
    )
    return {"Credentials": credentials_in(session)}


def get_federation_token(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    name = str(request.parameters.get("Name", ""))
    if not re.fullmatch(r"[\w+=,.@-]{2,32}", name, re.ASCII):
        raise ApiError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint",
            400,
        )
    session = new_session(
        world,
        caller.account,
        _duration(request, caller),
        issuer_arn=caller.arn,
        issuer_id=caller.user_id,
        session_policies=_session_policies(request, caller.account),
        tags=_tags(request),
    )
    arn = f"arn:aws:sts::{caller.account}:federated-user/{name}"
    user_id = f"{caller.account}:{name}"
    world.credentials.add(
        session,
        Caller(
            kind="federated_user",
            account=caller.account,
            arn=arn,
            user_id=user_id,
            access_key_id=session.access_key_id,
            name=name,
            session=session,
        ),
    )
    return {
        "Credentials": credentials_in(session),
        "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
        "PackedPolicySize": 0,
    }


def assume_role(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    role_arn = str(request.parameters["RoleArn"])
    session_name = str(request.parameters.get("RoleSessionName", ""))
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", session_name, re.ASCII):
        raise ApiError(
            "ValidationError",
            f"1 validation error detected: Value '{session_name}' at 'roleSessionName' failed to satisfy constraint",
            400,
        )
    found = re.fullmatch(r"arn:aws:iam::([0-9]{12}):role/(?:[!-~]+/)?([\w+=,.@-]+)", role_arn, re.ASCII)
    if found is None:
        raise ApiError("ValidationError", f"{role_arn} is invalid", 400)
    account, name = found[1], found[2]
    role = world.authorizer.views.role(account, name)
    if role is None or role.arn != role_arn:
        raise ApiError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            403,
        )
    session = new_role_session(
        world,
        role,
        session_name,
        seconds=_role_duration(request, caller, role.max_session_s),
        session_policies=_session_policies(request, account),
        tags=_tags(request),
        source_identity=request.parameters.get("SourceIdentity")
        or (caller.session.source_identity if caller.session else None),
    )
    return {
        "Credentials": credentials_in(session),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session_name}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        },
        "PackedPolicySize": 0,
        **({"SourceIdentity": session.source_identity} if session.source_identity else {}),
    }


HANDLERS = {
    ("sts", "GetCallerIdentity"): get_caller_identity,
    ("sts", "GetAccessKeyInfo"): get_access_key_info,
    ("sts", "GetSessionToken"): get_session_token,
    ("sts", "GetFederationToken"): get_federation_token,
    ("sts", "AssumeRole"): assume_role,
}


def _duration(request: ApiRequest, caller: Caller) -> int:
    """900 seconds to 36 hours; for the root user one hour at most, whatever it asks for."""
    seconds = int(request.parameters.get("DurationSeconds") or _USUAL)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise _wrong_duration(seconds)
    return min(seconds, _ROOT_LONGEST) if caller.kind == "root" else seconds


def _role_duration(request: ApiRequest, caller: Caller, longest: int) -> int:
    seconds = int(request.parameters.get("DurationSeconds") or 3_600)
    if not _SHORTEST <= seconds <= 43_200:
        raise _wrong_duration(seconds)
    if caller.kind == "assumed_role" and seconds > _CHAINED_LONGEST:
        raise ApiError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            400,
        )
    if seconds > longest:
        raise ApiError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400
        )
    return seconds


def _wrong_duration(seconds: int) -> ApiError:
    return ApiError(
        "ValidationError",
        f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint",
        400,
    )


def _mfa(request: ApiRequest, caller: Caller) -> bool:
    """Any six digits pass for a device of the user's: the sandbox keeps no seeds."""
    serial, code = request.parameters.get("SerialNumber"), str(request.parameters.get("TokenCode") or "")
    if serial is None:
        return False
    user = iam_of(caller.account).users.get(caller.name)
    if user is None or serial not in user.mfa_devices or not re.fullmatch(r"\d{6}", code):
        raise ApiError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403)
    return True


def _session_policies(request: ApiRequest, account: str) -> tuple[str, ...]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html: one inline policy, ten managed ones at most"""
    texts = [str(request.parameters["Policy"])] if request.parameters.get("Policy") else []
    for text in texts:
        policies.check_identity_policy(text)
    arns = request.parameters.get("PolicyArns") or ()
    if len(arns) > _SESSION_POLICY_ARNS:
        raise ApiError(
            "ValidationError", f"PolicyArns must have length less than or equal to {_SESSION_POLICY_ARNS}", 400
        )
    for given in arns:
        policy = iam_of(account).managed_policies.get(given.get("arn"))
        if policy is None:
            raise ApiError("ValidationError", f"{given.get('arn')} does not exist", 400)
        texts.append(
            next(version.document for version in policy.versions if version.version_id == policy.default_version_id)
        )
    return tuple(texts)


def _tags(request: ApiRequest) -> dict[str, str]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html: keys differ by more than their case"""
    tags = request.parameters.get("Tags") or ()
    if len({tag["Key"].lower() for tag in tags}) < len(tags):
        raise ApiError(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400
        )
    return {tag["Key"]: tag["Value"] for tag in tags}

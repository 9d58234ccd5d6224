"""A quick model of what IAM does with users and roles, in the place of `Cloud`: for laws that need thousands of runs.

tests/integration/test_model_agrees.py runs the same calls here and on the sandbox and compares."""

from __future__ import annotations

import copy
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import quote

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

RESPONDER = "arn:aws:iam::999999999999:user/responder"
UNIQUE_ID = "AIDACKCEVSQ6C2EXAMPLE"
ROLE_ID = "AROACKCEVSQ6C2EXAMPLE"
"""Of every user, and of every role, that has no "id" of its own."""
World = dict[str, dict[str, Any]]
"""User or role ARN -> {"inline": {name: text}, "attached": [arn], "boundary": arn | None}, and of a user
{"keys": {id: status}, "others": {operation that lists them: {id: status}}, "mfa": [serial], "login": bool}, of which all but the keys
may be missing; of a role {"trust": text}."""

OTHERS = {
    "ListSSHPublicKeys": ("SSHPublicKeyId", "UpdateSSHPublicKey"),
    "ListServiceSpecificCredentials": ("ServiceSpecificCredentialId", "UpdateServiceSpecificCredential"),
    "ListSigningCertificates": ("CertificateId", "UpdateSigningCertificate"),
}
"""The operation that lists a kind of credential -> its id's name, and the operation that changes it."""
_UPDATES = {update: (listing, id_name) for listing, (id_name, update) in OTHERS.items()}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
QUOTAS = {"user": 2048, "role": 10240, "trust": 2048}


class Died(BaseException):
    """The process is gone: nothing catches it."""


class IamModel:
    """Answers the calls of the engine from a dict. `dies_at` ends the process before (even) or after (odd) a write."""

    def __init__(self, world: World, *, dies_at: int | None = None) -> None:
        self.world = world
        self.calls: Counter[str] = Counter()
        self.boundaries = 0
        self.dies_at = dies_at
        self.faults: list[str] = []
        """What happens to the next writes: "drop_" (no answer) or "fail_" (5xx), "before" or "after" the effect; the code of an
        error by which AWS refuses them; or "" for nothing."""
        self.refused: dict[str, str] = {}
        """Reading operations that AWS refuses, with the code."""
        self.stale = 0
        """How many times, after a write, each question is still answered with what was there before it:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
        self.no_policies: frozenset[str] = frozenset()
        """Managed policies that do not exist; every other one does."""
        self.responders = frozenset({RESPONDER})
        self.on_write: Callable[[Call], None] | None = None
        """What others do after a write, and before a read."""
        self.on_read: Callable[[Call], None] | None = None
        self._past: World = {}
        """Users and roles as they were before the writes that do not show yet."""
        self._asked: dict[str, Counter[str]] = {}
        self._lock = threading.RLock()

    def caller(self) -> Caller:
        return Caller(account="999999999999", arn=RESPONDER)

    @property
    def home_region(self) -> str:
        return self.caller().region

    def acts_as(self, account: str) -> frozenset[str]:
        return frozenset()

    def identities(self) -> frozenset[str]:
        return self.responders

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(ask())
        except AwsError as error:
            answer.set_exception(error)
        return answer

    def read(self, call: Call) -> dict[str, Any]:
        if call.operation == "GetAccountSummary":
            self.calls[call.operation] += 1
            return {"SummaryMap": {"AssumeRolePolicySizeQuota": QUOTAS["trust"]}}
        if call.operation in ("ListSAMLProviders", "ListOpenIDConnectProviders"):
            self.calls[call.operation] += 1
            self._check_refused(call)
            return {f"{call.operation.removeprefix('List').removesuffix('s')}List": []}
        if call.operation == "GetAccountAuthorizationDetails":
            return self._details(call)
        shown = self._shown(call)
        match call.operation:
            case "GetUser":
                described = {"UserName": call.parameters["UserName"], "UserId": shown.get("id", UNIQUE_ID)}
                return {"User": described | self._described(call, shown)}
            case "GetRole":
                described = {"RoleName": call.parameters["RoleName"], "RoleId": shown.get("id", ROLE_ID)}
                trust = {"AssumeRolePolicyDocument": quote(shown["trust"])}
                return {"Role": described | trust | self._described(call, shown)}
            case "GetLoginProfile":
                if not shown.get("login"):
                    raise _refusal("NoSuchEntity")
                return {"LoginProfile": {"UserName": call.parameters["UserName"]}}
            case "ListServiceSpecificCredentials":
                return {"ServiceSpecificCredentials": _others(shown, call.operation), "IsTruncated": False}
            case "GetUserPolicy" | "GetRolePolicy":
                if call.parameters["PolicyName"] not in shown["inline"]:
                    raise _refusal("NoSuchEntity")
                return {"PolicyDocument": quote(shown["inline"][call.parameters["PolicyName"]])}
            case other:
                raise AssertionError(f"the model does not know {other}")

    def _described(self, call: Call, shown: dict[str, Any]) -> dict[str, Any]:
        boundary = {"PermissionsBoundary": {"PermissionsBoundaryArn": shown["boundary"]}} if shown["boundary"] else {}
        return {"Arn": self._arn(call)} | boundary

    def pages(self, call: Call, key: str) -> list[Any]:
        shown = self._shown(call)
        match call.operation:
            case "ListUserPolicies" | "ListRolePolicies":
                return sorted(shown["inline"])
            case "ListAttachedUserPolicies" | "ListAttachedRolePolicies":
                return [{"PolicyArn": arn} for arn in shown["attached"]]
            case "ListAccessKeys":
                return [{"AccessKeyId": key_id, "Status": status} for key_id, status in shown["keys"].items()]
            case "ListMFADevices":
                return [{"SerialNumber": serial} for serial in shown.get("mfa", ())]
            case "ListSSHPublicKeys" | "ListSigningCertificates":
                return _others(shown, call.operation)
            case other:
                raise AssertionError(f"the model does not know {other}")

    def write(self, call: Call) -> str:
        with self._lock:
            self.boundary()
            fault = self.faults.pop(0) if self.faults else ""
            self.calls[call.operation] += 1
            kind, _, moment = fault.partition("_")
            if fault and not moment:
                raise _refusal(fault)
            if moment != "before":
                self._remember(call)
                self._change(self._named(call), call)
            if kind == "drop":
                raise LostAnswerError("write", "no answer", "Look.", code="ConnectionClosedError")
            if kind == "fail":
                raise AwsError("write", "InternalError", "Look.", code="InternalError", may_have_happened=True)
            self.boundary()
            if self.on_write:
                self.on_write(call)
            return "00000000-0000-4000-8000-000000000000"

    def boundary(self) -> None:
        """Between two steps: where a process can die."""
        if self.dies_at is not None and self.boundaries == self.dies_at:
            raise Died
        self.boundaries += 1

    def writes(self) -> int:
        return sum(count for operation, count in self.calls.items() if not operation.startswith(("Get", "List")))

    def _shown(self, call: Call) -> dict[str, Any]:
        """The user or role as this question is answered now."""
        with self._lock:
            self.calls[call.operation] += 1
            if self.on_read:
                self.on_read(call)
            self._check_refused(call)
            arn = self._arn(call)
            question = f"{call.operation} {call.parameters.get('PolicyName', '')}"
            return self._answered(arn, question)

    def _answered(self, arn: str, question: str) -> dict[str, Any]:
        if arn in self._past and self._asked[arn][question] < self.stale:
            self._asked[arn][question] += 1
            return self._past[arn]
        return self.world[arn]

    def _details(self, call: Call) -> dict[str, Any]:
        """Every user, or role, on one page: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""
        with self._lock:
            self.calls[call.operation] += 1
            self._check_refused(call)
            (kind,) = call.parameters["Filter"]
            there = {
                arn: self._answered(arn, call.operation)
                for arn in self.world
                if arn.startswith(f"arn:aws:iam::{call.account}:{kind.lower()}/")
            }
            return {
                f"{kind}DetailList": [_detail(kind, arn, shown) for arn, shown in there.items()],
                "IsTruncated": False,
            }

    def _check_refused(self, call: Call) -> None:
        if call.operation in self.refused:
            raise _refusal(self.refused[call.operation])

    def _remember(self, call: Call) -> None:
        """Keep what was there before the first of the writes that do not show yet."""
        arn = self._arn(call)
        if self.stale and (arn not in self._past or max(self._asked[arn].values(), default=0) >= self.stale):
            self._past[arn] = copy.deepcopy(self.world[arn])
        self._asked[arn] = Counter()

    def _arn(self, call: Call) -> str:
        """Names are unique among users, and among roles, whatever their path."""
        kind, name = ("user", "UserName") if "UserName" in call.parameters else ("role", "RoleName")
        for arn in self.world:
            account, resource = arn.split(":", 5)[4:]
            if account == call.account and resource.split("/")[0] == kind and arn.endswith(f"/{call.parameters[name]}"):
                return arn
        raise _refusal("NoSuchEntity")

    def _named(self, call: Call) -> dict[str, Any]:
        return self.world[self._arn(call)]

    def _change(self, there: dict[str, Any], call: Call) -> None:
        given, kind = call.parameters, "user" if "UserName" in call.parameters else "role"
        if given.get("PolicyArn", given.get("PermissionsBoundary")) in self.no_policies:
            raise _refusal("NoSuchEntity")
        match call.operation.replace("User", "*").replace("Role", "*"):
            case "Put*Policy":
                others = sum(inline_size(text) for name, text in there["inline"].items() if name != given["PolicyName"])
                if others + inline_size(given["PolicyDocument"]) > QUOTAS[kind]:
                    raise _refusal("LimitExceeded")
                there["inline"][given["PolicyName"]] = given["PolicyDocument"]
            case "Delete*Policy":
                if there["inline"].pop(given["PolicyName"], None) is None:
                    raise _refusal("NoSuchEntity")
            case "Attach*Policy":
                if given["PolicyArn"] not in there["attached"]:
                    if len(there["attached"]) >= 10:
                        raise _refusal("LimitExceeded")
                    there["attached"].append(given["PolicyArn"])
            case "Detach*Policy":
                if given["PolicyArn"] not in there["attached"]:
                    raise _refusal("NoSuchEntity")
                there["attached"].remove(given["PolicyArn"])
            case "Put*PermissionsBoundary":
                there["boundary"] = given["PermissionsBoundary"]
            case "Delete*PermissionsBoundary":
                if there["boundary"] is None:
                    raise _refusal("NoSuchEntity")
                there["boundary"] = None
            case "UpdateAccessKey":
                _set_status(there["keys"], given["AccessKeyId"], given["Status"])
            case "UpdateAssume*Policy":
                if inline_size(given["PolicyDocument"]) > QUOTAS["trust"]:
                    raise _refusal("LimitExceeded")
                if not is_json(given["PolicyDocument"]):
                    raise _refusal("MalformedPolicyDocument")
                there["trust"] = given["PolicyDocument"]
            case update if update in _UPDATES:
                listing, id_name = _UPDATES[update]
                _set_status(there.get("others", {}).get(listing, {}), given[id_name], given["Status"])
            case other:
                raise AssertionError(f"the model does not know {other}")


def _detail(kind: str, arn: str, shown: dict[str, Any]) -> dict[str, Any]:
    policies = [{"PolicyName": name, "PolicyDocument": quote(text)} for name, text in sorted(shown["inline"].items())]
    return {
        f"{kind}Name": arn.rpartition("/")[2],
        f"{kind}Id": shown.get("id", UNIQUE_ID if kind == "User" else ROLE_ID),
        "Arn": arn,
        f"{kind}PolicyList": policies,
        "AttachedManagedPolicies": [{"PolicyArn": attached} for attached in shown["attached"]],
        **({"PermissionsBoundary": {"PermissionsBoundaryArn": shown["boundary"]}} if shown["boundary"] else {}),
        **({"AssumeRolePolicyDocument": quote(shown["trust"])} if kind == "Role" else {}),
    }


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _others(shown: dict[str, Any], listing: str) -> list[dict[str, str]]:
    """Credentials of one kind, as they are listed."""
    id_name, _update = OTHERS[listing]
    return [
        {id_name: identity, "Status": status} for identity, status in shown.get("others", {}).get(listing, {}).items()
    ]


def _set_status(there: dict[str, str], identity: str, status: str) -> None:
    if identity not in there:
        raise _refusal("NoSuchEntity")
    there[identity] = status


def _refusal(code: str) -> AwsError:
    return AwsError("call AWS", code, "Look.", code=code)

"""A quick model of what IAM does with users, in the place of `Cloud`: for laws that need thousands of runs.

tests/integration/test_model_agrees.py runs the same calls here and on the sandbox and compares."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import quote

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.iam_policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

RESPONDER = "arn:aws:iam::999999999999:user/responder"
UNIQUE_ID = "AIDACKCEVSQ6C2EXAMPLE"
"""Of every user that has no "id" of its own."""
World = dict[str, dict[str, Any]]
"""User ARN -> {"inline": {name: text}, "attached": [arn], "boundary": arn | None, "keys": {id: status}}"""


class Died(BaseException):
    """The process is gone: nothing catches it."""


class IamModel:
    """Answers the calls of the engine from a dict. `dies_at` ends the process before (even) or after (odd) a write."""

    def __init__(self, users: World, *, dies_at: int | None = None) -> None:
        self.users = users
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
        """Users as they were before the writes that do not show yet."""
        self._asked: dict[str, Counter[str]] = {}
        self._lock = threading.RLock()

    def caller(self) -> Caller:
        return Caller(account="999999999999", arn=RESPONDER)

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
        user = self._shown(call)
        if call.operation == "GetUser":
            name, unique_id = call.parameters["UserName"], user.get("id", UNIQUE_ID)
            answer: dict[str, Any] = {"UserName": name, "Arn": self._arn(call), "UserId": unique_id}
            if user["boundary"]:
                answer["PermissionsBoundary"] = {"PermissionsBoundaryArn": user["boundary"]}
            return {"User": answer}
        assert call.operation == "GetUserPolicy", call.operation
        if call.parameters["PolicyName"] not in user["inline"]:
            raise _refusal("NoSuchEntity")
        return {"PolicyDocument": quote(user["inline"][call.parameters["PolicyName"]])}

    def pages(self, call: Call, key: str) -> list[Any]:
        user = self._shown(call)
        if call.operation == "ListUserPolicies":
            return sorted(user["inline"])
        if call.operation == "ListAttachedUserPolicies":
            return [{"PolicyArn": arn} for arn in user["attached"]]
        assert call.operation == "ListAccessKeys", call.operation
        return [{"AccessKeyId": key_id, "Status": status} for key_id, status in user["keys"].items()]

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
                self._change(self._user(call), call)
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
        """The user as this question is answered now."""
        with self._lock:
            self.calls[call.operation] += 1
            if self.on_read:
                self.on_read(call)
            if call.operation in self.refused:
                raise _refusal(self.refused[call.operation])
            arn = self._arn(call)
            question = f"{call.operation} {call.parameters.get('PolicyName', '')}"
            if arn in self._past and self._asked[arn][question] < self.stale:
                self._asked[arn][question] += 1
                return self._past[arn]
            return self.users[arn]

    def _remember(self, call: Call) -> None:
        """Keep what was there before the first of the writes that do not show yet."""
        arn = self._arn(call)
        if self.stale and (arn not in self._past or max(self._asked[arn].values(), default=0) >= self.stale):
            self._past[arn] = copy.deepcopy(self.users[arn])
        self._asked[arn] = Counter()

    def _arn(self, call: Call) -> str:
        for arn in self.users:
            if arn.split(":")[4] == call.account and arn.split("/")[-1] == call.parameters["UserName"]:
                return arn
        raise _refusal("NoSuchEntity")

    def _user(self, call: Call) -> dict[str, Any]:
        return self.users[self._arn(call)]

    def _change(self, user: dict[str, Any], call: Call) -> None:
        given = call.parameters
        if given.get("PolicyArn", given.get("PermissionsBoundary")) in self.no_policies:
            raise _refusal("NoSuchEntity")
        match call.operation:
            case "PutUserPolicy":
                others = sum(inline_size(text) for name, text in user["inline"].items() if name != given["PolicyName"])
                if others + inline_size(given["PolicyDocument"]) > 2048:
                    raise _refusal("LimitExceeded")
                user["inline"][given["PolicyName"]] = given["PolicyDocument"]
            case "DeleteUserPolicy":
                if user["inline"].pop(given["PolicyName"], None) is None:
                    raise _refusal("NoSuchEntity")
            case "AttachUserPolicy":
                if given["PolicyArn"] not in user["attached"]:
                    if len(user["attached"]) >= 10:
                        raise _refusal("LimitExceeded")
                    user["attached"].append(given["PolicyArn"])
            case "DetachUserPolicy":
                if given["PolicyArn"] not in user["attached"]:
                    raise _refusal("NoSuchEntity")
                user["attached"].remove(given["PolicyArn"])
            case "PutUserPermissionsBoundary":
                user["boundary"] = given["PermissionsBoundary"]
            case "DeleteUserPermissionsBoundary":
                if user["boundary"] is None:
                    raise _refusal("NoSuchEntity")
                user["boundary"] = None
            case "UpdateAccessKey":
                if given["AccessKeyId"] not in user["keys"]:
                    raise _refusal("NoSuchEntity")
                user["keys"][given["AccessKeyId"]] = given["Status"]
            case other:
                raise AssertionError(f"the model does not know {other}")


def _refusal(code: str) -> AwsError:
    return AwsError("call AWS", code, "Look.", code=code)

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
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser

RESPONDER = "arn:aws:iam::999999999999:user/responder"
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
        self.on_write: Callable[[Call], None] | None = None
        self._lock = threading.Lock()

    def caller(self) -> Caller:
        return Caller(account="999999999999", arn=RESPONDER)

    def identities(self) -> frozenset[str]:
        return frozenset({RESPONDER})

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(ask())
        except AwsError as error:
            answer.set_exception(error)
        return answer

    def read(self, call: Call) -> dict[str, Any]:
        self.calls[call.operation] += 1
        user = self._user(call)
        if call.operation == "GetUser":
            answer: dict[str, Any] = {"UserName": call.parameters["UserName"], "Arn": self._arn(call)}
            if user["boundary"]:
                answer["PermissionsBoundary"] = {"PermissionsBoundaryArn": user["boundary"]}
            return {"User": answer}
        assert call.operation == "GetUserPolicy", call.operation
        return {"PolicyDocument": quote(user["inline"][call.parameters["PolicyName"]])}

    def pages(self, call: Call, key: str) -> list[Any]:
        self.calls[call.operation] += 1
        user = self._user(call)
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
                raise AwsError("write", fault, "Try again.", code=fault)
            if moment != "before":
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

    def _arn(self, call: Call) -> str:
        for arn in self.users:
            if arn.split(":")[4] == call.account and arn.split("/")[-1] == call.parameters["UserName"]:
                return arn
        raise AwsError("read", "NoSuchEntity", "Check the name.", code="NoSuchEntity")

    def _user(self, call: Call) -> dict[str, Any]:
        return self.users[self._arn(call)]

    @staticmethod
    def _change(user: dict[str, Any], call: Call) -> None:
        given = call.parameters
        match call.operation:
            case "PutUserPolicy":
                others = sum(inline_size(text) for name, text in user["inline"].items() if name != given["PolicyName"])
                if others + inline_size(given["PolicyDocument"]) > 2048:
                    raise AwsError("write", "LimitExceeded", "Make room.", code="LimitExceeded")
                user["inline"][given["PolicyName"]] = given["PolicyDocument"]
            case "DeleteUserPolicy":
                if user["inline"].pop(given["PolicyName"], None) is None:
                    raise AwsError("write", "NoSuchEntity", "Check the name.", code="NoSuchEntity")
            case "AttachUserPolicy":
                if given["PolicyArn"] not in user["attached"]:
                    if len(user["attached"]) >= 10:
                        raise AwsError("write", "LimitExceeded", "Make room.", code="LimitExceeded")
                    user["attached"].append(given["PolicyArn"])
            case "DetachUserPolicy":
                if given["PolicyArn"] not in user["attached"]:
                    raise AwsError("write", "NoSuchEntity", "Check the name.", code="NoSuchEntity")
                user["attached"].remove(given["PolicyArn"])
            case "PutUserPermissionsBoundary":
                user["boundary"] = given["PermissionsBoundary"]
            case "DeleteUserPermissionsBoundary":
                user["boundary"] = None
            case "UpdateAccessKey":
                if given["AccessKeyId"] not in user["keys"]:
                    raise AwsError("write", "NoSuchEntity", "Check the name.", code="NoSuchEntity")
                user["keys"][given["AccessKeyId"]] = given["Status"]
            case other:
                raise AssertionError(f"the model does not know {other}")


class MemoryJournal:
    """The case log as a list, in the shape that `past_steps` reads. An entry is a copy, as a file would be."""

    def __init__(self, model: IamModel | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self._model = model
        self._runs = 0

    def intent(self, action: str, plan: Any, before: Any) -> None:
        self._boundary()
        body = {"run_id": "run", "action": action, "plan_id": plan.plan_id, "plan": plan.as_json(), "before": before}
        self._write("intent", body)
        self._boundary()

    def outcome(self, action: str, plan_id: str, results: Any) -> None:
        self._boundary()
        self._write("outcome", {"run_id": "run", "action": action, "plan_id": plan_id, "results": list(results)})
        self._boundary()

    def _boundary(self) -> None:
        if self._model is not None:
            self._model.boundary()

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        canonical_json(body)  # a file would hold JSON and nothing else
        self.entries.append({"kind": kind, "time": "2026-11-24T03:00:00.000Z", "body": copy.deepcopy(body)})


def user_named(arn: str, _reads: object = None) -> IamUser:
    return IamUser(arn=arn, account=arn.split(":")[4], name=arn.rsplit("/", maxsplit=1)[-1])

"""A quick model of service control policies in Organizations, in the place of `Cloud`.

tests/integration/test_model_agrees.py runs the same calls here and on the sandbox and compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

MANAGEMENT = "999999999999"
RESPONDER = f"arn:aws:iam::{MANAGEMENT}:user/responder"
FULL_ACCESS = "p-FullAWSAccess"


class OrganizationsModel:
    """Answers the calls about policies from dicts: policy id -> {"Name", "Content"}, account -> attached ids."""

    def __init__(self) -> None:
        self.policies: dict[str, dict[str, str]] = {FULL_ACCESS: {"Name": "FullAWSAccess", "Content": "{}"}}
        self.attached: dict[str, list[str]] = {}
        self.calls: Counter[str] = Counter()
        self.faults: list[str] = []
        """What happens to the next changes: "drop_before", "drop_after", the code of an error, or "" for nothing."""
        self.on_change: Callable[[Call], None] | None = None
        """What others do before a change."""
        self._made = 0

    def caller(self) -> Caller:
        return Caller(account=MANAGEMENT, arn=RESPONDER)

    def of(self, account: str) -> list[str]:
        return self.attached.setdefault(account, [FULL_ACCESS])

    def add_foreign(self, account: str, number: int, content: str = "{}", name: str = "") -> str:
        """A policy of the operator's, attached to the account."""
        policy_id = f"p-foreign{number}"
        self.policies[policy_id] = {"Name": name or f"guardrail-{number}", "Content": content}
        self.of(account).append(policy_id)
        return policy_id

    def texts(self, account: str) -> dict[str, str]:
        """Name -> content of what is attached."""
        return {self.policies[one]["Name"]: self.policies[one]["Content"] for one in self.of(account)}

    def read(self, call: Call) -> dict[str, Any]:
        self.calls[call.operation] += 1
        if call.operation == "DescribeOrganization":
            return {"Organization": {"MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}}
        assert call.operation == "DescribePolicy", call.operation
        policy = self._policy(call)
        return {"Policy": {"Content": policy["Content"], "PolicySummary": {"Name": policy["Name"]}}}

    def pages(self, call: Call, key: str) -> list[Any]:
        self.calls[call.operation] += 1
        ids = self.policies if call.operation == "ListPolicies" else self.of(call.parameters["TargetId"])
        return [{"Id": one, "Name": self.policies[one]["Name"]} for one in ids]

    def answer(self, call: Call) -> dict[str, Any]:
        self.calls[call.operation] += 1
        if self.on_change:
            self.on_change(call)
        fault = self.faults.pop(0) if self.faults else ""
        if fault and not fault.startswith("drop_"):
            raise AwsError("call AWS", fault, "Look.", code=fault)
        if fault == "drop_before":
            raise LostAnswerError("write", "no answer", "Look.", code="ConnectionClosedError")
        answer = self._change(call)
        if fault == "drop_after":
            raise LostAnswerError("write", "no answer", "Look.", code="ConnectionClosedError")
        return answer

    def _policy(self, call: Call) -> dict[str, str]:
        if call.parameters["PolicyId"] not in self.policies:
            raise refusal("PolicyNotFoundException")
        return self.policies[call.parameters["PolicyId"]]

    def _change(self, call: Call) -> dict[str, Any]:
        given = call.parameters
        if len(given.get("Content", "")) > 5120:
            raise refusal("ConstraintViolationException")
        if call.operation == "CreatePolicy":
            if any(policy["Name"] == given["Name"] for policy in self.policies.values()):
                raise refusal("DuplicatePolicyException")
            self._made += 1
            policy_id = f"p-made{self._made}"
            self.policies[policy_id] = {"Name": given["Name"], "Content": given["Content"]}
            return {"Policy": {"PolicySummary": {"Id": policy_id}}}
        policy = self._policy(call)
        match call.operation:
            case "UpdatePolicy":
                policy["Content"] = given["Content"]
            case "AttachPolicy":
                there = self.of(given["TargetId"])
                if given["PolicyId"] in there:
                    raise refusal("DuplicatePolicyAttachmentException")
                if len(there) >= 5:
                    raise refusal("ConstraintViolationException")
                there.append(given["PolicyId"])
            case "DetachPolicy":
                if given["PolicyId"] not in self.of(given["TargetId"]):
                    raise refusal("PolicyNotAttachedException")
                self.of(given["TargetId"]).remove(given["PolicyId"])
            case "DeletePolicy":
                if any(given["PolicyId"] in there for there in self.attached.values()):
                    raise refusal("PolicyInUseException")
                del self.policies[given["PolicyId"]]
            case other:
                raise AssertionError(f"the model does not know {other}")
        return {}


def refusal(code: str) -> AwsError:
    return AwsError("call AWS", code, "Look.", code=code)

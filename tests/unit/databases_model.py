"""A quick model of RDS's DB instances and of a VPC's groups, in the place of `Cloud`: as strict as AWS documents them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import DESCRIPTION
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

VPC = "vpc-0123456789abcdef0"


def refusal(code: str) -> AwsError:
    return AwsError("call AWS", f"{code}: no", "Look.", code=code)


@dataclass
class DatabasesModel:
    """DB instances by their identifiers; a change takes `looks` looks until it is applied."""

    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    forensic_id: str | None = "sg-0f0f0f0f0f0f0f0f0"
    looks: int = 1
    faults: list[str] = field(default_factory=list)
    """What happens to the next changes: "lost" (done, without an answer), "dropped" (neither), an error's code, or "" for nothing."""
    spoils: bool = False
    """Whether one that is missing spoils the answer for the others."""
    reads: int = 1_000_000
    """How often DB instances can be looked at before AWS fails."""
    then: Callable[[], None] = lambda: None
    """What happens after a change."""
    calls: Counter[str] = field(default_factory=Counter)
    sent: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, *groups: str, **more: Any) -> None:
        self.databases[name] = {
            "DBInstanceIdentifier": name,
            "DbiResourceId": f"db-{name.upper()}",
            "DBInstanceStatus": "available",
            "PubliclyAccessible": True,
            "DeletionProtection": False,
            "groups": dict.fromkeys(groups, "active"),
            "left": 0,
            **more,
        }

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(ask())
        except AwsError as error:
            answer.set_exception(error)
        return answer

    def pages(self, call: Call, _key: str) -> list[Any]:
        self.calls[call.operation] += 1
        if call.operation == "DescribeSecurityGroups":
            group = {
                "GroupId": self.forensic_id,
                "GroupName": "CordonForensic",
                "VpcId": VPC,
                "Description": DESCRIPTION,
            }
            return [] if self.forensic_id is None else [group]
        if self.calls[call.operation] > self.reads:
            raise refusal("InternalFailure")
        alone = call.parameters.get("DBInstanceIdentifier")
        wanted = [alone] if alone else call.parameters["Filters"][0]["Values"]
        if (alone or self.spoils) and not set(wanted) <= set(self.databases):
            raise refusal("DBInstanceNotFound")
        return [self._shown(self.databases[name]) for name in wanted if name in self.databases]

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        groups = [{"VpcSecurityGroupId": group, "Status": status} for group, status in one["groups"].items()]
        shown = {**one, "VpcSecurityGroups": groups}
        if one["left"]:
            one["left"] -= 1
            if not one["left"]:
                one["groups"] = {group: "active" for group, status in one["groups"].items() if status != "removing"}
                one["DBInstanceStatus"] = "available"
        return shown

    def answer(self, call: Call) -> dict[str, Any]:
        self.calls[call.operation] += 1
        if call.operation == "DeleteSecurityGroup":
            if any(self.forensic_id in one["groups"] for one in self.databases.values()):
                raise refusal("DependencyViolation")
            self.forensic_id = None
            return {}
        fault = self.faults.pop(0) if self.faults else ""
        if fault not in ("", "lost", "dropped"):
            raise refusal(fault)
        if fault != "dropped":
            self._modify(dict(call.parameters))
            self.then()
        if fault:
            raise LostAnswerError("call AWS", "no answer", "Look.", code="ConnectionClosedError")
        return {}

    def _modify(self, given: dict[str, Any]) -> None:
        one = self.databases[given.pop("DBInstanceIdentifier")]
        if one["DBInstanceStatus"] != "available":
            raise refusal("InvalidDBInstanceState")
        self.sent.append(dict(given))
        groups = given.pop("VpcSecurityGroupIds", None)
        if groups is not None:
            coming = {group: one["groups"].get(group, "adding") for group in groups}
            one["groups"] = {**dict.fromkeys(one["groups"], "removing"), **coming}
        one.update(given, DBInstanceStatus="modifying", left=self.looks)

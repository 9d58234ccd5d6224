"""A quick model of an Auto Scaling group and of load balancers, in the place of `Cloud`: as strict as AWS documents them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call


def refusal(code: str, message: str) -> AwsError:
    return AwsError("call AWS", f"{code}: {message}", "Look.", code=code)


_WRITES = {
    "EnterStandby": "_enter_standby",
    "DetachInstances": "_detach",
    "ExitStandby": "_exit_standby",
    "AttachInstances": "_attach",
    "SetInstanceProtection": "_protect",
    "RegisterTargets": "_register",
    "DeregisterTargets": "_deregister",
    "RegisterInstancesWithLoadBalancer": "_register_classic",
    "DeregisterInstancesFromLoadBalancer": "_deregister_classic",
}


@dataclass
class BalancedModel:
    """One group "web", any target groups, one Classic Load Balancer per name."""

    states: dict[str, str] = field(default_factory=dict)
    """instance id -> its state in the group."""
    protected: set[str] = field(default_factory=set)
    new_are_protected: bool = False
    least: int = 0
    desired: int = 0
    most: int = 10
    passing: dict[str, str] = field(default_factory=dict)
    """instance id -> the state it arrives in when it is looked at the next time."""
    targets: dict[str, dict[tuple[str, int], str]] = field(default_factory=dict)
    """target group -> (id, port) -> state."""
    by_address: set[str] = field(default_factory=set)
    """The target groups whose targets are addresses."""
    addresses: dict[str, list[str]] = field(default_factory=dict)
    """instance id -> the addresses of its interface, in "vpc-1" as every target group."""
    classic: dict[str, set[str]] = field(default_factory=dict)
    known_to_classic: set[str] = field(default_factory=set)
    """Who was registered once: of others, deregistering says that they do not exist."""
    faults: list[str] = field(default_factory=list)
    """What happens to the next writes: "lost" (done, without an answer), an error's code, or "" for nothing."""
    refused: dict[str, str] = field(default_factory=dict)
    """Reading operations that AWS refuses, with the code."""
    calls: Counter[str] = field(default_factory=Counter)
    sent: list[Call] = field(default_factory=list)

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(ask())
        except AwsError as error:
            answer.set_exception(error)
        return answer

    def pages(self, call: Call, _key: str) -> list[Any]:
        self.calls[call.operation] += 1
        if call.operation in self.refused:
            raise refusal(self.refused[call.operation], "as the test wants it")
        if call.operation == "DescribeAutoScalingInstances":
            found = [self._member(ident) for ident in call.parameters["InstanceIds"] if ident in self.states]
            for ident in call.parameters["InstanceIds"]:
                self._arrive(ident)
            return found
        if call.operation == "DescribeAutoScalingGroups":
            size = {"MinSize": self.least, "MaxSize": self.most, "DesiredCapacity": self.desired}
            return [{"AutoScalingGroupName": "web", **size}]
        if call.operation == "DescribeTargetGroups":
            kinds = {arn: "ip" if arn in self.by_address else "instance" for arn in self.targets}
            return [{"TargetGroupArn": arn, "TargetType": kind, "VpcId": "vpc-1"} for arn, kind in kinds.items()]
        if call.operation == "DescribeNetworkInterfaces":
            return [self._interface(ident) for ident in call.parameters["Filters"][0]["Values"]]
        name = call.parameters["LoadBalancerNames"][0]
        return [{"LoadBalancerName": name, "Instances": [{"InstanceId": one} for one in sorted(self.classic[name])]}]

    def read(self, call: Call) -> dict[str, Any]:
        self.calls[call.operation] += 1
        group = self._group(call)
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": ident, "Port": port}, "TargetHealth": {"State": state}}
                for (ident, port), state in group.items()
            ]
        }

    def write(self, call: Call) -> str:
        self.calls[call.operation] += 1
        self.sent.append(call)
        fault = self.faults.pop(0) if self.faults else ""
        if fault not in ("", "lost"):
            raise refusal(fault, "as the test wants it")
        getattr(self, _WRITES[call.operation])(call)
        if fault == "lost":
            raise LostAnswerError("write", "no answer", "Look.", code="ConnectionClosedError")
        return "request-1"

    def _interface(self, instance_id: str) -> dict[str, Any]:
        return {
            "NetworkInterfaceId": instance_id.replace("i-", "eni-"),
            "VpcId": "vpc-1",
            "Attachment": {"InstanceId": instance_id},
            "PrivateIpAddresses": [{"PrivateIpAddress": one} for one in self.addresses.get(instance_id, ())],
        }

    def _arrive(self, ident: str) -> None:
        state = self.passing.pop(ident, None)
        if state == "":
            del self.states[ident]
        elif state is not None:
            self.states[ident] = state

    def _member(self, ident: str) -> dict[str, Any]:
        return {
            "InstanceId": ident,
            "AutoScalingGroupName": "web",
            "LifecycleState": self.states[ident],
            "ProtectedFromScaleIn": ident in self.protected,
        }

    def _enter_standby(self, call: Call) -> None:
        self._leave(call, {"InService"})
        self.states.update(dict.fromkeys(call.parameters["InstanceIds"], "Standby"))

    def _detach(self, call: Call) -> None:
        self._leave(call, {"InService", "Standby"})
        for ident in call.parameters["InstanceIds"]:
            del self.states[ident]
            self.protected.discard(ident)

    def _leave(self, call: Call, allowed: set[str]) -> None:
        ids = call.parameters["InstanceIds"]
        self._require(ids, allowed, 20)
        by = len(ids) if call.parameters["ShouldDecrementDesiredCapacity"] else 0
        if self.desired - by < self.least:
            raise refusal("ValidationError", "please update the AutoScalingGroup sizes appropriately")
        self.desired -= by

    def _exit_standby(self, call: Call) -> None:
        self._require(call.parameters["InstanceIds"], {"Standby"}, 20)
        self._join(call)

    def _attach(self, call: Call) -> None:
        self._require(call.parameters["InstanceIds"], {""}, 20)
        self._join(call)
        if self.new_are_protected:
            self.protected.update(call.parameters["InstanceIds"])

    def _join(self, call: Call) -> None:
        ids = call.parameters["InstanceIds"]
        if self.desired + len(ids) > self.most:
            raise refusal("ValidationError", "please update the AutoScalingGroup sizes appropriately")
        self.desired += len(ids)
        self.states.update(dict.fromkeys(ids, "Pending"))
        self.passing.update(dict.fromkeys(ids, "InService"))

    def _protect(self, call: Call) -> None:
        ids = call.parameters["InstanceIds"]
        self._require(ids, {"InService", "EnteringStandby", "Standby"}, 50)
        change = self.protected.update if call.parameters["ProtectedFromScaleIn"] else self.protected.difference_update
        change(ids)

    def _require(self, ids: Sequence[str], allowed: set[str], most: int) -> None:
        if len(ids) > most:
            raise refusal("ValidationError", "too many")
        for ident in ids:
            if self.states.get(ident, "") not in allowed:
                raise refusal("ValidationError", f"The instance {ident} is not in {' or '.join(sorted(allowed))}.")

    def _group(self, call: Call) -> dict[tuple[str, int], str]:
        arn = call.parameters["TargetGroupArn"]
        if arn not in self.targets:
            raise refusal("TargetGroupNotFound", "One or more target groups not found")
        return self.targets[arn]

    def _register(self, call: Call) -> None:
        group = self._group(call)
        ones = [(one["Id"], one["Port"]) for one in call.parameters["Targets"]]
        for ident, port in ones:
            if ident == "i-0000000000000dead":
                raise refusal("InvalidTarget", "the instance is not running")
            if not ident.startswith("i-") and group.get((ident, port)) == "draining":
                raise refusal("InvalidTarget", "it is draining")
        group.update(dict.fromkeys(ones, "initial"))

    def _deregister(self, call: Call) -> None:
        group = self._group(call)
        for one in call.parameters["Targets"]:
            if (one["Id"], one["Port"]) in group:
                group[one["Id"], one["Port"]] = "draining"

    def _register_classic(self, call: Call) -> None:
        self._classic(call).update(one["InstanceId"] for one in call.parameters["Instances"])

    def _deregister_classic(self, call: Call) -> None:
        there, ids = self._classic(call), [one["InstanceId"] for one in call.parameters["Instances"]]
        if unknown := [one for one in ids if one not in there | self.known_to_classic]:
            raise refusal("InvalidInstance", f"Could not find EC2 instance {unknown[0]}.")
        there.difference_update(ids)
        self.known_to_classic.update(ids)

    def _classic(self, call: Call) -> set[str]:
        if call.parameters["LoadBalancerName"] not in self.classic:
            raise refusal("LoadBalancerNotFound", "There is no ACTIVE Load Balancer")
        return self.classic[call.parameters["LoadBalancerName"]]

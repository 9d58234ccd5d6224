"""What guests do with SSM commands, as PUT /instances/{id}/guest says.
https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command.html"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_FIELDS = {"agent", "memory_image", "commands"}
_STATUSES = ("Pending", "InProgress", "Delayed", "Success", "Cancelled", "TimedOut", "Failed", "Cancelling")
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
_SHOWN, _SHOWN_ERRORS = 24_000, 8_000
_SHOWN_IN_LIST = 2_500
_UNKNOWN_COMMAND = 127
_FINAL = frozenset({"Success", "Cancelled", "TimedOut", "Failed"})
_MOST_INSTANCES = 50
# Documents of AWS's whose `commands` parameter is a script.
_SCRIPTS = {"AWS-RunShellScript": "aws:runShellScript", "AWS-RunPowerShellScript": "aws:runPowerShellScript"}
_COMMAND_FIELDS = {"match", "status", "stdout", "stderr"}


@dataclass(slots=True)
class Guest:
    """One instance's guest."""

    online: bool = False
    memory_image: bytes = b""
    commands: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it was sent, and what each instance made of it, in the shape of GetCommandInvocation."""

    account: str
    region: str
    command: Mapping[str, Any]
    invocations: Mapping[str, Mapping[str, Any]]


class Guests:
    """The guests that were described, and the commands they were sent. An instance without description has no agent."""

    def __init__(self) -> None:
        self._guests: dict[str, Guest] = {}
        self.commands_sent: list[Sent] = []

    def forget(self) -> None:
        self._guests.clear()
        self.commands_sent.clear()

    def get(self, instance_id: str) -> Guest:
        return self._guests.get(instance_id, Guest())

    def online(self) -> list[str]:
        return sorted(instance_id for instance_id, guest in self._guests.items() if guest.online)

    def put(self, instance_id: str, spec: Mapping[str, Any]) -> None:
        """Describe a guest anew. Raises ValueError for what means nothing."""
        unknown = set(spec) - _FIELDS
        if unknown:
            raise ValueError(
                f"there is no {', '.join(sorted(unknown))} in a guest; known are {', '.join(sorted(_FIELDS))}"
            )
        if spec.get("agent", "online") not in ("online", "offline"):
            raise ValueError('agent must be "online" or "offline"')
        commands = spec.get("commands", [])
        if not isinstance(commands, list) or not all(
            isinstance(command, dict) and "match" in command for command in commands
        ):
            raise ValueError("commands must be a list of objects with match, status and stdout")
        for command in commands:
            odd = set(command) - _COMMAND_FIELDS
            if odd or not all(isinstance(value, str) for value in command.values()):
                raise ValueError(
                    f"a command has {', '.join(sorted(_COMMAND_FIELDS))}, each as text; this one is {command}"
                )
            if command.get("status", "Success") not in _STATUSES:
                raise ValueError(f"status must be one of {', '.join(_STATUSES)}")
            try:
                re.compile(command["match"])
            except re.error as error:
                raise ValueError(f"match must be a regular expression: {error}") from error
        image = spec.get("memory_image", b"")
        if not isinstance(image, bytes):
            raise ValueError("memory_image must be base64")
        self._guests[instance_id] = Guest(spec.get("agent", "online") == "online", image, commands)


def describe_instance_information(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Only running instances of the caller's, and only while their agent is online.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html"""
    given, now = request.parameters, world.clock.now()
    filters = [(one["Key"], one["Values"]) for one in given.get("Filters") or ()]
    filters += [(one["key"], one["valueSet"]) for one in given.get("InstanceInformationFilterList") or ()]
    found = []
    for instance_id, instance in _managed(world, request, caller).items():
        shown = {
            "InstanceId": instance_id,
            "PingStatus": "Online",
            "LastPingDateTime": now,
            "PlatformType": "Linux",
            "ResourceType": "EC2Instance",
        }
        if all(_filtered(shown, instance, key, values) for key, values in filters):
            found.append(shown)
    return _page("InstanceInformationList", found, given, least=5, usual=10)


def send_command(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html"""
    given = request.parameters
    document, managed = str(given["DocumentName"]), _managed(world, request, caller)
    _require_document(document, request, caller)
    instance_ids = list(given.get("InstanceIds") or [])
    if len(set(instance_ids)) < len(instance_ids):
        raise ApiError("DuplicateInstanceId", "", 400)
    if len(instance_ids) > _MOST_INSTANCES or bool(instance_ids) == bool(given.get("Targets")):
        raise ApiError("ValidationException", f"Give up to {_MOST_INSTANCES} InstanceIds, or Targets.", 400)
    away = [instance_id for instance_id in instance_ids if instance_id not in managed]
    if away:
        raise ApiError(
            "InvalidInstanceId",
            f"Instances [[{', '.join(away)}]] not in a valid state for account {caller.account}",
            400,
        )
    if given.get("Targets"):
        instance_ids = [one for one, instance in managed.items() if _targeted(instance, given["Targets"])]
    command = {
        "CommandId": str(uuid.uuid4()),
        "DocumentName": document,
        "DocumentVersion": given.get("DocumentVersion") or "$DEFAULT",
        "Comment": given.get("Comment") or "",
        "Parameters": given.get("Parameters") or {},
        "InstanceIds": given.get("InstanceIds") or [],
        "Targets": given.get("Targets") or [],
        "RequestedDateTime": world.clock.now(),
        "Status": "Pending",
        "StatusDetails": "Pending",
        "TargetCount": len(instance_ids),
        "CompletedCount": 0,
        "ErrorCount": 0,
    }
    invocations = {one: _invocation(world, command, one) for one in instance_ids}
    world.guests.commands_sent.append(Sent(caller.account, request.region, command, invocations))
    return {"Command": command}


def get_command_invocation(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html"""
    command_id, instance_id = request.parameters["CommandId"], str(request.parameters["InstanceId"])
    for sent in _sent(world, request, caller):
        if sent.command["CommandId"] == command_id and instance_id in sent.invocations:
            plugin = request.parameters.get("PluginName")
            if plugin not in (None, sent.invocations[instance_id]["PluginName"]):
                raise ApiError("InvalidPluginName", "", 400)
            return sent.invocations[instance_id]
    raise ApiError("InvocationDoesNotExist", "", 400)


def list_command_invocations(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html"""
    given = request.parameters
    found = [
        _listed(sent.command, invocation, bool(given.get("Details")))
        for sent in reversed(_sent(world, request, caller))
        for instance_id, invocation in sent.invocations.items()
        if given.get("CommandId") in (None, sent.command["CommandId"])
        and given.get("InstanceId") in (None, instance_id)
    ]
    return _page("CommandInvocations", found, given, least=1, usual=50)


def list_commands(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html"""
    given, found = request.parameters, []
    for sent in reversed(_sent(world, request, caller)):
        if given.get("CommandId") not in (None, sent.command["CommandId"]):
            continue
        if given.get("InstanceId") is not None and given["InstanceId"] not in sent.invocations:
            continue
        statuses = [str(invocation["Status"]) for invocation in sent.invocations.values()]
        status = next((one for one in statuses if one != "Success"), "Success")
        done = sum(one in _FINAL for one in statuses)
        failed = sum(one in _FINAL - {"Success"} for one in statuses)
        found.append(
            {**sent.command, "Status": status, "StatusDetails": status, "CompletedCount": done, "ErrorCount": failed}
        )
    return _page("Commands", found, given, least=1, usual=50)


HANDLERS = {
    ("ssm", "DescribeInstanceInformation"): describe_instance_information,
    ("ssm", "SendCommand"): send_command,
    ("ssm", "GetCommandInvocation"): get_command_invocation,
    ("ssm", "ListCommandInvocations"): list_command_invocations,
    ("ssm", "ListCommands"): list_commands,
}


def _managed(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """The caller's running instances in this region whose agent is online, by id."""
    reservations = get_backend("ec2")[caller.account][request.region].all_reservations()
    running = {one.id: one for reservation in reservations for one in reservation.instances if one.state == "running"}
    return {instance_id: running[instance_id] for instance_id in world.guests.online() if instance_id in running}


def _require_document(name: str, request: ApiRequest, caller: Caller) -> None:
    """AWS's own documents are taken to exist; what they do is the guest's business."""
    documents = get_backend("ssm")[caller.account][request.region]._documents
    if not name.startswith(("AWS-", "arn:")) and name not in documents:
        raise ApiError("InvalidDocument", f"Document with name {name} does not exist.", 400)


def _filtered(shown: Mapping[str, Any], instance: Any, key: str, values: list[str]) -> bool:
    names = {
        "InstanceIds": "InstanceId",
        "PingStatus": "PingStatus",
        "PlatformTypes": "PlatformType",
        "ResourceType": "ResourceType",
    }
    if key in names:
        return shown[names[key]] in values
    if key.startswith("tag:") or key == "tag-key":
        return _tagged(instance, key, values)
    raise ApiError("InvalidFilterKey", f"The sandbox knows no filter {key}.", 400)


def _targeted(instance: Any, targets: list[Mapping[str, Any]]) -> bool:
    return all(
        instance.id in target["Values"]
        if target["Key"] == "InstanceIds"
        else _tagged(instance, target["Key"], target["Values"])
        for target in targets
    )


def _tagged(instance: Any, key: str, values: list[str]) -> bool:
    tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
    return any(value in tags for value in values) if key == "tag-key" else tags.get(key.removeprefix("tag:")) in values


def _sent(world: World, request: ApiRequest, caller: Caller) -> list[Sent]:
    return [
        sent for sent in world.guests.commands_sent if (sent.account, sent.region) == (caller.account, request.region)
    ]


def _page(
    name: str, found: list[dict[str, Any]], given: Mapping[str, Any], *, least: int, usual: int
) -> dict[str, Any]:
    most = usual if given.get("MaxResults") is None else int(given["MaxResults"])
    if not least <= most <= _MOST_INSTANCES:
        raise ApiError("ValidationException", f"MaxResults must be from {least} to {_MOST_INSTANCES}.", 400)
    token = str(given.get("NextToken") or "0")
    if not token.isdecimal():
        raise ApiError("InvalidNextToken", "The specified token isn't valid.", 400)
    start = int(token)
    return {
        name: found[start : start + most],
        **({"NextToken": str(start + most)} if start + most < len(found) else {}),
    }


def _invocation(world: World, command: Mapping[str, Any], instance_id: str) -> dict[str, Any]:
    """A command that no rule of the guest matches fails, as one does that the guest's shell cannot find."""
    document, parameters = command["DocumentName"], command["Parameters"]
    lines = (
        parameters.get("commands", [])
        if document in _SCRIPTS
        else [line for part in parameters.values() for line in part]
    )
    text, time = "\n".join(lines), command["RequestedDateTime"].strftime("%Y-%m-%dT%H:%M:%S.000Z")
    rule = next((rule for rule in world.guests.get(instance_id).commands if re.search(rule["match"], text)), None)
    status = rule.get("status", "Success") if rule else "Failed"
    ended = status in _FINAL
    return {
        "CommandId": command["CommandId"],
        "InstanceId": instance_id,
        "Comment": command["Comment"],
        "DocumentName": document,
        "DocumentVersion": command["DocumentVersion"],
        "PluginName": _SCRIPTS.get(document, document),
        "ResponseCode": (0 if status == "Success" else _UNKNOWN_COMMAND if rule is None else 1) if ended else -1,
        "ExecutionStartDateTime": time if status != "Pending" else "",
        "ExecutionElapsedTime": "PT0S" if ended else "",
        "ExecutionEndDateTime": time if ended else "",
        "Status": status,
        "StatusDetails": status,
        "StandardOutputContent": (rule or {}).get("stdout", "")[:_SHOWN] if ended else "",
        "StandardOutputUrl": "",
        "StandardErrorContent": ((rule or {}).get("stderr", "") if rule else "command not found")[:_SHOWN_ERRORS]
        if ended
        else "",
        "StandardErrorUrl": "",
    }


def _listed(command: Mapping[str, Any], invocation: Mapping[str, Any], details: bool) -> dict[str, Any]:
    names = ("CommandId", "InstanceId", "Comment", "DocumentName", "DocumentVersion", "Status", "StatusDetails")
    found = {name: invocation[name] for name in names} | {
        "RequestedDateTime": command["RequestedDateTime"],
        "CommandPlugins": [],
    }
    if details:
        plugin = {
            "Name": invocation["PluginName"],
            "Status": invocation["Status"],
            "StatusDetails": invocation["StatusDetails"],
            "ResponseCode": invocation["ResponseCode"],
            "Output": invocation["StandardOutputContent"][:_SHOWN_IN_LIST],
        }
        found["CommandPlugins"] = [plugin]
    return found

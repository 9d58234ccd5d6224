"""Guests answer SSM commands as they were told to, and only those of the caller's running instances whose agent is online."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user

from sandbox.errors import ApiError
from sandbox.guests import HANDLERS
from sandbox.world import World

REGION = "eu-west-1"
SCRIPT = "AWS-RunShellScript"


def instance(account: str = ACCOUNT, tags: dict[str, str] | None = None) -> str:
    backend = get_backend("ec2")[account][REGION]
    reservation = backend.run_instances(
        "ami-12345678",
        1,
        "",
        [],
        instance_type="t3.micro",
        is_instance_type_default=False,
        tags={"instance": tags or {}},
    )
    return str(reservation.instances[0].id)


def ask(
    world: World, operation: str, account: str = ACCOUNT, region: str = REGION, **parameters: Any
) -> Mapping[str, Any]:
    return HANDLERS["ssm", operation](world, call("ssm", operation, parameters, region=region), user(account))


def run(world: World, instance_id: str, *lines: str, **more: Any) -> Mapping[str, Any]:
    given = {"DocumentName": SCRIPT, "InstanceIds": [instance_id], "Parameters": {"commands": list(lines)}, **more}
    command_id = ask(world, "SendCommand", **given)["Command"]["CommandId"]
    return ask(world, "GetCommandInvocation", CommandId=command_id, InstanceId=instance_id)


def online(world: World, instance_id: str, *commands: dict[str, str]) -> str:
    world.guests.put(instance_id, {"agent": "online", "commands": list(commands)})
    return instance_id


def listed(world: World, **parameters: Any) -> list[str]:
    return [
        one["InstanceId"] for one in ask(world, "DescribeInstanceInformation", **parameters)["InstanceInformationList"]
    ]


def test_an_instance_nobody_described_has_no_agent(world: World) -> None:
    made = instance()
    assert listed(world) == []
    with pytest.raises(ApiError, match="InvalidInstanceId"):
        run(world, made, "ls")


def test_a_command_is_answered_by_the_first_rule_that_matches(world: World) -> None:
    made = online(
        world, instance(), {"match": r"^uname", "stdout": "Linux\n"}, {"match": ".", "status": "Failed", "stdout": "?"}
    )
    found = run(world, made, "uname -a")
    assert (found["Status"], found["ResponseCode"], found["StandardOutputContent"]) == ("Success", 0, "Linux\n")
    found = run(world, made, "ls")
    assert (found["Status"], found["ResponseCode"], found["StandardOutputContent"]) == ("Failed", 1, "?")


def test_only_the_script_is_matched(world: World) -> None:
    made = online(world, instance(), {"match": "3600", "stdout": "matched the timeout"})
    found = run(world, made, "ls", Parameters={"commands": ["ls"], "executionTimeout": ["3600"]})
    assert found["Status"] == "Failed"


def test_a_command_nobody_foresaw_is_not_found(world: World) -> None:
    found = run(world, online(world, instance()), "ls")
    assert (found["Status"], found["ResponseCode"], found["StandardErrorContent"]) == (
        "Failed",
        127,
        "command not found",
    )


def test_only_the_first_24000_characters_are_shown(world: World) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html"""
    made = online(world, instance(), {"match": "cat", "stdout": "x" * 24_001, "stderr": "e" * 8_001})
    found = run(world, made, "cat f")
    assert (len(found["StandardOutputContent"]), len(found["StandardErrorContent"])) == (24_000, 8_000)


def test_output_is_empty_until_the_command_has_ended(world: World) -> None:
    """The same page: "If the command hasn't finished running, … then this string is empty.\""""
    made = online(world, instance(), {"match": "dd", "status": "InProgress", "stdout": "half"})
    found = run(world, made, "dd")
    assert (found["Status"], found["ResponseCode"], found["StandardOutputContent"]) == ("InProgress", -1, "")


def test_an_agent_that_goes_offline(world: World) -> None:
    made = online(world, instance(), {"match": "."})
    assert listed(world) == [made]
    world.guests.put(made, {"agent": "offline"})
    assert listed(world) == []
    with pytest.raises(ApiError) as caught:
        run(world, made, "ls")
    assert caught.value.code == "InvalidInstanceId"
    assert made in caught.value.message


def test_an_instance_that_is_stopped_does_not_answer(world: World) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html: not Stopped or Terminated"""
    made = online(world, instance(), {"match": "."})
    get_backend("ec2")[ACCOUNT][REGION].stop_instances([made])
    assert listed(world) == []
    with pytest.raises(ApiError, match="InvalidInstanceId"):
        run(world, made, "ls")


def test_another_account_and_region_know_nothing_of_it(world: World) -> None:
    made = online(world, instance(OTHER), {"match": "."})
    assert listed(world) == []
    with pytest.raises(ApiError, match="InvalidInstanceId"):
        run(world, made, "ls")
    command = ask(
        world, "SendCommand", OTHER, DocumentName=SCRIPT, InstanceIds=[made], Parameters={"commands": ["ls"]}
    )["Command"]
    with pytest.raises(ApiError, match="InvocationDoesNotExist"):
        ask(world, "GetCommandInvocation", CommandId=command["CommandId"], InstanceId=made)
    assert ask(world, "ListCommands")["Commands"] == []


def test_filters(world: World) -> None:
    one, two = online(world, instance(tags={"Name": "web"})), online(world, instance())
    assert sorted(listed(world)) == sorted([one, two])
    assert listed(world, Filters=[{"Key": "InstanceIds", "Values": [two]}]) == [two]
    assert listed(world, InstanceInformationFilterList=[{"key": "InstanceIds", "valueSet": [one]}]) == [one]
    assert listed(world, Filters=[{"Key": "tag:Name", "Values": ["web"]}]) == [one]
    assert listed(world, Filters=[{"Key": "PingStatus", "Values": ["ConnectionLost"]}]) == []
    with pytest.raises(ApiError, match="InvalidFilterKey"):
        listed(world, Filters=[{"Key": "Colour", "Values": ["red"]}])


def test_ten_at_a_time(world: World) -> None:
    """DescribeInstanceInformation: "The default value is 10 items.\""""
    for _number in range(12):
        online(world, instance())
    first = ask(world, "DescribeInstanceInformation")
    second = ask(world, "DescribeInstanceInformation", NextToken=first["NextToken"])
    assert (len(first["InstanceInformationList"]), len(second["InstanceInformationList"])) == (10, 2)


def test_targets_by_tag(world: World) -> None:
    tagged = online(world, instance(tags={"role": "db"}), {"match": "."})
    online(world, instance(), {"match": "."})
    given = {"Targets": [{"Key": "tag:role", "Values": ["db"]}], "Parameters": {"commands": ["ls"]}}
    command = ask(world, "SendCommand", DocumentName=SCRIPT, **given)["Command"]
    assert command["TargetCount"] == 1
    invocations = ask(world, "ListCommandInvocations", CommandId=command["CommandId"], Details=True)[
        "CommandInvocations"
    ]
    assert [(one["InstanceId"], one["CommandPlugins"][0]["Name"]) for one in invocations] == [
        (tagged, "aws:runShellScript")
    ]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"InstanceIds": ["i-1", "i-1"]}, "DuplicateInstanceId"),
        ({"InstanceIds": [f"i-{number}" for number in range(51)]}, "ValidationException"),
        ({}, "ValidationException"),
        ({"InstanceIds": ["i-1"], "DocumentName": "nobodys-document"}, "InvalidDocument"),
    ],
)
def test_commands_that_are_refused(world: World, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        ask(world, "SendCommand", **{"DocumentName": SCRIPT, **parameters})
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"agent": "asleep"}, "agent must be"),
        ({"colour": "red"}, "there is no colour"),
        ({"commands": {}}, "commands must be a list"),
        ({"commands": [{"stdout": "x"}]}, "commands must be a list of objects with match"),
        ({"commands": [{"match": "("}]}, "regular expression"),
        ({"commands": [{"match": ".", "status": "Fine"}]}, "status must be one of"),
        ({"commands": [{"match": ".", "stdout": 5}]}, "each as text"),
        ({"memory_image": 5}, "memory_image must be base64"),
    ],
)
def test_descriptions_that_mean_nothing(world: World, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        world.guests.put("i-0123456789abcdef0", spec)


def test_a_memory_image_is_kept(world: World) -> None:
    world.guests.put("i-0123456789abcdef0", {"agent": "online", "memory_image": b"\x7fELF"})
    assert world.guests.get("i-0123456789abcdef0").memory_image == b"\x7fELF"

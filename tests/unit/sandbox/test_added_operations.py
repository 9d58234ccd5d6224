"""What the sandbox adds to moto answers in shapes that botocore's own models accept: DESIGN section 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
import sandbox_account_operations
import sandbox_athena_operations
import sandbox_ec2_operations
import sandbox_fleet_operations
import sandbox_iam_operations
import sandbox_lambda_operations
import sandbox_network_operations
import sandbox_security_operations
from botocore.validate import ParamValidator
from moto.backends import get_backend
from moto.core.utils import get_service_model
from sandbox_calls import ACCOUNT, call, user

from sandbox import findings, guests, images, protocol
from sandbox.cloudtrail import digests, lookup
from sandbox.model import Outcome
from sandbox.world import World

REGION = "eu-west-1"
OURS = {
    **lookup.HANDLERS,
    **digests.HANDLERS,
    **findings.HANDLERS,
    **images.HANDLERS,
    **guests.HANDLERS,
    **sandbox_iam_operations.HANDLERS,
    **sandbox_account_operations.HANDLERS,
    **sandbox_network_operations.HANDLERS,
    **sandbox_fleet_operations.HANDLERS,
    **sandbox_ec2_operations.HANDLERS,
    **sandbox_lambda_operations.HANDLERS,
    **sandbox_security_operations.HANDLERS,
    **sandbox_athena_operations.HANDLERS,
}
Parameters = dict[str, Any]


def _lookup(world: World) -> Parameters:
    for operation in ("DescribeVpcs", "CreateVpc"):
        world.trail.record(call("ec2", operation, time=world.clock.now()), user(), Outcome(status=200))
    return {"MaxResults": 1}


def _findings(world: World) -> Parameters:
    for number in range(2):
        finding = {"Id": f"{number:032x}", "Type": "A:B/C", "Severity": 5, "Resource": {"ResourceType": "AccessKey"}}
        world.findings.publish(ACCOUNT, REGION, finding)
    return {"DetectorId": get_backend("guardduty")[ACCOUNT][REGION].list_detectors()[0]}


def _some_findings(world: World) -> Parameters:
    return {**_findings(world), "FindingIds": ["0" * 32]}


def _snapshot(world: World) -> Parameters:
    backend = get_backend("ec2")[ACCOUNT][REGION]
    volume = backend.create_volume(size=1, zone_name=f"{REGION}a")
    made = backend.create_snapshot(volume.id, "")
    world.images.put(made.id, b"x" * images.BLOCK_SIZE * 101)
    return {"SnapshotId": made.id, "MaxResults": 100}


def _two_snapshots(world: World) -> Parameters:
    first = _snapshot(world)["SnapshotId"]
    backend = get_backend("ec2")[ACCOUNT][REGION]
    second = backend.create_snapshot(backend.snapshots[first].volume.id, "")
    world.images.put(second.id, b"y" * images.BLOCK_SIZE * 101)
    return {"FirstSnapshotId": first, "SecondSnapshotId": second.id, "MaxResults": 100}


def _block(world: World) -> Parameters:
    snapshot_id = _snapshot(world)["SnapshotId"]
    listed = images.list_snapshot_blocks(world, call("ebs", "ListSnapshotBlocks", {"SnapshotId": snapshot_id}), user())
    return {"SnapshotId": snapshot_id, **listed["Blocks"][0]}


def _guest(world: World) -> str:
    run = get_backend("ec2")[ACCOUNT][REGION].run_instances
    made = run("ami-12345678", 1, "", [], instance_type="t3.micro", is_instance_type_default=False, tags={})
    instance_id = str(made.instances[0].id)
    world.guests.put(instance_id, {"agent": "online", "commands": [{"match": ".", "stdout": "x"}]})
    return instance_id


def _described(world: World) -> Parameters:
    _guest(world)
    return {}


def _command(world: World) -> Parameters:
    return {"DocumentName": "AWS-RunShellScript", "InstanceIds": [_guest(world)], "Parameters": {"commands": ["ls"]}}


def _sent(world: World) -> Parameters:
    given = _command(world)
    command = guests.send_command(world, call("ssm", "SendCommand", given), user())["Command"]
    return {"CommandId": command["CommandId"], "InstanceId": given["InstanceIds"][0]}


def _sent_in_detail(world: World) -> Parameters:
    return {**_sent(world), "Details": True}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("cloudtrail", "LookupEvents"): _lookup,
    ("cloudtrail", "ListPublicKeys"): lambda _world: {},
    ("guardduty", "ListFindings"): _findings,
    ("guardduty", "GetFindings"): _some_findings,
    ("guardduty", "ArchiveFindings"): _some_findings,
    ("guardduty", "UnarchiveFindings"): _some_findings,
    ("ebs", "ListSnapshotBlocks"): _snapshot,
    ("ebs", "ListChangedBlocks"): _two_snapshots,
    ("ebs", "GetSnapshotBlock"): _block,
    ("ssm", "DescribeInstanceInformation"): _described,
    ("ssm", "SendCommand"): _command,
    ("ssm", "GetCommandInvocation"): _sent,
    ("ssm", "ListCommandInvocations"): _sent_in_detail,
    ("ssm", "ListCommands"): _sent,
    **sandbox_iam_operations.CASES,
    **sandbox_account_operations.CASES,
    **sandbox_network_operations.CASES,
    **sandbox_fleet_operations.CASES,
    **sandbox_ec2_operations.CASES,
    **sandbox_lambda_operations.CASES,
    **sandbox_security_operations.CASES,
    **sandbox_athena_operations.CASES,
}


def test_no_operation_is_forgotten() -> None:
    assert set(CASES) == set(OURS)


@pytest.mark.parametrize("key", sorted(CASES), ids=":".join)
def test_botocore_reads_all_that_was_answered(world: World, key: tuple[str, str]) -> None:
    service, operation = key
    parameters = CASES[key](world)
    answer = OURS[key](world, call(service, operation, parameters), user())
    model = get_service_model(service).operation_model(operation)
    shape = model.output_shape
    status, headers, body = protocol.serialized(service, operation, answer, "request-1")
    assert status == model.http.get("responseCode", 200)
    found = protocol.parsed(service, operation, status, headers, body)
    found.pop("ResponseMetadata")
    if shape is not None and answer:
        assert not ParamValidator().validate(found, shape).has_errors()
    assert _comparable(found) == _comparable(answer if shape is not None else {}), "the rest is for CloudTrail"


def _comparable(value: Any) -> Any:
    """Without the fractions of seconds that some protocols do not carry; what is streamed to clients is text to the bare parser."""
    if isinstance(value, Mapping):
        return {name: _comparable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_comparable(part) for part in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value

"""Instances, their attributes, networks, flow logs and what else is made, changed and deleted in EC2: as its events tell it, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogued import check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
INSTANCE = "i-0123456789abcdef0"
PROFILE = "arn:aws:iam::111122223333:instance-profile/web"


def test_a_real_stop_and_start_tell_what_was_before() -> None:
    records = json.loads((STRATUS / "aws.execution.ec2-user-data.json").read_text(encoding="utf-8"))
    found = [
        list(told(event_of(one)).values()) for one in records if one["eventName"] in ("StartInstances", "StopInstances")
    ]
    assert found == [[("stopped", "running")], [("running", "stopped")]]


def test_an_instance_that_was_launched_is_stopped_and_one_that_was_terminated_is_for_a_human() -> None:
    described = {"instanceType": "p3.16xlarge", "groupSet": {"items": [{"groupId": "sg-1111111111111111"}]}}
    options = {"state": "pending", "httpTokens": "optional", "httpPutResponseHopLimit": 1}
    launched = {"instancesSet": {"items": [{"instanceId": INSTANCE, **described, "metadataOptions": options}]}}
    assert told(logged("ec2:RunInstances", {}, launched)) == {
        ("ec2/instance", INSTANCE): (None, "running"),
        ("ec2/instance_profile", INSTANCE): (GONE, None),
        ("ec2/attribute", INSTANCE, "InstanceType"): (GONE, "p3.16xlarge"),
        ("ec2/attribute", INSTANCE, "Groups"): (GONE, ["sg-1111111111111111"]),
        ("ec2/attribute", INSTANCE, "HttpTokens"): (GONE, "optional"),
        ("ec2/attribute", INSTANCE, "HttpPutResponseHopLimit"): (GONE, 1),
    }
    one, kind = facet("ec2/instance", INSTANCE), KINDS["ec2/instance"]
    assert kind.kept is not None
    assert kind.kept("running") == kind.kept("stopped") == "stopped"
    check_ways(one, ["running", "stopped", None])
    assert undo_of(one, "running", None) == [], "what is terminated does not come back"
    ended = {"instancesSet": {"items": [{"instanceId": INSTANCE, "previousState": {"code": 80, "name": "stopped"}}]}}
    assert told(logged("ec2:TerminateInstances", {}, ended)) == {("ec2/instance", INSTANCE): ("stopped", None)}
    with pytest.raises(IrreversibleError, match="launch it anew"):
        kind.moves(one, None, "running")


@pytest.mark.parametrize(
    ("request_parameters", "attribute", "before", "after"),
    [
        ({"instanceType": {"value": "p3.16xlarge"}}, "InstanceType", UNKNOWN, "p3.16xlarge"),
        ({"instanceType": "p3.16xlarge"}, "InstanceType", UNKNOWN, "p3.16xlarge"),
        ({"disableApiTermination": {"value": False}}, "DisableApiTermination", True, False),
        ({"attribute": "disableApiTermination", "value": "true"}, "DisableApiTermination", False, True),
        ({"groupSet": {"items": [{"groupId": "sg-2222222222222222"}, {"groupId": "sg-1111111111111111"}]}}, "Groups", UNKNOWN,
         ["sg-1111111111111111", "sg-2222222222222222"]),
    ],
)  # fmt: skip
def test_attributes_come_in_several_forms(request_parameters: Any, attribute: str, before: Any, after: Any) -> None:
    event = logged("ec2:ModifyInstanceAttribute", {"instanceId": INSTANCE, **request_parameters})
    assert told(event) == {("ec2/attribute", INSTANCE, attribute): (before, after)}


def test_user_data_is_never_told_and_so_is_for_a_human() -> None:
    hidden = {"instanceId": INSTANCE, "userData": "<sensitiveDataRemoved>"}
    assert told(logged("ec2:ModifyInstanceAttribute", hidden)) == {}


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("InstanceType", ["t3.micro", "p3.16xlarge"]),
        ("DisableApiStop", [True, False]),
        ("Groups", [["sg-1111111111111111"], ["sg-1111111111111111", "sg-2222222222222222"]]),
        ("HttpTokens", ["optional", "required"]),
        ("HttpPutResponseHopLimit", [1, 64]),
        ("InstanceInitiatedShutdownBehavior", ["stop", "terminate"]),
    ],
)
def test_attributes_go_there_and_back_and_take_nothing_else(attribute: str, values: list[Any]) -> None:
    one = facet("ec2/attribute", INSTANCE, attribute)
    check_ways(one, values)
    for forged in ("", "x y", -1, [], ["i-1"], {"Value": 1}, None):
        with pytest.raises(IrreversibleError):
            KINDS["ec2/attribute"].moves(one, values[0], forged)


def test_an_option_of_the_metadata_service_in_the_later_form() -> None:
    request = {"ModifyInstanceMetadataOptionsRequest": {"HttpTokens": "optional", "InstanceId": INSTANCE}}
    assert told(logged("ec2:ModifyInstanceMetadataOptions", request)) == {
        ("ec2/attribute", INSTANCE, "HttpTokens"): ("required", "optional")
    }


def test_a_profile_is_told_by_the_answer() -> None:
    association = {
        "instanceId": INSTANCE,
        "associationId": "iip-assoc-0123456789abcdef0",
        "iamInstanceProfile": {"arn": PROFILE},
    }
    for operation, before, after in (
        ("AssociateIamInstanceProfile", None, PROFILE),
        ("ReplaceIamInstanceProfileAssociation", UNKNOWN, PROFILE),
        ("DisassociateIamInstanceProfile", PROFILE, None),
    ):
        answer = {f"{operation}Response": {"iamInstanceProfileAssociation": association}}
        event = logged(
            f"ec2:{operation}", {f"{operation}Request": {"AssociationId": "iip-assoc-0123456789abcdef0"}}, answer
        )
        assert told(event) == {("ec2/instance_profile", INSTANCE): (before, after)}
    check_ways(facet("ec2/instance_profile", INSTANCE), [None, PROFILE, PROFILE + "-2"])


def test_entries_of_network_acls() -> None:
    request = {
        "aclProtocol": "6",
        "cidrBlock": "0.0.0.0/0",
        "egress": False,
        "icmpTypeCode": {},
        "networkAclId": "acl-0123456789abcdef0",
        "portRange": {"from": 700, "to": 702},
        "ruleAction": "allow",
        "ruleNumber": 12,
    }
    entry = {"Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 700, "To": 702}}
    names = ("ec2/network_acl_entry", "acl-0123456789abcdef0", "ingress", "12")
    assert told(logged("ec2:CreateNetworkAclEntry", request)) == {names: (None, entry)}
    assert told(logged("ec2:ReplaceNetworkAclEntry", request)) == {names: (UNKNOWN, entry)}
    assert told(logged("ec2:DeleteNetworkAclEntry", request)) == {names: (UNKNOWN, None)}
    check_ways(facet(*names), [None, entry, {"Protocol": "-1", "RuleAction": "deny", "Ipv6CidrBlock": "::/0"}])
    assert [call for call, _sent in moves_of(facet(*names), None, entry)] == ["ec2:CreateNetworkAclEntry"]


def test_routes() -> None:
    request = {
        "routeTableId": "rtb-0123456789abcdef0",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "igw-0123456789abcdef0",
    }
    names = ("ec2/route", "rtb-0123456789abcdef0", "0.0.0.0/0")
    there = {"GatewayId": "igw-0123456789abcdef0"}
    assert told(logged("ec2:CreateRoute", request)) == {names: (None, there)}
    check_ways(facet(*names), [None, there, {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"}])
    matches = KINDS["ec2/route"].matches
    assert matches({"NetworkInterfaceId": "eni-0123456789abcdef0"}, {"InstanceId": INSTANCE}), "shown by its interface"
    assert not matches(None, {"InstanceId": INSTANCE})


def flow_logs(operation: str, request: Any, answer: Any) -> Any:
    return told(logged(f"ec2:{operation}", {f"{operation}Request": request}, {f"{operation}Response": answer}))


def test_a_flow_log_is_made_anew_as_it_was_made() -> None:
    request = {
        "ResourceId": {"tag": 1, "content": "vpc-0123456789abcdef0"},
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flow-logs",
    }
    names = ("ec2/flow_log", "fl-0123456789abcdef0")
    made = flow_logs("CreateFlowLogs", request, {"flowLogIdSet": {"item": "fl-0123456789abcdef0"}})
    ((before, after),) = made.values()
    assert list(made) == [names]
    assert before is None
    ((operation, sent),) = moves_of(facet(*names), None, after)
    assert operation == "ec2:CreateFlowLogs"
    assert sent["ResourceIds"] == ["vpc-0123456789abcdef0"]
    assert sent["LogDestination"] == "arn:aws:s3:::flow-logs"
    assert sent["TagSpecifications"][0]["Tags"] == [{"Key": "cordon:restores", "Value": "fl-0123456789abcdef0"}]
    assert undo_of(facet(*names), None, after) == [], "the new one has an id that nobody knows yet"


@pytest.mark.parametrize(
    "listed", [[{"tag": 1, "content": "fl-1111111111111111"}, {"tag": 2, "content": "fl-2222222222222222"}]]
)
def test_flow_logs_that_could_not_be_deleted_are_still_there(listed: Any) -> None:
    failed = {"item": {"error": {"code": "InvalidFlowLogId.NotFound"}, "resourceId": "fl-2222222222222222"}}
    found = flow_logs("DeleteFlowLogs", {"FlowLogId": listed}, {"unsuccessful": failed})
    assert found == {("ec2/flow_log", "fl-1111111111111111"): (UNKNOWN, None)}


def test_things_that_were_made_are_kept_and_those_deleted_are_for_a_human() -> None:
    for kind, ident, request, answer, operation in (
        ("ec2/image", "ami-0123456789abcdef0", {}, {"imageId": "ami-0123456789abcdef0"}, "CreateImage"),
        ("ec2/snapshot", "snap-0123456789abcdef0", {}, {"snapshotId": "snap-0123456789abcdef0"}, "CreateSnapshot"),
        ("ec2/volume", "vol-0123456789abcdef0", {}, {"volumeId": "vol-0123456789abcdef0"}, "CreateVolume"),
        ("ec2/security_group", "sg-0123456789abcdef0", {}, {"groupId": "sg-0123456789abcdef0"}, "CreateSecurityGroup"),
    ):
        assert told(logged(f"ec2:{operation}", request, answer)) == {(kind, ident): (None, "there")}
        assert KINDS[kind].kept is not None
        assert KINDS[kind].kept("there") == "there"  # type: ignore[misc]
        assert undo_of(facet(kind, ident), "there", None) == []
        with pytest.raises(IrreversibleError):
            KINDS[kind].moves(facet(kind, ident), None, "there")


def test_several_snapshots_at_once() -> None:
    made = {"item": [{"snapshotId": "snap-1111111111111111"}, {"snapshotId": "snap-2222222222222222"}]}
    found = told(
        logged(
            "ec2:CreateSnapshots", {"CreateSnapshotsRequest": {}}, {"CreateSnapshotsResponse": {"snapshotSet": made}}
        )
    )
    assert sorted(names[1] for names in found) == ["snap-1111111111111111", "snap-2222222222222222"]


def test_volumes_tags_and_keys() -> None:
    request = {"volumeId": "vol-0123456789abcdef0", "instanceId": INSTANCE, "device": "/dev/sdf"}
    names = ("ec2/volume_attachment", "vol-0123456789abcdef0", INSTANCE)
    assert told(logged("ec2:AttachVolume", request)) == {names: (None, "/dev/sdf")}
    assert told(logged("ec2:DetachVolume", {"volumeId": request["volumeId"]}, request)) == {names: ("/dev/sdf", None)}
    check_ways(facet(*names), [None, "/dev/sdf", "/dev/sdg"])
    tagged = {
        "resourcesSet": {"items": [{"resourceId": INSTANCE}]},
        "tagSet": {"items": [{"key": "owner", "value": "x"}]},
    }
    assert told(logged("ec2:CreateTags", tagged)) == {("ec2/tag", INSTANCE, "owner"): (UNKNOWN, "x")}
    assert told(logged("ec2:DeleteTags", tagged)) == {("ec2/tag", INSTANCE, "owner"): ("x", None)}
    check_ways(facet("ec2/tag", INSTANCE, "owner"), [None, "", "x"])
    key = facet("ec2/key_pair", "laptop")
    check_ways(key, [None, {"public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA laptop"}])
    with pytest.raises(IrreversibleError, match="import-key-pair"):
        KINDS["ec2/key_pair"].moves(key, None, {"public_key": ""})


@pytest.mark.parametrize(
    "setting", ["SerialConsoleAccess", "EbsEncryptionByDefault", "ImageBlockPublicAccess", "SnapshotBlockPublicAccess"]
)
def test_settings_of_the_account(setting: str) -> None:
    ons = {
        "ImageBlockPublicAccess": ["block-new-sharing"],
        "SnapshotBlockPublicAccess": ["block-all-sharing", "block-new-sharing"],
    }
    check_ways(facet("ec2/account_setting", setting), ["off", *ons.get(setting, ["on"])])
    (off,) = told(logged(f"ec2:Disable{setting}", {f"Disable{setting}Request": ""})).values()
    assert off == (
        {"ImageBlockPublicAccess": "block-new-sharing", "SnapshotBlockPublicAccess": UNKNOWN}.get(setting, "on"),
        "off",
    )


def test_a_default_version_of_a_launch_template() -> None:
    answer = {"launchTemplate": {"launchTemplateId": "lt-0123456789abcdef0", "defaultVersionNumber": 7}}
    event = logged(
        "ec2:ModifyLaunchTemplate", {"ModifyLaunchTemplateRequest": {}}, {"ModifyLaunchTemplateResponse": answer}
    )
    assert told(event) == {("ec2/launch_template_default", "lt-0123456789abcdef0"): (UNKNOWN, "7")}
    check_ways(facet("ec2/launch_template_default", "lt-0123456789abcdef0"), ["1", "7"])


class Recorded:
    """AWS Config, which has recorded one configuration."""

    def __init__(self, configuration: Any, captured: datetime) -> None:
        self.item = {
            "configurationItemCaptureTime": captured,
            "configurationItemStatus": "OK",
            "configuration": json.dumps(configuration),
        }

    def read(self, call: Call) -> dict[str, Any]:
        assert call.parameters["resourceType"] == "AWS::EC2::Instance"
        assert call.parameters["resourceId"] == INSTANCE
        return {"configurationItems": [self.item]}


def test_aws_config_knows_what_an_instance_was() -> None:
    """In the form of a real item of cloud-custodian's."""
    attacked = datetime(2026, 1, 31, 12, tzinfo=UTC)
    shown = {
        "instanceType": "t2.medium",
        "securityGroups": [{"groupName": "launch-wizard-1", "groupId": "sg-eb0da091"}],
        "sourceDestCheck": True,
        "iamInstanceProfile": None,
    }
    before, after = (Recorded(shown, attacked + timedelta(hours=hours)) for hours in (-1, 1))
    kind = KINDS["ec2/attribute"]
    for attribute, value in (("InstanceType", "t2.medium"), ("Groups", ["sg-eb0da091"]), ("HttpTokens", UNKNOWN)):
        one = facet("ec2/attribute", INSTANCE, attribute)
        assert kind.earlier(before, one, attacked) == value  # type: ignore[arg-type]
        assert kind.earlier(after, one, attacked) is UNKNOWN  # type: ignore[arg-type]
    profile = facet("ec2/instance_profile", INSTANCE)
    assert KINDS["ec2/instance_profile"].earlier(before, profile, attacked) is None  # type: ignore[arg-type]

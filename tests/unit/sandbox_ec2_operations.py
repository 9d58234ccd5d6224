"""A request for each of the EC2 operations that the sandbox answers itself, with something to answer about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.authorization.views import iam_of
from sandbox.ec2 import operations
from sandbox.world import World

REGION = "eu-west-1"
HANDLERS = operations.HANDLERS
Parameters = dict[str, Any]


def ec2() -> Any:
    """moto's EC2 of the account and region that `sandbox_calls.call` asks."""
    return get_backend("ec2")[ACCOUNT][REGION]


def ask(world: World, operation: str, **parameters: Any) -> dict[str, Any]:
    """The answer of the sandbox's own handler."""
    return dict(HANDLERS["ec2", operation](world, call("ec2", operation, parameters), user()))


def launch(count: int = 1) -> list[Any]:
    """New instances in the default VPC, moto's own objects."""
    made = ec2().run_instances(
        "ami-12345678",
        count,
        "",
        [],
        instance_type="m5.large",
        is_instance_type_default=False,
        tags={"instance": {"Name": "web"}},
    )
    return list(made.instances)


def interface(kind: str = "interface") -> Any:
    made = ec2().create_network_interface(next(iter(ec2().get_default_subnets().values())), "")
    made.interface_type = kind
    return made


def group(name: str) -> str:
    return str(ec2().create_security_group(name, name).id)


def _instance(_world: World) -> Parameters:
    return {"InstanceIds": [launch()[0].id]}


def _listed(_world: World) -> Parameters:
    launch(6)
    return {"MaxResults": 5}


def _metadata(world: World) -> Parameters:
    return {"InstanceId": _instance(world)["InstanceIds"][0], "HttpTokens": "required"}


def _attribute(world: World) -> Parameters:
    return {"InstanceId": _instance(world)["InstanceIds"][0], "DisableApiTermination": {"Value": True}}


def _interface_attribute(_world: World) -> Parameters:
    return {"NetworkInterfaceId": interface().id, "Groups": [group("own")]}


def acl_entry(_world: World) -> Parameters:
    acl = ec2().create_network_acl(ec2().default_vpc.id)
    entry = {"RuleNumber": 10, "Protocol": "-1", "RuleAction": "deny", "Egress": False, "CidrBlock": "198.51.100.0/24"}
    return {"NetworkAclId": acl.id, **entry}


def _made_entry(world: World) -> Parameters:
    wish = acl_entry(world)
    ask(world, "CreateNetworkAclEntry", **wish)
    return wish


def _wish_for_profile(_world: World) -> Parameters:
    iam_of(ACCOUNT).create_instance_profile("web", "/", [])
    return {"InstanceId": launch()[0].id, "IamInstanceProfile": {"Name": "web"}}


def _profile(world: World) -> Parameters:
    made = ask(world, "AssociateIamInstanceProfile", **_wish_for_profile(world))["IamInstanceProfileAssociation"]
    return {"AssociationId": made["AssociationId"]}


def _replaced(world: World) -> Parameters:
    return {**_profile(world), "IamInstanceProfile": {"Name": "web"}}


def _profiles(world: World) -> Parameters:
    return {"AssociationIds": [_profile(world)["AssociationId"]]}


def _wish_for_branch(_world: World) -> Parameters:
    return {"TrunkInterfaceId": interface("trunk").id, "BranchInterfaceId": interface("branch").id, "VlanId": 7}


def _branch(world: World) -> Parameters:
    made = ask(world, "AssociateTrunkInterface", **_wish_for_branch(world))["InterfaceAssociation"]
    return {"AssociationId": made["AssociationId"]}


def _branches(world: World) -> Parameters:
    return {"AssociationIds": [_branch(world)["AssociationId"]]}


def _snapshot(_world: World) -> Parameters:
    return {"SnapshotId": ec2().create_snapshot(ec2().create_volume(size=1, zone_name=f"{REGION}a").id, "").id}


def _permission(world: World) -> Parameters:
    return _snapshot(world) | {"CreateVolumePermission": {"Add": [{"UserId": "444455556666"}]}}


def _shared(world: World) -> Parameters:
    given = _permission(world)
    ask(world, "ModifySnapshotAttribute", **given)
    return {"SnapshotId": given["SnapshotId"], "Attribute": "createVolumePermission"}


def _nothing(_world: World) -> Parameters:
    return {}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("ec2", "EnableSerialConsoleAccess"): _nothing,
    ("ec2", "DisableSerialConsoleAccess"): _nothing,
    ("ec2", "GetSerialConsoleAccessStatus"): _nothing,
    ("ec2", "ModifySnapshotAttribute"): _permission,
    ("ec2", "DescribeSnapshotAttribute"): _shared,
    ("ec2", "ResetSnapshotAttribute"): _shared,
    ("ec2", "DescribeInstances"): _listed,
    ("ec2", "DescribeNetworkInterfaces"): _listed,
    ("ec2", "DescribeRegions"): lambda _world: {"Filters": [{"Name": "region-name", "Values": ["eu-*"]}]},
    ("ec2", "TerminateInstances"): _instance,
    ("ec2", "ModifyInstanceAttribute"): _attribute,
    ("ec2", "ModifyInstanceMetadataOptions"): _metadata,
    ("ec2", "ModifyNetworkInterfaceAttribute"): _interface_attribute,
    ("ec2", "CreateNetworkAclEntry"): acl_entry,
    ("ec2", "ReplaceNetworkAclEntry"): _made_entry,
    ("ec2", "DeleteNetworkAclEntry"): _made_entry,
    ("ec2", "AssociateIamInstanceProfile"): _wish_for_profile,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): _replaced,
    ("ec2", "DisassociateIamInstanceProfile"): _profile,
    ("ec2", "DescribeIamInstanceProfileAssociations"): _profiles,
    ("ec2", "AssociateTrunkInterface"): _wish_for_branch,
    ("ec2", "DisassociateTrunkInterface"): _branch,
    ("ec2", "DescribeTrunkInterfaceAssociations"): _branches,
}

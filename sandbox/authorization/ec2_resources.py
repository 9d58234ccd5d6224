"""The resources that an EC2 operation is authorized for.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.backends import get_backend

from sandbox.model import ApiRequest, Caller

_TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "eigw": "egress-only-internet-gateway",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
# Their ARNs name no account: they can be other accounts'.
_WITHOUT_ACCOUNT = ("image", "snapshot")
# operation -> what it makes, or finds for itself where the request does not say
_MADE = {
    "CopyImage": ("image",),
    "CopySnapshot": ("snapshot",),
    "CreateImage": ("image", "snapshot"),
    "CreateNetworkAcl": ("network-acl",),
    "CreateNetworkInterface": ("network-interface",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSnapshots": ("snapshot", "volume"),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
    "RunInstances": ("instance", "network-interface", "volume", "subnet", "security-group"),
}


def ec2_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """The ARN of every resource that the request names, and of what it makes."""
    # What describes has no permissions by resource, except for the attributes of one:
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-ec2-console.html
    if request.operation.startswith("Describe") and not request.operation.endswith("Attribute"):
        return ["*"]
    given = {**request.parameters, **_behind(request, caller)}
    found = dict.fromkeys(_named(given, request.region, caller.account))
    types = {arn.split(":", 5)[5].split("/")[0] for arn in found}
    for made in _MADE.get(request.operation, ()):
        if made not in types or made not in ("subnet", "security-group"):
            found[_arn(made, "*", request.region, caller.account)] = None
    return list(found) or ["*"]


def _behind(request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """What an association or attachment that the request names is about: that is what these calls are authorized for."""
    given = request.parameters
    ec2: Any = get_backend("ec2")[caller.account][request.region]
    if given.get("AssociationId") and request.operation.endswith(
        ("IamInstanceProfile", "IamInstanceProfileAssociation")
    ):
        kept = list(ec2.iam_instance_profile_associations.values())
        return {"InstanceIds": [one.instance_id for one in kept if one.association_id == given["AssociationId"]]}
    if request.operation == "DetachNetworkInterface":
        kept = [
            one for one in list(ec2.enis.values()) if one.attachment_id == given.get("AttachmentId") and one.instance
        ]
        return {"InstanceIds": [one.instance.id for one in kept], "NetworkInterfaceIds": [one.id for one in kept]}
    return {}


def _named(given: Mapping[str, Any], region: str, account: str) -> Iterator[str]:
    """The ids in the parameters that hold ids, whatever depth they are at."""
    for name, value in given.items():
        if name == "KeyName" and isinstance(value, str):
            yield _arn("key-pair", value, region, account)
        elif isinstance(value, Mapping):
            yield from _named(value, region, account)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for one in value:
                yield from _named(one, region, account)
        elif name in ("Resources", "Groups") or name.endswith(("Id", "Ids", "SecurityGroup", "SecurityGroups")):
            for one in value if isinstance(value, list) else [value]:
                kind = _TYPES.get(str(one).split("-")[0]) if "-" in str(one) else None
                if kind is not None:
                    yield _arn(kind, str(one), region, account)


def _arn(kind: str, name: str, region: str, account: str) -> str:
    return f"arn:aws:ec2:{region}:{'' if kind in _WITHOUT_ACCOUNT else account}:{kind}/{name}"

"""Instance profiles of instances. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ec2_world import Ec2World, code
from sandbox_client import Sandbox

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    world = Ec2World(sandbox)
    iam = world.client("iam")
    for name in ("old", "new"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return world


def _told(world: Ec2World, instance: str) -> list[tuple[str, str]]:
    """(id, ARN) of the profile, as the instance and as its associations show it."""
    filters = [{"Name": "instance-id", "Values": [instance]}]
    listed = world.ec2.describe_iam_instance_profile_associations(Filters=filters)["IamInstanceProfileAssociations"]
    found = [world.instance(instance)["IamInstanceProfile"], *(one["IamInstanceProfile"] for one in listed)]
    return [(one["Id"], one["Arn"]) for one in found]


def _expected(world: Ec2World, name: str) -> tuple[str, str]:
    profile = world.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    return profile["InstanceProfileId"], profile["Arn"]


def test_a_replacement_shows_everywhere_and_is_another_association(world: Ec2World) -> None:
    """The page's example answers with another association id than it asks about."""
    instance = world.launch(IamInstanceProfile={"Name": "old"})
    assert _told(world, instance) == [_expected(world, "old")] * 2
    associations = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    old = associations[0]["AssociationId"]
    made = world.ec2.replace_iam_instance_profile_association(AssociationId=old, IamInstanceProfile={"Name": "new"})
    new = made["IamInstanceProfileAssociation"]
    assert new["AssociationId"] != old
    assert (new["State"], new["InstanceId"]) == ("associating", instance)
    assert _told(world, instance) == [_expected(world, "new")] * 2
    again: Any = {"AssociationId": old, "IamInstanceProfile": {"Name": "old"}}
    assert code(world.ec2.replace_iam_instance_profile_association, **again) == "InvalidAssociationID.NotFound"


def test_an_instance_has_one_profile(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html"""
    instance = world.launch()
    associate = world.ec2.associate_iam_instance_profile
    made = associate(InstanceId=instance, IamInstanceProfile={"Name": "old"})["IamInstanceProfileAssociation"]
    assert code(associate, InstanceId=instance, IamInstanceProfile={"Name": "new"}) == "IncorrectState"
    world.ec2.disassociate_iam_instance_profile(AssociationId=made["AssociationId"])
    assert "IamInstanceProfile" not in world.instance(instance)
    assert world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []
    associate(InstanceId=instance, IamInstanceProfile={"Arn": _expected(world, "new")[1]})
    assert _told(world, instance) == [_expected(world, "new")] * 2


def test_all_instances_of_a_launch_have_the_profile(world: Ec2World) -> None:
    world.launch(MinCount=2, MaxCount=2, IamInstanceProfile={"Name": "old"})
    assert len(world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]) == 2


def test_what_cannot_be_is_refused(world: Ec2World) -> None:
    instance = world.launch()
    associate = world.ec2.associate_iam_instance_profile
    assert code(associate, InstanceId=instance, IamInstanceProfile={"Name": "none"}) == "InvalidParameterValue"
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert code(associate, InstanceId=instance, IamInstanceProfile={"Name": "old"}) == "IncorrectInstanceState"


def _somebody(world: Ec2World, *statements: dict[str, Any]) -> Any:
    """An EC2 client of a new user with these permissions."""
    iam = world.client("iam")
    iam.create_user(UserName="operator")
    iam.put_user_policy(
        UserName="operator",
        PolicyName="work",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
    )
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    return world.sandbox.client("ec2", keys)


def test_the_role_must_be_passed(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    instance = world.launch(IamInstanceProfile={"Name": "old"})
    found = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"][0]
    old_role = f"arn:aws:iam::{world.account}:role/old"
    somebody = _somebody(
        world,
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": old_role},
    )
    replace = somebody.replace_iam_instance_profile_association
    given: Any = {"AssociationId": found["AssociationId"]}
    assert code(replace, **given, IamInstanceProfile={"Name": "new"}) == "UnauthorizedOperation"
    replace(**given, IamInstanceProfile={"Name": "old"})
    assert _told(world, instance) == [_expected(world, "old")] * 2


def test_a_deny_on_the_instance_holds_for_its_association(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: these calls are about the instance"""
    shielded, other = (world.launch(IamInstanceProfile={"Name": "old"}) for _one in range(2))
    listed = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ids = {one["InstanceId"]: one["AssociationId"] for one in listed}
    arn = f"arn:aws:ec2:us-east-1:{world.account}:instance/{shielded}"
    somebody = _somebody(
        world,
        {"Effect": "Allow", "Action": ["ec2:*", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:*", "Resource": arn},
    )
    replace, remove = somebody.replace_iam_instance_profile_association, somebody.disassociate_iam_instance_profile
    new = {"Name": "new"}
    assert code(replace, AssociationId=ids[shielded], IamInstanceProfile=new) == "UnauthorizedOperation"
    assert code(remove, AssociationId=ids[shielded]) == "UnauthorizedOperation"
    replace(AssociationId=ids[other], IamInstanceProfile=new)
    assert _told(world, other) == [_expected(world, "new")] * 2

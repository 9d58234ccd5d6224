"""What is mended in moto stays mended: each workaround, by what it is for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.backends import get_backend

from sandbox import upstream
from sandbox.authorization.views import iam_of
from sandbox.world import World

ACCOUNT, OTHER = "111122223333", "444455556666"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
AHEAD = timedelta(days=400)

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture(scope="module", autouse=True)
def _mended() -> None:
    upstream.apply(lambda: AHEAD)


def test_users_have_ids_that_tell_what_they_are() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    user = iam_of(ACCOUNT).create_user("us-east-1", "alice")
    assert user.id.startswith("AIDA")
    assert len(user.id) == 21


def test_a_policy_attached_twice_is_detached_once() -> None:
    iam = iam_of(ACCOUNT)
    iam.create_user("us-east-1", "alice")
    for _time in range(2):
        iam.attach_user_policy(READ_ONLY, "alice")
    iam.detach_user_policy(READ_ONLY, "alice")
    assert iam.managed_policies[READ_ONLY].attachment_count == 0


def test_aws_policies_are_counted_for_each_account() -> None:
    """Their texts are read once for all accounts; who has them attached is each account's own."""
    first, second = iam_of(ACCOUNT), iam_of(OTHER)
    first.create_user("us-east-1", "alice")
    first.attach_user_policy(READ_ONLY, "alice")
    assert first.managed_policies[READ_ONLY].attachment_count == 1
    assert second.managed_policies[READ_ONLY].attachment_count == 0


def test_times_are_the_sandboxs() -> None:
    made = iam_of(ACCOUNT).create_user("us-east-1", "alice").create_date
    assert abs(made.replace(tzinfo=UTC) - datetime.now(UTC) - AHEAD) < timedelta(seconds=10)


def test_moto_knows_no_amazon_images_of_its_own(world: World) -> None:
    """They cost half a second at the start."""
    assert get_backend("ec2")[ACCOUNT]["us-east-1"].describe_images() == []


def test_boundaries_are_counted_for_each_account() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html: PermissionsBoundaryUsageCount"""
    first, second = iam_of(ACCOUNT), iam_of(OTHER)
    user = first.create_user("us-east-1", "alice")
    user.permissions_boundary = {"PermissionsBoundaryArn": READ_ONLY}
    assert first.managed_policies[READ_ONLY].permissions_boundary_usage_count == 1
    assert second.managed_policies[READ_ONLY].permissions_boundary_usage_count == 0


def test_a_roles_trust_policy_names_who_was_there_when_it_was_saved() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-users"""
    iam = iam_of(ACCOUNT)
    user_id = iam.create_user("us-east-1", "alice").id
    text = f'{{"Statement":{{"Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/alice"}}}}}}'
    role = iam.create_role("deploy", text, "/", None, "", [], 3600)
    assert role.assume_role_policy_document == text
    iam.delete_user("alice")
    iam.create_user("us-east-1", "alice")
    assert role.assume_role_policy_document == f'{{"Statement":{{"Principal":{{"AWS":"{user_id}"}}}}}}'


def test_ssh_keys_have_the_fingerprint_of_the_key() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html: whatever comment stands behind it"""
    iam = iam_of(ACCOUNT)
    iam.create_user("us-east-1", "alice")
    key = rsa.generate_private_key(65537, 2048).public_key()
    body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    made = [iam.upload_ssh_public_key("alice", text) for text in (body, f"{body} alice@laptop")]
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert {one.fingerprint for one in made} == {hashlib.md5(der).digest().hex(":")}


def _launch(**more: object) -> Any:
    ec2 = get_backend("ec2")[ACCOUNT]["us-east-1"]
    return ec2.run_instances("ami-12345678", 1, "", [], is_instance_type_default=True, tags={}, **more).instances[0]


def test_an_instances_groups_are_those_of_its_primary_interface() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/changing-security-group.html"""
    ec2 = get_backend("ec2")[ACCOUNT]["us-east-1"]
    group = ec2.create_security_group("own", "own")
    instance = _launch()
    assert [one.name for one in instance.security_groups] == ["default"]
    ec2.modify_network_interface_attribute(instance.nics[0].id, [group.id])
    assert instance.security_groups == [group]
    instance.security_groups = []
    assert instance.nics[0].group_set == []


def test_interfaces_end_with_the_instance_that_they_were_made_for() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html"""
    ec2 = get_backend("ec2")[ACCOUNT]["us-east-1"]
    subnet = next(iter(ec2.get_default_subnets().values())).id
    kept = ec2.create_network_interface(subnet, "")
    wishes = [
        {"DeviceIndex": 0, "SubnetId": subnet},
        {"DeviceIndex": 1, "SubnetId": subnet, "DeleteOnTermination": False},
        {"DeviceIndex": 2, "NetworkInterfaceId": kept.id},
    ]
    told = {index: one.delete_on_termination for index, one in _launch(nics=wishes).nics.items()}
    assert told == {0: True, 1: False, 2: False}
    assert _launch().nics[0].delete_on_termination is True


def test_default_groups_let_their_own_members_in() -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"""
    ec2 = get_backend("ec2")[ACCOUNT]["eu-west-1"]
    made = ec2.create_vpc("10.9.0.0/16")
    for vpc_id in (made.id, ec2.default_vpc.id):
        group = ec2.get_default_security_group(vpc_id)
        (rule,) = group.ingress_rules
        assert (rule.ip_protocol, rule.ip_range, rule.source_group["GroupId"]) == ("-1", {}, group.id)
    assert ec2.create_security_group("own", "own", made.id).ingress_rules == []

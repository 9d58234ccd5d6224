"""Items of EC2 and Lambda: a security group, a snapshot, an instance, a function."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from attack_sequences import Arena, Clients, Item, Value, present, switch, there

OTHER = "111122223333"


def group(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    made = admin.ec2.create_security_group(GroupName=f"{prefix}-web", Description="web")["GroupId"]

    def rule(port: int, cidr: str, *, first: bool) -> Item:
        given = {
            "GroupId": made,
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}],
        }

        def read(who: Clients) -> Value:
            (shown,) = who.ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"]
            return present(
                any(
                    one.get("FromPort") == port and cidr in [each["CidrIp"] for each in one["IpRanges"]]
                    for one in shown["IpPermissions"]
                )
            )

        if first:
            arena.pass_time(1)
            admin.ec2.authorize_security_group_ingress(**given)
        return Item(
            name=f"group/{prefix}/{port}/{cidr}",
            first=present(first),
            values=(None, "there"),
            move=switch(
                lambda who: who.ec2.authorize_security_group_ingress(**given),
                lambda who: who.ec2.revoke_security_group_ingress(**given),
            ),
            read=read,
        )

    return [
        rule(22, "0.0.0.0/0", first=False),
        rule(443, "10.0.0.0/8", first=True),
        rule(443, "0.0.0.0/0", first=False),
    ]


def snapshot_share(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    volume = admin.ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    made = admin.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]

    def share(whom: dict[str, str]) -> Item:
        (label,) = whom.values()

        def move(who: Clients, _live: Value, wanted: Value) -> None:
            way = "Remove" if wanted is None else "Add"
            who.ec2.modify_snapshot_attribute(SnapshotId=made, CreateVolumePermission={way: [whom]})

        def read(who: Clients) -> Value:
            shown = who.ec2.describe_snapshot_attribute(SnapshotId=made, Attribute="createVolumePermission")
            return present(whom in shown["CreateVolumePermissions"])

        return Item(name=f"snapshot/{prefix}/{label}", first=None, values=(None, "there"), move=move, read=read)

    return [share({"UserId": OTHER}), share({"Group": "all"})]


def instance(prefix: str, _arena: Arena) -> Sequence[Item]:
    """One that an attacker launches is stopped, and kept."""
    tag = {"Key": "law", "Value": prefix}

    def launch(who: Clients, _live: Value, _wanted: Value) -> None:
        tags = [{"ResourceType": "instance", "Tags": [tag]}]
        who.ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, TagSpecifications=tags)

    def read(who: Clients) -> Value:
        found = who.ec2.describe_instances(Filters=[{"Name": "tag:law", "Values": [prefix]}])["Reservations"]
        return found[0]["Instances"][0]["State"]["Name"] if found else None

    return [
        Item(
            name=f"made/instance-{prefix}",
            first=None,
            values=("running",),
            move=launch,
            read=read,
            kept={None: "stopped"},
            attackers=True,
        )
    ]


def function(prefix: str, arena: Arena) -> Sequence[Item]:
    """Its code is left alone: what it was is put back by hand."""
    admin = arena.administrator
    role = f"{prefix}-lambda"
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"Service":"lambda.amazonaws.com"}}]}'
    )
    arn = admin.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    mine = {"FunctionName": f"{prefix}-resize"}
    admin.lambda_.create_function(
        **mine,
        Role=arn,
        Runtime="python3.12",
        Handler="a.b",
        Code={"ZipFile": _archive()},
        Publish=True,
    )

    arena.pass_time(1)
    admin.lambda_.update_function_configuration(**mine, Timeout=10)

    def permission(sid: str) -> Item:
        given = {"StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": OTHER}

        def read(who: Clients) -> Value:
            found = there(lambda: who.lambda_.get_policy(**mine))
            return present(bool(found and f'"{sid}"' in found["Policy"]))

        return Item(
            name=f"function/{prefix}/{sid}",
            first=None,
            values=(None, "there"),
            move=switch(
                lambda who: who.lambda_.add_permission(**mine, **given),
                lambda who: who.lambda_.remove_permission(**mine, StatementId=sid),
            ),
            read=read,
        )

    return [
        permission("partner"),
        permission("other"),
        Item(
            name=f"function/{prefix}/timeout",
            first="10",
            values=("10", "20", "900"),
            move=lambda who, _live, wanted: who.lambda_.update_function_configuration(**mine, Timeout=int(str(wanted))),
            read=lambda who: str(who.lambda_.get_function_configuration(**mine)["Timeout"]),
        ),
        Item(
            name=f"function/{prefix}/concurrency",
            first=None,
            values=(None, "0", "5"),
            move=lambda who, _live, wanted: (
                who.lambda_.delete_function_concurrency(**mine)
                if wanted is None
                else who.lambda_.put_function_concurrency(**mine, ReservedConcurrentExecutions=int(wanted))
            ),
            read=lambda who: _text(who.lambda_.get_function_concurrency(**mine).get("ReservedConcurrentExecutions")),
        ),
    ]


def _text(value: Any) -> Value:
    return None if value is None else str(value)


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.py"), "")
    return packed.getvalue()


THINGS = (group, snapshot_share, instance, function)

"""IAM's items: a user, a role and a policy of the administrators', and what an attacker makes beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attack_sequences import Arena, Clients, Item, Value, named, present, switch, there

READER, AUDITOR, ADMINISTRATOR = (
    f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "SecurityAudit", "AdministratorAccess")
)


def statement(action: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]}


DOCUMENTS = {name: statement(f"s3:{action}", Resource="*") for name, action in (("own", "GetObject"), ("wide", "*"))}
TRUSTS = {
    "ours": statement("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}),
    "theirs": statement("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::111122223333:root"}),
    "tasks": statement("sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"}),
}


def _attached(name: str, arn: str, *, first: bool) -> Item:
    short = arn.rpartition("/")[2]
    return Item(
        name=f"user/{name}/{short}",
        first=present(first),
        values=(None, "there"),
        move=switch(
            lambda who: who.iam.attach_user_policy(UserName=name, PolicyArn=arn),
            lambda who: who.iam.detach_user_policy(UserName=name, PolicyArn=arn),
        ),
        read=lambda who: present(
            arn in [one["PolicyArn"] for one in who.iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]]
        ),
    )


def user(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    name, group = f"{prefix}-bob", f"{prefix}-devs"
    admin.iam.create_user(UserName=name)
    admin.iam.create_group(GroupName=group)
    arena.pass_time(1)
    admin.iam.attach_user_policy(UserName=name, PolicyArn=READER)
    admin.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=json.dumps(DOCUMENTS["own"]))
    key = admin.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    mine = {"UserName": name}

    def put_inline(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.iam.delete_user_policy(**mine, PolicyName="inline")
        else:
            who.iam.put_user_policy(**mine, PolicyName="inline", PolicyDocument=json.dumps(DOCUMENTS[wanted]))

    def inline(who: Clients) -> Value:
        found = there(lambda: who.iam.get_user_policy(**mine, PolicyName="inline"))
        return named(DOCUMENTS, found and found["PolicyDocument"])

    def status(who: Clients) -> Value:
        return next(
            (
                one["Status"]
                for one in who.iam.list_access_keys(**mine)["AccessKeyMetadata"]
                if one["AccessKeyId"] == key
            ),
            None,
        )

    return [
        _attached(name, READER, first=True),
        _attached(name, AUDITOR, first=False),
        Item(name=f"user/{name}/inline", first="own", values=(None, *DOCUMENTS), move=put_inline, read=inline),
        Item(
            name=f"user/{name}/group",
            first=None,
            values=(None, "there"),
            move=switch(
                lambda who: who.iam.add_user_to_group(**mine, GroupName=group),
                lambda who: who.iam.remove_user_from_group(**mine, GroupName=group),
            ),
            read=lambda who: present(
                group in [one["GroupName"] for one in who.iam.list_groups_for_user(**mine)["Groups"]]
            ),
        ),
        Item(
            name=f"user/{name}/key",
            first="Active",
            values=("Active", "Inactive"),
            move=lambda who, _live, wanted: who.iam.update_access_key(**mine, AccessKeyId=key, Status=wanted),
            read=status,
        ),
        Item(
            name=f"user/{name}/boundary",
            first=None,
            values=(None, READER, AUDITOR),
            move=lambda who, _live, wanted: (
                who.iam.delete_user_permissions_boundary(**mine)
                if wanted is None
                else who.iam.put_user_permissions_boundary(**mine, PermissionsBoundary=wanted)
            ),
            read=lambda who: (
                who.iam.get_user(**mine)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            ),
        ),
        Item(
            name=f"user/{name}/login",
            first=None,
            values=("there",),
            move=lambda who, _live, _wanted: who.iam.create_login_profile(**mine, Password="aB3$aB3$aB3$aB3$"),
            read=lambda who: present(there(lambda: who.iam.get_login_profile(**mine)) is not None),
            attackers=True,
        ),
    ]


def backdoor(prefix: str, _arena: Arena) -> Sequence[Item]:
    """A user and a role that only an attacker makes: disabled by a restore, and kept. https://docs.aws.amazon.com/IAM/latest/UserGuide/"""
    name, role = f"{prefix}-evil", f"{prefix}-evil-role"
    mine = {"UserName": name}

    def made(who: Clients) -> Value:
        if there(lambda: who.iam.get_user(**mine)) is None:
            return None
        return "disabled" if who.iam.list_user_policies(**mine)["PolicyNames"] else "there"

    def role_made(who: Clients) -> Value:
        if there(lambda: who.iam.get_role(RoleName=role)) is None:
            return None
        return "disabled" if who.iam.list_role_policies(RoleName=role)["PolicyNames"] else "there"

    def keys(who: Clients) -> Value:
        found = there(lambda: who.iam.list_access_keys(**mine))
        return next((one["Status"] for one in found["AccessKeyMetadata"]), None) if found else None

    def attached(who: Clients) -> Value:
        found = there(lambda: who.iam.list_attached_user_policies(**mine))
        return present(bool(found and found["AttachedPolicies"]))

    user_item = f"made/{name}"
    return [
        Item(
            name=user_item,
            first=None,
            values=("there",),
            move=lambda who, _live, _wanted: who.iam.create_user(**mine),
            read=made,
            kept={None: "disabled"},
            attackers=True,
        ),
        Item(
            name=f"{user_item}/key",
            first=None,
            values=("Active",),
            move=lambda who, _live, _wanted: who.iam.create_access_key(**mine),
            read=keys,
            kept={None: "Inactive"},
            can=lambda live, _value: live[user_item] is not None,
            attackers=True,
        ),
        Item(
            name=f"{user_item}/policy",
            first=None,
            values=("there",),
            move=lambda who, _live, _wanted: who.iam.attach_user_policy(**mine, PolicyArn=ADMINISTRATOR),
            read=attached,
            can=lambda live, _value: live[user_item] is not None,
            attackers=True,
        ),
        Item(
            name=f"made/{role}",
            first=None,
            values=("there",),
            move=lambda who, _live, _wanted: who.iam.create_role(
                RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUSTS["theirs"])
            ),
            read=role_made,
            kept={None: "disabled"},
            attackers=True,
        ),
    ]


def role(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    name = f"{prefix}-app"
    admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTS["ours"]))
    mine = {"RoleName": name}
    return [
        Item(
            name=f"role/{name}/trust",
            first="ours",
            values=tuple(TRUSTS),
            move=lambda who, _live, wanted: who.iam.update_assume_role_policy(
                **mine, PolicyDocument=json.dumps(TRUSTS[str(wanted)])
            ),
            read=lambda who: named(TRUSTS, who.iam.get_role(**mine)["Role"]["AssumeRolePolicyDocument"]),
        ),
        Item(
            name=f"role/{name}/policy",
            first=None,
            values=(None, "there"),
            move=switch(
                lambda who: who.iam.attach_role_policy(**mine, PolicyArn=ADMINISTRATOR),
                lambda who: who.iam.detach_role_policy(**mine, PolicyArn=ADMINISTRATOR),
            ),
            read=lambda who: present(bool(who.iam.list_attached_role_policies(**mine)["AttachedPolicies"])),
        ),
    ]


def policy(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    name = f"{prefix}-policy"
    arn = admin.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(DOCUMENTS["own"]))["Policy"]["Arn"]
    admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(DOCUMENTS["wide"]))
    return [
        Item(
            name=f"policy/{name}/default",
            first="v1",
            values=("v1", "v2"),
            move=lambda who, _live, wanted: who.iam.set_default_policy_version(PolicyArn=arn, VersionId=wanted),
            read=lambda who: who.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"],
        )
    ]


THINGS = (user, backdoor, role, policy)

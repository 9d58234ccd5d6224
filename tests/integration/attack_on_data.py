"""Items of what holds data: a bucket, a key, a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attack_sequences import UNSEEN, Arena, Clients, Item, Live, Value, named, present, switch, there

OTHER = "arn:aws:iam::111122223333:root"


def _policy(action: str, resource: str, who: str) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [one]}


def bucket(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    mine = {"Bucket": f"{prefix}-data"}
    name, s3 = mine["Bucket"], f"arn:aws:s3:::{mine['Bucket']}/*"
    account = admin.sts.get_caller_identity()["Account"]
    policies = {
        "ours": _policy("s3:GetObject", s3, f"arn:aws:iam::{account}:root"),
        "theirs": _policy("s3:*", s3, OTHER),
    }
    admin.s3.create_bucket(**mine)
    arena.pass_time(1)
    admin.s3.put_bucket_policy(**mine, Policy=json.dumps(policies["ours"]))
    admin.s3.put_bucket_versioning(**mine, VersioningConfiguration={"Status": "Enabled"})
    rules = {
        "short": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}],
        "long": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 400}}],
    }
    tags = {"ours": [{"Key": "owner", "Value": "us"}], "theirs": [{"Key": "owner", "Value": "them"}]}
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    shut = {"all": dict.fromkeys(blocks, True), "some": {**dict.fromkeys(blocks, True), "BlockPublicPolicy": False}}

    def set_policy(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.s3.delete_bucket_policy(**mine)
        else:
            who.s3.put_bucket_policy(**mine, Policy=json.dumps(policies[wanted]))

    def set_rules(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.s3.delete_bucket_lifecycle(**mine)
        else:
            who.s3.put_bucket_lifecycle_configuration(**mine, LifecycleConfiguration={"Rules": rules[wanted]})

    def set_block(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.s3.delete_public_access_block(**mine)
        else:
            who.s3.put_public_access_block(**mine, PublicAccessBlockConfiguration=shut[wanted])

    def set_tags(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.s3.delete_bucket_tagging(**mine)
        else:
            who.s3.put_bucket_tagging(**mine, Tagging={"TagSet": tags[wanted]})

    def found(who: Clients, operation: str, key: str) -> Any:
        answer = there(lambda: getattr(who.s3, operation)(**mine))
        return answer and answer[key]

    def policy(who: Clients) -> Value:
        text = found(who, "get_bucket_policy", "Policy")
        return named(policies, text and json.loads(text))

    return [
        Item(name=f"bucket/{name}/policy", first="ours", values=(None, *policies), move=set_policy, read=policy),
        Item(
            name=f"bucket/{name}/versioning",
            first="Enabled",
            values=("Enabled", "Suspended"),
            move=lambda who, _live, wanted: who.s3.put_bucket_versioning(
                **mine, VersioningConfiguration={"Status": wanted}
            ),
            read=lambda who: who.s3.get_bucket_versioning(**mine).get("Status"),
        ),
        Item(
            name=f"bucket/{name}/lifecycle",
            first=None,
            values=(None, *rules),
            move=set_rules,
            read=lambda who: named(rules, found(who, "get_bucket_lifecycle_configuration", "Rules")),
        ),
        Item(
            name=f"bucket/{name}/block",
            first="all",
            values=(None, *shut),
            move=set_block,
            read=lambda who: named(shut, found(who, "get_public_access_block", "PublicAccessBlockConfiguration")),
        ),
        Item(
            name=f"bucket/{name}/tags",
            first=None,
            values=(None, *tags),
            move=set_tags,
            read=lambda who: named(tags, found(who, "get_bucket_tagging", "TagSet")),
        ),
    ]


def key(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    made = admin.kms.create_key()["KeyMetadata"]
    second = admin.kms.create_key()["KeyMetadata"]["KeyId"]
    mine, alias = {"KeyId": made["KeyId"]}, f"alias/{prefix}"
    ours = json.loads(admin.kms.get_key_policy(**mine, PolicyName="default")["Policy"])
    theirs = {**ours, "Statement": [*ours["Statement"], _policy("kms:Decrypt", "*", OTHER)["Statement"][0]]}
    arena.pass_time(1)
    admin.kms.put_key_policy(**mine, PolicyName="default", Policy=json.dumps(ours))
    admin.kms.enable_key_rotation(KeyId=second)
    policies = {"ours": ours, "theirs": theirs}
    state = f"key/{prefix}/state"

    def set_state(who: Clients, live: Value, wanted: Value) -> None:
        if wanted == "PendingDeletion":
            who.kms.schedule_key_deletion(**mine, PendingWindowInDays=7)
        elif live == "PendingDeletion":
            who.kms.cancel_key_deletion(**mine)
        elif wanted == "Disabled":
            who.kms.disable_key(**mine)
        else:
            who.kms.enable_key(**mine)

    def may_be(live: Live, wanted: Value) -> bool:
        return live[state] != "PendingDeletion" or wanted == "Disabled"

    def set_alias(who: Clients, live: Value, wanted: Value) -> None:
        target = made["KeyId"] if wanted == "first" else second
        if wanted is None:
            who.kms.delete_alias(AliasName=alias)
        elif live is None:
            who.kms.create_alias(AliasName=alias, TargetKeyId=target)
        else:
            who.kms.update_alias(AliasName=alias, TargetKeyId=target)

    def alias_of(who: Clients) -> Value:
        listed = [page["Aliases"] for page in who.kms.get_paginator("list_aliases").paginate()]
        target = next((one["TargetKeyId"] for page in listed for one in page if one["AliasName"] == alias), None)
        return named({"first": made["KeyId"], "second": second}, target)

    def grant_of(who: Clients) -> str | None:
        return next(
            (one["GrantId"] for one in who.kms.list_grants(**mine)["Grants"] if one.get("Name") == prefix), None
        )

    return [
        Item(
            name=state,
            first="Enabled",
            values=("Enabled", "Disabled", "PendingDeletion"),
            move=set_state,
            read=lambda who: who.kms.describe_key(**mine)["KeyMetadata"]["KeyState"],
            can=may_be,
        ),
        Item(
            name=f"key/{prefix}/policy",
            first="ours",
            values=tuple(policies),
            move=lambda who, _live, wanted: who.kms.put_key_policy(
                **mine, PolicyName="default", Policy=json.dumps(policies[str(wanted)])
            ),
            read=lambda who: named(
                policies, json.loads(who.kms.get_key_policy(**mine, PolicyName="default")["Policy"])
            ),
        ),
        Item(
            name=f"key/{prefix}/alias",
            first=None,
            values=(None, "first", "second"),
            move=set_alias,
            read=alias_of,
            can=lambda live, wanted: wanted != "first" or live[state] != "PendingDeletion",
        ),
        Item(
            name=f"key/{prefix}/rotation",
            first="there",
            values=(None, "there"),
            move=switch(
                lambda who: who.kms.enable_key_rotation(KeyId=second),
                lambda who: who.kms.disable_key_rotation(KeyId=second),
            ),
            read=lambda who: present(who.kms.get_key_rotation_status(KeyId=second)["KeyRotationEnabled"]),
        ),
        Item(
            name=f"key/{prefix}/grant",
            first=None,
            values=("there",),
            move=lambda who, _live, _wanted: who.kms.create_grant(
                **mine, GranteePrincipal=OTHER, Operations=["Decrypt"], Name=prefix
            ),
            read=lambda who: present(grant_of(who) is not None),
            can=lambda live, _wanted: live[state] == "Enabled",
            attackers=True,
        ),
    ]


def secret(prefix: str, arena: Arena) -> Sequence[Item]:
    admin = arena.administrator
    name = f"{prefix}/database"
    arn = admin.secretsmanager.create_secret(Name=name, SecretString="first")["ARN"]
    mine = {"SecretId": name}
    policies = {
        "ours": _policy("secretsmanager:GetSecretValue", "*", OTHER),
        "theirs": _policy("secretsmanager:*", "*", OTHER),
    }
    arena.pass_time(1)
    admin.secretsmanager.put_resource_policy(**mine, ResourcePolicy=json.dumps(policies["ours"]))
    admin.secretsmanager.update_secret(**mine, Description="for the shop")
    marked = f"secret/{prefix}/deletion"

    def set_policy(who: Clients, _live: Value, wanted: Value) -> None:
        if wanted is None:
            who.secretsmanager.delete_resource_policy(SecretId=arn)
        else:
            who.secretsmanager.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policies[wanted]))

    def is_marked(who: Clients) -> bool:
        return "DeletedDate" in who.secretsmanager.describe_secret(**mine)

    return [
        Item(
            name=marked,
            first=None,
            values=(None, "there"),
            move=switch(
                lambda who: who.secretsmanager.delete_secret(**mine, RecoveryWindowInDays=7),
                lambda who: who.secretsmanager.restore_secret(**mine),
            ),
            read=lambda who: present(is_marked(who)),
            attackers=True,
        ),
        Item(
            name=f"secret/{prefix}/policy",
            first="ours",
            values=(None, *policies),
            move=set_policy,
            read=lambda who: _of_secret(who, arn, policies),
            can=lambda live, _wanted: live[marked] is None,
        ),
        Item(
            name=f"secret/{prefix}/description",
            first="for the shop",
            values=("for the shop", "for nobody"),
            move=lambda who, _live, wanted: who.secretsmanager.update_secret(**mine, Description=wanted),
            read=lambda who: who.secretsmanager.describe_secret(**mine).get("Description") or None,
            can=lambda live, _wanted: live[marked] is None,
        ),
    ]


def _of_secret(who: Clients, arn: str, policies: dict[str, Any]) -> Value:
    """A secret that is marked for deletion does not show its policy."""
    found = there(lambda: who.secretsmanager.get_resource_policy(SecretId=arn), "InvalidRequestException")
    if found is None:
        return UNSEEN
    return named(policies, json.loads(found["ResourcePolicy"]) if "ResourcePolicy" in found else None)


THINGS = (bucket, key, secret)

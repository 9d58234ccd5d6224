"""Simulations, reports of last accesses and whole accounts, each with a call that the sandbox answers: for test_added_operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox import account_details, last_accessed, managed_policies, simulation
from sandbox.authorization.views import iam_of
from sandbox.world import World

Parameters = dict[str, Any]
HANDLERS = {**simulation.HANDLERS, **last_accessed.HANDLERS, **account_details.HANDLERS, **managed_policies.HANDLERS}
_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_GUARDED = _ALL.replace("}]", ',"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]')
_BUCKETS = ["arn:aws:s3:::ours/a", "arn:aws:s3:::theirs/a"]
_POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/p"


def _account(_world: World) -> None:
    """One of everything, in an organization."""
    get_backend("organizations")[ACCOUNT]["aws"].create_organization("us-east-1", FeatureSet="ALL")
    iam = iam_of(ACCOUNT)
    alice = iam.create_user("eu-west-1", "alice", tags=[{"Key": "team", "Value": "red"}])
    iam.create_policy("reads", "/", _ALL, "p", [])
    iam.put_user_policy("alice", "inline", _GUARDED)
    alice.permissions_boundary = {"PermissionsBoundaryArn": _POLICY_ARN}
    group = iam.create_group("staff")
    group.users.append(alice)
    iam.attach_group_policy(_POLICY_ARN, "staff")
    iam.create_role("deploy", _ALL, "/", _POLICY_ARN, "", [{"Key": "team", "Value": "blue"}], 3600)
    iam.create_instance_profile("web", "/", [])
    iam.add_role_to_instance_profile("web", "deploy")


def _simulated(world: World) -> Parameters:
    """Across accounts, so that every detail is told."""
    _account(world)
    return {
        "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": _BUCKETS,
        "ResourceOwner": "444455556666",
        "ResourcePolicy": _ALL.replace("}]", ',"Principal":"*"}]'),
        "MaxItems": 1,
    }


def _custom(_world: World) -> Parameters:
    levels = [{"ServiceControlPolicyInputList": [_ALL]}]
    return {
        "PolicyInputList": [_GUARDED, _ALL],
        "PermissionsBoundaryPolicyInputList": [_ALL],
        "OrderedOrganizationPolicyInputList": levels,
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": _BUCKETS,
    }


def _group(world: World) -> Parameters:
    _account(world)
    iam = iam_of(ACCOUNT)
    alice, request = iam.users["alice"], call("s3", "ListBuckets", time=world.clock.now())
    world.last_accessed.times.note(request, replace(user(), user_id=alice.id))
    return {"Arn": iam.groups["staff"].arn, "Granularity": "ACTION_LEVEL"}


def _report(world: World) -> Parameters:
    made = last_accessed.generate(world, call("iam", "GenerateServiceLastAccessedDetails", _group(world)), user())
    world.clock.advance(2)
    return {"JobId": made["JobId"]}


def _report_on_a_service(world: World) -> Parameters:
    return {**_report(world), "ServiceNamespace": "s3"}


def _details(world: World) -> Parameters:
    _account(world)
    return {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"], "MaxItems": 4}


def _policy(world: World) -> Parameters:
    _account(world)
    return {"PolicyArn": _POLICY_ARN}


def _version(world: World) -> Parameters:
    return {**_policy(world), "VersionId": "v1"}


def _new_version(world: World) -> Parameters:
    return {**_policy(world), "PolicyDocument": _ALL, "SetAsDefault": True}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("iam", "SimulatePrincipalPolicy"): _simulated,
    ("iam", "SimulateCustomPolicy"): _custom,
    ("iam", "GenerateServiceLastAccessedDetails"): _group,
    ("iam", "GetServiceLastAccessedDetails"): _report,
    ("iam", "GetServiceLastAccessedDetailsWithEntities"): _report_on_a_service,
    ("iam", "GetAccountAuthorizationDetails"): _details,
    ("iam", "CreatePolicyVersion"): _new_version,
    ("iam", "GetPolicyVersion"): _version,
    ("iam", "ListPolicyVersions"): _policy,
}

"""The policy simulator and enforcement say the same: whatever is simulated as denied is refused, and nothing else is.

Over users and roles with inline, attached and group policies, boundaries and service control policies, for calls whose resources have
no policies of their own, which the simulator does not look up:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, session

from sandbox.authorization.actions import needs
from sandbox.authorization.context import context_of
from sandbox.model import ApiRequest, Caller
from sandbox.simulation import simulate_principal_policy
from sandbox.simulation_verdict import FILLED_IN
from sandbox.world import World

Policy = dict[str, Any]

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACTIONS = ["*", "iam:*", "iam:Get*", "iam:GetUser", "iam:List?sers", "s3:GetObject", "s3:*", "ec2:*", "sqs:SendMessage"]
RESOURCES = [
    "*",
    "arn:aws:s3:::plain-*/*",
    "arn:aws:s3:::plain-*/${aws:username}/*",
    "arn:aws:iam::*:user/team/*",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:ec2:*:*:instance/i-1",
]
CONDITIONS: list[Policy] = [
    {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/mallory"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*/mallory"}},
    {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/mallory", "arn:aws:iam::*:user/other"]}},
    {"StringLike": {"aws:userid": ["AIDA*", "*:work"]}},
    {"StringNotLike": {"aws:userid": "*:work"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-03-04T12:00:01Z"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-03-04T12:00:00Z"}},
    {"Null": {"aws:TokenIssueTime": "true"}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
    {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
    {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
    {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-*/ou-*"}},
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-elsewhere"}},
]
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("iam", "ListUsers", {}),
    ("iam", "GetUser", {"UserName": "mallory"}),
    ("iam", "GetUser", {"UserName": "bob"}),
    ("s3", "ListBuckets", {}),
    ("s3", "GetObject", {"Bucket": "plain-ACCOUNT", "Key": "mallory/notes"}),
    ("ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]}),
    ("sqs", "SendMessage", {"QueueUrl": "http://localhost/ACCOUNT/queue"}),
]


LIST = call("iam", "ListUsers")


def made(asked: tuple[str, str, dict[str, Any]], account: str) -> ApiRequest:
    """A call about what is in this account."""
    service, operation, parameters = asked
    return call(service, operation, json.loads(json.dumps(parameters).replace("ACCOUNT", account)))


@st.composite
def statements(draw: st.DrawFn) -> Policy:
    found: Policy = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    actions = draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2))
    found["NotAction" if draw(st.integers(0, 4)) == 0 else "Action"] = actions
    found["NotResource" if draw(st.integers(0, 4)) == 0 else "Resource"] = draw(st.sampled_from(RESOURCES))
    if draw(st.booleans()):
        found["Condition"] = draw(st.sampled_from(CONDITIONS))
    return found


policies = st.lists(st.one_of(st.just(ALLOW_ALL), statements()), min_size=1, max_size=2).map(
    lambda listed: {"Version": "2012-10-17", "Statement": listed}
)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One principal and all policies that concern it."""

    kind: str
    is_member: bool
    inline: list[Policy]
    attached: list[Policy]
    of_group: list[Policy]
    boundary: Policy | None
    scps: list[tuple[str, Policy]]
    """(where, policy)"""
    without_full_access: str | None


worlds = st.builds(
    Drawn,
    kind=st.sampled_from(["user", "role"]),
    is_member=st.booleans(),
    inline=st.lists(policies, max_size=2),
    attached=st.lists(policies, max_size=2),
    of_group=st.lists(policies, max_size=1),
    boundary=st.one_of(st.none(), policies),
    scps=st.lists(st.tuples(st.sampled_from(["root", "unit", "member"]), policies), max_size=2),
    without_full_access=st.sampled_from([None, None, None, "unit", "member"]),
)


class Stage:
    """An organization with one member account, whose IAM is filled anew for every example."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        backend = get_backend("organizations")[ACCOUNT]["aws"]
        backend.create_organization("us-east-1", FeatureSet="ALL")
        root = backend.org.root_id
        backend.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        unit = backend.create_organizational_unit(Name="work", ParentId=root)["OrganizationalUnit"]["Id"]
        backend.create_account(AccountName="member", Email="member@example.com", RoleName="Access")
        self.member = str(backend.accounts[-1].id)
        backend.move_account(AccountId=self.member, SourceParentId=root, DestinationParentId=unit)
        self.full = next(policy for policy in backend.policies if policy.type == "SERVICE_CONTROL_POLICY")
        places = {one.id: one for one in [*backend.ou, *backend.accounts]}
        self.places = {"root": places[root], "unit": places[unit], "member": places[self.member]}
        for account in (ACCOUNT, self.member):
            cloud.bucket(f"plain-{account}", account=account)

    def caller(self, drawn: Drawn) -> Caller:
        """The principal, made as it was drawn."""
        account = self.member if drawn.is_member else ACCOUNT
        iam = self.cloud.iam(account)
        for kept in (iam.users, iam.roles, iam.groups, iam.managed_policies):
            kept.clear()
        for number, (where, place) in enumerate(self.places.items()):
            own = [text for at, text in drawn.scps if at == where]
            place.attached_policies[:] = [] if where == drawn.without_full_access else [self.full]
            place.attached_policies += [
                FakeScp(id=f"p-{number}", content=json.dumps(text), type="SERVICE_CONTROL_POLICY") for text in own
            ]
        bob = iam.create_user("us-east-1", "bob", "/team/")
        assert bob.arn.endswith("user/team/bob")
        holder, caller = self._principal(drawn, account)
        for number, text in enumerate(drawn.inline):
            holder.policies[f"inline-{number}"] = json.dumps(text)
        for number, text in enumerate(drawn.attached):
            new = iam.create_policy("", "/", json.dumps(text), f"attached-{number}", [])
            holder.managed_policies[new.arn] = new
        if drawn.of_group and drawn.kind == "user":
            group = iam.create_group("staff")
            group.users.append(holder)
            group.policies["of-group"] = json.dumps(drawn.of_group[0])
        if drawn.boundary is not None:
            new = iam.create_policy("", "/", json.dumps(drawn.boundary), "boundary", [])
            if drawn.kind == "user":
                holder.permissions_boundary = {"PermissionsBoundaryArn": new.arn}
            else:
                holder.permissions_boundary_arn = new.arn
        return caller

    def _principal(self, drawn: Drawn, account: str) -> tuple[Any, Caller]:
        iam = self.cloud.iam(account)
        if drawn.kind == "user":
            caller = self.cloud.user("mallory", account=account)
            return iam.users["mallory"], caller
        caller = self.cloud.role("mallory", "{}", account=account)
        return next(role for role in iam.roles.values() if role.name == "mallory"), caller


@dataclass(kw_only=True)
class FakeScp:
    """What the sandbox reads of an attached policy."""

    id: str
    content: str
    type: str


@pytest.fixture
def stage(cloud: Any) -> Stage:
    return Stage(cloud)


def simulated(cloud: Any, request: ApiRequest, caller: Caller) -> list[str]:
    """What the simulator says of everything that the request needs, given all that the request would have in its context."""
    arn = caller.session.issuer_arn if caller.session else caller.arn
    found = []
    for action, resource in needs(request, caller, cloud.known):
        context = context_of(request, caller, principal_tags={}, organization_id=None)
        context["aws:resourceaccount"] = caller.account
        told = {key: value for key, value in context.items() if key not in FILLED_IN or key == "aws:userid"}
        asked = call(
            "iam",
            "SimulatePrincipalPolicy",
            {
                "PolicySourceArn": arn,
                "ActionNames": [action],
                "ResourceArns": [resource],
                "ContextEntries": [
                    {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                    for key, value in told.items()
                ],
            },
        )
        (result,) = simulate_principal_policy(cast("World", cloud), asked, caller)["EvaluationResults"]
        found.append(str(result["EvalDecision"]))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=worlds, asked=st.sampled_from(CALLS))
def test_what_is_simulated_as_denied_is_refused_and_nothing_else(stage: Stage, drawn: Drawn, asked: Any) -> None:
    caller = stage.caller(drawn)
    request = made(asked, caller.account)
    decisions = simulated(stage.cloud, request, caller)
    message = stage.cloud.refusal(request, caller)
    event(f"refused: {bool(message)}")
    assert any(decision != "allowed" for decision in decisions) is bool(message), (decisions, message)
    if len(decisions) == 1 and "service control policy" not in message and not drawn.without_full_access:
        assert (decisions == ["explicitDeny"]) is ("explicit deny" in message)


def test_the_simulator_has_no_session_and_knows_none_of_its_policies(stage: Stage) -> None:
    """Session policies are no part of a role: what they keep from a session the simulator does not say."""
    caller = stage.caller(
        Drawn(
            kind="role",
            is_member=True,
            inline=[{"Version": "2012-10-17", "Statement": [ALLOW_ALL]}],
            attached=[],
            of_group=[],
            boundary=None,
            scps=[],
            without_full_access=None,
        )
    )
    assert caller.session is not None
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [{**ALLOW_ALL, "Effect": "Deny"}]})
    limited = replace(caller, session=session(caller.session.issuer_arn, session_policies=(nothing,)))
    assert simulated(stage.cloud, LIST, limited) == ["allowed"]
    assert stage.cloud.refusal(LIST, limited)

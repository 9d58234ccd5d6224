# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything to the credentials that an instance has been given of its role, wherever they are used by now, and to no other instance
that shares the role: told apart by `aws:userid` (ec2/role_sessions.py).

The role is that of the instance's profile, whose names and paths differ:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
Once the profile has been taken away nothing of the instance tells the role; then the account's roles are asked which of them denies it, and
`instance_profile` takes it away only after this measure (docs/decisions/0010)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import older_sessions
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import name_of, profile_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.older_sessions import OLDER, denied_before, is_enough
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_policies import policy_text
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import (
    DENIED,
    POLICY_NAME,
    ROLE,
    SET_DENIED,
    USER_ID,
    denied_by,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "role_sessions"
AGENTS = "instance_has_agent_profile"
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleSessions:
    """The measure. Releasing needs no wish."""

    agent_profile: str | None = None
    """The profile whose role is not the one that was stolen."""
    looks_everywhere: bool = True
    """Whether all roles are asked for what they deny, also where the instance has a role."""
    sessions_before: str = ""
    """The time before which sessions of its role are denied, whoever has them; empty for those of the instance alone."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
        "iam:GetInstanceProfile",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListRolePolicies",
        "iam:GetAccountAuthorizationDetails",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
    )
    OPEN_WITHOUT: str = "credentials of its role that were stolen from it: they go on for up to six hours"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        """Its role, and which roles deny its sessions."""
        described(reads, target)
        role = self._role(reads, target)
        found: dict[str, Json] = {
            ROLE: role,
            AGENTS: self.agent_profile is not None and profile_of(reads, target) == self.agent_profile,
        }
        if role is not None:
            user_id = f"{role['id']}:{target.instance_id}"
            found[DENIED + user_id] = (
                role["name"] if user_id in denied_by(policy_text(reads, target.account, role["name"])) else None
            )
        if role is None or self.looks_everywhere:
            found |= _denied_anywhere(reads, target)
        if self.sessions_before:
            for role_id, name in _roles(found):
                text = policy_text(reads, target.account, name, older_sessions.POLICY_NAME)
                found[OLDER + role_id] = denied_before(text)
        return found

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """Its own sessions, and all older ones where that is wished; nothing where they are denied already, or it has no role."""
        role = state[ROLE]
        if role is not None and state[DENIED + f"{role['id']}:{target.instance_id}"] is None:
            yield _deny(target, f"{role['id']}:{target.instance_id}", role["name"])
        if self.sessions_before:
            for found in _roles(state):
                there = state[OLDER + found[0]]
                if not is_enough(there, self.sessions_before):
                    yield older_sessions.deny(NAME, target, found, there, self.sessions_before)

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        if step.facet.startswith(OLDER):
            return older_sessions.can_have_planned(NAME, step, target, _NAME)
        user_id, role = step.facet.removeprefix(DENIED), step.after
        return (
            USER_ID.fullmatch(user_id) is not None
            and user_id.endswith(f":{target.instance_id}")
            and isinstance(role, str)
            and _NAME.fullmatch(role) is not None
            and step.does_as(_deny(target, user_id, role))
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        if not self.sessions_before:
            return self._own(state)
        older = [
            Fact(
                measure=NAME,
                fact=f"role {name} denies everything to sessions issued before {self.sessions_before}",
                holds=is_enough(state[OLDER + role_id], self.sessions_before),
            )
            for role_id, name in _roles(state)
        ]
        return (*self._own(state), *older)

    def _own(self, state: State) -> Proof:
        denied = [f"role {name}" for facet, name in state.items() if facet.startswith(DENIED) and name is not None]
        if denied:
            said = f"{' and '.join(denied)} denies everything to its credentials, and to no other instance's"
            return (Fact(measure=NAME, fact=said, holds=True),)
        if state[AGENTS]:
            said = "it has the agent's profile, and no role denies anything to it: give the agent a profile that the instance never had"
            return (Fact(measure=NAME, fact=said, holds=False),)
        if state[ROLE] is None:
            return (Fact(measure=NAME, fact="it has no role that it is given credentials of", holds=True),)
        return (Fact(measure=NAME, fact=f"role {state[ROLE]['name']} denies nothing to its credentials", holds=False),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        role = state[ROLE]
        if role is None:
            return ()
        name, before = role["name"], self.sessions_before
        if before:
            told = f"Role {name} denies everything to whoever got its credentials before {before}"
            return (
                f"{told}: other instances and people too, until they get new ones, which an instance may get hours later.",
            )
        asked = f"To deny all older sessions of role {name} too, those of other instances and people included"
        return (f"{asked}, repeat this with `role_sessions_before` set to the present time, in UTC.",)

    def _role(self, reads: Reads, target: Ec2Instance) -> dict[str, Json] | None:
        """Name and unique id of the role whose credentials were given to it."""
        profile = profile_of(reads, target)
        if profile is None or profile == self.agent_profile:
            return None
        call = iam_call(target.account, target.partition, "GetInstanceProfile", InstanceProfileName=name_of(profile))
        try:
            roles = reads.read(call)["InstanceProfile"]["Roles"]
        except AwsError as error:
            if error.code != "NoSuchEntity":
                raise
            return None
        if not roles:
            return None
        role = roles[0]
        return {
            "arn": role["Arn"],
            "name": role["RoleName"],
            "id": role["RoleId"],
        }


def residual(state: State, target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """The credentials of which nothing of the instance tells any more, whoever took its profile away. Pure."""
    if ROLE not in state or state[ROLE] is not None or any(state[one] for one in state if one.startswith(DENIED)):
        return ()
    find = f"aws cloudtrail lookup-events --region {target.region} --lookup-attributes AttributeKey=Username,"
    return (
        {
            "what": f"credentials of a role that {target.label} had before, if it had one: they go on for up to six hours",
            "why": "it has none now, and no role of the account denies anything to it; whether it had one, it does not tell. Sessions that "
            f"are named by its id show it: {find}AttributeValue={target.instance_id}. Contain the role that they are of with "
            "cordon.aws.iam_principal_containment",
        },
    )


def _roles(state: State) -> list[tuple[str, str]]:
    """Unique id and name of the role it has, and of those that deny its sessions already."""
    role = state[ROLE]
    known = {} if role is None else {role["id"]: role["name"]}
    for facet, name in state.items():
        if facet.startswith(DENIED) and name is not None:
            known[facet.removeprefix(DENIED).partition(":")[0]] = name
    return sorted(known.items())


def _denied_anywhere(reads: Reads, target: Ec2Instance) -> dict[str, Json]:
    """Facets of its sessions that some role of the account denies, and of roles that deny all older ones."""
    found: dict[str, Json] = {}
    listing = iam_call(target.account, target.partition, "GetAccountAuthorizationDetails", Filter=["Role"])
    for role in reads.pages(listing, "RoleDetailList"):
        texts = {one["PolicyName"]: unquote(one["PolicyDocument"]) for one in role.get("RolePolicyList", ())}
        for user_id in denied_by(texts.get(POLICY_NAME, "")):
            if user_id.endswith(f":{target.instance_id}"):
                found[DENIED + user_id] = str(role["RoleName"])
        if older_sessions.POLICY_NAME in texts:
            found[OLDER + role["RoleId"]] = denied_before(texts[older_sessions.POLICY_NAME])
    return found


def _deny(target: Ec2Instance, user_id: str, role: str) -> Step:
    def call(denied: bool) -> Call:
        region = iam_call(target.account, target.partition, "").region
        parameters = {"RoleName": role, "UserId": user_id, "Denied": denied}
        return Call(account=target.account, region=region, service=MERGED, operation=SET_DENIED, parameters=parameters)

    return Step(
        measure=NAME,
        facet=DENIED + user_id,
        call=call(True),
        undo=(call(False),),
        why=f"deny everything to credentials of role {role} that {target.label} was given",
        before=None,
        after=role,
    )

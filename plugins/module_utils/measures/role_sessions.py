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

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import name_of, profile_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
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

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
        "iam:GetInstanceProfile",
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
            found |= {DENIED + user_id: name for user_id, name in _denied_anywhere(reads, target)}
        return found

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """One step, or none where they are denied already, or it has no role."""
        role = state[ROLE]
        if role is None or state[DENIED + f"{role['id']}:{target.instance_id}"] is not None:
            return
        yield _deny(target, f"{role['id']}:{target.instance_id}", role["name"])

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        user_id, role = step.facet.removeprefix(DENIED), step.after
        return (
            USER_ID.fullmatch(user_id) is not None
            and user_id.endswith(f":{target.instance_id}")
            and isinstance(role, str)
            and _NAME.fullmatch(role) is not None
            and step.does_as(_deny(target, user_id, role))
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        denied = [f"role {name}" for facet, name in state.items() if facet.startswith(DENIED) and name is not None]
        if denied:
            said = f"{' and '.join(denied)} denies everything to its credentials, and to no other instance's"
            return (Fact(measure=NAME, fact=said, holds=True),)
        if state[AGENTS]:
            said = "it has the agent's profile, and no role denies anything to it: give the agent a profile that the instance never had"
            return (Fact(measure=NAME, fact=said, holds=False),)
        if state[ROLE] is None:
            return (Fact(measure=NAME, fact="it has no role, and no role denies anything to it", holds=True),)
        return (Fact(measure=NAME, fact=f"role {state[ROLE]['name']} denies nothing to its credentials", holds=False),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        role = state[ROLE]
        if role is None:
            return ()
        wish = '{"measures": ["sessions"], "sessions_before": "2026-01-31T14:05:00Z"}'
        again = f"ansible-playbook playbooks/respond_to_leaked_key.yml -e access_key_ids={role['arn']} -e '{wish}'"
        return (
            f"To deny all older sessions of role {role['name']} too, those of other instances and people included: {again}",
        )

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


def _denied_anywhere(reads: Reads, target: Ec2Instance) -> Iterator[tuple[str, str]]:
    """Its sessions that some role of the account denies, with the role."""
    listing = iam_call(target.account, target.partition, "GetAccountAuthorizationDetails", Filter=["Role"])
    for role in reads.pages(listing, "RoleDetailList"):
        for text in _our_policies(role):
            for user_id in denied_by(text):
                if user_id.endswith(f":{target.instance_id}"):
                    yield user_id, str(role["RoleName"])


def _our_policies(role: Mapping[str, Json]) -> Iterator[str]:
    for policy in role.get("RolePolicyList", ()):
        if policy["PolicyName"] == POLICY_NAME:
            yield unquote(policy["PolicyDocument"])


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

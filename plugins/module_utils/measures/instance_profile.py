# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take its instance profile from an instance, or give it one that can do no more than an agent needs.

Credentials that it has been given go on for up to six hours, which is what `role_sessions` is for; after a replacement what runs on it may
see either profile's for almost an hour. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import (
    PROFILE_ARN,
    profile_of,
    set_profile,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import DENIED, ROLE
from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "instance_profile"
PROFILE = "instance_profile"
_UNKNOWN: dict[str, Json] = {}
"""In the place of a role that could not be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceProfile:
    """The measure, with the profile that the instance gets. Releasing needs no wish."""

    agent_profile: str | None = None
    """The ARN of a profile that can do no more than an agent needs; None for no profile at all."""
    after_denial: bool = False
    """Whether `role_sessions` is taken, too: the profile then stays until the role denies what was stolen of it, because nothing else
    tells that role."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:AssociateIamInstanceProfile",
        "ec2:DisassociateIamInstanceProfile",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "iam:PassRole",
        "iam:GetInstanceProfile",
        "iam:GetRolePolicy",
    )
    OPEN_WITHOUT: str = "its instance profile, of which it is given new credentials all the time"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        described(reads, target)
        return {PROFILE: profile_of(reads, target)}

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """One step where it has a profile, and another one than it is to have. One that has none gets none."""
        before = state[PROFILE]
        if before is None or before == self.agent_profile:
            return
        self._check_account(target)
        yield _change(target, before, self.agent_profile, self._denial(state, target))

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        """The old profile is one of the instance's own account. Whether the instance had it, who gives it back asks IAM."""
        before, after, given = step.before, step.after, step.call.parameters
        denial = (given["RoleName"], given["UserId"]) if {"RoleName", "UserId"} <= set(given) else None
        own = [arn for arn in (before, after) if arn is not None]
        return (
            isinstance(before, str)
            and all(isinstance(arn, str) and _is_of(arn, target.account) for arn in own)
            and step.does_as(_change(target, before, after, denial))
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        found = state[PROFILE]
        said = "it has no instance profile" if found is None else f"its instance profile is {found}"
        return (Fact(measure=NAME, fact=said, holds=found in (None, self.agent_profile)),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        if self.agent_profile is None:
            return ()
        look = f"{target.label} keeps an agent: look that {self.agent_profile} can do no more than AmazonSSMManagedInstanceCore allows."
        return (f"{look} For almost an hour what runs on it may be given credentials of either profile.",)

    def _denial(self, state: State, target: Ec2Instance) -> tuple[str, str] | None:
        """The role, and the session of it that must be denied first; None where there is none, or nobody asked for it."""
        if not self.after_denial:
            return None
        role = state.get(ROLE, _UNKNOWN)
        if role is None:
            return None
        user_id = f"{role.get('id')}:{target.instance_id}"
        if state.get(DENIED + user_id) is not None:
            return str(role["name"]), user_id
        raise RefusedError(
            f"take its instance profile from {target.label}",
            "its credentials are not denied, and nothing would tell their role afterwards",
            "Repeat the run when `role_sessions` can be taken, or leave that out of `measures`.",
        )

    def _check_account(self, target: Ec2Instance) -> None:
        if self.agent_profile is not None and not _is_of(self.agent_profile, target.account):
            raise RefusedError(
                f"give {target.label} the profile {self.agent_profile}",
                f"the instance is in account {target.account}",
                "Name a profile of that account, or leave out `agent_profile`.",
            )


def _is_of(profile_arn: str, account: str) -> bool:
    named = PROFILE_ARN.fullmatch(profile_arn)
    return named is not None and named["account"] == account


def _change(target: Ec2Instance, before: str, after: str | None, denial: tuple[str, str] | None) -> Step:
    return Step(
        measure=NAME,
        facet=PROFILE,
        call=set_profile(target, after, denial, is_agents=after is not None),
        undo=(set_profile(target, before),),
        why=f"take its instance profile from {target.label}"
        if after is None
        else f"give {target.label} the instance profile {after} instead of its own",
        before=before,
        after=after,
    )

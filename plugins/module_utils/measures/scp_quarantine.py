# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything to a principal by a service control policy of its account, out of the reach of everybody in that account.

It is the only measure that holds against somebody who may change IAM: what the account's own policies say can be taken back within the
seconds that IAM needs to enforce it. It restricts root, too, and everybody else but the management account and service-linked roles:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import RESERVED, Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    ATTACHED_QUOTA,
    DENIED,
    EVERYBODY,
    FROZEN,
    OPERATION,
    RESPONDER,
    USER_ID,
    Room,
    Wanted,
)
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import (
    organizations_call,
    read_holding,
    why_no_help,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "scp_quarantine"
ENTRY = "scp_quarantine/"
ROOM = "scp_room"
LEFT_IN = "scp_left_in"
"""Whom a freeze, or the quarantine of the account, leaves in."""
NO_HELP = "scp_no_help"
ORGANIZATION = "scp_written_from"
_PARAMETERS = frozenset({"TargetId", "UserId", "Quarantine", "Responders", "AttachedQuota"})


class Quarantinable(Protocol):
    """A principal, or an account, of which all but responders are meant."""

    @property
    def arn(self) -> str: ...

    @property
    def account(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def user_id(self) -> str:
        """The pattern of `aws:userid` that names it; empty where its unique id is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScpQuarantine:
    """The measure, with what is wished of it. Reading and releasing need no wish."""

    freeze: bool = False
    """Keep everybody in the account but responders from changing IAM and from getting sessions, too."""
    responders: tuple[str, ...] = ()
    attached_quota: int = ATTACHED_QUOTA

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"user", "role", "session", "root", "account", RESERVED})
    PERMISSIONS: tuple[str, ...] = (
        "organizations:DescribeOrganization",
        "organizations:ListPoliciesForTarget",
        "organizations:DescribePolicy",
        "organizations:ListPolicies",
        "organizations:CreatePolicy",
        "organizations:UpdatePolicy",
        "organizations:AttachPolicy",
        "organizations:DetachPolicy",
        "organizations:DeletePolicy",
    )
    OPEN_WITHOUT: str = (
        "what an attacker who may change IAM takes back or makes anew: only `scp_quarantine` or `escalate` stops that"
    )

    def observe(self, reads: Reads, target: Quarantinable) -> dict[str, Json]:
        """What our policies of its account say of it; of everybody in them only where it is gone, and has no id any more."""
        caller = reads.caller
        reads.ahead(organizations_call(caller, "DescribeOrganization"))
        no_help = why_no_help(reads, caller, target.account)
        if no_help:
            return {NO_HELP: no_help}
        holding = read_holding(reads, caller, target.account)
        states = holding.states()
        known = [target.user_id or _user_id_of(reads, target)]
        known = [user_id for user_id in known if user_id] or list(states)
        room = holding.room
        return {
            **{ENTRY + user_id: states.get(user_id) for user_id in known},
            ROOM: {"attached": room.attached, "ours": room.ours, "free": room.free},
            LEFT_IN: {
                user_id: list(policy.says.responders)
                for policy in holding.ours
                for user_id in known
                if user_id in policy.says.frozen_for or user_id in policy.says.denied & {EVERYBODY}
            },
            ORGANIZATION: caller.account,
        }

    def plan(self, state: State, target: Quarantinable) -> Iterator[Step]:
        """One step, or none where it is in quarantine already, or no policy can help. Raises QuotaError where there is no room."""
        if NO_HELP in state:
            return
        before, wanted = state.get(ENTRY + target.user_id), self._wanted
        if before in (wanted, FROZEN):
            return
        room = Room(**state[ROOM])
        entry = Wanted(
            user_id=target.user_id, state=wanted, responders=self.responders, attached_quota=self.attached_quota
        )
        if not room.fits(entry):
            raise room.lacking(entry, target.account)
        yield _set(target, entry, state[ORGANIZATION], before)

    def can_have_planned(self, step: Step, target: Quarantinable) -> bool:
        """The account that it was written from may be another one by now; who reads the log runs it with rights of its own."""
        user_id = step.facet.removeprefix(ENTRY)
        if step.call.operation != OPERATION or set(step.call.parameters) - _PARAMETERS:
            return False
        responders = tuple(step.call.parameters.get("Responders", ()))
        whole = user_id == EVERYBODY
        return (
            bool(USER_ID.fullmatch(user_id))
            and (not target.user_id or user_id == target.user_id)
            and all(RESPONDER.fullmatch(pattern) for pattern in responders)
            and (step.before, step.after) in ((None, DENIED), (None, FROZEN), (DENIED, FROZEN))
            and not (whole and step.after == FROZEN)
            and step.does_as(_set(target, Wanted.of_call(step.call), step.call.account, step.before))
        )

    def verify(self, state: State, target: Quarantinable) -> Proof:
        """Nothing is proven where no policy can help: then the other measures have to."""
        if NO_HELP in state:
            return ()
        found = state.get(ENTRY + target.user_id)
        if found is None:
            return (Fact(measure=NAME, fact="no service control policy denies it everything", holds=False),)
        said = f"a service control policy of account {target.account} says of it: {found}"
        if found not in (self._wanted, FROZEN):
            return (Fact(measure=NAME, fact=f"{said}; IAM is not frozen", holds=False),)
        facts = [Fact(measure=NAME, fact=said, holds=True)]
        # In check mode, what is only planned leaves in whom it should.
        left_in = state.get(LEFT_IN, {}).get(target.user_id)
        shut_out = [] if left_in is None else sorted(set(self._of_account(target.account)) - set(left_in))
        if shut_out and found == self._wanted:
            said = f"it was put in force before, and leaves out {', '.join(shut_out)}: work as one of those who are in, or have it "
            said += "released and done again with them"
            facts.append(Fact(measure=NAME, fact=said, holds=False))
        return facts

    def notes(self, state: State, target: Quarantinable) -> Sequence[str]:
        if NO_HELP not in state:
            return ()
        return (f"No service control policy can help {target.label}: {state[NO_HELP]}.",)

    def _of_account(self, account: str) -> tuple[str, ...]:
        """The responders who can be principals of this account: no other account's are restricted."""
        return tuple(pattern for pattern in self.responders if fnmatchcase(account, pattern.split(":")[4]))

    @property
    def _wanted(self) -> str:
        return FROZEN if self.freeze else DENIED


def _user_id_of(reads: Reads, target: Quarantinable) -> str:
    """The pattern of a principal that is only known from a log, by what has its name now; empty where nothing has."""
    if not isinstance(target, IamPrincipal) or target.kind not in ("user", "role", "session"):
        return ""
    kind = "User" if target.kind == "user" else "Role"
    try:
        unique_id = str(reads.read(target.call(f"Get{kind}"))[kind][f"{kind}Id"])
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return ""
    whole = f"{unique_id}:{target.session_name}" if target.kind == "session" else unique_id
    return replace(target, unique_id=whole).user_id


def _set(target: Quarantinable, entry: Wanted, account: str, before: str | None) -> Step:
    def call(state: str | None, responders: Sequence[str] = ()) -> Call:
        quota = {} if entry.attached_quota == ATTACHED_QUOTA else {"AttachedQuota": entry.attached_quota}
        return Call(
            account=account,
            region="us-east-1",
            service=MERGED,
            operation=OPERATION,
            parameters={
                "TargetId": target.account,
                "UserId": entry.user_id,
                "Quarantine": state,
                "Responders": list(responders),
                **quota,
            },
        )

    frozen = ", and keep IAM from being changed by anybody but responders" if entry.state == FROZEN else ""
    return Step(
        measure=NAME,
        facet=ENTRY + entry.user_id,
        call=call(entry.state, entry.responders),
        undo=(call(before),),
        why=f"deny everything to {target.label} by a service control policy of account {target.account}{frozen}",
        before=before,
        after=entry.state,
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follows contained principals: what they have made, under which name they are now, and what shows that they are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import organizations_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED
from ansible_collections.cordon.aws.plugins.module_utils.target_run import TargetRun
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_history import History
from ansible_collections.cordon.aws.plugins.module_utils.trail.offspring import (
    Descent,
    ForeignKey,
    Offspring,
    descent,
    ids_made,
)
from ansible_collections.cordon.aws.plugins.module_utils.watching import outside_proof, probes

PERMISSIONS = (
    "cloudtrail:LookupEvents",
    "iam:GetRole",
    "iam:GetUser",
    "iam:ListRoles",
    "iam:ListUsers",
    probes.PERMISSION,
)
_SHOWN = 5
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
_CLOUDTRAIL_IS_BEHIND = timedelta(minutes=15)


class Pursuit:
    """One run's search. `since`: how far back it looks for what was made."""

    def __init__(self, *, cloud: Cloud, since: datetime) -> None:
        self._cloud = cloud
        self._history = History(cloud=cloud, since=since)
        self._named: tuple[IamPrincipal, ...] = ()
        """Those that the run was asked to contain: everything else descends from them."""
        self._descent = Descent()
        self._gone: set[str] = set()
        self._strangers: dict[str, list[str]] = {}
        self._members: dict[str, bool] = {}
        self._lock = threading.Lock()

    def found(self, entries: Sequence[TargetRun]) -> list[IamPrincipal]:
        """Principals that descend from those of `entries`, are not among them, and are still there."""
        principals = [entry.target for entry in entries if isinstance(entry.target, IamPrincipal)]
        self._named = self._named or tuple(principal for principal in principals if principal.unique_id)
        self._history.look(principal.account for principal in principals)
        self._descent = descent(self._history.making(), [principal.user_id for principal in self._named])
        known = {principal.user_id for principal in principals}
        fresh = [
            made
            for made in self._descent.offspring
            if made.principal.user_id not in known and self._is_ours(made.principal.account)
        ]
        there = in_parallel([made.principal for made in fresh], self._is_there)
        return [_to_be_deleted(made) for made, is_there in zip(fresh, there, strict=True) if is_there]

    def renamed(self, entries: Sequence[TargetRun]) -> list[IamPrincipal]:
        """Those of `entries` that have another name now, under that."""
        found = []
        for entry in entries:
            try:
                now = self._under_its_name(entry.found) if entry.is_lost else None
            except CordonError:
                continue  # settle_lost says so
            if now is not None:
                found.append(now)
        return found

    def settle_lost(self, entry: TargetRun, entries: Sequence[TargetRun]) -> None:
        """Of a target that AWS no longer knows by its name: whether it is gone, or has another name now."""
        # What is told by the unique id, as in a service control policy, does not need the name.
        entry.planned = tuple(step for step in entry.planned if step.call.service == MERGED)
        entry.setbacks = []
        try:
            now = self._under_its_name(entry.found)
        except CordonError as error:
            said = f"AWS no longer knows it by its name, and whether it has another one cannot be told: {error}"
            entry.proof = (Fact(measure="pursuit", fact=said, holds=False),)
            return
        if now is None:
            entry.proof = (self._of_gone(entry, entries),)
            return
        is_known = any(one.arn == now.arn for one in entries)
        entry.proof = (Fact(measure="pursuit", fact=f"it has been renamed and is {now.arn} now", holds=is_known),)
        old_name = entry.arn.rpartition("/")[2]
        note = (
            f"{entry.arn} has been renamed and is {now.arn} now. Before it is released it needs its old name: "
            f"aws iam update-user --user-name {now.name} --new-user-name {old_name}"
        )
        entry.notes = [*(one for one in entry.notes if one != note), note]

    def _of_gone(self, entry: TargetRun, entries: Sequence[TargetRun]) -> Fact:
        """What is told of a target of whose unique id there is nothing any more; somebody else may have its name."""
        target = entry.found
        known = {one.target.unique_id for one in entries if one.target is not None and one is not entry}
        heir = self._who_has_the_name(target) if isinstance(target, IamPrincipal) else ""
        if heir and heir not in known:
            fact = f"it is gone, and its name has passed to another, {heir}, who is not contained: contain it if it is nobody of yours"
            return Fact(measure="pursuit", fact=fact, holds=False)
        return Fact(measure="pursuit", fact="it is gone: somebody has deleted it", holds=True)

    def _who_has_the_name(self, target: IamPrincipal) -> str:
        """The unique id of the user or role that has a target's name now; empty where there is none."""
        kind = "User" if target.kind == "user" else "Role"
        try:
            return str(self._cloud.read(target.call(f"Get{kind}"))[kind][f"{kind}Id"])
        except CordonError:
            return ""

    def proof(self, entry: TargetRun, entries: Sequence[TargetRun], contained_at: datetime) -> Proof:
        """What AWS says of one target beyond its state. What cannot be asked for is added to its `unchecked`."""
        target = entry.found
        if not isinstance(target, IamPrincipal):
            return ()
        return [
            *(outside_proof.simulated(self._cloud, entry, target, contained_at) if _is_denied(entry, target) else ()),
            *outside_proof.refused(self._history, entry, target, contained_at),
            *(self._made(entry, target, entries) if target in self._named else ()),
        ]

    def _made(self, entry: TargetRun, target: IamPrincipal, entries: Sequence[TargetRun]) -> Iterator[Fact]:
        """Whether all that a target has made is contained as well."""
        if target.account in self._history.unread:
            entry.unchecked.append(f"what {target.label} has made to go on as: {self._history.unread[target.account]}")
            return
        contained = {
            one.target.user_id
            for one in entries
            if isinstance(one.target, IamPrincipal) and one.verified and not one.errors
        }
        mine = [made for made in self._descent.offspring if made.made_by == target.user_id]
        there = [
            made
            for made in mine
            if made.principal.user_id in contained
            or not self._is_ours(made.principal.account)
            or self._is_there(made.principal)
        ]
        free = [made for made in there if made.principal.user_id not in contained]
        since = f"since {self._history.since:%Y-%m-%d %H:%M} UTC"
        if free:
            fact = f"{_listed(free)} made by it {since} can still act"
        elif there:
            fact = f"all {len(there)} principals that it made {since} are contained"
        else:
            fact = f"CloudTrail shows nothing that it made {since} and that is still there"
        yield Fact(measure="pursuit", fact=fact, holds=not free)
        for stranger in self._of_nobody(target.account, entries):
            entry.unchecked.append(
                f"who made {stranger}: it is new, and CloudTrail does not show it yet; run this again in 15 minutes"
            )
        for made in self._descent.shared:
            if made.made_by == target.user_id:
                fact = f"it took {made.principal.arn}, a session that somebody else took, too: end it by hand, or contain the role"
                yield Fact(measure="pursuit", fact=fact, holds=False)
        for flood in self._history.flooded.get(target.account, ()):
            entry.unchecked.append(f"all that {target.label} has made: {flood}")
        entry.unchecked.append(f"what {target.label} made before {self._history.since:%Y-%m-%d %H:%M} UTC: set `since`")
        users = {
            (one.target.account, one.target.name)
            for one in entries
            if isinstance(one.target, IamPrincipal) and one.target.kind == "user"
        }
        for key in self._descent.keys:
            if key.made_by == target.user_id and (key.account, key.user_name) not in users and self._works(key):
                fact = (
                    f"it made access key {key.access_key_id} for user/{key.user_name}, who is not contained: contain the owner by "
                    "that key, or make it inactive"
                )
                yield Fact(measure="pursuit", fact=fact, holds=False)

    def _works(self, key: ForeignKey) -> bool:
        """Whether a key is there and active; what cannot be told is."""
        listing = iam_call(key.account, self._cloud.caller().partition, "ListAccessKeys", UserName=key.user_name)
        try:
            keys = self._cloud.pages(listing, "AccessKeyMetadata")
        except AwsError as error:
            return not is_gone(error.code)
        return any(one["AccessKeyId"] == key.access_key_id and one["Status"] == "Active" for one in keys)

    def _of_nobody(self, account: str, entries: Iterable[TargetRun]) -> list[str]:
        """ARNs of users and roles that were made meanwhile, and of whom CloudTrail does not say yet by whom."""
        with self._lock:
            if account not in self._strangers:
                told = {unique_id for event in self._history.making(account) for unique_id in ids_made(event)}
                told |= {entry.target.unique_id for entry in entries if entry.target is not None}
                self._strangers[account] = [arn for arn, unique_id in self._new_in(account) if unique_id not in told]
            return self._strangers[account]

    def _new_in(self, account: str) -> Iterator[tuple[str, str]]:
        """ARN and unique id of what has been made since the run began; nothing where that cannot be listed."""
        partition = self._cloud.caller().partition
        for kind in ("User", "Role"):
            try:
                shown = self._cloud.pages(iam_call(account, partition, f"List{kind}s"), f"{kind}s")
            except CordonError:
                continue
            for one in shown:
                if one["CreateDate"] >= self._history.started - _CLOUDTRAIL_IS_BEHIND:
                    yield str(one["Arn"]), str(one[f"{kind}Id"])

    def _is_ours(self, account: str) -> bool:
        """Whether the account is one of those that are named, or of their organization. Who goes on in an account of his own is not
        followed there."""
        if any(account == principal.account for principal in self._named):
            return True
        with self._lock:
            if account not in self._members:
                asked = organizations_call(self._cloud.caller(), "DescribeAccount", AccountId=account)
                try:
                    self._cloud.read(asked)
                    self._members[account] = True
                except CordonError:
                    self._members[account] = False
            return self._members[account]

    def _is_there(self, principal: IamPrincipal) -> bool:
        """Whether it still exists, under whatever name. What cannot be told exists; what is gone does not come back under its id."""
        if principal.user_id in self._gone:
            return False
        kind = "User" if principal.kind == "user" else "Role"
        try:
            shown = self._cloud.read(principal.call(f"Get{kind}"))[kind]
            if shown[f"{kind}Id"] == principal.unique_id.partition(":")[0]:
                return True
        except AwsError as error:
            if not is_gone(error.code):
                return True
        try:
            has_left = self._under_its_name(principal) is None
        except CordonError:
            return True
        if has_left:
            self._gone.add(principal.user_id)
        return not has_left

    def _under_its_name(self, target: object) -> IamPrincipal | None:
        """A user under the name that it has now, where that is another one; None where there is none of its unique id. Roles cannot
        be renamed. Raises CordonError where users cannot be listed."""
        if not isinstance(target, IamPrincipal) or target.kind != "user" or not target.unique_id:
            return None
        for user in self._cloud.pages(iam_call(target.account, target.partition, "ListUsers"), "Users"):
            if user["UserId"] == target.unique_id and user["Arn"] != target.arn:
                return replace(target, arn=str(user["Arn"]), name=str(user["UserName"]))
        return None


def _is_denied(entry: TargetRun, target: IamPrincipal) -> bool:
    """Whether a policy in IAM is to deny it everything: then the simulator has something to say."""
    wanted = "sessions" if target.kind == "session" else "deny_policy"
    return any(fact.measure == wanted for fact in entry.proof)


def _to_be_deleted(made: Offspring) -> IamPrincipal:
    """As a target, with what a human should know of it."""
    principal = made.principal
    if principal.kind == "session":
        return principal
    note = (
        f"{principal.label} was made by a contained principal ({made.made_by}): delete it when it is no longer evidence; a release would "
        "free it."
    )
    return replace(principal, notes=(*principal.notes, note))


def _listed(made: Sequence[Offspring]) -> str:
    names = ", ".join(one.principal.arn for one in made[:_SHOWN])
    return names if len(made) <= _SHOWN else f"{names} and {len(made) - _SHOWN} more"

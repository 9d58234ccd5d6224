# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything in a bucket to everybody but responders and AWS's own services, by one statement in front of its policy's others.

An explicit deny wins over what ACLs, other statements and identity policies allow, of other accounts too:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
AWS's services stay in, so that a trail goes on delivering into it; who stands behind them is not told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import read_policy, with_statement
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import RESPONDER
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.s3.buckets import S3Bucket, configured

NAME = "bucket_policy"
POLICY = "bucket_policy"
VERSIONING = "versioning"
LOCK = "object_lock"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
_QUOTA = 20 * 1024
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_EMPTY = '{"Version":"2012-10-17","Statement":[]}'


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketPolicy:
    """The measure, with whom it leaves in. Releasing needs no wish."""

    responders: tuple[str, ...] = ()

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"bucket"})
    PERMISSIONS: tuple[str, ...] = (
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
    )
    OPEN_WITHOUT: str = "whoever its policy, its ACLs or their own policies let in"

    def observe(self, reads: Reads, target: S3Bucket) -> dict[str, Json]:
        """The policy as text, and, for whoever looks at the case later, whether what was in it can still be there."""
        for operation in ("GetBucketPolicy", "GetBucketVersioning", "GetObjectLockConfiguration"):
            reads.ahead(target.call(operation))
        policy = configured(reads, target.call("GetBucketPolicy"), "NoSuchBucketPolicy")
        lock = configured(reads, target.call("GetObjectLockConfiguration"), "ObjectLockConfigurationNotFoundError")
        return {
            POLICY: None if policy is None else policy["Policy"],
            VERSIONING: reads.read(target.call("GetBucketVersioning")).get("Status", "never enabled"),
            LOCK: None if lock is None else lock["ObjectLockConfiguration"],
        }

    def plan(self, state: State, target: S3Bucket) -> Iterator[Step]:
        """One step, or none where a statement of ours is there. Raises QuotaError where it does not fit, and RefusedError where it cannot
        be put in without touching what is there."""
        text = state[POLICY]
        if self._denied(text, target) is not None:
            return
        after = _with_ours(text, target, self.responders)
        if len(after.encode()) > _QUOTA:
            used = len((text or "").encode())
            raise QuotaError(
                f"deny everything in {target.label}",
                f"its policy holds {used} of {_QUOTA} bytes, {_QUOTA - used} are free and {len(after.encode()) - used} are needed",
                "Name fewer `responders`, or shorten the policy. Public access is blocked all the same.",
            )
        yield _put(target, text, after)

    def can_have_planned(self, step: Step, target: S3Bucket) -> bool:
        """Only what adds our statement to what was there, so that the way back takes away nothing else."""
        patterns = next(_left_in(step.after, target), None)  # ours is in front
        if patterns is None or not all(RESPONDER.fullmatch(pattern) for pattern in patterns):
            return False
        try:
            is_addition = step.after == _with_ours(step.before, target, patterns)
        except RefusedError:
            return False
        return is_addition and step.does_as(_put(target, step.before, step.after))

    def verify(self, state: State, target: S3Bucket) -> Proof:
        patterns = self._denied(state[POLICY], target)
        if patterns is None:
            others = next(_left_in(state[POLICY], target), None)
            said = (
                "nothing to anybody"
                if others is None
                else f"everything to all but {', '.join(others)}, who are not responders"
            )
            return (Fact(measure=NAME, fact=f"its policy denies {said}", holds=False),)
        return (Fact(measure=NAME, fact=f"its policy denies everything to all but {', '.join(patterns)}", holds=True),)

    def notes(self, state: State, target: S3Bucket) -> Sequence[str]:
        notes = ["AWS's services go on reading and writing in it, as a trail does that delivers into it."]
        strangers = sorted({one for found in _left_in(state[POLICY], target) for one in found} - set(self.responders))
        if strangers:
            notes.append(
                f"A statement like Cordon's left in {', '.join(strangers)} of {target.label}, whom this run shuts out. "
                "Name them in `responders` if they are."
            )
        if state[VERSIONING] != "Enabled":
            notes.append(
                f"Versioning of {target.label} is {state[VERSIONING].lower()}: what was deleted or overwritten cannot be brought back."
            )
        return notes

    def _denied(self, text: Json, target: S3Bucket) -> list[str] | None:
        """Whom the statement leaves in that counts: one, whoever put it there, that leaves in no one else than the responders."""
        return next((found for found in _left_in(text, target) if set(found) <= set(self.responders)), None)


def left_in(patterns: Iterable[str], account: str) -> tuple[str, ...]:
    """Patterns of responders as a bucket's policy may name them: each of one account. In another account anybody can make a role of a
    responder's name. Where the account is left open, that of the bucket is meant. Raises InputError for an account that is half open."""
    found, faults = [], []
    for pattern in patterns:
        parts = pattern.split(":")
        if parts[4] == "*":
            parts[4] = account
        if not _ACCOUNT.fullmatch(parts[4]):
            fault = f"use the responder {ascii(pattern)[:120]}"
            faults.append(
                InputError(fault, "it means roles of accounts that are not known", "Write the account's 12 digits.")
            )
        found.append(":".join(parts))
    if faults:
        raise InputError.together(faults)
    return tuple(sorted(set(found)))


def statement_for(target: S3Bucket, responders: Sequence[str]) -> dict[str, Json]:
    """Anonymous requests have neither key; "IfExists" means them, too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice"""
    return {
        "Sid": "CordonDenyAllButResponders",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [target.arn, f"{target.arn}/*"],
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": list(responders)},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }


def _with_ours(text: str | None, target: S3Bucket, responders: Sequence[str]) -> str:
    tried = f"deny everything in {target.label} to all but responders"
    return with_statement(_EMPTY if text is None else text, statement_for(target, responders), tried)


def _left_in(text: Json, target: S3Bucket) -> Iterator[list[str]]:
    """Whom each statement leaves in that is like ours, whoever put it there."""
    try:
        found = read_policy(text).get("Statement")
    except ValueError:
        return
    for one in found if isinstance(found, list) else [found]:
        patterns = _patterns_of(one)
        if isinstance(one, dict) and patterns and _without_sid(one) == _without_sid(statement_for(target, patterns)):
            yield patterns


def _patterns_of(statement: Json) -> list[str]:
    try:
        found = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    except (KeyError, TypeError):
        return []
    listed = [found] if isinstance(found, str) else found
    return listed if isinstance(listed, list) and all(isinstance(one, str) for one in listed) else []


def _without_sid(statement: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in statement.items() if name != "Sid"}


def _put(target: S3Bucket, before: str | None, after: str) -> Step:
    back = target.call("DeleteBucketPolicy") if before is None else target.call("PutBucketPolicy", Policy=before)
    return Step(
        measure=NAME,
        facet=POLICY,
        call=target.call("PutBucketPolicy", Policy=after),
        undo=(back,),
        why=f"deny everything in {target.label} to all but responders",
        before=before,
        after=after,
    )

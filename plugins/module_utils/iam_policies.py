# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies Cordon puts on an IAM user, how they are observed there, and how much room is left for them."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

INLINE = "inline_policy/"
ATTACHED = "attached_policy/"
BOUNDARY = "permissions_boundary"

# An IAM user's inline policies together, white space not counted; cannot be raised:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
INLINE_QUOTA = 2048
# Managed policies per user unless AWS has raised it (to 20 at most): same page.
ATTACHED_QUOTA = 10

_WHITE_SPACE = re.compile(r"\s")

DENY_ALL_NAME = "CordonDenyAll"


def document(*statements: dict[str, Json]) -> str:
    """A policy as the exact text that is stored: compact, because every character counts."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


DENY_ALL = document({"Sid": DENY_ALL_NAME, "Effect": "Deny", "Action": "*", "Resource": "*"})


def says(text: Json, wanted: str) -> bool:
    """Whether a stored policy says what `wanted` says, however it is written. What cannot be read says nothing."""
    try:
        return text is not None and bool(json.loads(text, object_pairs_hook=_once) == json.loads(wanted))
    except ValueError:
        return False


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object whose names stand there once: which of two counts, nobody says."""
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def deny_all_arn(user: IamUser) -> str:
    """AWS's own policy that denies everything: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html"""
    return f"arn:{user.partition}:iam::aws:policy/AWSDenyAll"


def everything_denied_by(state: State, user: IamUser) -> str:
    """What denies everything to `user` and to its sessions, in words; empty where nothing does."""
    if says(state.get(INLINE + DENY_ALL_NAME), DENY_ALL):
        return f"inline policy {DENY_ALL_NAME} denies everything"
    if state.get(ATTACHED + deny_all_arn(user)) is not None:
        return "attached policy AWSDenyAll denies everything"
    if state.get(BOUNDARY) == deny_all_arn(user):
        return "permissions boundary AWSDenyAll denies everything"
    return ""


def observe_policies(reads: Reads, user: IamUser) -> dict[str, Json]:
    """Every inline policy as its stored text, every attached one, and the permissions boundary."""
    reads.ahead(user.call("ListAttachedUserPolicies"), "AttachedPolicies")
    reads.ahead(user.call("GetUser"))
    asked = {
        name: user.call("GetUserPolicy", PolicyName=name)
        for name in reads.pages(user.call("ListUserPolicies"), "PolicyNames")
    }
    for call in asked.values():
        reads.ahead(call)
    state: dict[str, Json] = {}
    for name, call in asked.items():
        try:
            state[INLINE + name] = unquote(reads.read(call)["PolicyDocument"])
        except AwsError as error:
            if (
                error.code != "NoSuchEntity"
            ):  # deleted since it was listed: whoever does that all the time must not keep us
                raise
    for attached in reads.pages(user.call("ListAttachedUserPolicies"), "AttachedPolicies"):
        state[ATTACHED + attached["PolicyArn"]] = "attached"
    described = reads.read(user.call("GetUser"))["User"]
    boundary = described.get("PermissionsBoundary")
    state[BOUNDARY] = boundary["PermissionsBoundaryArn"] if boundary else None
    state[UNIQUE_ID] = described["UserId"]
    return state


def inline_used(state: State, except_for: str) -> int:
    """Characters of inline quota in use by policies other than `except_for`."""
    return sum(
        inline_size(text)
        for facet, text in state.items()
        if facet.startswith(INLINE) and facet != INLINE + except_for and text is not None
    )


def inline_size(text: str) -> int:
    """What a policy counts against the quota: its characters without white space."""
    return len(_WHITE_SPACE.sub("", text))


def attached_count(state: State) -> int:
    return sum(facet.startswith(ATTACHED) and value is not None for facet, value in state.items())


def fits_inline(state: State, name: str, text: str) -> bool:
    return inline_used(state, name) + inline_size(text) <= INLINE_QUOTA


def put_inline(measure: str, user: IamUser, state: State, name: str, text: str, why: str) -> Step:
    """The step that puts one inline policy; a policy of that name that is there already comes back with the undo."""
    before = state.get(INLINE + name)
    if before is None:
        undo = user.call("DeleteUserPolicy", PolicyName=name)
    else:
        undo = user.call("PutUserPolicy", PolicyName=name, PolicyDocument=before)
    return Step(
        measure=measure,
        facet=INLINE + name,
        call=user.call("PutUserPolicy", PolicyName=name, PolicyDocument=text),
        undo=(undo,),
        why=why,
        before=before,
        after=text,
    )

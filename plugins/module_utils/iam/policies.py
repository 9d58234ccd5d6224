# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies Cordon puts on an IAM user or role, how they are observed there, and how much room is left for them."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import read_policy
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

INLINE = "inline_policy/"
ATTACHED = "attached_policy/"
BOUNDARY = "permissions_boundary"

# The inline policies of a user, or of a role, together, white space not counted; cannot be raised:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
_INLINE_QUOTAS = {"user": 2048, "role": 10240, "session": 10240}
# Managed policies per user and per role unless AWS has raised it: same page.
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
        return bool(read_policy(text) == json.loads(wanted))
    except ValueError:
        return False


def deny_all_arn(target: IamPrincipal) -> str:
    """AWS's own policy that denies everything: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html"""
    return f"arn:{target.partition}:iam::aws:policy/AWSDenyAll"


def everything_denied_by(state: State, target: IamPrincipal) -> str:
    """What denies everything to `target` and to its sessions, in words; empty where nothing does."""
    if says(state.get(INLINE + DENY_ALL_NAME), DENY_ALL):
        return f"inline policy {DENY_ALL_NAME} denies everything"
    if state.get(ATTACHED + deny_all_arn(target)) is not None:
        return "attached policy AWSDenyAll denies everything"
    if state.get(BOUNDARY) == deny_all_arn(target):
        return "permissions boundary AWSDenyAll denies everything"
    return ""


def described(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    """The user or the role, of a session its role, as IAM describes it."""
    answer = reads.read(target.call("Get{kind}"))
    found: dict[str, Json] = answer["User" if target.kind == "user" else "Role"]
    return found


def unique_id_in(described: dict[str, Json], target: IamPrincipal) -> str:
    """What tells the target from a later one of its name."""
    if target.kind == "user":
        return str(described["UserId"])
    role_id = str(described["RoleId"])
    return f"{role_id}:{target.session_name}" if target.kind == "session" else role_id


def ahead(reads: Reads, target: IamPrincipal) -> None:
    """Begin to ask for what is read of every user and role."""
    reads.ahead(target.call("Get{kind}"))
    reads.ahead(target.call("List{kind}Policies"), "PolicyNames")
    reads.ahead(target.call("ListAttached{kind}Policies"), "AttachedPolicies")


def observe_policies(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    """Every inline policy as its stored text, every attached one, and the permissions boundary."""
    ahead(reads, target)
    asked = {
        name: target.call("Get{kind}Policy", PolicyName=name)
        for name in reads.pages(target.call("List{kind}Policies"), "PolicyNames")
    }
    for call in asked.values():
        reads.ahead(call)
    state: dict[str, Json] = {}
    for name, call in asked.items():
        try:
            state[INLINE + name] = unquote(reads.read(call)["PolicyDocument"])
        except AwsError as error:
            # Deleted since it was listed: whoever does that all the time must not keep us.
            if error.code != "NoSuchEntity":
                raise
    for attached in reads.pages(target.call("ListAttached{kind}Policies"), "AttachedPolicies"):
        state[ATTACHED + attached["PolicyArn"]] = "attached"
    found = described(reads, target)
    boundary = found.get("PermissionsBoundary")
    state[BOUNDARY] = boundary["PermissionsBoundaryArn"] if boundary else None
    state[UNIQUE_ID] = unique_id_in(found, target)
    return state


def inline_quota(target: IamPrincipal) -> int:
    """Characters that the inline policies of such a principal may have together."""
    return _INLINE_QUOTAS[target.kind]


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


def fits_inline(state: State, target: IamPrincipal, name: str, text: str) -> bool:
    return inline_used(state, name) + inline_size(text) <= inline_quota(target)


def put_inline(measure: str, target: IamPrincipal, state: State, name: str, text: str, why: str) -> Step:
    """The step that puts one inline policy; a policy of that name that is there already comes back with the undo."""
    before = state.get(INLINE + name)
    if before is None:
        undo = target.call("Delete{kind}Policy", PolicyName=name)
    else:
        undo = target.call("Put{kind}Policy", PolicyName=name, PolicyDocument=before)
    return Step(
        measure=measure,
        facet=INLINE + name,
        call=target.call("Put{kind}Policy", PolicyName=name, PolicyDocument=text),
        undo=(undo,),
        why=why,
        before=before,
        after=text,
    )

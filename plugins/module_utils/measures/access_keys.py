# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make all of an IAM user's access keys inactive; none is deleted, because a deleted key cannot come back.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html

All of them, not only the leaked one: whoever could read one credential may have read the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "access_keys"
KINDS = frozenset({"user"})
PERMISSIONS = ("iam:GetUser", "iam:ListAccessKeys", "iam:UpdateAccessKey")

OPEN_WITHOUT = "its access keys, which stay active: they work again as soon as nothing else denies it"

KEY = "access_key/"


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    reads.ahead(target.call("GetUser"))
    keys = reads.pages(target.call("ListAccessKeys"), "AccessKeyMetadata")
    unique_id = reads.read(target.call("GetUser"))["User"]["UserId"]
    return {KEY + key["AccessKeyId"]: key["Status"] for key in keys} | {UNIQUE_ID: unique_id}


def plan(state: State, target: IamPrincipal) -> Iterator[Step]:
    """One step per active key. A key that is inactive already stays so after release."""
    for facet, status in sorted(_keys(state)):
        if status == "Active":
            yield _make_inactive(target, facet.removeprefix(KEY))


def can_have_planned(step: Step, target: IamPrincipal) -> bool:
    return step.does_as(_make_inactive(target, step.facet.removeprefix(KEY)))


def verify(state: State, target: IamPrincipal) -> Proof:
    statuses = [status for _facet, status in _keys(state)]
    off = sum(status != "Active" for status in statuses)
    fact = f"{off} of {len(statuses)} access keys are inactive" if statuses else f"{target.label} has no access keys"
    return (Fact(measure=NAME, fact=fact, holds=off == len(statuses)),)


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    return target.notes


def _keys(state: State) -> list[tuple[str, Json]]:
    return [(facet, status) for facet, status in state.items() if facet.startswith(KEY) and status is not None]


def _make_inactive(target: IamPrincipal, key_id: str) -> Step:
    return Step(
        measure=NAME,
        facet=KEY + key_id,
        call=target.call("UpdateAccessKey", AccessKeyId=key_id, Status="Inactive"),
        undo=(target.call("UpdateAccessKey", AccessKeyId=key_id, Status="Active"),),
        why=f"make access key {key_id} of {target.label} inactive",
        before="Active",
        after="Inactive",
    )

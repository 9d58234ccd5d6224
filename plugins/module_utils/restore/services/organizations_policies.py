# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies of an organization: what they say, to whom they are attached, and the resource policy that delegates.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html,
https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdatePolicy.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    call_about,
    document,
    is_there,
    live_policy,
    move,
    or_gone,
    policy_text,
    same,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html#API_AttachPolicy_RequestSyntax
POLICY_ID = re.compile(r"p-[0-9a-zA-Z_]{8,128}", re.ASCII)
TARGET_ID = re.compile(r"r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", re.ASCII)
NOT_FOUND: Final = ("PolicyNotFoundException", "TargetNotFoundException", "ResourcePolicyNotFoundException")
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,512}")


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_about(facet, "organizations", operation, **parameters)


def _takes_attached(names: tuple[str, ...]) -> bool:
    return len(names) == 2 and bool(POLICY_ID.fullmatch(names[0])) and bool(TARGET_ID.fullmatch(names[1]))


def _read_attached(reads: Reads, facet: Facet) -> Json:
    policy, target = facet.names
    found = or_gone(lambda: reads.pages(_call(facet, "ListTargetsForPolicy", PolicyId=policy), "Targets"), NOT_FOUND)
    if found is None:
        return GONE
    return THERE if any(one["TargetId"] == target for one in found) else None


def _attached_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) == is_there(wanted) or wanted == GONE:
        return ()
    attach, detach = (
        _call(facet, f"{verb}Policy", PolicyId=facet.names[0], TargetId=facet.names[1]) for verb in ("Attach", "Detach")
    )
    return (move(attach, detach) if is_there(wanted) else move(detach, attach),)


ATTACHED = Kind(
    name="organizations/attached_policy",
    order=20,
    permissions=("organizations:ListTargetsForPolicy", "organizations:AttachPolicy", "organizations:DetachPolicy"),
    takes=_takes_attached,
    read=_read_attached,
    moves=_attached_moves,
)


def _attached(event: Event) -> Iterator[Change]:
    # What is attached already is refused, and so is detaching what is not.
    yield from _attachment(event, None, THERE)


def _detached(event: Event) -> Iterator[Change]:
    yield from _attachment(event, THERE, None)


def _attachment(event: Event, before: Value, after: Value) -> Iterator[Change]:
    names = (text_at(event.request, "policyId"), text_at(event.request, "targetId"))
    if _takes_attached(names):
        yield Change(facet=Facet(ATTACHED.name, event.account, event.region, names), before=before, after=after)


def _takes_policy(names: tuple[str, ...]) -> bool:
    return len(names) == 1 and bool(POLICY_ID.fullmatch(names[0]))


def _read_policy(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(_call(facet, "DescribePolicy", PolicyId=facet.names[0])), NOT_FOUND)
    if found is None:
        return None
    summary = found["Policy"]["PolicySummary"]
    return {
        "name": summary["Name"],
        "description": summary.get("Description", ""),
        "content": live_policy(found["Policy"]["Content"]),
    }


def _policy_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return (move(_call(facet, "DeletePolicy", PolicyId=facet.names[0])),) if is_there(live) else ()
    if not is_there(live):
        raise IrreversibleError(
            f"The attacker deleted policy {facet.names[0]} of the organization, and AWS gives no id twice. Make it "
            "again from its template or "
            "AWS Config, and attach it where it was: aws organizations create-policy, then aws organizations "
            "attach-policy."
        )
    return (move(_setting(facet, wanted), _setting(facet, live)),)


def _setting(facet: Facet, value: Mapping[str, Json]) -> Call:
    return _call(
        facet,
        "UpdatePolicy",
        PolicyId=facet.names[0],
        Name=value["name"],
        Description=value["description"],
        Content=policy_text(value["content"]),
    )


# Attached nowhere it does nothing: one that the attacker made is left.
POLICY = Kind(
    name="organizations/policy",
    order=10,
    permissions=("organizations:DescribePolicy", "organizations:UpdatePolicy", "organizations:DeletePolicy"),
    takes=_takes_policy,
    read=_read_policy,
    moves=_policy_moves,
    kept=same,
)


def _policy_change(event: Event, before: Value) -> Iterator[Change]:
    """From the answer, which tells the whole policy, whatever was updated."""
    answer = event.response.get("policy")
    names = (text_at(answer, "policySummary", "id") or text_at(event.request, "policyId"),)
    if not _takes_policy(names):
        return
    told = {name: text_at(answer, "policySummary", name) for name in ("name", "description")}
    content = document(text_at(answer, "content"))
    is_told = content is not None and all(_TEXT.fullmatch(text) and "****" not in text for text in told.values())
    after: Value = {**told, "content": content} if is_told else UNKNOWN
    yield Change(facet=Facet(POLICY.name, event.account, event.region, names), before=before, after=after)


def _created(event: Event) -> Iterator[Change]:
    yield from _policy_change(event, None)


def _updated(event: Event) -> Iterator[Change]:
    yield from _policy_change(event, UNKNOWN)


def _deleted(event: Event) -> Iterator[Change]:
    names = (text_at(event.request, "policyId"),)
    if _takes_policy(names):
        yield Change(facet=Facet(POLICY.name, event.account, event.region, names), after=None)


_DELEGATION: Final = ("ResourcePolicy",)


def _read_delegation(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(_call(facet, "DescribeResourcePolicy")), NOT_FOUND)
    return None if found is None else live_policy(found["ResourcePolicy"]["Content"])


def _delegating(facet: Facet, value: Json) -> Call:
    if is_there(value):
        return _call(facet, "PutResourcePolicy", Content=policy_text(value))
    return _call(facet, "DeleteResourcePolicy")


DELEGATION = Kind(
    name="organizations/resource_policy",
    order=20,
    permissions=(
        "organizations:DescribeResourcePolicy",
        "organizations:PutResourcePolicy",
        "organizations:DeleteResourcePolicy",
    ),
    takes=lambda names: names == _DELEGATION,
    read=_read_delegation,
    moves=lambda facet, live, wanted: (move(_delegating(facet, wanted), _delegating(facet, live)),),
)


def _delegated(event: Event) -> Iterator[Change]:
    found = document(event.request.get("content"))
    facet = Facet(DELEGATION.name, event.account, event.region, _DELEGATION)
    yield Change(facet=facet, after=UNKNOWN if found is None else found)


def _undelegated(event: Event) -> Iterator[Change]:
    yield Change(facet=Facet(DELEGATION.name, event.account, event.region, _DELEGATION), after=None)


KINDS = (ATTACHED, POLICY, DELEGATION)
ENTRIES = tuple(
    Entry(
        service="organizations",
        operation=operation,
        changes=changes,
        undone_by=undone_by,
        before_from=before_from,
    )
    for operation, changes, undone_by, before_from in (
        ("AttachPolicy", _attached, "DetachPolicy", "the call itself"),
        ("DetachPolicy", _detached, "AttachPolicy", "the call itself"),
        ("CreatePolicy", _created, "DeletePolicy, when asked: attached nowhere it does nothing", "the call itself"),
        ("UpdatePolicy", _updated, "UpdatePolicy", "an earlier event"),
        ("DeletePolicy", _deleted, "nothing: a manual step", "an earlier event"),
        ("PutResourcePolicy", _delegated, "PutResourcePolicy, or DeleteResourcePolicy", "an earlier event"),
        ("DeleteResourcePolicy", _undelegated, "PutResourcePolicy", "an earlier event"),
    )
)

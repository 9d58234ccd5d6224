"""Member accounts of an administrator's detector, as far as watching and leaving go.
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from sandbox.guardduty.detectors import found_detector
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_NOT_A_MEMBER = "The request is rejected because the current account cannot perform this action on the given account."


def _members(request: ApiRequest, caller: Caller) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = found_detector(request, caller).__dict__.setdefault("members_here", {})
    return found


def create_members(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateMembers.html"""
    there, now = _members(request, caller), f"{utcnow():%Y-%m-%dT%H:%M:%S.%fZ}"
    for one in request.parameters["AccountDetails"]:
        there[str(one["AccountId"])] = {
            "AccountId": str(one["AccountId"]),
            "Email": one["Email"],
            "MasterId": caller.account,
            "AdministratorId": caller.account,
            "RelationshipStatus": "Created",
            "UpdatedAt": now,
        }
    return {"UnprocessedAccounts": []}


def list_members(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListMembers.html"""
    members = _members(request, caller).values()
    all_of_them = str(request.parameters.get("OnlyAssociated", "true")).lower() == "false"
    return {"Members": [one for one in members if all_of_them or one["RelationshipStatus"] != "Removed"]}


def get_members(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetMembers.html"""
    there, asked = _members(request, caller), [str(one) for one in request.parameters["AccountIds"]]
    return {"Members": [there[one] for one in asked if one in there], **_unprocessed(asked, there)}


def _becomes(status: str | None) -> Any:
    def change(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        there, asked = _members(request, caller), [str(one) for one in request.parameters["AccountIds"]]
        answer = _unprocessed(asked, there)
        for one in asked:
            if one in there and status is None:
                del there[one]
            elif one in there:
                there[one]["RelationshipStatus"] = status
        return answer

    return change


def _unprocessed(asked: list[str], there: Mapping[str, Any]) -> dict[str, Any]:
    return {"UnprocessedAccounts": [{"AccountId": one, "Result": _NOT_A_MEMBER} for one in asked if one not in there]}


HANDLERS = {
    ("guardduty", "CreateMembers"): create_members,
    ("guardduty", "ListMembers"): list_members,
    ("guardduty", "GetMembers"): get_members,
    ("guardduty", "InviteMembers"): _becomes("Invited"),
    ("guardduty", "StartMonitoringMembers"): _becomes("Enabled"),
    ("guardduty", "StopMonitoringMembers"): _becomes("Disabled"),
    ("guardduty", "DisassociateMembers"): _becomes("Removed"),
    ("guardduty", "DeleteMembers"): _becomes(None),
}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty between accounts: which members are monitored is switched back. Members, administrators, invitations, where findings are
published
and what new accounts get take two accounts or a decision: that is for a human.
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, guardduty_detectors
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_LOOK = "From the administrator's account: aws guardduty list-members --detector-id DETECTOR --no-only-associated. "
_ON: Final = "monitored"
_OFF: Final = "not monitored"


def _read(reads: Reads, facet: Facet) -> Json:
    """Only a member that is enabled is monitored; the other words of RelationshipStatus AWS does not list."""
    detector, account = facet.names
    if detector not in guardduty_detectors.detectors(reads, facet):
        return GONE
    question = building.call(facet, "guardduty", "GetMembers", DetectorId=detector, AccountIds=[account])
    found = reads.read(question)["Members"]
    return (_ON if found[0]["RelationshipStatus"] == "Enabled" else _OFF) if found else GONE


def _to(facet: Facet, value: Json) -> Call:
    detector, account = facet.names
    operation = "StartMonitoringMembers" if value == _ON else "StopMonitoringMembers"
    return building.call(facet, "guardduty", operation, DetectorId=detector, AccountIds=[account])


MONITORING = Kind(
    name="guardduty/member_monitoring",
    order=40,
    permissions=(
        "guardduty:ListDetectors",
        "guardduty:GetMembers",
        "guardduty:StartMonitoringMembers",
        "guardduty:StopMonitoringMembers",
    ),
    takes=building.names_match(guardduty_detectors.DETECTOR, building.ACCOUNT),
    read=_read,
    moves=building.moves_by(_to, building.one_of(_ON, _OFF)),
    word=lambda facet: facet.names[1],
)


def _monitors(after: str, before: str) -> Callable[[Event], Iterator[Change]]:
    """Of the accounts that were asked for, but for those that the answer says were not processed."""

    def changes(event: Event) -> Iterator[Change]:
        left = event.response.get("unprocessedAccounts")
        untouched = [building.mapping(one).get("accountId") for one in left] if isinstance(left, list) else []
        for account in building.texts(event.request.get("accountIds")):
            names = (guardduty_detectors.detector_of(event), account)
            if MONITORING.takes(names) and account not in untouched:
                facet = Facet(MONITORING.name, event.account, event.region, names)
                yield Change(facet=facet, after=after, before=before)

    return changes


KINDS = (MONITORING,)
ENTRIES = (
    Entry(
        service="guardduty",
        operation="StopMonitoringMembers",
        changes=_monitors(_OFF, _ON),
        undone_by="StartMonitoringMembers",
        before_from="the call itself",
    ),
    Entry(
        service="guardduty",
        operation="StartMonitoringMembers",
        changes=_monitors(_ON, _OFF),
        undone_by="StopMonitoringMembers",
        before_from="an earlier event",
    ),
    *building.by_hand(
        "guardduty",
        "Member accounts were cut off from GuardDuty's administrator. "
        + _LOOK
        + "Add them again with aws guardduty create-members "
        "and, where "
        "the organization does not, invite-members; each accepts with aws guardduty accept-administrator-invitation.",
        "DeleteMembers",
        "DisassociateMembers",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DeclineInvitations",
        "DeleteInvitations",
    ),
    *building.by_hand(
        "guardduty",
        "An account was joined to a GuardDuty administrator, or invited or watched by one. "
        + _LOOK
        + "If that administrator is none "
        "of yours, "
        "leave it with aws guardduty disassociate-from-administrator-account --detector-id DETECTOR.",
        "AcceptAdministratorInvitation",
        "AcceptInvitation",
        "CreateMembers",
        "InviteMembers",
        "EnableOrganizationAdminAccount",
    ),
    *building.by_hand(
        "guardduty",
        "What GuardDuty does for the organization or its members was changed. Look at it with aws guardduty "
        "describe-organization-configuration, "
        "list-organization-admin-accounts and get-member-detectors, and set it back with aws guardduty update-organization-configuration, "
        "enable-organization-admin-account and update-member-detectors.",
        "DisableOrganizationAdminAccount",
        "UpdateOrganizationConfiguration",
        "UpdateMemberDetectors",
        "UpdateMalwareScanSettings",
        "CreateMalwareProtectionPlan",
        "UpdateMalwareProtectionPlan",
        "DeleteMalwareProtectionPlan",
    ),
    *building.by_hand(
        "guardduty",
        "Where GuardDuty sends its findings was changed. Look at aws guardduty list-publishing-destinations --detector-id DETECTOR; "
        "remove one "
        "that is not yours (delete-publishing-destination), and make one that is missing again (create-publishing-destination "
        "--destination-type "
        "S3, with the ARNs of bucket and key).",
        "CreatePublishingDestination",
        "UpdatePublishingDestination",
        "DeletePublishingDestination",
    ),
    *building.harmless("guardduty", "It changes tags, and nothing of what is found.", "TagResource", "UntagResource"),
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty between accounts: members, administrators, invitations, where findings are published, what new accounts get. To put these
back takes
two accounts or a decision, so that all of it is for a human. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building

_LOOK = "From the administrator's account: aws guardduty list-members --detector-id DETECTOR --no-only-associated. "
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *building.by_hand(
        "guardduty",
        "GuardDuty no longer monitors some member accounts. "
        + _LOOK
        + "Start again with aws guardduty start-monitoring-members "
        "--detector-id DETECTOR --account-ids ACCOUNTS.",
        "StopMonitoringMembers",
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
        "StartMonitoringMembers",
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

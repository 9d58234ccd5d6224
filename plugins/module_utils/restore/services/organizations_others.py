# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nothing undoes in an organization: instructions."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry

KINDS = ()

_UNITS = (
    "The attacker made, renamed or deleted an organizational unit. Compare aws organizations "
    "list-organizational-units-for-parent with what it "
    "should be. An empty unit does nothing; one that was deleted gets another id, and its policies have to be attached "
    "again."
)
_TYPES = (
    "The attacker switched a type of policy on or off in the root. Switching it off detaches every policy of that "
    "type, also from accounts: "
    "aws organizations enable-policy-type, then attach each where it was, from your templates or from the events of "
    "AttachPolicy."
)
_SERVICES = (
    "The attacker changed which services may act in all accounts of the organization. Compare aws organizations "
    "list-aws-service-access-for-organization with what it should be, and put it right in the console of that service, "
    "which cleans up as well; "
    "else with aws organizations enable-aws-service-access or disable-aws-service-access."
)
_JOINED = (
    "An invitation to an organization was answered. Look where this account is now: aws organizations "
    "describe-organization. If it is in a "
    "stranger's: aws organizations leave-organization, then join your own again."
)
_TAGS = (
    "The attacker changed tags of accounts, units or policies, on which access may rest. Look at them with aws "
    "organizations "
    "list-tags-for-resource --resource-id ID, and put them right."
)
_BY_HAND = {
    "LeaveOrganization": (
        "This account left the organization: no service control policy binds it any more, and organization trails, "
        "GuardDuty and delegated "
        "administration have ended for it. From the management account: aws organizations "
        "invite-account-to-organization --target "
        "Id=ACCOUNT,Type=ACCOUNT; accept it here, move it to its unit, and put those services on again."
    ),
    "RemoveAccountFromOrganization": (
        "An account was removed from the organization, and its service control policies with it. Invite it again: aws "
        "organizations "
        "invite-account-to-organization --target Id=ACCOUNT,Type=ACCOUNT; accept it there, move it to its unit, and "
        "put organization-wide "
        "services on again."
    ),
    "CreateAccount": (
        "An account was created in the organization, with a role that the management account can assume. Look at what "
        "it does, move it under a "
        "unit whose policies deny everything, and when it is no longer needed as evidence: aws organizations "
        "close-account --account-id ACCOUNT."
    ),
    "CreateGovCloudAccount": (
        "A pair of accounts was created, one of them in AWS GovCloud (US). Look at what they do, and when they are no "
        "longer needed as evidence: "
        "aws organizations close-account --account-id ACCOUNT."
    ),
    "CloseAccount": (
        "An account was closed. Its data is kept for 90 days: within them, reopen it by AWS Support, in the console of "
        "its root user, or in the "
        "management account."
    ),
    "CreateOrganization": (
        "An organization was created, with this account as its management account. If that is not wanted: remove its "
        "other accounts, then "
        "aws organizations delete-organization."
    ),
    "DeleteOrganization": (
        "The organization was deleted. Make it again (aws organizations create-organization --feature-set ALL), invite "
        "the accounts, and put its "
        "units, policies and services back from your templates."
    ),
    "EnableAllFeatures": (
        "All features of the organization were asked for, or put in force, which cannot be taken back. Look at which "
        "policies bind which accounts."
    ),
    **dict.fromkeys(("CreateOrganizationalUnit", "UpdateOrganizationalUnit", "DeleteOrganizationalUnit"), _UNITS),
    **dict.fromkeys(("EnablePolicyType", "DisablePolicyType"), _TYPES),
    **dict.fromkeys(("EnableAWSServiceAccess", "DisableAWSServiceAccess"), _SERVICES),
    **dict.fromkeys(("AcceptHandshake", "DeclineHandshake"), _JOINED),
    "CancelHandshake": (
        "An invitation to the organization was withdrawn. If it was yours, send it again: aws organizations "
        "invite-account-to-organization."
    ),
    **dict.fromkeys(
        (
            "InviteOrganizationToTransferResponsibility",
            "TerminateResponsibilityTransfer",
            "UpdateResponsibilityTransfer",
        ),
        "The attacker changed who pays for, and answers for, the organization's bills. Look at aws organizations "
        "list-outbound-responsibility-transfers, and end what is not yours: aws organizations "
        "terminate-responsibility-transfer.",
    ),
    **dict.fromkeys(("TagResource", "UntagResource"), _TAGS),
}
ENTRIES = tuple(
    Entry(service="organizations", operation=operation, manual=text) for operation, text in _BY_HAND.items()
)

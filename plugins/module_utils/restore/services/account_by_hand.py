# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account itself, its quotas, agreements and cases with AWS, and CloudShell: instructions, and why some calls need none."""

from __future__ import annotations

from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry

_CONTACTS: Final = (
    "The attacker changed to whom AWS writes about this account; the events do not show what stood there. Look and put "
    "it right: aws account "
    "get-contact-information, aws account get-alternate-contact --alternate-contact-type BILLING, OPERATIONS or "
    "SECURITY."
)
_REGIONS: Final = (
    "The attacker switched a region of the account on or off. Look for what was done there meanwhile, then put it "
    "back: aws account disable-region, "
    "or aws account enable-region, with --region-name REGION. It can take hours; what runs in a region that is "
    "switched off goes on, and costs."
)
_EMAIL: Final = (
    "The e-mail address of an account's root user was to be changed, or was: who reads it can set root's password "
    "anew. Put it back: aws account "
    "start-primary-email-update and accept-primary-email-update from the management account, or as root in the console."
)
_QUOTAS: Final = (
    "The attacker asked AWS for a higher quota. See whether it was granted: aws service-quotas "
    "list-requested-service-quota-change-history. A "
    "granted one lets more be run, and no call lowers it: ask AWS Support to."
)
_TEMPLATE: Final = (
    "The attacker changed the template by which new accounts of the organization ask for quotas. Compare aws "
    "service-quotas "
    "list-service-quota-increase-requests-in-template with what it should be, and put it right."
)
_CASES: Final = (
    "The attacker wrote to AWS Support in your name. Read the case, tell AWS in it that the account was compromised, "
    "and undo what was done for it: "
    "aws support describe-cases --include-resolved-cases; then aws support resolve-case --case-id CASE."
)
_AGREEMENTS: Final = (
    "The attacker accepted or changed an agreement in AWS Marketplace, which may cost. Look at AWS Marketplace, Manage "
    "subscriptions, stop what runs "
    "of it, cancel it there, and ask AWS Support about the charges."
)
_FILES: Final = (
    "The attacker used AWS CloudShell, whose home directory is kept for each user and region: look there, as that "
    "user, for files that stay, such as "
    "in .bashrc, or delete it (Actions, Delete)."
)
_SHELL: Final = (
    "A shell in the console began or ended: it has the rights of whoever is signed in, and what was called from it "
    "stands in the log by itself."
)
_BY_HAND: Final = {
    "account": {
        **dict.fromkeys(
            ("DeleteAlternateContact", "PutAccountName", "PutAlternateContact", "PutContactInformation"), _CONTACTS
        ),
        **dict.fromkeys(("DisableRegion", "EnableRegion"), _REGIONS),
        **dict.fromkeys(("AcceptPrimaryEmailUpdate", "StartPrimaryEmailUpdate"), _EMAIL),
        "CloseAccount": (
            "This account was closed. Its data is kept for 90 days: within them, reopen it by AWS Support, in the "
            "console of its root user, or in "
            "the management account."
        ),
    },
    "service-quotas": {
        **dict.fromkeys(("CreateSupportCase", "RequestServiceQuotaIncrease"), _QUOTAS),
        **dict.fromkeys(
            (
                "AssociateServiceQuotaTemplate",
                "DeleteServiceQuotaIncreaseRequestFromTemplate",
                "DisassociateServiceQuotaTemplate",
                "PutServiceQuotaIncreaseRequestIntoTemplate",
            ),
            _TEMPLATE,
        ),
        **dict.fromkeys(
            ("StartAutoManagement", "StopAutoManagement", "UpdateAutoManagement"),
            "The attacker changed how AWS manages quotas by itself. Compare aws service-quotas "
            "get-auto-management-configuration with what it should "
            "be, and put it right.",
        ),
        **dict.fromkeys(
            ("TagResource", "UntagResource"),
            "The attacker changed tags of quotas. Look at them with aws service-quotas list-tags-for-resource, and put "
            "them right.",
        ),
    },
    "support": dict.fromkeys(("AddAttachmentsToSet", "AddCommunicationToCase", "CreateCase", "ResolveCase"), _CASES),
    "marketplace-agreement": dict.fromkeys(
        (
            "AcceptAgreementApprovalRequest",
            "AcceptAgreementRequest",
            "CancelAgreement",
            "CancelAgreementRequest",
            "CreateAgreementRequest",
            "UpdateAgreementApprovalRequest",
        ),
        _AGREEMENTS,
    ),
    "aws-marketplace": dict.fromkeys(("Subscribe", "Unsubscribe"), _AGREEMENTS),
    "cloudshell": dict.fromkeys(("CreateEnvironment", "DeleteEnvironment", "GetFileUploadUrls"), _FILES),
}
_HARMLESS: Final = {
    "cloudshell": dict.fromkeys(
        ("CreateSession", "DeleteSession", "PutCredentials", "SendHeartBeat", "StartEnvironment", "StopEnvironment"),
        _SHELL,
    ),
    "service-quotas": {"StartQuotaUtilizationReport": "It makes a report, and changes nothing else."},
}

KINDS = ()
ENTRIES = (
    *(
        Entry(service=service, operation=operation, manual=text)
        for service, operations in _BY_HAND.items()
        for operation, text in operations.items()
    ),
    *(
        Entry(service=service, operation=operation, harmless=text)
        for service, operations in _HARMLESS.items()
        for operation, text in operations.items()
    ),
)

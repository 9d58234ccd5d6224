# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SES: whether the account sends mail at all, and identities that it sends from. CloudTrail names both versions of the API "ses", so calls
about identities go to the second, "sesv2". An identity that an attacker made is removed: it is only there to send, and its name stays in
the log. https://docs.aws.amazon.com/ses/latest/dg/logging-using-cloudtrail.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import (
    Names,
    Setting,
    answered,
    call_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

THERE: Final = "there"
_ACCOUNT: Final = "account"
_IDENTITY = re.compile(r"([A-Za-z0-9._%+-]{1,64}@)?[A-Za-z0-9]([A-Za-z0-9-]{0,62}\.){1,20}[A-Za-z0-9-]{2,63}", re.ASCII)

SENDING = Setting(
    name="ses/sending",
    order=40,
    service="ses",
    permissions=("ses:GetAccountSendingEnabled", "ses:UpdateAccountSendingEnabled"),
    takes=lambda names: names == (_ACCOUNT,),
    named=lambda _facet: {},
    get="GetAccountSendingEnabled",
    found=lambda answer: bool(answer.get("Enabled")),
    put="UpdateAccountSendingEnabled",
    sent=lambda enabled: {"Enabled": enabled is True},
    word=lambda _facet: "UpdateAccountSendingEnabled",
)


def _takes(names: Names) -> bool:
    return len(names) == 1 and len(names[0]) > 3 and bool(_IDENTITY.fullmatch(names[0]))


def _read(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "sesv2", "GetEmailIdentity", {"EmailIdentity": facet.names[0]})
    return None if answered(reads, call, absent=("NotFoundException",)) is None else THERE


def _moves(facet: Facet, live: Json, _wanted: Json) -> Sequence[Move]:
    make, remove = (
        call_of(facet, "sesv2", f"{verb}EmailIdentity", {"EmailIdentity": facet.names[0]})
        for verb in ("Create", "Delete")
    )
    return (Move(call=make, undo=(remove,)) if live is None else Move(call=remove, undo=(make,)),)


IDENTITY = Kind(
    name="ses/identity",
    order=20,
    permissions=("ses:GetEmailIdentity", "ses:CreateEmailIdentity", "ses:DeleteEmailIdentity"),
    takes=_takes,
    read=_read,
    moves=_moves,
)


def _sending(event: Event) -> Iterator[Change]:
    """The call is idempotent; that it changed something is what it was made for."""
    enabled = event.request.get("enabled")
    known = isinstance(enabled, bool)
    yield from SENDING.change(event, (_ACCOUNT,), enabled if known else UNKNOWN, not enabled if known else UNKNOWN)


def _created(event: Event) -> Iterator[Change]:
    identity = event.request.get("emailIdentity")
    names = (identity if isinstance(identity, str) else "",)
    if _takes(names):
        facet = Facet(IDENTITY.name, event.account, event.region, names)
        yield Change(facet=facet, after=THERE, before=None)


_VERIFY = (
    "A message asked for the identity to be verified, which may have been there before. Look at it, and delete it if it is the attacker's: "
    "aws sesv2 get-email-identity, aws sesv2 delete-email-identity."
)
_DELETED = (
    "The identity is gone. Make it again, and have it verified again, by its DNS records or by the message that is sent to it: aws sesv2 "
    "create-email-identity."
)
_POLICY = "Look at who may send as the identity: aws sesv2 get-email-identity-policies; and set it right: aws sesv2 {}."
_RULES = "Look at what is done with mail that comes in: aws ses describe-active-receipt-rule-set; and set it right: aws ses {}."
_MANUAL = {
    "VerifyEmailIdentity": _VERIFY,
    "VerifyEmailAddress": _VERIFY,
    "VerifyDomainIdentity": _VERIFY,
    "VerifyDomainDkim": _VERIFY,
    "DeleteIdentity": _DELETED,
    "DeleteEmailIdentity": _DELETED,
    "PutAccountDetails": "The account's details were changed, as to leave the sandbox of SES. Look at them: aws sesv2 get-account; set "
    "them right: aws sesv2 put-account-details; and tell AWS Support, if a raised limit is not wanted.",
    "PutAccountSendingAttributes": "Look at whether the account sends: aws sesv2 get-account; and set it right: aws sesv2 "
    "put-account-sending-attributes.",
    "PutAccountSuppressionAttributes": "Look at who gets no mail: aws sesv2 get-account; and set it right.",
    "PutIdentityPolicy": _POLICY.format("delete-email-identity-policy"),
    "CreateEmailIdentityPolicy": _POLICY.format("delete-email-identity-policy"),
    "UpdateEmailIdentityPolicy": _POLICY.format("update-email-identity-policy"),
    "DeleteIdentityPolicy": _POLICY.format("create-email-identity-policy"),
    "DeleteEmailIdentityPolicy": _POLICY.format("create-email-identity-policy"),
    "CreateReceiptRule": _RULES.format("delete-receipt-rule"),
    "UpdateReceiptRule": _RULES.format("update-receipt-rule"),
    "DeleteReceiptRule": _RULES.format("create-receipt-rule"),
    "SetActiveReceiptRuleSet": _RULES.format("set-active-receipt-rule-set"),
    "CreateConfigurationSet": "Look at it, and delete it if it is the attacker's: aws sesv2 delete-configuration-set.",
    "DeleteConfigurationSet": "Make the configuration set again: aws sesv2 create-configuration-set.",
    "CreateSmtpCredentials": "Look at the access keys of the user that was made for it: aws iam list-access-keys.",
}
_SENT: Final = (
    "Mail that was sent cannot be called back, and no setting was changed. Look at complaints: aws sesv2 get-account."
)
KINDS = (SENDING.kind(), IDENTITY)
ENTRIES = (
    Entry(
        service="ses",
        operation="UpdateAccountSendingEnabled",
        changes=_sending,
        undone_by="UpdateAccountSendingEnabled",
        before_from="the call itself, or an earlier event",
    ),
    Entry(
        service="ses",
        operation="CreateEmailIdentity",
        changes=_created,
        undone_by="DeleteEmailIdentity",
        before_from="the call itself",
    ),
    *(Entry(service="ses", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(
        Entry(service="ses", operation=operation, harmless=_SENT)
        for operation in ("SendEmail", "SendRawEmail", "SendBulkEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail")
    ),
)

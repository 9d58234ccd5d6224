# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials of users that can be switched off: access keys, SSH public keys, service-specific credentials, signing certificates. What
the attacker made is made inactive; what was deleted cannot come back under its id.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSigningCertificate.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    CREDENTIAL_ID,
    changed,
    iam_call,
    requested,
    takes_with,
    user_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import is_there, move, or_gone, text_at
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_OF_ROOT: Final = (
    "It names no user: a credential of the account's root user was changed. Sign in as root, look at Security "
    "credentials, delete what is not "
    "yours, and make anew what is missing."
)
_STATUSES: Final = frozenset({"Active", "Inactive"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Credential:
    """One sort of them, in the words of its calls."""

    name: str
    label: str
    noun: str
    """Of the operations: "AccessKey"."""
    id_name: str
    makes: str
    answer: str
    """What of the answer to `makes` tells of it."""
    key: str
    """Under what the list stands in the answer to `lists`."""
    lists: str = ""
    is_paged: bool = True
    again: str = ""
    """The command that makes another one, for people."""

    def read(self, reads: Reads, facet: Facet) -> Json:
        found = or_gone(lambda: self._listed(reads, facet))
        if found is None:
            return GONE
        return next((one["Status"] for one in found if one[self.id_name] == facet.names[2]), None)

    def _listed(self, reads: Reads, facet: Facet) -> Sequence[Json]:
        call = iam_call(facet, self.lists or f"List{self.noun}s")
        if self.is_paged:
            return reads.pages(call, self.key)
        # botocore has no paginator for it; a user has 2 for each of a handful of services:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
        found: Sequence[Json] = reads.read(call)[self.key]
        return found

    def moves(self, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        if not is_there(wanted):
            return (
                (
                    move(
                        self._call(facet, "Delete"),
                    ),
                )
                if is_there(live)
                else ()
            )
        if not is_there(live):
            raise IrreversibleError(
                f"The attacker deleted the {self.label} {facet.names[2]} of user {facet.names[1]}, and AWS gives no "
                "deleted one back. If it is "
                f"still needed, make another one: aws iam {self.again} --user-name {facet.names[1]}."
            )
        return (move(self._call(facet, "Update", Status=wanted), self._call(facet, "Update", Status=live)),)

    def _call(self, facet: Facet, verb: str, **parameters: Json) -> Call:
        return iam_call(facet, f"{verb}{self.noun}", **{self.id_name: facet.names[2]}, **parameters)

    def made(self, event: Event) -> Iterator[Change]:
        path = self.answer.split(".")
        ident = text_at(event.response, *path, self.id_name[:1].lower() + self.id_name[1:])
        status = text_at(event.response, *path, "status") or "Active"
        yield from self._change(event, user_in(event, *path), ident, None, status)

    def updated(self, event: Event) -> Iterator[Change]:
        yield from self._change(
            event, user_in(event), requested(event, self.id_name), UNKNOWN, requested(event, "Status")
        )

    def deleted(self, event: Event) -> Iterator[Change]:
        yield from self._change(event, user_in(event), requested(event, self.id_name), UNKNOWN, None)

    def _change(self, event: Event, user: str, ident: str, before: Value, after: Json) -> Iterator[Change]:
        names = ("user", user, ident)
        if _takes(names) and (after is None or after in _STATUSES):
            yield changed(event, self.name, *names, before=before, after=after)

    def kind(self) -> Kind:
        operations = (self.lists or f"List{self.noun}s", f"Update{self.noun}", f"Delete{self.noun}")
        return Kind(
            name=self.name,
            order=20,
            permissions=tuple(f"iam:{operation}" for operation in operations),
            takes=_takes,
            read=self.read,
            moves=self.moves,
            kept=_inactive,
            word=lambda facet: facet.names[2],
        )

    def entries(self) -> Iterator[Entry]:
        yield Entry(
            service="iam",
            operation=self.makes,
            changes=self.made,
            undone_by=f"Update{self.noun} (it is made inactive and kept), or Delete{self.noun}",
            before_from="the call itself",
            manual=_OF_ROOT,
        )
        yield Entry(
            service="iam",
            operation=f"Update{self.noun}",
            changes=self.updated,
            undone_by=f"Update{self.noun}",
            before_from="an earlier event",
            manual=_OF_ROOT,
        )
        yield Entry(
            service="iam",
            operation=f"Delete{self.noun}",
            changes=self.deleted,
            undone_by="nothing: a manual step",
            before_from="an earlier event",
            manual=_OF_ROOT,
        )


def _inactive(live: Json) -> Json:
    return "Inactive" if is_there(live) else live


_takes = takes_with(CREDENTIAL_ID, "user")
_SORTS: Final = (
    _Credential(
        name="iam/access_key",
        label="access key",
        noun="AccessKey",
        id_name="AccessKeyId",
        makes="CreateAccessKey",
        answer="accessKey",
        key="AccessKeyMetadata",
        again="create-access-key",
    ),
    _Credential(
        name="iam/ssh_public_key",
        label="SSH public key",
        noun="SSHPublicKey",
        id_name="SSHPublicKeyId",
        makes="UploadSSHPublicKey",
        answer="sSHPublicKey",
        key="SSHPublicKeys",
        again="upload-ssh-public-key --ssh-public-key-body file://KEY",
    ),
    _Credential(
        name="iam/service_specific_credential",
        label="service-specific credential",
        noun="ServiceSpecificCredential",
        id_name="ServiceSpecificCredentialId",
        makes="CreateServiceSpecificCredential",
        answer="serviceSpecificCredential",
        key="ServiceSpecificCredentials",
        is_paged=False,
        again="create-service-specific-credential --service-name SERVICE",
    ),
    _Credential(
        name="iam/signing_certificate",
        label="signing certificate",
        noun="SigningCertificate",
        id_name="CertificateId",
        makes="UploadSigningCertificate",
        answer="certificate",
        key="Certificates",
        again="upload-signing-certificate --certificate-body file://CERTIFICATE",
    ),
)

KINDS = tuple(sort.kind() for sort in _SORTS)
ENTRIES = (
    *(entry for sort in _SORTS for entry in sort.entries()),
    Entry(
        service="iam",
        operation="ResetServiceSpecificCredential",
        manual=(
            "The attacker gave a service-specific credential a new password, and knows it. Reset it again, and give "
            "the new password to whoever "
            "uses it: aws iam reset-service-specific-credential --user-name USER --service-specific-credential-id ID."
        ),
    ),
)

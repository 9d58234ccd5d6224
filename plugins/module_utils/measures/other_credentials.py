# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make an IAM user's other credentials inactive: SSH public keys, service-specific credentials, signing certificates. None is deleted,
because none that is deleted can come back. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSigningCertificate.html

What has no such switch is listed for a human: the console password, MFA devices, and the identity providers that the account trusts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam import ways_in
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import described, unique_id_in
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "other_credentials"
KINDS = frozenset({"user"})
PERMISSIONS = (
    "iam:GetUser",
    "iam:ListSSHPublicKeys",
    "iam:UpdateSSHPublicKey",
    "iam:ListServiceSpecificCredentials",
    "iam:UpdateServiceSpecificCredential",
    "iam:ListSigningCertificates",
    "iam:UpdateSigningCertificate",
    *ways_in.PERMISSIONS,
)
OPEN_WITHOUT = "its SSH public keys, service-specific credentials and signing certificates, which stay active"

_UNREAD = "unread/"
"""Facets that say why a list could not be read, which is neither empty nor fine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """One kind of credential that can be made inactive, in the words of its calls."""

    facet: str
    label: str
    """In the plural, for people."""
    lists: str
    key: str
    id_name: str
    update: str
    is_paged: bool = True


_KINDS = (
    _Kind(
        facet="ssh_public_key/",
        label="SSH public keys",
        lists="ListSSHPublicKeys",
        key="SSHPublicKeys",
        id_name="SSHPublicKeyId",
        update="UpdateSSHPublicKey",
    ),
    _Kind(
        facet="service_specific_credential/",
        label="service-specific credentials",
        lists="ListServiceSpecificCredentials",
        key="ServiceSpecificCredentials",
        id_name="ServiceSpecificCredentialId",
        update="UpdateServiceSpecificCredential",
        is_paged=False,
    ),
    _Kind(
        facet="signing_certificate/",
        label="signing certificates",
        lists="ListSigningCertificates",
        key="Certificates",
        id_name="CertificateId",
        update="UpdateSigningCertificate",
    ),
)


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    """A list that cannot be read keeps none of the others from being looked at."""
    for kind in _KINDS:
        reads.ahead(target.call(kind.lists), kind.key if kind.is_paged else None)
    ways_in.ahead(reads, target)
    state: dict[str, Json] = {UNIQUE_ID: unique_id_in(described(reads, target), target)}
    for kind in _KINDS:
        try:
            state |= {kind.facet + found[kind.id_name]: found["Status"] for found in _listed(reads, target, kind)}
        except AwsError as error:
            # Some regions have none of the services that these credentials are for.
            if error.code != "NotSupportedService":
                state[_UNREAD + kind.facet] = str(error)
    return state | ways_in.observe(reads, target)


def plan(state: State, target: IamPrincipal) -> Iterator[Step]:
    """One step per active credential. What is inactive already stays so after release."""
    for kind in _KINDS:
        for facet, status in sorted(_credentials(state, kind)):
            if status == "Active":
                yield _make_inactive(target, kind, facet.removeprefix(kind.facet))


def can_have_planned(step: Step, target: IamPrincipal) -> bool:
    return any(
        step.does_as(_make_inactive(target, kind, step.facet.removeprefix(kind.facet)))
        for kind in _KINDS
        if step.facet.startswith(kind.facet)
    )


def verify(state: State, target: IamPrincipal) -> Proof:
    return tuple(_fact(state, kind) for kind in _KINDS)


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    return ways_in.notes(state, target)


def _listed(reads: Reads, target: IamPrincipal, kind: _Kind) -> list[dict[str, Json]]:
    if kind.is_paged:
        return reads.pages(target.call(kind.lists), kind.key)
    answer = reads.read(target.call(kind.lists))
    found = list(answer[kind.key])
    # botocore has no paginator for it; a user has 2 for each of a handful of services:
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
    while answer.get("IsTruncated") and answer.get("Marker"):
        answer = reads.read(target.call(kind.lists, Marker=answer["Marker"]))
        found.extend(answer[kind.key])
    return found


def _credentials(state: State, kind: _Kind) -> list[tuple[str, Json]]:
    return [(facet, status) for facet, status in state.items() if facet.startswith(kind.facet) and status is not None]


def _fact(state: State, kind: _Kind) -> Fact:
    if _UNREAD + kind.facet in state:
        return Fact(measure=NAME, fact=f"its {kind.label} cannot be read: {state[_UNREAD + kind.facet]}", holds=False)
    statuses = [status for _facet, status in _credentials(state, kind)]
    off = sum(status != "Active" for status in statuses)
    fact = f"{off} of {len(statuses)} {kind.label} are inactive" if statuses else f"it has no {kind.label}"
    return Fact(measure=NAME, fact=fact, holds=off == len(statuses))


def _make_inactive(target: IamPrincipal, kind: _Kind, identity: str) -> Step:
    named = {kind.id_name: identity}
    return Step(
        measure=NAME,
        facet=kind.facet + identity,
        call=target.call(kind.update, **named, Status="Inactive"),
        undo=(target.call(kind.update, **named, Status="Active"),),
        why=f"make {identity} of the {kind.label} of {target.label} inactive",
        before="Active",
        after="Inactive",
    )

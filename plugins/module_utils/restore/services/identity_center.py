# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM Identity Center: who may sign in to which account with which permission set, and what people have to do about the rest.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html,
https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-info-in-cloudtrail.html

An assignment is made and taken in the background: a look right after it may still show the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Change, Facet, Kind, Move, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    call_about,
    is_there,
    move,
    or_gone,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_NAMES: Final = (
    ("InstanceArn", re.compile(r"arn:aws[a-z-]*:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}", re.ASCII)),
    (
        "PermissionSetArn",
        re.compile(r"arn:aws[a-z-]*:sso:::permissionSet/(sso)?ins-[a-zA-Z0-9.-]{16}/ps-[a-zA-Z0-9./-]{16}", re.ASCII),
    ),
    ("TargetId", re.compile(r"\d{12}", re.ASCII)),
    ("PrincipalType", re.compile(r"USER|GROUP", re.ASCII)),
    (
        "PrincipalId",
        re.compile(
            r"([0-9a-f]{10}-)?[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}", re.ASCII
        ),
    ),
)


def _takes(names: tuple[str, ...]) -> bool:
    return len(names) == len(_NAMES) and all(
        pattern.fullmatch(name) for (_parameter, pattern), name in zip(_NAMES, names, strict=True)
    )


def _read(reads: Reads, facet: Facet) -> Json:
    instance, permission_set, account, kind, principal = facet.names
    asked = call_about(
        facet,
        "sso-admin",
        "ListAccountAssignments",
        InstanceArn=instance,
        AccountId=account,
        PermissionSetArn=permission_set,
    )
    found = or_gone(lambda: reads.pages(asked, "AccountAssignments")) or ()
    is_assigned = any(one["PrincipalType"] == kind and one["PrincipalId"] == principal for one in found)
    return THERE if is_assigned else None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) == is_there(wanted):
        return ()
    parameters: dict[str, Json] = {
        parameter: name for (parameter, _pattern), name in zip(_NAMES, facet.names, strict=True)
    }
    assign, unassign = (
        call_about(facet, "sso-admin", f"{verb}AccountAssignment", **parameters, TargetType="AWS_ACCOUNT")
        for verb in ("Create", "Delete")
    )
    return (move(assign, unassign) if is_there(wanted) else move(unassign, assign),)


ASSIGNMENT = Kind(
    name="sso/account_assignment",
    order=20,
    permissions=("sso:ListAccountAssignments", "sso:CreateAccountAssignment", "sso:DeleteAccountAssignment"),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=lambda facet: facet.names[4],
)


def _assigned(event: Event) -> Iterator[Change]:
    yield from _assignment(event, None, THERE)


def _unassigned(event: Event) -> Iterator[Change]:
    yield from _assignment(event, THERE, None)


def _assignment(event: Event, before: Value, after: Value) -> Iterator[Change]:
    names = tuple(text_at(event.request, parameter[0].lower() + parameter[1:]) for parameter, _pattern in _NAMES)
    if _takes(names):
        facet = Facet(ASSIGNMENT.name, event.account, event.region, names)
        yield Change(facet=facet, before=before, after=after)


_SETS: Final = (
    "The attacker changed a permission set: what people, or its tags, may do in every account where it is assigned. "
    "Compare "
    "aws sso-admin describe-permission-set, list-managed-policies-in-permission-set and "
    "get-inline-policy-for-permission-set with what it should "
    "be, put it right, then hand it on: aws sso-admin provision-permission-set --target-type ALL_PROVISIONED_ACCOUNTS."
)
_SOURCE: Final = (
    "The attacker changed settings of IAM Identity Center: the identity source, whom it trusts, or how people sign in. "
    "Compare them with what they "
    "should be in the console, under Settings, and put them right; end sessions there as well."
)
_APPLICATIONS: Final = (
    "The attacker changed an application of IAM Identity Center, or who may use it. Compare aws sso-admin "
    "list-applications and "
    "list-application-assignments with what they should be, and put them right."
)
_STARTED: Final = (
    "IAM Identity Center was switched on, by which people can be given access to accounts from outside of IAM. If it "
    "is not wanted, look at who is "
    "in it and what is assigned, and delete it: aws sso-admin list-instances, aws sso-admin delete-instance."
)
_PEOPLE: Final = (
    "The attacker changed people or groups in IAM Identity Center's directory. Disable who does not belong there in "
    "the console (Users, Disable "
    "user access), which ends no session of a role; look at whose groups have assignments: aws identitystore "
    "list-group-memberships, and take "
    "out who does not belong: aws identitystore delete-group-membership. Who was deleted gets another id."
)
_PASSWORDS: Final = (
    "The attacker changed how somebody signs in to IAM Identity Center: a password, an MFA device, or a token for "
    "provisioning. Reset the "
    "password, remove devices that are not that person's, and delete the token in the console."
)
_BY_HAND: Final = {
    "sso-admin": {
        **dict.fromkeys(
            (
                "AttachCustomerManagedPolicyReferenceToPermissionSet",
                "AttachManagedPolicyToPermissionSet",
                "CreatePermissionSet",
                "DeleteInlinePolicyFromPermissionSet",
                "DeletePermissionSet",
                "DeletePermissionsBoundaryFromPermissionSet",
                "DeletePermissionsPolicy",
                "DetachCustomerManagedPolicyReferenceFromPermissionSet",
                "DetachManagedPolicyFromPermissionSet",
                "ProvisionPermissionSet",
                "PutInlinePolicyToPermissionSet",
                "PutPermissionsBoundaryToPermissionSet",
                "PutPermissionsPolicy",
                "TagResource",
                "UntagResource",
                "UpdatePermissionSet",
            ),
            _SETS,
        ),
        **dict.fromkeys(
            (
                "AssociateDirectory",
                "CreateInstanceAccessControlAttributeConfiguration",
                "CreateTrust",
                "CreateTrustedTokenIssuer",
                "DeleteInstance",
                "DeleteInstanceAccessControlAttributeConfiguration",
                "DeleteSSO",
                "DeleteTrustedTokenIssuer",
                "DisableExternalIdPConfigurationForDirectory",
                "DisassociateDirectory",
                "EnableExternalIdPConfigurationForDirectory",
                "UpdateDirectoryAssociation",
                "UpdateInstance",
                "UpdateInstanceAccessControlAttributeConfiguration",
                "UpdateSsoConfiguration",
                "UpdateTrust",
                "UpdateTrustedTokenIssuer",
            ),
            _SOURCE,
        ),
        **dict.fromkeys(
            (
                "AssociateProfile",
                "CreateApplication",
                "CreateApplicationAssignment",
                "DeleteApplication",
                "DeleteApplicationAssignment",
                "DisassociateProfile",
                "PutApplicationAccessScope",
                "PutApplicationAssignmentConfiguration",
                "PutApplicationAuthenticationMethod",
                "PutApplicationGrant",
                "UpdateApplication",
            ),
            _APPLICATIONS,
        ),
        **dict.fromkeys(("CreateInstance", "StartSSO"), _STARTED),
    },
    "identitystore": {
        **dict.fromkeys(
            (
                "AddMemberToGroup",
                "CreateGroup",
                "CreateGroupMembership",
                "CreateUser",
                "DeleteGroup",
                "DeleteGroupMembership",
                "DeleteUser",
                "DisableUser",
                "EnableUser",
                "RemoveMemberFromGroup",
                "UpdateGroup",
                "UpdateUser",
            ),
            _PEOPLE,
        ),
        **dict.fromkeys(
            (
                "CreateBearerToken",
                "CreateProvisioningTenant",
                "DeleteMfaDeviceForUser",
                "StartVirtualMfaDeviceRegistration",
                "StartWebAuthnDeviceRegistration",
                "CompleteVirtualMfaDeviceRegistration",
                "CompleteWebAuthnDeviceRegistration",
                "UpdateMfaDeviceForUser",
                "UpdatePassword",
            ),
            _PASSWORDS,
        ),
        **dict.fromkeys(
            (
                "DisableExternalIdPConfigurationForDirectory",
                "EnableExternalIdPConfigurationForDirectory",
                "CreateExternalIdPConfigurationForDirectory",
                "UpdateExternalIdPConfigurationForDirectory",
                "ImportExternalIdPCertificate",
                "DeleteExternalIdPCertificate",
                "DeleteExternalIdPConfigurationForDirectory",
                "CreateDirectory",
                "DeleteDirectory",
            ),
            _SOURCE,
        ),
    },
}
KINDS = (ASSIGNMENT,)
ENTRIES = (
    Entry(
        service="sso-admin",
        operation="CreateAccountAssignment",
        changes=_assigned,
        undone_by="DeleteAccountAssignment",
        before_from="the call itself, or an earlier event",
    ),
    Entry(
        service="sso-admin",
        operation="DeleteAccountAssignment",
        changes=_unassigned,
        undone_by="CreateAccountAssignment",
        before_from="the call itself, or an earlier event",
    ),
    *(
        Entry(service=service, operation=operation, manual=text)
        for service, operations in _BY_HAND.items()
        for operation, text in operations.items()
    ),
)

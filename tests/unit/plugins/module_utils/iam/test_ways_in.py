"""What only a human can close is listed with the command to type, and what could not be looked at is never taken for fine."""

from __future__ import annotations

from typing import Any

import pytest
from iam_model import IamModel
from runs import ALICE, one_user

from ansible_collections.cordon.aws.plugins.module_utils.iam import ways_in
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures import other_credentials
from ansible_collections.cordon.aws.plugins.module_utils.measures.other_credentials import observe, plan, verify
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

USER = principal_of_arn(ALICE)
PHONE = "arn:aws:iam::123456789012:mfa/phone"
NOTHING = {"login_profile": None}


def seen(model: IamModel) -> dict[str, Any]:
    cloud: Any = model
    return observe(Reads(cloud), USER)


def test_a_user_without_any_has_nothing_said_of_it() -> None:
    assert ways_in.notes(NOTHING, USER) == []
    assert ways_in.notes(seen(IamModel(one_user())), USER) == []


def test_a_console_password_is_told_with_the_command_that_removes_it() -> None:
    (note,) = ways_in.notes(seen(IamModel(one_user(login=True))), USER)
    assert note.endswith("aws iam delete-login-profile --user-name alice")


def test_each_mfa_device_is_told_with_the_command_that_takes_it_away() -> None:
    """An attacker may have added one; whose it is only its owner knows."""
    (note,) = ways_in.notes(seen(IamModel(one_user(mfa=[PHONE]))), USER)
    assert f"has the MFA device {PHONE}" in note
    assert note.endswith(f"aws iam deactivate-mfa-device --user-name alice --serial-number {PHONE}")


def test_what_could_be_more_than_an_argument_of_a_command_stands_in_none() -> None:
    (note,) = ways_in.notes(NOTHING | {"mfa_device/x; rm -r $HOME\n": "there"}, USER)
    assert "aws iam" not in note
    assert "\n" not in note


def test_identity_providers_of_the_account_are_told() -> None:
    saml, oidc = (
        "arn:aws:iam::123456789012:saml-provider/Okta",
        "arn:aws:iam::123456789012:oidc-provider/ci.example.com",
    )
    said = ways_in.notes(NOTHING | {f"saml_provider/{saml}": "there", f"oidc_provider/{oidc}": "there"}, USER)
    assert [saml in said[0], oidc in said[1], len(said)] == [True, True, 2]


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("GetLoginProfile", "aws iam get-login-profile --user-name alice"),
        ("ListMFADevices", "aws iam list-mfa-devices --user-name alice"),
        ("ListSAMLProviders", "aws iam list-saml-providers"),
        ("ListOpenIDConnectProviders", "aws iam list-open-id-connect-providers"),
    ],
)
def test_what_aws_refuses_to_show_is_told_as_not_looked_at(operation: str, command: str) -> None:
    model = IamModel(one_user())
    model.refused = {operation: "AccessDenied"}
    (note,) = ways_in.notes(seen(model), USER)
    assert note.startswith("Not looked at")
    assert note.endswith(command)


@pytest.mark.parametrize(
    ("operation", "label"),
    [
        ("ListSSHPublicKeys", "SSH public keys"),
        ("ListServiceSpecificCredentials", "service-specific credentials"),
        ("ListSigningCertificates", "signing certificates"),
    ],
)
def test_a_list_that_aws_refuses_keeps_no_other_credential_active_and_is_no_proof(operation: str, label: str) -> None:
    everything = {
        "ListSSHPublicKeys": {"APKAEIVFHP46CEXAMPLE": "Active"},
        "ListServiceSpecificCredentials": {"ACCAIOSFODNN7EXAMPLE": "Active"},
        "ListSigningCertificates": {"TA7SMP42TDN5Z26OBPJE7EXAMPLE": "Active"},
    }
    model = IamModel(one_user(others=everything))
    model.refused = {operation: "AccessDenied"}
    state = seen(model)
    assert len(list(plan(state, USER))) == 2
    assert [fact.fact for fact in verify(state, USER) if label in fact.fact and not fact.holds] == [
        f"its {label} cannot be read: Cannot call AWS: AccessDenied. Look."
    ]


def test_where_a_region_has_no_service_specific_credentials_there_are_none() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html"""
    model = IamModel(one_user())
    model.refused = {"ListServiceSpecificCredentials": "NotSupportedService"}
    proof = verify(seen(model), USER)
    assert all(fact.holds for fact in proof)
    assert "it has no service-specific credentials" in [fact.fact for fact in proof]


def test_what_is_about_the_account_is_asked_once_for_all_its_users() -> None:
    bob = principal_of_arn(ALICE.replace("alice", "bob"))
    model = IamModel(one_user() | {bob.arn: one_user()[ALICE]})
    cloud: Any = model
    reads = Reads(cloud)
    for user in (USER, bob):
        other_credentials.observe(reads, user)
    assert (model.calls["ListSAMLProviders"], model.calls["ListMFADevices"]) == (1, 2)

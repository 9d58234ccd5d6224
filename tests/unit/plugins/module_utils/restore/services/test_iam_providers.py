"""Identity providers, and what IAM keeps once per account."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import ACCOUNT, check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN

OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com/id"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
PRINTS = ["a" * 40, "b" * 40]
METADATA = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"
OIDC_VALUE = {"clients": ["app"], "thumbprints": PRINTS, "tags": {}}
DEFAULTS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
    "HardExpiry": False,
}


def test_an_oidc_provider_is_removed_and_can_be_made_again_just_so() -> None:
    request = {"url": "https://token.example.com/id", "clientIDList": ["app"], "thumbprintList": PRINTS[::-1]}
    one = facet("iam/oidc_provider", "oidc-provider", OIDC)
    found = told(logged("iam:CreateOpenIDConnectProvider", request, {"openIDConnectProviderArn": OIDC}))
    assert found == {
        (one.kind, *one.names): (None, OIDC_VALUE),
        ("iam/oidc_thumbprints", "oidc-provider", OIDC): (GONE, PRINTS),
        ("iam/oidc_client", "oidc-provider", OIDC, "app"): (GONE, "there"),
    }
    assert moves_of(one, OIDC_VALUE, None) == [("iam:DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": OIDC})]
    again = {"Url": "https://token.example.com/id", "ClientIDList": ["app"], "ThumbprintList": PRINTS}
    assert undo_of(one, OIDC_VALUE, None) == [("iam:CreateOpenIDConnectProvider", again)]


def test_a_saml_provider_s_metadata_is_a_facet_of_its_own() -> None:
    request = {"sAMLProviderArn": SAML, "sAMLMetadataDocument": METADATA}
    assert told(logged("iam:UpdateSAMLProvider", request)) == {
        ("iam/saml_metadata", "saml-provider", SAML): (UNKNOWN, METADATA)
    }
    assert told(logged("iam:UpdateSAMLProvider", {**request, "addPrivateKey": "x"})) == {}
    made = {"name": "idp", "sAMLMetadataDocument": METADATA}
    assert told(logged("iam:CreateSAMLProvider", made, {"sAMLProviderArn": SAML})) == {
        ("iam/saml_provider", "saml-provider", SAML): (None, {"metadata": METADATA, "tags": {}}),
        ("iam/saml_metadata", "saml-provider", SAML): (GONE, METADATA),
    }


@pytest.mark.parametrize("metadata", ["", "x" * 2000, "<" + "x" * 20, "<a>\0" + "x" * 2000, 7, None])
def test_metadata_that_is_none_goes_into_no_call(metadata: Any) -> None:
    found = told(logged("iam:UpdateSAMLProvider", {"sAMLProviderArn": SAML, "sAMLMetadataDocument": metadata}))
    assert found == {("iam/saml_metadata", "saml-provider", SAML): (UNKNOWN, UNKNOWN)}


@pytest.mark.parametrize(
    ("kind", "names", "values"),
    [
        ("iam/oidc_provider", ("oidc-provider", OIDC), [None, OIDC_VALUE]),
        ("iam/oidc_client", ("oidc-provider", OIDC, "app"), [None, "there"]),
        ("iam/oidc_thumbprints", ("oidc-provider", OIDC), [PRINTS, PRINTS[:1]]),
        ("iam/saml_provider", ("saml-provider", SAML), [None, {"metadata": METADATA, "tags": {"a": "b"}}]),
        ("iam/saml_metadata", ("saml-provider", SAML), [METADATA, METADATA + " "]),
        ("iam/account_alias", ("AccountAlias",), [None, "ours", "theirs"]),
        (
            "iam/account_password_policy",
            ("AccountPasswordPolicy",),
            [None, DEFAULTS, {**DEFAULTS, "MaxPasswordAge": 90}],
        ),
    ],
)
def test_there_and_back(kind: str, names: tuple[str, ...], values: list[Any]) -> None:
    check_ways(facet(kind, *names), values)


def test_a_password_policy_sets_what_it_does_not_name_to_the_default() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html"""
    found = told(
        logged(
            "iam:UpdateAccountPasswordPolicy",
            {"minimumPasswordLength": 14, "requireSymbols": True, "maxPasswordAge": 0},
        )
    )
    after = {**DEFAULTS, "MinimumPasswordLength": 14, "RequireSymbols": True}
    assert found == {("iam/account_password_policy", "AccountPasswordPolicy"): (UNKNOWN, after)}


def test_a_new_alias_takes_the_place_of_the_old() -> None:
    one = facet("iam/account_alias", "AccountAlias")
    assert moves_of(one, "theirs", "ours") == [("iam:CreateAccountAlias", {"AccountAlias": "ours"})]
    assert told(logged("iam:DeleteAccountAlias", {"accountAlias": "ours"})) == {(one.kind, *one.names): ("ours", None)}

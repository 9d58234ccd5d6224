"""What hangs on an organization: its policies and accounts, Roles Anywhere, and who is assigned what in Identity Center. The sandbox has
neither Roles Anywhere nor Identity Center: their shapes are those of real events and of the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogued import check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
POLICY, TARGET = "p-examplepolicyid111", "ou-examplerootid111-exampleouid111"
CONTENT = {"Version": "2012-10-17", "Statement": []}
VALUE = {"name": "ours", "description": "", "content": CONTENT}
ANCHOR, PROFILE = "4d07f6a0-1c50-44d3-951b-b68b783daa0a", "910042eb-8463-427d-8095-6fd60ac303d9"
ASSIGNMENT = {
    "instanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
    "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef",
    "targetId": "111122223333",
    "targetType": "AWS_ACCOUNT",
    "principalType": "USER",
    "principalId": "906780b6-1234-1234-1234-123456789012",
}
SETTINGS = {
    "name": "ours",
    "roleArns": ["arn:aws:iam::111122223333:role/build"],
    "managedPolicyArns": [],
    "sessionPolicy": None,
    "durationSeconds": 3600,
    "acceptRoleSessionName": False,
}


def real(operation: str) -> dict[tuple[str, ...], tuple[Any, Any]]:
    records = json.loads(
        (STRATUS / "aws.persistence.rolesanywhere-create-trust-anchor.json").read_text(encoding="utf-8")
    )
    return told(next(event_of(record) for record in records if record["eventName"] == operation))


def test_a_real_trust_anchor_is_disabled_and_kept() -> None:
    found = real("CreateTrustAnchor")
    assert found["rolesanywhere/trustAnchor", ANCHOR] == (None, "enabled")
    before, after = found["rolesanywhere/trustAnchor_settings", ANCHOR]
    assert before == GONE
    assert after["source"]["sourceType"] == "CERTIFICATE_BUNDLE"
    one = facet("rolesanywhere/trustAnchor", ANCHOR)
    assert moves_of(one, "enabled", "disabled") == [("rolesanywhere:DisableTrustAnchor", {"trustAnchorId": ANCHOR})]
    kept = KINDS[one.kind].kept
    assert kept is not None
    assert kept("enabled") == kept("disabled") == "disabled"


def test_a_real_profile_is_disabled_and_its_settings_are_known() -> None:
    found = real("CreateProfile")
    assert found["rolesanywhere/profile", PROFILE] == (None, "enabled")
    roles = ["arn:aws:iam::791182566784:role/stratus-red-team-trust-anchor-role"]
    settings = {**SETTINGS, "name": "malicious-rolesanywhere-profile", "roleArns": roles}
    assert found["rolesanywhere/profile_settings", PROFILE] == (GONE, settings)


def test_a_swapped_certificate_authority_is_swapped_back() -> None:
    source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": "theirs"}}
    answer = {"trustAnchor": {"trustAnchorId": ANCHOR, "name": "ours", "source": source, "enabled": True}}
    one = facet("rolesanywhere/trustAnchor_settings", ANCHOR)
    assert told(logged("rolesanywhere:UpdateTrustAnchor", {"trustAnchorId": ANCHOR}, answer)) == {
        (one.kind, ANCHOR): (UNKNOWN, {"name": "ours", "source": source})
    }
    before = {"name": "ours", "source": {"sourceType": "AWS_ACM_PCA", "sourceData": {"acmPcaArn": "arn:aws:acm-pca:x"}}}
    assert moves_of(one, {"name": "ours", "source": source}, before) == [
        ("rolesanywhere:UpdateTrustAnchor", {"trustAnchorId": ANCHOR, **before})
    ]


def test_a_session_policy_that_was_added_is_for_a_human() -> None:
    """No update takes it away: https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_UpdateProfile.html"""
    one = facet("rolesanywhere/profile_settings", PROFILE)
    with pytest.raises(IrreversibleError, match="sessionPolicy"):
        moves_of(one, {**SETTINGS, "sessionPolicy": "{}"}, SETTINGS)
    assert undo_of(one, SETTINGS, {**SETTINGS, "sessionPolicy": "{}"}) == []


@pytest.mark.parametrize(
    ("kind", "names", "values"),
    [
        ("rolesanywhere/trustAnchor", (ANCHOR,), [None, "enabled", "disabled"]),
        ("rolesanywhere/profile", (PROFILE,), [None, "enabled", "disabled"]),
        ("rolesanywhere/crl", (PROFILE,), [None, "enabled", "disabled"]),
        ("rolesanywhere/profile_settings", (PROFILE,), [SETTINGS, {**SETTINGS, "durationSeconds": 43200}]),
        ("organizations/attached_policy", (POLICY, TARGET), [None, "there"]),
        ("organizations/policy", (POLICY,), [None, VALUE, {**VALUE, "content": {}}]),
        ("organizations/resource_policy", ("ResourcePolicy",), [None, CONTENT, {}]),
        ("organizations/account_parent", ("111122223333",), ["r-abcd", TARGET]),
        ("organizations/invitation", ("h-examplehandshakeid111",), [None, "there"]),
        ("organizations/delegated_administrator", ("111122223333", "guardduty.amazonaws.com"), [None, "there"]),
        (
            "sso/account_assignment",
            tuple(
                ASSIGNMENT[name]
                for name in ("instanceArn", "permissionSetArn", "targetId", "principalType", "principalId")
            ),
            [None, "there"],
        ),
    ],
)
def test_there_and_back(kind: str, names: tuple[str, ...], values: list[Any]) -> None:
    check_ways(facet(kind, *names), values)


def test_a_policy_is_attached_where_it_was_not() -> None:
    request = {"policyId": POLICY, "targetId": TARGET}
    assert told(logged("organizations:DetachPolicy", request)) == {
        ("organizations/attached_policy", POLICY, TARGET): ("there", None)
    }


def test_a_policy_is_known_from_the_answer() -> None:
    answer = {
        "policy": {"policySummary": {"id": POLICY, "name": "ours", "description": ""}, "content": json.dumps(CONTENT)}
    }
    assert told(logged("organizations:UpdatePolicy", {"policyId": POLICY}, answer)) == {
        ("organizations/policy", POLICY): (UNKNOWN, VALUE)
    }
    hidden = {"policy": {"policySummary": {"id": POLICY, "name": "****"}, "content": json.dumps(CONTENT)}}
    assert told(logged("organizations:UpdatePolicy", {"policyId": POLICY}, hidden)) == {
        ("organizations/policy", POLICY): (UNKNOWN, UNKNOWN)
    }


def test_a_moved_account_goes_back() -> None:
    request = {"accountId": "111122223333", "sourceParentId": "r-abcd", "destinationParentId": TARGET}
    one = facet("organizations/account_parent", "111122223333")
    assert told(logged("organizations:MoveAccount", request)) == {(one.kind, *one.names): ("r-abcd", TARGET)}
    assert moves_of(one, TARGET, "r-abcd") == [
        (
            "organizations:MoveAccount",
            {"AccountId": "111122223333", "SourceParentId": TARGET, "DestinationParentId": "r-abcd"},
        )
    ]


def test_an_invitation_is_withdrawn_while_nobody_has_accepted_it() -> None:
    one = facet("organizations/invitation", "h-examplehandshakeid111")
    answer = {"handshake": {"id": "h-examplehandshakeid111", "state": "OPEN"}}
    assert told(logged("organizations:InviteAccountToOrganization", {}, answer)) == {
        (one.kind, *one.names): (None, "there")
    }
    assert moves_of(one, "there", None) == [
        ("organizations:CancelHandshake", {"HandshakeId": "h-examplehandshakeid111"})
    ]
    with pytest.raises(IrreversibleError, match="remove-account-from-organization"):
        moves_of(one, "ACCEPTED", None)


def test_an_assignment_is_taken_back() -> None:
    found = told(logged("sso:CreateAccountAssignment", ASSIGNMENT))
    ((kind, *names),) = found
    assert found[kind, *names] == (None, "there")
    parameters = {name[0].upper() + name[1:]: value for name, value in ASSIGNMENT.items()}
    assert moves_of(facet(kind, *names), "there", None) == [("sso-admin:DeleteAccountAssignment", parameters)]

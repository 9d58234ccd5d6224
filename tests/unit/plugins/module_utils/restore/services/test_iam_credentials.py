"""Keys, passwords, devices, members and names: what hangs on a user."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError

KEY = "AKIAIOSFODNN7EXAMPLE"
SERIAL = "arn:aws:iam::111122223333:mfa/phone"
ALICE = {"type": "IAMUser", "userName": "alice"}
ROOT = {"type": "Root", "accountId": "111122223333"}
CREDENTIALS = [
    ("access_key", "CreateAccessKey", "accessKey", "accessKeyId", "AccessKey", "AccessKeyId"),
    ("ssh_public_key", "UploadSSHPublicKey", "sSHPublicKey", "sSHPublicKeyId", "SSHPublicKey", "SSHPublicKeyId"),
    (
        "service_specific_credential",
        "CreateServiceSpecificCredential",
        "serviceSpecificCredential",
        "serviceSpecificCredentialId",
        "ServiceSpecificCredential",
        "ServiceSpecificCredentialId",
    ),
    (
        "signing_certificate",
        "UploadSigningCertificate",
        "certificate",
        "certificateId",
        "SigningCertificate",
        "CertificateId",
    ),
]


@pytest.mark.parametrize(("kind", "makes", "answer", "shown_id", "noun", "id_name"), CREDENTIALS)
def test_a_credential_that_was_made_is_made_inactive(
    kind: str, makes: str, answer: str, shown_id: str, noun: str, id_name: str
) -> None:
    response = {answer: {"userName": "alice", shown_id: KEY, "status": "Active"}}
    assert told(logged(f"iam:{makes}", None, response)) == {(f"iam/{kind}", "user", "alice", KEY): (None, "Active")}
    one = facet(f"iam/{kind}", "user", "alice", KEY)
    kept = KINDS[one.kind].kept
    assert kept is not None
    assert kept("Active") == kept("Inactive") == "Inactive"
    named = {"UserName": "alice", id_name: KEY}
    assert moves_of(one, "Active", "Inactive") == [(f"iam:Update{noun}", {**named, "Status": "Inactive"})]
    assert moves_of(one, "Inactive", None) == [(f"iam:Delete{noun}", named)]
    check_ways(one, [None, "Active", "Inactive", GONE])


def test_a_deleted_key_is_for_a_human() -> None:
    with pytest.raises(IrreversibleError, match="aws iam create-access-key --user-name alice"):
        moves_of(facet("iam/access_key", "user", "alice", KEY), None, "Active")


def test_a_call_that_names_nobody_is_about_the_user_whose_key_signed_it() -> None:
    request = {"accessKeyId": KEY, "status": "Inactive"}
    assert told(logged("iam:UpdateAccessKey", request, identity=ALICE)) == {
        ("iam/access_key", "user", "alice", KEY): (UNKNOWN, "Inactive")
    }
    assert told(logged("iam:UpdateAccessKey", request, identity=ROOT)) == {}


@pytest.mark.parametrize("status", ["", "active", "Expired", None, {"Status": "Active"}])
def test_a_status_that_is_none_is_not_believed(status: Any) -> None:
    assert told(logged("iam:UpdateAccessKey", {"userName": "alice", "accessKeyId": KEY, "status": status})) in (
        {},
        {("iam/access_key", "user", "alice", KEY): (UNKNOWN, UNKNOWN)},
    )


def test_a_password_that_was_given_is_taken_away_for_good() -> None:
    one = facet("iam/login_profile", "user", "alice")
    assert told(logged("iam:CreateLoginProfile", {"userName": "alice"})) == {(one.kind, *one.names): (None, "there")}
    assert moves_of(one, "there", None) == [("iam:DeleteLoginProfile", {"UserName": "alice"})]
    assert undo_of(one, "there", None) == []
    with pytest.raises(IrreversibleError, match="nobody but the user knows"):
        moves_of(one, None, "there")


def test_an_mfa_device_that_was_taken_is_for_who_holds_it() -> None:
    request = {"userName": "alice", "serialNumber": SERIAL}
    one = facet("iam/mfa_device", "user", "alice", SERIAL)
    assert told(logged("iam:DeactivateMFADevice", request)) == {(one.kind, *one.names): ("there", None)}
    with pytest.raises(IrreversibleError, match="two codes"):
        moves_of(one, None, "there")
    assert told(logged("iam:EnableMFADevice", request)) == {(one.kind, *one.names): (None, "there")}
    assert moves_of(one, "there", None) == [("iam:DeactivateMFADevice", {"UserName": "alice", "SerialNumber": SERIAL})]


def test_members_and_roles_join_and_leave() -> None:
    member = facet("iam/group_member", "user", "alice", "writers")
    assert told(logged("iam:AddUserToGroup", {"userName": "alice", "groupName": "writers"})) == {
        (member.kind, *member.names): (None, "there")
    }
    assert told(logged("iam:RemoveUserFromGroup", {"userName": "alice", "groupName": "writers"})) == {
        (member.kind, *member.names): ("there", None)
    }
    check_ways(member, [None, "there"])
    check_ways(facet("iam/instance_profile_role", "instance-profile", "web", "deploy"), [None, "there"])
    check_ways(facet("iam/group", "group", "writers"), [None, {"path": "/", "tags": {}}])
    check_ways(facet("iam/instance-profile", "instance-profile", "web"), [None, {"path": "/", "tags": {"a": "b"}}])


def test_a_renamed_user_gets_its_name_back_after_all_else() -> None:
    one = facet("iam/renaming", "user", "alice", "bob")
    assert told(logged("iam:UpdateUser", {"userName": "alice", "newUserName": "bob", "newPath": "/x/"})) == {
        (one.kind, *one.names): ("alice", "bob"),
        ("iam/path", "user", "bob"): (UNKNOWN, "/x/"),
    }
    assert moves_of(one, "bob", "alice") == [("iam:UpdateUser", {"UserName": "bob", "NewUserName": "alice"})]
    assert moves_of(one, GONE, "alice") == []
    check_ways(one, ["alice", "bob"])
    check_ways(facet("iam/path", "user", "bob"), ["/", "/x/"])
    assert KINDS[one.kind].order > max(
        kind.order for name, kind in KINDS.items() if name.startswith("iam/") and name != one.kind
    )

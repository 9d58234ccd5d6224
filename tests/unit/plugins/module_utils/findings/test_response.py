"""Everybody whom a finding names is contained or told of: no IAM user and no other thing is dropped in silence.

The fields are those of https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html and of
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets
from ansible_collections.cordon.aws.plugins.module_utils.findings.response import (
    finding_leftovers,
    finding_principals,
    finding_unique_ids,
)

HERE, ELSEWHERE = "111122223333", "123456789012"
LONG_TERM, TEMPORARY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
ALICE, BOB = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{HERE}:user/bob"
ALICES_ID = "AIDACKCEVSQ6C2EXAMPLE"


def read(resource: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """What `finding_targets` gives for GuardDuty's finding about this."""
    document = {
        "accountId": HERE,
        "region": "eu-west-1",
        "id": "1ac7f3c0b8f34f0e9d2b6a5c4d3e2f10",
        "type": "Recon:IAMUser/TorIPCaller",
        "severity": 5,
        "resource": resource or {},
        **others,
    }
    return dict(finding_targets(document))


def key(key_id: str = LONG_TERM, user_type: str = "IAMUser", **others: str) -> dict[str, str]:
    who = {"userName": "alice", "principalId": ALICES_ID} if user_type == "IAMUser" else {}
    return {"accessKeyId": key_id, "userType": user_type, **who, **others}


def sequence(*actors: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """An attack sequence of these actors."""
    told = {"actors": list(actors), "resources": list(resources)}
    return read(type="AttackSequence:IAM/CompromisedCredentials", service={"detection": {"sequence": told}})


def actor(name: str, *, key_id: str | None = None, account: str = HERE, **user: str) -> dict[str, Any]:
    given = {"credentialUid": key_id} if key_id else {}
    return {"user": {"name": name, "type": "IAMUser", "account": {"uid": account}, **given, **user}}


ROLE_SESSION = {
    "user": {
        "name": "deployer",
        "uid": "AROACKCEVSQ6C2EXAMPLE:build",
        "type": "AssumedRole",
        "credentialUid": TEMPORARY,
    },
    "session": {"issuer": f"arn:aws:iam::{HERE}:role/ci/deployer"},
}


def security_hub(*resources: dict[str, Any]) -> dict[str, Any]:
    document = {
        "Id": f"arn:aws:guardduty:eu-west-1:{HERE}:detector/12abc34d567e8fa901bc2d34e56789f0/finding/1ac7f3c0b8f34f0e9d2b6a5c4d3e2f10",
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/guardduty",
        "AwsAccountId": HERE,
        "Region": "eu-west-1",
        "Types": ["TTPs/UnauthorizedAccess:IAMUser-TorIPCaller"],
        "Resources": list(resources),
    }
    return dict(finding_targets(document))


def test_a_user_is_named_by_key_and_by_arn_so_that_deleting_the_key_saves_nobody() -> None:
    assert finding_principals(read({"accessKeyDetails": key()})) == [LONG_TERM, ALICE]


def test_a_session_of_a_user_leads_to_the_user() -> None:
    assert finding_principals(read({"accessKeyDetails": key(TEMPORARY)})) == [ALICE]


def test_the_key_of_one_actor_does_not_hide_another_actor() -> None:
    assert finding_principals(sequence(actor("alice", key_id=LONG_TERM), actor("bob"))) == [LONG_TERM, ALICE, BOB]


def test_key_and_user_of_one_actor_are_given_once() -> None:
    twice = sequence(
        actor("alice", key_id=LONG_TERM, uid=ALICES_ID),
        resources=({"resourceType": "ACCESS_KEY", "uid": LONG_TERM, "data": {"accessKey": key()}},),
    )
    assert finding_principals(twice) == [LONG_TERM, ALICE]


def test_two_users_of_one_name_in_two_accounts_are_two() -> None:
    there = f"arn:aws:iam::{ELSEWHERE}:user/alice"
    assert finding_principals(sequence(actor("alice"), actor("alice", account=ELSEWHERE))) == [ALICE, there]


def test_security_hub_leads_to_the_same_users() -> None:
    credential = {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{LONG_TERM}",
        "Details": {
            "AwsIamAccessKey": {"PrincipalId": ALICES_ID, "PrincipalType": "IAMUser", "PrincipalName": "alice"}
        },
    }
    dana = f"arn:aws:iam::{HERE}:user/developers/dana"
    finding = security_hub(credential, {"Type": "AwsIamUser", "Id": dana})
    assert finding_principals(finding) == [LONG_TERM, ALICE, dana]
    assert finding_unique_ids(finding) == {ALICE: ALICES_ID}
    assert finding_leftovers(finding) == []


def test_a_finding_about_a_bucket_contains_whoever_used_the_key_and_tells_of_the_bucket() -> None:
    finding = read(
        {"resourceType": "S3Bucket", "accessKeyDetails": key(), "s3BucketDetails": [{"name": "invoices"}]},
        type="Exfiltration:S3/AnomalousBehavior",
    )
    assert finding_principals(finding) == [LONG_TERM, ALICE]
    (said,) = finding_leftovers(finding)
    assert said.startswith("bucket invoices (arn:aws:s3:::invoices) is named in it and is not contained: ")


def test_a_sample_is_refused_and_leaves_nothing_to_do() -> None:
    sample = read({"accessKeyDetails": key()}, title="[SAMPLE] A key was used.")
    with pytest.raises(RefusedError, match="it is a sample"):
        finding_principals(sample)
    assert finding_leftovers(sample) == []


@pytest.mark.parametrize(
    ("finding", "named"),
    [
        (read({"accessKeyDetails": key(TEMPORARY, "AssumedRole", userName="deployer")}), "role deployer"),
        (read({"instanceDetails": {"instanceId": "i-0123456789abcdef0"}}), "instance i-0123456789abcdef0"),
        (read(), "nothing"),
    ],
    ids=["role", "instance", "nothing"],
)
def test_what_names_no_user_is_an_error_that_says_what_a_human_can_do(finding: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        finding_principals(finding)
    assert named in caught.value.why
    assert "this version contains IAM users only" in caught.value.why
    assert "respond_to_leaked_key.yml" in caught.value.remedy


def test_a_user_is_told_by_unique_id_under_the_arn_by_which_it_is_contained() -> None:
    finding = sequence(actor("alice", key_id=LONG_TERM, uid=ALICES_ID), actor("bob"), ROLE_SESSION)
    assert finding_unique_ids(finding) == {ALICE: ALICES_ID}
    assert set(finding_unique_ids(finding)) <= set(finding_principals(finding))


@pytest.mark.parametrize("other", ["AROACKCEVSQ6C2EXAMPLE", "GeneratedFindingPrincipalId", "AIDA", HERE])
def test_what_is_no_unique_id_of_a_user_is_none(other: str) -> None:
    assert finding_unique_ids(read({"accessKeyDetails": key(principalId=other)})) == {}


def test_of_two_unique_ids_for_one_user_the_first_is_looked_for_and_the_other_told_of() -> None:
    """The name has passed from one user to another while the sequence went on: the second must not be contained for the first."""
    finding = sequence(actor("alice", uid=ALICES_ID), actor("alice", uid="AIDACKCEVSQ6C2EXAMPL2"))
    assert finding_unique_ids(finding) == {ALICE: ALICES_ID}
    assert finding_leftovers(finding) == [f"{ALICE} is named with two unique ids, and only {ALICES_ID} is looked for"]


@pytest.mark.parametrize("key_id", [LONG_TERM, TEMPORARY])
def test_a_finding_about_one_user_leaves_nothing_over(key_id: str) -> None:
    assert finding_leftovers(read({"accessKeyDetails": key(key_id)})) == []


def test_a_role_and_its_session_beside_a_user_are_told_of_each_with_what_to_do() -> None:
    said = finding_leftovers(sequence(actor("alice", key_id=LONG_TERM), ROLE_SESSION))
    assert [sentence.partition(" acted in it and is not contained: ")[0] for sentence in said] == [
        f"role deployer (arn:aws:iam::{HERE}:role/ci/deployer)",
        f"session AROACKCEVSQ6C2EXAMPLE:build (arn:aws:sts::{HERE}:assumed-role/deployer/build)",
    ]
    assert said[0].endswith(": deny it in IAM, or contain it by hand")


@pytest.mark.parametrize(
    ("finding", "what"),
    [
        (read({"accessKeyDetails": key(user_type="Root")}), f"root user of account {HERE} (arn:aws:iam::{HERE}:root)"),
        (read({"instanceDetails": {"instanceId": "i-0123456789abcdef0"}}), "instance i-0123456789abcdef0 ("),
        (read({"lambdaDetails": {"functionName": "resize"}}), "function resize ("),
        (read({"rdsDbInstanceDetails": {"dbInstanceIdentifier": "orders"}}), "database orders is"),
        (read({"eksClusterDetails": {"name": "prod"}}), "cluster prod is"),
        (read({"accessKeyDetails": key(TEMPORARY, "FederatedUser", userName="helpdesk")}), "session helpdesk ("),
        (read({"accessKeyDetails": key(TEMPORARY, "SAMLUser")}), f"temporary key {TEMPORARY} "),
    ],
)
def test_each_thing_that_is_no_user_is_told_of(finding: dict[str, Any], what: str) -> None:
    said = finding_leftovers(finding)[0]
    assert said.startswith(what)
    assert "not contained: " in said


def test_what_was_left_out_in_reading_is_told_of_too() -> None:
    outsider = read({"accessKeyDetails": key(user_type="AWSAccount")})
    assert outsider["ignored"]
    assert finding_leftovers(outsider) == outsider["ignored"]


def test_the_session_that_a_contained_user_has_handed_out_is_no_leftover() -> None:
    """A session of GetFederationToken can do at most what its user can:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    credential = {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{TEMPORARY}",
        "Details": {
            "AwsIamAccessKey": {
                "PrincipalId": f"{HERE}:helpdesk",
                "PrincipalType": "FederatedUser",
                "PrincipalName": "helpdesk",
                "SessionContext": {"SessionIssuer": {"Type": "IAMUser", "Arn": ALICE}},
            }
        },
    }
    finding = security_hub(credential)
    assert finding_principals(finding) == [ALICE]
    assert finding_leftovers(finding) == []

"""Whom a finding lets be traced: as exactly as it tells, and never a whole role."""

from __future__ import annotations

from typing import Any

import pytest
from guardduty_findings import EXPECTED, MUTATED, OURS, published
from hypothesis import given

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.findings.actors import finding_actors
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals

FINDINGS = {name: dict(finding_targets(published(name))) for name, case in EXPECTED.items() if "error" not in case} | {
    name: dict(finding_targets(case["finding"])) for name, case in OURS.items()
}


HERE = "111122223333"
LONG_TERM, TEMPORARY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
ALICE, BUILD = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:sts::{HERE}:assumed-role/deployer/build"
INSTANCE = "i-0123456789abcdef0"


def read(details: dict[str, Any]) -> dict[str, Any]:
    """What `finding_targets` gives for GuardDuty's finding about these access key details."""
    document = {
        "accountId": HERE,
        "region": "eu-west-1",
        "id": "1ac7f3c0b8f34f0e9d2b6a5c4d3e2f10",
        "type": "Recon:IAMUser/TorIPCaller",
        "severity": 5,
        "resource": {"accessKeyDetails": details},
    }
    return dict(finding_targets(document))


def key(key_id: str = LONG_TERM) -> dict[str, Any]:
    return {"accessKeyId": key_id, "userType": "IAMUser", "userName": "alice", "principalId": "AIDACKCEVSQ6C2EXAMPLE"}


def role_key(session: str = "build") -> dict[str, Any]:
    principal = f"AROACKCEVSQ6C2EXAMPLE:{session}"
    return {"accessKeyId": TEMPORARY, "userType": "AssumedRole", "userName": "deployer", "principalId": principal}


def actors(details: dict[str, Any]) -> list[str]:
    return finding_actors(read(details))


def test_a_long_term_key_is_all() -> None:
    assert actors(key()) == [LONG_TERM]


def test_the_key_of_a_user_at_the_console_is_one_of_many() -> None:
    assert actors(key(TEMPORARY)) == [TEMPORARY, ALICE]


def test_the_key_of_a_session_is_all_and_its_role_is_never_given() -> None:
    assert actors(role_key()) == [TEMPORARY]


def test_the_key_of_an_instance_is_one_of_many() -> None:
    assert actors(role_key(INSTANCE)) == [TEMPORARY, f"arn:aws:sts::{HERE}:assumed-role/deployer/{INSTANCE}"]


def test_whoever_is_named_without_a_key_is_given_by_arn() -> None:
    assert actors({**role_key(), "accessKeyId": None}) == [BUILD]
    assert actors({**key(), "accessKeyId": None}) == [ALICE]


def test_a_sample_is_refused() -> None:
    with pytest.raises(RefusedError, match="it is a sample"):
        finding_actors({**read(key()), "sample": True})


def test_what_is_no_finding_is_refused() -> None:
    with pytest.raises(InputError, match="finding_targets"):
        finding_actors({})


@pytest.mark.parametrize("name", sorted(FINDINGS))
def test_what_is_given_can_be_traced(name: str) -> None:
    if FINDINGS[name]["sample"]:
        return
    found = finding_actors(FINDINGS[name])
    assert not [one for one in found if ":role/" in one]
    assert not found or parse_principals(found, "principals")


@given(MUTATED)
def test_nothing_hostile_comes_through(document: object) -> None:
    try:
        found = finding_actors(dict(finding_targets(document)))
    except (InputError, RefusedError):
        return
    assert not found or parse_principals(found, "principals")

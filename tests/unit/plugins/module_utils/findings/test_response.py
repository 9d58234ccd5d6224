"""Everybody whom a finding names is contained or told of, nobody is dropped in silence, and no whole role is contained.

The fields are those of https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html and of
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from guardduty_findings import EXPECTED, MUTATED, OURS, placed, published
from hypothesis import given

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets
from ansible_collections.cordon.aws.plugins.module_utils.findings.response import (
    finding_instances,
    finding_leftovers,
    finding_principals,
    finding_unique_ids,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals, parse_unique_ids

HERE, ELSEWHERE = "111122223333", "123456789012"
LONG_TERM, TEMPORARY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
ALICE, BOB = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{HERE}:user/bob"
ALICES_ID, DEPLOYERS_ID = "AIDACKCEVSQ6C2EXAMPLE", "AROACKCEVSQ6C2EXAMPLE"
DEPLOYER, BUILD = f"arn:aws:iam::{HERE}:role/ci/deployer", f"arn:aws:sts::{HERE}:assumed-role/deployer/build"
INSTANCE = "i-0123456789abcdef0"
COMMAND = "ansible-playbook playbooks/respond_to_leaked_key.yml -e access_key_ids="
CASES = {
    name: (dict(finding_targets(published(name))), case.get("principals", []))
    for name, case in EXPECTED.items()
    if "error" not in case
} | {name: (dict(finding_targets(case["finding"])), case.get("principals", [])) for name, case in OURS.items()}


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


def role_key(session: str = "build", **others: str) -> dict[str, str]:
    return key(
        TEMPORARY, "AssumedRole", **{"userName": "deployer", "principalId": f"{DEPLOYERS_ID}:{session}", **others}
    )


def principals_of(finding: dict[str, Any]) -> list[str]:
    """Whom it asks to contain; nobody where it is refused."""
    try:
        return finding_principals(finding)
    except (InputError, RefusedError):
        return []


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
    "session": {"issuer": DEPLOYER},
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


@pytest.mark.parametrize(("finding", "wanted"), CASES.values(), ids=CASES)
def test_those_who_stand_in_the_expectation_are_contained_and_nobody_else(
    finding: dict[str, Any], wanted: list[str]
) -> None:
    assert principals_of(finding) == wanted


@given(MUTATED)
def test_whatever_stands_anywhere_only_what_the_module_understands_is_handed_over(
    drawn: tuple[dict[str, object], str, object],
) -> None:
    """One name that it does not understand would keep all others from being contained."""
    try:
        found = dict(finding_targets(placed(*drawn)))
    except InputError:
        return
    principals = principals_of(found)
    names = parse_principals(principals, "principals") if principals else ()
    assert not [name.text for name in names if name.role_arn or name.user_name]
    assert set(parse_unique_ids(finding_unique_ids(found))) <= {*principals} or found["sample"]
    assert not (found["sample"] and principals)
    assert all("{{" not in sentence and "{%" not in sentence for sentence in finding_leftovers(found))


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


INSTANCE_ARN = f"arn:aws:ec2:eu-west-1:{HERE}:instance/{INSTANCE}"


@pytest.mark.parametrize(
    ("finding_type", "severity", "contained"),
    [
        ("Backdoor:EC2/C&CActivity.B", 8, True),
        ("CryptoCurrency:Runtime/BitcoinTool.B", 7.0, True),
        ("AttackSequence:EC2/CompromisedInstanceGroup", 9, True),
        ("UnauthorizedAccess:EC2/SSHBruteForce", 2, False),
        ("Recon:EC2/Portscan", 5, False),
        ("Behavior:EC2/NetworkPortUnusual", 6.9, False),
        ("Exfiltration:S3/AnomalousBehavior", 8, False),
        ("AttackSequence:S3/CompromisedData", 9, False),
    ],
)
def test_an_instance_is_contained_where_the_finding_is_about_it_and_says_that_it_is_compromised(
    finding_type: str, severity: float, contained: bool
) -> None:
    finding = read({"instanceDetails": {"instanceId": INSTANCE}}, type=finding_type, severity=severity)
    assert finding_instances(finding) == ([INSTANCE_ARN] if contained else [])
    assert [said.startswith(f"instance {INSTANCE} ") for said in finding_leftovers(finding)] == [True] * (not contained)


def test_an_instance_of_a_cluster_and_one_of_a_sample_are_nobodys_to_contain_unasked() -> None:
    about = {"instanceDetails": {"instanceId": INSTANCE}}
    in_cluster = read(
        about | {"eksClusterDetails": {"name": "prod"}}, type="Execution:Runtime/ReverseShell", severity=8
    )
    sample = read(about, type="Backdoor:EC2/C&CActivity.B", severity=8, title="[SAMPLE] It talks to somebody.")
    assert finding_instances(in_cluster) == finding_instances(sample) == []


def test_of_an_instance_that_is_contained_nothing_is_left_over_and_its_session_goes_with_it() -> None:
    resource = {"accessKeyDetails": role_key(INSTANCE), "instanceDetails": {"instanceId": INSTANCE}}
    finding = read(resource, type="AttackSequence:EC2/CompromisedInstanceGroup", severity=9)
    assert (finding_instances(finding), finding_principals(finding)) == ([INSTANCE_ARN], [])
    assert [said.split(" ")[:2] for said in finding_leftovers(finding)] == [["role", "deployer"]]


@pytest.mark.parametrize(
    ("finding", "named", "command"),
    [
        (
            security_hub({"Type": "AwsIamRole", "Id": DEPLOYER}),
            "role deployer",
            f"{COMMAND}{DEPLOYER}",
        ),
        (
            read({"instanceDetails": {"instanceId": INSTANCE}}, type="Recon:EC2/Portscan"),
            f"instance {INSTANCE}",
            f"playbooks/respond_to_compromised_instance.yml -e instance_ids={INSTANCE_ARN}",
        ),
        (read(), "nothing", f"{COMMAND}AKIA..."),
    ],
    ids=["role", "instance", "nothing"],
)
def test_what_names_nobody_to_contain_is_an_error_that_says_what_a_human_can_do(
    finding: dict[str, Any], named: str, command: str
) -> None:
    with pytest.raises(InputError) as caught:
        finding_principals(finding)
    assert caught.value.why == f"it names {named}, and none of that is contained without a human's word"
    assert caught.value.remedy.endswith(command)


def test_of_a_role_the_session_alone_is_contained() -> None:
    finding = read({"accessKeyDetails": role_key()})
    assert finding_principals(finding) == [BUILD]
    assert finding_unique_ids(finding) == {BUILD: DEPLOYERS_ID}


def test_every_actor_of_a_sequence_is_contained_and_of_a_role_each_session_that_acted() -> None:
    other = {"user": {**ROLE_SESSION["user"], "uid": f"{DEPLOYERS_ID}:test", "credentialUid": "ASIAI44QH8DHBEXAMPLE"}}
    finding = sequence(actor("alice", key_id=LONG_TERM), ROLE_SESSION, {**ROLE_SESSION, **other})
    test = f"arn:aws:sts::{HERE}:assumed-role/deployer/test"
    assert finding_principals(finding) == [LONG_TERM, ALICE, BUILD, test]
    assert [said.partition("; ")[0] for said in finding_leftovers(finding)] == [
        f"role deployer ({DEPLOYER}) is not contained but for its sessions build and test, and whoever may assume it can begin another one"
    ]


@pytest.mark.parametrize(
    "details",
    [
        role_key(principalId=DEPLOYERS_ID),
        role_key(session="x"),
        key(TEMPORARY, "SAMLUser", userName="https://idp.example/dana"),
        {"accessKeyId": TEMPORARY},
    ],
    ids=["no session", "a name that no session has", "SAML", "no type"],
)
def test_a_session_that_is_not_told_is_looked_for_by_its_key(details: dict[str, str]) -> None:
    assert finding_principals(read({"accessKeyDetails": details})) == [TEMPORARY]


def test_the_owner_of_one_session_does_not_hide_that_another_is_not_told() -> None:
    unknown = {"user": {"name": "someone", "type": "WebIdentityUser", "credentialUid": "ASIAI44QH8DHBEXAMPLE"}}
    assert finding_principals(sequence(ROLE_SESSION, unknown)) == ["ASIAI44QH8DHBEXAMPLE", BUILD]


def test_a_federated_user_is_looked_for_by_key_because_any_user_may_have_chosen_that_name() -> None:
    federated = key(TEMPORARY, "FederatedUser", userName="helpdesk")
    assert finding_principals(read({"accessKeyDetails": federated})) == [TEMPORARY]
    assert finding_leftovers(read({"accessKeyDetails": federated})) == []
    without_key = read({"accessKeyDetails": {**federated, "accessKeyId": ""}})
    assert finding_principals(without_key) == [f"arn:aws:sts::{HERE}:federated-user/helpdesk"]
    assert finding_leftovers(without_key) == []


@pytest.mark.parametrize("key_id", [LONG_TERM, TEMPORARY])
def test_root_is_contained_by_its_arn_which_needs_no_looking_up(key_id: str) -> None:
    finding = read({"accessKeyDetails": key(key_id, "Root")})
    assert finding_principals(finding) == [f"arn:aws:iam::{HERE}:root"]
    assert finding_unique_ids(finding) == {}
    (said,) = finding_leftovers(finding)
    assert said.startswith(f"root user of account {HERE} (arn:aws:iam::{HERE}:root) acted in it, and its password, ")


def stolen_from_instance(finding_type: str) -> dict[str, Any]:
    return read(
        {"accessKeyDetails": role_key(INSTANCE), "instanceDetails": {"instanceId": INSTANCE}}, type=finding_type
    )


@pytest.mark.parametrize(
    "finding_type",
    [
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
        "Discovery:S3/AnomalousBehavior",
        "AttackSequence:EC2/CompromisedInstanceGroup",
    ],
)
def test_of_an_instances_role_its_own_session_alone_is_contained_and_the_instance_is_said_to_lack_it(
    finding_type: str,
) -> None:
    finding = stolen_from_instance(finding_type)
    assert finding_principals(finding) == [f"arn:aws:sts::{HERE}:assumed-role/deployer/{INSTANCE}"]
    role, instance = finding_leftovers(finding)
    assert role.startswith("role deployer ")
    assert instance.startswith(f"instance {INSTANCE} ")
    assert "nothing on it can use its role" in instance


@pytest.mark.parametrize("finding_type", ["Trojan:EC2/DropPoint", "Execution:Runtime/ReverseShell"])
def test_what_happens_on_an_instance_is_left_for_a_human_with_its_session(finding_type: str) -> None:
    """Whoever takes its role from it takes SSM's agent from it too, before its memory was taken."""
    finding = stolen_from_instance(finding_type)
    own = f"arn:aws:sts::{HERE}:assumed-role/deployer/{INSTANCE}"
    assert principals_of(finding) == []
    role, session, instance = finding_leftovers(finding)
    assert role.startswith(f"role deployer (arn:aws:iam::{HERE}:role/deployer) acted in it and is not contained: ")
    assert session.startswith(f"session {DEPLOYERS_ID}:{INSTANCE} ({own}) acted in it and is not contained: ")
    assert session.endswith(f"{COMMAND}{own} -e scope=session")
    assert instance.startswith(f"instance {INSTANCE} ")
    assert "can use its role" not in instance


def test_the_session_of_somebody_else_is_contained_whatever_the_finding_is_about() -> None:
    assert finding_principals(read({"accessKeyDetails": role_key()}, type="Trojan:EC2/DropPoint")) == [BUILD]


def test_a_bucket_with_the_name_of_a_key_is_not_taken_for_the_key() -> None:
    finding = read({"accessKeyDetails": key(), "s3BucketDetails": [{"name": LONG_TERM}]})
    assert [said.partition(" (")[0] for said in finding_leftovers(finding)] == [f"bucket {LONG_TERM}"]


def test_each_identity_is_told_by_unique_id_under_the_arn_by_which_it_is_contained() -> None:
    finding = sequence(actor("alice", key_id=LONG_TERM, uid=ALICES_ID), actor("bob"), ROLE_SESSION)
    assert finding_unique_ids(finding) == {ALICE: ALICES_ID, BUILD: DEPLOYERS_ID}
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


def test_the_role_of_a_contained_session_is_left_with_the_command_that_contains_it() -> None:
    (said,) = finding_leftovers(sequence(actor("alice", key_id=LONG_TERM), ROLE_SESSION))
    assert said == (
        f"role deployer ({DEPLOYER}) is not contained but for its session build, and whoever may assume it can begin another one; "
        f"to contain it with all its sessions: {COMMAND}{DEPLOYER}"
    )


@pytest.mark.parametrize("other", [f"arn:aws:iam::{ELSEWHERE}:role/ci/deployer", f"arn:aws:iam::{HERE}:role/admin"])
def test_a_role_is_not_taken_for_contained_because_of_another_roles_session(other: str) -> None:
    credential = {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{TEMPORARY}",
        "Details": {
            "AwsIamAccessKey": {
                "PrincipalId": f"{DEPLOYERS_ID}:build",
                "PrincipalType": "AssumedRole",
                "PrincipalName": "deployer",
            }
        },
    }
    finding = security_hub(credential, {"Type": "AwsIamRole", "Id": other})
    assert finding_principals(finding) == [BUILD]
    assert f"role {other.rpartition('/')[2]} ({other}) acted in it and is not contained: " in "".join(
        finding_leftovers(finding)
    )


def test_a_role_that_a_human_had_contained_for_its_session_is_not_left() -> None:
    finding = sequence(ROLE_SESSION)
    assert finding_leftovers(finding, scope="principal") == []
    other = security_hub({"Type": "AwsIamRole", "Id": DEPLOYER})
    assert finding_leftovers(other, scope="principal") == [
        f"role deployer ({DEPLOYER}) acted in it and is not contained: to contain it with all its sessions: {COMMAND}{DEPLOYER}"
    ]


def test_a_role_of_identity_center_is_contained_by_the_arn_of_its_session_because_its_path_is_not_told() -> None:
    (said,) = finding_leftovers(dict(finding_targets(OURS["identity_center_role"]["finding"])))
    assert said.endswith(f": {COMMAND}{OURS['identity_center_role']['principals'][0]}")


def test_the_command_takes_a_name_with_a_comma_for_one_name() -> None:
    (said,) = finding_leftovers(read({"accessKeyDetails": role_key(userName="a,b")}))
    words = shlex.split(said.partition("all its sessions: ")[2])
    assert words[:3] == ["ansible-playbook", "playbooks/respond_to_leaked_key.yml", "-e"]
    assert json.loads(words[3]) == {"access_key_ids": [f"arn:aws:iam::{HERE}:role/a,b"]}


@pytest.mark.parametrize(
    ("finding", "what"),
    [
        (read({"instanceDetails": {"instanceId": "i-0123456789abcdef0"}}), "instance i-0123456789abcdef0 ("),
        (read({"lambdaDetails": {"functionName": "resize"}}), "function resize ("),
        (read({"rdsDbInstanceDetails": {"dbInstanceIdentifier": "orders"}}), "database orders is"),
        (read({"eksClusterDetails": {"name": "prod"}}), "cluster prod is"),
        (security_hub({"Type": "AwsIamRole", "Id": DEPLOYER}), f"role deployer ({DEPLOYER}) "),
        (read({"accessKeyDetails": role_key(accessKeyId="", userName="")}), f"session {DEPLOYERS_ID}:build "),
        (read({"accessKeyDetails": key("ABIAIOSFODNN7EXAMPLE", "SAMLUser")}), "access key ABIAIOSFODNN7EXAMPLE "),
    ],
)
def test_each_thing_that_is_not_contained_is_told_of(finding: dict[str, Any], what: str) -> None:
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

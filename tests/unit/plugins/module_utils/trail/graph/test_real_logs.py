"""Real CloudTrail of attack techniques (tests/unit/stratus): who descends from the key that made the first call, written down by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from naive_log import records_in
from tracing import rows, traced

FILES = sorted(
    path for path in (Path(__file__).parents[4] / "stratus").glob("*.json") if not path.name.endswith(".expected.json")
)
PASSWORD_DATA = "assumed-role/stratus-red-team-ec2-get-password-data-role/aws-go-sdk-1722375070115152000"
UNUSUAL = "assumed-role/stratus-red-team-ec2lui-role-idtzskbvtd/aws-go-sdk-1722511821294449000"
# File -> the key that is traced, its owner, those who descend from it (principal, access key, how), and how many events are theirs.
CLOSURES = {
    "aws.credential-access.ec2-get-password-data": (
        "AKIAWOGXN38MFN92ING5",
        "arn:aws:iam::457448411975:user/christophe",
        [
            (f"arn:aws:sts::457448411975:{PASSWORD_DATA}", "ASIA7RQR64ZW9JXKWPUO", "AssumeRole"),
            (f"arn:aws:sts::457448411975:{PASSWORD_DATA}", "ASIANQQHHS551LWULIWD", "AssumeRole"),
        ],
        34,
    ),
    "aws.execution.ec2-launch-unusual-instances": (
        "AKIAR7ISFR69YWROPYAN",
        "arn:aws:iam::900138736586:user/christophe",
        [
            (f"arn:aws:sts::900138736586:{UNUSUAL}", "ASIAYY9090UIYYUOIF2U", "AssumeRole"),
            (f"arn:aws:sts::900138736586:{UNUSUAL}", "ASIA9F6MXE9HSYOXYQOS", "AssumeRole"),
        ],
        3,
    ),
    "aws.persistence.iam-backdoor-role": (
        "AKIAMUV7B57OZM0RV05D",
        "arn:aws:iam::751203476945:user/christophe",
        [("arn:aws:iam::751203476945:role/stratus-red-team-backdoor-r-role", "", "UpdateAssumeRolePolicy")],
        1,
    ),
    "aws.persistence.iam-backdoor-user": (
        "AKIA30BEZSJBVKOFKZW0",
        "arn:aws:iam::946986569305:user/christophe",
        [
            (
                "arn:aws:iam::946986569305:user/stratus-red-team-backdoor-u-user",
                "AKIAL80DWDVKKM0UXEER",
                "CreateAccessKey",
            )
        ],
        1,
    ),
    "aws.persistence.iam-create-admin-user": (
        "AKIAOZUDECYXYM4ONAN4",
        "arn:aws:iam::229654561268:user/christophe",
        [
            ("arn:aws:iam::229654561268:user/malicious-iam-user", "", "CreateUser"),
            ("arn:aws:iam::229654561268:user/malicious-iam-user", "AKIAXAFZN8JEPF6L682H", "CreateAccessKey"),
        ],
        3,
    ),
    "aws.persistence.iam-create-backdoor-role": (
        "AKIA0W5KI69TY8X86BGT",
        "arn:aws:iam::609418236337:user/christophe",
        [("arn:aws:iam::609418236337:role/stratus-red-team-malicious-iam-role", "", "CreateRole")],
        2,
    ),
    "aws.persistence.iam-create-user-login-profile": (
        "AKIAE18PGYHCY2CYMTFK",
        "arn:aws:iam::070411556318:user/christophe",
        [("arn:aws:iam::070411556318:user/stratus-red-team-login-profile-user", "", "CreateLoginProfile")],
        3,
    ),
    "aws.persistence.rolesanywhere-create-trust-anchor": (
        "AKIA3SBEM4QSKES6Z5F9",
        "arn:aws:iam::791182566784:user/christophe",
        [
            (
                "arn:aws:rolesanywhere:cn-northsouth-3r:791182566784:trust-anchor/4d07f6a0-1c50-44d3-951b-b68b783daa0a",
                "",
                "CreateTrustAnchor",
            ),
            (
                "arn:aws:rolesanywhere:cn-northsouth-3r:791182566784:profile/910042eb-8463-427d-8095-6fd60ac303d9",
                "",
                "CreateProfile",
            ),
        ],
        2,
    ),
    "aws.persistence.sts-federation-token": (
        "AKIA6V1GNZTT65XQH36M",
        "arn:aws:iam::742491224508:user/stratus-red-team-user-federation-user",
        [("arn:aws:sts::742491224508:federated-user/stratus_red_team", "ASIASTJKC5GCM7ZE6LUP", "GetFederationToken")],
        2,
    ),
    "aws.privilege-escalation.iam-update-user-login-profile": (
        "AKIAV1MIS7NGMDMR83FC",
        "arn:aws:iam::763751499319:user/christophe",
        [("arn:aws:iam::763751499319:user/stratus-red-team-update-login-profile-user", "", "UpdateLoginProfile")],
        1,
    ),
    # The instance's own session is not given out by a call: it is not the key's, and that is said.
    "aws.credential-access.ec2-steal-instance-credentials": (
        "AKIAAM80VXLJF8NPK4VC",
        "arn:aws:iam::017622104382:user/christophe",
        [],
        43,
    ),
}


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in CLOSURES], ids=lambda path: path.stem)
def test_closure(path: Path) -> None:
    key, owner, children, events = CLOSURES[path.stem]
    found = traced(records_in(path), key)
    first, *rest = rows(found)
    assert first == (owner, key, "", "named")
    assert sorted((principal, child, how) for principal, child, _from, how in rest) == sorted(children)
    assert {derived for _principal, _key, derived, _how in rest} <= {key}
    assert found.counts["traced"] == events


def test_every_file_with_a_closure_is_there() -> None:
    assert set(CLOSURES) <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_caller_of_every_file_is_traced_with_all_its_calls(path: Path) -> None:
    records = records_in(path)
    # One ARN was made unreadable where the file was anonymised.
    callers = {record["userIdentity"]["arn"] for record in records if "arn" in record["userIdentity"]}
    for caller in sorted(one for one in callers if "AWSReservedSSOrandom" not in one):
        found = traced(records, caller)
        theirs = {record["eventID"] for record in records if record["userIdentity"].get("arn") == caller}
        assert theirs <= {event.event_id for event in found.events}
        assert not [gap for gap in found.gaps if gap.kind == "unreadable"]

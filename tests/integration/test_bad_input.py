"""Bad input: each row is refused with the option's name, its value and what to do; no traceback, and nothing changed at AWS."""

from __future__ import annotations

from typing import Any

import pytest
from play import Played, play_tasks
from sandbox_client import Sandbox

CONTAIN, RELEASE, CASE, NOTE, INFO = "iam_principal_containment", "case_release", "case", "case_note", "case_info"
GOOD = "arn:aws:iam::123456789012:user/alice"
PLAN_ID = "0" * 64

# module, options, what the message must contain
ROWS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    # ARNs
    (
        CONTAIN,
        {"principals": ["arn:aws-cn:iam::123456789012:user/alice"]},
        ("partition aws-cn", "credentials of partition aws-cn"),
    ),
    (CONTAIN, {"principals": ["arn:aws-us-gov:iam::123456789012:user/alice"]}, ("partition aws-us-gov",)),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::123456789012:role/admin"]},
        ("`principals[0]`", "role/admin", "ARN of a role", "Name an IAM user"),
    ),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:root"]}, ("`principals[0]`", "ARN of a root")),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:group/developers"]}, ("ARN of a group",)),
    (CONTAIN, {"principals": ["arn:aws:sts::123456789012:assumed-role/admin/me"]}, ("ARN of a assumed-role",)),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::12345678901:user/alice"]},
        ("`principals[0]`", "12345678901:user", "not the ARN of an IAM user"),
    ),
    (CONTAIN, {"principals": ["arn:aws:iam:us-east-1:123456789012:user/alice"]}, ("not the ARN of an IAM user",)),
    (CONTAIN, {"principals": ["arn:aws:s3:::a-bucket"]}, ("not the ARN of an IAM user",)),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:user/"]}, ("not the ARN of an IAM user",)),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:user//alice/"]}, ("not the ARN of an IAM user",)),
    (
        CONTAIN,
        {"principals": [f"arn:aws:iam::123456789012:user/{'p' * 600}/alice"]},
        ("`principals[0]`", "longer than 512"),
    ),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:user/{{ 7 * 7 }}"]}, ("not the ARN of an IAM user",)),
    (CONTAIN, {"principals": [" arn:aws:iam::123456789012:user/alice"]}, ("`principals[0]`",)),
    # names
    (CONTAIN, {"principals": ["x" * 65]}, ("`principals[0]`", "1 to 64 characters")),
    (CONTAIN, {"principals": [""]}, ("`principals[0]`", "1 to 64 characters")),
    (CONTAIN, {"principals": ["alice bob"]}, ("alice bob", "1 to 64 characters")),
    (CONTAIN, {"principals": ["alice/bob"]}, ("alice/bob",)),
    (CONTAIN, {"principals": ["../../etc/passwd"]}, ("../../etc/passwd",)),
    (CONTAIN, {"principals": ["al\nice"]}, ("al\\nice",)),
    (CONTAIN, {"principals": ["alice\x00"]}, ("alice\\x00",)),
    (CONTAIN, {"principals": ["älice"]}, ("\\xe4lice",)),
    (CONTAIN, {"principals": ["alice;rm -rf /"]}, ("alice;rm -rf /",)),
    (CONTAIN, {"principals": ["alice*"]}, ("alice*",)),
    (CONTAIN, {"principals": ["alice"]}, ("iam:GetUser", "UserName=alice", "does not exist")),
    # keys
    (
        CONTAIN,
        {"principals": ["ASIAIOSFODNN7EXAMPLE"]},
        ("ASIAIOSFODNN7EXAMPLE", "temporary session", "Name the IAM user"),
    ),
    (CONTAIN, {"principals": ["AKIAIOSFODNN7EXAMPLE"]}, ("AKIAIOSFODNN7EXAMPLE",)),
    # shapes
    (CONTAIN, {"principals": []}, ("`principals`", "empty list", "Name at least one")),
    (CONTAIN, {"principals": [["alice", "bob"]]}, ("`principals[0]`",)),
    (CONTAIN, {"principals": [{"name": "alice"}]}, ("`principals[0]`",)),
    (CONTAIN, {}, ("missing required arguments: principals",)),
    (CONTAIN, {"principals": ["a b", "c d", GOOD]}, ("2 wrong inputs", "`principals[0]`", "`principals[1]`")),
    (CONTAIN, {"principals": [GOOD], "state": "quarantined"}, ("state", "quarantined", "contained, released")),
    (CONTAIN, {"principals": [GOOD], "state": "released"}, ("case_id",)),
    (CONTAIN, {"principals": [GOOD], "colour": "red"}, ("Unsupported parameters", "colour")),
    # measures and safeguards
    (
        CONTAIN,
        {"principals": [GOOD], "measures": ["delete_everything"]},
        ("`measures[0]`", "delete_everything", "deny_policy, access_keys, sessions"),
    ),
    (CONTAIN, {"principals": [GOOD], "measures": []}, ("`measures`", "empty list")),
    (
        CONTAIN,
        {"principals": [GOOD], "protected_principals": ["alice"]},
        ("`protected_principals[0]`", "alice", "not an ARN pattern"),
    ),
    (CONTAIN, {"principals": [GOOD], "approved_plan": "yes"}, ("`approved_plan`", "yes", "64 hexadecimal digits")),
    (CONTAIN, {"principals": ["responder"], "approved_plan": PLAN_ID}, (PLAN_ID, "was approved", "--check --diff")),
    (CONTAIN, {"principals": [GOOD], "max_targets": 0}, ("`max_targets` = 0", "1 or more")),
    (CONTAIN, {"principals": [GOOD], "max_targets": "many"}, ("max_targets", "many")),
    (CONTAIN, {"principals": ["responder"]}, ("user/responder", "is the responder", "Leave it out")),
    # connection
    (CONTAIN, {"principals": [GOOD], "assume_role_arn": "admin"}, ("`assume_role_arn`", "admin", "not a role's ARN")),
    (CONTAIN, {"principals": [GOOD], "assume_role_name": "no such role!"}, ("`assume_role_name`", "no such role!")),
    (
        CONTAIN,
        {"principals": [GOOD], "profile": "no-such-profile", "access_key": "", "secret_key": ""},
        ("no-such-profile", "list-profiles"),
    ),
    (
        CONTAIN,
        {"principals": [GOOD], "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "x"},
        ("GetCallerIdentity", "unknown or inactive"),
    ),
    (CONTAIN, {"principals": [GOOD], "endpoint_url": "http://127.0.0.1:1"}, ("GetCallerIdentity", "endpoint_url")),
    # cases and stores
    (CONTAIN, {"principals": [GOOD], "case_id": "../escape"}, ("`case_id`", "../escape", "letters, digits")),
    (CONTAIN, {"principals": [GOOD], "case_id": "a/b"}, ("`case_id`", "a/b")),
    (CONTAIN, {"principals": [GOOD], "case_id": ""}, ("`case_id`",)),
    (CONTAIN, {"principals": [GOOD], "case_id": "x" * 129}, ("`case_id`", "1 to 128")),
    (CONTAIN, {"principals": [GOOD], "case_id": "closed-one"}, ("closed-one", "it is closed", "state: open")),
    (
        CONTAIN,
        {"principals": [GOOD], "case_store": "/dev/null/cases"},
        ("/dev/null/cases", "Give `case_store` a directory"),
    ),
    (
        CONTAIN,
        {"principals": [GOOD], "case_store": "ftp://somewhere/cases"},
        ("`case_store`", "ftp://somewhere/cases", "s3://bucket/prefix"),
    ),
    (CONTAIN, {"principals": [GOOD], "case_store": "s3://"}, ("`case_store`", "s3://bucket/prefix")),
    (
        CONTAIN,
        {"principals": [GOOD], "case_store": "s3://no-such-bucket-here/x"},
        ("s3://no-such-bucket-here/x", "Check that the bucket exists"),
    ),
    (RELEASE, {"case_id": "no-such-case"}, ("no-such-case", "there is no such case", "case_info")),
    (RELEASE, {}, ("missing required arguments: case_id",)),
    (RELEASE, {"case_id": "empty-one"}, ("empty-one", "records no change to anything", "Check `case_id`")),
    (RELEASE, {"case_id": "empty-one", "targets": [GOOD]}, ("empty-one", "records no change")),
    (CONTAIN, {"principals": [GOOD], "accounts": ["12345"]}, ("`accounts[0]`", "12345", "12 digits")),
    (CONTAIN, {"principals": ["responder"], "accounts": ["111122223333"]}, ("111122223333", "a run of its own")),
    (CONTAIN, {"principals": [GOOD], "unique_ids": {GOOD: "AROA"}}, (f"`unique_ids[{GOOD}]`", "AROA", "AIDA")),
    (RELEASE, {"case_id": "empty-one", "measures": ["magic"]}, ("`measures[0]`", "magic")),
    (RELEASE, {"case_id": "closed-one"}, ("closed-one", "it is closed")),
    (CASE, {"state": "closed"}, ("case_id",)),
    (CASE, {"state": "closed", "case_id": "no-such-case"}, ("no-such-case", "there is no such case")),
    (CASE, {"case_id": "bad id"}, ("`case_id`", "bad id")),
    (NOTE, {"case_id": "empty-one", "text": "  "}, ("`text`", "it is empty")),
    (NOTE, {"case_id": "closed-one", "text": "late"}, ("closed-one", "it is closed")),
    (NOTE, {"case_id": "no-such-case", "text": "hello"}, ("no-such-case", "there is no such case")),
    (INFO, {"case_id": "no-such-case"}, ("no-such-case", "there is no such case")),
    (INFO, {"case_id": "a\nb"}, ("`case_id`", "a\\nb")),
]


@pytest.fixture(scope="module")
def refused(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """All rows in one run; what changed anything is in the count of calls afterwards."""
    running.control("POST", "/reset")
    prepare = [
        {"cordon.aws.case": {"case_id": "empty-one"}},
        {"cordon.aws.case": {"case_id": "closed-one"}},
        {"cordon.aws.case": {"case_id": "closed-one", "state": "closed"}},
    ]
    rows = [
        {"name": f"row {number}", f"cordon.aws.{module}": _untemplated(options), "ignore_errors": True}
        for number, (module, options, _said) in enumerate(ROWS)
    ]
    return play_tasks(running, tmp_path_factory.mktemp("bad"), [*prepare, *rows])


def _untemplated(options: dict[str, Any]) -> dict[str, Any]:
    """What looks like a template is data here."""
    text = options.get("principals", [""])
    if text and "{{" in str(text[0]):
        return options | {"principals": ["{% raw %}" + text[0] + "{% endraw %}"]}
    return options


def test_there_are_enough_rows() -> None:
    assert len(ROWS) >= 40


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: f"{ROWS[number][0]}-{number}")
def test_is_refused_and_says_why(refused: Played, number: int) -> None:
    result = refused.results[number + 3]
    assert result["module"] == f"cordon.aws.{ROWS[number][0]}"
    assert result["failed"], result
    for part in ROWS[number][2]:
        assert part in result["msg"], result["msg"]
    assert "Traceback" not in str(result)
    # What ansible-core itself puts there for every failure of a module that ended by fail_json.
    assert result.get("exception", "(traceback unavailable)") == "(traceback unavailable)"


@pytest.mark.usefixtures("refused")
def test_nothing_was_changed_at_aws(running: Sandbox) -> None:
    assert running.writes() == {}

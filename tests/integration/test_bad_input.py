"""Bad input: each row is refused with the option's name, its value and what to do; no traceback, and nothing changed at AWS."""

from __future__ import annotations

from typing import Any

import pytest
from play import Played, play_tasks
from sandbox_client import Sandbox

CONTAIN, RELEASE, CASE, NOTE, INFO = "iam_principal_containment", "case_release", "case", "case_note", "case_info"
ACCOUNT = "organizations_account_containment"
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
        ("assume role OrganizationAccountAccessRole in account 123456789012", "RoleName=admin", "`assume_role_name`"),
    ),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:root"]}, ("TargetId=123456789012", "TargetNotFoundException")),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:group/developers"]}, ("ARN of a group",)),
    (CONTAIN, {"principals": ["arn:aws:sts::123456789012:assumed-role/admin/me"]}, ("RoleName=admin",)),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::12345678901:user/alice"]},
        ("`principals[0]`", "12345678901:user", "not the ARN of a user, a role, a session or root"),
    ),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam:us-east-1:123456789012:user/alice"]},
        ("not the ARN of a user, a role, a session or root",),
    ),
    (CONTAIN, {"principals": ["arn:aws:s3:::a-bucket"]}, ("not the ARN of a user, a role, a session or root",)),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::123456789012:user/"]},
        ("not the ARN of a user, a role, a session or root",),
    ),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::123456789012:user//alice/"]},
        ("not the ARN of a user, a role, a session or root",),
    ),
    (
        CONTAIN,
        {"principals": [f"arn:aws:iam::123456789012:user/{'p' * 600}/alice"]},
        ("`principals[0]`", "longer than 512"),
    ),
    (
        CONTAIN,
        {"principals": ["arn:aws:iam::123456789012:user/{{ 7 * 7 }}"]},
        ("not the ARN of a user, a role, a session or root",),
    ),
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
        ("ASIAIOSFODNN7EXAMPLE", "AWS knows no such key id", "typing error"),
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
    (
        CONTAIN,
        {"principals": ["responder"], "accounts": ["111122223333", "444455556666"]},
        ("`accounts` allows 111122223333, 444455556666", "a run of its own"),
    ),
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


# The same, of what is refused before anything is asked of AWS.
UNASKED: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (CONTAIN, {"principals": [GOOD], "watch_s": -1}, ("`watch_s` = -1", "from 0 to 3600")),
    (CONTAIN, {"principals": [GOOD], "watch_s": 3601}, ("`watch_s` = 3601", "from 0 to 3600")),
    (CONTAIN, {"principals": [GOOD], "watch_s": "a while"}, ("watch_s", "a while")),
    (CONTAIN, {"principals": [GOOD], "since": "2026-01-31T14:05:00"}, ("`since`", "does not say its time zone")),
    (CONTAIN, {"principals": [GOOD], "since": "yesterday"}, ("`since` = 'yesterday'", "not a time", "ISO 8601")),
    (CONTAIN, {"principals": [GOOD], "since": ""}, ("`since`", "not a time")),
    (CONTAIN, {"principals": [GOOD], "since": "0001-01-01T00:00:00+14:00"}, ("`since`", "not a time")),
    (
        CONTAIN,
        {"principals": [GOOD], "sessions_before": "2026-01-31T14:05:00Z"},
        ("`sessions_before`", "`sessions` is not", "`measures: [sessions]`"),
    ),
    (
        CONTAIN,
        {
            "principals": [GOOD],
            "sessions_before": "2026-01-31T14:05:00Z",
            "measures": ["deny_policy", "sessions"],
        },
        ("`sessions_before`", "`deny_policy`", "`measures: [sessions]`"),
    ),
    (
        CONTAIN,
        {"principals": [GOOD], "sessions_before": "2026-01-31", "measures": ["sessions"]},
        ("`sessions_before`", "does not say its time zone"),
    ),
    (CONTAIN, {"principals": [GOOD], "scope": "other"}, ("scope", "other", "principal, session")),
    (CONTAIN, {"principals": [GOOD], "elsewhere": "ignore"}, ("elsewhere", "ignore", "refuse, leave")),
    (CONTAIN, {"principals": [GOOD], "freeze_iam": "maybe"}, ("freeze_iam", "maybe")),
    (CONTAIN, {"principals": [GOOD], "escalate": "perhaps"}, ("escalate", "perhaps")),
    (CONTAIN, {"principals": [GOOD], "freeze_iam": True, "measures": ["freeze"]}, ("`measures[0]`", "freeze")),
    (CONTAIN, {"principals": [GOOD], "responders": ["incident-response"]}, ("`responders[0]`", "incident-response")),
    (
        CONTAIN,
        {"principals": [GOOD], "responders": ["arn:aws:iam::*:role/ok", "arn:aws:s3:::bucket"]},
        ("`responders[1]`", "arn:aws:s3:::bucket", "arn:aws:iam::*:role/incident-response"),
    ),
    (CONTAIN, {"principals": [GOOD], "responders": ["*"]}, ("`responders[0]` = '*'",)),
    (CONTAIN, {"principals": ["arn:aws:iam::123456789012:instance-profile/x"]}, ("instance-profile", "cannot act")),
    (ACCOUNT, {}, ("missing required arguments: account_ids",)),
    (ACCOUNT, {"account_ids": []}, ("`account_ids`", "empty list", "12 digits")),
    (ACCOUNT, {"account_ids": ["12345", "111122223333", "x"]}, ("2 wrong inputs", "[0]` = '12345'", "[2]` = 'x'")),
    (ACCOUNT, {"account_ids": ["workload-1"]}, ("`account_ids[0]` = 'workload-1'", "it is no account")),
    (ACCOUNT, {"account_ids": ["arn:aws:iam::111122223333:root"]}, ("`account_ids[0]`", "no account", "12 digits")),
    (ACCOUNT, {"account_ids": ["111122223333"], "responders": ["me"]}, ("`responders[0]` = 'me'",)),
    (ACCOUNT, {"account_ids": ["111122223333"], "state": "released"}, ("case_id",)),
    (ACCOUNT, {"account_ids": ["111122223333"], "state": "suspended"}, ("state", "suspended")),
    (ACCOUNT, {"account_ids": ["111122223333"], "max_targets": 0}, ("`max_targets` = 0", "1 or more")),
    (ACCOUNT, {"account_ids": ["111122223333"], "approved_plan": "yes"}, ("`approved_plan`", "yes")),
    (ACCOUNT, {"account_ids": ["111122223333"], "scope": "session"}, ("Unsupported parameters", "scope")),
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


@pytest.fixture(scope="module")
def unasked(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, dict[str, int]]:
    """The rows that nothing is asked of AWS for, in one run, and what was asked all the same."""
    running.control("POST", "/reset")
    running.control("DELETE", "/calls")
    rows = [
        {"name": f"row {number}", f"cordon.aws.{module}": options, "ignore_errors": True}
        for number, (module, options, _said) in enumerate(UNASKED)
    ]
    played = play_tasks(running, tmp_path_factory.mktemp("unasked"), rows)
    return played, running.calls()


@pytest.mark.parametrize("number", range(len(UNASKED)), ids=lambda number: f"{UNASKED[number][0]}-{number}")
def test_is_refused_before_anything_is_asked(unasked: tuple[Played, dict[str, int]], number: int) -> None:
    result = unasked[0].results[number]
    assert result["failed"], result
    for part in UNASKED[number][2]:
        assert part in result["msg"], result["msg"]
    assert "Traceback" not in str(result)
    assert result.get("exception", "(traceback unavailable)") == "(traceback unavailable)"


def test_nothing_was_asked_of_aws(unasked: tuple[Played, dict[str, int]]) -> None:
    assert unasked[1] == {}

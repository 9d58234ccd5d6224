"""What people see: what is not known first, and nothing that a stranger wrote takes the screen over."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.credential.entry import Read, entry_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.holdings import Holdings
from ansible_collections.cordon.aws.plugins.module_utils.credential.investigation import Known
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.scps import Scps
from ansible_collections.cordon.aws.plugins.module_utils.credential.screen import as_json, lines
from ansible_collections.cordon.aws.plugins.module_utils.credential.usage import LastAccessed
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
ALICE = IamPrincipal(kind="user", arn="arn:aws:iam::123456789012:user/alice", account="123456789012", name="alice")
LOST = Known(names=("AKIAIOSFODNN7EXAMPLE",), arn="", error="Cannot find it: no. Look again.")


def alice(resource: str = "*") -> Known:
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": resource}]})
    read = Read(
        who=ALICE,
        holdings=Holdings(arn=ALICE.arn, policies=(Policy(kind="inline", name="work", text=text),)),
        keys=(),
        scps=Scps(status="not readable", why="cannot ask: AccessDenied"),
        accessed=LastAccessed(status="not checked", why="it was not asked for"),
        elsewhere=None,
    )
    return Known(names=("alice",), arn=ALICE.arn, entry=entry_of(read, (), before_containment=True))


def test_what_is_not_known_comes_first_and_what_was_not_checked_last() -> None:
    shown = lines([alice(), LOST], NOW)
    assert shown[:4] == [
        "NOT KNOWN: 1 of 2",
        "  AKIAIOSFODNN7EXAMPLE: Cannot find it: no. Look again.",
        "THE MOST WORRYING FIRST: 1 of 2",
        "1. arn:aws:iam::123456789012:user/alice",
    ]
    assert "   It is an administrator: inline policy work allows it." in shown
    unchecked = shown[shown.index("NOT CHECKED:") :]
    assert "  - service control policies, which may deny some of this: cannot ask: AccessDenied" in unchecked
    assert "  - user/alice: the services that it last used: it was not asked for" in unchecked


def test_nothing_that_stands_in_a_policy_reaches_a_terminal_as_more_than_text() -> None:
    shown = lines([alice("arn:aws:s3:::\x1b[2Jbucket\nNOT KNOWN: 0" + "x" * 5_000)], NOW)
    assert all(line.isprintable() and len(line) <= 600 for line in shown)
    assert any("?[2Jbucket?NOT KNOWN" in line for line in shown)


def test_a_principal_of_another_account_is_named_where_it_is_left_to_others() -> None:
    left = Known(names=("bob",), arn="arn:aws:iam::444455556666:user/bob", left_out=True)
    assert lines([left], NOW) == [
        "THE MOST WORRYING FIRST: 0 of 1",
        "NOT CHECKED:",
        "  - bob: of another account than those that were asked for",
    ]


def test_a_result_says_what_it_rests_on() -> None:
    found = as_json(1, alice(), NOW, with_documents=True)
    assert (found["rank"], found["names"], found["administrator"]) == (1, ["alice"], "yes")
    assert found["scps"] == {"status": "not readable", "why": "cannot ask: AccessDenied", "policies": []}
    assert '"Effect"' in found["policies"][0]["document"]
    lost = as_json(2, LOST, NOW, with_documents=False)
    assert (lost["rank"], lost["principal"], lost["error"]) == (None, None, LOST.error)

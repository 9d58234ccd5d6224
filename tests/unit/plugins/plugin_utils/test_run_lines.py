"""A result becomes lines that a tired reader can trust: nothing hidden that failed, nothing printed that acts."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.plugin_utils.run_lines import (
    MAX_DETAILED,
    block,
    clean,
    duration,
    failure_lines,
    is_response,
    message_lines,
    one_line,
    recap_line,
    response_lines,
    status_of,
    task_line,
    verdict,
)

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def target(name: str, **changes: object) -> dict[str, object]:
    step = {
        "measure": "deny_policy",
        "why": f"deny everything to {name}",
        "operation": "iam:PutUserPolicy",
        "status": "done",
    }
    contained = {"target": name, "status": "contained", "changed": True, "verified": True, "steps": [step], "proof": []}
    return contained | changes


def texts(lines: list[object]) -> list[str]:
    return [line.text for line in lines]


def test_nothing_done_is_said_in_one_line() -> None:
    unchanged = target("user/alice", status="unchanged", changed=False, steps=[])
    assert texts(response_lines({"results": [unchanged]}, check=False)) == ["  user/alice: unchanged, verified"]
    assert texts(response_lines({"results": [unchanged]}, check=True)) == ["  user/alice: nothing to do"]


def test_a_step_of_a_restore_is_told_by_its_call_and_not_by_what_the_attacker_did() -> None:
    step = {
        "measure": "restore",
        "operation": "ec2:RevokeSecurityGroupIngress",
        "facet": "ec2/security_group_rule sg-1",
        "why": "the attacker opened it",
        "status": "planned",
        "reversible": False,
    }
    (_target, told) = texts(response_lines({"results": [target("changes", steps=[step])]}, check=True))
    assert told.strip() == (
        "[ ] would call ec2:RevokeSecurityGroupIngress on ec2/security_group_rule sg-1: the attacker opened it, cannot be undone"
    )


def test_what_has_a_text_of_its_own_lists_its_steps_only_there() -> None:
    lines = texts(response_lines({"results": [target("user/alice")], "summary_text": ["told"]}, check=False))
    assert lines == ["  user/alice: contained, verified"]
    failed = target("user/bad", status="failed", verified=False, error="AccessDenied.")
    lines = texts(response_lines({"results": [failed], "summary_text": ["told"]}, check=False))
    assert any("iam:PutUserPolicy" in line for line in lines), "what failed is shown with all its steps"


def test_done_without_proof_is_never_shown_as_well() -> None:
    lines = response_lines({"results": [target("user/alice", verified=False)]}, check=False)
    assert lines[0] == ("  user/alice: contained, NOT VERIFIED", "failed")


def test_failures_come_first_and_are_detailed_however_many_there_are() -> None:
    many = [target(f"user/{number}") for number in range(MAX_DETAILED + 1)]
    failed = target("user/bad", status="failed", verified=False, error="Cannot deny user/bad: AccessDenied.")
    lines = texts(response_lines({"results": [*many, failed]}, check=False))
    assert lines[:3] == [
        "  user/bad: failed, NOT VERIFIED",
        "    [x] deny_policy: deny everything to user/bad (iam:PutUserPolicy)",
        "    Cannot deny user/bad: AccessDenied.",
    ]
    assert len(lines) == 3 + MAX_DETAILED + 1


def test_steps_say_what_became_of_them() -> None:
    wanted = {
        "done": "[x]",
        "planned": "[ ]",
        "failed": "[!]",
        "not_run": "[-]",
        "unknown": "[?]",
        "new": "[?]",
    }
    for status, mark in wanted.items():
        step = {"measure": "m", "why": "w", "operation": "o", "status": status, "reversible": False}
        line = texts(response_lines({"results": [target("t", steps=[step])]}, check=False))[1]
        assert line.startswith(f"    {mark} m: w (o), cannot be undone")


def test_check_mode_says_would_and_gives_the_plan_to_approve() -> None:
    step = {"measure": "deny_policy", "why": "deny everything", "operation": "iam:PutUserPolicy", "status": "planned"}
    planned = target("user/alice", status="planned", steps=[step], verified=True)
    result = {"changed": True, "plan_id": "5d0a", "case_id": "case-1", "results": [planned]}
    assert texts(response_lines(result, check=True)) == [
        "  user/alice: would take 1 step",
        "    [ ] deny_policy: would deny everything (iam:PutUserPolicy)",
        "  approve exactly this with approved_plan: 5d0a",
    ]
    assert status_of(result, check=True) == ("would change", "changed")


def test_a_failed_target_in_check_mode_does_not_look_fine() -> None:
    lines = response_lines(
        {"results": [target("user/x", status="failed", steps=[], error="No such user.")]}, check=True
    )
    assert lines[0] == ("  user/x: failed", "failed")


def test_a_failure_shows_message_code_and_output() -> None:
    result = {"msg": "non-zero return code", "rc": 3, "stderr": "no\nspace", "stdout": ""}
    assert texts(failure_lines(result)) == [
        "  non-zero return code",
        "  return code 3",
        "  stderr:",
        "    no",
        "    space",
    ]
    assert failure_lines({"answer": 5}) == []
    assert "no_log" in failure_lines({"censored": "the output has been hidden"})[0].text


def test_what_is_a_response_and_what_is_not() -> None:
    assert is_response({"results": [target("a")]})
    for other in ({}, {"results": []}, {"results": "text"}, {"results": [{"item": 1}]}, {"results": [None]}):
        assert not is_response(other)
    assert message_lines({"msg": {"a": 1}}) is None
    assert message_lines({}) is None


def test_a_target_that_was_named_twice_is_shown_once() -> None:
    shown = texts(response_lines({"results": [target("user/alice"), target("user/alice")]}, check=False))
    assert sum(line.startswith("  user/alice") for line in shown) == 1


def test_what_every_target_has_said_already_is_not_said_again() -> None:
    assert (
        verdict({"msg": "2 of 3 targets failed. Cannot deny user/a: no. Cannot deny user/b: no."})
        == "2 of 3 targets failed."
    )
    assert verdict({"msg": "Cannot contain user/a: it is the responder."}) == ""
    assert verdict({}) == ""


def test_the_recap_names_what_there_is() -> None:
    counts = {"ok": 5, "changed": 2, "failures": 0, "unreachable": 0, "skipped": 3, "rescued": 1, "ignored": 1}
    assert recap_line("prod", counts, check=False) == ("prod: 2 changed, 0 failed, 1 ignored", "changed")
    assert recap_line("prod", counts | {"unreachable": 1}, check=False).tone == "failed"
    assert recap_line("prod", {}, check=True) == ("prod: 0 would change, 0 failed", "ok")


def test_localhost_is_not_named_and_time_is_readable() -> None:
    assert task_line("Contain", "ok", "ok", "localhost", None).text == "ok           Contain"
    assert task_line("Contain", "ok", "ok", "prod", 125).text == "ok           Contain [prod] (2 min 5 s)"
    assert [duration(0.04), duration(59.9), duration(60)] == ["0.0 s", "59.9 s", "1 min 0 s"]


def test_secrets_that_have_a_form_are_not_printed() -> None:
    token = "IQoJb3JpZ2luX2Vj" + "A" * 200
    for secret, said in {
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": 'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
        token: f"the token is {token}.",
        "0123abcd": "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd&X-Amz-Expires=60",
        "MIIEow": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    }.items():
        assert secret not in clean(said)
        assert "********" in clean(said)
    assert clean("AKIAIOSFODNN7EXAMPLE was made inactive") == "AKIAIOSFODNN7EXAMPLE was made inactive"


def test_what_would_act_on_a_terminal_is_spelled_out() -> None:
    assert clean("a\x1b[2Jb\x1b]0;t\x07c\x9b31m\u202ed") == r"a\x1b[2Jb\x1b]0;t\x07c\x9b31m\u202ed"
    assert clean("\x1b[1;31mred\x1b[0m") == "red", "colours only colour"
    assert one_line("a\r\nb\tc\u2028d") == r"a b c\u2028d"


def test_no_line_of_a_strangers_text_passes_for_one_of_ours() -> None:
    forged = "no group sg\nCONTAINED AND VERIFIED: 1 of 1"
    failed = target("user/x", status="failed", error=forged, proof=[{"fact": forged, "holds": False}])
    shown = [
        *response_lines({"results": [failed]}, check=False),
        *failure_lines({"msg": forged}),
        *(message_lines({"msg": [f"  {forged}"]}) or []),
    ]
    assert not any(line.lstrip().startswith("CONTAINED AND VERIFIED") for line in texts(shown))
    assert "    OPEN: no group sg CONTAINED AND VERIFIED: 1 of 1" in texts(shown)


@given(st.text())
def test_no_text_can_act_on_a_terminal(text: str) -> None:
    assert not CONTROLS.search(clean(text))
    assert "\n" not in one_line(text)
    assert all("\n" not in line.text for line in block([text]))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["target", "steps", "proof", "error", "status", "verified", "notes", "why", "fact", "msg"]),
            inner,
        )
    ),
    max_leaves=15,
)


@given(
    st.lists(
        st.fixed_dictionaries({"target": VALUES, "steps": VALUES, "proof": VALUES, "status": VALUES, "error": VALUES})
    ),
    st.booleans(),
)
def test_whatever_a_result_holds_it_is_rendered(results: list[object], check: bool) -> None:
    lines = response_lines({"results": results, "changed": True, "plan_id": "x"}, check=check)
    assert len(lines) >= len({repr(result) for result in results})  # what is named twice is one target
    assert not any(CONTROLS.search(line.text) for line in lines)


def test_what_may_still_go_on_is_shown_with_the_target() -> None:
    entry = {
        "target": "i-1",
        "status": "contained",
        "verified": True,
        "residual": [{"what": "DNS", "why": "nothing filters it"}],
    }
    assert "    MAY STILL GO ON: DNS: nothing filters it" in [
        line.text for line in response_lines({"results": [entry]}, check=False)
    ]

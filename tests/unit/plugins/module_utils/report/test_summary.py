"""A case on one screen, worst first, without calling anything fine that nobody has seen to be."""

from __future__ import annotations

from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.report.summary import lines, summarise

ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "arn:aws:iam::123456789012:user/bob"


def intent(*targets: str, action: str = "contain") -> dict[str, Any]:
    plan = {"targets": [{"target": target} for target in targets]}
    return {"kind": "intent", "time": "2026-11-24T03:00:00.000Z", "body": {"action": action, "plan": plan}}


def outcome(*results: dict[str, Any], action: str = "contain") -> dict[str, Any]:
    return {
        "kind": "outcome",
        "time": "2026-11-24T03:00:05.000Z",
        "body": {"action": action, "results": list(results)},
    }


def result(target: str, status: str = "contained", verified: bool = True, **more: Any) -> dict[str, Any]:
    proof = [{"fact": "2 of 2 access keys are inactive", "holds": verified}]
    steps = [{"status": "done"}] if status in ("contained", "released") else []
    return {
        "target": target,
        "status": status,
        "verified": verified,
        "proof": proof,
        "steps": steps,
        "notes": [],
        "unchecked": [],
        **more,
    }


OPENED = {"kind": "opened", "time": "2026-11-24T03:00:00.000Z", "body": {"title": "a leak"}}


def shown(*entries: dict[str, Any], store: str = "cases") -> list[str]:
    return lines(summarise("c1", "open", [OPENED, *entries]), store)


def test_done_proven_and_left_over() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE, unchecked=["role sessions"], notes=["call the owner"])))
    assert text == [
        "CASE c1, open: a leak",
        "CONTAINED AND VERIFIED: 1 of 1",
        f"  {ALICE}",
        "    [ok] 2 of 2 access keys are inactive",
        "NOT CHECKED:",
        "  - role sessions",
        "LEFT FOR YOU:",
        "  - call the owner",
        "  - to take it all back: ansible-playbook playbooks/release_case.yml -e case_id=c1",
    ]


def test_what_went_wrong_comes_first_with_its_error() -> None:
    text = shown(
        intent(ALICE, BOB), outcome(result(ALICE), result(BOB, "failed", verified=False, error="Cannot deny user/bob."))
    )
    assert text[1:5] == [
        "NOT DONE OR NOT PROVEN: 1 of 2",
        f"  {BOB}: failed",
        "    [NO] 2 of 2 access keys are inactive",
        "    Cannot deny user/bob.",
    ]
    assert "CONTAINED AND VERIFIED: 1 of 2" in text
    assert any("repeat the run with the same case_id" in line for line in text)


def test_a_run_that_died_is_told_as_interrupted_and_not_as_done() -> None:
    text = shown(intent(ALICE))
    assert f"  {ALICE}: interrupted" in text
    assert not any("VERIFIED" in line for line in text)


def test_done_and_not_verified_is_not_among_the_verified() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE, "contained", verified=False)))
    assert text[1] == "NOT DONE OR NOT PROVEN: 1 of 1"


def test_what_was_in_force_already_is_contained() -> None:
    text = shown(outcome(result(ALICE, "unchanged")))
    assert "CONTAINED AND VERIFIED: 1 of 1" in text


def test_the_last_look_counts() -> None:
    text = shown(
        intent(ALICE),
        outcome(result(ALICE)),
        intent(ALICE, action="release"),
        outcome(result(ALICE, "released"), action="release"),
    )
    assert text[1] == "RELEASED AND VERIFIED: 1 of 1"
    assert text[-2:] == ["LEFT FOR YOU:", "  - nothing"]


def test_an_empty_case_claims_nothing() -> None:
    assert shown() == [
        "CASE c1, open: a leak",
        "Nothing has been contained in this case.",
        "LEFT FOR YOU:",
        "  - nothing",
    ]


def test_the_command_names_the_store_where_it_is_not_the_usual_one() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE)), store="s3://example-forensics/cases")
    assert text[-1].endswith("-e case_id=c1 -e case_store=s3://example-forensics/cases")


def test_programs_get_the_same_as_json() -> None:
    told = summarise("c1", "open", [OPENED, intent(ALICE), outcome(result(ALICE))]).as_json()
    assert (told["entries"], told["title"]) == (3, "a leak")
    (target,) = told["targets"]
    assert (target["target"], target["state"], target["verified"], target["steps_done"]) == (
        ALICE,
        "contained",
        True,
        1,
    )

"""A case on one screen, worst first, without calling anything fine that nobody has seen to be."""

from __future__ import annotations

from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.findings import by_hand
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Plan, Step, TargetPlan
from ansible_collections.cordon.aws.plugins.module_utils.report.screen import lines, mark_of
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import Summary, summarise

ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "arn:aws:iam::123456789012:user/bob"


def call(operation: str) -> Call:
    return Call(account="123456789012", region="us-east-1", service="iam", operation=operation, parameters={})


def steps(*facets: str, back: bool = False) -> tuple[Step, ...]:
    """Each facet from "was" to "is", or back."""
    before, after = ("is", "was") if back else ("was", "is")
    return tuple(
        Step(
            measure="deny_policy",
            facet=facet,
            call=call("PutUserPolicy"),
            undo=(call("DeleteUserPolicy"),),
            why="deny",
            before=before,
            after=after,
        )
        for facet in facets
    )


def intent(*targets: str, action: str = "contain", facets: tuple[str, ...] = ("x",), minute: int = 0) -> dict[str, Any]:
    plan = Plan(TargetPlan(target=target, steps=steps(*facets, back=action == "release")) for target in targets)
    body = {"run_id": f"{action}-{minute}", "action": action, "plan_id": "p", "plan": plan.as_json(), "before": {}}
    return {"kind": "intent", "time": f"2026-11-24T03:{minute:02}:00.000Z", "body": body}


def outcome(*results: dict[str, Any], action: str = "contain", minute: int = 0) -> dict[str, Any]:
    body = {"run_id": f"{action}-{minute}", "action": action, "plan_id": "p", "results": list(results)}
    return {"kind": "outcome", "time": f"2026-11-24T03:{minute:02}:05.000Z", "body": body}


def result(
    target: str, status: str = "contained", verified: bool = True, count: int = 1, **more: Any
) -> dict[str, Any]:
    proof = [{"fact": f"{1 + verified} of 2 access keys are inactive", "holds": verified}]
    done = count if status in ("contained", "released") else 0
    return {
        "target": target,
        "name": target,
        "status": status,
        "verified": verified,
        "proof": proof,
        "steps": [{"id": f"{target}#{number}", "status": "done"} for number in range(1, done + 1)],
        "notes": [],
        "unchecked": [],
        **more,
    }


OPENED = {"kind": "opened", "time": "2026-11-24T03:00:00.000Z", "author": "me", "body": {"title": "a leak"}}
SEEN = "seen 2026-11-24 03:00:05 UTC"


def shown(*entries: dict[str, Any], store: str = "cases") -> list[str]:
    return lines(summarise("c1", "open", [OPENED, *entries]), store)


def test_done_proven_and_left_over() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE, unchecked=["role sessions"], notes=["call the owner"])))
    assert text == [
        "CASE c1, open: a leak",
        "CONTAINED AND VERIFIED: 1 of 1",
        f"  {ALICE}, {SEEN}",
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
        "    [OPEN] 1 of 2 access keys are inactive",
        "    Cannot deny user/bob.",
    ]
    assert "CONTAINED AND VERIFIED: 1 of 2" in text
    assert f"respond_to_leaked_key.yml -e case_id=c1 -e access_key_ids={BOB}" in " ".join(text)


def test_a_run_that_died_is_told_as_interrupted_and_not_as_done() -> None:
    text = shown(intent(ALICE))
    assert f"  {ALICE}: interrupted" in text
    assert any("release_case.yml -e case_id=c1" in line for line in text), "what was changed can be taken back"
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
        intent(ALICE, action="release", minute=1),
        outcome(result(ALICE, "released"), action="release", minute=1),
    )
    assert text[1] == "RELEASED AND VERIFIED: 1 of 1"
    assert text[-2:] == ["LEFT FOR YOU:", "  - nothing"]


def test_what_is_released_in_part_is_told_as_that_with_what_is_still_in_force() -> None:
    text = shown(
        intent(ALICE, facets=("x", "y")),
        outcome(result(ALICE, count=2)),
        intent(ALICE, action="release", minute=1),
        outcome(result(ALICE, "released"), action="release", minute=1),
    )
    assert text[1] == "PARTLY RELEASED AND VERIFIED: 1 of 1"
    assert "    still in force: y" in text
    assert text[-1].startswith("  - to take it all back: ")


CHANGES = "arn:aws:iam:us-east-1:123456789012:changes"


def test_lifting_containment_and_taking_a_restore_back_are_told_apart() -> None:
    contained = [intent(ALICE), outcome(result(ALICE))]
    restored = [
        intent(CHANGES, action="restore", minute=1),
        outcome(result(CHANGES, "restored"), action="restore", minute=1),
    ]
    release = "ansible-playbook playbooks/release_case.yml -e case_id=c1"
    assert shown(*contained, *restored)[-2:] == [
        f"  - to lift containment, and keep what was restored: {release}",
        f"  - to take back what was restored, which puts back what the attacker did: {release} -e measures=restore",
    ]
    assert not any(line.endswith(release) for line in shown(*restored)), "that takes back nothing"


def test_to_insist_on_taking_a_restore_back_is_never_told_without_its_measure() -> None:
    drift = "Somebody has changed it since: x. `force: true` puts back."
    text = shown(
        intent(CHANGES, action="restore"),
        outcome(result(CHANGES, "restored", after={"x": "is"}), action="restore"),
        outcome(result(CHANGES, "failed", verified=False, error=drift, after={"x": "is"}), action="release", minute=1),
    )
    commands = [line for line in text if "release_case.yml" in line]
    assert commands
    assert all("-e measures=restore" in line for line in commands)


def test_a_release_that_failed_says_that_they_are_contained_and_how_to_insist() -> None:
    text = shown(
        intent(ALICE),
        outcome(result(ALICE)),
        outcome(
            result(
                ALICE,
                "failed",
                verified=False,
                error="Others rest on it: close that case, or set `force: true`.",
                after={"x": "is"},
            ),
            action="release",
            minute=1,
        ),
    )
    assert any(line.startswith("  - they are still contained") for line in text)
    assert any(line.endswith("-e case_id=c1 -e force=true") for line in text)
    assert not any(line.endswith("release_case.yml -e case_id=c1") for line in text), "that is what has just failed"


def test_who_has_been_let_out_by_somebody_is_not_called_contained_when_the_release_fails() -> None:
    drift = "Cannot release user/alice: somebody has changed it since: x was left as is and is now open. `force: true` puts back."
    text = shown(
        intent(ALICE),
        outcome(result(ALICE, after={"x": "is"})),
        outcome(result(ALICE, "failed", verified=False, error=drift, after={"x": "open"}), action="release", minute=1),
    )
    (said,) = [line for line in text if "NOT CONTAINED ANY MORE" in line]
    assert "x is not as containment left it" in said
    assert f"respond_to_leaked_key.yml -e case_id=c1 -e access_key_ids={ALICE}" in said
    assert not any("still contained" in line for line in text)
    assert not any(line.endswith("release_case.yml -e case_id=c1") for line in text)


def test_what_a_release_took_back_before_it_failed_is_not_called_contained() -> None:
    text = shown(
        intent(ALICE, facets=("x", "y")),
        outcome(result(ALICE, count=2)),
        intent(ALICE, action="release", facets=("x", "y"), minute=1),
        outcome(
            result(ALICE, "failed", verified=False, after={"x": "was", "y": "is"})
            | {"steps": [{"id": f"{ALICE}#1", "status": "done"}, {"id": f"{ALICE}#2", "status": "failed"}]},
            action="release",
            minute=1,
        ),
    )
    assert any("NOT CONTAINED ANY MORE, or only in part: x is" in line for line in text)


def test_what_could_not_be_looked_at_is_called_neither() -> None:
    text = shown(
        intent(ALICE),
        outcome(result(ALICE)),
        outcome(result(ALICE, "failed", verified=False, error="Cannot read.", after={}), action="release", minute=1),
    )
    assert any("may be contained or not" in line and line.endswith("--check --diff") for line in text)
    assert not any("still contained" in line or "NOT CONTAINED" in line for line in text)


def test_of_a_release_that_died_nobody_says_that_they_are_still_contained() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE, after={"x": "is"})), intent(ALICE, action="release", minute=1))
    assert f"  {ALICE}: interrupted" in text
    assert not any("still contained" in line for line in text)
    assert any(line.startswith("  - to go on with the release") and line.endswith("-e case_id=c1") for line in text)


def test_no_text_of_a_stranger_is_a_line_of_its_own_or_acts_on_a_terminal() -> None:
    forged = "sg\nCONTAINED AND VERIFIED: 1 of 1\r\u2028\x1b[2J"
    text = shown(
        intent(ALICE),
        outcome(
            result(
                ALICE,
                "failed",
                verified=False,
                error=forged,
                notes=[forged],
                unchecked=[forged],
                residual=[{"what": forged, "why": forged}],
                proof=[{"fact": forged, "holds": False}],
            )
        ),
        {"kind": "note", "time": "2026-11-24T03:00:00.000Z", "body": {"text": forged}},
    )
    assert not any(line.lstrip().startswith("CONTAINED AND VERIFIED") for line in text)
    assert all(line.isprintable() for line in text)
    assert sum("sg CONTAINED AND VERIFIED: 1 of 1 \\x1b[2J" in line for line in text) == 6


def test_what_is_open_and_what_nobody_could_see_are_two_things() -> None:
    assert mark_of("eni-01 is in sg-01", holds=False) == "OPEN"
    assert mark_of("what network looks at cannot be read", holds=False) == "NOT PROVEN"
    assert mark_of("the state could not be read back", holds=False) == "NOT PROVEN"
    assert mark_of("everything is denied", holds=True) == "ok"


def test_what_may_go_on_is_told_of_failed_targets_too() -> None:
    lives = [{"what": "names are resolved", "why": "nothing filters that"}]
    text = shown(intent(INSTANCE), outcome(result(INSTANCE, "failed", verified=False, residual=lives)))
    assert "  - instance/i-0abcdef1234567890: names are resolved: nothing filters that" in text


def test_a_note_with_a_command_is_left_for_a_human_and_not_among_the_notes() -> None:
    instance = {"kind": "instance", "id": "i-0abcdef1234567890", "arn": INSTANCE}
    todo = by_hand.instance_without_role(instance)
    assert "ansible-playbook" in todo
    notes = [
        {"kind": "note", "time": "2026-11-24T03:00:00.000Z", "body": {"text": text}}
        for text in (todo, "told the owner")
    ]
    text = shown(*notes)
    assert text[text.index("NOTES:") + 1 : text.index("LEFT FOR YOU:")] == ["  - told the owner"]
    assert f"  - {todo}" in text[text.index("LEFT FOR YOU:") :]


def test_a_name_that_was_looked_up_in_vain_once_is_forgotten_when_it_is_found() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    text = shown(
        outcome(result(key, "failed", verified=False, error="Throttling.")),
        intent(ALICE),
        outcome(result(ALICE, name=key)),
    )
    assert not any("NOT DONE" in line for line in text)


def test_what_people_wrote_is_shown() -> None:
    text = shown({"kind": "note", "time": "2026-11-24T03:00:00.000Z", "body": {"text": "the owner\nwas called"}})
    assert "  - the owner was called" in text


def case_of(author: str, *entries: dict[str, Any], case_id: str = "c2") -> Summary:
    return summarise(case_id, "open", [OPENED | {"author": author}, *entries])


def test_another_open_case_on_the_same_target_is_named_with_its_command() -> None:
    other = case_of("me", intent(ALICE), outcome(result(ALICE)))
    ours = summarise("c1", "open", [OPENED, outcome(result(ALICE, "unchanged"), minute=5)])
    assert lines(ours, "cases", [other])[-1] == (
        f"  - case c2 is open and has changed {ALICE}, too; to take that back: "
        "ansible-playbook playbooks/release_case.yml -e case_id=c2"
    )


def test_a_case_rests_on_anothers_only_if_that_did_it_first_and_is_somebody_elses() -> None:
    did_it = case_of("me", intent(ALICE), outcome(result(ALICE)), case_id="c1")
    found_it = outcome(result(ALICE, "unchanged"), minute=5)
    assert case_of("you", found_it).rests_on(did_it, ALICE)
    assert not case_of("me", found_it).rests_on(did_it, ALICE), "who ran it twice knows"
    assert not case_of("you", intent(ALICE, minute=5), outcome(result(ALICE), minute=5)).rests_on(did_it, ALICE)
    assert not did_it.rests_on(case_of("you", found_it), ALICE)
    assert not case_of("you", found_it).rests_on(did_it, BOB)


def test_an_empty_case_claims_nothing() -> None:
    assert shown() == [
        "CASE c1, open: a leak",
        "Nothing has been contained in this case.",
        "LEFT FOR YOU:",
        "  - what was to be contained, if anything, goes on: where a run failed, what it printed says why",
    ]


def test_the_command_names_the_store_where_it_is_not_the_usual_one() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE)), store="s3://example-forensics/cases")
    assert text[-1].endswith("-e case_id=c1 -e case_store=s3://example-forensics/cases")


def test_a_store_that_a_shell_would_take_apart_is_given_as_json() -> None:
    text = shown(intent(ALICE), outcome(result(ALICE)), store="my cases")
    assert text[-1].endswith("""-e case_id=c1 -e '{"case_store": "my cases"}'""")


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


INSTANCE = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890"
TWIN = "arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210"


def test_what_may_still_go_on_is_told_once_with_all_of_whom_it_is_true() -> None:
    lives = [{"what": "names are resolved", "why": "no group filters the VPC's resolver"}]
    text = shown(intent(INSTANCE, TWIN), outcome(result(INSTANCE, residual=lives), result(TWIN, residual=lives)))
    at = text.index("MAY STILL GO ON:")
    assert text[at + 1] == (
        "  - instance/i-0abcdef1234567890, instance/i-0fedcba9876543210: names are resolved: no group filters the VPC's resolver"
    )


def test_what_went_on_while_it_was_contained_is_no_longer_told_when_it_is_released() -> None:
    lives = [{"what": "names are resolved", "why": "nothing filters that"}]
    text = shown(
        intent(INSTANCE),
        outcome(result(INSTANCE, residual=lives)),
        intent(INSTANCE, action="release", minute=1),
        outcome(result(INSTANCE, "released"), action="release", minute=1),
    )
    assert "MAY STILL GO ON:" not in text


def test_an_instance_that_failed_is_gone_on_with_by_its_own_playbook() -> None:
    text = shown(
        intent(INSTANCE),
        outcome(
            result(INSTANCE, "failed", verified=False, error="Cannot do it."),
            result("i-0fedcba9876543210", "failed", verified=False),
        ),
    )
    command = f"respond_to_compromised_instance.yml -e case_id=c1 -e instance_ids={INSTANCE},i-0fedcba9876543210"
    assert command in " ".join(text)
    assert "respond_to_leaked_key" not in " ".join(text)


def test_what_a_finding_leaves_to_a_human_is_left_for_a_human_whatever_it_names() -> None:
    named = [
        {"kind": kind, "id": "x", "arn": None} for kind in ("access_key", "instance", "bucket", "session", "other")
    ]
    said = [by_hand.not_contained(target) for target in named] + [
        by_hand.root_credentials({"kind": "account", "id": "1", "arn": None})
    ]
    text = shown(*({"kind": "note", "time": "2026-11-24T03:00:00.000Z", "body": {"text": one}} for one in said))
    assert "NOTES:" not in text
    assert all(f"  - {one}" in text for one in said)

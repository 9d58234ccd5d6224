# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A case on one screen, worst first: what failed, what was done, what it rests on, and what is left for a human. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.report.summary import Summary, TargetSummary
from ansible_collections.cordon.aws.plugins.module_utils.report.visible import one_line

_TO_DO = re.compile(
    r"\b(?:ansible-playbook playbooks/|ansible localhost -m |cordon\.aws\.[a-z]|aws [a-z0-9-]+ [a-z-]+ --|is not contained\b|sign in as )"
)
"""What a note says that is something to do: what a person can type, or that somebody has yet to contain."""
_UNREAD = re.compile(r"\b(?:cannot|could not) be (?:read|looked up)")
_PLAIN = re.compile(r"[\w./:@+-]+", re.ASCII)
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,17}")
_GOOD = (
    ("contained", "CONTAINED AND VERIFIED"),
    ("restored", "RESTORED AND VERIFIED"),
    ("partly released", "PARTLY RELEASED AND VERIFIED"),
    ("released", "RELEASED AND VERIFIED"),
)


def lines(summary: Summary, store: str, others: Sequence[Summary] = ()) -> list[str]:
    """The summary as text, at most a screen for a usual case. `others` are the other open cases of the store."""
    return [one_line(line) for line in _lines(summary, store, others)]


def mark_of(fact: str, *, holds: bool) -> str:
    """The word before a fact: a fact that does not hold says itself what is wrong, or that nobody could look."""
    return "ok" if holds else "NOT PROVEN" if _UNREAD.search(fact) else "OPEN"


def _lines(summary: Summary, store: str, others: Sequence[Summary]) -> list[str]:
    targets = list(summary.targets.values())
    wrong = [target for target in targets if not target.succeeded]
    text = [f"CASE {summary.case_id}, {summary.status}{f': {summary.title}' if summary.title else ''}"]
    if wrong:
        text.append(f"NOT DONE OR NOT PROVEN: {len(wrong)} of {len(targets)}")
        for target in wrong:
            text += [
                f"  {target.target}: {target.state}",
                *_proof(target),
                *([f"    {target.error}"] if target.error else []),
            ]
    for state, title in _GOOD:
        right = [target for target in targets if target.state == state]
        if right:
            text.append(f"{title}: {len(right)} of {len(targets)}")
            for target in right:
                text += [f"  {target.target}, seen {_when(target.time)}", *_proof(target)]
                if state == "partly released":
                    text.append(f"    still in force: {', '.join(target.in_force)}")
    if not targets:
        text.append("Nothing has been contained in this case.")
    unchecked = dict.fromkeys(line for target in targets for line in target.unchecked)
    if unchecked:
        text += ["NOT CHECKED:", *(f"  - {line}" for line in unchecked)]
    text += _residual(targets)
    notes = [note for note in summary.notes if not _TO_DO.search(note)]
    if notes:
        text += ["NOTES:", *(f"  - {note}" for note in notes)]
    return [*text, "LEFT FOR YOU:", *(f"  - {line}" for line in _left(summary, targets, store, others))]


def _proof(target: TargetSummary) -> list[str]:
    return [f"    [{mark_of(fact['fact'], holds=fact['holds'])}] {fact['fact']}" for fact in target.proof]


def _residual(targets: Sequence[TargetSummary]) -> list[str]:
    """What may go on all the same, each once, with all of whom it is true."""
    said: dict[str, list[str]] = {}
    for target in targets:
        for one in target.residual if target.action != "release" else ():
            said.setdefault(f"{one['what']}: {one['why']}", []).append(target.target.rpartition(":")[2])
    if not said:
        return []
    return ["MAY STILL GO ON:", *(f"  - {', '.join(whose)}: {what}" for what, whose in said.items())]


def _when(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M:%S} UTC"


def _left(summary: Summary, targets: Sequence[TargetSummary], store: str, others: Sequence[Summary]) -> list[str]:
    """What a human has to do or know, with the command where there is one."""
    again = [target.target for target in targets if not target.succeeded and target.action != "release"]
    left = [
        f"to go on where it stopped, with the options as before: {command}"
        for command in _contain_commands(summary.case_id, again, store)
    ]
    kept = [target for target in targets if not target.succeeded and target.action == "release"]
    left += _not_released(summary.case_id, kept, store)
    left += [note for note in summary.notes if _TO_DO.search(note)]
    left += dict.fromkeys(note for target in targets for note in target.notes)
    # The command that takes back what a release has just failed for is told with that.
    standing = [target for target in targets if target not in kept and target.in_force]
    restored = [target for target in standing if _is_restored(target)]
    if len(standing) > len(restored):
        all_of_it = "to lift containment, and keep what was restored" if restored else "to take it all back"
        left.append(f"{all_of_it}: {_command('release_case.yml', store, case_id=summary.case_id)}")
    if restored:
        command = _command("release_case.yml", store, case_id=summary.case_id, measures="restore")
        left.append(f"to take back what was restored, which puts back what the attacker did: {command}")
    for other in others:
        shared = [
            target.target
            for target in targets
            if target.target in other.targets and other.targets[target.target].in_force
        ]
        if shared:
            command = _command("release_case.yml", store, case_id=other.case_id)
            left.append(
                f"case {other.case_id} is open and has changed {', '.join(shared)}, too; to take that back: {command}"
            )
    if not targets:
        left.append("what was to be contained, if anything, goes on: where a run failed, what it printed says why")
    return left or ["nothing"]


def _is_restored(target: TargetSummary) -> bool:
    """Whether it is no target of containment, but a place where an attacker's changes were undone."""
    return target.target.startswith("arn:") and target.target.endswith(":changes")


def _contain_commands(case_id: str, arns: Sequence[str], store: str) -> list[str]:
    """What contains these, in this case; for targets of other kinds there is no playbook."""
    sessions = [arn for arn in arns if ":assumed-role/" in arn]
    instances = [arn for arn in arns if _is_instance(arn)]
    principals = [arn for arn in arns if (":iam:" in arn or not arn.startswith("arn:")) and arn not in instances]
    return [
        _command(playbook, store, case_id=case_id, **{option: ",".join(named)}, **wish)
        for playbook, option, named, wish in (
            ("respond_to_leaked_key.yml", "access_key_ids", principals, {}),
            ("respond_to_leaked_key.yml", "access_key_ids", sessions, {"scope": "session"}),
            ("respond_to_compromised_instance.yml", "instance_ids", instances, {}),
        )
        if named
    ]


def _not_released(case_id: str, kept: Sequence[TargetSummary], store: str) -> list[str]:
    """Of targets whose release failed: whether they are still contained, and what can be done."""
    restored = [target for target in kept if _is_restored(target)]
    kept = [target for target in kept if not _is_restored(target)]
    left: list[str] = []
    if restored:
        command = _command("release_case.yml", store, case_id=case_id, measures="restore")
        left.append(f"what was restored stands; to see what stands against taking it back: {command} --check --diff")
    undone = [target for target in kept if target.undone]
    for target in undone:
        commands = _contain_commands(case_id, [target.target], store)
        again = commands[0] if commands else "the module that contained it, with `state: contained`"
        left.append(
            f"{target.target} is NOT CONTAINED ANY MORE, or only in part: {', '.join(target.undone)} is not as containment left it; "
            f"to contain it again, with the options as before: {again}"
        )
    command = _command("release_case.yml", store, case_id=case_id)
    if any(target.status == "interrupted" for target in kept):
        left.append(f"to go on with the release where it stopped, with the options as before: {command}")
    look = f"to see what stands against the release: {command} --check --diff"
    if any(not target.undone and target.seen for target in kept):
        left.append(f"{'the others' if undone else 'they'} are still contained; {look}")
    if any(not target.undone and not target.seen for target in kept):
        left.append(f"what could not be looked at may be contained or not; {look}")
    if any("force: true" in target.error for target in kept):
        left.append(f"to put back what was there before containment all the same: {command} -e force=true")
    return left


def _is_instance(name: str) -> bool:
    """Whether it is an instance's ARN, or the id of one that was not found."""
    return ":instance/" in name or bool(_INSTANCE_ID.fullmatch(name))


def _command(playbook: str, store: str, **variables: str) -> str:
    """What to type; values that Ansible or a shell would take apart are given as JSON."""
    given = variables | ({"case_store": store} if store != "cases" else {})
    parts = [
        f"-e {name}={value}" if _PLAIN.fullmatch(value.replace(",", "")) else f"-e '{json.dumps({name: value})}'"
        for name, value in given.items()
    ]
    return f"ansible-playbook playbooks/{playbook} {' '.join(parts)}"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One task's result as a few lines for a tired reader: what, status, time, and what became of each target. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeGuard

from ansible_collections.cordon.aws.plugins.module_utils.report.screen import mark_of
from ansible_collections.cordon.aws.plugins.module_utils.report.visible import one_line as flat
from ansible_collections.cordon.aws.plugins.module_utils.report.visible import visible

Tone = Literal["ok", "changed", "failed", "plain"]

MAX_DETAILED = 20
"""How many targets that went well are shown step by step; beyond it they get a line each."""
MAX_CHARACTERS = 4000
"""How much of one text is shown; `-v` shows everything."""

# Colours, which tools print and which can only colour; whatever else can act on a terminal is shown.
_COLOURS = re.compile("\x1b\\[[0-9;:]*m")
# Secrets that have a form: signed addresses, session tokens, private keys, and what is named a secret.
_SECRETS = re.compile(
    r"(?P<name>X-Amz-(?:Signature|Security-Token)=)[^&\s\"']+"
    r"|(?P<named>(?:secret_?(?:access_?)?key|session_?token|password)[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+"
    r"|\b(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=]{60,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.IGNORECASE | re.DOTALL,
)


class Line(NamedTuple):
    """One line of text and how it is meant."""

    text: str
    tone: Tone = "plain"


def clean(value: object) -> str:
    """`value` as text that cannot act on a terminal, but spells that out, and shows no secret; line feeds and tabs stay."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text[: 4 * MAX_CHARACTERS].replace("\r\n", "\n")
    text = _SECRETS.sub(
        lambda found: (found["name"] or found["named"] or "") + "********", visible(_COLOURS.sub("", text))
    )
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + " … (-v shows all)"


def one_line(value: object) -> str:
    return " ".join(clean(value).split())


def block(texts: Iterable[object], tone: Tone = "plain", indent: str = "  ") -> list[Line]:
    """Texts of one or many lines each, indented."""
    return [Line(f"{indent}{line.expandtabs(4)}".rstrip(), tone) for text in texts for line in clean(text).split("\n")]


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def task_line(name: str, status: str, tone: Tone, host: str, seconds: float | None) -> Line:
    """The one line of a task; where there is only localhost, it is not named."""
    where = f" [{one_line(host)}]" if host not in ("", "localhost") else ""
    took = f" ({duration(seconds)})" if seconds is not None else ""
    return Line(f"{status:<12} {one_line(name)}{where}{took}", tone)


def status_of(result: Mapping[str, object], *, check: bool) -> tuple[str, Tone]:
    if result.get("failed"):
        return "failed", "failed"
    if result.get("changed"):
        return ("would change" if check else "changed"), "changed"
    return "ok", "ok"


def is_response(result: Mapping[str, object]) -> bool:
    """Whether this is what a response module returns: a result per target, with its steps."""
    results = result.get("results")
    return (
        _is_list(results)
        and bool(results)
        and all(isinstance(entry, Mapping) and "target" in entry for entry in results)
    )


def response_lines(result: Mapping[str, object], *, check: bool) -> list[Line]:
    """What became of each target, failures first in full; in check mode what would become of it, and the plan's id. What has a text of
    its own lists its steps there."""
    entries: list[Mapping[str, object]] = []
    for entry in _listed(result, "results"):
        if isinstance(entry, Mapping) and not (entry.get("target") and entry in entries):  # named twice, and one target
            entries.append(entry)
    went_well = sum(not _has_failed(entry, check=check) for entry in entries)
    few = went_well <= MAX_DETAILED and not result.get("summary_text")
    lines: list[Line] = []
    for entry in sorted(entries, key=lambda entry: not _has_failed(entry, check=check)):
        lines += _target(entry, check=check, detailed=_has_failed(entry, check=check) or few)
    if check and result.get("plan_id") and result.get("changed"):
        lines.append(Line(f"  approve exactly this with approved_plan: {one_line(result['plan_id'])}"))
    if not check and isinstance(result.get("case_id"), str):
        lines.append(Line(f"  case {one_line(result['case_id'])}"))
    return lines


def verdict(result: Mapping[str, object]) -> str:
    """The first sentence of a failure whose targets have been shown with all that was wrong: how many failed, of how many."""
    found = re.match(r"\d+ of \d+ targets failed\.", one_line(result.get("msg")))
    return found[0] if found else ""


def failure_lines(result: Mapping[str, object]) -> list[Line]:
    """Everything a failed result says of the failure."""
    said = [result[name] for name in ("msg", "message", "reason") if result.get(name)]
    shown: list[Line] = []
    for text in said:
        first, *more = block([clean(text).rstrip()], "failed")
        # A message may quote a stranger's text: no line of it may pass for one of ours.
        shown += [first, *(Line(f"  | {line.text[2:]}", "failed") for line in more)]
    if shown and isinstance(result.get("rc"), int):
        shown.append(Line(f"  return code {result['rc']}", "failed"))
    for name in ("stderr", "module_stderr", "stdout", "module_stdout"):
        if isinstance(result.get(name), str) and one_line(result[name]):
            shown += [Line(f"  {name}:", "failed"), *block([str(result[name]).strip()], "failed", "    ")]
    if not shown and "censored" in result:
        shown = [Line("  the output is hidden: no_log", "failed")]
    return shown


def message_lines(result: Mapping[str, object]) -> list[Line] | None:
    """What a debug task was meant to say, if it is text; None where it is data."""
    message = result.get("msg")
    if isinstance(message, str):
        return block([message])
    if _is_list(message) and all(isinstance(line, str) for line in message):
        return [Line(f"  {flat(clean(line)).expandtabs(4)}") for line in message]
    return None


def recap_line(host: str, counts: Mapping[str, int], *, check: bool) -> Line:
    """The last line of a host: changed and failed always, the rest where there is any; "would change" is what a task only planned in a
    run that is no check."""
    parts = [
        f"{counts.get('changed', 0)} {'would change' if check else 'changed'}",
        f"{counts.get('failures', 0)} failed",
    ]
    parts += [f"{counts[name]} {name}" for name in ("would change", "unreachable", "ignored") if counts.get(name)]
    bad = counts.get("failures") or counts.get("unreachable")
    tone: Tone = "failed" if bad else "changed" if counts.get("changed") else "ok"
    return Line(f"{one_line(host)}: {', '.join(parts)}", tone)


def _target(entry: Mapping[str, object], *, check: bool, detailed: bool) -> list[Line]:
    failed, status = (
        _has_failed(entry, check=check),
        one_line(entry.get("status") or ("failed" if entry.get("error") else "unknown")),
    )
    tone: Tone = "failed" if failed else "changed" if entry.get("changed") else "ok"
    steps = [step for step in _listed(entry, "steps") if isinstance(step, Mapping)]
    if check:
        would = "nothing to do" if not steps else f"would take {len(steps)} step{'s' * (len(steps) != 1)}"
        said = status if failed else would
    else:
        said = status + (", verified" if entry.get("verified") else ", NOT VERIFIED")
    lines = [Line(f"  {one_line(entry.get('target'))}: {said}", tone)]
    if detailed:
        lines += _steps(steps, check=check)
        lines += [line for fact in _listed(entry, "proof") for line in _fact(fact, check=check)]
        lines += [
            Line(f"    MAY STILL GO ON: {one_line(one.get('what'))}: {one_line(one.get('why'))}")
            for one in _listed(entry, "residual")
            if isinstance(one, Mapping)
        ]
        lines += [Line(f"    note: {one_line(note)}") for note in _listed(entry, "notes")]
    if entry.get("error"):
        lines.append(Line(f"    {one_line(entry['error'])}", "failed"))
    return lines


def _has_failed(entry: Mapping[str, object], *, check: bool) -> bool:
    """Whether a target needs eyes: an error, a failed step, or, once done, no proof."""
    return bool(entry.get("error")) or entry.get("status") == "failed" or not (check or entry.get("verified", False))


_MARKS: Mapping[object, tuple[str, Tone]] = {
    "done": ("[x]", "changed"),
    "planned": ("[ ]", "changed"),
    "failed": ("[!]", "failed"),
    "not_run": ("[-]", "failed"),
    "unknown": ("[?]", "failed"),
}


RESTORE = "restore"
"""The measure whose steps say why by what an attacker did, and not by what they do."""


def _steps(steps: Iterable[Mapping[str, object]], *, check: bool) -> list[Line]:
    """Each step once: what somebody undoes is done again and again."""
    shown = Counter(_step(step, check=check) for step in steps)
    return [Line(f"{line.text}, {count} times", line.tone) if count > 1 else line for line, count in shown.items()]


def _step(step: Mapping[str, object], *, check: bool) -> Line:
    status = step.get("status")
    mark, tone = _MARKS.get(status if isinstance(status, str) else None, ("[?]", "plain"))
    would = "would " if check and status == "planned" else ""
    measure, operation = one_line(step.get("measure")), one_line(step.get("operation"))
    if measure == RESTORE:
        text = f"    {mark} {would or 'call '}{'call ' if would else ''}{operation} on {one_line(step.get('facet'))}"
        text += f": {one_line(step.get('why'))}"
    else:
        text = f"    {mark} {measure + ': ' if measure else ''}{would}{one_line(step.get('why'))}"
        text += f" ({operation})" if operation else ""
    text += ", cannot be undone" if step.get("reversible") is False else ""
    text += {"failed": ", FAILED", "not_run": ", not run", "unknown": ", NOT KNOWN whether it happened"}.get(
        str(status), ""
    )
    return Line(text, tone)


def _fact(fact: object, *, check: bool) -> list[Line]:
    """One fact of the proof. In check mode nothing has been proven yet, so only what would be lacking is told."""
    if not isinstance(fact, Mapping):
        return [] if check else [Line(f"    proof: {one_line(fact)}")]
    holds = fact.get("holds") is True
    if holds and check:
        return []
    said = one_line(fact.get("fact"))
    mark = "proof" if holds else mark_of(said, holds=False)
    return [Line(f"    {mark}: {said}", "ok" if holds else "failed")]


def _listed(value: Mapping[str, object], name: str) -> Sequence[object]:
    found = value.get(name)
    return found if _is_list(found) else ()


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A restoration as other programs read it, and as people do: every step with its calls, and what is left for a human. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.restore.decision import Decision
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import label_of, steps_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Unanswered

_UNTOLD = "The event does not tell what exactly it changed. Look at the event and at what is there now, and undo what should not be."
_UNKNOWN_OPERATION = (
    "Cordon does not know what this operation changes. Look it up in the service's API reference, look at what is there now, and undo what "
    "should not be."
)
_TITLES: Mapping[str, frozenset[str]] = {
    "TO DO:": frozenset({"planned"}),
    "DONE:": frozenset({"done"}),
    "FAILED, OR NOT KNOWN:": frozenset({"failed", "unknown", "not_run"}),
    "CONFLICTS, FOR YOU TO DECIDE (name a step's id in `steps` to take it all the same):": frozenset({"conflict"}),
    "BY HAND:": frozenset({"manual"}),
}
_UNCONFIRMED = " Unconfirmed: planned from the log alone, without a look at what is there now."


def shown(decisions: Iterable[Decision], place: Place, *, confirmed: bool) -> Iterator[dict[str, Json]]:
    """The steps of a plan, in the order in which they are taken: {"id", "call", "undo", "because", "status", "why", "facet",
    "confirmed"}."""
    calls: set[bytes] = set()
    for decision in decisions:
        if decision.status == "nothing":
            continue
        facet = str(decision.wish.facet)
        about: dict[str, Json] = {
            "because": list(decision.wish.because),
            "status": decision.status,
            "why": decision.why + ("" if confirmed or decision.status == "manual" else _UNCONFIRMED),
            "facet": facet,
            "confirmed": confirmed,
        }
        if decision.status == "manual":
            yield {"id": f"{place.arn}#{label_of(facet)}", "call": None, "undo": [], **about}
        for step in steps_of(decision):
            call = step.call.as_json()
            if canonical_json(call) not in calls:
                calls.add(canonical_json(call))
                undo = [one.as_json() for one in step.undo]
                yield {"id": step.id_in(place.arn, 0), "call": call, "undo": undo, **about}


def shown_unanswered(events: Iterable[Unanswered]) -> Iterator[dict[str, Json]]:
    """One manual step for all events of one operation in one place."""
    together: dict[tuple[str, str, str], list[Unanswered]] = {}
    for event in sorted(events, key=lambda one: (one.time, one.event_id)):
        together.setdefault((event.account, event.region, event.operation), []).append(event)
    for (account, region, operation), found in together.items():
        place = Place(account=account, region=region)
        yield {
            "id": f"{place.arn}#{label_of(operation)}",
            "call": None,
            "undo": [],
            "because": [event.event_id for event in found],
            "status": "manual",
            "why": f"{operation} in account {account}, {region}: {_instruction(found[0])}",
            "facet": "",
            "confirmed": False,
        }


def beside(manual: Iterable[Mapping[str, Json]]) -> dict[str, list[str]]:
    """What is left to do by hand, in sentences, by the ARN of the place: what a case keeps of it."""
    found: dict[str, list[str]] = {}
    for step in manual:
        number = len(step["because"])
        more = f" ({number} events)" if number > 1 else ""
        found.setdefault(str(step["id"]).partition("#")[0], []).append(f"{step['why']}{more}")
    return found


def whole_ids(given: Iterable[str] | None, places: Sequence[Place]) -> list[str] | None:
    """The ids of steps as plans show them; where there is one place alone, what stands behind `#` is enough. Raises InputError for what can
    be none."""
    if given is None:
        return None
    arns = [place.arn for place in places]
    found = [f"{arns[0]}#{one}" if "#" not in one and len(arns) == 1 else one for one in given]
    wrong = [ascii(one)[:120] for one in found if one.partition("#")[0] not in arns or not one.partition("#")[2]]
    if wrong:
        raise InputError(
            f"use `steps` = {', '.join(wrong)}",
            "nothing is planned by that id",
            "Copy whole ids from the plan that is shown.",
        )
    return found


def _instruction(event: Unanswered) -> str:
    return event.manual or (_UNTOLD if event.is_known else _UNKNOWN_OPERATION)


def with_outcome(steps: Iterable[dict[str, Json]], outcome: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """The steps with what became of them, by id; "error" where one failed."""
    by_id = {step["id"]: step for step in outcome}
    return [
        step | {name: by_id[step["id"]][name] for name in ("status", "error") if name in by_id.get(step["id"], {})}
        for step in steps
    ]


def summary_of(steps: Sequence[Mapping[str, Json]], plan_id: str, *, check: bool) -> list[str]:
    """For people: what is planned or was done, in order, then conflicts, then what is left for a human."""
    counts = Counter(step["status"] for step in steps)
    head = ", ".join(f"{number} {status}" for status, number in counts.items()) or "nothing to restore"
    lines = [f"RESTORE {'PLAN' if check else 'RESULT'}: {head}", f"plan {plan_id}"]
    for title, wanted in _TITLES.items():
        found = [step for step in steps if step["status"] in wanted]
        if found:
            lines += [title, *(line for step in found for line in _of_step(step))]
    return lines


def _of_step(step: Mapping[str, Json]) -> Iterator[str]:
    call = step["call"]
    what = f"{call['service']}:{call['operation']} " if call else ""
    yield f"  {what}{step['facet']}".rstrip()
    yield f"    {step['why']}"
    yield f"    id {step['id']}, because of {', '.join(step['because'][:5])}{' …' if len(step['because']) > 5 else ''}"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts a statement into the text of a policy and leaves every other byte of it as it is. Pure.

The place is guessed from the text, and the result is read and compared before anybody uses it: a guess can fail, but not be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_PLACE = re.compile(r'"Statement"\s*:\s*')


def read_policy(text: Json) -> dict[str, Json]:
    """The policy that a text says. Raises ValueError for what is none, and where a name stands twice: which of two counts, nobody
    says."""
    if not isinstance(text, str):
        raise ValueError("it is not text")
    found = json.loads(text, object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    return found


def has_statement(text: Json, statement: Mapping[str, Json]) -> bool:
    """Whether a policy has this statement, by whatever Sid. What cannot be read has none."""
    try:
        found = _statements(read_policy(text))
    except ValueError:
        return False
    return any(isinstance(one, dict) and _without_sid(one) == _without_sid(statement) for one in found)


def with_statement(text: str, statement: Mapping[str, Json], tried: str) -> str:
    """The policy with the statement in front of its others. Raises RefusedError, saying what was `tried`, where that cannot be shown
    to leave everything else as it is."""
    try:
        before = read_policy(text)
        others = _statements(before)
    except ValueError as error:
        raise _refusal(tried, f"its policy cannot be read: {error}", statement) from error
    ours = {**statement, "Sid": _free_sid(str(statement["Sid"]), others)}
    wanted = {**before, "Statement": [ours, *others]}
    for guess in _guesses(text, json.dumps(ours, separators=(",", ":")), bool(others)):
        if _says(guess, wanted):
            return guess
    raise _refusal(tried, "no place was found in its policy where a statement leaves the rest as it is", statement)


def _guesses(text: str, ours: str, has_others: bool) -> Iterator[str]:
    """The text with `ours` at each place that looks like the list of statements, or like the only one."""
    for place in _PLACE.finditer(text):
        start = place.end()
        if text.startswith("[", start):
            yield f"{text[: start + 1]}{ours}{',' if has_others else ''}{text[start + 1 :]}"
        elif text.startswith("{", start):
            try:
                _only, end = json.JSONDecoder().raw_decode(text, start)
            except ValueError:
                continue
            yield f"{text[:start]}[{ours},{text[start:end]}]{text[end:]}"


def _says(text: str, wanted: Mapping[str, Json]) -> bool:
    try:
        return read_policy(text) == wanted
    except ValueError:
        return False


def _statements(policy: Mapping[str, Json]) -> list[Json]:
    found = policy.get("Statement")
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise ValueError("it has no statements")
    return found


def _without_sid(statement: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in statement.items() if name != "Sid"}


def _free_sid(sid: str, others: list[Json]) -> str:
    """A Sid stands once in a policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html"""
    taken = {one.get("Sid") for one in others if isinstance(one, dict) and isinstance(one.get("Sid"), str)}
    numbered = (f"{sid}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (sid, *numbered) if name not in taken)


def _refusal(tried: str, why: str, statement: Mapping[str, Json]) -> RefusedError:
    return RefusedError(
        tried,
        why,
        f"Nothing was changed. Put this statement in by hand: {json.dumps(statement, separators=(',', ':'))}",
    )


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)

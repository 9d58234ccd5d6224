# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a case log is what was written: every entry by itself, and the chain between them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.schemas import ENTRY


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry as it stands in the log."""

    number: int
    kind: str
    time: str
    """UTC, milliseconds, with a Z."""
    author: str
    previous: str | None
    body: Mapping[str, Json]
    recovers: Mapping[str, Json] | None = None
    """The torn entry before this one, where a writer died half-way."""

    def as_json(self) -> dict[str, Json]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """Whether a log is what was written. `first_bad` is the number of the first entry that is not."""

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()
    head_sha256: str = ""

    def as_json(self) -> dict[str, Json]:
        return {**asdict(self), "warnings": list(self.warnings)}


class Check:
    """Walks a log and stops believing at the first fault: `reason` then says what it is, `first_bad` where."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.reason = ""
        self.first_bad = 0
        self.warnings: list[str] = []
        self.number = 0
        self.sha256: str | None = None
        self.damage = ""
        """What is wrong with the last entry looked at. It counts as torn if the next one owns up to it."""

    def next(self, number: int, content: bytes) -> Entry | None:
        """The entry, or None for a damaged one, of which the next one decides."""
        value, damage = parsed(content)
        bad = self._bad(number, value)
        if bad is not None:
            self.first_bad, self.reason = bad
            return None
        if self.damage:
            self.warnings.append(f"entry {self.number} is torn ({self.damage}); entry {number} says so and goes on")
        self.number, self.sha256, self.damage = number, sha256(content), damage
        return None if value is None else entry_of(value)

    def _bad(self, number: int, value: Mapping[str, Json] | None) -> tuple[int, str] | None:
        """Which entry is not what was written, now that this one is known, and why."""
        if self.damage:
            said = value.get("recovers") if value is not None else None
            if said != {"number": self.number, "sha256": self.sha256}:
                return self.number, f"{self.damage}, and the entry after it does not say that it was torn"
        if number != self.number + 1:
            return self.number + 1, "it is missing"
        fault = self._fault(number, value) if value is not None else ""
        return (number, fault) if fault else None

    def _fault(self, number: int, value: Mapping[str, Json]) -> str:
        problem = schema_problem(value)
        if problem:
            return problem
        if value["case_id"] != self.case_id:
            return f"it belongs to case {value['case_id']}"
        if value["number"] != number:
            return f"it says that it is entry {value['number']}"
        if value["previous"] != self.sha256:
            return (
                f"entry {self.number} is not the one that it was written after"
                if number > 1
                else "it was not the first entry"
            )
        return ""


def verify_entries(raw: Iterable[tuple[int, bytes]], case_id: str) -> Verification:
    """Check numbers and bytes, in order, as one log. Pure.

    A damaged last entry is bad until the next append owns up to it. A log without entries is bad: nothing was checked.
    """
    check = Check(case_id)
    count = 0
    for number, content in raw:
        count += 1
        if not check.reason:
            check.next(number, content)
    if not count:
        return Verification(ok=False, count=0, first_bad=1, reason="there are no entries")
    warnings = tuple(check.warnings)
    if check.reason:
        return Verification(ok=False, count=count, first_bad=check.first_bad, reason=check.reason, warnings=warnings)
    if check.damage:
        reason = f"{check.damage}: it is torn or was altered, and nothing was written after it"
        return Verification(ok=False, count=count, first_bad=check.number, reason=reason, warnings=warnings)
    return Verification(ok=True, count=count, warnings=warnings, head_sha256=check.sha256 or "")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def parsed(content: bytes) -> tuple[dict[str, Json] | None, str]:
    """The entry in `content`; or None where these are not, to the byte, what an entry looks like, and what is wrong."""
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None, "it is empty" if not content else "it is not JSON"
    if not isinstance(value, dict):
        return None, "it is not a JSON object"
    try:
        digest = value.pop("digest", None)
        if sha256(canonical_json(value)) != digest:
            return None, "it does not have the digest that it says"
        value["digest"] = digest
        return (value, "") if canonical_json(value) == content else (None, "it is not canonical JSON")
    except (ValueError, RecursionError):
        return None, "it is not canonical JSON"


def entry_of(value: Mapping[str, Json]) -> Entry:
    return Entry(
        number=value["number"],
        kind=value["kind"],
        time=value["time"],
        author=value.get("author", ""),
        previous=value["previous"],
        body=value["body"],
        recovers=value.get("recovers"),
    )


def schema_problem(value: Mapping[str, Json]) -> str:
    """What does not fit the schema, in one clause; empty where all does."""
    error = next(iter(_validator().iter_errors(value)), None)
    if error is None:
        return ""
    return f"{'.'.join(map(str, error.absolute_path)) or 'it'} does not fit the schema: {error.message[:200]}"


def get_ready() -> None:
    """Import and build what every entry takes, which is slow the first time: best done while something else is waited for."""
    schema_problem(json.loads(canonical_json({})))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(ENTRY)

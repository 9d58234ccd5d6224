# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The append-only case log: numbered immutable entries, each holding the SHA-256 of the one before it.

Appending is "create number N+1, only if it does not exist", so any number of processes and machines write one case and nothing is
lost. The bytes of an entry are canonical JSON and hold their own digest, so that any later change to any entry shows, the last
one included."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.case_check import (
    Check,
    Entry,
    Verification,
    entry_of,
    parsed,
    schema_problem,
    sha256,
    verify_entries,
)
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    ClosedCaseError,
    InputError,
    IntegrityError,
    StoreError,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.schemas import CASE_ID_PATTERN

ATTEMPTS = 1_000
"""How often an append tries the next number before it gives up: with the waits between, some minutes of others coming first."""
MOST_WAIT_S = 0.5
_STATUS = {"opened": "open", "closed": "closed", "sealed": "sealed"}
"""What the kinds that say so make of a case."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The end of the log, as last seen: number and hash of the last entry, whether that entry is torn, status of the case."""

    number: int = 0
    sha256: str | None = None
    torn: bool = False
    status: str = "open"


@dataclass(slots=True)
class Case:
    """A case that exists. Not to be shared between threads."""

    store: CaseStore
    case_id: str
    _head: _Head = field(default_factory=_Head)

    def append(self, kind: str, body: Mapping[str, Json], *, author: str = "") -> Entry:
        """Write one entry behind all others. Durable when this returns; one write where nobody else is writing.

        Raises ClosedCaseError in a closed or sealed case, InputError for a body that does not fit the schema.
        """
        for attempt in range(ATTEMPTS):
            if attempt or not self._head.number or self._head.status != "open":
                self._look()
            self._refuse(kind)
            entry, content = self._next(kind, body, author)
            began = time.monotonic()
            if self.store.create(self.case_id, entry.number, content):
                self._head = _Head(entry.number, sha256(content), status=_STATUS.get(kind, self._head.status))
                return entry
            # Whoever came first knows the new end and writes on without asking: wait as long as some of its writes take.
            took = time.monotonic() - began
            time.sleep(random.uniform(0, min(MOST_WAIT_S, took * 2 ** min(attempt, 10))))
        raise StoreError(
            f"append to case {self.case_id} in {self.store.name}",
            f"{ATTEMPTS} other entries came first",
            "Try again when less is going on.",
        )

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first, each checked. Raises IntegrityError at the first one that is not what was written."""
        check = Check(self.case_id)
        for number, content in self.raw():
            found = check.next(number, content)
            if check.reason:
                raise IntegrityError(
                    f"read entry {check.first_bad} of case {self.case_id} in {self.store.name}",
                    check.reason,
                    "Compare the store with its backup or object versions; `cordon.aws.case_info` shows what can be read.",
                )
            if found is not None:
                yield found

    def raw(self) -> Iterator[tuple[int, bytes]]:
        """Numbers and bytes, as stored."""
        for number in self.store.numbers(self.case_id):
            yield number, self.store.read(self.case_id, number)

    def verify(self) -> Verification:
        """Check the whole log."""
        return verify_entries(self.raw(), self.case_id)

    @property
    def status(self) -> str:
        """ "open", "closed" or "sealed", as of now. Only the end of the log is read: nothing but "opened" follows a "closed"."""
        self._look()
        return self._head.status

    def require_open(self) -> None:
        """Raise ClosedCaseError unless entries can be added."""
        self._look()
        self._refuse()

    def _refuse(self, kind: str = "") -> None:
        """Raise ClosedCaseError where the case, as last seen, takes no entry of this kind."""
        if self._head.status == "sealed":
            raise ClosedCaseError(f"write to case {self.case_id}", "it is sealed for ever", "Use a new case.")
        if self._head.status == "closed" and kind != "opened":
            raise ClosedCaseError(
                f"write to case {self.case_id}",
                "it is closed",
                "Open it again with `cordon.aws.case` and `state: open`, or use a new case.",
            )
        if not self._head.number and kind and kind != "opened":
            raise StoreError(
                f"write to case {self.case_id} in {self.store.name}",
                "its entries are gone",
                "Bring them back from a backup.",
            )

    def _next(self, kind: str, body: Mapping[str, Json], author: str) -> tuple[Entry, bytes]:
        value: dict[str, Json] = {
            "schema": 1,
            "case_id": self.case_id,
            "number": self._head.number + 1,
            "kind": kind,
            "time": _now(),
            "author": author,
            "previous": self._head.sha256,
            "body": dict(body),
        }
        if self._head.torn:
            value["recovers"] = {"number": self._head.number, "sha256": self._head.sha256}
        content = _sealed_bytes(value)
        value = json.loads(content)
        problem = schema_problem(value)
        if problem:
            raise InputError(
                f"write a {kind} entry into case {self.case_id}",
                problem,
                "This is a fault of the program that wrote it.",
            )
        return entry_of(value), content

    def _look(self) -> None:
        """Learn the end of the log; what was known is built upon, because entries never change."""
        end, status = _Head(), self._head.status
        for number in reversed(self.store.numbers(self.case_id, after=self._head.number)):
            content = self.store.read(self.case_id, number)
            value, _damage = parsed(content)
            end = end if end.number else _Head(number, sha256(content), torn=value is None)
            if value is None:
                continue  # torn: the status is what the entry before it says
            if value.get("case_id") != self.case_id:
                raise IntegrityError(
                    f"write to case {self.case_id} in {self.store.name}",
                    f"its entry {number} belongs to case {ascii(value.get('case_id'))[:140]}",
                    "Use another `case_id`; directories that differ in case only are the same on some file systems.",
                )
            status = _STATUS.get(str(value.get("kind")), "open")
            break
        self._head = replace(end if end.number else self._head, status=status)


def open_case(
    store: CaseStore, case_id: str | None, *, create: bool, title: str | None = None, author: str = ""
) -> Case:
    """The case of that id; with `create` it is opened if it does not exist, and None stands for a new id.

    Of two processes that open the same new case at once, one writes the first entry and the other goes on with it.
    """
    if case_id is None:
        if not create:
            raise InputError("open a case", "`case_id` is not given", "Give the id of a case.")
        case_id = new_case_id()
    check_case_id(case_id)
    case, body = Case(store, case_id), {"title": title} if title else {}
    case._look()
    if case._head == _Head(1, case._head.sha256, torn=True) and create:
        case.append("opened", body, author=author)  # whoever began to open it has died over it
    if case._head.number:
        return case
    if not create:
        raise InputError(
            f"open case {case_id}",
            f"there is no such case in {store.name}",
            "Check `case_id` and `case_store`; `cordon.aws.case_info` lists the cases.",
        )
    entry, content = case._next("opened", body, author)
    if store.create(case_id, 1, content):
        case._head = _Head(entry.number, sha256(content))
    return case


def case_exists(store: CaseStore, case_id: str) -> bool:
    return bool(store.numbers(case_id))


def list_cases(store: CaseStore) -> list[str]:
    """The ids of the cases in `store`, sorted: those that Cordon made itself are thereby in the order of time."""
    return [case_id for case_id in store.cases() if re.fullmatch(CASE_ID_PATTERN, case_id)]


def check_case_id(case_id: str) -> None:
    """Raise InputError for an id that could not be a file name everywhere, or would be somebody else's."""
    if not re.fullmatch(CASE_ID_PATTERN, case_id):
        raise InputError(
            f"use `case_id` = {ascii(case_id)[:120]}",
            "it must be 1 to 128 letters, digits, dots, hyphens and underscores, the first one a letter or digit",
            "Choose such an id, or leave `case_id` out for a new one.",
        )


def new_case_id() -> str:
    """An id that sorts by time."""
    from ulid import ULID

    return f"case-{str(ULID()).lower()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sealed_bytes(value: Mapping[str, Json]) -> bytes:
    """Canonical JSON of an entry with the digest of the rest in it. Raises InputError for what JSON cannot hold exactly.

    A body can be megabytes, so each key is made canonical once, and the digest put in its place among them."""
    import rfc8785

    try:
        members = {key: canonical_json({key: member})[1:-1] for key, member in value.items()}
        digest = sha256(_object_of(members))
        return _object_of({**members, "digest": canonical_json({"digest": digest})[1:-1]})
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        why = str(error) if not isinstance(error, RecursionError) else "it is nested too deeply"
        raise InputError(
            f"write a {value['kind']} entry into case {value['case_id']}",
            why,
            "This is a fault of the program that wrote it.",
        ) from error


def _object_of(members: Mapping[str, bytes]) -> bytes:
    """A JSON object of canonical members. The keys of an entry are ASCII, whose order is that of RFC 8785."""
    return b"{" + b",".join(members[key] for key in sorted(members)) + b"}"

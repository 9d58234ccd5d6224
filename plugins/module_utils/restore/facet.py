# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is restored: facets, each one thing that an event changed, and kinds of them, each with how it is read and set."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, unquote

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

GONE: Final = "gone"
"""In the place of a value: what would hold it does not exist, as with the policies of a user that has been deleted. Not None, which says
that it could be there and is not."""


class Unknown(enum.Enum):
    """In the place of a value that nobody knows."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
Value: TypeAlias = "Json | Unknown"
"""What a facet is: JSON; None: not there."""


@dataclass(frozen=True, slots=True, order=True)
class Facet:
    """One thing that one kind of change is about, in one account and region."""

    kind: str
    """A Kind's name: "iam/attached_policy"."""
    account: str
    region: str
    names: tuple[str, ...]
    """What tells it from others of its kind, canonical (the bare name where events use name and ARN), as `Kind.takes` allows: what it is of
    first, such as the user, then what it is."""

    def __str__(self) -> str:
        """Printable ASCII; `facet_of` reads it."""
        return "|".join((self.kind, self.account, self.region, *(quote(name, safe="/:@=+,.$") for name in self.names)))


def facet_of(text: str) -> Facet:
    """The facet that `str` wrote. Raises ValueError for anything else."""
    kind, account, region, *names = text.split("|")
    facet = Facet(kind, account, region, tuple(map(unquote, names)))
    if str(facet) != text:
        raise ValueError("it is no facet")
    return facet


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One call and the calls that take it back."""

    call: Call
    undo: tuple[Call, ...]


class IrreversibleError(Exception):
    """A kind cannot bring a facet from one value to another by any call; the text is the instruction for a human, whole sentences."""


def _no_earlier(_reads: Reads, _facet: Facet, _time: datetime) -> Value:
    return UNKNOWN


def _no_ways(_facet: Facet, _live: Json) -> Sequence[Move]:
    return ()


def _equal(live: Json, expected: Json) -> bool:
    return bool(live == expected)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of facets. Values are small, canonical, without volatile fields: `read` gives back after `moves` what was wanted."""

    name: str
    order: int
    """What is removed comes first, by falling order, then what is put back, by rising: things (10) before what hangs on them (20) before
    what needs both (30) before switching on (40). Below 0: what cannot be removed before all else is put back."""
    permissions: tuple[str, ...]
    """Everything it asks of AWS and changes there: "iam:AttachUserPolicy"."""
    takes: Callable[[tuple[str, ...]], bool]
    """Whether these are names that may stand in a call. They come from logs, and are a stranger's text: patterns, lengths, number."""
    read: Callable[[Reads, Facet], Json]
    """The live value; None where it is not there, GONE where what would hold it is not. Raises AwsError where it cannot be read."""
    moves: Callable[[Facet, Json, Json], Sequence[Move]]
    """(facet, live, wanted), which differ: the calls, in order, that bring it there; all but the last only make way for it. Pure. Raises
    IrreversibleError."""
    kept: Callable[[Json], Json] | None = None
    """Of a thing that the attacker made: its live value -> the value in which it can do no harm and is kept as evidence. None where it is
    only there or not, as with an attached policy: it is removed."""
    ways: Callable[[Facet, Json], Sequence[Move]] = _no_ways
    """(facet, live): the moves that can make way to another value than None and `kept`, such as stopping an instance; empty where there are
    none. A case log is held to it."""
    matches: Callable[[Json, Json], bool] = _equal
    """(live, expected): whether the live value is what a change left, where events tell less than `read`."""
    earlier: Callable[[Reads, Facet, datetime], Value] = _no_earlier
    """What it was just before that time, where neither change nor trail tells: from versions or AWS Config's history."""
    word: Callable[[Facet], str] = lambda facet: facet.names[0]
    """What stands literally in the record of each event that changes it, four characters or more."""
    secret: bool = False
    """Whether values may hold secrets: then they are shown, logged and recorded as digests only, and cannot be put back from the log."""


Certainty: TypeAlias = Literal["proven", "likely", "open"]
"""Of what a call must have found. "proven": it would have been refused, or given another answer, had it found anything else. "likely": it
succeeds whatever it finds, and putting back what it usually finds takes access away, or brings protection or logging back: it is planned,
and said. "open": it succeeds whatever it finds, and putting back what it usually finds gives access, takes protection or logging away, or
removes what may have been there: only an earlier event or AWS's own history makes it a step, else a human decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What one event did to one facet."""

    facet: Facet
    after: Value
    """What it left."""
    before: Value = UNKNOWN
    """What it must have found, by the event alone: None for what it created; UNKNOWN where the event does not tell."""
    sure: Certainty = "proven"
    """How sure `before` is."""
    holder: Facet | None = None
    """The thing that it hangs on, where that can be made and made again, such as the user of an inline policy: when that was made, nothing
    hung on it, and when it is put back, what hung on it is."""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How kinds and entries are built where few calls read and set a thing: what is asked, what a move is, what is left to people.
Pure but for the asking."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Facet, IrreversibleError, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import document

NO_STATE: Final = "What is recorded is no state that this can have. Look at the events, and put it back by hand."
_MISSING = re.compile(r".*(\.NotFound|NotFoundException|\.Unavailable|NoSuch\w+|NotFoundFault)", re.ASCII)
ACCOUNT = re.compile(r"\d{12}", re.ASCII)


def call(facet: Facet, service: str, operation: str, **parameters: Json) -> Call:
    """A call where the facet is."""
    return Call(account=facet.account, region=facet.region, service=service, operation=operation, parameters=parameters)


def is_missing(code: str) -> bool:
    """Whether AWS says that what was asked about does not exist: EC2 says "InvalidGroup.NotFound", others "NoSuchBucket"."""
    return is_gone(code) or bool(_MISSING.fullmatch(code))


def asked(reads: Reads, question: Call) -> dict[str, Json] | None:
    """What AWS answers; None where it says that there is no such thing."""
    try:
        return reads.read(question)
    except AwsError as error:
        if is_missing(error.code):
            return None
        raise


def listed(reads: Reads, question: Call, key: str) -> list[Json] | None:
    """All pages of a listing; None where AWS says that there is no such thing."""
    try:
        return reads.pages(question, key)
    except AwsError as error:
        if is_missing(error.code):
            return None
        raise


def mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def texts(value: Json) -> list[str]:
    """A list of texts; empty where it is anything else."""
    return list(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else []


def names_match(*patterns: re.Pattern[str]) -> Callable[[tuple[str, ...]], bool]:
    """`Kind.takes` of a kind with so many names, each by its pattern."""
    return lambda names: (
        len(names) == len(patterns)
        and all(bool(pattern.fullmatch(name)) for pattern, name in zip(patterns, names, strict=True))
    )


def whole_number(value: Json) -> str:
    """As text a number that events write as 3, 3.0 or "3"; empty for what is none."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return str(value) if is_whole_number(value) and abs(value) < 2**53 else text(value)


def statements(policy: Json) -> list[Mapping[str, Json]]:
    """Of a stored policy; none of one that cannot be read exactly."""
    told = (document(policy) or {}).get("Statement")
    return [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]


def as_text(value: Json) -> str:
    """A document as it is handed to AWS: serialised here, whatever the event had."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def one_of(*values: Json) -> Callable[[Json], bool]:
    known = {json.dumps(value) for value in values}  # as text: to Python true is 1, to JSON it is not
    return lambda value: json.dumps(value, sort_keys=True) in known


IS_THERE = one_of("there")


def moves_by(
    to: Callable[[Facet, Json], Call], fits: Callable[[Json], bool], *, anew: bool = False
) -> Callable[[Facet, Json, Json], Sequence[Move]]:
    """`Kind.moves` where one call sets a value; None is a value. `to` raises IrreversibleError for a value that no call can set: there is
    then no way there, or no way back. `fits`: what a value other than None is like. `anew`: one that is there must go before another. What
    is gone with what it hangs on is set like what is not there, and of what was made with it nothing is set back."""

    def way_back(facet: Facet, value: Json) -> tuple[Call, ...]:
        try:
            return (to(facet, value),)
        except IrreversibleError:
            return ()

    def moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        if wanted == GONE:
            return ()
        live = None if live == GONE else live
        if any(value is not None and not fits(value) for value in (live, wanted)):
            raise IrreversibleError(NO_STATE)
        if anew and live is not None and wanted is not None:
            there = to(facet, wanted)
            return (
                Move(call=to(facet, None), undo=way_back(facet, live)),
                Move(call=there, undo=way_back(facet, None)),
            )
        return (Move(call=to(facet, wanted), undo=way_back(facet, live)),)

    return moves


def ways_by(to: Callable[[Facet, Json], Call]) -> Callable[[Facet, Json], Sequence[Move]]:
    """`Kind.ways` of a kind whose moves are `moves_by` with `anew`: the one that is there goes before another."""

    def ways(facet: Facet, live: Json) -> Sequence[Move]:
        if live is None:
            return ()
        try:
            return (Move(call=to(facet, None), undo=(to(facet, live),)),)
        except IrreversibleError:
            return (Move(call=to(facet, None), undo=()),)

    return ways


def made_by(operation: str, moves: Sequence[Move], live: Json, wanted: Json) -> Sequence[Move]:
    """One move, where what is set by one call is made by another (`operation`) if it is not there: also to take its removal back."""

    def made(one: Call) -> Call:
        return Call(
            account=one.account, region=one.region, service=one.service, operation=operation, parameters=one.parameters
        )

    if not moves:
        return ()
    (move,) = moves
    if live in (None, GONE):
        return (Move(call=made(move.call), undo=move.undo),)
    return (Move(call=move.call, undo=tuple(map(made, move.undo))),) if wanted is None else moves


def upper(value: Json) -> Json:
    """An event's names as the API's: {"readWriteType": "All"} is {"ReadWriteType": "All"}."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: upper(one) for name, one in value.items()}
    return [upper(one) for one in value] if isinstance(value, list) else value


def same(live: Json) -> Json:
    """`Kind.kept` of what does no harm by being there: evidence, left as it is."""
    return live


def made(
    *,
    name: str,
    permissions: tuple[str, ...],
    takes: Callable[[tuple[str, ...]], bool],
    read: Callable[[Reads, Facet], Json],
    remove: Callable[[Facet], Call],
    lost: str,
    order: int = 10,
    fits: Callable[[Json], bool] = IS_THERE,
    word: Callable[[Facet], str] = lambda facet: facet.names[0],
) -> Kind:
    """A kind of things that are there or not, do no harm as such, and get a new id when they are made anew. What an attacker made stays as
    evidence, and is deleted only if that is asked for; what an attacker deleted is for a human (`lost`)."""

    def to(facet: Facet, value: Json) -> Call:
        if value is not None:
            raise IrreversibleError(lost)
        return remove(facet)

    return Kind(
        name=name,
        order=order,
        permissions=permissions,
        takes=takes,
        read=read,
        moves=moves_by(to, fits),
        kept=same,
        word=word,
    )


def by_hand(service: str, instruction: str, *operations: str) -> tuple[Entry, ...]:
    return tuple(Entry(service=service, operation=operation, manual=instruction) for operation in operations)


def harmless(service: str, reason: str, *operations: str) -> tuple[Entry, ...]:
    return tuple(Entry(service=service, operation=operation, harmless=reason) for operation in operations)

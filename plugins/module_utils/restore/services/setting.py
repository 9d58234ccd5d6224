# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings: facets that one call reads, one sets and one takes away, such as the policy of a bucket. Most services have several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

Names = tuple[str, ...]


def call_of(facet: Facet, service: str, operation: str, parameters: Mapping[str, Json]) -> Call:
    """A call in the account and region of a facet."""
    return Call(
        account=facet.account, region=facet.region, service=service, operation=operation, parameters=dict(parameters)
    )


def answered(reads: Reads, call: Call, *, absent: Sequence[str] = (), gone: Sequence[str] = ()) -> Json:
    """What AWS answers; None where it says by one of the codes `absent` that there is none, GONE where what would hold it is not."""
    try:
        return reads.read(call)
    except AwsError as error:
        if error.code in gone:
            return GONE
        if error.code in absent:
            return None
        raise


HIDDEN: Final = "hidden"
"""In the place of a value that AWS does not show at the moment, such as the policy of a secret that is being deleted."""


def equal(live: Json, expected: Json) -> bool:
    return bool(live == expected)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of things of one kind. Whatever it is, it is moved by one call, and back by one."""

    name: str
    """Its kind's: "s3/bucket_policy"."""
    order: int
    service: str
    permissions: tuple[str, ...]
    takes: Callable[[Names], bool]
    named: Callable[[Facet], Mapping[str, Json]]
    """The parameters by which each of its calls names what it is of."""
    get: str
    found: Callable[[Json], Json]
    """The value in the answer to `get`; None where it says that there is none."""
    put: str
    sent: Callable[[Json], Mapping[str, Json]]
    """The parameters that set a value; without `delete` also None."""
    delete: str = ""
    absent: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    hidden_by: tuple[str, ...] = ()
    """The error codes by which AWS does not show it for now. It is then taken to be what the attacker left."""
    unset: Json = None
    """The value that says that there is none. None: what is unset is restored before all that is put back. Anything else: in its order,
    such as where the thing has to be brought back first."""
    for_good: str = ""
    """Where it cannot be taken away once it is there: what a human is told."""
    alike: Callable[[Json, Json], bool] = equal
    """(live, expected): whether they say the same."""
    earlier: Callable[[Reads, Facet, datetime], Value] = lambda _reads, _facet, _time: UNKNOWN
    word: Callable[[Facet], str] = lambda facet: facet.names[0]

    def kind(self) -> Kind:
        return Kind(
            name=self.name,
            order=self.order,
            permissions=self.permissions,
            takes=self.takes,
            read=self.read,
            moves=self.moves,
            matches=self.matches,
            earlier=self.earlier,
            word=self.word,
        )

    def change(self, event: Event, names: Names, after: Value, before: Value = UNKNOWN) -> Iterator[Change]:
        """The change of that facet, None being unset; nothing where the names may not stand in a call."""
        if self.takes(names):
            yield Change(
                facet=Facet(self.name, event.account, event.region, names),
                after=self.unset if after is None else after,
                before=self.unset if before is None else before,
            )

    def read(self, reads: Reads, facet: Facet) -> Json:
        call = call_of(facet, self.service, self.get, self.named(facet))
        try:
            answer = answered(reads, call, absent=self.absent, gone=self.gone)
        except AwsError as error:
            if error.code in self.hidden_by:
                return HIDDEN
            raise
        if answer == GONE:
            return GONE
        value = None if answer is None else self.found(answer)
        return self.unset if value is None else value

    def matches(self, live: Json, expected: Json) -> bool:
        if live == HIDDEN and self.hidden_by:
            return True
        return self.alike(live, expected)

    def moves(self, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        if GONE in (live, wanted) or wanted == HIDDEN:
            raise IrreversibleError("What this was a setting of does not exist any more, or does not show it.")
        if wanted == self.unset and self.for_good:
            raise IrreversibleError(self.for_good)
        is_final = live == self.unset and bool(self.for_good)
        undo = () if is_final or live == HIDDEN else (self._setting(facet, live),)
        return (Move(call=self._setting(facet, wanted), undo=undo),)

    def _setting(self, facet: Facet, value: Json) -> Call:
        if value == self.unset and self.delete:
            return call_of(facet, self.service, self.delete, self.named(facet))
        told = None if value == self.unset else value
        return call_of(facet, self.service, self.put, {**self.named(facet), **self.sent(told)})

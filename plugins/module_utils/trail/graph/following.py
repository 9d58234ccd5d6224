# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Goes through the facts that the rule found once more, now with their times: what came before it could, or is somebody else's, is left
out. Pure, and the order of the facts does not matter."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.openings import Opening, end_of, opening_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.windows import EVER, Windows

# https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/getting-started.html: a console session ends after 12 hours.
_CONSOLE_S = 12 * 3600
# What a service does for a user begins with the user's call. How exactly AWS dates it is not documented: an assumption.
_BEHALF_S = 5
_MOST_ROUNDS = 6


@dataclass(kw_only=True)
class Followed:
    """Facts by their places in the sequence that was followed."""

    found: dict[int, set[Word]] = field(default_factory=dict)
    """What is the doing of whoever is traced -> by which words it was found."""
    beside: dict[int, set[Word]] = field(default_factory=dict)
    """What was found for being about it."""
    kept_out: dict[int, set[int]] = field(default_factory=dict)
    """A call that opened a role -> who took the role since and may have been able to before: the log cannot tell."""


def follow(facts: Sequence[Fact], seeds: Iterable[Word]) -> Followed:
    """What is traced of `facts`, which are in order of time. What somebody else has set right since, such as a password, ends what the
    call before had opened; who is somebody else is only known in the end, so that it is done over until nothing falls away."""
    filed: dict[Word, list[int]] = {}
    for place, fact in enumerate(facts):
        for word in fact.words:
            filed.setdefault(word, []).append(place)
    first = list(seeds)
    run = _Run(facts, filed, None)
    followed = run.of(first)
    for _round in range(_MOST_ROUNDS if run.opens else 0):
        before = followed.found.keys()
        followed = _Run(facts, filed, before).of(first)
        if followed.found.keys() == before:
            break
    return followed


class _Run:
    """One time through; `traced`: what the time before found, None the first time, which finds too much."""

    def __init__(self, facts: Sequence[Fact], filed: Mapping[Word, list[int]], traced: Iterable[int] | None) -> None:
        self._facts = facts
        self._filed = filed
        self._traced = None if traced is None else frozenset(traced)
        self._windows: dict[Word, Windows] = {}
        self._ever: set[Word] = set()
        self._openings: set[tuple[Word, int]] = set()
        self._done = Followed()
        self._queue: deque[int] = deque()
        self.opens = False
        """Whether anything was led to that somebody else can end, or could do before."""

    def of(self, seeds: Iterable[Word]) -> Followed:
        for word in seeds:
            self._ever.add(word)
            self._find(word, self._filed.get(word, ()))
        while self._queue:
            place = self._queue.popleft()
            for word in self._facts[place].links.always:
                self._lead(word, place)
        return self._done

    def _lead(self, word: Word, by: int) -> None:
        if word in self._ever or word not in self._filed:
            return
        if not self._is_from_then(word, by):
            self._ever.add(word)
            self._find(word, self._filed[word])
            return
        at = self._facts[by].at
        if senses.is_taking(word.sense) or senses.is_by_password(word.sense):
            self.opens = True
            self._open(word, by)
            return
        end = EVER
        if word.sense == senses.SWITCHED_FROM:
            end = at + _CONSOLE_S
        elif senses.is_on_behalf(word.sense):
            end = at + _BEHALF_S + 1
        self._within(word, at, end)

    def _is_from_then(self, word: Word, by: int) -> bool:
        """A key that was made to work again was its owner's before; other keys begin with the call."""
        activates = word.sense == senses.KEY and self._facts[by].operation == "UpdateAccessKey"
        return activates or senses.is_from_then(word.sense)

    def _within(self, word: Word, start: int, end: int) -> None:
        windows = self._windows.setdefault(word, Windows())
        if windows.add(start, end):
            self._find(word, [place for place in self._filed[word] if windows.hold(self._facts[place].began)])

    def _open(self, word: Word, by: int) -> None:
        if (word, by) in self._openings:
            return
        self._openings.add((word, by))
        if self._traced is None:
            self._within(word, self._facts[by].at, EVER)
            return
        opening = opening_of(self._facts, self._filed, self._traced, word, by)
        end = end_of(self._facts, self._filed, self._traced, word, by)
        places = [place for place in self._filed[word] if self._facts[by].at <= self._facts[place].began < end]
        self._find(word, [place for place in places if self._may(opening, place, by)])

    def _may(self, opening: Opening, place: int, by: int) -> bool:
        if opening.lets(self._facts[place]):
            return True
        self._done.kept_out.setdefault(by, set()).add(place)
        return False

    def _find(self, word: Word, places: Iterable[int]) -> None:
        beside = senses.is_beside(word.sense)
        found = self._done.beside if beside else self._done.found
        without_key = senses.is_without_key(word.sense)
        for place in places:
            if without_key and Word(self._facts[place].key, senses.MINTED) in self._filed:
                # Whoever was given the key has it: that leads to it, if it is theirs.
                continue
            by = found.get(place)
            if by is None:
                found[place] = {word}
                if not beside:
                    self._queue.append(place)
            elif word in by:
                continue
            else:
                by.add(word)
            for sense, words in self._facts[place].links.if_found_by:
                if sense == word.sense:
                    for other in words:
                        self._lead(other, place)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a call opened that had an owner before: a role by its trust policy or by being passed, a user's console by a password. Who could go
in before is not drawn in, and what somebody else set right ends it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.windows import EVER

Filed = Mapping[Word, list[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """Whom a call let in who could not come in before, as far as the log tells."""

    could_before: frozenset[Word] | None = None
    """Words of those whom the former trust policy let in, or who came in before; None: there was nothing to come in to."""
    only_strangers: bool = False
    """Whether the former policy is not in the log: then somebody of the role's own account, or of an identity provider, may have been in
    it, and only other accounts' callers are drawn in."""

    def lets(self, fact: Fact) -> bool:
        if self.could_before is None:
            return True
        if fact.words & self.could_before:
            return False
        return not self.only_strangers or not any(_is_at_home(word) for word in fact.words)


def opening_of(facts: Sequence[Fact], filed: Filed, traced: Collection[int], word: Word, by: int) -> Opening:
    """What the call at `by` opened, where it leads to `word`. `traced`: what is not somebody else's."""
    if not senses.is_taking(word.sense):
        return Opening()
    lead = facts[by]
    account, _colon, taker = senses.taker_of(word.sense)
    if lead.opened is None:
        # Passed to a service: one that had taken the role before may do it for others, too.
        is_named = taker.count(":") > 1
        return Opening() if is_named else Opening(could_before=frozenset(_earlier(facts, filed, word, lead, {taker})))
    if lead.operation == "CreateRole":
        return Opening()
    former = _former(facts, filed, traced, by)
    if former is None:
        came = frozenset(_earlier(facts, filed, Word(word.text, senses.taken(account, "anyone")), lead, None))
        return Opening(could_before=came, only_strangers=True)
    return Opening(could_before=frozenset(Word(word.text, senses.taken(account, one)) for one in former))


def _former(facts: Sequence[Fact], filed: Filed, traced: Collection[int], by: int) -> frozenset[str] | None:
    """Whom the last trust policy before that somebody else wrote let in."""
    for word in facts[by].links.always:
        if senses.is_trust(word.sense):
            for place in reversed(filed.get(word, [])):
                if place < by and place not in traced:
                    return facts[place].opened
    return None


def _earlier(facts: Sequence[Fact], filed: Filed, word: Word, lead: Fact, takers: set[str] | None) -> Iterator[Word]:
    """The words of those who took the role before: exact ones, or these `takers`."""
    for place in filed.get(word, ()):
        if facts[place].at < lead.at:
            for one in facts[place].words:
                if senses.is_taking(one.sense):
                    taker = senses.taker_of(one.sense)[2]
                    if taker in takers if takers is not None else taker.startswith(("arn:", "id:")):
                        yield one


def _is_at_home(word: Word) -> bool:
    if not senses.is_taking(word.sense):
        return False
    account, _colon, taker = senses.taker_of(word.sense)
    return taker == f"account:{account}" or taker.startswith(("federated:", "service:"))


def end_of(facts: Sequence[Fact], filed: Filed, traced: Collection[int], word: Word, by: int) -> int:
    """When somebody else wrote the trust policy or the password again."""
    for other in facts[by].links.always:
        if senses.is_trust(other.sense) if senses.is_taking(word.sense) else senses.is_password(other.sense):
            for place in filed.get(other, ()):
                if facts[place].at > facts[by].at and place not in traced:
                    return facts[place].at
    return EVER

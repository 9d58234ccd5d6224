# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the graph keeps of each event that was found: enough to follow it and to count it, and where its record lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import meaning, senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.child import Child, account_arn
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.descent import children
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.filing import began_of, words_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.plain import plain
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import Links, links_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import matched, text_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.spool import Spool
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trust import trusted

_RENAMES_TRUST = ("iam:CreateRole", "iam:UpdateAssumeRolePolicy")


class Fact(NamedTuple):
    """One event, in little room, and made in little time. Texts of strangers are fit to be shown (`plain`)."""

    event_id: str
    at: int
    """When, in seconds since 1970."""
    began: int
    """When its session was given out; for others, as `at`."""
    account: str
    region: str
    service: str
    operation: str
    actor: str
    """The caller's ARN; unique id, account or service where it has none."""
    key: str
    """The access key id, if it looks like one."""
    source: str
    agent: str
    refused: bool
    change: bool
    data_event: bool
    read: str | None
    """What data it read, if it did; empty where the record does not say of what."""
    words: frozenset[Word]
    links: Links
    children: tuple[Child, ...]
    opened: frozenset[str] | None
    """Of a call that wrote a trust policy: whom the policy names; None of other calls."""
    place: tuple[int, int]


@dataclass(kw_only=True)
class Facts:
    """All facts, each once, as a log gives events."""

    spool: Spool = field(default_factory=Spool)
    all: list[Fact] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        self.all.append(self._fact(event))

    def _fact(self, event: Event) -> Fact:
        made = children(event)
        read = plain(meaning.what_was_read(event), 1100) if meaning.reads_data(event) else None
        writes_trust = not event.error and event.name in _RENAMES_TRUST
        document = event.request.get("policyDocument") or event.request.get("assumeRolePolicyDocument")
        return Fact(
            event_id=event.event_id,
            at=int(event.time.timestamp()),
            began=began_of(event),
            account=self._once(event.account),
            region=self._once(event.region),
            service=self._once(event.service),
            operation=self._once(event.operation),
            actor=self._once(actor_of(event)),
            key=self._once(matched(senses.KEY_ID, event.identity.get("accessKeyId"))),
            source=self._once(plain(text_of(event.record.get("sourceIPAddress")), 128)),
            agent=self._once(plain(text_of(event.record.get("userAgent")), 200)),
            refused=meaning.was_refused(event),
            change=meaning.is_change(event),
            data_event=meaning.is_data_event(event),
            read=None if read is None else self._once(read),
            words=words_of(event),
            links=links_of(event, made),
            children=made,
            opened=trusted(document) if writes_trust else None,
            place=self.spool.put(event.record),
        )

    def _once(self, text: str) -> str:
        return self._texts.setdefault(text, text)


def actor_of(event: Event) -> str:
    """Who made the call, as an ARN that AWS would write, or by what else tells it."""
    identity = event.identity
    arn = text_of(identity.get("arn"))
    for pattern in (SESSION_ARN, USER_ARN, FEDERATED_ARN, ROOT_ARN):
        if pattern.fullmatch(arn):
            return plain(arn, 2048)
    if identity.get("type") == "Root" and senses.ACCOUNT.fullmatch(text_of(identity.get("accountId"))):
        return account_arn(event, "root")
    for name in ("principalId", "invokedBy", "accountId", "userName"):
        found = text_of(identity.get(name))
        if found:
            return plain(found, 128)
    return "unknown"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""By which attribute of LookupEvents what the session graph looks for is asked. Pure.

One attribute can be given with one question: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. Unique
ids are none, so users and roles are asked for by name, and the rule tells which of the events are theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import FEDERATED_ARN
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import RESOURCE, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.names import Names, sessions_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.places import Place

_IN_ACCOUNT = frozenset({"console", "bearer", "trust", "password", "taken"})
"""Senses that go on with the account that they are about."""
_ASSUMED = "assumed-role/"
_ARNS = {"cloudtrail": "trail/", "kms": "key/", "lambda": "function:"}
"""Of services whose events name a thing by ARN or by name, as the caller did: what stands in the ARN before the name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One attribute with its value."""

    attribute: str
    value: str
    account: str = ""
    """In whose history alone it can be; empty for all."""
    region: str = ""
    """In whose history alone it can be; empty for all."""
    only_global: bool = False
    """Whether only the region of global services has it."""

    def is_for(self, place: Place) -> bool:
        return (
            self.account in ("", place.account)
            and self.region in ("", place.region)
            and (place.is_global or not self.only_global)
        )


def asks(word: Word, names: Names, partition: str) -> tuple[Ask, ...]:
    """By what the events with this word can be asked for, as far as `names` are known; nothing where they cannot."""
    return tuple(dict.fromkeys(_asks(word, names, partition)))


def can_be_asked(word: Word) -> bool:
    """Whether there is an attribute for what is looked for, or could be, were a name known. The other side of a call across accounts is
    found by who made it."""
    return word.sense not in (
        senses.IDENTITY_CENTER,
        senses.PROVIDER,
    )  # a provider is no resource of the calls through it


def account_of(word: Word) -> str:
    """The account that a word is about; empty where it does not tell."""
    kind, _colon, rest = word.sense.partition(":")
    if kind == RESOURCE:
        return rest.split("|")[1]
    if kind in _IN_ACCOUNT:
        return rest[:12]
    if word.text.startswith("arn:"):
        return senses.matched(senses.ACCOUNT, (word.text.split(":") + [""] * 5)[4])
    return word.text[:12] if senses.FEDERATED_ID.fullmatch(word.text) else ""


def accounts_in(event: Event) -> frozenset[str]:
    """The accounts that a call was about: those of the resources it names, and of the role it took.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (resources)"""
    listed = event.record.get("resources")
    named = [senses.mapping_of(one).get("accountId") for one in listed] if isinstance(listed, list) else []
    role = ROLE_ARN.fullmatch(senses.text_of(event.request.get("roleArn")))
    found = {senses.matched(senses.ACCOUNT, one) for one in (*named, role["account"] if role else "")}
    return frozenset(found - {""}) if event.succeeded else frozenset()


def _asks(word: Word, names: Names, partition: str) -> Iterator[Ask]:
    text, sense, account = word.text, word.sense, account_of(word)
    kind = sense.partition(":")[0]
    session = senses.SESSION_ID.fullmatch(text)
    if kind == RESOURCE:
        yield from _of_resource(word, partition)
    elif senses.KEY_ID.fullmatch(text):
        yield Ask(attribute="ResourceName" if sense == senses.MINTED else "AccessKeyId", value=text)
    elif kind in ("trust", "password"):
        yield Ask(attribute="ResourceName", value=text, account=account, only_global=True)
    elif senses.is_taking(sense):
        yield from _of_role(f"arn:{partition}:iam::{account}:role/{_last(text)}", names)
    elif sense == senses.ROLE:
        yield from _sessions_of_role(text, names)
    elif sense == senses.SWITCHED_FROM:
        # The event is that of the role taken, whose session may be named like anything.
        yield Ask(attribute="EventName", value="SwitchRole")
    elif session:
        yield Ask(attribute="Username", value=session["name"])
    elif senses.FEDERATED_ID.fullmatch(text):
        yield Ask(attribute="Username", value=text.partition(":")[2], account=account)
    elif senses.USER_ID.fullmatch(text):
        yield from _by_name(names.user(text))
    elif ROOT_ARN.fullmatch(text):
        yield Ask(attribute="Username", value="root", account=account)
    elif sense in (senses.USER_NAME, senses.THING) or kind in ("console", "bearer") or _is_by_name(text):
        yield Ask(attribute="Username", value=_last(text), account=account)


def _of_resource(word: Word, partition: str) -> Iterator[Ask]:
    """What changed a thing: by its name, and by its ARN where events of its service name it so as well. A name that is too short to be
    looked for in files is here all the same."""
    thing, account, region, *names = word.sense.partition(":")[2].split("|")
    for value in map(unquote, names) if word.text.endswith(".amazonaws.com") else (word.text,):
        yield Ask(attribute="ResourceName", value=value, account=account, region=region)
    service = thing.partition("/")[0]
    if service in _ARNS:
        arn = f"arn:{partition}:{service}:{region}:{account}:{_ARNS[service]}{word.text}"
        yield Ask(attribute="ResourceName", value=arn, account=account, region=region)


def _is_by_name(arn: str) -> bool:
    """Whether an ARN ends with what LookupEvents calls the user."""
    return any(pattern.fullmatch(arn) for pattern in (SESSION_ARN, USER_ARN, FEDERATED_ARN))


def _by_name(name: str) -> Iterator[Ask]:
    if name:
        yield Ask(attribute="Username", value=name)


def _of_role(arn: str, names: Names) -> Iterator[Ask]:
    """Who took a role: the event names it by ARN, with the path that a name does not tell."""
    for known in dict.fromkeys((arn, *names.roles(sessions_of(arn)))):
        yield Ask(attribute="ResourceName", value=known, account=known.split(":")[4])


def _sessions_of_role(handle: str, names: Names) -> Iterator[Ask]:
    """What a role's sessions did is asked by their names, which the events tell in which it was taken."""
    if _ASSUMED in handle:
        partition, account, name = handle.split(":")[1], handle.split(":")[4], handle.rstrip("/").rpartition("/")[2]
        yield from _of_role(f"arn:{partition}:iam::{account}:role/{name}", names)
    for arn in names.roles(handle):
        yield from _of_role(arn, names)
    for name in names.sessions(handle):
        yield Ask(attribute="Username", value=name)


def _last(text: str) -> str:
    return text.rpartition("/")[2]

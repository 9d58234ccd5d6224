# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM Roles Anywhere: trust anchors, profiles and revocation lists. What the attacker made is disabled, by which no session is given any
more, and kept. https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_DisableTrustAnchor.html,
https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_UpdateTrustAnchor.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    call_about,
    is_there,
    move,
    or_gone,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ID = re.compile(r"[a-f0-9]{8}-([a-z0-9]{4}-){3}[a-z0-9]{12}", re.ASCII)
_ENABLED, _DISABLED = "enabled", "disabled"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Thing:
    """One sort of things, in the words of its calls."""

    noun: str
    """Of the operations: "TrustAnchor"."""
    label: str
    makes: str
    settings: Mapping[str, Json]
    """What an update sets, and what each is where it is not told; None: not there. Its names are the API's."""

    @property
    def key(self) -> str:
        """Of the answers: "trustAnchor"."""
        return self.noun[0].lower() + self.noun[1:]

    @property
    def id_name(self) -> str:
        return f"{self.key}Id"

    def takes(self, names: tuple[str, ...]) -> bool:
        return len(names) == 1 and bool(_ID.fullmatch(names[0]))

    def _described(self, reads: Reads, facet: Facet) -> Mapping[str, Json] | None:
        asked = call_about(facet, "rolesanywhere", f"Get{self.noun}", **{self.id_name: facet.names[0]})
        found = or_gone(lambda: reads.read(asked))
        return None if found is None else found[self.key]

    def read_switch(self, reads: Reads, facet: Facet) -> Json:
        found = self._described(reads, facet)
        return None if found is None else self._switch(found)

    def _switch(self, found: Mapping[str, Json]) -> str:
        return _ENABLED if found.get("enabled") is True else _DISABLED

    def switch_moves(self, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        named = {self.id_name: facet.names[0]}
        if not is_there(wanted):
            return (move(call_about(facet, "rolesanywhere", f"Delete{self.noun}", **named)),) if is_there(live) else ()
        if not is_there(live):
            raise IrreversibleError(
                f"The attacker deleted the {self.label} {facet.names[0]} of IAM Roles Anywhere, and AWS gives no id "
                "twice. Make another one "
                f"from its template, and give its ARN to whatever uses it: aws rolesanywhere {self.makes}."
            )
        enable, disable = (
            call_about(facet, "rolesanywhere", f"{verb}{self.noun}", **named) for verb in ("Enable", "Disable")
        )
        return (move(enable, disable) if wanted == _ENABLED else move(disable, enable),)

    def read_settings(self, reads: Reads, facet: Facet) -> Json:
        found = self._described(reads, facet)
        return GONE if found is None else self._settings(found)

    def _settings(self, found: Mapping[str, Json]) -> dict[str, Json]:
        return {name: found.get(name, default) for name, default in self.settings.items()}

    def settings_moves(self, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        if not is_there(wanted) or not is_there(live):
            return ()
        lost = sorted(name for name, value in wanted.items() if value is None and live[name] is not None)
        if lost:
            raise IrreversibleError(
                f"The {self.label} {facet.names[0]} of IAM Roles Anywhere had no {', '.join(lost)}, and an update "
                "cannot take it away. Make "
                f"another one without, and disable this: aws rolesanywhere {self.makes}."
            )
        there, back = (
            call_about(
                facet,
                "rolesanywhere",
                f"Update{self.noun}",
                **{self.id_name: facet.names[0]},
                **{name: given for name, given in value.items() if given is not None},
            )
            for value in (wanted, live)
        )
        is_undone = all(value is not None or wanted[name] is None for name, value in live.items())
        return (move(there, back) if is_undone else move(there),)

    def kinds(self) -> Iterator[Kind]:
        yield Kind(
            name=f"rolesanywhere/{self.key}",
            order=10,
            permissions=tuple(f"rolesanywhere:{verb}{self.noun}" for verb in ("Get", "Enable", "Disable", "Delete")),
            takes=self.takes,
            read=self.read_switch,
            moves=self.switch_moves,
            kept=lambda live: _DISABLED if is_there(live) else live,
        )
        if self.settings:
            yield Kind(
                name=f"rolesanywhere/{self.key}_settings",
                order=20,
                permissions=tuple(f"rolesanywhere:{verb}{self.noun}" for verb in ("Get", "Update")),
                takes=self.takes,
                read=self.read_settings,
                moves=self.settings_moves,
            )

    def _named(self, event: Event) -> tuple[str, ...]:
        """The answer has the bare id, also where the request has an ARN or an alias."""
        return (text_at(event.response, self.key, self.id_name) or text_at(event.request, self.id_name),)

    def _answer(self, event: Event) -> Mapping[str, Json]:
        found = event.response.get(self.key)
        return found if isinstance(found, dict) else {}

    def _change(self, event: Event, before: Value, after: Value, suffix: str = "") -> Iterator[Change]:
        names = self._named(event)
        if self.takes(names):
            facet = Facet(f"rolesanywhere/{self.key}{suffix}", event.account, event.region, names)
            yield Change(facet=facet, before=before, after=after)

    def created(self, event: Event) -> Iterator[Change]:
        yield from self._change(event, None, self._switch(self._answer(event)))
        if self.settings and self._answer(event):
            yield from self._change(event, GONE, self._settings(self._answer(event)), "_settings")

    def deleted(self, event: Event) -> Iterator[Change]:
        yield from self._change(event, UNKNOWN, None)

    def enabled(self, event: Event) -> Iterator[Change]:
        yield from self._change(event, UNKNOWN, _ENABLED)

    def disabled(self, event: Event) -> Iterator[Change]:
        yield from self._change(event, UNKNOWN, _DISABLED)

    def updated(self, event: Event) -> Iterator[Change]:
        answer = self._answer(event)
        yield from self._change(event, UNKNOWN, self._settings(answer) if answer else UNKNOWN, "_settings")

    def entries(self) -> Iterator[Entry]:
        makes = "".join(word.capitalize() for word in self.makes.split(" ")[0].split("-"))
        entries = [
            (makes, self.created, f"Disable{self.noun} (it is kept), or Delete{self.noun}", "the call itself"),
            (f"Delete{self.noun}", self.deleted, "nothing: a manual step", "an earlier event"),
            (f"Enable{self.noun}", self.enabled, f"Disable{self.noun}", "an earlier event"),
            (f"Disable{self.noun}", self.disabled, f"Enable{self.noun}", "an earlier event"),
        ]
        if self.settings:
            entries.append((f"Update{self.noun}", self.updated, f"Update{self.noun}", "an earlier event"))
        for operation, changes, undone_by, before_from in entries:
            yield Entry(
                service="rolesanywhere",
                operation=operation,
                changes=changes,
                undone_by=undone_by,
                before_from=before_from,
            )


_THINGS: Final = (
    _Thing(
        noun="TrustAnchor",
        label="trust anchor",
        makes="create-trust-anchor --name NAME --source SOURCE --enabled",
        settings={"name": "", "source": {}},
    ),
    _Thing(
        noun="Profile",
        label="profile",
        makes="create-profile --name NAME --role-arns ROLE --enabled",
        settings={
            "name": "",
            "roleArns": [],
            "managedPolicyArns": [],
            "sessionPolicy": None,
            "durationSeconds": 3600,
            "acceptRoleSessionName": False,
        },
    ),
    _Thing(
        noun="Crl",
        label="revocation list",
        makes="import-crl --name NAME --crl-data fileb://LIST --trust-anchor-arn ARN --enabled",
        settings={},
    ),
)
_BY_HAND: Final = {
    "UpdateCrl": (
        "The attacker changed a revocation list of IAM Roles Anywhere: certificates that were revoked may be taken "
        "again. Put in the list of your "
        "certificate authority: aws rolesanywhere update-crl --crl-id ID --crl-data fileb://LIST."
    ),
    **dict.fromkeys(
        ("PutAttributeMapping", "DeleteAttributeMapping"),
        "The attacker changed which fields of certificates become session tags in a profile of IAM Roles Anywhere. "
        "Compare "
        "aws rolesanywhere get-profile --profile-id ID with what it should be, and put it right: aws rolesanywhere "
        "put-attribute-mapping.",
    ),
    **dict.fromkeys(
        ("PutNotificationSettings", "ResetNotificationSettings"),
        "The attacker changed the notices of expiring certificates of a trust anchor. Put them right: aws "
        "rolesanywhere put-notification-settings.",
    ),
    **dict.fromkeys(
        ("TagResource", "UntagResource"),
        "The attacker changed tags in IAM Roles Anywhere, which its events do not show. Look at them with aws "
        "rolesanywhere "
        "list-tags-for-resource --resource-arn ARN, and put them right.",
    ),
}
KINDS = tuple(kind for thing in _THINGS for kind in thing.kinds())
ENTRIES = (
    *(entry for thing in _THINGS for entry in thing.entries()),
    *(Entry(service="rolesanywhere", operation=operation, manual=text) for operation, text in _BY_HAND.items()),
)

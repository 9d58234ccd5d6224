# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore leaves to a human, whatever the log says was there before: what contains the attacker, what would let the attacker in
again, and what the responder works by. Who knows how restores are planned can stage a past. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet, Move, Value
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import Row

_OURS = "Cordon"
"""How the names of all policies and statements begin by which Cordon contains."""
_DENIES = ("/AWSDenyAll", "/AWSCompromisedKeyQuarantine")
_USER = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):user/(?:.*/)?(?P<name>[\w+=,.@-]{1,64})", re.ASCII)
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::(?P<account>\d{12}):assumed-role/(?P<name>[\w+=,.@-]{1,64})/.*", re.ASCII)
_NAMED_OURS = frozenset({"iam/inline_policy", "iam/policy"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Of which accounts' users, roles and keys it is about stands in sets of (account, name)."""

    keys: frozenset[str] = field(default_factory=frozenset)
    """Access keys of the attacker's."""
    users: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Users that the attacker acted as."""
    written: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Objects (bucket, key) that the attacker wrote."""
    working: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Users and roles that the responder works by."""

    def why(self, facet: Facet, live: Json, wanted: Value, moves: Sequence[Move]) -> str:
        """Why it is left to a human; empty where it is not."""
        thing = facet.names[1] if len(facet.names) > 1 and facet.names[0] in ("user", "role") else ""
        if facet.kind.startswith("iam/") and (facet.account, thing) in self.working:
            return "the responder works by it"
        if facet.kind in _NAMED_OURS and any(name.startswith(_OURS) for name in facet.names[1:]):
            return "Cordon contains by it: release the case that does"
        if facet.kind == "iam/attached_policy" and any(deny in facet.names[-1] for deny in _DENIES):
            return "it denies, and may be what contains somebody"
        if _says_ours(live) and not _says_ours(wanted):
            return "Cordon contains by a statement in it: release the case that does first"
        if facet.kind == "s3/delete_marker" and facet.names[:2] in self.written:
            return "the attacker wrote the object as well, and that version would be seen again"
        theirs = facet.names[-1] in self.keys or (facet.account, thing) in self.users
        if facet.kind == "iam/access_key" and theirs and any(map(_activates, moves)):
            return "it would give the attacker a key back"
        return ""


def held_of(closure: Iterable[Row], working: Iterable[str], written: Iterable[tuple[str, str]] = ()) -> Held:
    """`closure`: the attacker and who descends from it. `working`: the ARNs of everybody that the responder is, sessions as such.
    `written`: the objects that the attacker wrote."""
    rows = list(closure)
    acting = [found for row in rows if (found := _USER.fullmatch(row.principal))]
    own = [found for arn in working if (found := _USER.fullmatch(arn) or _SESSION.fullmatch(arn))]
    return Held(
        written=frozenset(written),
        keys=frozenset(row.access_key_id for row in rows if row.access_key_id),
        users=frozenset((found["account"], found["name"]) for found in acting),
        working=frozenset((found["account"], found["name"]) for found in own),
    )


def _activates(move: Move) -> bool:
    return move.call.parameters.get("Status") == "Active"


def _says_ours(value: Value) -> bool:
    """Whether a statement of Cordon's stands in a policy."""
    return isinstance(value, dict | str) and f'"Sid": "{_OURS}' in (
        value if isinstance(value, str) else json.dumps(value)
    )

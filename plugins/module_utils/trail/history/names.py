# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What events tell of names that LookupEvents can be asked for, where only an id is known: it finds users and sessions by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of, matched, text_of


class Names:
    """Grows with each event."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}
        """Unique id -> name."""
        self._roles: dict[str, set[str]] = {}
        """Unique id, or the beginning of its sessions' ARNs -> the role's ARN."""
        self._sessions: dict[str, set[str]] = {}
        """The same -> names of sessions."""
        self.facts = 0
        """How much is known: more than before where an event told something new."""

    def learn(self, event: Event) -> None:
        user = mapping_of(event.response.get("user"))
        for unique, name in (
            (event.identity.get("principalId"), event.identity.get("userName")),
            (user.get("userId"), user.get("userName")),
        ):
            known, called = matched(senses.USER_ID, unique), matched(senses.NAME, name)
            if known and called and known not in self._users:
                self._users[known] = called
                self.facts += 1
        role, issuer = mapping_of(event.response.get("role")), _issuer(event)
        self._learn_role(text_of(role.get("arn")), text_of(role.get("roleId")))
        self._learn_role(text_of(issuer.get("arn")), text_of(issuer.get("principalId")))
        taken = mapping_of(event.response.get("assumedRoleUser"))
        session = senses.SESSION_ID.fullmatch(text_of(taken.get("assumedRoleId")))
        if session and event.succeeded:
            arn = text_of(event.request.get("roleArn"))
            self._learn_role(arn, session["role"])
            for handle in (session["role"], sessions_of(arn)):
                self._add(self._sessions, handle, session["name"])

    def user(self, unique_id: str) -> str:
        """The name of the user with this id; empty where it is not known yet."""
        return self._users.get(unique_id, "")

    def roles(self, handle: str) -> Iterator[str]:
        """ARNs of a role, by its unique id or by what its sessions' ARNs begin with."""
        yield from sorted(self._roles.get(handle, ()))

    def sessions(self, handle: str) -> Iterator[str]:
        """The names of a role's sessions."""
        yield from sorted(self._sessions.get(handle, ()))

    def _learn_role(self, arn: str, unique_id: str) -> None:
        if not ROLE_ARN.fullmatch(arn):
            return
        for handle in (matched(senses.ROLE_ID, unique_id), sessions_of(arn)):
            self._add(self._roles, handle, arn)

    def _add(self, known: dict[str, set[str]], handle: str, value: str) -> None:
        if handle and value not in known.setdefault(handle, set()):
            known[handle].add(value)
            self.facts += 1


def sessions_of(role_arn: str) -> str:
    """What the ARNs of a role's sessions begin with; empty for what is no role."""
    role = ROLE_ARN.fullmatch(role_arn)
    return f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/" if role else ""


def _issuer(event: Event) -> dict[str, object]:
    issuer = mapping_of(mapping_of(event.identity.get("sessionContext")).get("sessionIssuer"))
    return dict(issuer)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who made the call of an event, by AWS's unique ids: names can be given away, ids cannot. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


def actors(event: Mapping[str, Json]) -> frozenset[str]:
    """The ids of everybody who stands behind the call, as `aws:userid` patterns: a session is itself and its role, what a user
    federated is the user."""
    identity = _mapping(event.get("userIdentity"))
    principal = str(identity.get("principalId") or "")
    issuer = _mapping(_mapping(identity.get("sessionContext")).get("sessionIssuer"))
    issuer_id = str(issuer.get("principalId") or "")
    found = {principal}
    match identity.get("type"):
        case "AssumedRole":
            found.add(f"{principal.partition(':')[0]}:*")
        case "FederatedUser":
            found.add(issuer_id)
        case "Root":
            found.add(str(identity.get("accountId") or ""))
    return frozenset(found - {"", ":*"})


def succeeded(event: Mapping[str, Json]) -> bool:
    return not event.get("errorCode")


def time_of(event: Mapping[str, Json]) -> datetime | None:
    """When it was: CloudTrail writes UTC, to the second."""
    try:
        found = datetime.fromisoformat(str(event.get("eventTime")))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def operation_of(event: Mapping[str, Json]) -> str:
    """ "iam:CreateUser"; both parts as CloudTrail names them, out of letters and digits only."""
    source, name = str(event.get("eventSource", "")).partition(".")[0], str(event.get("eventName", ""))
    return f"{_plain(source)}:{_plain(name)}"


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isalnum() and character.isascii())[:64]


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Lambda's events name functions, versions and aliases: by name or ARN, with or without a qualifier. Pure.
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""

from __future__ import annotations

import re
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.building import text
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

FUNCTION: Final = re.compile(r"[A-Za-z0-9_-]{1,140}", re.ASCII)
QUALIFIER: Final = re.compile(r"(\$LATEST|[A-Za-z0-9_-]{1,128})?", re.ASCII)
"""Empty: the function itself."""
_NAMED = re.compile(
    r"((arn:aws[a-z-]*:lambda:[a-z0-9-]{5,32}:)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,140})(:(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?",
    re.ASCII,
)


def named(event: Event, shown: str = "") -> tuple[str, str]:
    """(function, qualifier) that the event is about, or that `shown` says; both empty where it names none of its own account."""
    found = _NAMED.fullmatch(shown or text(event.request.get("functionName")))
    if found is None or found["account"] not in (None, event.account):
        return "", ""
    qualifier = text(event.request.get("qualifier")) or found["qualifier"] or ""
    return found["name"], "" if qualifier == "$LATEST" else qualifier


def holder(facet: Facet) -> Facet:
    """The function that something hangs on."""
    return Facet("lambda/function", facet.account, facet.region, facet.names[:1])


def word(facet: Facet) -> str:
    """The function's name, where it is long enough to be looked for."""
    return facet.names[0] if len(facet.names[0]) >= 4 else "functionName"

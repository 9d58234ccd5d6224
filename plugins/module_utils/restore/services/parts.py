# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the files of this folder share: texts out of events, policies out of texts, calls about facets, and reads of what may be gone.
Pure, but for the reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import read_policy
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Facet, Move

THERE: Final = "there"
"""The value of what is only there or not, such as a member of a group."""

_LONGEST_DOCUMENT: Final = 131_072
"""Characters of a policy: none of AWS's is longer. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html"""
_DEEPEST: Final = 32
_EXACT: Final = 2**53
"""JSON as plans write it holds no larger whole numbers."""
_ESCAPED = re.compile(r"\s*%7B", re.IGNORECASE)
_T = TypeVar("_T")


def text_at(value: Json, *path: str) -> str:
    """The text at the end of a path of names; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def document(value: Json) -> dict[str, Json] | None:
    """A policy document, given as an object or as text, URL-encoded or not; None for what is none, or cannot be said exactly."""
    try:
        if isinstance(value, str):
            if len(value) > 3 * _LONGEST_DOCUMENT:
                return None
            value = read_policy(unquote(value) if _ESCAPED.match(value) else value)
        if not isinstance(value, dict) or not _is_exact(value, 0):
            return None
        text = policy_text(value)
    except (ValueError, RecursionError):
        return None
    found: dict[str, Json] = json.loads(text)
    return found if len(text) <= _LONGEST_DOCUMENT else None


def live_policy(text: str) -> Json:
    """A stored policy as a value: parsed, or as it stands where it cannot be read exactly, such as with a name that stands there twice."""
    found = document(text)
    return (unquote(text) if _ESCAPED.match(text) else text) if found is None else found


def policy_text(policy: Json) -> str:
    """A policy as the text that is sent: compact, because every character counts, and the same for the same policy."""
    return policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"), allow_nan=False)


def call_about(facet: Facet, service: str, operation: str, **parameters: Json) -> Call:
    """A call in the facet's account and region."""
    return Call(account=facet.account, region=facet.region, service=service, operation=operation, parameters=parameters)


def move(call: Call, *undo: Call) -> Move:
    return Move(call=call, undo=undo)


def or_gone(ask: Callable[[], _T], codes: Sequence[str] = ()) -> _T | None:
    """What `ask` reads; None where AWS says that it does not exist, in its usual words or by one of these codes."""
    try:
        return ask()
    except AwsError as error:
        if is_gone(error.code) or error.code in codes:
            return None
        raise


def is_there(value: Json) -> bool:
    """Whether a value is one of something that exists."""
    return value is not None and value != GONE


def both_there(live: Json, expected: Json) -> bool:
    """A Kind's `matches` for things of which events tell less than AWS does, or whose parts are facets of their own."""
    return is_there(live) == is_there(expected)


def same(value: Json) -> Json:
    """A Kind's `kept` for things that can do no harm by themselves."""
    return value


def _is_exact(value: Json, depth: int) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_exact(one, depth + 1) for name, one in value.items())
    if isinstance(value, list):
        return all(_is_exact(one, depth + 1) for one in value)
    if isinstance(value, (int, float)):
        return abs(value) < _EXACT
    return value is None or isinstance(value, str)

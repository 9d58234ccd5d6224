# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies as values of facets: read out of events and answers, compared as AWS stores them, written as text. Pure."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import read_policy
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, canonical_json

_LONGEST: Final = 64 * 1024
"""Of a text in an event; no policy of AWS's is longer than 32,768 characters (of KMS keys)."""
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root", re.ASCII)
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")


def policy_of(value: Json) -> dict[str, Json] | None:
    """The policy that an event or an answer shows: an object, or its text, URL-encoded or not. None for what is none."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return None
        try:
            value = read_policy(unquote(value) if value.startswith("%7B") else value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, dict) or not isinstance(value.get("Statement"), (dict, list)):
        return None
    try:
        canonical_json(value)
    except (ValueError, RecursionError):  # what plans cannot say exactly
        return None
    return value


def policy_text(policy: Json) -> str:
    return json.dumps(policy, separators=(",", ":"))


def same_policy(live: Json, expected: Json) -> bool:
    """Whether two policies say the same in the ways in which AWS rewrites what it is given: one for a list of one, any order, the id of
    an account for its root's ARN. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    if not isinstance(live, dict) or not isinstance(expected, dict):
        return bool(live == expected)
    return bool(_normal(live) == _normal(expected))


def _normal(policy: dict[str, Json]) -> Json:
    statements = [_statement(one) for one in _listed(policy.get("Statement"))]
    return {"Version": policy.get("Version", "2008-10-17"), "Statement": sorted(statements)}


def _statement(statement: Json) -> str:
    if not isinstance(statement, dict):
        return json.dumps(statement)
    found = dict(statement)
    for name in _LISTS:
        if name in found:
            found[name] = _sorted(found[name])
    for name in ("Principal", "NotPrincipal"):
        if isinstance(found.get(name), dict):
            found[name] = {kind: _sorted(_accounts(whose)) for kind, whose in found[name].items()}
        elif found.get(name) == "*":
            found[name] = {"AWS": ["*"]}
    if isinstance(found.get("Condition"), dict):
        found["Condition"] = {
            operator: {key: _sorted(values) for key, values in keys.items()} if isinstance(keys, dict) else keys
            for operator, keys in found["Condition"].items()
        }
    return json.dumps(found, sort_keys=True)


def _accounts(whose: Json) -> list[Json]:
    return [_ROOT.sub(r"\1", one) if isinstance(one, str) else one for one in _listed(whose)]


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _sorted(value: Json) -> list[str]:
    return sorted(one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in _listed(value))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a trust policy lets take a role, as far as its text tells. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROLE_ARN, ROOT_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses

_LONGEST = 20_000
"""Characters; AWS allows 4,096, and a percent sign may make three of one."""


def trusted(document: Json) -> frozenset[str]:
    """Whom it names in statements that allow, in the words of `filing.takers`: "arn:…", "id:…", "account:…", "stranger:…" (one of that
    account, of whom the log tells no more), "service:…", "federated:…", "anyone". Conditions are not looked at. Nothing where it is no
    policy."""
    return frozenset(_trusted(_parsed(document)))


def _parsed(document: Json) -> Json:
    if not isinstance(document, str):
        return document
    if len(document) > _LONGEST:
        return None
    try:
        return json.loads(unquote(document) if document.lstrip().startswith("%7B") else document)
    except (ValueError, RecursionError):
        return None


def _trusted(policy: Json) -> Iterator[str]:
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        if principal == "*" or "NotPrincipal" in statement:
            yield "anyone"
        elif isinstance(principal, dict):
            for kind, named in principal.items():
                for one in named if isinstance(named, list) else [named]:
                    yield from _one(str(kind), one)


def _one(kind: str, named: Json) -> Iterator[str]:
    if not isinstance(named, str):
        return
    root = ROOT_ARN.fullmatch(named)
    if kind == "AWS":
        if named == "*":
            yield "anyone"
        elif root:
            yield f"account:{root['account']}"
        elif senses.ACCOUNT.fullmatch(named):
            yield f"account:{named}"
        elif USER_ARN.fullmatch(named) or ROLE_ARN.fullmatch(named) or SESSION_ARN.fullmatch(named):
            yield f"arn:{named}"
            yield f"stranger:{named.split(':')[4]}"
        elif senses.USER_ID.fullmatch(named) or senses.ROLE_ID.fullmatch(named):
            # So it is shown when whom it names has been deleted.
            yield f"id:{named}"
    elif kind == "Service" and senses.SERVICE.fullmatch(named):
        yield f"service:{named}"
    elif kind == "Federated" and named.isprintable():
        yield f"federated:{named[:300]}"

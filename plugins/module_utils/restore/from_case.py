# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a case contained, as they were named: whose changes are undone where an operator names nobody but the case. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_IDENTITY = re.compile(r"arn:aws[a-z-]*:(iam|sts):.*")


def contained_in(entries: Iterable[Mapping[str, Json]]) -> list[str]:
    """Access keys where keys were named, because what else their owner did may be right; else ARNs of users, roles and sessions. In
    the order in which they were contained."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry["kind"] == "outcome" and entry["body"]["action"] == "contain":
            for result in entry["body"]["results"]:
                if result["verified"] and _IDENTITY.fullmatch(result["target"]):
                    found[result["name"]] = None
    return list(found)

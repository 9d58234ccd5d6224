# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS Config recorded of users, groups, roles and policies: `earlier` of their kinds. Documents stand URL-encoded in its records.
https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html#awsidentityandaccessmanagement"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Facet, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import recorded
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import NOUNS, PATH, names_thing
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import document, text_at

_TYPES: Final = {thing: f"AWS::IAM::{NOUNS[thing]}" for thing in ("user", "group", "role", "policy")}


def _configuration(reads: Reads, facet: Facet, time: datetime) -> Mapping[str, Json] | None:
    thing, name = facet.names[:2]
    return recorded(reads, facet, _TYPES[thing], name.rpartition("/")[2] if thing == "policy" else name, time)


def inline_policy(reads: Reads, facet: Facet, time: datetime) -> Value:
    """None where the record lists the inline policies, and not this one."""
    found = _configuration(reads, facet, time)
    policies = None if found is None else found.get(f"{facet.names[0]}PolicyList")
    if not isinstance(policies, list):
        return UNKNOWN
    texts = [text_at(one, "policyDocument") for one in policies if text_at(one, "policyName") == facet.names[2]]
    return _known(document(texts[0])) if texts else None


def trust_policy(reads: Reads, facet: Facet, time: datetime) -> Value:
    found = _configuration(reads, facet, time)
    return UNKNOWN if found is None else _known(document(text_at(found, "assumeRolePolicyDocument")))


def boundary(reads: Reads, facet: Facet, time: datetime) -> Value:
    """A record without one tells that there was none."""
    found = _configuration(reads, facet, time)
    if found is None:
        return UNKNOWN
    arn = text_at(found, "permissionsBoundary", "permissionsBoundaryArn")
    return UNKNOWN if arn and not names_thing(("policy", arn), "policy") else arn or None


def default_version(reads: Reads, facet: Facet, time: datetime) -> Value:
    found = _configuration(reads, facet, time)
    return UNKNOWN if found is None else text_at(found, "defaultVersionId") or UNKNOWN


def path(reads: Reads, facet: Facet, time: datetime) -> Value:
    found = _configuration(reads, facet, time)
    given = "" if found is None else text_at(found, "path")
    return given if PATH.fullmatch(given) else UNKNOWN


def _known(value: Json) -> Value:
    return UNKNOWN if value is None else value

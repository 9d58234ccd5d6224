# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies that deny everything to sessions, told apart by a condition, and what a text of theirs says. Pure.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import document, says
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_SID = "CordonDenySessions"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def policy_where(condition: Mapping[str, Json]) -> str:
    """What denies everything to the sessions that `condition` holds for."""
    return document({"Sid": _SID, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": dict(condition)})


def policy_before(time: str) -> str:
    """What denies everything to sessions that were issued before `time` (UTC, ISO 8601 with Z)."""
    return policy_where({"DateLessThan": {"aws:TokenIssueTime": time}})


def cut_off(text: Json) -> str:
    """The time before which a policy of ours denies sessions; empty where it is no such policy."""
    time = condition(text, "DateLessThan", "aws:TokenIssueTime")
    return time if is_time(time) and says(text, policy_before(time)) else ""


def is_time(text: Json) -> bool:
    """Whether `text` is a time as `policy_before` takes it."""
    return isinstance(text, str) and _TIME.fullmatch(text) is not None


def condition(text: Json, operator: str, key: str) -> str:
    """The text that a policy's only statement compares `key` with."""
    try:
        found = json.loads(text or "")["Statement"][0]["Condition"][operator][key]
    except (ValueError, TypeError, LookupError):
        return ""
    return found if isinstance(found, str) else ""

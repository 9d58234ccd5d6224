# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy on a role that denies everything to the sessions of some instances, and to nobody else who has the role. Pure.

What the metadata service gives an instance is a session that is named by the instance's id, so `aws:userid` is the role's unique id and
that name: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import document
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

POLICY_NAME = "CordonDenyInstances"
DENIED = "denied_session/"
"""Facets by `aws:userid`, whose value is the name of the role that denies it."""
ROLE = "instance_role"
"""The facet of the role whose credentials an instance is given; None where it has none."""
SET_DENIED = "ModifyDeniedInstances"
"""The merged call: {"RoleName", "UserId", "Denied"}."""
QUOTA = 10_240
"""Characters of all inline policies of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
USER_ID = re.compile(r"AROA[A-Z0-9]{12,124}:i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)


def policy_for(user_ids: Iterable[str]) -> str:
    """The text that denies everything to these sessions."""
    condition = {"StringEquals": {"aws:userid": sorted(set(user_ids))}}
    return document({"Sid": POLICY_NAME, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})


def named_in(text: Json) -> frozenset[str]:
    """The sessions that a policy of our name was put for, also where somebody has changed what else it says."""
    try:
        found = json.loads(text)["Statement"][0]["Condition"]["StringEquals"]["aws:userid"]
    except (ValueError, TypeError, LookupError):
        return frozenset()
    listed = [found] if isinstance(found, str) else found
    return frozenset(one for one in listed if isinstance(one, str) and USER_ID.fullmatch(one))


def denied_by(text: Json) -> frozenset[str]:
    """The sessions that a policy of ours denies everything to; none where somebody has changed it."""
    found = named_in(text)
    return found if found and json.loads(text) == json.loads(policy_for(found)) else frozenset()

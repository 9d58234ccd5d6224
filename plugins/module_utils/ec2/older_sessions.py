# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The denial of all sessions of an instance's role that were issued before a time, whoever has them. Pure.

Every instance that has the role loses it until its metadata service gives it new credentials, so nobody does this unasked:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""

from __future__ import annotations

import re

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.iam.session_policies import cut_off, is_time
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, SHARED, Call, Json, Step

POLICY_NAME = "CordonDenyOlderSessions"
OLDER = f"{SHARED}older_sessions/"
"""Facets by the role's unique id: the time before which its sessions are denied, None where none are, or CHANGED."""
CHANGED = "changed"
"""There is a policy of our name that is not as we put it."""
SET_OLDER = "ModifyOlderSessions"
"""The merged call: {"RoleName", "RoleId", "From": the time that is to be there, "Before": the one that shall be}; None for no policy."""
_ROLE_ID = re.compile(r"AROA[A-Z0-9]{12,124}", re.ASCII)


def denied_before(text: str) -> str | None:
    """What a policy of our name, empty where there is none, makes of the facet."""
    return (cut_off(text) or CHANGED) if text else None


def is_enough(found: Json, wished: str) -> bool:
    """Whether `found` denies what `wished` does: an earlier time denies less. They are written alike, so they sort as texts."""
    return is_time(found) and bool(found >= wished)


def deny(measure: str, target: Ec2Instance, role: tuple[str, str], found: Json, wished: str) -> Step:
    """The step for the role of this (unique id, name). Raises DriftError where somebody has made something else of our policy."""
    role_id, name = role
    if found == CHANGED:
        raise DriftError(
            f"deny older sessions of role {name}",
            f"its policy {POLICY_NAME} is not as Cordon puts it",
            f"See who changed it, delete the policy {POLICY_NAME} from the role, and repeat the run.",
        )

    def call(before: Json, now: Json) -> Call:
        region = iam_call(target.account, target.partition, "").region
        parameters = {"RoleName": name, "RoleId": role_id, "From": now, "Before": before}
        return Call(account=target.account, region=region, service=MERGED, operation=SET_OLDER, parameters=parameters)

    return Step(
        measure=measure,
        facet=OLDER + role_id,
        call=call(wished, found),
        undo=(call(found, wished),),
        why=f"deny everything to all sessions of role {name} that were issued before {wished}, other instances' included",
        before=found,
        after=wished,
    )


def can_have_planned(measure: str, step: Step, target: Ec2Instance, names: re.Pattern[str]) -> bool:
    """Whether `step`, out of a log, is one of `deny`; `names`: what a role's name looks like."""
    role_id, name = step.facet.removeprefix(OLDER), step.call.parameters.get("RoleName")
    return (
        _ROLE_ID.fullmatch(role_id) is not None
        and isinstance(name, str)
        and names.fullmatch(name) is not None
        and (step.before is None or is_time(step.before))
        and is_time(step.after)
        and not is_enough(step.before, step.after)
        and step.does_as(deny(measure, target, (role_id, name), step.before, step.after))
    )

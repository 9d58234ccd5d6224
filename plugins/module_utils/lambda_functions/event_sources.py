# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Event source mappings, as far as planning and carrying out must agree on them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call

UPDATE_MAPPING = "UpdateEventSourceMapping"
"""Of a call that waits until AWS takes the change; named as AWS's own, which changes only what exists (`history.is_lost`)."""
ENABLED, DISABLED, CHANGING, DELETING = "enabled", "disabled", "changing", "deleting"
# A change takes a while, and what it leads to is decided. Of one being created or updated AWS does not say what it will be.
# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
_STATES: Mapping[str, str] = {
    "Enabled": ENABLED,
    "Enabling": ENABLED,
    "Disabled": DISABLED,
    "Disabling": DISABLED,
    "Deleting": DELETING,
}


def state_of(shown: str) -> str:
    """What becomes of a mapping whose State AWS shows."""
    return _STATES.get(shown, CHANGING)


def switched(target: LambdaFunction, uuid: str, *, enabled: bool) -> Call:
    """The call that enables or disables a mapping."""
    return Call(
        account=target.account,
        region=target.region,
        service=MERGED,
        operation=UPDATE_MAPPING,
        parameters={"UUID": uuid, "Enabled": enabled},
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Enables and disables event source mappings, those of many functions side by side, and waits for those that AWS is still changing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

WAIT_S = 120.0
"""How long a mapping is waited for that AWS is changing; AWS does not say how long that takes."""
STEP_S = 1.0
# https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html#API_UpdateEventSourceMapping_Errors
_BUSY = ("ResourceInUseException", "ResourceConflictException")
_SENDS = 3
"""How often a change is sent whose answer is lost: made twice, it is the same."""


def update_mappings(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `event_sources.UPDATE_MAPPING`. Raises nothing."""
    return in_parallel(calls, lambda call: _updated(cloud, replace(call, service="lambda")))


def _updated(cloud: Cloud, call: Call) -> CordonError | None:
    deadline = time.monotonic() + WAIT_S
    lost = 0
    while True:
        try:
            cloud.write(call)
        except AwsError as error:
            lost += error.may_have_happened
            again = error.code in _BUSY or (error.may_have_happened and lost < _SENDS)
            if not again or time.monotonic() > deadline:
                return error
        except CordonError as error:
            return error
        else:
            return None
        time.sleep(STEP_S)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Disable every event source mapping of a function, those of its versions and aliases too, so that no queue or stream is polled for it.

A mapping goes on from where it stopped once it is enabled again, as far as its source still has the records.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.event_sources import (
    CHANGING,
    DELETING,
    DISABLED,
    ENABLED,
    state_of,
    switched,
)
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "event_sources"
KINDS = frozenset({"function"})
PERMISSIONS = ("lambda:ListEventSourceMappings", "lambda:UpdateEventSourceMapping")
OPEN_WITHOUT = (
    "what its event source mappings poll: while nothing runs, messages come back to their queues and count as received"
)
SOURCE = "event_source/"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    """All mappings of the region are asked for: so those of versions and aliases are among them, and many functions share the answer."""
    found = reads.pages(target.call_beside("ListEventSourceMappings"), "EventSourceMappings")
    return {
        f"{SOURCE}{mapping['UUID']}": state_of(str(mapping.get("State", "")))
        for mapping in found
        if f"{mapping.get('FunctionArn', '')}:".startswith(f"{target.arn}:")
    }


def plan(state: State, target: LambdaFunction) -> Iterator[Step]:
    """A step for each that is enabled. Raises RefusedError, after those, where some are being changed."""
    yield from (_disable(target, uuid) for uuid in _mappings(state, ENABLED))
    changing = _mappings(state, CHANGING)
    if changing:
        raise RefusedError(
            f"disable event sources of {target.label}",
            f"AWS is still creating or updating {', '.join(changing)}",
            "Repeat the run in a minute or two.",
        )


def can_have_planned(step: Step, target: LambdaFunction) -> bool:
    uuid = step.facet.removeprefix(SOURCE)
    return bool(_UUID.fullmatch(uuid)) and step.does_as(_disable(target, uuid))


def verify(state: State, target: LambdaFunction) -> Proof:
    enabled, changing = _mappings(state, ENABLED), _mappings(state, CHANGING)
    lacking = [
        *([f"event source mappings are enabled: {', '.join(enabled)}"] if enabled else []),
        *([f"AWS is still creating or updating event source mappings: {', '.join(changing)}"] if changing else []),
    ]
    if lacking:
        return [Fact(measure=NAME, fact=fact, holds=False) for fact in lacking]
    disabled = _mappings(state, DISABLED)
    fact = f"all of its {len(disabled)} event source mappings are disabled" if disabled else "it has no event source"
    return [Fact(measure=NAME, fact=fact, holds=True)]


def notes(state: State, target: LambdaFunction) -> Sequence[str]:
    notes = [
        f"Event source mapping {uuid} of {target.label} is being deleted, by somebody else."
        for uuid in _mappings(state, DELETING)
    ]
    if _mappings(state, ENABLED):
        notes.append(
            f"What waits in the event sources of {target.label} stays there only as long as they keep it: look at the retention of its "
            "queues and streams. AWS may take some minutes to stop polling."
        )
    return notes


def _mappings(state: State, wanted: str) -> list[str]:
    return sorted(
        facet.removeprefix(SOURCE) for facet, value in state.items() if facet.startswith(SOURCE) and value == wanted
    )


def _disable(target: LambdaFunction, uuid: str) -> Step:
    return Step(
        measure=NAME,
        facet=f"{SOURCE}{uuid}",
        call=switched(target, uuid, enabled=False),
        undo=(switched(target, uuid, enabled=True),),
        why=f"poll nothing for {target.label} by event source mapping {uuid}",
        before=ENABLED,
        after=DISABLED,
    )

"""Event source mappings: they take a while to change, refuse to be changed meanwhile, and poll only while they are there and enabled.
https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.errors import ApiError
from sandbox.lambda_.functions import lambda_of
from sandbox.model import ApiRequest, Caller

CHANGE = timedelta(seconds=2)
"""AWS does not say how long a change takes."""


def begin(mapping: Any, state: str, now: datetime) -> None:
    """The mapping shows this state until the change is done."""
    mapping.__dict__["change_here"] = (state, now + CHANGE)


def shown_state(mapping: Any, now: datetime) -> str | None:
    """The state that it passes through; None where it is not being changed."""
    state, until = mapping.__dict__.get("change_here", (None, now))
    return state if now < until else None


def polls(account: str, region: str, function_arn: str, source_arn: str) -> bool:
    """Whether an enabled mapping takes from this source for the function, or the version, of this ARN."""
    mappings = lambda_of(account, region).list_event_source_mappings(source_arn, None)
    return any(one.enabled and one.function_arn == function_arn for one in mappings)


def _is_at_rest(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html#API_UpdateEventSourceMapping_Errors"""
    from moto.core.utils import utcnow

    mapping = lambda_of(caller.account, request.region).get_event_source_mapping(str(request.parameters["UUID"]))
    if mapping is None:
        raise ApiError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    state = shown_state(mapping, utcnow())
    if state is not None:
        raise ApiError(
            "ResourceInUseException", f"Cannot update the event source mapping: it is in state {state.upper()}.", 400
        )


GUARDS = {
    ("lambda", "UpdateEventSourceMapping"): _is_at_rest,
    ("lambda", "DeleteEventSourceMapping"): _is_at_rest,
}

"""A mapping that AWS is still changing is waited for, though not for ever; each answers for itself."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import event_sources_writer
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.event_sources import switched
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import function_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

TARGET = function_of_arn("arn:aws:lambda:us-east-1:111122223333:function:resize")
ONE, TWO = "14e0db71-ab12-4eb5-b481-8945cf9d10c2", "24e0db71-ab12-4eb5-b481-8945cf9d10c2"


def error(code: str) -> AwsError:
    return AwsError("call lambda:UpdateEventSourceMapping", code, "", code=code)


class Mappings:
    """Event source mappings, each with the errors that it answers with before it is switched."""

    def __init__(self, errors: dict[str, list[AwsError]]) -> None:
        self.errors, self.enabled = errors, dict.fromkeys(errors, True)
        self.sent: list[Call] = []

    def write(self, call: Call) -> str:
        assert (call.service, call.operation) == ("lambda", "UpdateEventSourceMapping")
        self.sent.append(call)
        uuid = call.parameters["UUID"]
        if self.errors[uuid]:
            raise self.errors[uuid].pop(0)
        self.enabled[uuid] = call.parameters["Enabled"]
        return ""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_sources_writer, "STEP_S", 0)


def disabled(mappings: Any) -> list[Any]:
    calls = [switched(TARGET, uuid, enabled=False) for uuid in mappings.errors]
    return list(event_sources_writer.update_mappings(mappings, calls))


def test_what_aws_is_changing_is_sent_again() -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html#API_UpdateEventSourceMapping_Errors"""
    mappings = Mappings({ONE: [error("ResourceInUseException"), error("ResourceConflictException")], TWO: []})
    assert disabled(mappings) == [None, None]
    assert mappings.enabled == {ONE: False, TWO: False}


def test_the_refusal_of_one_is_no_hindrance_for_the_other() -> None:
    mappings = Mappings({ONE: [error("AccessDeniedException")], TWO: []})
    refused, done = disabled(mappings)
    assert (refused.code, done) == ("AccessDeniedException", None)
    assert mappings.enabled == {ONE: True, TWO: False}


def test_what_never_comes_to_rest_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_sources_writer, "WAIT_S", 0)
    mappings = Mappings({ONE: [error("ResourceInUseException")] * 1000})
    (told,) = disabled(mappings)
    assert told.code == "ResourceInUseException"
    assert len(mappings.sent) < 1000


def test_a_lost_answer_is_asked_for_again_three_times_at_most() -> None:
    """Switched twice is the same as switched once."""
    mappings = Mappings({ONE: [LostAnswerError("call", "it broke", "", code="ReadTimeoutError")] * 2, TWO: []})
    assert disabled(mappings) == [None, None]
    lost = Mappings({ONE: [LostAnswerError("call", "it broke", "", code="ReadTimeoutError")] * 9})
    (told,) = disabled(lost)
    assert told.may_have_happened
    assert len(lost.sent) == 3

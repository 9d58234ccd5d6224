"""Faults of moto 5.2 in Lambda, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Mend moto in this process."""
    run_no_code()
    run_nothing_without_concurrency()
    show_states_of_mappings()
    poll_for_enabled_mappings_only()
    give_functions_revisions()


def run_no_code() -> None:
    """moto wants Docker. Here an invocation leaves its lines in the function's log group, and answers null.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    from moto.awslambda.models import LambdaFunction
    from moto.moto_api._internal import mock_random

    def invoke(self: Any, event: str | None = None) -> tuple[str, bool, str]:
        del event
        self.logs_backend.ensure_log_group(self.logs_group_name)
        request = f"RequestId: {mock_random.uuid4()}"
        lines = f"START {request} Version: {self.version}\nEND {request}\nREPORT {request}"
        self.save_logs(lines)
        return "null", False, lines

    LambdaFunction._invoke_lambda = invoke  # type: ignore[method-assign]


def run_nothing_without_concurrency() -> None:
    """Whatever asks, be it an event source, a topic or a queued event: nothing runs while a concurrency of 0 is reserved.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    from moto.awslambda.models import LambdaFunction

    from sandbox.lambda_.concurrency import is_stopped
    from sandbox.lambda_.functions import latest

    invoke = LambdaFunction.invoke

    def invoke_if_it_may(self: Any, body: str, request_headers: Any, response_headers: Any) -> Any:
        whole = latest(self.account_id, self.region, self.function_name)
        if whole is not None and is_stopped(whole):
            response_headers["x-amz-function-error"] = "Throttled"  # what keeps moto from deleting a queue's messages
            return ""
        return invoke(self, body, request_headers, response_headers)

    LambdaFunction.invoke = invoke_if_it_may  # type: ignore[method-assign]


def show_states_of_mappings() -> None:
    """moto's mappings are enabled or disabled at once."""
    from moto.awslambda.models import EventSourceMapping, LambdaBackend
    from moto.core.utils import utcnow

    from sandbox.lambda_.event_sources import begin, shown_state

    create, update, told = (
        LambdaBackend.create_event_source_mapping,
        LambdaBackend.update_event_source_mapping,
        EventSourceMapping.get_configuration,
    )

    def create_in_time(self: Any, spec: dict[str, Any]) -> Any:
        mapping = create(self, spec)
        begin(mapping, "Creating", utcnow())
        return mapping

    def update_in_time(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
        before = self.get_event_source_mapping(uuid).enabled
        mapping: Any = update(self, uuid, spec)
        switched = "Enabling" if mapping.enabled else "Disabling"
        begin(mapping, "Updating" if mapping.enabled == before else switched, utcnow())
        return mapping

    def told_in_time(self: Any) -> dict[str, Any]:
        configuration = told(self)
        state = shown_state(self, utcnow())
        return configuration if state is None else {**configuration, "State": state}

    LambdaBackend.create_event_source_mapping = create_in_time  # type: ignore[method-assign]
    LambdaBackend.update_event_source_mapping = update_in_time  # type: ignore[method-assign]
    EventSourceMapping.get_configuration = told_in_time  # type: ignore[method-assign]


def poll_for_enabled_mappings_only() -> None:
    """moto goes on to hand out a stream's records, and those of sources whose mapping was deleted."""
    from moto.awslambda.models import LambdaBackend

    from sandbox.lambda_.event_sources import polls

    batch, record, items = (
        LambdaBackend.send_sqs_batch,
        LambdaBackend.send_kinesis_message,
        LambdaBackend.send_dynamodb_items,
    )

    def send_batch(self: Any, function_arn: str, messages: Any, queue_arn: str) -> bool:
        return polls(self.account_id, self.region_name, function_arn, queue_arn) and batch(
            self, function_arn, messages, queue_arn
        )

    def send_record(self: Any, function_name: str, kinesis_stream: str, **more: Any) -> None:
        if polls(self.account_id, self.region_name, function_name, kinesis_stream):
            record(self, function_name, kinesis_stream, **more)

    def send_items(self: Any, function_arn: str, records: list[Any], source: str) -> Any:
        return polls(self.account_id, self.region_name, function_arn, source) and items(
            self, function_arn, records, source
        )

    LambdaBackend.send_sqs_batch = send_batch  # type: ignore[method-assign]
    LambdaBackend.send_kinesis_message = send_record  # type: ignore[method-assign, assignment]
    LambdaBackend.send_dynamodb_items = send_items  # type: ignore[method-assign, assignment]


def give_functions_revisions() -> None:
    """moto's functions have none: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html"""
    from moto.awslambda.models import LambdaFunction

    from sandbox.lambda_.revisions import changed, revision

    told, set_code, configure = (
        LambdaFunction.get_configuration,
        LambdaFunction._set_function_code,
        LambdaFunction.update_configuration,
    )

    def told_with_revision(self: Any, on_create: bool = False) -> Any:
        return {**told(self, on_create), "RevisionId": revision(self)}

    def set_code_anew(self: Any, updated_spec: Any) -> None:
        set_code(self, updated_spec)
        changed(self)

    def configure_anew(self: Any, config_updates: Any) -> Any:
        changed(self)
        return configure(self, config_updates)

    LambdaFunction.get_configuration = told_with_revision  # type: ignore[method-assign]
    LambdaFunction._set_function_code = set_code_anew  # type: ignore[method-assign]
    LambdaFunction.update_configuration = configure_anew  # type: ignore[method-assign]

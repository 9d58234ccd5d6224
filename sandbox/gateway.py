"""The way of one AWS call through the sandbox: told apart, counted, faulted, authenticated, authorized, answered, recorded."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import cheroot.errors
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox import protocol
from sandbox.credentials import mark_used, refuse_by_kind
from sandbox.errors import ApiError, injected, spelled
from sandbox.handlers import GUARDS, HANDLERS
from sandbox.identify import Scope, UnknownCallError, identified, scope_of, service_of
from sandbox.model import ApiRequest, Caller, Outcome
from sandbox.protocol import Answer
from sandbox.world import World

StartResponse = Callable[..., Any]
# Services of which moto serves several under one signing name: asked anew for every request.
_SEVERAL_APPS = {"dynamodb", "sagemaker", "bedrock", "ses", "iot"}


class DroppedError(cheroot.errors.FatalSSLAlert):  # type: ignore[misc]
    """The connection is closed without an answer; cheroot takes this error for a connection that is gone."""


class Gateway:
    """A WSGI application in front of moto's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._apps: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = _body(environ)
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        scope = scope_of(environ)
        service = service_of(scope, body)
        if service == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
            service = "s3control"
        status, headers, content = self._answer(environ, body, service, scope)
        start_response(f"{status} {_reason(status)}", [*headers.items(), ("Content-Length", str(len(content)))])
        return [content] if environ["REQUEST_METHOD"] != "HEAD" else [b""]

    def _answer(self, environ: dict[str, Any], body: bytes, service: str, scope: Scope | None) -> Answer:
        world = self._world
        try:
            request = identified(environ, body, service, scope, world.clock.now())
        except UnknownCallError:
            return _unknown(service)
        except Exception as error:  # a body that is not what the service's model says
            return protocol.refused(service, None, ApiError("ValidationError", f"The request cannot be read: {type(error).__name__}"), "")
        world.calls.count(request.service, request.operation, request.access_key_id)
        if world.settings.latency_ms:
            time.sleep(world.settings.latency_ms / 1000)
        fault = world.faults.strike(request.service, request.operation)
        if fault == "drop_before":
            _drop(environ)
        caller = None
        try:
            caller = world.credentials.authenticated(environ, body, service, scope)
            refuse_by_kind(service, request.operation, caller)
            if fault not in (None, "drop_after"):
                raise injected(str(fault))
            self._authorize(request, caller)
            answer, outcome = self._carried_out(environ, body, request, caller)
        except ApiError as error:
            answer = protocol.refused(service, request.operation, error, request.request_id)
            outcome = Outcome(status=error.status, error_code=error.code, error_message=error.message)
        world.trail.record(request, caller, outcome)
        if fault == "drop_after":
            _drop(environ)
        return answer

    def _authorize(self, request: ApiRequest, caller: Caller) -> None:
        decision = self._world.authorizer.authorize(request, caller)
        if not decision.allowed:
            message = decision.message
            if request.service == "ec2":
                message = f"You are not authorized to perform this operation. {message}"
            raise spelled("access_denied", request.service, protocol.protocol_of(request.service), message)

    def _carried_out(self, environ: dict[str, Any], body: bytes, request: ApiRequest, caller: Caller) -> tuple[Answer, Outcome]:
        """The answer of our own handler or of moto, and what CloudTrail is told of it."""
        mark_used(caller, request.service, request.region, self._world)
        key = (request.service, request.operation)
        with self._world.service_lock(request.service):
            if key in GUARDS:
                GUARDS[key](request, caller)
            if not request.read_only:
                self._world.authorizer.changing(request, caller)
            if key in HANDLERS:
                result = HANDLERS[key](self._world, request, caller)
                return protocol.serialized(*key, result, request.request_id), Outcome(status=200, response=result)
            answer = self._moto(environ, body, request, caller)
        return answer, _outcome(request, answer)

    def _moto(self, environ: dict[str, Any], body: bytes, request: ApiRequest, caller: Caller) -> Answer:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = _account_of(request, caller)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["PATH_INFO"] = unquote(environ["PATH_INFO"]) if "%" in environ["PATH_INFO"] else environ["PATH_INFO"]
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            started[:] = [status, headers]

        try:
            content = b"".join(self._app(request.service, environ)(environ, start))
        except NotImplementedError as error:
            raise ApiError("NotImplemented", f"The sandbox does not have {request.service}:{request.operation}.", 501) from error
        status, headers = started
        kept = {name: value for name, value in headers if name.lower() not in ("content-length", "transfer-encoding")}
        return int(status.split()[0]), kept, content

    def _app(self, service: str, environ: dict[str, Any]) -> Any:
        if service in _SEVERAL_APPS:
            return self._dispatcher.get_application(environ)
        if service not in self._apps:
            self._apps[service] = self._dispatcher.get_application(environ)
        return self._apps[service]


def _account_of(request: ApiRequest, caller: Caller) -> str:
    """The account whose state is asked for: that of the caller, and for S3 that of the bucket's owner."""
    if request.service == "s3" and request.operation != "CreateBucket" and request.parameters.get("Bucket"):
        from sandbox.authorization.authorizer import bucket_owner

        return bucket_owner(f"arn:aws:s3:::{request.parameters['Bucket']}") or caller.account
    return caller.account


def _outcome(request: ApiRequest, answer: Answer) -> Outcome:
    """What moto answered, parsed as far as CloudTrail needs it: for changes, and for errors."""
    status, headers, content = answer
    if request.read_only and status < 300:
        return Outcome(status=status)
    if request.service == "s3" and request.operation == "GetObject":
        return Outcome(status=status)
    try:
        found = protocol.parsed(request.service, request.operation, status, headers, content)
    except Exception:  # moto's answer does not fit the model: what is known is the status
        return Outcome(status=status, error_code="Unknown" if status >= 300 else None)
    error = found.get("Error") or {}
    if status >= 300:
        return Outcome(status=status, error_code=str(error.get("Code", status)), error_message=str(error.get("Message", "")))
    found.pop("ResponseMetadata", None)
    return Outcome(status=status, response=found)


def _body(environ: dict[str, Any]) -> bytes:
    if environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read())
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def _drop(environ: dict[str, Any]) -> None:
    """Close the connection as a broken network does."""
    environ["sandbox.drop"]()
    raise DroppedError


def _unknown(service: str) -> Answer:
    try:
        return protocol.refused(service, None, ApiError("InvalidAction", f"The service {service} has no such operation.", 400), "")
    except Exception:  # no such service
        return 404, {"Content-Type": "text/plain"}, f"the sandbox knows no service {service!r}".encode()


def _reason(status: int) -> str:
    from http import HTTPStatus

    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"

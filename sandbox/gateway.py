"""The way of one AWS call through the sandbox: told apart, counted, faulted, authenticated, authorized, answered, recorded."""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import cheroot.errors
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox import anonymous, body, constraints, iam_pages, organization, protocol, root_calls
from sandbox.autoscaling import upkeep
from sandbox.config_recorder import history as config_history
from sandbox.credentials import mark_used, refuse_by_kind
from sandbox.ec2 import launched
from sandbox.errors import ApiError, injected, spelled
from sandbox.handlers import GUARDS, HANDLERS
from sandbox.identify import Scope, UnknownCallError, identified, scope_of, service_of
from sandbox.model import ApiRequest, Caller, Outcome
from sandbox.protocol import Answer
from sandbox.world import World

StartResponse = Callable[..., Any]
# Services of which moto serves several under one signing name: asked anew for every request.
_SEVERAL_APPS = {"dynamodb", "sagemaker", "bedrock", "ses", "iot"}


class DroppedError(cheroot.errors.FatalSSLAlert):
    """The connection is closed without an answer; cheroot takes this error for a connection that is gone."""


class Gateway:
    """A WSGI application in front of moto's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._apps: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        # cheroot leaves slashes of keys encoded, and moto would take the path for encoded once more.
        environ["RAW_URI"] = environ["REQUEST_URI"]
        environ["PATH_INFO"] = unquote(environ["REQUEST_URI"].split("?")[0], "latin-1")
        scope = scope_of(environ)
        try:
            received = body.read(environ)
        except body.BodyError as error:
            service = service_of(scope, environ, b"")
            answer = _refused(service, "incomplete_body", f"The body cannot be read: {error}")
            environ["sandbox.close"]()
        else:
            answer = self._answer(environ, received, service_of(scope, environ, received), scope)
        status, headers, content = answer
        if (
            status == HTTPStatus.NO_CONTENT
        ):  # what is sent all the same, clients take for the beginning of the next answer
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            content = b""
        elif "content-length" not in map(str.lower, headers):  # a HEAD of an object has it already: the object's
            headers = {**headers, "Content-Length": str(len(content))}
        start_response(f"{status} {_reason(status)}", [*headers.items()])
        return [content] if environ["REQUEST_METHOD"] != "HEAD" else [b""]

    def _answer(self, environ: dict[str, Any], received: bytes, service: str, scope: Scope | None) -> Answer:
        world = self._world
        if world.settings.latency_ms:
            world.pause(world.settings.latency_ms / 1000)
        with world.running():
            try:
                request = identified(environ, received, service, scope, world.clock.now())
            except UnknownCallError:
                return _refused(service, "unknown_operation", f"The service {service} has no such operation.")
            world.calls.count(request.service, request.operation, request.access_key_id)
            fault = world.faults.strike(request.service, request.operation, request.parameters)
            if fault == "drop_before":
                _drop(environ)
            caller, answer, outcome = self._outcome(environ, received, request, scope, fault)
            world.trail.record(request, caller, outcome)
        if fault == "drop_after":
            _drop(environ)
        return answer

    def _outcome(
        self, environ: dict[str, Any], received: bytes, request: ApiRequest, scope: Scope | None, fault: str | None
    ) -> tuple[Caller | None, Answer, Outcome]:
        """The answer, and what CloudTrail is told: who called and how it went."""
        caller = None
        try:
            if anonymous.is_anonymous(environ, request.service):
                signer = anonymous.NOBODY
            else:
                signer = caller = self._world.credentials.authenticated(environ, received, request.service, scope)
                mark_used(caller, request.service, request.region, self._world)
                self._world.last_accessed.times.note(request, caller)
            refuse_by_kind(request.service, request.operation, signer)
            if fault not in (None, "drop_after"):
                raise injected(str(fault))
            self._check(request, signer)
            if request.service in upkeep.SERVICES:
                upkeep.keep(self._world, signer.account, request.region)
            answer, outcome = self._carried_out(environ, received, request, signer)
            if request.service in upkeep.SERVICES and not request.read_only:
                upkeep.keep(self._world, signer.account, request.region)
        except ApiError as error:
            answer = protocol.refused(request.service, request.operation, error, request.request_id)
            outcome = Outcome(status=error.status, error_code=error.code, error_message=error.message)
        except Exception as error:  # moto falls over much that AWS refuses; one request must not end the others
            sys.stderr.write(f"sandbox: {request.service}:{request.operation} failed: {error!r}\n")
            failed = _spelled(
                "internal", request.service, "The request processing has failed because of an unknown error."
            )
            answer = protocol.refused(request.service, request.operation, failed, request.request_id)
            outcome = Outcome(status=failed.status, error_code=failed.code, error_message=failed.message)
        return caller, answer, outcome

    def _check(self, request: ApiRequest, caller: Caller) -> None:
        """Raise for what this caller may not do, and for what nobody can ask."""
        if request.unreadable is not None:
            raise _spelled("unreadable", request.service, request.unreadable)
        constraints.check(request)
        if caller is anonymous.NOBODY:
            if not anonymous.may(request, self._world.authorizer.views):
                raise _spelled("unsigned", request.service, "Request is missing Authentication Token")
            return
        decision = self._world.authorizer.authorize(request, caller)
        if not decision.allowed:
            message = decision.message
            if request.service == "ec2":
                message = f"You are not authorized to perform this operation. {message}"
            raise _spelled("access_denied", request.service, message)

    def _carried_out(
        self, environ: dict[str, Any], received: bytes, request: ApiRequest, caller: Caller
    ) -> tuple[Answer, Outcome]:
        """The answer of our own handler or of moto, and what CloudTrail is told of it."""
        key = (request.service, request.operation)
        if request.service == "logs":
            self._world.flow_logs.deliver(caller.account, request.region)
        if request.service == "s3" and request.read_only:
            self._world.trail.deliver()
        with self._world.service_lock(request.service):
            if key in GUARDS:
                GUARDS[key](request, caller)
            if not request.read_only:
                self._world.authorizer.changing(request, caller)
            handlers = {**HANDLERS, **root_calls.HANDLERS} if root_calls.are_about_root(request, caller) else HANDLERS
            if key in handlers:
                result = handlers[key](self._world, request, caller)
                answer = protocol.serialized(*key, result, request.request_id)
                outcome = Outcome(status=200, response=result)
                self._world.flows.after(request, caller, outcome)
                config_history.keep(self._world, request, caller, outcome)
                paged = request.service == "iam" and iam_pages.is_list(request)
                return iam_pages.page_of(request, answer) if paged else answer, outcome
            if request.service == "iam":
                answer = self._moto_iam(environ, received, request, caller)
            else:
                answer = self._moto(environ, received, request, caller)
            outcome = _told(request, answer)
            launched.keep(request, caller, outcome)
            self._world.flows.after(request, caller, outcome)
            config_history.keep(self._world, request, caller, outcome)
        return answer, outcome

    def _moto_iam(self, environ: dict[str, Any], received: bytes, request: ApiRequest, caller: Caller) -> Answer:
        """Whom a call is about, and how lists are cut into pages, moto knows only in part."""
        if iam_pages.names_nobody(request):
            received = iam_pages.about_the_caller(caller, received)
        if not iam_pages.is_list(request):
            return self._moto(environ, received, request, caller)
        received = iam_pages.asking_for_all(request, received)
        return iam_pages.page_of(request, self._moto(environ, received, request, caller))

    def _moto(self, environ: dict[str, Any], received: bytes, request: ApiRequest, caller: Caller) -> Answer:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = _account_of(request, caller)
        environ["wsgi.input"] = io.BytesIO(received)
        environ["CONTENT_LENGTH"] = str(len(received))
        if request.service == "s3" and environ["REQUEST_METHOD"] == "PUT" and "form" in environ.get("CONTENT_TYPE", ""):
            environ["CONTENT_TYPE"] = "binary/octet-stream"  # moto would take the object for a form, and store nothing
        if caller is anonymous.NOBODY:
            environ["HTTP_AUTHORIZATION"] = "anonymous"  # moto would go by ACLs
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            started[:] = [status, headers]

        try:
            content = b"".join(self._app(request, environ)(environ, start))
        except NotImplementedError as error:
            raise _missing(request) from error
        status, headers = started
        if content.startswith(b"<!doctype html>"):  # moto's web framework does not know the path
            raise _missing(request)
        dropped = (
            ("transfer-encoding",) if environ["REQUEST_METHOD"] == "HEAD" else ("content-length", "transfer-encoding")
        )
        kept = {name: value for name, value in headers if name.lower() not in dropped}
        return int(status.split()[0]), kept, content

    def _app(self, request: ApiRequest, environ: dict[str, Any]) -> Any:
        service = request.service
        if service in _SEVERAL_APPS:
            return self._dispatcher.get_application(environ)
        if service not in self._apps:
            try:
                self._apps[service] = self._dispatcher.get_application(_as_if_signed(environ, service))
            except AttributeError as error:  # moto has no such service
                raise _missing(request) from error
        return self._apps[service]


def _as_if_signed(environ: Mapping[str, Any], service: str) -> dict[str, str]:
    """What moto tells the service by, and nothing of what a path or an unsigned request would tell it instead."""
    scope = scope_of(environ)
    name = scope.signing_name if scope else service
    return {
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{name}/aws4_request, ",
        "HTTP_X_AMZ_TARGET": str(environ.get("HTTP_X_AMZ_TARGET", "")),
        "HTTP_HOST": "",
        "PATH_INFO": "/v20180820/" if service == "s3control" else "/",
    }


def _account_of(request: ApiRequest, caller: Caller) -> str:
    """The account whose state is asked for: that of the caller, for S3 that of the bucket's owner, for Organizations the management
    account."""
    if request.service == "organizations":
        return organization.account_asked(request, caller)
    if request.service == "s3" and request.operation != "CreateBucket" and request.parameters.get("Bucket"):
        from sandbox.authorization.authorizer import bucket_owner

        return bucket_owner(f"arn:aws:s3:::{request.parameters['Bucket']}") or caller.account
    return caller.account


def _told(request: ApiRequest, answer: Answer) -> Outcome:
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
        return Outcome(
            status=status, error_code=str(error.get("Code", status)), error_message=str(error.get("Message", ""))
        )
    found.pop("ResponseMetadata", None)
    return Outcome(status=status, response=found)


def _drop(environ: dict[str, Any]) -> None:
    """Close the connection as a broken network does."""
    environ["sandbox.drop"]()
    raise DroppedError


def _spelled(kind: str, service: str, message: str) -> ApiError:
    return spelled(kind, service, protocol.protocol_of(service), message)


def _refused(service: str, kind: str, message: str) -> Answer:
    """An error of a request that named no operation."""
    try:
        error = _spelled(kind, service, message)
        return protocol.refused(service, None, error, str(uuid.uuid4()))
    except Exception:  # no such service
        return 404, {"Content-Type": "text/plain"}, f"the sandbox knows no service {service!r}".encode()


def _missing(request: ApiRequest) -> ApiError:
    return ApiError("NotImplemented", f"The sandbox does not have {request.service}:{request.operation}.", 501)


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"

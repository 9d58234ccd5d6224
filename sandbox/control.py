"""The control interface: JSON over HTTP, for tests and exercises. DESIGN section 6 fixes it."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from sandbox import body
from sandbox.flows import requests as flows
from sandbox.instance_credentials import UnknownInstanceError
from sandbox.world import World

PREFIX = "/_sandbox"


class ControlError(Exception):
    """A request that means nothing; told with status 400, 404 or 405."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """A WSGI application beside the gateway."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(PREFIX)
        status, kind, content = 200, "application/json", b""
        try:
            answer = self._answer(environ["REQUEST_METHOD"], path, body.read(environ))
            status = 201 if isinstance(answer, flows.Created) else status
            kind, content = ("application/octet-stream", answer) if isinstance(answer, bytes) else (kind, _json(answer))
        except ControlError as error:
            status, content = error.status, _json({"error": str(error)})
        except flows.FlowRequestError as error:
            status, content = error.status, _json({"error": str(error)})
        except ValueError as error:
            status, content = 400, _json({"error": str(error)})
        except body.BodyError as error:
            status, content = 400, _json({"error": f"the body cannot be read: {error}"})
            environ["sandbox.close"]()
        except Exception as error:  # noqa: BLE001  a fault of ours is told as JSON, too, and the sandbox lives on
            sys.stderr.write(f"sandbox: {environ['REQUEST_METHOD']} {path} failed: {error!r}\n")
            status, content = 500, _json({"error": f"the sandbox failed: {error!r}"})
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", kind), ("Content-Length", str(len(content)))],
        )
        return [content]

    def _answer(self, method: str, path: str, content: bytes) -> Any:
        for pattern, methods in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found:
                if method not in methods:
                    raise ControlError(f"{path} takes {', '.join(methods)}, not {method}", 405)
                return methods[method](self._world, content, **found.groupdict())
        raise ControlError(f"there is no {path}", 404)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ControlError(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ControlError("the body must be a JSON object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _calls(world: World, _content: bytes) -> Any:
    return world.calls.as_json()


def _forget_calls(world: World, _content: bytes) -> Any:
    world.calls.reset()
    return {}


def _settings(world: World, content: bytes) -> Any:
    world.settings = world.settings.changed(_object(content))
    return {}


def _fault(world: World, content: bytes) -> Any:
    world.faults.add(_object(content))
    return {}


def _no_faults(world: World, _content: bytes) -> Any:
    world.faults.clear()
    return {}


def _clock(world: World, content: bytes) -> Any:
    value = _object(content)
    seconds = value.get("advance_s")
    if set(value) != {"advance_s"} or isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ControlError('the body must be {"advance_s": seconds}')
    world.clock.advance(seconds)
    return {"now": world.clock.now().isoformat()}


def _finding(world: World, content: bytes) -> Any:
    value = _object(content)
    if set(value) != {"account", "region", "finding"} or not isinstance(value["finding"], dict):
        raise ControlError('the body must be {"account": id, "region": name, "finding": {…}}')
    return {"id": world.findings.publish(str(value["account"]), str(value["region"]), value["finding"])}


def _put_image(world: World, content: bytes, snapshot_id: str) -> Any:
    world.images.put(snapshot_id, content)
    return {}


def _get_image(world: World, _content: bytes, snapshot_id: str) -> Any:
    image = world.images.get(snapshot_id)
    if image is None:
        raise ControlError(f"snapshot {snapshot_id} has no image", 404)
    return image


def _guest(world: World, content: bytes, instance_id: str) -> Any:
    value = _object(content)
    if isinstance(value.get("memory_image"), str):
        value["memory_image"] = base64.b64decode(value["memory_image"], validate=True)
    world.guests.put(instance_id, value)
    return {}


def _put_flow(world: World, content: bytes, instance_id: str) -> Any:
    return flows.put_flow(world, _object(content), instance_id)


def _flows(world: World, _content: bytes, instance_id: str) -> Any:
    return flows.get_flows(world, instance_id)


def _exposure(world: World, _content: bytes, instance_id: str) -> Any:
    return flows.get_exposure(world, instance_id)


def _credentials(world: World, _content: bytes, instance_id: str) -> Any:
    try:
        return world.instance_credentials.answer(instance_id)
    except UnknownInstanceError as error:
        raise ControlError(str(error), 404) from error


def _secrets(world: World, _content: bytes) -> Any:
    """Every secret there is, so that a test can look for them where none may be."""
    return {"secrets": world.secrets()}


def _reset(world: World, _content: bytes) -> Any:
    world.reset()
    return {}


_ROUTES: list[tuple[str, dict[str, Callable[..., Any]]]] = [
    (r"/calls", {"GET": _calls, "DELETE": _forget_calls}),
    (r"/settings", {"PUT": _settings}),
    (r"/faults", {"POST": _fault, "DELETE": _no_faults}),
    (r"/clock", {"POST": _clock}),
    (r"/findings", {"POST": _finding}),
    (r"/snapshots/(?P<snapshot_id>snap-[0-9a-f]+)/image", {"PUT": _put_image, "GET": _get_image}),
    (r"/instances/(?P<instance_id>i-[0-9a-f]+)/guest", {"PUT": _guest}),
    (r"/instances/(?P<instance_id>i-[0-9a-f]+)/flows", {"POST": _put_flow, "GET": _flows}),
    (r"/instances/(?P<instance_id>i-[0-9a-f]+)/exposure", {"GET": _exposure}),
    (r"/instances/(?P<instance_id>i-[0-9a-f]+)/credentials", {"GET": _credentials}),
    (r"/secrets", {"GET": _secrets}),
    (r"/reset", {"POST": _reset}),
]

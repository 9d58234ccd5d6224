"""The HTTP server: cheroot in this process, on the loopback interface only."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any

from cheroot import wsgi

from sandbox.control import PREFIX, Control
from sandbox.gateway import Gateway
from sandbox.world import World

HOST = "127.0.0.1"
THREADS = 32
SHUTDOWN_S = 1
"""How long the end waits for requests that have begun; half of one may never get whole."""


class _Gateway10(wsgi.Gateway_10):
    """Lets a fault close the connection that it came by."""

    def get_environ(self) -> Any:
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        connection = self.req.conn

        def drop() -> None:
            self.req.close_connection = True
            connection.socket.shutdown(socket.SHUT_RDWR)

        def close() -> None:
            self.req.close_connection = True

        environ["sandbox.drop"], environ["sandbox.close"] = drop, close
        # WSGI makes one of "-" and "_", which are two in the names of S3's metadata: so moto is told.
        environ["moto.preserved_header_names"] = {
            f"HTTP_{name.upper().replace('-', '_')}": name.lower()
            for name in (header.decode("latin-1") for header in self.req.inheaders)
            if "_" in name and name.lower().startswith("x-amz-meta-")
        }
        return environ


def serve(world: World, port: int) -> wsgi.Server:
    """A prepared server; `start()` runs it until `stop()`."""
    gateway, control = Gateway(world), Control(world)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        chosen = control if environ["PATH_INFO"].startswith(PREFIX) else gateway
        return chosen(environ, start_response)

    server = wsgi.Server((HOST, port), application, numthreads=THREADS, max=THREADS, request_queue_size=256, timeout=60)
    server.gateway = _Gateway10
    server.nodelay = True
    server.shutdown_timeout = SHUTDOWN_S
    server.prepare()
    return server

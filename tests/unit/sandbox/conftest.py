"""A sandbox without a server, an organization or IAM, which take a second to set up: moto's backends, empty, and our parts on top."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from sandbox import upstream

upstream.prepare()

from moto.core.base_backend import BackendDict  # noqa: E402  moto reads what `prepare` sets when it is imported

from sandbox.athena.operations import Athena  # noqa: E402
from sandbox.authorization.authorizer import Authorizer  # noqa: E402
from sandbox.clock import Clock  # noqa: E402
from sandbox.cloudtrail.recorder import Recorder  # noqa: E402
from sandbox.credentials import CredentialStore  # noqa: E402
from sandbox.dns_firewall.store import DnsFirewall  # noqa: E402
from sandbox.findings import Findings  # noqa: E402
from sandbox.flow_logs import FlowLogs  # noqa: E402
from sandbox.flows.book import Flows  # noqa: E402
from sandbox.guests import Guests  # noqa: E402
from sandbox.images import Images  # noqa: E402
from sandbox.last_accessed import Reports  # noqa: E402
from sandbox.network_firewall.firewalls import Firewalls  # noqa: E402
from sandbox.network_firewall.flow_operations import FlowOperations  # noqa: E402
from sandbox.settings import Settings  # noqa: E402
from sandbox.world import World  # noqa: E402


class Bench:
    """What `World` is to the parts under test."""

    def __init__(self) -> None:
        self.clock, self.settings = Clock(), Settings()
        self._lock = threading.RLock()
        whole = cast("World", self)
        self.credentials, self.authorizer = CredentialStore(whole), Authorizer(whole)
        self.last_accessed = Reports(whole)
        self.trail, self.findings, self.images, self.guests = Recorder(whole), Findings(whole), Images(), Guests()
        self.flows, self.flow_logs, self.dns_firewall = Flows(whole), FlowLogs(whole), DnsFirewall()
        self.firewalls, self.flow_operations = Firewalls(), FlowOperations()
        self.athena = Athena()

    def service_lock(self, _service: str) -> Any:
        return self._lock

    def reset(self) -> None:
        for part in (self.trail, self.findings, self.images, self.guests):
            part.forget()
        self.clock.reset()


@pytest.fixture
def world() -> Iterator[World]:
    BackendDict.reset()
    bench = Bench()
    yield cast("World", bench)
    bench.trail.forget()

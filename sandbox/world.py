"""Everything that one running sandbox holds, put together in one place."""

from __future__ import annotations

import importlib
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from sandbox import iam_service_credentials, organization, organization_accounts, scenarios, upstream
from sandbox.athena.operations import Athena
from sandbox.authorization.authorizer import Authorizer
from sandbox.authorization.views import all_keys
from sandbox.calls import CallCounter
from sandbox.clock import Clock
from sandbox.cloudtrail.recorder import Recorder
from sandbox.credentials import CredentialStore
from sandbox.dns_firewall.store import DnsFirewall
from sandbox.faults import Faults
from sandbox.findings import Findings
from sandbox.flow_logs import FlowLogs
from sandbox.flows.book import Flows
from sandbox.guests import Guests
from sandbox.images import Images
from sandbox.instance_credentials import InstanceCredentials
from sandbox.last_accessed import Reports
from sandbox.network_firewall.firewalls import Firewalls
from sandbox.network_firewall.flow_operations import FlowOperations
from sandbox.rds import instances as rds_instances
from sandbox.settings import Settings


class World:
    """The state of a sandbox. `reset` brings it back to the start, ids and secrets included: they all come from one seed."""

    def __init__(self, accounts: int, scenario_names: Sequence[str]) -> None:
        self._accounts, self._scenario_names = accounts, tuple(dict.fromkeys(scenario_names))
        self._seed = secrets.token_hex(16)
        self.clock = Clock()
        self.settings = Settings()
        self.calls = CallCounter()
        self.faults = Faults()
        self.authorizer = Authorizer(self)
        self.credentials = CredentialStore(self)
        self.trail = Recorder(self)
        self.last_accessed = Reports(self)
        self.findings = Findings(self)
        self.images = Images()
        self.guests = Guests()
        self.instance_credentials = InstanceCredentials(self)
        self.flows, self.flow_logs = Flows(self), FlowLogs(self)
        self.firewalls, self.flow_operations = Firewalls(), FlowOperations()
        self.dns_firewall = DnsFirewall()
        self.athena = Athena()
        self._quiet = threading.Condition()
        """A reset waits until nobody is at work, and holds whoever comes until it is done."""
        self._at_work, self._resetting = 0, False
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._service_locks: dict[str, threading.RLock] = {}
        upstream.apply(lambda: self.clock.ahead)
        rds_instances.apply(lambda: self.settings.rds_modification_s)
        self.organization: organization.Organization
        self.scenarios: Mapping[str, Any]
        self._begin()

    def reset(self) -> None:
        """Back to the start."""
        with self._quiet:
            self._resetting = True
            self._quiet.wait_for(lambda: self._at_work == 0)
            try:
                self._begin_again()
            finally:
                self._resetting = False
                self._quiet.notify_all()

    def _begin_again(self) -> None:
        iam_backends.clear()  # or moto would make each of them anew before it throws them away
        for service in (
            "ec2",
            "elbv2",
            "autoscaling",
            "guardduty",
        ):  # made anew while scenarios are planted, as at the start
            get_backend(service).clear()
        BackendDict.reset()
        reset_model_data()
        _organizations().master_accounts.clear()
        for part in (
            self.authorizer,
            self.credentials,
            self.trail,
            self.last_accessed,
            self.findings,
            self.images,
            self.guests,
            self.instance_credentials,
            self.flows,
            self.flow_logs,
            self.firewalls,
            self.flow_operations,
            self.dns_firewall,
            self.athena,
        ):
            part.forget()
        self.faults.clear()
        self.calls.reset()
        self.clock.reset()
        self.settings = Settings()
        self._begin()

    def service_lock(self, service: str) -> threading.RLock:
        """moto is not safe to be entered twice for one service."""
        with self._lock:
            return self._service_locks.setdefault(service, threading.RLock())

    @contextmanager
    def running(self) -> Iterator[None]:
        """While a call is carried out there is no reset."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._resetting)
            self._at_work += 1
        try:
            yield
        finally:
            with self._quiet:
                self._at_work -= 1
                self._quiet.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait, though not beyond the end of the sandbox."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended.set()

    def secrets(self) -> list[str]:
        """Every secret key and session token that is known."""
        keys = [key.secret_access_key for _account, _user, key in all_keys()]
        return keys + self.credentials.secrets() + iam_service_credentials.secrets()

    def _begin(self) -> None:
        mock_random.seed(self._seed)
        self.organization = organization.found(self._accounts)
        self.scenarios = {name: scenarios.PLANTS[name](self) for name in self._scenario_names}
        organization_accounts.have_been_there()


def _organizations() -> Any:
    return importlib.import_module("moto.organizations.models").organizations_backends

"""Everything that one running sandbox holds, put together in one place."""

from __future__ import annotations

import importlib
import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from sandbox import organization, scenarios, upstream
from sandbox.authorization.authorizer import Authorizer
from sandbox.authorization.views import all_keys
from sandbox.calls import CallCounter
from sandbox.clock import Clock
from sandbox.cloudtrail.recorder import Recorder
from sandbox.credentials import CredentialStore
from sandbox.faults import Faults
from sandbox.findings import Findings
from sandbox.guests import Guests
from sandbox.images import Images
from sandbox.settings import Settings


class World:
    """The state of a sandbox. `reset` brings it back to the start, ids and secrets included: they all come from one seed."""

    def __init__(self, accounts: int, scenario_names: Sequence[str]) -> None:
        self._accounts, self._scenario_names = accounts, tuple(scenario_names)
        self._seed = secrets.token_hex(16)
        self.clock = Clock()
        self.settings = Settings()
        self.calls = CallCounter()
        self.faults = Faults()
        self.authorizer = Authorizer(self)
        self.credentials = CredentialStore(self)
        self.trail = Recorder(self)
        self.findings = Findings(self)
        self.images = Images()
        self.guests = Guests()
        self.lock = threading.RLock()
        """Held while the world as a whole changes; calls hold the lock of their service."""
        self._service_locks: dict[str, threading.RLock] = {}
        upstream.apply(lambda: self.clock.ahead)
        self.organization: organization.Organization
        self.scenarios: Mapping[str, Any]
        self._begin()

    def reset(self) -> None:
        """Back to the start."""
        with self.lock:
            BackendDict.reset()
            _organizations().master_accounts.clear()
            for part in (self.authorizer, self.credentials, self.trail, self.findings, self.images, self.guests):
                part.forget()
            self.faults.clear()
            self.calls.reset()
            self.clock.reset()
            self.settings = Settings()
            self._begin()

    def service_lock(self, service: str) -> threading.RLock:
        """moto is not safe to be entered twice for one service."""
        with self.lock:
            return self._service_locks.setdefault(service, threading.RLock())

    def secrets(self) -> list[str]:
        """Every secret key and session token that is known."""
        keys = [key.secret_access_key for _account, _user, key in all_keys()]
        return keys + self.credentials.secrets()

    def _begin(self) -> None:
        mock_random.seed(self._seed)
        self.organization = organization.found(self._accounts)
        self.scenarios = {name: scenarios.PLANTS[name](self) for name in self._scenario_names}


def _organizations() -> Any:
    return importlib.import_module("moto.organizations.models").organizations_backends

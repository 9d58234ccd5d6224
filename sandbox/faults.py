"""Injected faults: errors, and answers that never come."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from moto.core.utils import get_service_model

_FIELDS = {"service", "operation", "error", "times", "rate", "seed", "parameters"}
_DROPS = ("drop_before", "drop_after")


@dataclass(slots=True, kw_only=True)
class _Fault:
    service: str
    operation: str
    error: str
    times: int | None
    rate: float | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """It strikes only calls that have these, with these values."""
    chance: random.Random = field(default_factory=random.Random)

    def strikes(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        if self.service not in ("*", service) or self.operation not in ("*", operation):
            return False
        if any(parameters.get(name) != value for name, value in self.parameters.items()):
            return False
        if self.rate is not None:
            return self.chance.random() < self.rate
        if not self.times:
            return False
        self.times -= 1
        return True


def _check_names(service: str, operation: str, error: str) -> None:
    """A fault that could never strike would make a test of it pass."""
    if service != "*" and service not in _services():
        raise ValueError(f"there is no service {service!r}; it is boto3's name of one, or *")
    if operation != "*":
        known = get_service_model(service).operation_names if service != "*" else [operation]
        if operation not in known:
            raise ValueError(f"{service} has no operation {operation!r}")
    if error not in _DROPS and not re.fullmatch(r"[A-Z][A-Za-z0-9.]*", error):
        raise ValueError(f"error must be an AWS error code, {' or '.join(_DROPS)}, not {error!r}")


@cache
def _services() -> frozenset[str]:
    return frozenset(botocore.session.Session().get_available_services())


class Faults:
    """The faults that are set. The first one that strikes a call decides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []

    def add(self, wish: Mapping[str, Any]) -> None:
        """As POST /faults takes it. Raises ValueError for what means nothing."""
        unknown = set(wish) - _FIELDS
        if unknown:
            raise ValueError(
                f"there is no {', '.join(sorted(unknown))} in a fault; known are {', '.join(sorted(_FIELDS))}"
            )
        for name in ("service", "operation", "error"):
            if not isinstance(wish.get(name), str) or not wish[name]:
                raise ValueError(f"{name} must be given as text")
        _check_names(wish["service"], wish["operation"], wish["error"])
        times, rate, seed = wish.get("times"), wish.get("rate"), wish.get("seed", 0)
        if (times is None) == (rate is None):
            raise ValueError("give either times or rate")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise ValueError("times must be 1 or more")
        if rate is not None and (not isinstance(rate, (int, float)) or isinstance(rate, bool) or not 0 <= rate <= 1):
            raise ValueError("rate must be from 0 to 1")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError("seed must be a whole number")
        parameters = wish.get("parameters", {})
        if not isinstance(parameters, Mapping):
            raise ValueError("parameters must be an object")
        fault = _Fault(
            service=wish["service"],
            operation=wish["operation"],
            error=wish["error"],
            times=times,
            rate=rate,
            parameters=parameters,
            chance=random.Random(seed),
        )
        with self._lock:
            self._faults.append(fault)

    def strike(self, service: str, operation: str, parameters: Mapping[str, Any] | None = None) -> str | None:
        """What happens to this call: an error code, "drop_before", "drop_after", or nothing."""
        if not self._faults:
            return None
        with self._lock:
            given = parameters or {}
            return next((fault.error for fault in self._faults if fault.strikes(service, operation, given)), None)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

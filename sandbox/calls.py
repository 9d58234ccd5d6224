"""Counts API calls: what GET /calls shows."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class CallCounter:
    """Every request that named an operation, refused and faulted ones included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()

    def count(self, service: str, operation: str, access_key_id: str | None) -> None:
        with self._lock:
            self._operations[f"{service}:{operation}"] += 1
            self._keys[access_key_id or "unsigned"] += 1

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "total": self._operations.total(),
                "by_operation": dict(sorted(self._operations.items())),
                "by_access_key": dict(sorted(self._keys.items())),
            }

    def reset(self) -> None:
        with self._lock:
            self._operations.clear()
            self._keys.clear()

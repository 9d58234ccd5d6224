"""When the sandbox got the calls of a process: asked for again and again while it runs."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from processor_time import ProcessorTime
from sandbox_client import Sandbox

STEP_S = 0.01
READS = ("Get", "List", "Describe", "Head", "Lookup", "Assume", "Simulate", "Generate")


class WatchedCalls:
    """Used around a process: the count of its calls begins anew, and times are in seconds since then, to 10 ms or so."""

    first_write: float | None = None
    last_write: float | None = None
    last_call: float = 0.0
    before_verifying: int = 0
    """Calls up to the last write: each is counted when its latency is over, so that what follows comes later."""
    process: ProcessorTime | None = None
    """What is watched, where its processor time while it verifies is asked for as well."""
    _cpu_at_last_write_s = _cpu_at_last_call_s = 0.0

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._url = urlsplit(sandbox.facts["control_url"])
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.total = self.writes = 0

    def __enter__(self) -> Self:
        self._sandbox.control("DELETE", "/calls")
        self._started = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self._is_over.set()
        self._thread.join()

    @property
    def reads(self) -> int:
        """Calls that change nothing, those to STS among them."""
        return self.total - self.writes

    @property
    def verifying(self) -> float:
        """Seconds that were spent looking whether what was written is there: from the last write to the last call."""
        return 0.0 if self.last_write is None else self.last_call - self.last_write

    @property
    def verifying_cpu_s(self) -> float:
        """The processor time of `process` in these seconds."""
        return self._cpu_at_last_call_s - self._cpu_at_last_write_s

    def _watch(self) -> None:
        connection = http.client.HTTPConnection(str(self._url.hostname), self._url.port)
        while not self._is_over.wait(STEP_S):
            self._look(connection)
        self._look(connection)
        connection.close()

    def _look(self, connection: http.client.HTTPConnection) -> None:
        connection.request("GET", f"{self._url.path}/calls")
        counted = json.loads(connection.getresponse().read())
        now = time.perf_counter() - self._started
        names = counted["by_operation"].items()
        writes = sum(count for name, count in names if not name.split(":")[1].startswith(READS))
        used = self.process.used_s() if self.process and counted["total"] > self.total else 0.0
        if writes > self.writes:
            self._cpu_at_last_write_s = used
            self.first_write = now if self.first_write is None else self.first_write
            self.last_write = now
            self.before_verifying = counted["total"]
        if counted["total"] > self.total:
            self.last_call = now
            self._cpu_at_last_call_s = used
        self.total, self.writes = counted["total"], writes

"""A case store in memory: what the two real ones do, without their place."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryStore:
    """`logs`: case id -> number -> bytes."""

    logs: dict[str, dict[int, bytes]] = field(default_factory=dict)
    name: str = "memory"

    def cases(self) -> list[str]:
        return sorted(self.logs)

    def numbers(self, case_id: str, *, after: int = 0) -> list[int]:
        return sorted(number for number in self.logs.get(case_id, {}) if number > after)

    def read(self, case_id: str, number: int) -> bytes:
        return self.logs[case_id][number]

    def create(self, case_id: str, number: int, content: bytes) -> bool:
        log = self.logs.setdefault(case_id, {})
        if number in log:
            return False
        log[number] = content
        return True

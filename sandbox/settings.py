"""What PUT /settings can set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    iam_propagation_s: float = 0
    """How long changes to IAM and Organizations policies take until they are enforced."""
    cloudtrail_delivery_s: float = 0
    """How long events take until LookupEvents shows them and a trail delivers them."""
    last_accessed_s: float = 0
    """How long calls take until reports of services last accessed show them: at AWS up to four hours."""
    rds_modification_s: float = 1
    """How long a change to a DB instance takes until it is applied: at AWS some minutes."""
    latency_ms: float = 0
    """Added to every AWS call."""
    authorize: bool = True
    """Whether policies are evaluated. Signatures are checked always."""

    def changed(self, wish: Mapping[str, Any]) -> Settings:
        """These settings with `wish` laid over. Raises ValueError for unknown names and wrong values."""
        known = {field.name for field in fields(self)}
        for name, value in wish.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}; known are {', '.join(sorted(known))}")
            if name == "authorize":
                if not isinstance(value, bool):
                    raise ValueError("authorize must be true or false")
            elif isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 86_400:
                raise ValueError(f"{name} must be a number from 0 to 86400")
        return replace(self, **wish)

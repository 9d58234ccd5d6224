"""Whether an account lets anybody at the serial consoles of its instances in a region.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-access-to-serial-console.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.ec2 import things
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def _switched(allowed: bool | None) -> Any:
    def switch(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
        kept = things.backend(request, caller).__dict__
        things.refuse_dry_run(request.parameters)
        if allowed is not None:
            kept["serial_console_here"] = allowed
        return {"SerialConsoleAccessEnabled": kept.get("serial_console_here", False)}

    return switch


HANDLERS = {
    ("ec2", "EnableSerialConsoleAccess"): _switched(True),
    ("ec2", "DisableSerialConsoleAccess"): _switched(False),
    ("ec2", "GetSerialConsoleAccessStatus"): _switched(None),
}

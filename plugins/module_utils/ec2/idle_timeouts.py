# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long an interface keeps a tracked flow that is idle: what is configured, what is usual, and the least that AWS allows. Pure.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, is_whole_number

LOWEST = {"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30}
_HIGHEST = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 60}
_USUAL = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}
_NITRO_V6_TCP_S = 350
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html, all of Nitro v6 but P6e-GB200
_FAMILIES = "c8gb c8gn c8i c8i-flex m8a m8gb m8gn m8i m8i-flex p6-b200 r8gb r8gn r8i r8i-flex"
_NITRO_V6 = frozenset(_FAMILIES.split())
# Those of the instance types that AWS calls Xen-based. https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html
_OLD_FAMILIES = "c1 c3 c4 cc1 cc2 cg1 cr1 d2 f1 g2 g3 g3s h1 hi1 hs1 i2 i3 m1 m2 m3 m4 p2 p3 r3 r4 t1 t2 x1 x1e"
_XEN = frozenset(_OLD_FAMILIES.split())


def timeouts_of(interface: Mapping[str, Json], instance_type: str) -> dict[str, int] | None:
    """The timeouts of an interface, those that nobody has set as they are by default; None where they cannot be set: only Nitro-based
    instances know them."""
    family, _dot, size = instance_type.partition(".")
    if family in _XEN and not (family == "i3" and size == "metal"):
        return None
    usual = {**_USUAL, "TcpEstablishedTimeout": _NITRO_V6_TCP_S} if family in _NITRO_V6 else _USUAL
    configured = interface.get("ConnectionTrackingConfiguration") or {}
    return {name: int(configured.get(name) or usual[name]) for name in usual}


def are_timeouts(value: Json) -> bool:
    """Whether `value`, out of a log, is what `timeouts_of` gives, and what AWS takes."""
    return (
        isinstance(value, dict)
        and set(value) == set(LOWEST)
        and all(is_whole_number(value[name]) and LOWEST[name] <= value[name] <= _HIGHEST[name] for name in LOWEST)
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain an account, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures.scp_quarantine import ScpQuarantine

ORGANIZATIONS_ACCOUNT: tuple[Measure, ...] = (ScpQuarantine(),)


def quarantine(responders: tuple[str, ...], attached_quota: int) -> Measure:
    """The measure as it is taken: everybody but these is denied everything."""
    return ScpQuarantine(responders=responders, attached_quota=attached_quota)


def unchecked(_measures: Sequence[Measure], _target: Target) -> tuple[str, ...]:
    """What goes on under a service control policy."""
    return (
        "whether AWS enforces it yet: service control policies take some seconds to spread",
        "service-linked roles, AWS's services, and whoever a resource policy lets in from another account: no such policy restricts them",
        "who else can use the responders' roles: look at who may assume them",
    )

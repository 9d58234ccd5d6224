# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain an EC2 instance, in the order they are taken, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import flow_residual
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.power_states import POWER, STOPPED
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures import (
    auto_scaling,
    dns,
    load_balancers,
    protection,
    role_sessions,
)
from ansible_collections.cordon.aws.plugins.module_utils.measures.auto_scaling import AutoScaling
from ansible_collections.cordon.aws.plugins.module_utils.measures.dns import Dns
from ansible_collections.cordon.aws.plugins.module_utils.measures.instance_profile import InstanceProfile
from ansible_collections.cordon.aws.plugins.module_utils.measures.metadata import Metadata
from ansible_collections.cordon.aws.plugins.module_utils.measures.network import Network
from ansible_collections.cordon.aws.plugins.module_utils.measures.power import Power
from ansible_collections.cordon.aws.plugins.module_utils.measures.role_sessions import RoleSessions
from ansible_collections.cordon.aws.plugins.module_utils.measures.tracked_flows import TrackedFlows
from ansible_collections.cordon.aws.plugins.module_utils.plan import State

EC2_INSTANCE: tuple[Measure, ...] = (
    protection,
    AutoScaling(),
    load_balancers,
    Network(),
    TrackedFlows(),
    Metadata(),
    RoleSessions(),
    InstanceProfile(),
    Dns(),
    Power(),
)


def unchecked(measures: Sequence[Measure], _target: Target) -> tuple[str, ...]:
    """What is left open, or not looked at, of an instance of which only `measures` are taken."""
    taken = {measure.NAME for measure in measures}
    left_open = [f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" for measure in EC2_INSTANCE if measure.NAME not in taken]
    return (*left_open, *_NEVER_CHECKED)


_NEVER_CHECKED = (
    "whether AWS enforces changes to IAM yet: they take some seconds to spread",
    "credentials of a role that it had before: look in CloudTrail for sessions that are named by the instance's id",
    "sessions of other roles that were assumed with its credentials: look in CloudTrail for AssumeRole by such sessions, and contain them",
    "secrets on its disks and in its user data, with which somebody can come back: change what it knew",
    "where else the attacker went from it: look at the flow logs of its neighbours, and in CloudTrail for what its role did",
    "consoles and sessions that are open to it: EC2 serial console, Session Manager",
)


def residual(state: State, target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """What may go on all the same."""
    return [
        *auto_scaling.residual(state, target),
        *load_balancers.residual(state, target),
        *flow_residual.residual(state, target),
        *role_sessions.residual(state, target),
        # What does not run asks for no names.
        *(() if state.get(POWER) == STOPPED else dns.residual(state, target)),
    ]

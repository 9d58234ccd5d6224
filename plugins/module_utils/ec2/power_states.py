# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an instance runs: the states that AWS tells, what comes of those that pass, and how it may be stopped. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

SET_POWER = "ModifyPower"
"""The merged call: {"InstanceId", "State": RUNNING}, or {"InstanceId", "State": STOPPED, "How", "StopProtection"}: how it is stopped, and
whether stop protection, which a step before has switched off, is on again as soon as it stops."""
POWER = "power"
"""The facet: what it is, or is on its way to, RUNNING or STOPPED."""
RUNNING, STOPPED = "running", "stopped"
ON_ITS_WAY: Mapping[str, str] = {"pending": RUNNING, "stopping": STOPPED}
"""States that pass by themselves, and what comes of them:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""
PARAMETERS: Mapping[str, Mapping[str, Json]] = {
    "stop": {},
    "stop_without_shutdown": {"SkipOsShutdown": True},
    "hibernate": {"Hibernate": True},
}
"""How it may be stopped -> what StopInstances is told:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html"""
WAIT_S = 600.0
"""How long it is waited for instances to stop, or to run, all of a run together. AWS names no time."""

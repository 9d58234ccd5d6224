# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leave an instance running, stop it, or hibernate it: the last measure, because whatever is in its memory goes with it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html

Stop protection refuses every stop, and can only be switched off for it: a step before, and one after.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import (
    MEMBER,
    membership,
    would_terminate,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.power_states import (
    ON_ITS_WAY,
    PARAMETERS,
    POWER,
    RUNNING,
    SET_POWER,
    STOPPED,
    WAIT_S,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "power"
EXACTLY = "power_state"
"""The state as AWS tells it."""
PROTECTED = "stop_protection"
"""As the measure `protection` calls it, and plans it."""
ABOUT = "power_about"
"""What becomes of what it has depends on: its root device, hibernation, addresses that AWS takes back, and Spot."""
How = Literal["keep", "stop", "stop_without_shutdown", "hibernate"]
_LOSES: Mapping[str, str] = {
    "stop": "Its memory is lost. What runs on it sees the shutdown, and can delete or encrypt in that time.",
    "stop_without_shutdown": "Its memory is lost, and so is what was not yet written to its volumes, whose file systems may be damaged.",
    "hibernate": (
        "Its memory is written to its root volume, and what runs on it sees that. Where AWS cannot hibernate it, it is shut down "
        "normally, and its memory is lost. AWS supports hibernation for 60 days."
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """The measure, with what becomes of the power. Releasing needs no wish."""

    how: How = "keep"
    looks: bool = True
    """Whether it looks at more than the state. Who keeps it as it is has no need to."""
    alone: bool = False
    """Whether no other measure proves anything."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceAttribute",
        "ec2:ModifyInstanceAttribute",
        "ec2:StopInstances",
        "ec2:StartInstances",
    )
    OPEN_WITHOUT: str = "what runs on it, which goes on running"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        asking = target.call("DescribeInstanceAttribute", InstanceId=target.instance_id, Attribute="disableApiStop")
        if self.looks:
            reads.ahead(asking)
        instance = described(reads, target)
        state = instance["State"]["Name"]
        seen = {POWER: ON_ITS_WAY.get(state, state), EXACTLY: state}
        if not self.looks:
            return seen
        return {
            **seen,
            ABOUT: _about(instance),
            PROTECTED: reads.read(asking)["DisableApiStop"]["Value"],
            MEMBER: membership(reads, target.account, target.region, target.instance_id),
        }

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """Nothing where it is stopped, or kept. Raises RefusedError where AWS would not stop it, not so, or terminate it for it."""
        if self.how == "keep" or state[POWER] == STOPPED:
            return
        self._check(state, target)
        protected = state[PROTECTED]
        if protected:
            yield _protect(target, on=False)
        yield _stop(target, self.how, protected=protected)
        if protected:
            yield _protect(target, on=True)

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        if step.facet == PROTECTED:
            return any(step.does_as(_protect(target, on=on)) for on in (True, False))
        return any(
            step.does_as(_stop(target, how, protected=protected)) for how in PARAMETERS for protected in (True, False)
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        """What is kept proves nothing: others do that."""
        exactly = state[EXACTLY]
        if self.how == "keep":
            said = f"it is left {'running' if exactly == RUNNING else f'as it is, {exactly}'}"
            return (Fact(measure=NAME, fact=said, holds=True),) if self.alone else ()
        # What is planned says nothing of what is on its way.
        passes = ON_ITS_WAY.get(exactly) == state[POWER]
        said = f"it is {exactly if passes else state[POWER]}"
        return (Fact(measure=NAME, fact=said, holds=state[POWER] == STOPPED and not passes),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        """What is lost by it."""
        if self.how == "keep" or state[POWER] == STOPPED:
            return ()
        about = state[ABOUT]
        told = [
            f"Stopping {target.label}: {_LOSES[self.how]} It is waited for, {WAIT_S / 60:.0f} minutes at most.",
            f"What is on instance store volumes is lost: look whether its type, {about['type']}, has any, which AWS does not list for it.",
        ]
        if about["addresses"]:
            addresses = ", ".join(about["addresses"])
            told.append(f"AWS takes back {addresses}, no Elastic IP address: after a release it gets another one.")
        if about["spot"]:
            told.append(
                "It is a Spot instance: AWS stops only one of a persistent request, starts it again only while there is capacity, and "
                "terminates it where its request is cancelled."
            )
        told.append(
            "A release starts it first, while it is still contained: what needs the network or its role at boot has to be started again."
        )
        return told

    def _check(self, state: State, target: Ec2Instance) -> None:
        about = state[ABOUT]
        if about["root"] != "ebs":
            raise RefusedError(
                f"stop {target.label}",
                "its root device is an instance store, which AWS cannot stop",
                "Leave it running: `power: keep`.",
            )
        if self.how == "hibernate" and not about["hibernation"]:
            raise RefusedError(
                f"hibernate {target.label}",
                "it was launched without hibernation, which cannot be switched on later",
                "Take its memory in another way and use `power: stop`, or leave it running: `power: keep`.",
            )
        held = would_terminate(f"stop {target.label}", state[MEMBER])
        if held is not None:
            raise held


def check_botocore(how: str, parameters: Callable[[str, str], Collection[str]]) -> None:
    """Raise InputError where botocore is too old to know what is asked of StopInstances. `parameters`: those that it knows of an operation
    of a service, which takes a moment to find out."""
    if not PARAMETERS.get(how):
        return
    known = parameters("ec2", "StopInstances")
    lacking = [name for name in PARAMETERS[how] if name not in known]
    if lacking:
        raise InputError(
            f"use `power` = {how}",
            f"the installed botocore does not know {lacking[0]} of StopInstances",
            "Update boto3 and botocore, or use `power: stop`.",
        )


def _about(instance: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "root": instance.get("RootDeviceType", "ebs"),
        "type": instance.get("InstanceType"),
        "hibernation": bool((instance.get("HibernationOptions") or {}).get("Configured")),
        "spot": instance.get("InstanceLifecycle") == "spot",
        "addresses": sorted(
            {
                association["PublicIp"]
                for interface in instance.get("NetworkInterfaces", ())
                if (association := interface.get("Association") or {}).get("IpOwnerId") == "amazon"
            }
        ),
    }


def _protect(target: Ec2Instance, *, on: bool) -> Step:
    def call(value: bool) -> Call:
        return target.call("ModifyInstanceAttribute", InstanceId=target.instance_id, DisableApiStop={"Value": value})

    switch = f"switch stop protection of {target.label}"
    return Step(
        measure=NAME,
        facet=PROTECTED,
        call=call(on),
        undo=(call(not on),),
        why=f"{switch} on again" if on else f"{switch} off, which refuses to stop it",
        before=not on,
        after=on,
    )


def _stop(target: Ec2Instance, how: str, *, protected: bool) -> Step:
    def call(**parameters: Json) -> Call:
        return Call(
            account=target.account,
            region=target.region,
            service=MERGED,
            operation=SET_POWER,
            parameters={"InstanceId": target.instance_id, **parameters},
        )

    verb = "hibernate" if how == "hibernate" else "stop"
    without = " without its own shutdown" if how == "stop_without_shutdown" else ""
    return Step(
        measure=NAME,
        facet=POWER,
        call=call(State=STOPPED, How=how, StopProtection=protected),
        undo=(call(State=RUNNING),),
        why=f"{verb} {target.label}{without}, and wait for it, {WAIT_S / 60:.0f} minutes at most",
        before=RUNNING,
        after=STOPPED,
    )

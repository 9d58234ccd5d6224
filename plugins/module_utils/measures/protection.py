# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep an instance, and what is on its volumes, from being lost: termination and stop protection on, volumes outlive it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html

Neither protection keeps a guest from shutting itself down, which terminates an instance that was launched so: it then stops instead.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingInstanceInitiatedShutdownBehavior.html

It is no containment by itself. It stops neither Auto Scaling, nor the end of a Spot instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "protection"
KINDS = frozenset({"instance"})
PERMISSIONS = ("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:ModifyInstanceAttribute")
OPEN_WITHOUT = "its termination, by anybody who may, and with it the loss of its memory and of volumes that go with it"

_ATTRIBUTES = {
    "termination_protection": ("DisableApiTermination", "disableApiTermination", "being terminated through the API"),
    "stop_protection": ("DisableApiStop", "disableApiStop", "being stopped through the API"),
}
"""facet -> (the parameter, the attribute's name, what it keeps from happening)"""
SHUTDOWN = "shutdown_behavior"
"""What becomes of the instance when its guest shuts down: "stop" or "terminate"; None where nothing but its end can."""
STOPS, ENDS = "stop", "terminate"
_ON_DISK = "ebs"
"""The root device of what can be stopped: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/RootDeviceStorage.html"""
VOLUME = "delete_on_termination/"
SPOT = "spot"


def observe(reads: Reads, target: Ec2Instance) -> dict[str, Json]:
    calls = {facet: _asking(target, attribute) for facet, (_key, attribute, _what) in _ATTRIBUTES.items()}
    asking_shutdown = _asking(target, "instanceInitiatedShutdownBehavior")
    for call in (*calls.values(), asking_shutdown):
        reads.ahead(call)
    instance = described(reads, target)
    can_stop = instance.get("InstanceLifecycle") != "spot" and instance.get("RootDeviceType", _ON_DISK) == _ON_DISK
    shutdown = reads.read(asking_shutdown)["InstanceInitiatedShutdownBehavior"]["Value"] if can_stop else None
    return {
        SPOT: instance.get("InstanceLifecycle") == "spot",
        **{facet: reads.read(calls[facet])[key]["Value"] for facet, (key, _name, _what) in _ATTRIBUTES.items()},
        SHUTDOWN: shutdown,
        **{
            VOLUME + mapping["DeviceName"]: mapping["Ebs"]["DeleteOnTermination"]
            for mapping in instance.get("BlockDeviceMappings", ())
            if "Ebs" in mapping
        },
    }


def plan(state: State, target: Ec2Instance) -> Iterator[Step]:
    """A step for each protection that is off, and for each volume that would go with the instance."""
    for facet in _ATTRIBUTES:
        if not state[facet] and not state[SPOT]:
            yield _protect(facet, target)
    if state[SHUTDOWN] == ENDS:
        yield _stop_at_shutdown(target)
    for facet, goes_with_it in state.items():
        if facet.startswith(VOLUME) and goes_with_it:
            yield _keep(facet, target)


def can_have_planned(step: Step, target: Ec2Instance) -> bool:
    if step.facet in _ATTRIBUTES:
        return step.does_as(_protect(step.facet, target))
    if step.facet == SHUTDOWN:
        return step.does_as(_stop_at_shutdown(target))
    return step.facet.startswith(VOLUME) and step.does_as(_keep(step.facet, target))


def verify(state: State, target: Ec2Instance) -> Proof:
    facts = [
        Fact(measure=NAME, fact=f"{facet.replace('_', ' ')} is {'on' if state[facet] else 'off'}", holds=state[facet])
        for facet in _ATTRIBUTES
        if not state[SPOT]
    ]
    if state[SHUTDOWN] is not None:
        said = f"it {'stops' if state[SHUTDOWN] == STOPS else 'is terminated'} when its guest shuts down"
        facts.append(Fact(measure=NAME, fact=said, holds=state[SHUTDOWN] == STOPS))
    volumes = {facet.removeprefix(VOLUME): gone for facet, gone in state.items() if facet.startswith(VOLUME)}
    return [
        *facts,
        *(
            Fact(
                measure=NAME,
                fact=f"the volume {device} {'is deleted with' if goes_with_it else 'outlives'} the instance",
                holds=not goes_with_it,
            )
            for device, goes_with_it in volumes.items()
        ),
    ]


def notes(state: State, target: Ec2Instance) -> Sequence[str]:
    if not state[SPOT]:
        ends = f"{target.label} has no volume for a root: it cannot be stopped, and its guest's shutdown terminates it."
        return () if state[SHUTDOWN] is not None else (ends,)
    note = f"{target.label} is a Spot instance: it cannot be protected, and AWS may interrupt it at any time with two minutes' notice."
    return (f"{note} Take what is to be kept of it first.",)


def _asking(target: Ec2Instance, attribute: str) -> Json:
    return target.call("DescribeInstanceAttribute", InstanceId=target.instance_id, Attribute=attribute)


def _protect(facet: str, target: Ec2Instance) -> Step:
    parameter, _attribute, what = _ATTRIBUTES[facet]

    def call(value: bool) -> Json:
        return target.call("ModifyInstanceAttribute", InstanceId=target.instance_id, **{parameter: {"Value": value}})

    return Step(
        measure=NAME,
        facet=facet,
        call=call(True),
        undo=(call(False),),
        why=f"keep {target.label} from {what}",
        before=False,
        after=True,
    )


def _stop_at_shutdown(target: Ec2Instance) -> Step:
    def call(value: str) -> Json:
        behavior = {"Value": value}
        return target.call(
            "ModifyInstanceAttribute", InstanceId=target.instance_id, InstanceInitiatedShutdownBehavior=behavior
        )

    return Step(
        measure=NAME,
        facet=SHUTDOWN,
        call=call(STOPS),
        undo=(call(ENDS),),
        why=f"stop {target.label} instead of terminating it when its guest shuts down",
        before=ENDS,
        after=STOPS,
    )


def _keep(facet: str, target: Ec2Instance) -> Step:
    device = facet.removeprefix(VOLUME)

    def call(value: bool) -> Json:
        mapping = {"DeviceName": device, "Ebs": {"DeleteOnTermination": value}}
        return target.call("ModifyInstanceAttribute", InstanceId=target.instance_id, BlockDeviceMappings=[mapping])

    return Step(
        measure=NAME,
        facet=facet,
        call=call(False),
        undo=(call(True),),
        why=f"keep the volume {device} of {target.label} when it is terminated",
        before=True,
        after=False,
    )

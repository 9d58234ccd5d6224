# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Close the instance metadata service to what runs on the instance: off, or, where an agent still needs credentials, by tokens alone that
go no further than the instance itself.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-existing-instances.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State, Step, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "metadata"
OPTIONS = "metadata_options"
APPLIED = "metadata_options_applied"
_ENDPOINT, _TOKENS, _HOPS = "HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit"
_NAMES = (_ENDPOINT, _TOKENS, _HOPS)
_OFF, _ON = "disabled", "enabled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """The measure, with whether an agent on the instance goes on getting credentials. Releasing needs no wish."""

    keep_agent: bool = False

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = ("ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions")
    OPEN_WITHOUT: str = "its metadata service, which gives what runs on it new credentials of its role"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        options = described(reads, target).get("MetadataOptions", {})
        return {OPTIONS: {name: options.get(name) for name in _NAMES}, APPLIED: options.get("State") != "pending"}

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """One step, or none where it is closed as much as is wished."""
        before = state[OPTIONS]
        after = self._wished(before)
        if after != before:
            yield _modify(target, before, after)

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        before = step.before
        known = (
            isinstance(before, dict)
            and set(before) == {*_NAMES}
            and before[_ENDPOINT] in (_OFF, _ON)
            and before[_TOKENS] in ("optional", "required")
            and is_whole_number(before[_HOPS])
        )
        return known and any(
            step.does_as(_modify(target, before, Metadata(keep_agent=kept)._wished(before))) for kept in (False, True)
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        found = state[OPTIONS]
        if found[_ENDPOINT] == _OFF:
            said = "the instance metadata service is off"
        else:
            said = (
                f"the instance metadata service is on, tokens are {found[_TOKENS]}, and answers go {found[_HOPS]} hops"
            )
        coming = "" if state[APPLIED] else "; AWS is still applying that"
        return (Fact(measure=NAME, fact=said + coming, holds=found == self._wished(found)),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        return ()

    def _wished(self, options: Mapping[str, Json]) -> dict[str, Json]:
        """What is off already stays off."""
        if not self.keep_agent or options[_ENDPOINT] == _OFF:
            return {**options, _ENDPOINT: _OFF}
        return {_ENDPOINT: _ON, _TOKENS: "required", _HOPS: 1}


def _modify(target: Ec2Instance, before: Mapping[str, Json], after: Mapping[str, Json]) -> Step:
    def call(options: Mapping[str, Json]) -> Call:
        # What is off takes no other options; they stay as they are.
        given = {_ENDPOINT: _OFF} if options[_ENDPOINT] == _OFF else dict(options)
        return target.call("ModifyInstanceMetadataOptions", InstanceId=target.instance_id, **given)

    closed = "switch off" if after[_ENDPOINT] == _OFF else "require tokens of"
    return Step(
        measure=NAME,
        facet=OPTIONS,
        call=call(after),
        undo=(call(before),),
        why=f"{closed} the metadata service of {target.label}",
        before=dict(before),
        after=dict(after),
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator's wishes for instances come to: which measures, each as it is wished, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.measures.network import Network
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE, residual, unchecked


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What an operator may say of the measures; what is left out is the usual."""

    allow_from: tuple[str, ...] = ()
    allow_endpoints: tuple[str, ...] = ()


def containment_of_instances(names: Sequence[str] | None, wishes: Wishes) -> Containment:
    """`names`: the measures asked for, None for all."""
    wished: dict[str, Measure] = {
        measure.NAME: measure
        for measure in (Network(allow_from=wishes.allow_from, allow_endpoints=wishes.allow_endpoints),)
    }
    measures = tuple(wished.get(measure.NAME, measure) for measure in EC2_INSTANCE)
    return Containment(measures=chosen(measures, names), left_open=unchecked, residue=residual)

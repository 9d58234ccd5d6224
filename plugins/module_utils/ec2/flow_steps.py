# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps by which flows of an instance are ended, each with its way back. Pure."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import ALLOW_PEER, DENY_PEER
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import CUT_FLOWS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.firewalls import FLUSH
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import (
    CUT,
    FLUSHED,
    IS_CUT,
    IS_DENIED,
    IS_FLUSHED,
    TIMEOUTS,
    denial,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import CUT_MARK, FLUSH_MARK, UNMARK
from ansible_collections.cordon.aws.plugins.module_utils.ec2.idle_timeouts import LOWEST
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, Step

NAME = "tracked_flows"
"""The measure that takes these steps."""


def cut(target: Ec2Instance, eni: str, vpc: str, dwell_ms: int) -> Step:
    return Step(
        measure=NAME,
        facet=CUT + eni,
        call=_merged(target, CUT_FLOWS, NetworkInterfaceId=eni, VpcId=vpc, DwellMs=dwell_ms),
        undo=(_merged(target, UNMARK, NetworkInterfaceId=eni, Key=CUT_MARK),),
        why=f"cut the tracked flows of {eni} of {target.label}: open it for a moment, and close it",
        before=None,
        after=IS_CUT,
    )


def flush(target: Ec2Instance, eni: str, firewalls: Json, addresses: Json) -> Step:
    """What is flushed stays so; the way back takes the mark off."""
    return Step(
        measure=NAME,
        facet=FLUSHED + eni,
        call=_merged(target, FLUSH, NetworkInterfaceId=eni, Firewalls=firewalls, Addresses=addresses),
        undo=(_merged(target, UNMARK, NetworkInterfaceId=eni, Key=FLUSH_MARK),),
        why=f"flush the firewall in the way of the flows of {eni} of {target.label}",
        before=None,
        after=IS_FLUSHED,
    )


def deny(target: Ec2Instance, acl: str, direction: str, peer: str) -> Step:
    where = {"NetworkAclId": acl, "Direction": direction, "Peer": peer}
    return Step(
        measure=NAME,
        facet=denial(acl, direction, peer),
        call=_merged(target, DENY_PEER, **where),
        undo=(_merged(target, ALLOW_PEER, **where),),
        why=f"deny {peer} in {acl}, {direction}, so that no flow with it outlives the containment of {target.label}",
        before=None,
        after=IS_DENIED,
    )


def lower(target: Ec2Instance, eni: str, before: Json) -> Step:
    def call(timeouts: Json) -> Call:
        return target.call(
            "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, ConnectionTrackingSpecification=dict(timeouts)
        )

    return Step(
        measure=NAME,
        facet=TIMEOUTS + eni,
        call=call(LOWEST),
        undo=(call(before),),
        why=f"forget idle flows of {eni} of {target.label} as soon as AWS allows",
        before=before,
        after=dict(LOWEST),
    )


def _merged(target: Ec2Instance, operation: str, **parameters: Json) -> Call:
    return Call(
        account=target.account, region=target.region, service=MERGED, operation=operation, parameters=parameters
    )

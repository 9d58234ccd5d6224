# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network interfaces of an instance: those attached to it, and those that branch off a trunk of it."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import BRANCH_INTERFACES, INTERFACES
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_ASSOCIATIONS = "DescribeTrunkInterfaceAssociations"
"""Asked whole: it has no filter for the trunk.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html"""


def interfaces_of(reads: Reads, target: Ec2Instance) -> list[Json]:
    """As DescribeNetworkInterfaces tells them, in the order of their ids."""
    place = target.account, target.region
    attached = reads.each(INTERFACES, *place, target.instance_id)
    trunks = [one["NetworkInterfaceId"] for one in attached if one.get("InterfaceType") == "trunk"]
    associations = reads.pages(target.call(_ASSOCIATIONS), "InterfaceAssociations") if trunks else []
    branches = [
        interface
        for association in associations
        if association["TrunkInterfaceId"] in trunks
        for interface in reads.each(BRANCH_INTERFACES, *place, association["BranchInterfaceId"])
    ]
    return sorted([*attached, *branches], key=lambda interface: str(interface["NetworkInterfaceId"]))

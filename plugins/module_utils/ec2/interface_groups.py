# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The groups of an instance's interfaces as facets: where each is, and which was left open by a run that died."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import named
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interfaces import interfaces_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP, OPEN_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import own_group
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

GROUPS = "interface_groups/"
LEFT_OPEN = "interface_left_open/"
"""There, and True, for an interface that is in OPEN_GROUP. It was contained before, and belongs into the forensic group: that is what
GROUPS says of it, so that nothing ever takes OPEN_GROUP for what it had and gives it back."""
CONTAINED = [FORENSIC_GROUP]


def groups_seen(reads: Reads, target: Ec2Instance) -> dict[str, Json]:
    """GROUPS, and LEFT_OPEN where it is so, of every interface."""
    seen: dict[str, Json] = {}
    for interface in interfaces_of(reads, target):
        vpc = (target.account, target.region, str(interface["VpcId"]))
        forensic, opened = (own_group(reads, vpc, name) for name in (FORENSIC_GROUP, OPEN_GROUP))
        ident = interface["NetworkInterfaceId"]
        groups = named(interface["Groups"], None if forensic is None else str(forensic["GroupId"]))
        if opened is not None and groups == [opened["GroupId"]]:
            seen[LEFT_OPEN + ident] = True
            groups = list(CONTAINED)
        seen[GROUPS + ident] = groups
    return seen

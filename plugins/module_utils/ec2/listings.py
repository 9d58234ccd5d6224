# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EC2 tells of many things in one call. Filters take 200 values:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import Listing, by_filter

_MOST = 200
FORENSIC_GROUP = "CordonForensic"
"""The name of the security group, one per VPC, that contained interfaces are in."""
OPEN_GROUP = "CordonOpen"
"""The name of the security group, one per VPC, in which contained interfaces are for a moment, for their flows to be untracked."""

INSTANCES = Listing(
    service="ec2",
    operation="DescribeInstances",
    items="Reservations",
    flat=lambda reservation: reservation["Instances"],
    ids_of=lambda instance: (instance["InstanceId"],),
    asked_by=by_filter("instance-id"),
    most=_MOST,
)
INTERFACES = Listing(
    service="ec2",
    operation="DescribeNetworkInterfaces",
    items="NetworkInterfaces",
    ids_of=lambda interface: (interface["Attachment"]["InstanceId"],),
    asked_by=by_filter("attachment.instance-id"),
    most=_MOST,
)
ASSOCIATIONS = Listing(
    service="ec2",
    operation="DescribeIamInstanceProfileAssociations",
    items="IamInstanceProfileAssociations",
    ids_of=lambda association: (association["InstanceId"],),
    asked_by=by_filter("instance-id"),
    most=_MOST,
)
BRANCH_INTERFACES = Listing(
    service="ec2",
    operation="DescribeNetworkInterfaces",
    items="NetworkInterfaces",
    ids_of=lambda interface: (interface["NetworkInterfaceId"],),
    asked_by=by_filter("network-interface-id"),
    most=_MOST,
)
FORENSIC_GROUPS = Listing(
    service="ec2",
    operation="DescribeSecurityGroups",
    items="SecurityGroups",
    ids_of=lambda group: (group["VpcId"],),
    asked_by=by_filter("vpc-id", group_name=[FORENSIC_GROUP, OPEN_GROUP]),
    most=_MOST,
)

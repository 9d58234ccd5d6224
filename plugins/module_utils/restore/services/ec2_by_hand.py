# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of EC2 only a human can judge or put back: networks, their connections, fleets, addresses, mirrored traffic.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/OperationList-query-ec2.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building

KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *building.by_hand(
        "ec2",
        "A network was made. What an attacker launches there has none of your controls: look for instances and interfaces in it (aws ec2 "
        "describe-network-interfaces --filters Name=vpc-id,Values=VPC), and delete it when the evidence is taken (aws ec2 delete-vpc).",
        "CreateDefaultVpc",
        "CreateDefaultSubnet",
        "CreateVpc",
        "CreateSubnet",
        "CreateRouteTable",
        "CreateNetworkAcl",
        "CreateNetworkInterface",
        "CreateDhcpOptions",
        "CreateManagedPrefixList",
        "ModifyManagedPrefixList",
    ),
    *building.by_hand(
        "ec2",
        "A way between networks, or to the internet or a service, was opened, joined or changed. Look whether it is yours; close it "
        "with the "
        "operation that deletes, detaches or rejects it (aws ec2 delete-vpc-peering-connection, delete-vpc-endpoints, "
        "detach-internet-gateway, "
        "delete-vpn-connection, delete-transit-gateway-vpc-attachment), after its routes.",
        "AcceptTransitGatewayVpcAttachment",
        "AcceptVpcEndpointConnections",
        "AcceptVpcPeeringConnection",
        "AttachInternetGateway",
        "AttachNetworkInterface",
        "AttachVpnGateway",
        "CreateClientVpnEndpoint",
        "CreateEgressOnlyInternetGateway",
        "CreateInternetGateway",
        "CreateNatGateway",
        "CreateTransitGateway",
        "CreateTransitGatewayRoute",
        "CreateTransitGatewayVpcAttachment",
        "CreateVpcEndpoint",
        "CreateVpcEndpointServiceConfiguration",
        "CreateVpcPeeringConnection",
        "CreateVpnConnection",
        "ModifyVpcEndpoint",
        "ModifyVpcEndpointServicePermissions",
        "ModifyVpcPeeringConnectionOptions",
        "CreateInstanceConnectEndpoint",
        "AuthorizeClientVpnIngress",
    ),
    *building.by_hand(
        "ec2",
        "A network, or a way into or out of one, was deleted, detached or exchanged, and comes back only by being made anew with "
        "another id. "
        "Make it again from its template or by AWS Config's history, and put back what used it: routes, associations, addresses.",
        "DeleteDhcpOptions",
        "DeleteInternetGateway",
        "DeleteNatGateway",
        "DeleteNetworkAcl",
        "DeleteNetworkInterface",
        "DeleteRouteTable",
        "DeleteSubnet",
        "DeleteTransitGateway",
        "DeleteVpc",
        "DeleteVpcEndpoints",
        "DeleteVpcPeeringConnection",
        "DeleteVpnConnection",
        "DeleteInstanceConnectEndpoint",
        "DetachInternetGateway",
        "DetachNetworkInterface",
        "RejectVpcPeeringConnection",
    ),
    *building.by_hand(
        "ec2",
        "Which route table, network ACL, options or settings a network or subnet has was changed, and the event does not tell what it "
        "had. Look at "
        "AWS Config's history of the subnet or network, and associate or set it again (aws ec2 replace-route-table-association, "
        "replace-network-acl-association, associate-dhcp-options, modify-subnet-attribute, modify-vpc-attribute).",
        "AssociateDhcpOptions",
        "AssociateRouteTable",
        "AssociateSubnetCidrBlock",
        "AssociateVpcCidrBlock",
        "DisassociateRouteTable",
        "ModifySubnetAttribute",
        "ModifyVpcAttribute",
        "ReplaceNetworkAclAssociation",
        "ReplaceRouteTableAssociation",
    ),
    *building.by_hand(
        "ec2",
        "A public address was taken, moved or given up. See where it is (aws ec2 describe-addresses), and associate it again with aws ec2 "
        "associate-address; one that was released may be had again with aws ec2 allocate-address --address ADDRESS.",
        "AcceptAddressTransfer",
        "AllocateAddress",
        "AssignPrivateIpAddresses",
        "AssociateAddress",
        "DisassociateAddress",
        "EnableAddressTransfer",
        "ReleaseAddress",
        "UnassignPrivateIpAddresses",
    ),
    *building.by_hand(
        "ec2",
        "Copies of network traffic were set up or changed: whoever has the target reads it. Look at aws ec2 "
        "describe-traffic-mirror-sessions, "
        "and delete sessions that are not yours (aws ec2 delete-traffic-mirror-session), then their filters and targets.",
        "CreateTrafficMirrorFilter",
        "CreateTrafficMirrorFilterRule",
        "CreateTrafficMirrorSession",
        "CreateTrafficMirrorTarget",
        "DeleteTrafficMirrorFilter",
        "DeleteTrafficMirrorFilterRule",
        "DeleteTrafficMirrorSession",
        "DeleteTrafficMirrorTarget",
        "ModifyTrafficMirrorFilterNetworkServices",
        "ModifyTrafficMirrorFilterRule",
        "ModifyTrafficMirrorSession",
    ),
    *building.by_hand(
        "ec2",
        "Capacity was requested or bought, and may launch instances again when they are stopped. Cancel it (aws ec2 delete-fleets, "
        "cancel-spot-fleet-requests, cancel-spot-instance-requests, cancel-capacity-reservation), then stop what it launched. What was "
        "bought is "
        "for AWS Support.",
        "CreateCapacityReservation",
        "CreateFleet",
        "ModifyFleet",
        "PurchaseReservedInstancesOffering",
        "PurchaseHostReservation",
        "AllocateHosts",
        "RequestSpotFleet",
        "RequestSpotInstances",
        "ModifySpotFleetRequest",
        "CancelSpotFleetRequests",
        "CancelSpotInstanceRequests",
    ),
    *building.by_hand(
        "ec2",
        "The root volume of an instance is replaced by an earlier state. Its former volume is kept unless the call said otherwise: look "
        "at aws ec2 "
        "describe-replace-root-volume-tasks.",
        "CreateReplaceRootVolumeTask",
    ),
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cutting tracked flows: what the group is like that an interface is in for a moment, and what it takes. Pure.

Flows that were tracked outlive a change of groups. Under rules for all addresses and all ports in both directions flows are not tracked,
and what is not tracked is interrupted at once when its rule goes:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#untracked-connections
That page does not say when a tracked flow stops being tracked; it cannot be before its next packet passes under the new rules."""

from __future__ import annotations

CUT_FLOWS = "CutTrackedFlows"
"""The merged call {"NetworkInterfaceId", "VpcId", "DwellMs"}: for so long at least the interface is open."""
OPEN_DESCRIPTION = "Made by Cordon - for a moment, to cut tracked flows. Never leave anything in it"
OPEN_RULES = ["egress -1 all 0.0.0.0/0", "egress -1 all ::/0", "ingress -1 all 0.0.0.0/0", "ingress -1 all ::/0"]
DWELL_MS = 300
"""A round trip to the other side of the Earth: in that time a flow whose ends wait for each other has sent a packet."""
LONGEST_DWELL_MS = 10_000

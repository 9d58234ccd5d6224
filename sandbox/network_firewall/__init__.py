"""AWS Network Firewall: firewalls with endpoints in a VPC's subnets, and operations on the flows that pass them."""

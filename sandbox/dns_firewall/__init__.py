"""Route 53 Resolver DNS Firewall: domain lists, rule groups, and their associations with VPCs."""

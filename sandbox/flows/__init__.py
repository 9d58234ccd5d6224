"""Network flows of instances: which of them live, by the rules of security groups, network ACLs and firewalls."""

"""Auto Scaling groups as far as their members are concerned: standby, detaching, protection, health and replacement."""

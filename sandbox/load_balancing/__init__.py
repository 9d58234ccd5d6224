"""Elastic Load Balancing as far as instances are its targets: registrations, their health, and how they leave."""

"""Secrets Manager, where moto is kinder than AWS."""

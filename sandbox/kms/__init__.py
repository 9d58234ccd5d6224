"""KMS, where moto is kinder than AWS."""

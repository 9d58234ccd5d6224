"""What RDS refuses, and moto lets pass."""

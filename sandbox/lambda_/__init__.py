"""What Lambda refuses, and moto lets pass."""

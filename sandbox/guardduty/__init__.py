"""GuardDuty's own settings; what it finds is in findings.py."""

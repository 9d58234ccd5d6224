"""An attacker who fights back, from a process of its own, with plain boto3, in the sandbox and nowhere else."""

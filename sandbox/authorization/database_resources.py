"""The resources that operations of RDS are authorized for.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html"""

from __future__ import annotations

from sandbox.model import ApiRequest, Caller

_KINDS = (
    ("DBInstanceIdentifier", "db"),
    ("SourceDBInstanceIdentifier", "db"),
    ("DBSnapshotIdentifier", "snapshot"),
    ("SourceDBSnapshotIdentifier", "snapshot"),
    ("TargetDBSnapshotIdentifier", "snapshot"),
    ("DBClusterIdentifier", "cluster"),
    ("DBClusterSnapshotIdentifier", "cluster-snapshot"),
    ("DBSubnetGroupName", "subgrp"),
)


def database_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """Everything that is named; "*" where nothing is."""
    prefix = f"arn:aws:rds:{request.region}:{caller.account}"
    named = ((str(request.parameters.get(name) or ""), kind) for name, kind in _KINDS)
    return [name if name.startswith("arn:") else f"{prefix}:{kind}:{name.lower()}" for name, kind in named if name] or [
        "*"
    ]

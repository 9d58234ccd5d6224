# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB instances as targets: what names them, the calls about them, and what RDS says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import Listing
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: kept in small letters
_ID = r"[a-z](?:-?[a-z0-9]){0,62}"
IDENTIFIER = re.compile(_ID)
DATABASE_ARN = re.compile(
    rf"arn:(?P<partition>aws[a-z-]*):rds:(?P<region>[a-z]{{2}}(?:-[a-z]+)+-\d):(?P<account>\d{{12}}):db:(?P<id>{_ID})"
)
RESOURCE_ID = re.compile(r"db-[A-Z0-9]{2,60}")
"""What RDS gives out once: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html"""
EXPECTED = "a DB instance's identifier, or its ARN (arn:aws:rds:REGION:ACCOUNT:db:IDENTIFIER)"
NOT_FOUND = "DBInstanceNotFound"

STATUS = "status"
STOPPED = ("stopping", "stopped")
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status"""
REPLICAS = "read_replicas"
BACKUPS = "replicated_backups"
IAM_SIGN_IN = "iam_authentication"

_MOST = 100
"""As many as a page of RDS's holds: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html"""
DATABASES = Listing(
    service="rds",
    operation="DescribeDBInstances",
    items="DBInstances",
    ids_of=lambda instance: (instance["DBInstanceIdentifier"],),
    asked_by=lambda ids: {"Filters": [{"Name": "db-instance-id", "Values": list(ids)}]},
    most=_MOST,
)
SNAPSHOTS = Listing(
    service="rds",
    operation="DescribeDBSnapshots",
    items="DBSnapshots",
    ids_of=lambda snapshot: (snapshot["DbiResourceId"],),
    asked_by=lambda ids: {"Filters": [{"Name": "dbi-resource-id", "Values": list(ids)}], "SnapshotType": "manual"},
    most=_MOST,
)
"""Of an instance, whatever it was called when they were made; those that somebody made, because only these can be shared.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"""


@dataclass(frozen=True, kw_only=True, slots=True)
class DbInstance:
    """One DB instance. Another one can have its identifier later, but not its resource id."""

    arn: str
    account: str
    region: str
    identifier: str
    unique_id: str = ""
    """What RDS calls DbiResourceId. Empty where it is only known by its ARN."""
    kind: str = "database"

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def label(self) -> str:
        return f"database/{self.identifier}"

    @property
    def is_reserved(self) -> bool:
        return False

    def is_worked_through(self, _identity_arn: str) -> bool:
        """Nobody calls AWS through a database."""
        return False

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, reads: Reads) -> None:
        reads.expect(DATABASES, self.account, self.region, self.identifier)
        if self.unique_id:
            reads.expect(SNAPSHOTS, self.account, self.region, self.unique_id)

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call to RDS in its account and region."""
        return Call(account=self.account, region=self.region, service="rds", operation=operation, parameters=parameters)


def database_of_arn(arn: str) -> DbInstance:
    """The DB instance that an ARN names, without asking AWS."""
    parts = DATABASE_ARN.fullmatch(arn)
    if parts is None:
        raise InputError(f"use {ascii(arn)[:120]}", "it is not the ARN of a DB instance", f"Give {EXPECTED}.")
    return DbInstance(arn=arn, account=parts["account"], region=parts["region"], identifier=parts["id"])


def found_instance(reads: Reads, account: str, region: str, identifier: str) -> dict[str, Json] | None:
    """What DescribeDBInstances says of it; None where there is none. AWS does not say whether one that is missing spoils the answer for
    those that are asked about with it, so each is asked about alone then."""
    try:
        found = reads.each(DATABASES, account, region, identifier)
    except AwsError as error:
        if error.code != NOT_FOUND:
            raise
        found = _alone(reads, account, region, identifier)
    return found[0] if found else None


def _alone(reads: Reads, account: str, region: str, identifier: str) -> list[Json]:
    call = Call(
        account=account,
        region=region,
        service=DATABASES.service,
        operation=DATABASES.operation,
        parameters={"DBInstanceIdentifier": identifier},
    )
    try:
        return reads.pages(call, DATABASES.items)
    except AwsError as error:
        if error.code != NOT_FOUND:
            raise
        return []


def described(reads: Reads, target: DbInstance) -> dict[str, Json]:
    """What DescribeDBInstances says of it. Raises AwsError where it does not exist (any more)."""
    found = found_instance(reads, target.account, target.region, target.identifier)
    if found is None:
        raise AwsError(
            f"look at {target.arn}",
            f"{NOT_FOUND}: there is no such DB instance",
            "Check its identifier, region and account. If it was deleted or renamed, look in CloudTrail for who did it; snapshots and "
            "automated backups of it may exist.",
            code=NOT_FOUND,
        )
    return found


def facts_of(instance: Mapping[str, Json]) -> dict[str, Json]:
    """The facets that tell which instance it is, how it is, and where its data are besides."""
    replicas = ("ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBClusterIdentifiers")
    backups = instance.get("DBInstanceAutomatedBackupsReplications", ())
    return {
        UNIQUE_ID: instance["DbiResourceId"],
        STATUS: instance["DBInstanceStatus"],
        REPLICAS: sorted(str(one) for field in replicas for one in instance.get(field, ())),
        BACKUPS: sorted(str(one["DBInstanceAutomatedBackupsArn"]) for one in backups),
        IAM_SIGN_IN: bool(instance.get("IAMDatabaseAuthenticationEnabled")),
    }

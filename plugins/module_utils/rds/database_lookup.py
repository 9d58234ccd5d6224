# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the DB instances that names stand for: by ARN, or by identifier in the accounts and regions that are looked in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_lookup import Places
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    CordonError,
    ElsewhereError,
    InputError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.rds.clusters import by_hand
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import (
    DATABASE_ARN,
    DATABASES,
    EXPECTED,
    IDENTIFIER,
    DbInstance,
    database_of_arn,
    described,
    found_instance,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


def parse_databases(texts: Iterable[object]) -> tuple[str, ...]:
    """Identifiers, in the small letters that RDS keeps them in, and ARNs; all faults are raised together as one InputError."""
    found, faults = [], []
    for number, text in enumerate(texts):
        if isinstance(text, str) and DATABASE_ARN.fullmatch(text):
            found.append(text)
        elif isinstance(text, str) and IDENTIFIER.fullmatch(text.lower()):
            found.append(text.lower())
        else:
            fault = f"use `db_instances[{number}]` = {ascii(text)[:120]}"
            faults.append(InputError(fault, "it is no DB instance", f"Give {EXPECTED}."))
    if faults:
        raise InputError.together(faults)
    if not found:
        raise InputError("use the option `db_instances`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(found)


def found_or_raised(found: DbInstance | CordonError) -> DbInstance:
    """One answer of `find_databases` as the engine wants it."""
    if isinstance(found, CordonError):
        raise found
    return found


def find_databases(
    reads: Reads, names: Sequence[str], places: Places, *, to_contain: bool
) -> Mapping[str, DbInstance | CordonError]:
    """Name -> the DB instance, or why there is none. All are asked about together. One that is only to be released may be gone: nothing
    is asked of it where its ARN is known."""
    once = list(dict.fromkeys(names))
    for name in once:
        for account, region, identifier in _asked(name, places, to_contain=to_contain):
            reads.expect(DATABASES, account, region, identifier)
    found = {name: _of_name(reads, name, places, to_contain=to_contain) for name in once}
    for one in found.values():
        if isinstance(one, DbInstance):
            one.expect(reads)
    return found


def _asked(name: str, places: Places, *, to_contain: bool) -> list[tuple[str, str, str]]:
    if not DATABASE_ARN.fullmatch(name):
        return [(account, region, name) for account in places.accounts for region in places.regions]
    target = database_of_arn(name)
    is_asked = to_contain and (places.only is None or target.account in places.only)
    return [(target.account, target.region, target.identifier)] if is_asked else []


def _of_name(reads: Reads, name: str, places: Places, *, to_contain: bool) -> DbInstance | CordonError:
    try:
        target = _by_arn(reads, name, places) if DATABASE_ARN.fullmatch(name) else _by_identifier(reads, name, places)
        if not to_contain:
            return target
        instance = described(reads, target)
        _require_own(instance, target)
        return replace(target, unique_id=str(instance["DbiResourceId"]))
    except CordonError as error:
        return error


def _by_arn(reads: Reads, arn: str, places: Places) -> DbInstance:
    target = database_of_arn(arn)
    if target.partition != reads.caller.partition:
        raise InputError(
            f"look up {arn}",
            f"it is in partition {target.partition} and the responder's credentials are in {reads.caller.partition}",
            f"Run this with credentials of partition {target.partition}.",
        )
    if places.only is not None and target.account not in places.only:
        raise ElsewhereError(
            f"contain {arn}",
            f"it is in account {target.account}, and `accounts` allows {', '.join(sorted(places.only)) or 'none'}",
            "If it is to be contained all the same, name it in a run of its own.",
        )
    return target


def _by_identifier(reads: Reads, identifier: str, places: Places) -> DbInstance:
    """Each account has one of this identifier in each region at most. Several are refused: which is meant, nobody can know."""
    found: list[str] = []
    unseen: list[CordonError] = []
    for account in places.accounts:
        for region in places.regions:
            try:
                if found_instance(reads, account, region, identifier) is not None:
                    found.append(f"arn:{reads.caller.partition}:rds:{region}:{account}:db:{identifier}")
            except CordonError as error:
                unseen.append(error)
    if len(found) > 1:
        raise InputError(
            f"look up {identifier}",
            f"there are {len(found)} of them: {', '.join(found)}",
            "Give the ARN of each that is meant.",
        )
    # One that was found is taken only where it cannot be another one that was not seen.
    if unseen:
        raise unseen[0]
    if found:
        return database_of_arn(found[0])
    where = f"account {', '.join(places.accounts)}, region {', '.join(places.regions)}"
    kind = ElsewhereError if places.only is not None else InputError
    raise kind(
        f"look up {identifier}",
        f"there is no such DB instance in {where}",
        "Name its `regions` and `accounts`, or give its ARN: arn:aws:rds:REGION:ACCOUNT:db:IDENTIFIER.",
    )


def _require_own(instance: Mapping[str, Json], target: DbInstance) -> None:
    """Raise RefusedError where what is contained is not the instance's own.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html: VpcSecurityGroupIds, DeletionProtection"""
    engine, cluster = str(instance.get("Engine", "")), instance.get("DBClusterIdentifier")
    if cluster:
        raise RefusedError(
            f"contain {target.arn}",
            f"it is a member of the DB cluster {cluster}, whose security groups, deletion protection and snapshots are the cluster's",
            by_hand(instance, target),
        )
    if engine.startswith("custom-"):
        raise RefusedError(
            f"contain {target.arn}",
            f"it is an RDS Custom DB instance ({engine}), whose security groups are those of the EC2 instance that it runs on",
            "Contain that instance with cordon.aws.ec2_instance_containment, and look at who its snapshots are shared with: "
            f"`aws rds describe-db-snapshots --db-instance-identifier {target.identifier} --region {target.region}`. Nothing was touched.",
        )
    if not (instance.get("DBSubnetGroup") or {}).get("VpcId"):
        raise RefusedError(
            f"contain {target.arn}", "it is in no VPC, so that no security group can shut it", "Nothing was touched."
        )

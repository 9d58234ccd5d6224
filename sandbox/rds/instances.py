"""Faults of moto 5.2 in DB instances, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def apply(modification_s: Callable[[], float]) -> None:
    """Mend moto in this process. `modification_s`: how long a modification takes until it is applied."""
    give_instances_ids_and_networks()
    give_replicas_ids()
    take_time_for_modifications(modification_s)


def give_instances_ids_and_networks() -> None:
    """moto's DB instances all have the same resource id, are in no VPC unless a subnet group is named, and are in the default group of
    the default VPC whatever theirs is. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html"""
    from moto.ec2.models import ec2_backends
    from moto.rds.models import DBInstance, DBSubnetGroup

    make = DBInstance.__init__

    def make_with_its_own(self: Any, backend: Any, *arguments: Any, **more: Any) -> None:
        make(self, backend, *arguments, **more)
        self.dbi_resource_id = _new_id()
        ec2 = ec2_backends[self.account_id][self.region]
        if getattr(self, "db_subnet_group", None) is None:
            subnets = [
                one for zone in ec2.subnets.values() for one in zone.values() if one.vpc_id == ec2.default_vpc.id
            ]
            self.db_subnet_group = DBSubnetGroup(backend, "default", "default", subnets, [])  # type: ignore[abstract]
        if self.db_cluster_identifier is None and not more.get("vpc_security_group_ids"):
            default: Any = ec2.get_default_security_group(self.db_subnet_group.vpc_id)
            self.vpc_security_group_ids = [default.id]

    DBInstance.__init__ = make_with_its_own  # type: ignore[method-assign]


def give_replicas_ids() -> None:
    """moto copies its source for a read replica, resource id and status included."""
    from moto.rds.models import RDSBackend

    create = RDSBackend.create_db_instance_read_replica

    def create_with_id(self: Any, db_kwargs: dict[str, Any]) -> Any:
        replica = create(self, db_kwargs)
        replica.dbi_resource_id = _new_id()
        return replica

    RDSBackend.create_db_instance_read_replica = create_with_id  # type: ignore[method-assign]


def take_time_for_modifications(modification_s: Callable[[], float]) -> None:
    """moto applies modifications at once. An instance is `modifying` meanwhile, and groups come and go asynchronously:
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"""
    from moto.rds.models import DBInstance

    update = DBInstance.update

    def update_in_time(self: Any, *arguments: Any, **db_kwargs: Any) -> None:
        had = set(self.vpc_security_group_ids)
        update(self, *arguments, **db_kwargs)
        has = set(self.vpc_security_group_ids)
        self.modified_until = _now() + timedelta(seconds=modification_s())
        self.groups_coming, self.groups_leaving = has - had, had - has

    def memberships(self: Any) -> list[dict[str, str]]:
        staying = list(dict.fromkeys(self.vpc_security_group_ids))
        if not is_being_modified(self):
            return [_membership(one, "active") for one in staying]
        shown = [_membership(one, "adding" if one in self.groups_coming else "active") for one in staying]
        return [*shown, *(_membership(one, "removing") for one in sorted(self.groups_leaving))]

    def shown_status(self: Any) -> str:
        settled = str(self.__dict__.get("settled_status", "available"))
        return "modifying" if settled == "available" and is_being_modified(self) else settled

    def keep_status(self: Any, status: str) -> None:
        self.__dict__["settled_status"] = status

    DBInstance.update = update_in_time  # type: ignore[method-assign]
    DBInstance.vpc_security_group_membership_list = property(memberships)  # type: ignore[assignment, method-assign]
    DBInstance.status = property(shown_status, keep_status)  # type: ignore[assignment]


def is_being_modified(database: Any) -> bool:
    until = getattr(database, "modified_until", None)
    return until is not None and _now() < until


def groups_of(database: Any) -> set[str]:
    """The security groups that its interface is in, those on their way out included."""
    leaving = database.groups_leaving if is_being_modified(database) else set()
    return {*database.vpc_security_group_ids, *leaving}


def _membership(group_id: str, status: str) -> dict[str, str]:
    return {"VpcSecurityGroupId": group_id, "Status": status}


def _new_id() -> str:
    from moto.moto_api._internal import mock_random

    return "db-" + "".join(mock_random.choice(_LETTERS) for _letter in range(26))


def _now() -> Any:
    """In sandbox time, as moto dates things."""
    from moto.core.utils import utcnow

    return utcnow()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The change of one DB instance while it goes on: what is wanted, whether it was sent, and what keeps it from being done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import Vpc, own_group
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import STOPPED, found_instance
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings import (
    GROUPS,
    PROTECTED,
    PUBLIC,
    being_applied,
    groups_seen,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

SENDS = 3
"""How often one change is sent when its answers are lost, and the state shows that it did not happen, or its group is too new."""
_BUSY = "InvalidDBInstanceState"
_UNKNOWN_GROUP = "InvalidParameterValue"
"""What RDS says of a group that it does not know, which one that has just been made may be for a moment:
https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"""
_STAYS = (
    *STOPPED,
    "deleting",
    "failed",
    "inaccessible-",
    "incompatible-",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
)
"""How the states begin that do not pass while somebody waits:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status"""


@dataclass(kw_only=True, slots=True)
class Change:
    """What is wanted of one DB instance."""

    account: str
    region: str
    identifier: str
    resource_id: str
    wanted: dict[str, Json] = field(default_factory=dict)
    vpc_id: str = ""
    """Where groups are wanted."""
    error: CordonError | None = None
    is_over: bool = False
    is_sent: bool = False
    """RDS has taken it."""
    may_have_happened: bool = False
    """RDS has taken it, or has not answered."""
    sends: int = 0

    @property
    def vpc(self) -> Vpc:
        return self.account, self.region, self.vpc_id

    @property
    def leaves(self) -> bool:
        """Whether it has gone back into groups of its own."""
        return self.error is None and GROUPS in self.wanted and FORENSIC_GROUP not in self.wanted[GROUPS]

    def go_on(self, cloud: Cloud, reads: Reads, *, is_last: bool) -> None:
        """Look, because a run that was killed may have done it already; send what is lacking, or see whether it has been applied."""
        try:
            self._go_on(cloud, reads, is_last=is_last)
        except CordonError as error:
            self.error, self.is_over = _in_doubt(error) if self.may_have_happened else error, True

    def _go_on(self, cloud: Cloud, reads: Reads, *, is_last: bool) -> None:
        instance = self._looked_at(reads)
        forensic_id = self._forensic_id(reads)
        seen = {
            GROUPS: groups_seen(instance, forensic_id),
            **{setting: bool(instance.get(setting)) for setting in (PUBLIC, PROTECTED)},
        }
        lacking = {setting: value for setting, value in self.wanted.items() if seen[setting] != value}
        applying = being_applied(instance) if GROUPS in self.wanted else []
        told = ", ".join(applying or [f"{setting} is {seen[setting]}" for setting in lacking])
        self.is_over = not lacking and not applying
        if lacking and not self.is_sent:
            self._send(cloud, instance, lacking, forensic_id, is_last=is_last)
        if is_last and not self.is_over:
            raise AwsError(
                f"change {self.identifier}",
                f"RDS has taken the change, and it was waited for in vain: {told}",
                "Repeat the run: it looks at what is there before it does anything.",
                code="NotApplied",
                may_have_happened=True,
            )

    def _looked_at(self, reads: Reads) -> dict[str, Json]:
        instance = found_instance(reads, self.account, self.region, self.identifier)
        found = None if instance is None else instance["DbiResourceId"]
        if instance is None or found != self.resource_id:
            there = "there is none any more" if instance is None else f"{found} has its name now"
            raise DriftError(
                f"change {self.identifier}",
                f"it was {self.resource_id}, and {there}",
                "Look in CloudTrail for who deleted or renamed it, and for what has that resource id: `aws rds describe-db-instances "
                f"--filters Name=dbi-resource-id,Values={self.resource_id} --region {self.region}`.",
            )
        return instance

    def _forensic_id(self, reads: Reads) -> str | None:
        group = own_group(reads, self.vpc, FORENSIC_GROUP) if GROUPS in self.wanted else None
        return None if group is None else str(group["GroupId"])

    def _send(
        self,
        cloud: Cloud,
        instance: dict[str, Json],
        lacking: dict[str, Json],
        forensic_id: str | None,
        *,
        is_last: bool,
    ) -> None:
        parameters: dict[str, Json] = {"DBInstanceIdentifier": self.identifier}
        for setting, value in lacking.items():
            if setting == GROUPS:
                parameters["VpcSecurityGroupIds"] = self._ids(value, forensic_id)
            else:
                parameters[setting] = value
        self.sends += 1
        try:
            cloud.answer(
                Call(
                    account=self.account,
                    region=self.region,
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters=parameters,
                )
            )
            self.is_sent = self.may_have_happened = True
        except AwsError as error:
            self.may_have_happened = self.may_have_happened or error.may_have_happened
            status = str(instance["DBInstanceStatus"])
            is_unknown_yet = error.code == _UNKNOWN_GROUP and FORENSIC_GROUP in lacking.get(GROUPS, ())
            if error.code == _BUSY:
                self.sends -= 1
                if is_last or status.startswith(_STAYS):
                    raise _refused(self.identifier, self.region, status, error) from error
            elif is_last or self.sends == SENDS or not (error.may_have_happened or is_unknown_yet):
                raise

    def _ids(self, groups: Sequence[str], forensic_id: str | None) -> list[str]:
        if FORENSIC_GROUP in groups and forensic_id is None:
            raise DriftError(
                f"move {self.identifier} into {FORENSIC_GROUP}",
                f"VPC {self.vpc_id} has no such group: it could not be made, or somebody has deleted it",
                "Repeat the run.",
            )
        return [str(forensic_id) if group == FORENSIC_GROUP else group for group in groups]


def _in_doubt(error: CordonError) -> AwsError:
    """The same of a change that RDS may have taken before: the state tells what became of it, not the error."""
    code = error.code if isinstance(error, AwsError) else type(error).__name__
    return AwsError(error.tried, error.why, error.remedy, code=code, may_have_happened=True)


def _refused(identifier: str, region: str, status: str, error: AwsError) -> AwsError:
    """What AWS says of an instance that is not available, with what to do about how it is."""
    of_it = f"--db-instance-identifier {identifier} --region {region}"
    modify = f"aws rds modify-db-instance {of_it}"
    remedies = {
        "stop": f"Start it (`aws rds start-db-instance {of_it}`) and repeat the run.",
        "storage-full": f"Give it storage (`{modify} --allocated-storage GIB --apply-immediately`), and repeat the run.",
        "inaccessible-": "Give RDS its KMS key back, start it if it is stopped, and repeat the run.",
    }
    of_events = f"--source-type db-instance --source-identifier {identifier} --region {region}"
    usual = f"Repeat the run when it is available; `aws rds describe-events {of_events}` tells why it is not."
    remedy = next((text for begin, text in remedies.items() if status.startswith(begin)), usual)
    why = f"it is {status}, and RDS changes only what is available ({error.why})"
    return AwsError(f"change {identifier}", why, remedy, code=error.code, request_id=error.request_id)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2 instances as targets: what names them, and the calls about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import MEMBERS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import ASSOCIATIONS, INSTANCES, INTERFACES
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
INSTANCE_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):ec2:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):(?P<account>\d{12}):instance/(?P<id>i-(?:[0-9a-f]{8}|[0-9a-f]{17}))"
)
EXPECTED = "an instance's id (i-…), or its ARN"
CHECK_PLACE = (
    "Check region and account: arn:aws:ec2:REGION:ACCOUNT:instance/ID. AWS forgets terminated ones within an hour."
)
GONE = ("shutting-down", "terminated")
"""States of an instance of which nothing is left to contain:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ec2Instance:
    """One instance. Its id is never given out again, and stands in the ARN."""

    arn: str
    account: str
    region: str
    instance_id: str
    kind: str = "instance"

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def label(self) -> str:
        """How an operator sees it: instance/i-0abcdef1234567890."""
        return f"instance/{self.instance_id}"

    @property
    def is_reserved(self) -> bool:
        return False

    @property
    def unique_id(self) -> str:
        return ""

    def is_worked_through(self, identity_arn: str) -> bool:
        """Whether the responder works on it, with the credentials of its role: such a session is named by the instance.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns"""
        return f":{self.account}:assumed-role/" in identity_arn and identity_arn.endswith(f"/{self.instance_id}")

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, reads: Reads) -> None:
        for listing in (INSTANCES, INTERFACES, ASSOCIATIONS, MEMBERS):
            reads.expect(listing, self.account, self.region, self.instance_id)

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call to EC2 in its account and region."""
        return Call(account=self.account, region=self.region, service="ec2", operation=operation, parameters=parameters)


def instance_of_arn(arn: str) -> Ec2Instance:
    """The instance that an ARN names, without asking AWS."""
    parts = INSTANCE_ARN.fullmatch(arn)
    if parts is None:
        raise InputError(f"use {ascii(arn)[:120]}", "it is not the ARN of an instance", f"Give {EXPECTED}.")
    return Ec2Instance(arn=arn, account=parts["account"], region=parts["region"], instance_id=parts["id"])


def described(reads: Reads, target: Ec2Instance) -> dict[str, Json]:
    """What DescribeInstances says of it. Raises AwsError where it does not exist (any more)."""
    found = reads.each(INSTANCES, target.account, target.region, target.instance_id)
    state = found[0]["State"]["Name"] if found else ""
    if state and state not in GONE:
        instance: dict[str, Json] = found[0]
        return instance
    raise AwsError(
        f"look at {target.arn}",
        f"InvalidInstanceID.NotFound: {f'it is {state}' if state else no_such_instance([target.account], [target.region])}",
        f"{CHECK_PLACE if not state else 'Look in CloudTrail for who terminated it; snapshots of its volumes may exist.'} "
        f"{_credentials_of(target)}",
        code="InvalidInstanceID.NotFound",
    )


def no_such_instance(accounts: Iterable[str], regions: Iterable[str]) -> str:
    """Where it has been looked for."""
    return f"there is no such instance in account {', '.join(accounts)}, region {', '.join(regions)}"


def _credentials_of(target: Ec2Instance) -> str:
    """What outlives an instance: what it was given of its role, for up to six hours.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html"""
    session = f"arn:{target.partition}:sts::{target.account}:assumed-role/ROLE/{target.instance_id}"
    return (
        "Credentials of its role outlive an instance by up to six hours; with the role's name for ROLE, this contains them: "
        f"ansible-playbook playbooks/respond_to_leaked_key.yml -e access_key_ids={session} -e scope=session"
    )

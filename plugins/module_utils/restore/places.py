# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An account in a region as a target: what an attacker changed there is restored together, things before what needs them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

KIND = "place"
_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:([a-z0-9-]{5,32}):(\d{12}):changes", re.ASCII)

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-isob-", "aws-iso-b"), ("us-iso-", "aws-iso"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Its ARN is none of AWS's: it names what CloudTrail records as changed there."""

    account: str
    region: str
    unique_id: str = ""

    kind = KIND
    is_reserved = False

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:cloudtrail:{self.region}:{self.account}:changes"

    @property
    def label(self) -> str:
        return f"account {self.account} in {self.region}"

    def is_worked_through(self, _identity_arn: str) -> bool:
        """What the responder works through is no attacker's change."""
        return False

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, reads: Reads) -> None:
        """Nothing is asked of all places together."""


def partition_of(region: str) -> str:
    """By the region's name alone. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def is_place(arn: str) -> bool:
    return _ARN.fullmatch(arn) is not None


def place_of_arn(arn: str) -> Place:
    """The place of this ARN. Raises InputError for any other."""
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise InputError(
            f"read {ascii(arn)[:120]}",
            "it is not the ARN of changes in a region",
            "Write it as arn:aws:cloudtrail:us-east-1:111122223333:changes.",
        )
    return Place(region=parts[1], account=parts[2])

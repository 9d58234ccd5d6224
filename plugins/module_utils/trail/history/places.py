# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where event histories are kept: in each account, in each region that is enabled for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap


@dataclass(frozen=True, slots=True)
class Place:
    """The history of one account in one region."""

    account: str
    region: str
    is_global: bool
    """Whether IAM and other global services have their events there.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events"""

    def __str__(self) -> str:
        return f"event history of {self.account} in {self.region}"


class Places:
    """`regions`: which alone are wanted, besides that of global services; None: all."""

    def __init__(self, cloud: Cloud, regions: frozenset[str] | None = None) -> None:
        self._cloud = cloud
        self._regions = regions
        self._members: frozenset[str] | None = None
        self.gaps: list[Gap] = []

    def of(self, accounts: Iterable[str]) -> list[Place]:
        """The region of global services first. Where an account does not tell its regions, that one and the responder's own, and a gap."""
        return [place for found in in_parallel(accounts, self._of) for place in found]

    def account_of_key(self, access_key_id: str) -> str:
        """Whose account an access key is of, which STS tells of any; empty where it does not.
        https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
        call = replace(self._call("", "sts", "GetAccessKeyInfo"), parameters={"AccessKeyId": access_key_id})
        try:
            return str(self._cloud.read(call).get("Account") or "")
        except CordonError:
            return ""  # the histories that are asked will tell, or not

    def members(self) -> frozenset[str]:
        """The accounts of the responder's organization; none where it may not list them. Asked once."""
        if self._members is None:
            try:
                listed = self._cloud.pages(self._call("", "organizations", "ListAccounts"), "Accounts")
            except CordonError:
                listed = []
            self._members = frozenset(str(account["Id"]) for account in listed)
        return self._members

    def _of(self, account: str) -> list[Place]:
        first = self._first
        listed = self._enabled(account) if self._regions is None else self._regions
        return [Place(account, region, region == first) for region in dict.fromkeys((first, *sorted(listed)))]

    def _enabled(self, account: str) -> list[str]:
        """Without AllRegions, those that are enabled: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html"""
        try:
            answer = self._cloud.read(self._call(account, "ec2", "DescribeRegions"))
        except CordonError as error:
            asked = ", ".join(dict.fromkeys((self._first, self._cloud.home_region)))
            why = f"only the history of {asked} was asked: {str(error).rstrip('.')}"
            self.gaps.append(Gap(kind="not_covered", where=f"account {account}", why=why))
            return [self._cloud.home_region]
        return [str(one["RegionName"]) for one in answer.get("Regions", ())]

    @property
    def _first(self) -> str:
        return iam_call("", self._cloud.caller().partition, "").region

    def _call(self, account: str, service: str, operation: str) -> Call:
        return Call(
            account=account, region=self._cloud.home_region, service=service, operation=operation, parameters={}
        )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where event histories are kept: in each account, in each region that is enabled for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap


class Place(NamedTuple):
    """The history of one account in one region."""

    account: str
    region: str
    is_global: bool
    """Whether IAM and other global services have their events there.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events"""


def places(cloud: Cloud, accounts: Sequence[str]) -> tuple[list[Place], list[Gap]]:
    """The region of global services first. Where an account does not tell its regions, that one and the responder's own, and a gap."""
    first = iam_call("", cloud.caller().partition, "").region
    gaps: list[Gap] = []

    def of(account: str) -> list[Place]:
        # Without AllRegions, those that are enabled: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
        call = Call(
            account=account, region=cloud.home_region, service="ec2", operation="DescribeRegions", parameters={}
        )
        try:
            listed = [str(one["RegionName"]) for one in cloud.read(call).get("Regions", ())]
        except CordonError as error:
            listed = [cloud.home_region]
            asked = ", ".join(dict.fromkeys((first, *listed)))
            why = f"only the history of {asked} was asked: {str(error).rstrip('.')}"
            gaps.append(Gap(kind="not_covered", where=f"account {account}", why=why))
        return [Place(account, region, region == first) for region in dict.fromkeys((first, *sorted(listed)))]

    return [place for found in in_parallel(accounts, of) for place in found], gaps

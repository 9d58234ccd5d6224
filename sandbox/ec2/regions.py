"""Which regions there are: those that every account has from the start, and those that must be enabled, which none is here.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (which are enabled by default)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session

from sandbox.ec2 import filters, things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_NAMES = """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1
    eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
"""
_FROM_THE_START = frozenset(_NAMES.split())


def describe_regions(_world: World, request: ApiRequest, _caller: Caller) -> dict[str, Any]:
    """Those that are enabled, unless AllRegions, or names, ask for others."""
    given = request.parameters
    known = {
        name: {
            "RegionName": name,
            "Endpoint": f"ec2.{name}.amazonaws.com",
            "OptInStatus": "opt-in-not-required" if name in _FROM_THE_START else "not-opted-in",
        }
        for name in sorted(botocore.session.Session().get_available_regions("ec2"))
    }
    unknown = [name for name in given.get("RegionNames") or () if name not in known]
    if unknown:
        raise ApiError("InvalidParameterValue", f"Invalid region(s): {', '.join(unknown)}")
    things.refuse_dry_run(given)
    named = given.get("RegionNames")
    listed = [one for name, one in known.items() if (name in named if named else True)]
    if not given.get("AllRegions") and not named:
        listed = [one for one in listed if one["RegionName"] in _FROM_THE_START]
    fields = {
        "region-name": lambda one: one["RegionName"],
        "endpoint": lambda one: one["Endpoint"],
        "opt-in-status": lambda one: one["OptInStatus"],
    }
    return {"Regions": filters.matching(listed, request, fields)}


HANDLERS = {("ec2", "DescribeRegions"): describe_regions}

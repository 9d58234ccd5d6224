# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the settings of the trails that deliver into a bucket tell of what is not there. Optional: who may not ask is told so."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.trail import known_gaps
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span


def settings_gaps(cloud: Cloud, bucket: str, span: Span) -> list[Gap]:
    """Of the trails of the responder's account that deliver into this bucket, those of its organization among them."""
    where = f"s3://{bucket}"
    try:
        # Shadow trails are those of other regions and of the organization, which record here, too.
        # https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
        described = cloud.read(_call(cloud.home_region, "DescribeTrails", {})).get("trailList", ())
        trails = [one for one in described if one.get("S3BucketName") == bucket]
        found = [gap for one in trails for gap in _of(cloud, one, span)]
    except CordonError as error:
        why = f"whether its trail was stopped, or leaves events out, could not be asked: {str(error).rstrip('.')}"
        return [Gap(kind="not_covered", where=where, why=why)]
    if not trails:
        why = "no trail of the responder's account delivers there: whether it was stopped, or leaves events out, is not known"
        return [Gap(kind="not_covered", where=where, why=why)]
    return found


def _of(cloud: Cloud, described: dict[str, Json], span: Span) -> list[Gap]:
    arn, region = str(described["TrailARN"]), str(described.get("HomeRegion") or cloud.home_region)
    status = cloud.read(_call(region, "GetTrailStatus", {"Name": arn}))
    selectors = cloud.read(_call(region, "GetEventSelectors", {"TrailName": arn}))
    name = f"trail {arn}"
    return [
        *known_gaps.of_trail(name, described),
        *known_gaps.of_status(name, status, span),
        *known_gaps.of_selectors(name, selectors),
    ]


def _call(region: str, operation: str, parameters: dict[str, Json]) -> Call:
    return Call(account="", region=region, service="cloudtrail", operation=operation, parameters=parameters)

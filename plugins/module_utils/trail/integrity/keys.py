# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's public keys, which digests are checked with: each region has its own.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html"""

from __future__ import annotations

from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap


def public_keys(cloud: Cloud, region: str, since: datetime, until: datetime) -> tuple[dict[str, bytes], list[Gap]]:
    """Fingerprint -> key (DER, PKCS #1), of those that signed in this time."""
    call = Call(
        account="",
        region=region,
        service="cloudtrail",
        operation="ListPublicKeys",
        parameters={"StartTime": since, "EndTime": until},
    )
    try:
        listed = cloud.pages(call, "PublicKeyList")
    except CordonError as error:
        why = f"CloudTrail's public keys cannot be asked for, so that signatures are not checked: {str(error).rstrip('.')}"
        return {}, [Gap(kind="missing", where=f"digests of trails in {region}", why=why)]
    return {str(one["Fingerprint"]): bytes(one["Value"]) for one in listed}, []

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a workgroup of Athena's lets its queries do, asked before any is run.
https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json


def check(cloud: Cloud, name: str, largest: int) -> None:
    """`largest`: the bytes that one query will scan. Raises InputError where the workgroup cannot be used, RefusedError where it lets no
    query scan so much."""
    call = Call(
        account="",
        region=cloud.home_region,
        service="athena",
        operation="GetWorkGroup",
        parameters={"WorkGroup": name},
    )
    group: dict[str, Json] = cloud.read(call)["WorkGroup"]
    configuration = group.get("Configuration") or {}
    if group.get("State") == "DISABLED":
        raise InputError(f"use workgroup {name}", "it is disabled", "Enable it, or name another `athena_workgroup`.")
    has_output = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    is_managed = (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled")
    if not has_output and not is_managed:
        raise InputError(
            f"use workgroup {name}",
            "it has no place for the results of queries",
            "Set its query result location, or name another `athena_workgroup`.",
        )
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if isinstance(cutoff, int) and cutoff < largest:
        raise RefusedError(
            f"search with workgroup {name}",
            f"a query would scan {largest:,} bytes, and the workgroup lets one scan {cutoff:,}",
            "Narrow `since` and `until`, raise the workgroup's limit, or name another `athena_workgroup`.",
        )

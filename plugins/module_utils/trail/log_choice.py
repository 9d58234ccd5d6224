from __future__ import annotations
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.log import *


def log_of(trail, cloud, accounts=None, regions=None):
    if trail == "lookup_events":
        return HistoryLog(
            cloud,
            [
                cloud.caller().account,
                *[a["Id"] for a in cloud.client("organizations", "us-east-1").list_accounts()["Accounts"]],
            ],
        )
    raise SystemExit(trail)

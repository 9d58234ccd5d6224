"""Items of what watches: a trail and a detector's filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attack_sequences import Arena, Clients, Item, Value, named, present, switch, there
from trail_bucket import make_trail_bucket


def trail(prefix: str, arena: Arena) -> Sequence[Item]:
    """It ends with the example: a region has five trails at most."""
    admin = arena.administrator
    mine, logs = {"Name": f"{prefix}-trail"}, f"{prefix}-logs"
    for old in admin.cloudtrail.describe_trails()["trailList"]:
        if old["Name"].startswith("law") and old["Name"] != mine["Name"]:
            admin.cloudtrail.delete_trail(Name=old["TrailARN"])
    make_trail_bucket(admin.s3, logs)
    admin.cloudtrail.create_trail(**mine, S3BucketName=logs)
    arena.pass_time(1)
    admin.cloudtrail.start_logging(**mine)
    selectors = {
        name: [
            {
                "ReadWriteType": way,
                "IncludeManagementEvents": True,
                "DataResources": [],
                "ExcludeManagementEventSources": [],
            }
        ]
        for name, way in (("all", "All"), ("reads", "ReadOnly"))
    }
    admin.cloudtrail.put_event_selectors(TrailName=mine["Name"], EventSelectors=selectors["all"])

    return [
        Item(
            name=f"trail/{prefix}/logging",
            first="there",
            values=(None, "there"),
            move=switch(
                lambda who: who.cloudtrail.start_logging(**mine), lambda who: who.cloudtrail.stop_logging(**mine)
            ),
            read=lambda who: present(who.cloudtrail.get_trail_status(**mine)["IsLogging"]),
        ),
        Item(
            name=f"trail/{prefix}/selectors",
            first="all",
            values=tuple(selectors),
            move=lambda who, _live, wanted: who.cloudtrail.put_event_selectors(
                TrailName=mine["Name"], EventSelectors=selectors[str(wanted)]
            ),
            read=lambda who: named(
                selectors, who.cloudtrail.get_event_selectors(TrailName=mine["Name"])["EventSelectors"]
            ),
        ),
        Item(
            name=f"trail/{prefix}/regions",
            first="one",
            values=("one", "all"),
            move=lambda who, _live, wanted: who.cloudtrail.update_trail(**mine, IsMultiRegionTrail=wanted == "all"),
            read=lambda who: "all" if who.cloudtrail.get_trail(**mine)["Trail"]["IsMultiRegionTrail"] else "one",
        ),
    ]


def detector(prefix: str, arena: Arena) -> Sequence[Item]:
    """Of the account's one detector, which is on when an example begins."""
    admin = arena.administrator
    listed = admin.guardduty.list_detectors()["DetectorIds"] or [
        admin.guardduty.create_detector(Enable=True)["DetectorId"]
    ]
    mine, name = {"DetectorId": listed[0]}, f"{prefix}-filter"
    admin.guardduty.update_detector(**mine, Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES")
    given: dict[str, Any] = {
        "Rank": 1,
        "Description": "of the example",
        "FindingCriteria": {"Criterion": {"severity": {"GreaterThanOrEqual": 1}}},
    }

    def set_filter(who: Clients, live: Value, wanted: Value) -> None:
        if wanted is None:
            who.guardduty.delete_filter(**mine, FilterName=name)
        elif live is None:
            who.guardduty.create_filter(**mine, Name=name, Action=wanted, **given)
        else:
            who.guardduty.update_filter(**mine, FilterName=name, Action=wanted, **given)

    def filter_of(who: Clients) -> Value:
        found = there(lambda: who.guardduty.get_filter(**mine, FilterName=name), "BadRequestException")
        return found and found["Action"]

    return [
        Item(
            name=f"detector/{prefix}/status",
            first="ENABLED",
            values=("ENABLED", "DISABLED"),
            move=lambda who, _live, wanted: who.guardduty.update_detector(**mine, Enable=wanted == "ENABLED"),
            read=lambda who: who.guardduty.get_detector(**mine)["Status"],
        ),
        Item(
            name=f"detector/{prefix}/filter",
            first=None,
            values=(None, "ARCHIVE", "NOOP"),
            move=set_filter,
            read=filter_of,
            kept={None: "NOOP"},
        ),
    ]


THINGS = (trail, detector)

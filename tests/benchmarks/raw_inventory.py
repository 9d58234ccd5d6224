"""The same inventory as a raw boto3 script makes it: by parent, 16 calls at once, tags in pages of a hundred; prints JSON."""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

config = Config(max_pool_connections=32)
organizations: Any = boto3.client("organizations", config=config)
tagging: Any = boto3.client("resourcegroupstaggingapi", config=config)


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page[key]]


def tags() -> dict[str, dict[str, str]]:
    given = {"ResourceTypeFilters": ["organizations:account"], "ResourcesPerPage": 100}
    found = pages(tagging, "get_resources", "ResourceTagMappingList", **given)
    return {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}


with ThreadPoolExecutor(16) as listing, ThreadPoolExecutor(16) as walking, ThreadPoolExecutor(1) as aside:
    wanted_tags = aside.submit(tags)
    accounts: dict[str, Future[list[Any]]] = {}

    def walk(parents: dict[str, str]) -> None:
        """All accounts below, level by level: the units of one level are listed at once, their accounts meanwhile."""
        while parents:
            for parent, path in parents.items():
                accounts[path] = listing.submit(
                    pages, organizations, "list_accounts_for_parent", "Accounts", ParentId=parent
                )
            below = walking.map(
                lambda one: [
                    (unit["Id"], f"{one[1]}/{unit['Name']}")
                    for unit in pages(
                        organizations,
                        "list_organizational_units_for_parent",
                        "OrganizationalUnits",
                        ParentId=one[0],
                    )
                ],
                parents.items(),
            )
            parents = dict(unit for units in below for unit in units)

    walk({pages(organizations, "list_roots", "Roots")[0]["Id"]: ""})
    known = wanted_tags.result()
    hosts = [
        {"id": account["Id"], "name": account["Name"], "ou": path, "tags": known.get(account["Arn"], {})}
        for path, found in accounts.items()
        for account in found.result()
    ]
json.dump(hosts, sys.stdout)

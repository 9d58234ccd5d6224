# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an AWS Organization with few calls and in little time: accounts and units by parent, all at once, tags by the hundred.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import Account, Organization, Unit
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

# Organizations is in this region, and what has tags of it is, too:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_HOME = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1"}
_PAGE = 20
"""The most that Organizations gives at once."""
TagSource = Literal["pages", "accounts", "none"]

PERMISSIONS = (
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
    "tag:GetResources",
)


def read_organization(cloud: Cloud, region: str, tags: TagSource) -> Organization:
    """Everything that an inventory wants to know. Raises CordonError."""
    home = home_region(region)
    cloud.client(
        "organizations", home
    )  # before there are other threads: what they do would hold up the root, which all waits for
    roots = cloud.background(lambda: _pages(cloud, home, "ListRoots", "Roots"))
    # The other clients are made while the first answer is on its way.
    paged = cloud.background(lambda: _tags_by_arn(cloud, home)) if tags == "pages" else None
    caller = cloud.background(lambda: cloud.read(_call("sts", region, "GetCallerIdentity")))
    (root,) = roots.result()
    walk = _Walk(cloud, home, Unit(id=root["Id"], name=root["Name"]))
    units, accounts = walk.finish()
    own = str(caller.result()["Account"])
    if paged is not None:
        _can_see_tags(accounts, own)
        by_arn = paged.result()
        accounts = [replace(account, tags=by_arn.get(account.arn, {})) for account in accounts]
    elif tags == "accounts":
        accounts = in_parallel(accounts, lambda account: replace(account, tags=_tags_of(cloud, home, account)))
    return Organization(units=tuple(units), accounts=tuple(accounts), own=own)


def home_region(region: str) -> str:
    """Where the organization is that is reached from `region`."""
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return _HOME[partition]


class _Walk:
    """Down the tree: the accounts and the units of a parent are listed as soon as the parent is known."""

    def __init__(self, cloud: Cloud, region: str, root: Unit) -> None:
        self._cloud, self._region = cloud, region
        self._units: list[Unit] = []
        self._accounts: list[tuple[str, Future[Json]]] = []
        self._asked: dict[Future[Json], str] = {}
        self._enter(root)

    def _enter(self, unit: Unit) -> None:
        self._units.append(unit)
        self._asked[self._list("ListOrganizationalUnitsForParent", "OrganizationalUnits", unit)] = unit.id
        self._accounts.append((unit.id, self._list("ListAccountsForParent", "Accounts", unit)))

    def _list(self, operation: str, key: str, unit: Unit) -> Future[Json]:
        return self._cloud.background(
            lambda: _pages(self._cloud, self._region, operation, key, ParentId=unit.id, MaxResults=_PAGE)
        )

    def finish(self) -> tuple[Sequence[Unit], list[Account]]:
        while self._asked:
            for answered in wait(self._asked, return_when=FIRST_COMPLETED).done:
                parent_id = self._asked.pop(answered)
                for found in answered.result():
                    self._enter(Unit(id=found["Id"], name=found["Name"], parent_id=parent_id))
        return self._units, [
            _account(found, unit_id) for unit_id, answer in self._accounts for found in answer.result()
        ]


def _account(found: Mapping[str, Json], unit_id: str) -> Account:
    """AWS retires `Status` in favour of `State`, which older partitions may lack:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""
    return Account(
        id=found["Id"],
        arn=found["Arn"],
        name=found.get("Name", ""),
        email=found.get("Email", ""),
        state=str(found.get("State") or found.get("Status") or "UNKNOWN"),
        unit_id=unit_id,
    )


def _tags_by_arn(cloud: Cloud, region: str) -> dict[str, dict[str, str]]:
    """The Resource Groups Tagging API returns all resource types, so accounts, too, a hundred a page.
    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html"""
    call = _call(
        "resourcegroupstaggingapi",
        region,
        "GetResources",
        ResourceTypeFilters=["organizations:account"],
        ResourcesPerPage=100,
    )
    return {one["ResourceARN"]: _as_mapping(one["Tags"]) for one in cloud.pages(call, "ResourceTagMappingList")}


def _tags_of(cloud: Cloud, region: str, account: Account) -> dict[str, str]:
    return _as_mapping(_pages(cloud, region, "ListTagsForResource", "Tags", ResourceId=account.id))


def _as_mapping(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _can_see_tags(accounts: Sequence[Account], own: str) -> None:
    """GetResources shows resources of one's own account, and accounts are the management account's: elsewhere none would seem to have
    tags."""
    if any(account.is_management and account.id == own for account in accounts):
        return
    raise InputError(
        "read the tags of the accounts in pages",
        f"the credentials are of account {own}, which does not manage the organization",
        "Set `read_tags: accounts`, which takes one call an account, or `read_tags: none`, or use credentials of the management account.",
    )


def _pages(cloud: Cloud, region: str, operation: str, key: str, **parameters: Json) -> list[Json]:
    return cloud.pages(_call("organizations", region, operation, **parameters), key)


def _call(service: str, region: str, operation: str, **parameters: Json) -> Call:
    return Call(account="", region=region, service=service, operation=operation, parameters=parameters)

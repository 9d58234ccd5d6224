"""What the sandbox itself answers for Organizations and for the Resource Groups Tagging API: shapes, pages, and what closes when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from botocore.validate import ParamValidator
from moto.backends import get_backend
from moto.core.utils import get_service_model
from sandbox_calls import ACCOUNT, OTHER, call, user

from sandbox import organization_accounts, organization_changes, organization_lists, protocol, tagging
from sandbox.errors import ApiError
from sandbox.world import World

HANDLERS = {**organization_lists.HANDLERS, **organization_changes.HANDLERS, **tagging.HANDLERS}
ROOT_ONLY = "SERVICE_CONTROL_POLICY"


@pytest.fixture
def backend(world: World) -> Iterator[Any]:
    """ACCOUNT's organization: two units, one in the other, 45 accounts in the inner one, most with a tag."""
    found = get_backend("organizations")[ACCOUNT]["aws"]
    found.create_organization("us-east-1", FeatureSet="ALL")
    outer = _unit(found, "outer", found.org.root_id)
    inner = _unit(found, "inner", outer)
    for number in range(45):
        tags = {"stage": "test"} if number else {}
        organization_accounts.join(found, f"a{number}", f"a{number}@example.com", inner, tags)
    yield found
    organization_accounts.forget()


def _unit(backend: Any, name: str, parent_id: str) -> str:
    return str(backend.create_organizational_unit(Name=name, ParentId=parent_id)["OrganizationalUnit"]["Id"])


def ask(world: World, operation: str, service: str = "organizations", **parameters: Any) -> Any:
    region = parameters.pop("region", "us-east-1")
    request = replace(call(service, operation, parameters), region=region)
    return HANDLERS[service, operation](world, request, user())


def tags_of(world: World, **parameters: Any) -> Any:
    return ask(world, "GetResources", "resourcegroupstaggingapi", **parameters)


def refused(ask_for: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        ask_for()
    return caught.value.code, str(getattr(caught.value, "Reason", ""))


PARAMETERS: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
    ("organizations", "CloseAccount"): lambda backend: {"AccountId": backend.accounts[-1].id},
    ("organizations", "CreateAccount"): lambda _backend: {"AccountName": "new", "Email": "new@example.com"},
    ("organizations", "DescribeAccount"): lambda backend: {"AccountId": backend.accounts[-1].id},
    ("organizations", "DisablePolicyType"): lambda backend: {"RootId": backend.org.root_id, "PolicyType": ROOT_ONLY},
    ("organizations", "ListAccounts"): lambda _backend: {},
    ("organizations", "ListAccountsForParent"): lambda backend: {"ParentId": backend.ou[-1].id},
    ("organizations", "ListChildren"): lambda backend: {"ParentId": backend.ou[-1].id, "ChildType": "ACCOUNT"},
    ("organizations", "ListOrganizationalUnitsForParent"): lambda backend: {"ParentId": backend.org.root_id},
    ("organizations", "ListParents"): lambda backend: {"ChildId": backend.accounts[-1].id},
    ("organizations", "ListPolicies"): lambda _backend: {"Filter": ROOT_ONLY},
    ("organizations", "ListPoliciesForTarget"): lambda backend: {"TargetId": backend.org.root_id, "Filter": ROOT_ONLY},
    ("organizations", "ListRoots"): lambda _backend: {},
    ("organizations", "ListTargetsForPolicy"): lambda _backend: {"PolicyId": "p-FullAWSAccess"},
    ("resourcegroupstaggingapi", "GetResources"): lambda _backend: {"ResourceTypeFilters": ["organizations:account"]},
}


def test_no_operation_is_forgotten() -> None:
    assert set(PARAMETERS) == set(HANDLERS)


@pytest.mark.parametrize("key", sorted(PARAMETERS), ids=":".join)
def test_botocore_reads_all_that_was_answered(world: World, backend: Any, key: tuple[str, str]) -> None:
    service, operation = key
    backend.enable_policy_type(RootId=backend.org.root_id, PolicyType=ROOT_ONLY)
    answer = ask(world, operation, service, **PARAMETERS[key](backend))
    shape = get_service_model(service).operation_model(operation).output_shape
    status, headers, body = protocol.serialized(service, operation, answer, "request-1")
    found = protocol.parsed(service, operation, status, headers, body)
    found.pop("ResponseMetadata")
    if shape is None:
        assert not answer
        return
    assert not ParamValidator().validate(found, shape).has_errors()
    assert set(found) == {name for name, value in answer.items() if value is not None}
    lists = [name for name, value in answer.items() if isinstance(value, list)]
    assert all(len(found[name]) == len(answer[name]) > 0 for name in lists)


class TestPages:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""

    def test_everything_comes_once_in_pages_of_twenty(self, world: World, backend: Any) -> None:
        lengths, ids, more = [], [], {}
        while not lengths or more:
            page = ask(world, "ListAccountsForParent", ParentId=backend.ou[-1].id, **more)
            lengths.append(len(page["Accounts"]))
            ids += [account["Id"] for account in page["Accounts"]]
            more = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
        assert lengths == [20, 20, 5]
        assert sorted(ids) == sorted(account.id for account in backend.accounts[1:])

    def test_a_page_that_holds_all_has_no_token(self, world: World, backend: Any) -> None:
        assert "NextToken" not in ask(world, "ListRoots")
        assert "NextToken" not in ask(world, "ListOrganizationalUnitsForParent", ParentId=backend.ou[1].id)

    def test_a_unit_shows_what_is_directly_in_it(self, world: World, backend: Any) -> None:
        root, outer, inner = backend.ou
        units = ask(world, "ListOrganizationalUnitsForParent", ParentId=root.id)["OrganizationalUnits"]
        assert units == [{"Id": outer.id, "Arn": outer.arn, "Name": "outer"}]
        assert ask(world, "ListAccountsForParent", ParentId=outer.id)["Accounts"] == []
        assert ask(world, "ListParents", ChildId=inner.id)["Parents"] == [
            {"Id": outer.id, "Type": "ORGANIZATIONAL_UNIT"}
        ]

    @pytest.mark.parametrize(("size", "reason"), [(0, "MIN_VALUE_EXCEEDED"), (21, "MAX_VALUE_EXCEEDED")])
    def test_a_page_has_one_to_twenty_items(self, world: World, backend: Any, size: int, reason: str) -> None:
        assert refused(lambda: ask(world, "ListAccounts", MaxResults=size)) == ("InvalidInputException", reason)

    def test_a_token_is_for_its_own_list(self, world: World, backend: Any) -> None:
        token = ask(world, "ListAccounts", MaxResults=1)["NextToken"]
        assert ask(world, "ListAccounts", MaxResults=5, NextToken=token)["Accounts"][0]["Name"] == "a0"
        invalid = ("InvalidInputException", "INVALID_NEXT_TOKEN")
        here = backend.ou[-1].id
        assert refused(lambda: ask(world, "ListAccountsForParent", ParentId=here, NextToken=token)) == invalid
        assert refused(lambda: ask(world, "ListAccounts", NextToken="nonsense")) == invalid

    def test_policies_are_of_a_type_that_there_is(self, world: World, backend: Any) -> None:
        unknown = ("InvalidInputException", "INVALID_ENUM_POLICY_TYPE")
        assert refused(lambda: ask(world, "ListPolicies", Filter="SCP")) == unknown
        assert (
            refused(lambda: ask(world, "ListPoliciesForTarget", TargetId=backend.org.root_id, Filter="SCP")) == unknown
        )
        assert ask(world, "ListPolicies", Filter="TAG_POLICY")["Policies"] == []

    def test_a_parent_that_is_not_there(self, world: World, backend: Any) -> None:
        asked = refused(lambda: ask(world, "ListAccountsForParent", ParentId="ou-ab12-12345678"))
        assert asked[0] == "ParentNotFoundException"


class TestClosing:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html"""

    def shown(self, world: World, account: str) -> tuple[str, str]:
        found = ask(world, "DescribeAccount", AccountId=account)["Account"]
        return found["State"], found["Status"]

    def test_it_takes_some_minutes(self, world: World, backend: Any) -> None:
        account = backend.accounts[-1].id
        assert self.shown(world, account) == ("ACTIVE", "ACTIVE")
        ask(world, "CloseAccount", AccountId=account)
        assert self.shown(world, account) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
        assert refused(lambda: ask(world, "CloseAccount", AccountId=account))[0] == "ConflictException"
        world.clock.advance(600)
        assert self.shown(world, account) == ("CLOSED", "SUSPENDED")
        assert refused(lambda: ask(world, "CloseAccount", AccountId=account))[0] == "AccountAlreadyClosedException"

    def test_not_the_management_account(self, world: World, backend: Any) -> None:
        closing = refused(lambda: ask(world, "CloseAccount", AccountId=ACCOUNT))
        assert closing == ("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
        assert refused(lambda: ask(world, "CloseAccount", AccountId=OTHER))[0] == "AccountNotFoundException"


class TestTags:
    """https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""

    ACCOUNTS: ClassVar = {"ResourceTypeFilters": ["organizations:account"]}

    def test_tagged_accounts_come_in_pages_of_a_hundred_at_most(self, world: World, backend: Any) -> None:
        found = tags_of(world, ResourcesPerPage=40, **self.ACCOUNTS)
        rest = tags_of(world, ResourcesPerPage=40, PaginationToken=found["PaginationToken"], **self.ACCOUNTS)
        assert (len(found["ResourceTagMappingList"]), len(rest["ResourceTagMappingList"])) == (40, 4)
        assert rest["PaginationToken"] == ""
        assert found["ResourceTagMappingList"][0] == {
            "ResourceARN": backend.accounts[2].arn,
            "Tags": [{"Key": "stage", "Value": "test"}],
        }
        assert refused(lambda: tags_of(world, ResourcesPerPage=101, **self.ACCOUNTS))[0] == "InvalidParameterException"

    def test_they_are_in_us_east_1_and_the_management_accounts(self, world: World, backend: Any) -> None:
        assert tags_of(world, region="eu-west-1", **self.ACCOUNTS)["ResourceTagMappingList"] == []
        member = user(backend.accounts[-1].id)
        request = replace(call("resourcegroupstaggingapi", "GetResources", self.ACCOUNTS), region="us-east-1")
        assert tagging.get_resources(world, request, member)["ResourceTagMappingList"] == []

    def test_what_has_had_tags_is_shown_without(self, world: World, backend: Any) -> None:
        before = len(tags_of(world, **self.ACCOUNTS)["ResourceTagMappingList"])
        account = backend.accounts[-1]
        account.tags.clear()
        assert len(tags_of(world, **self.ACCOUNTS)["ResourceTagMappingList"]) == before - 1
        account.has_had_tags = True
        assert {"ResourceARN": account.arn, "Tags": []} in tags_of(world, **self.ACCOUNTS)["ResourceTagMappingList"]

    def test_filters_choose(self, world: World, backend: Any) -> None:
        backend.ou[1].tags["stage"] = "live"

        def count(**given: Any) -> int:
            return len(tags_of(world, **given)["ResourceTagMappingList"])

        assert count(ResourceTypeFilters=["organizations"]) == 45
        assert count(ResourceTypeFilters=["organizations:ou"]) == 1
        assert count(TagFilters=[{"Key": "stage", "Values": ["live"]}]) == 1
        assert count(TagFilters=[{"Key": "Stage"}]) == 0
        assert count(ResourceARNList=[backend.ou[1].arn]) == 1
        clash = {"ResourceARNList": [backend.ou[1].arn], "TagFilters": [{"Key": "stage"}]}
        assert refused(lambda: count(**clash))[0] == "InvalidParameterException"

    def test_resources_of_other_services_come_along(self, world: World, backend: Any) -> None:
        ec2 = get_backend("ec2")[ACCOUNT]["us-east-1"]
        volume = ec2.create_volume(size=1, zone_name="us-east-1a")
        ec2.create_tags([volume.id], {"stage": "test"})
        arns = [one["ResourceARN"] for one in tags_of(world, ResourceTypeFilters=["ec2"])["ResourceTagMappingList"]]
        assert [arn.rpartition("/")[2] for arn in arns] == [volume.id]
        assert len(tags_of(world, TagFilters=[{"Key": "stage"}], ResourcesPerPage=100)["ResourceTagMappingList"]) == 45

    def test_a_page_ends_where_its_tags_do(self, world: World, backend: Any) -> None:
        """22 resources with 10 tags each, 100 tags a page: 10, 10 and 2 resources (the documentation's own example)."""
        for number, account in enumerate(backend.accounts):
            account.tags = {f"key-{key}": "" for key in range(10)} if number < 22 else {}
        lengths, token = [], "start"
        while token:
            given = {} if token == "start" else {"PaginationToken": token}
            page = tags_of(world, TagsPerPage=100, **self.ACCOUNTS, **given)
            lengths.append(len(page["ResourceTagMappingList"]))
            token = page["PaginationToken"]
        assert lengths == [10, 10, 2]

    def test_a_token_lives_a_quarter_of_an_hour(self, world: World, backend: Any) -> None:
        token = tags_of(world, ResourcesPerPage=1, **self.ACCOUNTS)["PaginationToken"]
        world.clock.advance(901)
        late = refused(lambda: tags_of(world, PaginationToken=token, **self.ACCOUNTS))
        assert late[0] == "PaginationTokenExpiredException"


class TestMembers:
    def test_the_role_in_a_new_account_may_do_everything(self, world: World, backend: Any) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
        account = backend.accounts[-1]
        iam = get_backend("iam")[account.id]["aws"]
        (role,) = iam.roles.values()
        assert (role.name, role.create_date) == ("OrganizationAccountAccessRole", account.create_time)
        assert [*role.managed_policies] == ["arn:aws:iam::aws:policy/AdministratorAccess"]

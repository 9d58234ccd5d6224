"""Which principal a name means, and what is refused: what has passed to another, what nobody can contain, what CloudTrail does not know."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from iam_model import IamModel, World
from runs import ALICE, DEPLOY, KEY, one_role, one_user

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError, InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

ACCOUNT = "123456789012"
ALICES_ID, DEPLOYS_ID = "AIDACKCEVSQ6C2EXAMPLE", "AROACKCEVSQ6C2EXAMPLE"
TEMPORARY = "ASIAIOSFODNN7EXAMPLE"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/bob"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/fed"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
PAGE = 50

ALICE_IDENTITY = {"type": "IAMUser", "principalId": ALICES_ID, "arn": ALICE, "accountId": ACCOUNT, "accessKeyId": KEY}
ROOT_IDENTITY = {"type": "Root", "principalId": ACCOUNT, "arn": ROOT, "accountId": ACCOUNT, "accessKeyId": KEY}
DEPLOY_IDENTITY = {
    "type": "AssumedRole",
    "principalId": f"{DEPLOYS_ID}:bob",
    "arn": SESSION,
    "accountId": ACCOUNT,
    "accessKeyId": TEMPORARY,
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "principalId": DEPLOYS_ID, "arn": DEPLOY, "accountId": ACCOUNT}
    },
}
FEDERATED_IDENTITY = {
    "type": "FederatedUser",
    "principalId": f"{ACCOUNT}:fed",
    "arn": FEDERATED,
    "accountId": ACCOUNT,
    "accessKeyId": TEMPORARY,
    "sessionContext": {
        "sessionIssuer": {"type": "IAMUser", "principalId": ALICES_ID, "arn": ALICE, "accountId": ACCOUNT}
    },
}


def used(identity: dict[str, Any]) -> dict[str, Any]:
    """A call that was made with the temporary key."""
    return {"eventName": "ListBuckets", "userIdentity": identity | {"accessKeyId": TEMPORARY}}


def given_out(operation: str, identity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The call that the temporary key is an answer to."""
    answer = {"credentials": {"accessKeyId": TEMPORARY}} | more
    return {"eventName": operation, "userIdentity": identity, "responseElements": answer}


ASSUMED = given_out(
    "AssumeRole",
    {"type": "AWSAccount", "principalId": "AIDAI44QH8DHBEXAMPLE", "accountId": "444455556666"},
    assumedRoleUser={"arn": SESSION, "assumedRoleId": f"{DEPLOYS_ID}:bob"},
)
FEDERATION = given_out("GetFederationToken", ALICE_IDENTITY, federatedUser={"arn": FEDERATED})


class Account(IamModel):
    """IAM, and what STS and CloudTrail know of one account. `events`: region -> its event history, newest first."""

    def __init__(self, world: World, **events: list[dict[str, Any]]) -> None:
        super().__init__(world)
        self.events = {region.replace("_", "-"): found for region, found in events.items()}
        self.region = "us-east-1"
        self.no_key = False

    def caller(self) -> Caller:
        return replace(super().caller(), region=self.region)

    def read(self, call: Call) -> dict[str, Any]:
        match call.operation:
            case "GetAccessKeyInfo":
                return {"Account": ACCOUNT}
            case "GetAccessKeyLastUsed":
                assert call.account == ACCOUNT
                return {} if self.no_key else {"UserName": "alice"}
            case "LookupEvents":
                assert call.account == ACCOUNT
                return self._look_up(call)
        return super().read(call)

    def pages(self, call: Call, key: str) -> list[Any]:
        if call.operation == "ListUsers":
            users = {arn: there for arn, there in self.world.items() if ":user/" in arn}
            return [
                {"UserName": arn.rpartition("/")[2], "UserId": there.get("id", ALICES_ID)}
                for arn, there in users.items()
            ]
        return super().pages(call, key)

    def _look_up(self, call: Call) -> dict[str, Any]:
        asked = call.parameters["LookupAttributes"][0]
        found = [event for event in self.events.get(call.region, ()) if fits(event, **asked)]
        start = int(call.parameters.get("NextToken", "0"))
        page = [{"CloudTrailEvent": json.dumps(event)} for event in found[start : start + PAGE]]
        return {"Events": page} | ({"NextToken": str(start + PAGE)} if start + PAGE < len(found) else {})


def fits(event: dict[str, Any], AttributeKey: str, AttributeValue: str) -> bool:  # noqa: N803 - AWS's names
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html"""
    match AttributeKey:
        case "AccessKeyId":
            return bool(event["userIdentity"].get("accessKeyId") == AttributeValue)
        case "ResourceName":
            answer = event.get("responseElements") or {}
            return bool(answer.get("credentials", {}).get("accessKeyId") == AttributeValue)
        case "EventName":
            return bool(event["eventName"] == AttributeValue)
    raise AssertionError(AttributeKey)


def find(account: Account, text: str, **arguments: Any) -> IamPrincipal:
    cloud: Any = account
    return find_principal(Reads(cloud), parse_principal(text, "principals[0]"), **arguments)


def world() -> World:
    return one_user() | one_role()


@pytest.mark.parametrize(
    ("text", "scope", "kind", "arn", "unique_id"),
    [
        (ALICE, "principal", "user", ALICE, ALICES_ID),
        (KEY, "session", "user", ALICE, ALICES_ID),
        (DEPLOY, "session", "role", DEPLOY, DEPLOYS_ID),
        (SESSION, "principal", "role", DEPLOY, DEPLOYS_ID),
        (SESSION, "session", "session", SESSION, f"{DEPLOYS_ID}:bob"),
        (ROOT, "principal", "root", ROOT, ACCOUNT),
    ],
)
def test_a_name_means(text: str, scope: str, kind: str, arn: str, unique_id: str) -> None:
    found = find(Account(world()), text, scope=scope)
    assert (found.kind, found.arn, found.account, found.unique_id) == (kind, arn, ACCOUNT, unique_id)


def test_a_session_knows_the_path_of_its_role_which_its_own_arn_does_not_tell() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
    found = find(Account({arn: one_role()[DEPLOY]}), SESSION, scope="session")
    assert (found.role_arn, found.name) == (arn, "deploy")


def test_a_name_without_its_path_means_the_one_of_that_name_and_a_wrong_path_means_nobody() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
    account = Account({arn: one_role()[DEPLOY]})
    assert find(account, DEPLOY).arn == arn
    with pytest.raises(InputError, match=f"the role of that name is {arn}"):
        find(account, f"arn:aws:iam::{ACCOUNT}:role/other/deploy")


@pytest.mark.parametrize(
    ("event", "kind", "arn"),
    [
        (used(ALICE_IDENTITY), "user", ALICE),
        (used(ROOT_IDENTITY), "root", ROOT),
        (used(DEPLOY_IDENTITY), "role", DEPLOY),
        (used(FEDERATED_IDENTITY), "user", ALICE),
        (given_out("GetSessionToken", ALICE_IDENTITY), "user", ALICE),
        (given_out("GetSessionToken", ROOT_IDENTITY), "root", ROOT),
        (given_out("AssumeRoot", {"type": "AWSAccount", "accountId": "444455556666"}), "root", ROOT),
        (ASSUMED, "role", DEPLOY),
        (ASSUMED | {"eventName": "AssumeRoleWithSAML"}, "role", DEPLOY),
        (FEDERATION, "user", ALICE),
    ],
    ids=lambda value: value["eventName"] if isinstance(value, dict) else None,
)
def test_whose_a_temporary_key_is_stands_in_its_calls_and_in_the_one_that_gave_it_out(
    event: dict[str, Any], kind: str, arn: str
) -> None:
    found = find(Account(world(), us_east_1=[event]), TEMPORARY)
    assert (found.kind, found.arn) == (kind, arn)


@pytest.mark.parametrize("event", [used(DEPLOY_IDENTITY), ASSUMED], ids=["used", "given out"])
def test_with_the_scope_session_a_roles_key_means_that_session_alone(event: dict[str, Any]) -> None:
    found = find(Account(world(), us_east_1=[event]), TEMPORARY, scope="session")
    assert (found.kind, found.arn, found.unique_id) == ("session", SESSION, f"{DEPLOYS_ID}:bob")


def test_with_the_scope_session_a_users_session_means_all_of_the_user_and_says_so() -> None:
    """Never less than was asked for: in policies such a session is its user."""
    found = find(Account(world(), us_east_1=[used(ALICE_IDENTITY)]), TEMPORARY, scope="session")
    assert found.arn == ALICE
    assert found.notes == (
        f"access key {TEMPORARY} is a session of user/alice, which cannot be told from it in policies: all of user/alice is meant.",
    )


def test_the_callers_region_is_looked_in_as_well() -> None:
    account = Account(world(), us_east_1=[], eu_west_1=[used(DEPLOY_IDENTITY)])
    account.region = "eu-west-1"
    assert find(account, TEMPORARY).arn == DEPLOY


def test_what_cloudtrail_does_not_show_is_told_with_the_way_out() -> None:
    account = Account(world(), us_east_1=[used(DEPLOY_IDENTITY) | {"userIdentity": ALICE_IDENTITY}])
    account.region = "eu-west-1"
    with pytest.raises(InputError) as unknown:
        find(account, TEMPORARY)
    assert f"the event history of account {ACCOUNT} does not show it in us-east-1, eu-west-1" in str(unknown.value)
    assert "or name the role or the user by ARN" in unknown.value.remedy
    assert f"AttributeKey=AccessKeyId,AttributeValue={TEMPORARY}" in unknown.value.remedy


STRANGE = {
    "another account's": DEPLOY_IDENTITY | {"arn": SESSION.replace(ACCOUNT, "444455556666")},
    "another partition's": DEPLOY_IDENTITY | {"arn": SESSION.replace("arn:aws:", "arn:aws-cn:")},
    "no ARN": DEPLOY_IDENTITY | {"arn": "{{ lookup('pipe', 'id') }}"},
    "no id of a role": DEPLOY_IDENTITY | {"principalId": f"{ALICES_ID}:bob"},
    "no id of a user": ALICE_IDENTITY | {"principalId": "*"},
    "a service": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    "another account's root": ROOT_IDENTITY | {"accountId": "444455556666"},
    "nobody": {},
}


@pytest.mark.parametrize("identity", STRANGE.values(), ids=STRANGE)
def test_of_an_event_only_what_has_the_right_shape_and_account_is_believed(identity: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="does not show it"):
        find(Account(world(), us_east_1=[used(identity)]), TEMPORARY)
    assert find(Account(world(), us_east_1=[used(identity), used(DEPLOY_IDENTITY)]), TEMPORARY).arn == DEPLOY


def test_a_refused_call_tells_nothing() -> None:
    with pytest.raises(InputError, match="does not show it"):
        find(Account(world(), us_east_1=[used(DEPLOY_IDENTITY) | {"errorCode": "AccessDenied"}]), TEMPORARY)


SOMEBODY = {"id": "AIDAI44QH8DHBEXAMPLE"}
RENAMED = f"arn:aws:iam::{ACCOUNT}:user/innocent"


@pytest.mark.parametrize("event", [used(ALICE_IDENTITY), FEDERATION], ids=["used", "given out"])
def test_a_user_is_found_under_the_name_that_it_has_now(event: dict[str, Any]) -> None:
    """Whoever may rename users can hide so, and send responders after the one who has got the old name."""
    renamed = {RENAMED: one_user()[ALICE], ALICE: one_user()[ALICE] | SOMEBODY}
    assert find(Account(renamed, us_east_1=[event]), TEMPORARY).arn == RENAMED
    del renamed[ALICE]
    assert find(Account(renamed, us_east_1=[event]), TEMPORARY).arn == RENAMED


def test_a_user_that_is_gone_is_not_taken_for_the_one_who_has_its_name() -> None:
    account = Account({ALICE: one_user()[ALICE] | SOMEBODY}, us_east_1=[used(ALICE_IDENTITY)])
    with pytest.raises(DriftError, match="no user of that account has that id now"):
        find(account, TEMPORARY)


def test_a_role_that_was_made_anew_is_not_the_one_whose_session_it_was() -> None:
    account = Account(one_role(id="AROAI44QH8DHBEXAMPLE"), us_east_1=[used(DEPLOY_IDENTITY)])
    with pytest.raises(DriftError, match="AROAI44QH8DHBEXAMPLE has that name now"):
        find(account, TEMPORARY)


class TestFederatedUsers:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""

    def test_who_federated_it_is_found_among_all_who_federate(self) -> None:
        others = given_out("GetFederationToken", ROOT_IDENTITY, federatedUser={"arn": f"{FEDERATED}-2"})
        found = find(Account(world(), us_east_1=[others] * 120 + [FEDERATION]), FEDERATED)
        assert found.arn == ALICE

    def test_it_is_enough_that_one_user_did_it_often(self) -> None:
        assert find(Account(world(), us_east_1=[FEDERATION] * 3), FEDERATED, scope="session").arn == ALICE

    def test_several_are_named_for_a_human_to_choose(self) -> None:
        bob = ALICE_IDENTITY | {"arn": f"{ALICE[:-5]}bob", "principalId": "AIDAI44QH8DHBEXAMPLE"}
        by_bob = given_out("GetFederationToken", bob, federatedUser={"arn": FEDERATED})
        with pytest.raises(InputError) as several:
            find(Account(world(), us_east_1=[FEDERATION, by_bob]), FEDERATED)
        assert f"several did: {ALICE}, {ALICE[:-5]}bob" in str(several.value)

    def test_where_nobody_did_the_way_out_is_told(self) -> None:
        with pytest.raises(InputError, match="does not show it in us-east-1") as nobody:
            find(Account(world(), us_east_1=[]), FEDERATED)
        assert "Name the user by ARN" in nobody.value.remedy


class TestRefused:
    def test_service_linked_roles_can_be_changed_by_nobody(self) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"""
        arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
        account = Account({arn: one_role()[DEPLOY]})
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForSupport/session"
        for text, scope in ((arn, "principal"), (session, "principal"), (session, "session")):
            with pytest.raises(RefusedError, match="service-linked role, which nobody but its service can change"):
                find(account, text, scope=scope)

    @pytest.mark.parametrize("text", [ALICE, KEY, DEPLOY, SESSION, ROOT])
    def test_accounts_that_are_not_allowed(self, text: str) -> None:
        with pytest.raises(RefusedError, match=f"in account {ACCOUNT}, and `accounts` allows 444455556666"):
            find(Account(world()), text, accounts=frozenset({"444455556666"}))
        assert find(Account(world()), text, accounts=frozenset({ACCOUNT})).account == ACCOUNT

    @pytest.mark.parametrize(("text", "unique_id"), [(ALICE, ALICES_ID), (DEPLOY, DEPLOYS_ID), (SESSION, DEPLOYS_ID)])
    def test_another_one_than_the_unique_id_says(self, text: str, unique_id: str) -> None:
        assert find(Account(world()), text, unique_ids={text: unique_id}, scope="session").unique_id
        with pytest.raises(DriftError, match="it is another one now"):
            find(Account(world()), text, unique_ids={text: unique_id[:-1]}, scope="session")

    @pytest.mark.parametrize("text", [ALICE, DEPLOY, SESSION, ROOT, FEDERATED])
    def test_another_partition(self, text: str) -> None:
        with pytest.raises(InputError, match="Run this with credentials of partition aws-cn"):
            find(Account(world()), text.replace("arn:aws:", "arn:aws-cn:"))

    @pytest.mark.parametrize("text", [f"{ALICE}x", f"{DEPLOY}x", SESSION.replace("deploy", "deployx"), "nobody"])
    def test_whoever_does_not_exist(self, text: str) -> None:
        with pytest.raises(AwsError) as missing:
            find(Account(world()), text)
        assert missing.value.code == "NoSuchEntity"


def test_a_key_that_is_no_users_and_that_nobody_used_is_roots_or_gone() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""
    account = Account(world())
    account.no_key = True
    found = find(account, KEY)
    assert (found.kind, found.arn) == ("root", ROOT)
    assert KEY in found.notes[0]


@pytest.mark.parametrize(("identity", "arn"), [(ALICE_IDENTITY, ALICE), (ROOT_IDENTITY, ROOT)])
def test_a_key_that_no_user_has_any_more_is_whose_cloudtrail_says_it_was(identity: dict[str, Any], arn: str) -> None:
    """Whoever may change IAM can delete the key that was found, and go on with another one."""
    account = Account(world(), us_east_1=[{"eventName": "ListBuckets", "userIdentity": identity}])
    account.no_key = True
    assert find(account, KEY).arn == arn


def test_a_wish_for_a_time_reaches_roles_and_is_told_to_be_none_for_others() -> None:
    time = "2026-01-31T14:05:00Z"
    assert find(Account(world()), DEPLOY, sessions_before=time).sessions_before == time
    user = find(Account(world()), ALICE, sessions_before=time)
    assert user.sessions_before == ""
    assert user.notes == ("`sessions_before` is for whole roles, and does not limit the denial of user/alice.",)

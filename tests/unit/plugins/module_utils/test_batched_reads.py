"""Many users and roles of one account are looked at by listing the account: the same is seen, in fewer calls."""

from __future__ import annotations

from typing import Any

import pytest
from iam_model import IamModel, World
from runs import USUAL

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

MANY = 12
LISTING = "GetAccountAuthorizationDetails"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
# Spaces, a plus and a percent sign: what a careless decoding would change.
TEXT = '{ "Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "a+b%20c/${aws:username}"}]}'
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}'


def many(kind: str, count: int = MANY, account: str = "123456789012") -> World:
    more: dict[str, Any] = {"trust": TRUST} if kind == "role" else {"keys": {}}
    return {
        f"arn:aws:iam::{account}:{kind}/team/one-{number}": {
            "id": f"{'AROA' if kind == 'role' else 'AIDA'}{number:016}",
            "inline": {f"work-{number}": TEXT} if number % 2 else {},
            "attached": [BOUNDARY] if number % 3 == 0 else [],
            "boundary": BOUNDARY if number % 4 == 0 else None,
            **more,
        }
        for number in range(count)
    }


def targets(world: World) -> list[IamPrincipal]:
    return [principal_of_arn(arn) for arn in world]


def seen(model: IamModel, there: list[IamPrincipal], reads: Reads) -> list[dict[str, Any]]:
    containment = Containment(measures=USUAL)
    return [containment.observe(reads, one) for one in there]


def one_look(model: Any, there: list[IamPrincipal]) -> list[dict[str, Any]]:
    return seen(model, there, Reads(model, targets=len(there)))


@pytest.mark.parametrize("kind", ["user", "role"])
def test_the_same_is_seen(kind: str) -> None:
    world = many(kind)
    single, batched = IamModel(world), IamModel(world)
    expected = seen(single, targets(world), Reads(single))  # type: ignore[arg-type]
    assert one_look(batched, targets(world)) == expected
    assert expected[1]["inline_policy/work-1"] == TEXT
    assert expected[4]["permissions_boundary"] == BOUNDARY


@pytest.mark.parametrize("count", [1, MANY])
@pytest.mark.parametrize("kind", ["user", "role"])
def test_one_call_tells_of_all(kind: str, count: int) -> None:
    world = many(kind, count)
    model = IamModel(world)
    one_look(model, targets(world))
    asked = (
        f"Get{kind.title()}",
        f"List{kind.title()}Policies",
        f"Get{kind.title()}Policy",
        f"ListAttached{kind.title()}Policies",
    )
    assert (model.calls[LISTING], [model.calls[name] for name in asked]) == (1, [0, 0, 0, 0])


def test_of_one_in_a_large_account_no_more_than_a_page_is_read() -> None:
    model: Any = Endless(many("user", 1))
    one_look(model, targets(many("user", 1)))
    assert (model.calls[LISTING], model.calls["GetUser"], model.sizes) == (1, 1, [100])


def test_each_account_is_listed_once() -> None:
    world = {arn: there for number in range(3) for arn, there in many("user", 2, f"{number:012}").items()}
    model = IamModel(world)
    one_look(model, targets(world))
    assert (model.calls[LISTING], model.calls["GetUser"]) == (3, 0)


def test_verification_asks_for_each_by_itself() -> None:
    world = many("user")
    model = IamModel(world)
    seen(model, targets(world), Reads(model))  # type: ignore[arg-type]
    assert (model.calls[LISTING], model.calls["GetUser"]) == (0, MANY)


def test_who_may_not_list_the_account_sees_the_same() -> None:
    world = many("user")
    model, single = IamModel(world), IamModel(world)
    model.refused = {LISTING: "AccessDenied"}
    assert one_look(model, targets(world)) == seen(single, targets(world), Reads(single))  # type: ignore[arg-type]
    assert model.calls["GetUser"] == MANY


def test_who_is_not_in_the_listing_is_asked_for() -> None:
    """Whoever is gone is refused as ever, and who was made since is found."""
    world = many("user")
    gone = IamPrincipal(kind="user", arn="arn:aws:iam::123456789012:user/gone", account="123456789012", name="gone")
    late = "arn:aws:iam::123456789012:user/late"
    model: Any = IamModel(world)
    reads = Reads(model, targets=MANY + 2)
    seen(model, targets(world), reads)
    with pytest.raises(AwsError) as caught:
        reads.read(gone.call("GetUser"))
    assert caught.value.code == "NoSuchEntity"
    model.world[late] = {"id": "AIDALATE000000000000", "inline": {}, "attached": [], "boundary": None, "keys": {}}
    assert reads.read(principal_of_arn(late).call("GetUser"))["User"]["UserId"] == "AIDALATE000000000000"


class Endless(IamModel):
    """An account whose listing has page after page, and none of the targets on them."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.sizes: list[int] = []

    def read(self, call: Call) -> dict[str, Any]:
        if call.operation == LISTING:
            self.calls[call.operation] += 1
            self.sizes.append(call.parameters["MaxItems"])
            return {"UserDetailList": [], "IsTruncated": True, "Marker": str(self.calls[LISTING])}
        return super().read(call)


def test_a_listing_that_takes_longer_than_asking_one_by_one_is_given_up() -> None:
    world = many("user")
    model: Any = Endless(world)
    one_look(model, targets(world))
    # 12 users take 48 calls, 16 at once.
    assert model.calls[LISTING] == 4
    assert model.calls["GetUser"] == MANY


class Paged(IamModel):
    """One user a page."""

    def read(self, call: Call) -> dict[str, Any]:
        answer = super().read(call)
        if call.operation != LISTING:
            return answer
        page = int(call.parameters.get("Marker", "0"))
        listed = answer["UserDetailList"]
        more = {"Marker": str(page + 1)} if page + 1 < len(listed) else {}
        return {"UserDetailList": listed[page : page + 1], "IsTruncated": bool(more), **more}


def test_every_page_is_read() -> None:
    world = many("user")
    model: Any = Paged(world)
    reads = Reads(model, targets=200)
    seen(model, targets(world), reads)
    assert (model.calls[LISTING], model.calls["GetUser"]) == (MANY, 0)


def test_other_questions_are_asked_as_ever() -> None:
    world = many("user")
    model: Any = IamModel(world)
    reads = Reads(model, targets=MANY)
    seen(model, targets(world), reads)
    assert model.calls["ListAccessKeys"] == MANY
    assert reads.read(iam_call("123456789012", "aws", "ListSAMLProviders")) == {"SAMLProviderList": []}

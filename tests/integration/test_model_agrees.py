"""The unit tests' quick model of IAM does what the sandbox does: the same calls, the same answers, the same errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.measures import access_keys, deny_policy
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from iam_model import IamModel
from strategies import padded_policy

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NOTHING = "arn:aws:iam::aws:policy/NothingOfThatName"
SPACED = ' {"Version": "2012-10-17",\n\t"Statement": {"Effect": "Allow", "Action": "s3:Get+*", "Resource": "*"}} '
PUT, DELETE, ATTACH, DETACH = "PutUserPolicy", "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy"
BOUND, UNBOUND = "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"
Step = tuple[str, dict[str, str]]


def inline(name: str, text: str | None = None) -> dict[str, str]:
    return {"PolicyName": name} | ({} if text is None else {"PolicyDocument": text})


STORIES: dict[str, list[Step]] = {
    "inline policies": [
        (PUT, inline("p", SPACED)),
        (PUT, inline("p", padded_policy(120))),
        (PUT, inline("q", SPACED)),
        (DELETE, inline("p")),
        (DELETE, inline("p")),
        ("GetUserPolicy", inline("p")),
        ("GetUserPolicy", inline("q")),
    ],
    "the quota of inline policies": [
        (PUT, inline("p", padded_policy(1000))),
        (PUT, inline("q", padded_policy(1049))),
        (PUT, inline("q", padded_policy(1048))),
        (PUT, inline("r", SPACED)),
        (PUT, inline("p", padded_policy(1001))),
        (PUT, inline("p", padded_policy(999))),
        (PUT, inline("q", padded_policy(2049))),
    ],
    "attached policies": [
        (ATTACH, {"PolicyArn": DENY_ALL}),
        (ATTACH, {"PolicyArn": DENY_ALL}),
        (ATTACH, {"PolicyArn": NOTHING}),
        (DETACH, {"PolicyArn": DENY_ALL}),
        (DETACH, {"PolicyArn": DENY_ALL}),
        (DETACH, {"PolicyArn": NOTHING}),
    ],
    "the quota of attached policies": [
        *((ATTACH, {"PolicyArn": f"OWN/{number}"}) for number in range(10)),
        (ATTACH, {"PolicyArn": DENY_ALL}),
        (ATTACH, {"PolicyArn": "OWN/3"}),
        (DETACH, {"PolicyArn": "OWN/3"}),
        (ATTACH, {"PolicyArn": DENY_ALL}),
    ],
    "the permissions boundary": [
        (UNBOUND, {}),
        (BOUND, {"PermissionsBoundary": READ_ONLY}),
        (BOUND, {"PermissionsBoundary": NOTHING}),
        (BOUND, {"PermissionsBoundary": DENY_ALL}),
        (UNBOUND, {}),
        (UNBOUND, {}),
    ],
    "access keys": [
        ("UpdateAccessKey", {"AccessKeyId": "KEY", "Status": "Inactive"}),
        ("UpdateAccessKey", {"AccessKeyId": "KEY", "Status": "Inactive"}),
        ("UpdateAccessKey", {"AccessKeyId": "KEY", "Status": "Active"}),
        ("UpdateAccessKey", {"AccessKeyId": "KEY OF BOB", "Status": "Inactive"}),
        ("UpdateAccessKey", {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}),
    ],
}
NOBODYS = [
    ("GetUser", {}),
    ("ListAccessKeys", {}),
    ("ListUserPolicies", {}),
    ("ListAttachedUserPolicies", {}),
    ("GetUserPolicy", inline("p")),
    (PUT, inline("p", SPACED)),
    (DELETE, inline("p")),
    (ATTACH, {"PolicyArn": DENY_ALL}),
    (DETACH, {"PolicyArn": DENY_ALL}),
    (BOUND, {"PermissionsBoundary": DENY_ALL}),
    (UNBOUND, {}),
    ("UpdateAccessKey", {"AccessKeyId": "KEY", "Status": "Inactive"}),
]
LISTS = {
    "ListAccessKeys": "AccessKeyMetadata",
    "ListUserPolicies": "PolicyNames",
    "ListAttachedUserPolicies": "AttachedPolicies",
}


class Pair:
    """Two users, alice and bob, in the sandbox and in the model."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = sandbox.management
        self.cloud = Cloud(
            Connection(
                region="us-east-1",
                endpoint_url=sandbox.endpoint_url,
                credentials={
                    "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
                    "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
                },
            )
        )
        iam = sandbox.client("iam")
        self.words, world = {}, {}
        for name, word in (("alice", "KEY"), ("bob", "KEY OF BOB")):
            user = iam.create_user(UserName=name, Path="/team/")["User"]
            key_id = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            self.words[word] = key_id
            world[user["Arn"]] = {
                "inline": {},
                "attached": [],
                "boundary": None,
                "keys": {key_id: "Active"},
                "id": user["UserId"],
            }
        for number in range(10):
            created = iam.create_policy(PolicyName=f"own{number}", PolicyDocument=SPACED)
            self.words[f"OWN/{number}"] = created["Policy"]["Arn"]
        self.model = IamModel(world)
        self.model.no_policies = frozenset({NOTHING})
        self.users = [IamUser(arn=arn, account=self.account, name=arn.rpartition("/")[2]) for arn in world]

    def both(self, step: Step, user: str) -> tuple[Any, Any]:
        """The error code, or what was answered as far as Cordon looks at it, from the sandbox and from the model."""
        operation, given = step
        named = {name: self.words.get(value, value) for name, value in given.items()}
        call = Call(
            account=self.account,
            region="us-east-1",
            service="iam",
            operation=operation,
            parameters={"UserName": user, **named},
        )
        return outcome(self.cloud, call), outcome(self.model, call)

    def states(self) -> tuple[Any, Any]:
        """Everything that the measures observe of both users."""
        return self._state(self.cloud), self._state(self.model)

    def _state(self, cloud: Any) -> list[dict[str, Any]]:
        return [measure.observe(Reads(cloud), user) for user in self.users for measure in (deny_policy, access_keys)]


def outcome(cloud: Any, call: Call) -> Any:
    try:
        if call.operation in LISTS:
            return cloud.pages(call, LISTS[call.operation])
        if call.operation.startswith("Get"):
            return cloud.read(call).get("PolicyDocument", "done")
        cloud.write(call)
    except AwsError as error:
        return error.code
    return "done"


@pytest.fixture
def pair(sandbox: Sandbox) -> Pair:
    return Pair(sandbox)


@pytest.mark.parametrize("story", STORIES)
def test_the_same_calls_have_the_same_outcomes_and_leave_the_same_state(pair: Pair, story: str) -> None:
    for number, step in enumerate(STORIES[story], 1):
        real, modelled = pair.both(step, "alice")
        assert modelled == real, f"call {number}, {step[0]}"
        real, modelled = pair.states()
        assert modelled == real, f"after call {number}, {step[0]}"


@pytest.mark.parametrize("step", NOBODYS, ids=lambda step: step[0])
def test_what_is_asked_of_a_user_that_does_not_exist_is_refused_alike(pair: Pair, step: Step) -> None:
    assert pair.both(step, "nobody") == ("NoSuchEntity", "NoSuchEntity")


def test_the_stories_meet_every_refusal_that_the_model_knows(pair: Pair) -> None:
    """Agreement on nothing but successes would say little."""
    met = {(step[0], pair.both(step, "alice")[0]) for story in STORIES for step in STORIES[story]}
    refused = {(operation, answer) for operation, answer in met if answer in ("LimitExceeded", "NoSuchEntity")}
    assert refused == {
        (PUT, "LimitExceeded"),
        (DELETE, "NoSuchEntity"),
        ("GetUserPolicy", "NoSuchEntity"),
        (ATTACH, "LimitExceeded"),
        (ATTACH, "NoSuchEntity"),
        (DETACH, "NoSuchEntity"),
        (BOUND, "NoSuchEntity"),
        (UNBOUND, "NoSuchEntity"),
        ("UpdateAccessKey", "NoSuchEntity"),
    }

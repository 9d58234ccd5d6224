"""The unit tests' quick model of IAM does what the sandbox does: the same calls, the same answers, the same errors."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures import (
    access_keys,
    deny_policy,
    other_credentials,
    trust,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from iam_model import OTHERS, IamModel
from strategies import padded_policy

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NOTHING = "arn:aws:iam::aws:policy/NothingOfThatName"
SPACED = ' {"Version": "2012-10-17",\n\t"Statement": {"Effect": "Allow", "Action": "s3:Get+*", "Resource": "*"}} '
PUT, DELETE, ATTACH, DETACH = "PutUserPolicy", "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy"
BOUND, UNBOUND = "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"
ALLOW = '"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"'
TRUST = f' {{"Version": "2012-10-17",\n\t"Statement": {{{ALLOW}}}}} '
Step = tuple[str, dict[str, str]]


def inline(name: str, text: str | None = None) -> dict[str, str]:
    return {"PolicyName": name} | ({} if text is None else {"PolicyDocument": text})


def trusting(size: int) -> dict[str, str]:
    """A trust policy that counts exactly `size` characters."""
    text = f'{{"Version":"2012-10-17","Statement":[{{"Sid":"",{ALLOW}}}]}}'
    return {"PolicyDocument": text.replace('"Sid":""', f'"Sid":"{"x" * (size - inline_size(text))}"')}


def of_role(steps: list[Step]) -> list[Step]:
    """The same about a role."""
    return [(operation.replace("User", "Role"), given) for operation, given in steps]


def switched(operation: str, id_name: str) -> list[Step]:
    """One credential made inactive, again, and active; somebody else's; one that does not exist."""
    return [
        (operation, {id_name: f"{id_name} OF ALICE", "Status": "Inactive"}),
        (operation, {id_name: f"{id_name} OF ALICE", "Status": "Inactive"}),
        (operation, {id_name: f"{id_name} OF ALICE", "Status": "Active"}),
        (operation, {id_name: f"{id_name} OF BOB", "Status": "Inactive"}),
    ]


USER_STORIES: dict[str, list[Step]] = {
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
OF_EITHER = ("inline policies", "attached policies", "the quota of attached policies", "the permissions boundary")
STORIES = (
    USER_STORIES
    | {f"{story} of a role": of_role(USER_STORIES[story]) for story in OF_EITHER}
    | {
        "the quota of a role's inline policies": [
            ("PutRolePolicy", inline("p", padded_policy(6000))),
            ("PutRolePolicy", inline("q", padded_policy(4241))),
            ("PutRolePolicy", inline("q", padded_policy(4240))),
            ("PutRolePolicy", inline("r", SPACED)),
        ],
        "the trust policy": [
            ("UpdateAssumeRolePolicy", {"PolicyDocument": TRUST.replace("ec2", "lambda")}),
            ("UpdateAssumeRolePolicy", {"PolicyDocument": "no JSON"}),
            ("UpdateAssumeRolePolicy", trusting(2049)),
            ("UpdateAssumeRolePolicy", trusting(2048)),
            ("UpdateAssumeRolePolicy", {"PolicyDocument": TRUST}),
        ],
    }
    | {f"{operation} of a user": switched(operation, id_name) for id_name, operation in OTHERS.values()}
)
NOBODYS: list[Step] = [
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
    ("GetLoginProfile", {}),
    ("ListMFADevices", {}),
    ("ListSSHPublicKeys", {}),
    ("ListSigningCertificates", {}),
    ("ListServiceSpecificCredentials", {}),
    *((operation, {id_name: f"{id_name} OF ALICE", "Status": "Inactive"}) for id_name, operation in OTHERS.values()),
]
NOBODYS += [
    *of_role([step for step in NOBODYS if "UserPolic" in step[0] or "UserPerm" in step[0]]),
    ("GetRole", {}),
    ("UpdateAssumeRolePolicy", {"PolicyDocument": TRUST}),
]
LISTS = {
    "ListAccessKeys": "AccessKeyMetadata",
    "ListUserPolicies": "PolicyNames",
    "ListAttachedUserPolicies": "AttachedPolicies",
    "ListRolePolicies": "PolicyNames",
    "ListAttachedRolePolicies": "AttachedPolicies",
    "ListMFADevices": "MFADevices",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListSigningCertificates": "Certificates",
}


class Pair:
    """Two users, alice and bob, and a role deploy, in the sandbox and in the model."""

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
        self.iam = sandbox.client("iam")
        self.words: dict[str, str] = {}
        world = dict(self._user(name) for name in ("alice", "bob"))
        role = self.iam.create_role(RoleName="deploy", Path="/team/", AssumeRolePolicyDocument=TRUST)["Role"]
        world[role["Arn"]] = {"inline": {}, "attached": [], "boundary": None, "trust": TRUST, "id": role["RoleId"]}
        for number in range(10):
            created = self.iam.create_policy(PolicyName=f"own{number}", PolicyDocument=SPACED)
            self.words[f"OWN/{number}"] = created["Policy"]["Arn"]
        self.model = IamModel(world)
        self.model.no_policies = frozenset({NOTHING})
        self.principals = [principal_of_arn(arn) for arn in world]

    def _user(self, name: str) -> tuple[str, dict[str, Any]]:
        """A user with one credential of each kind."""
        iam = self.iam
        user = iam.create_user(UserName=name, Path="/team/")["User"]
        key_id = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        self.words["KEY" if name == "alice" else "KEY OF BOB"] = key_id
        made = {
            "ListSSHPublicKeys": iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=ssh_public_key(name))[
                "SSHPublicKey"
            ],
            "ListServiceSpecificCredentials": iam.create_service_specific_credential(
                UserName=name, ServiceName="codecommit.amazonaws.com"
            )["ServiceSpecificCredential"],
            "ListSigningCertificates": iam.upload_signing_certificate(UserName=name, CertificateBody=certificate(name))[
                "Certificate"
            ],
        }
        others = {}
        for listing, (id_name, _update) in OTHERS.items():
            identity = made[listing][id_name]
            self.words[f"{id_name} OF {name.upper()}"] = identity
            others[listing] = {identity: "Active"}
        keys = {key_id: "Active"}
        there = {"inline": {}, "attached": [], "boundary": None, "keys": keys, "others": others, "id": user["UserId"]}
        return user["Arn"], there

    def both(self, step: Step, nobody: bool = False) -> tuple[Any, Any]:
        """The error code, or what was answered as far as Cordon looks at it, from the sandbox and from the model."""
        operation, given = step
        named = {name: self.words.get(value, value) for name, value in given.items()}
        owner, name = ("RoleName", "deploy") if "Role" in operation else ("UserName", "alice")
        call = Call(
            account=self.account,
            region="us-east-1",
            service="iam",
            operation=operation,
            parameters={owner: "nobody" if nobody else name, **named},
        )
        return outcome(self.cloud, call), outcome(self.model, call)

    def states(self) -> tuple[Any, Any]:
        """Everything that the measures observe of all of them."""
        return self._state(self.cloud), self._state(self.model)

    def _state(self, cloud: Any) -> list[dict[str, Any]]:
        looks = (deny_policy, access_keys, other_credentials, trust)
        return [look.observe(Reads(cloud), one) for one in self.principals for look in looks if one.kind in look.KINDS]


@cache
def ssh_public_key(_of: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


@cache
def certificate(_of: str) -> str:
    """One that signs itself. IAM takes no certificate twice."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


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
        real, modelled = pair.both(step)
        assert modelled == real, f"call {number}, {step[0]}"
        real, modelled = pair.states()
        assert modelled == real, f"after call {number}, {step[0]}"


@pytest.mark.parametrize("step", NOBODYS, ids=lambda step: step[0])
def test_what_is_asked_of_a_user_that_does_not_exist_is_refused_alike(pair: Pair, step: Step) -> None:
    assert pair.both(step, nobody=True) == ("NoSuchEntity", "NoSuchEntity")


def test_the_stories_meet_every_refusal_that_the_model_knows(pair: Pair) -> None:
    """Agreement on nothing but successes would say little."""
    met = {(step[0], pair.both(step)[0]) for story in STORIES for step in STORIES[story]}
    refusals = ("LimitExceeded", "MalformedPolicyDocument", "NoSuchEntity")
    refused = {(operation, answer) for operation, answer in met if answer in refusals}
    of_either = {
        (PUT, "LimitExceeded"),
        (DELETE, "NoSuchEntity"),
        ("GetUserPolicy", "NoSuchEntity"),
        (ATTACH, "LimitExceeded"),
        (ATTACH, "NoSuchEntity"),
        (DETACH, "NoSuchEntity"),
        (BOUND, "NoSuchEntity"),
        (UNBOUND, "NoSuchEntity"),
    }
    assert refused == of_either | {(operation.replace("User", "Role"), answer) for operation, answer in of_either} | {
        ("UpdateAccessKey", "NoSuchEntity"),
        ("UpdateAssumeRolePolicy", "LimitExceeded"),
        ("UpdateAssumeRolePolicy", "MalformedPolicyDocument"),
        *((operation, "NoSuchEntity") for _id_name, operation in OTHERS.values()),
    }

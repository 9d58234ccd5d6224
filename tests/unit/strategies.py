"""What IAM users and roles look like, dull and hostile: for Hypothesis."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import DENY_ALL, DENY_ALL_NAME, inline_size
from ansible_collections.cordon.aws.plugins.module_utils.measures import sessions, trust

ACCOUNT = "123456789012"
DENY_ALL_ARN = "arn:aws:iam::aws:policy/AWSDenyAll"

# Names that contain each other, differ in case only or look like something else.
names = st.sampled_from(["alice", "Alice", "alice-2", "a", "AKIAlookalike", "bob=b+x,y.@z-_", "x" * 64])
paths = st.sampled_from(["/", "/developers/", "/division/user/alice/"])


def arn_of(path: str, name: str, kind: str = "user") -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"


def padded_policy(size: int) -> str:
    """An allow policy that counts exactly `size` characters against the inline quota (at least 100)."""
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*", "Sid": ""}]}
    )
    padded = text.replace('"Sid": ""', f'"Sid": "{"x" * (size - inline_size(text))}"')
    assert inline_size(padded) == size
    return padded


@st.composite
def inline_policies(draw: st.DrawFn, quota: int = 2048) -> dict[str, str]:
    """Some inline policies, now and then with exactly or nearly no room left, and with our own names already taken."""
    policies: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(["s3", "deploy", "x" * 128]), unique=True)):
        policies[name] = draw(
            st.sampled_from(
                ['{"Version":"2012-10-17","Statement":[]}', '{ "Version": "2012-10-17",\n "Statement": [ ] }']
            )
        )
    earlier = sessions.policy_before("2026-01-31T14:05:00Z")
    for name, own in (
        (DENY_ALL_NAME, DENY_ALL),
        (sessions.POLICY_NAME, sessions.POLICY),
        (sessions.POLICY_NAME, earlier),
    ):
        if draw(st.integers(0, 5)) == 0:
            policies[name] = draw(st.sampled_from([own, padded_policy(120)]))
    free = quota - sum(map(inline_size, policies.values()))
    left = draw(
        st.sampled_from(
            [None, None, 0, inline_size(DENY_ALL) - 1, inline_size(DENY_ALL), inline_size(sessions.POLICY), 300]
        )
    )
    if left is not None and free - left >= 100:
        policies["padding"] = padded_policy(free - left)
    return policies


@st.composite
def permissions(draw: st.DrawFn, quota: int) -> dict[str, object]:
    """What users and roles both have."""
    attached = draw(st.sampled_from([0, 1, 9, 10]))
    policies = [f"arn:aws:iam::{ACCOUNT}:policy/team/p{number}" for number in range(attached)]
    if attached and draw(st.integers(0, 5)) == 0:
        policies[-1] = DENY_ALL_ARN
    return {
        "inline": draw(inline_policies(quota)),
        "attached": policies,
        "boundary": draw(st.sampled_from([None, None, f"arn:aws:iam::{ACCOUNT}:policy/boundary", DENY_ALL_ARN])),
    }


def credentials(*ids: str) -> st.SearchStrategy[dict[str, str]]:
    """Some of these, each active or not."""
    return st.dictionaries(st.sampled_from(ids), st.sampled_from(["Active", "Inactive"]))


others = st.fixed_dictionaries(
    {},
    optional={
        "ListSSHPublicKeys": credentials("APKAEIVFHP46CEXAMPLE", "APKAEIVFHP47CEXAMPLE"),
        "ListServiceSpecificCredentials": credentials("ACCAIOSFODNN7EXAMPLE", "ACCAI44QH8DHBEXAMPLE"),
        "ListSigningCertificates": credentials("TA7SMP42TDN5Z26OBPJE7EXAMPLE"),
    },
)


@st.composite
def users(draw: st.DrawFn) -> dict[str, object]:
    return draw(permissions(2048)) | {
        "keys": draw(credentials("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")),
        "others": draw(others),
        "mfa": draw(st.sampled_from([[], [f"arn:aws:iam::{ACCOUNT}:mfa/phone"]])),
        "login": draw(st.booleans()),
    }


_ALLOW = '{ "Effect": "Allow",  "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole" }'
_OURS = json.dumps(trust.DENY_ASSUME, separators=(",", ":"))
_TURNED_ROUND = _OURS.replace('"Deny"', '"Allow"')
_LOOKS_LIKE_IT = r'{"Sid":"x","Effect":"Allow","Principal":{"Federated":"\"Statement\": ["},"Action":"sts:AssumeRole"}'
trust_policies = st.sampled_from(
    [
        f'{{"Version":"2012-10-17","Statement":[{_ALLOW}]}}',
        f'{{"Version":"2012-10-17","Statement":{_ALLOW}}}',
        f'{{\n  "Statement" :\n  [\t{_ALLOW},\n  {_ALLOW} ] , "Id": "\\u00e9\\"Statement\\":[", "Version": "2012-10-17" }}',
        f'{{"Statement": {_LOOKS_LIKE_IT}, "Version": "2012-10-17"}}',
        f'{{"Version":"2012-10-17","Id":"\\"Statement\\": {{","Statement":[{_LOOKS_LIKE_IT},{_ALLOW}]}}',
        f'{{"Version":"2012-10-17","Statement":[{_OURS},{_ALLOW}]}}',
        f'{{"Version":"2012-10-17","Statement":[{_ALLOW},{_TURNED_ROUND}]}}',
        '{"Version":"2012-10-17","Statement":[]}',
    ]
)
"""Texts of trust policies, with `"Statement":` where it means nothing, and with our statement in place or turned round."""


@st.composite
def roles(draw: st.DrawFn) -> dict[str, object]:
    return draw(permissions(10240)) | {"trust": draw(trust_policies)}


@st.composite
def worlds(draw: st.DrawFn, kinds: tuple[str, ...] = ("user", "role")) -> dict[str, dict[str, object]]:
    """1 to 4 users and roles; the first of them is the one to contain."""
    principals = st.tuples(st.sampled_from(kinds), paths, names)
    found = draw(
        st.lists(principals, min_size=1, max_size=4, unique_by=lambda principal: (principal[0], principal[2].lower()))
    )
    return {arn_of(path, name, kind): draw(users() if kind == "user" else roles()) for kind, path, name in found}

"""What IAM users look like, dull and hostile: for Hypothesis."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.iam_policies import DENY_ALL, DENY_ALL_NAME, inline_size
from ansible_collections.cordon.aws.plugins.module_utils.measures import sessions

ACCOUNT = "123456789012"
DENY_ALL_ARN = "arn:aws:iam::aws:policy/AWSDenyAll"

# Names that contain each other, differ in case only or look like something else.
user_names = st.sampled_from(["alice", "Alice", "alice-2", "a", "AKIAlookalike", "bob=b+x,y.@z-_", "x" * 64])
paths = st.sampled_from(["/", "/developers/", "/division/user/alice/"])


def arn_of(path: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user{path}{name}"


def padded_policy(size: int) -> str:
    """An allow policy that counts exactly `size` characters against the inline quota (at least 100)."""
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*", "Sid": ""}]}
    )
    padded = text.replace('"Sid": ""', f'"Sid": "{"x" * (size - inline_size(text))}"')
    assert inline_size(padded) == size
    return padded


@st.composite
def inline_policies(draw: st.DrawFn) -> dict[str, str]:
    """Some inline policies, now and then with exactly or nearly no room left, and with our own names already taken."""
    policies: dict[str, str] = {}
    names = draw(st.lists(st.sampled_from(["s3", "deploy", "x" * 128]), unique=True))
    for name in names:
        policies[name] = draw(
            st.sampled_from(
                ['{"Version":"2012-10-17","Statement":[]}', '{ "Version": "2012-10-17",\n "Statement": [ ] }']
            )
        )
    for name, own in ((DENY_ALL_NAME, DENY_ALL), (sessions.POLICY_NAME, sessions.POLICY)):
        if draw(st.integers(0, 5)) == 0:
            policies[name] = draw(st.sampled_from([own, padded_policy(120)]))
    free = 2048 - sum(map(inline_size, policies.values()))
    left = draw(
        st.sampled_from(
            [None, None, 0, inline_size(DENY_ALL) - 1, inline_size(DENY_ALL), inline_size(sessions.POLICY), 300]
        )
    )
    if left is not None and free - left >= 100:
        policies["padding"] = padded_policy(free - left)
    return policies


@st.composite
def users(draw: st.DrawFn) -> dict[str, object]:
    attached = draw(st.sampled_from([0, 1, 9, 10]))
    policies = [f"arn:aws:iam::{ACCOUNT}:policy/team/p{number}" for number in range(attached)]
    if attached and draw(st.integers(0, 5)) == 0:
        policies[-1] = DENY_ALL_ARN
    return {
        "inline": draw(inline_policies()),
        "attached": policies,
        "boundary": draw(st.sampled_from([None, None, f"arn:aws:iam::{ACCOUNT}:policy/boundary", DENY_ALL_ARN])),
        "keys": draw(
            st.dictionaries(
                st.sampled_from(["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"]),
                st.sampled_from(["Active", "Inactive"]),
            )
        ),
    }


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, dict[str, object]]:
    """1 to 4 users; the first of them is the one to contain."""
    found = draw(st.lists(st.tuples(paths, user_names), min_size=1, max_size=4, unique_by=lambda pair: pair[1].lower()))
    return {arn_of(path, name): draw(users()) for path, name in found}

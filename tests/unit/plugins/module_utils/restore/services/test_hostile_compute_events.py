"""Events of EC2, Lambda and what watches them that hold anything at all: entries yield what their kinds take, and never fail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catalogued import HOSTILE, changes, logged
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN

SERVICES = ("cloudtrail", "cloudwatch", "config", "ec2", "events", "guardduty", "lambda", "logs")
OURS = sorted(
    name for name, entry in ENTRIES.items() if entry.changes is not None and name.partition(":")[0] in SERVICES
)
SOURCES = Path(__file__).resolve().parents[6] / "plugins/module_utils/restore/services"
NAMES = sorted(
    {
        name
        for service in SERVICES
        for path in SOURCES.glob(f"{service}_*.py")
        for word in re.findall(r'"([A-Za-z]{3,40})"', path.read_text(encoding="utf-8"))
        for name in (word, word[:1].lower() + word[1:])
    }
    | {"instancesSet", "groupSet", "item", "items", "tag", "content", "add", "remove", "value", "state", "name", "id"}
)
"""Every word that the files read out of events, and more."""
FREELY_NAMED = (
    "cloudwatch/alarm_actions",
    "ec2/key_pair",
    "ec2/tag",
    "logs/group",
    "logs/resource_policy",
    "logs/retention",
    "logs/subscription_filter",
)
"""AWS lets these be called nearly anything."""
HARMLESS = ("a b", "../etc", "$(id)", "a|b")
"""Of such names those that go into no path, shell or template."""
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "i-0123456789abcdef0",
            "sg-0123456789abcdef0",
            "10.0.0.0/8",
            "::/0",
            "payroll",
            "on",
            "ENABLED",
            "1",
            "{}",
            "*",
        ]
    )
    | st.sampled_from(
        ["12abc34d567e8fa901bc2d34e56789f0", "audit", "tcp", "fl-0123456789abcdef0", "vol-0123456789abcdef0"]
    )
)
JSON = st.recursive(
    LEAVES,
    lambda one: (
        st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), one, max_size=4)
    ),
    max_leaves=15,
)
WHOLE = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)


def cased(name: str) -> str:
    """As CloudTrail names the service."""
    return name.replace("cloudwatch:", "monitoring:")


def wrapped(name: str, part: str, content: Any) -> Any:
    """In the wrapper that the later operations of EC2 have."""
    return {f"{name.partition(':')[2]}{part}": content}


@pytest.mark.parametrize("name", OURS)
def test_an_event_that_names_nothing_changes_nothing_that_has_a_name(name: str) -> None:
    for nothing in (None, {}, [], "text", 7):
        for change in changes(logged(cased(name), nothing, nothing)):
            assert change.facet.kind == "ec2/account_setting", change


@pytest.mark.parametrize("name", OURS)
def test_a_hostile_name_is_no_facet(name: str) -> None:
    for hostile in HOSTILE:
        everything: dict[str, Any] = dict.fromkeys(NAMES, hostile)
        for request in (everything, wrapped(name, "Request", everything)):
            for change in changes(logged(cased(name), request, request)):
                allowed = HARMLESS if change.facet.kind in FREELY_NAMED else ()
                assert not [one for one in change.facet.names if one and one == hostile and one not in allowed], change


@given(name=st.sampled_from(OURS), request=WHOLE, response=WHOLE, later=st.booleans())
def test_whatever_an_event_holds_entries_yield_only_what_their_kinds_take(
    name: str, request: Any, response: Any, *, later: bool
) -> None:
    if later:
        request, response = wrapped(name, "Request", request), wrapped(name, "Response", response)
    for change in changes(logged(cased(name), request, response)):
        assert json.dumps([change.facet.names, str(change.after), str(change.before)])


def _permission(ident: str) -> dict[str, Any]:
    return {"functionName": "resize", "statementId": ident, "layerName": "layer", "versionNumber": 3}


STATEMENT = json.dumps(
    {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Condition": {"StringEquals": {"a": "b"}}}
)
WELL_FORMED: dict[str, tuple[Any, Any]] = {
    "cloudtrail:PutEventSelectors": (
        {
            "trailName": "audit",
            "eventSelectors": [{"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}],
            "advancedEventSelectors": [
                {"name": "n", "fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}
            ],
        },
        None,
    ),
    "cloudtrail:PutInsightSelectors": ({"trailName": "audit", "insightSelectors": [{"insightType": "a"}]}, None),
    "ec2:DeleteFlowLogs": (
        {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-0123456789abcdef0"}}},
        {"DeleteFlowLogsResponse": {"unsuccessful": {"item": {"resourceId": "fl-0123456789abcdef0"}}}},
    ),
    "ec2:ModifyLaunchTemplate": (
        None,
        {
            "ModifyLaunchTemplateResponse": {
                "launchTemplate": {"launchTemplateId": "lt-0123456789abcdef0", "defaultVersionNumber": 2}
            }
        },
    ),
    "events:PutTargets": (
        {"rule": "r1", "targets": [{"id": "1", "arn": "arn:aws:sns:us-east-1:111122223333:t"}]},
        None,
    ),
    "lambda:AddLayerVersionPermission": (_permission("one"), {"statement": STATEMENT}),
    "lambda:AddPermission": (_permission("one"), {"statement": STATEMENT}),
    "lambda:PublishLayerVersion": ({"layerName": "layer"}, {"version": 3}),
}
ODD = (
    True,
    None,
    7,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    "x",
    [],
    {},
    [[]],
    [{}],
    [True],
    {"items": True},
    {"item": [{"content": []}]},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", sorted(WELL_FORMED))
def test_one_odd_value_anywhere_in_an_event_breaks_nothing(name: str) -> None:
    for path in places(list(WELL_FORMED[name])):
        if path:
            for odd in ODD:
                request, response = replaced(list(WELL_FORMED[name]), path, odd)
                changes(logged(cased(name), request, response))


@pytest.mark.parametrize(
    "pattern",
    ['{"source": ["a"], "source": ["b"]}', '{"detail": {"n": [9007199254740993]}}', '{"n": NaN}', '{"n": 1e999}', "{"],
)
def test_documents_that_cannot_be_said_exactly_are_not_known(pattern: str) -> None:
    (rule, _state) = changes(
        logged("events:PutRule", {"name": "watch", "eventPattern": pattern, "scheduleExpression": "rate(1 hour)"})
    )
    assert rule.after is UNKNOWN
    (policy,) = changes(logged("logs:PutResourcePolicy", {"policyName": "open", "policyDocument": pattern}))
    assert policy.after is UNKNOWN

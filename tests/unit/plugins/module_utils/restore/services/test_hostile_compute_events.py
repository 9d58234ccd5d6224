"""Events of EC2, Lambda and what watches them that hold anything at all: entries yield what their kinds take, and never fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from catalogued import HOSTILE, changes, logged
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES

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

"""What AWS Config recorded before the attacker came. The sandbox's Config keeps no history: answers of AWS's shape stand in for it.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from catalogued import facet

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN

ATTACK = datetime(2026, 1, 31, 12, tzinfo=UTC)
POLICY = {"Version": "2012-10-17", "Statement": []}
THEIRS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
STORE = "arn:aws:iam::111122223333:policy/x/store"


def encoded(policy: Any) -> str:
    return quote(json.dumps(policy), safe="")


def role(policy: Any = POLICY) -> dict[str, Any]:
    return {
        "path": "/ci/",
        "roleName": "deploy",
        "assumeRolePolicyDocument": encoded(policy),
        "rolePolicyList": [{"policyName": "own", "policyDocument": encoded(policy)}],
        "permissionsBoundary": {"permissionsBoundaryType": "Policy", "permissionsBoundaryArn": BOUNDARY},
    }


def item(minutes: int, configuration: Any, status: str = "OK") -> dict[str, Any]:
    """Captured so many minutes after the attack."""
    return {
        "configurationItemCaptureTime": ATTACK + timedelta(minutes=minutes),
        "configurationItemStatus": status,
        "configuration": configuration if isinstance(configuration, str) else json.dumps(configuration),
    }


class History:
    """Answers of Config, by the id of the thing: pages of items, newest first."""

    def __init__(self, **things: list[list[dict[str, Any]]]) -> None:
        self._things = things
        self.asked: list[Call] = []
        self.caller = None

    def pages(self, call: Call, key: str) -> list[dict[str, Any]]:
        self.asked.append(call)
        if call.operation == "ListPolicyVersions":
            return [{"VersionId": version, "CreateDate": ATTACK - timedelta(days=1)} for version in ("v1", "v2")]
        assert (call.operation, key) == ("ListDiscoveredResources", "resourceIdentifiers")
        return [{"resourceId": ident, "resourceName": call.parameters["resourceName"]} for ident in self._things]

    def read(self, call: Call) -> dict[str, Any]:
        self.asked.append(call)
        assert call.operation == "GetResourceConfigHistory"
        pages = self._things[call.parameters["resourceId"]]
        number = int(call.parameters.get("nextToken", 0))
        more = {"nextToken": str(number + 1)} if number + 1 < len(pages) else {}
        return {"configurationItems": pages[number], **more}


def earlier(history: Any, kind: str, *names: str) -> Any:
    return KINDS[kind].earlier(history, facet(kind, *names), ATTACK)


def test_the_trust_policy_is_that_of_the_last_record_before() -> None:
    history = History(AROA1=[[item(1, role(THEIRS)), item(-60, role())], [item(-900, role(THEIRS))]])
    assert earlier(history, "iam/trust_policy", "role", "deploy") == POLICY
    listed, asked = (call.parameters for call in history.asked)
    assert listed == {"resourceType": "AWS::IAM::Role", "resourceName": "deploy", "includeDeletedResources": True}
    assert asked["laterTime"] == "2026-01-31T12:00:00Z"


def test_empty_pages_are_turned() -> None:
    """Each spans seven days at most."""
    assert earlier(History(AROA1=[[], [], [item(-60, role())]]), "iam/trust_policy", "role", "deploy") == POLICY


def test_history_is_not_read_without_end() -> None:
    history = History(AROA1=[[]] * 1000)
    assert earlier(history, "iam/trust_policy", "role", "deploy") is UNKNOWN
    assert len(history.asked) < 100


def test_of_two_of_one_name_the_later_counts() -> None:
    history = History(AROA1=[[item(-900, role(THEIRS))]], AROA2=[[item(-60, role())]])
    assert earlier(history, "iam/trust_policy", "role", "deploy") == POLICY


@pytest.mark.parametrize(
    "things",
    [
        {},
        {"AROA1": [[]]},
        {"AROA1": [[item(1, role())]]},
        {"AROA1": [[item(-1, role(), "ResourceDeleted"), item(-60, role())]]},
        {"AROA1": [[item(-1, "{")]]},
        {"AROA1": [[item(-1, "[]")]]},
        {"AROA1": [[item(-1, {"assumeRolePolicyDocument": "%7B%22"})]]},
    ],
    ids=["nothing", "no item", "only after", "deleted", "no JSON", "no object", "no policy"],
)
def test_what_was_not_recorded_is_not_known(things: Any) -> None:
    assert earlier(History(**things), "iam/trust_policy", "role", "deploy") is UNKNOWN


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        ("iam/inline_policy", ("role", "deploy", "own"), POLICY),
        ("iam/inline_policy", ("role", "deploy", "theirs"), None),
        ("iam/inline_policy", ("user", "deploy", "own"), UNKNOWN),
        ("iam/boundary", ("role", "deploy"), BOUNDARY),
    ],
)
def test_what_hung_on_it_is_in_the_record(kind: str, names: tuple[str, ...], expected: Any) -> None:
    assert earlier(History(AROA1=[[item(-60, role())]]), kind, *names) == expected


def test_a_record_without_a_boundary_tells_that_there_was_none() -> None:
    assert earlier(History(AIDA1=[[item(-60, {"path": "/"})]]), "iam/boundary", "user", "alice") is None


def test_which_version_was_in_force_is_in_the_record() -> None:
    history = History(ANPA1=[[item(-60, {"defaultVersionId": "v2"})]])
    assert earlier(history, "iam/policy_default_version", "policy", STORE) == "v2"
    assert history.asked[1].parameters["resourceName"] == "store"

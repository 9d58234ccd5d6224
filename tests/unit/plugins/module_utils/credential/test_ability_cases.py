"""Cases as data: policies, and what follows from them. Expectations written by hand from AWS's documentation and from
https://pathfinding.cloud/paths/; the sentence says what each proves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Layer, ability, administrator
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import escalation_paths, known_methods
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.services import usable_services

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
METHODS = known_methods()


def policy(written: dict[str, Any], kind: str) -> Policy:
    """`allow` and `deny` are statements; one that is only a list of actions is for all resources."""
    if "unreadable" in written:
        return Policy(kind=written.get("kind", kind), name=written["name"], unreadable=written["unreadable"])
    said = []
    for effect in ("Allow", "Deny"):
        for given in written.get(effect.lower(), []):
            body = given if isinstance(given, dict) else {"Action": given}
            if "NotResource" not in body:
                body = {"Resource": "*"} | body
            said.append({"Effect": effect, **body})
    return Policy(
        kind=written.get("kind", kind),
        name=written.get("name", kind),
        via=written.get("via"),
        text=json.dumps({"Version": "2012-10-17", "Statement": said}),
    )


def layers(case: dict[str, Any]) -> list[Layer]:
    found = [Layer(name="policies", policies=tuple(policy(one, "inline") for one in case["policies"]))]
    if "boundary" in case:
        found.append(Layer(name="permissions boundaries", policies=(policy(case["boundary"], "boundary"),)))
    for level in case.get("scps", []):
        found.append(Layer(name="service control policies", policies=tuple(policy(one, "scp") for one in level)))
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    given = layers(case)
    if "administrator" in case:
        powers = administrator(given)
        assert powers.answer == case["administrator"], f"{case['proves']} {powers.why}"
        for reason in case.get("because", []):
            assert any(reason in why for why in powers.why), powers.why
    for action, answer in case.get("actions", {}).items():
        name, _on, resource = action.partition(" on ")
        assert ability(given, name, resource or None).answer == answer, f"{action}: {case['proves']}"
    if "paths" in case:
        found = {path.method.name: path.open.answer for path in escalation_paths(given, METHODS)}
        if case.get("no_others"):
            assert found == case["paths"], case["proves"]
        assert found | case["paths"] == found, case["proves"]
    if "services" in case:
        assert usable_services(given) == case["services"], case["proves"]


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 20


def test_every_known_way_has_a_name_of_its_own_and_a_page() -> None:
    assert len(METHODS) >= 50
    assert len({method.name for method in METHODS}) == len(METHODS)
    assert all(method.page.startswith("https://") and method.actions for method in METHODS)

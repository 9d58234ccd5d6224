"""The filters behind `finding_targets` hand on what is chosen, have one clean error, and are documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.filter import (
    finding_actors,
    finding_leftovers,
    finding_principals,
    finding_unique_ids,
)
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets

ROOT = Path(__file__).parents[4]
SEQUENCE = yaml.safe_load((ROOT / "tests/fixtures/guardduty/ours/attack_sequence.yml").read_text())["finding"]
ALL = {
    name: module.FilterModule().filters()[name]
    for name, module in (
        ("finding_actors", finding_actors),
        ("finding_principals", finding_principals),
        ("finding_unique_ids", finding_unique_ids),
        ("finding_leftovers", finding_leftovers),
    )
}


def test_they_choose_from_the_finding() -> None:
    finding = json.loads(json.dumps(finding_targets(SEQUENCE)))
    user, session = (
        "arn:aws:iam::111122223333:user/john_doe",
        "arn:aws:sts::444455556666:assumed-role/deployer/build",
    )
    assert ALL["finding_actors"](finding) == ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"]
    assert ALL["finding_principals"](finding) == ["AKIAIOSFODNN7EXAMPLE", user, session]
    assert ALL["finding_unique_ids"](finding) == {user: "AIDACKCEVSQ6C2EXAMPLE", session: "AROACKCEVSQ6C2EXAMPLE"}
    assert any("role deployer" in sentence for sentence in ALL["finding_leftovers"](finding))
    assert not any("role deployer" in sentence for sentence in ALL["finding_leftovers"](finding, scope="principal"))


@pytest.mark.parametrize("chosen", ALL.values(), ids=ALL)
@pytest.mark.parametrize("wrong", ["text", None, [], {}, SEQUENCE])
def test_what_is_no_finding_is_one_sentence_without_a_cause(chosen: Callable[[object], object], wrong: object) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        chosen(wrong)
    assert caught.value.__cause__ is None
    assert str(caught.value) == (
        "Cannot respond to the finding: it is not what the filter finding_targets gives. "
        "Put cordon.aws.finding_targets before this filter."
    )


@pytest.mark.parametrize("name", ALL)
def test_it_is_documented_under_its_name(name: str) -> None:
    documented = yaml.safe_load((ROOT / f"plugins/filter/{name}.yml").read_text())
    assert documented["DOCUMENTATION"]["name"] == name
    assert documented["RETURN"]["_value"]["sample"]

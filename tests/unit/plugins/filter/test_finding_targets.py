"""The filter hands on what the engine reads, and its documentation names all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.filter.finding_targets import FilterModule

ROOT = Path(__file__).parents[4]
FINDING = yaml.safe_load((ROOT / "tests/fixtures/guardduty/ours/root.yml").read_text())


def test_it_gives_what_the_finding_says() -> None:
    found = FilterModule().filters()["finding_targets"](FINDING["finding"])
    assert {name: found[name] for name in FINDING["expected"]} == FINDING["expected"]


def test_what_is_no_finding_is_an_error_of_the_template() -> None:
    with pytest.raises(AnsibleFilterError, match="Cannot read the finding: it is an object with Records"):
        FilterModule().filters()["finding_targets"]({"Records": []})


def test_every_key_is_documented() -> None:
    documented = yaml.safe_load((ROOT / "plugins/filter/finding_targets.yml").read_text())["RETURN"]["_value"][
        "contains"
    ]
    found = FilterModule().filters()["finding_targets"](FINDING["finding"])
    assert list(documented) == list(found)
    assert list(documented["targets"]["contains"]) == list(found["targets"][0])
    assert list(documented["indicators"]["contains"]) == list(found["indicators"][0])

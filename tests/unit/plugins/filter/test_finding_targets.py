"""The filter hands on what the engine reads, and its documentation names all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.filter.finding_targets import FilterModule
from ansible_collections.cordon.aws.plugins.modules import finding_targets

ROOT = Path(__file__).parents[4]
FINDING = yaml.safe_load((ROOT / "tests/fixtures/guardduty/ours/root.yml").read_text())


def test_it_gives_what_the_finding_says() -> None:
    found = FilterModule().filters()["finding_targets"](FINDING["finding"])
    assert {name: found[name] for name in FINDING["expected"]} == FINDING["expected"]


def test_what_is_no_finding_is_an_error_of_the_template() -> None:
    with pytest.raises(AnsibleFilterError, match="Cannot read the finding: it is an object with Records"):
        FilterModule().filters()["finding_targets"]({"Records": []})


def test_the_error_is_one_sentence_of_ours_and_has_no_cause() -> None:
    """Ansible prints the causes of an error behind it: ours would stand there twice."""
    with pytest.raises(AnsibleFilterError) as caught:
        FilterModule().filters()["finding_targets"]("not json")
    assert caught.value.__cause__ is None
    assert str(caught.value).startswith("Cannot read the finding: it is text of 8 characters that is not JSON. ")


def in_the_filter() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "plugins/filter/finding_targets.yml").read_text())["RETURN"]["_value"]["contains"]


def in_the_module() -> dict[str, Any]:
    return yaml.safe_load(finding_targets.RETURN)["finding"]["contains"]


@pytest.mark.parametrize("documentation", [in_the_filter, in_the_module])
def test_every_key_that_is_returned_is_documented(documentation: Callable[[], dict[str, Any]]) -> None:
    found = FilterModule().filters()["finding_targets"](FINDING["finding"])
    assert list(documentation()) == list(found)


def test_every_key_of_targets_and_indicators_is_documented() -> None:
    documented = in_the_filter()
    found = FilterModule().filters()["finding_targets"](FINDING["finding"])
    assert list(documented["targets"]["contains"]) == list(found["targets"][0])
    assert list(documented["indicators"]["contains"]) == list(found["indicators"][0])

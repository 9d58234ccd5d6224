"""An event that does not come from AWS is refused, and one that comes through an administrator is not.

Only AWS's own services can send events whose source begins with `aws.`:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets

OURS = Path(__file__).parents[4] / "fixtures" / "guardduty" / "ours"
GUARDDUTY = yaml.safe_load((OURS / "user_in_china.yml").read_text())["finding"]
SECURITY_HUB = yaml.safe_load((OURS / "asff_root.yml").read_text())["finding"]

SHAPES = {
    "GuardDuty": ("aws.guardduty", {"detail-type": "GuardDuty Finding", "detail": GUARDDUTY}),
    "GuardDuty, of no type": ("aws.guardduty", {"detail": GUARDDUTY}),
    "Security Hub": (
        "aws.securityhub",
        {"detail-type": "Security Hub Findings - Imported", "detail": {"findings": [SECURITY_HUB]}},
    ),
    "Security Hub, of no type": ("aws.securityhub", {"detail": SECURITY_HUB}),
}
WRONG = [
    "com.example.app",
    "aws.securityhub2",
    "AWS.guardduty",
    "aws.guardduty ",
    "aws.events",
    "",
    "null",
    5,
    ["aws.guardduty"],
    "{{ lookup('pipe', 'id') }}",
]


def refusal(document: object) -> str:
    with pytest.raises(InputError) as caught:
        finding_targets(document)
    return str(caught.value)


@pytest.mark.parametrize(("source", "event"), SHAPES.values(), ids=SHAPES)
def test_an_event_from_aws_is_read(source: str, event: dict[str, Any]) -> None:
    assert finding_targets({**event, "source": source})["finding_id"]


@pytest.mark.parametrize(("source", "event"), SHAPES.values(), ids=SHAPES)
def test_a_source_that_is_not_in_the_event_is_no_reason_to_refuse(source: str, event: dict[str, Any]) -> None:
    assert finding_targets(event)["finding_id"]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("source", "event"), SHAPES.values(), ids=SHAPES)
def test_an_event_that_says_another_source_is_refused(source: str, event: dict[str, Any], wrong: object) -> None:
    said = refusal({**event, "source": wrong})
    assert "Cannot read the finding: the source of its event is " in said
    assert f"not {source}" in said
    assert "Nothing was done." in said
    assert "{{" not in said


@pytest.mark.parametrize("name", ["GuardDuty", "Security Hub"])
def test_one_service_does_not_speak_for_the_other(name: str) -> None:
    source, event = SHAPES[name]
    other = {"aws.guardduty": "aws.securityhub", "aws.securityhub": "aws.guardduty"}[source]
    assert f"is {other}, not {source}" in refusal({**event, "source": other})


@pytest.mark.parametrize(("source", "event"), SHAPES.values(), ids=SHAPES)
def test_what_reaches_the_administrator_is_about_the_members_account(source: str, event: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html: rules in the administrator's account see
    the findings of members, and `accountId` in the finding tells whose one is."""
    through = finding_targets({**event, "source": source, "account": "123456789012"})
    assert through["account"] == "111122223333"

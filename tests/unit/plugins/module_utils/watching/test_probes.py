"""AWS's simulator is asked about every probe action, and only an explicit denial of all is a proof."""

from __future__ import annotations

from typing import Any

import pytest
from runs import ALICE, DEPLOY, one_role, one_user
from whole_model import ROLE_ID, WholeModel

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import Quarantine, text_of
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.watching.probes import ACTIONS, probe

DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
SESSION = IamPrincipal(
    kind="session",
    arn="arn:aws:sts::123456789012:assumed-role/deploy/bob",
    account="123456789012",
    name="deploy",
    unique_id=f"{ROLE_ID}:bob",
)


def probed(model: Any, target: IamPrincipal) -> Fact:
    return probe(Reads(model), target)


class Answers(WholeModel):
    """A simulator that answers as it is told."""

    def __init__(self, decisions: dict[str, str]) -> None:
        super().__init__(one_user())
        self._decisions = decisions

    def _simulated(self, call: Any) -> list[dict[str, Any]]:
        return [{"EvalActionName": action, "EvalDecision": said} for action, said in self._decisions.items()]


@pytest.mark.parametrize("arn", [ALICE, DEPLOY])
def test_a_denial_of_everything_is_a_proof(arn: str) -> None:
    model = WholeModel(one_user(inline={}) | one_role())
    assert not probed(model, principal_of_arn(arn)).holds
    model.world[arn]["inline"]["CordonDenyAll"] = DENY_ALL
    fact = probed(model, principal_of_arn(arn))
    assert fact.holds
    assert f"denies {len(ACTIONS)} of {len(ACTIONS)}" in fact.fact


@pytest.mark.parametrize("decision", ["allowed", "implicitDeny", "something new"])
def test_one_that_is_not_denied_explicitly_is_named_and_is_none(decision: str) -> None:
    """An implicit denial is one that the next policy lifts.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html"""
    denied = dict.fromkeys(ACTIONS, "explicitDeny")
    fact = probed(Answers(denied | {"kms:Decrypt": decision}), principal_of_arn(ALICE))
    assert not fact.holds
    assert fact.fact.endswith("does not deny kms:Decrypt")


@pytest.mark.parametrize("answered", [{}, {"kms:Decrypt": "explicitDeny"}])
def test_what_aws_did_not_answer_is_not_taken_for_denied(answered: dict[str, str]) -> None:
    fact = probed(Answers(answered), principal_of_arn(ALICE))
    assert not fact.holds
    assert "iam:CreateAccessKey" in fact.fact


def test_a_session_is_asked_about_as_its_role_with_its_own_id() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: users, groups and roles."""
    model = WholeModel(one_role())
    in_quarantine = text_of(Quarantine(denied=frozenset({f"{ROLE_ID}:bob"})))
    model.organizations.add_foreign("123456789012", 1, content=in_quarantine, name="CordonQuarantine-123456789012-1")
    assert probed(model, SESSION).holds
    assert not probed(model, principal_of_arn(DEPLOY)).holds


def test_where_aws_does_not_say_there_is_no_fact() -> None:
    model = WholeModel(one_user())
    model.refused["SimulatePrincipalPolicy"] = "AccessDenied"
    with pytest.raises(AwsError):
        probed(model, principal_of_arn(ALICE))

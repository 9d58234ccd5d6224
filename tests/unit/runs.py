"""Containments and releases of model users and roles, written into a real case log, for the tests of the engine."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iam_model import IamModel, World
from memory_store import MemoryStore

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention, Run
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import Scope, find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal, recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import target_named
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

ALICE = "arn:aws:iam::123456789012:user/alice"
KEY = "AKIAIOSFODNN7EXAMPLE"
DEPLOY = "arn:aws:iam::123456789012:role/deploy"
OTHER_KEY = "AKIAI44QH8DHBEXAMPLE"
AUTHOR = "arn:aws:iam::999999999999:user/responder"


def one_user(**more: Any) -> World:
    return {ALICE: {"inline": {}, "attached": [], "boundary": None, "keys": {KEY: "Active"}} | more}


TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}'


def one_role(**more: Any) -> World:
    return {DEPLOY: {"inline": {}, "attached": [], "boundary": None, "trust": TRUST} | more}


class CaseLog:
    """One case in memory, and the journal of its runs. The process can die around every entry, where `model` says so."""

    def __init__(self, model: IamModel | None = None) -> None:
        self.case = open_case(MemoryStore(), "case-1", create=True)
        self.model = model
        self._journal = CaseJournal(self.case, author=AUTHOR)

    def intent(self, action: str, plan: Plan, before: Mapping[str, State]) -> None:
        self._boundary()
        self._journal.intent(action, plan, before)
        self._boundary()

    def outcome(self, action: str, plan_id: str, results: Sequence[Mapping[str, Json]]) -> None:
        self._boundary()
        self._journal.outcome(action, plan_id, results)
        self._boundary()

    def kinds(self) -> list[str]:
        """What was written after the opening."""
        return [entry.kind for entry in self.case.entries()][1:]

    def steps(self) -> list[dict[str, Any]]:
        """Every step of every outcome."""
        outcomes = [entry.body for entry in self.case.entries() if entry.kind == "outcome"]
        return [step for body in outcomes for result in body["results"] for step in result["steps"]]

    def _boundary(self) -> None:
        if self.model is not None:
            self.model.boundary()


USUAL = tuple(measure for measure in IAM_PRINCIPAL if measure.NAME != "scp_quarantine")
"""The measures that are taken where nobody asks for more."""


def contain(
    model: IamModel,
    log: CaseLog | None,
    arns: Sequence[str],
    *,
    measures: Sequence[str] | None = None,
    catalogue: Sequence[Measure] = USUAL,
    scope: Scope = "principal",
    sessions_before: str = "",
    **limits: Any,
) -> Run:
    def find(text: str, reads: Reads) -> IamPrincipal:
        name = parse_principal(text, "principals[0]")
        return find_principal(reads, name, scope=scope, sessions_before=sessions_before)

    return _run(Containment(measures=chosen(catalogue, measures)), arns, find, model, log, Limits(**limits))


def release(model: IamModel, log: CaseLog, *, catalogue: Sequence[Measure] = IAM_PRINCIPAL, **arguments: Any) -> Run:
    intention = recorded_release(log.case, catalogue, **arguments)
    return _run(
        intention, intention.targets, lambda arn, _reads: target_named(arn), model, log, Limits(guards_responder=False)
    )


def _run(
    intention: Intention,
    names: Sequence[str],
    find: Callable[[str, Reads], Target],
    model: IamModel,
    log: CaseLog | None,
    limits: Limits,
) -> Run:
    cloud: Any = model
    return engine.run(intention, names, find, cloud=cloud, journal=log, limits=limits, together=set_quarantine)


def statuses(run: Run, number: int = 0) -> list[str]:
    """What became of the steps of one target."""
    return [step["status"] for step in run.results[number].steps]


def kept(world: World) -> World:
    """A world to compare with: a copy, without the order of attached policies, which AWS does not keep either."""
    return {arn: copy.deepcopy(there) | {"attached": sorted(there["attached"])} for arn, there in world.items()}

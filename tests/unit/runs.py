"""Containments and releases of model users, written into a real case log, for the tests of the engine."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from iam_model import IamModel, World
from memory_store import MemoryStore

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.catalogue import target_named
from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.engine import Limits, Run
from ansible_collections.cordon.aws.plugins.module_utils.iam_principal import IAM_PRINCIPAL
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal, recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, State
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser, parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.user_lookup import find_user

ALICE = "arn:aws:iam::123456789012:user/alice"
KEY = "AKIAIOSFODNN7EXAMPLE"
OTHER_KEY = "AKIAI44QH8DHBEXAMPLE"
AUTHOR = "arn:aws:iam::999999999999:user/responder"


def one_user(**more: Any) -> World:
    return {ALICE: {"inline": {}, "attached": [], "boundary": None, "keys": {KEY: "Active"}} | more}


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


def found_user(text: str, reads: Reads) -> IamUser:
    return find_user(reads, parse_principal(text, "principals[0]"))


def contain(
    model: IamModel,
    log: CaseLog | None,
    arns: Sequence[str],
    *,
    measures: Sequence[str] | None = None,
    catalogue: Sequence[Measure] = IAM_PRINCIPAL,
    **limits: Any,
) -> Run:
    intention = Containment(chosen(catalogue, measures))
    cloud: Any = model
    return engine.run(intention, arns, found_user, cloud=cloud, journal=log, limits=Limits(**limits))


def release(model: IamModel, log: CaseLog, *, catalogue: Sequence[Measure] = IAM_PRINCIPAL, **arguments: Any) -> Run:
    intention = recorded_release(log.case, catalogue, **arguments)
    cloud: Any = model
    limits = Limits(guards_responder=False)
    return engine.run(intention, intention.targets, target_named, cloud=cloud, journal=log, limits=limits)


def statuses(run: Run, number: int = 0) -> list[str]:
    """What became of the steps of one target."""
    return [step["status"] for step in run.results[number].steps]


def kept(world: World) -> World:
    """A world to compare with: a copy, without the order of attached policies, which AWS does not keep either."""
    return {arn: copy.deepcopy(user) | {"attached": sorted(user["attached"])} for arn, user in world.items()}

"""What a measure says it needs is what it uses: no call without its permission, no permission that is never used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from iam_model import RESPONDER, ROLE_ID, UNIQUE_ID, IamModel, World
from organizations_model import OrganizationsModel
from runs import ALICE, DEPLOY, USUAL, one_role, one_user
from strategies import padded_policy, worlds

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

every_measure = pytest.mark.parametrize("measure", IAM_PRINCIPAL, ids=lambda measure: measure.NAME)
SESSION = "arn:aws:sts::123456789012:assumed-role/deploy/bob"


class Spy:
    """The models, and everything that was asked of them."""

    def __init__(self, world: World, organization: OrganizationsModel | None = None) -> None:
        self._iam, self._organization = IamModel(world), organization or OrganizationsModel()
        self.used: set[str] = set()

    def caller(self) -> Caller:
        return Caller(account="999999999999", arn=RESPONDER)

    def read(self, call: Call) -> dict[str, Any]:
        return self._of(call).read(call)

    def pages(self, call: Call, key: str) -> list[Any]:
        return self._of(call).pages(call, key)

    def write(self, call: Call) -> str:
        return self._of(call).write(call)

    def answer(self, call: Call) -> dict[str, Any]:
        return self._of(call).answer(call)

    def background(self, ask: Any) -> Future[Any]:
        return self._iam.background(ask)

    def _of(self, call: Call) -> Any:
        self.used.add(f"{call.service}:{call.operation}")
        return self._organization if call.service == "organizations" else self._iam


def used_by(measure: Measure, spy: Spy, target: IamPrincipal) -> set[str]:
    """Everything that it takes to put the measure in force on `target` and to take it back."""
    cloud: Any = spy
    state = measure.observe(Reads(cloud), target)
    try:
        steps = list(measure.plan(state, target))
    except QuotaError:
        steps = []
    for call in (*(step.call for step in steps), *(call for step in reversed(steps) for call in step.undo)):
        if call.service == MERGED:
            assert set_quarantine(cloud, [call]) == [None]
        else:
            spy.write(call)
    return spy.used


@pytest.mark.parametrize("measure", USUAL, ids=lambda measure: measure.NAME)
@given(worlds())
def test_a_measure_does_nothing_without_its_permission(measure: Measure, world: World) -> None:
    for arn in world:
        target = principal_of_arn(arn)
        if target.kind in measure.KINDS:
            assert used_by(measure, Spy(world), target) <= set(measure.PERMISSIONS)


FULL_USER = {"padding": padded_policy(2048)}
FULL_ROLE = {"padding": padded_policy(10240)}
ATTACHED = [f"arn:aws:iam::123456789012:policy/p{number}" for number in range(10)]
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
OTHERS = {
    "ListSSHPublicKeys": {"APKAEIVFHP46CEXAMPLE": "Active"},
    "ListServiceSpecificCredentials": {"ACCAIOSFODNN7EXAMPLE": "Active"},
    "ListSigningCertificates": {"TA7SMP42TDN5Z26OBPJE7EXAMPLE": "Active"},
}
LONG_TRUST = f'{{"Version":"2012-10-17","Id":"{"x" * 1900}","Statement":[]}}'


def principals_of_every_kind() -> Iterator[tuple[World, IamPrincipal]]:
    """Worlds, each with the one in it to contain."""
    alice = replace(principal_of_arn(ALICE), unique_id=UNIQUE_ID)
    deploy = replace(principal_of_arn(DEPLOY), unique_id=ROLE_ID)
    for kind, named, full in ((one_user, alice, FULL_USER), (one_role, deploy, FULL_ROLE)):
        yield kind(), named
        yield kind(inline={"some": padded_policy(120)}), named
        yield kind(inline=dict(full)), named
        yield kind(inline=dict(full), attached=list(ATTACHED)), named
        yield kind(inline=dict(full), attached=list(ATTACHED), boundary=BOUNDARY), named
    yield one_user(others=OTHERS), alice
    yield one_role(trust=LONG_TRUST), deploy
    yield one_role(), replace(principal_of_arn(SESSION), unique_id=f"{ROLE_ID}:bob")


def organizations() -> Iterator[OrganizationsModel]:
    """One without a policy of ours; one where a run that died has left one behind; one where there is one already."""
    yield OrganizationsModel()
    left_behind = OrganizationsModel()
    name = f"CordonQuarantine-{ALICE.split(':')[4]}-1"
    left_behind.policies["p-left"] = {"Name": name, "Content": "{}"}
    yield left_behind
    in_use = OrganizationsModel()
    somebody = replace(principal_of_arn(ALICE), unique_id="AIDAI44QH8DHBEXAMPLE")
    quarantine = IAM_PRINCIPAL[0]
    cloud: Any = Spy({}, in_use)
    step = next(quarantine.plan(quarantine.observe(Reads(cloud), somebody), somebody))
    assert set_quarantine(cloud, [step.call]) == [None]
    yield in_use


@every_measure
def test_a_measure_asks_for_no_permission_that_it_never_uses(measure: Measure) -> None:
    """Whoever gives the responder its rights gives no more than these."""
    used = set().union(
        *(
            used_by(measure, Spy(world, organization), target)
            for organization in organizations()
            for world, target in principals_of_every_kind()
            if target.kind in measure.KINDS
        )
    )
    assert used == set(measure.PERMISSIONS)


@every_measure
def test_a_permission_is_listed_once(measure: Measure) -> None:
    assert len(set(measure.PERMISSIONS)) == len(measure.PERMISSIONS)


@every_measure
def test_a_measure_is_for_some_kind_of_principal_and_says_what_is_open_without_it(measure: Measure) -> None:
    assert measure.KINDS & {"user", "role", "session", "root"}
    assert measure.OPEN_WITHOUT

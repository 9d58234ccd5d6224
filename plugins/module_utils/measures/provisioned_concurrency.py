# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Give up provisioned concurrency of a function, without which AWS does not let a concurrency of 0 be reserved for it.

It is also a way to run: the function's initialization code runs wherever it is allocated, and again every few hours.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import provisioning
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.provisioning import provisioned
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "provisioned_concurrency"
KINDS = frozenset({"function"})
PERMISSIONS = (
    provisioning.PERMISSION,
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:DeleteProvisionedConcurrencyConfig",
)
OPEN_WITHOUT = "its initialization code, where versions or aliases have provisioned concurrency"
# https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html; $LATEST can have none.
_QUALIFIER = re.compile(r"[A-Za-z0-9_-]{1,128}")


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    return provisioning.observe(reads, target)


def plan(state: State, target: LambdaFunction) -> Iterator[Step]:
    """A step for each version and alias that has some."""
    yield from (_given_up(target, qualifier, amount) for qualifier, amount in provisioned(state).items())


def can_have_planned(step: Step, target: LambdaFunction) -> bool:
    qualifier = step.facet.removeprefix(provisioning.FACET)
    known = _QUALIFIER.fullmatch(qualifier) and is_whole_number(step.before) and step.before > 0
    return bool(known) and step.does_as(_given_up(target, qualifier, step.before))


def verify(state: State, target: LambdaFunction) -> Proof:
    found = provisioned(state)
    listed = ", ".join(f"{amount} of {qualifier}" for qualifier, amount in found.items())
    fact = f"concurrency is provisioned: {listed}" if found else "no concurrency is provisioned"
    return (Fact(measure=NAME, fact=fact, holds=not found),)


def notes(state: State, target: LambdaFunction) -> Sequence[str]:
    if not provisioned(state):
        return ()
    note = (
        f"{target.label} has provisioned concurrency, which is given up; AWS takes some minutes to allocate it again after a release. "
        "Where Application Auto Scaling manages it, it cannot bring it back while concurrency is 0."
    )
    return [note]


def _given_up(target: LambdaFunction, qualifier: str, amount: int) -> Step:
    return Step(
        measure=NAME,
        facet=provisioning.FACET + qualifier,
        call=target.call("DeleteProvisionedConcurrencyConfig", Qualifier=qualifier),
        undo=(
            target.call("PutProvisionedConcurrencyConfig", Qualifier=qualifier, ProvisionedConcurrentExecutions=amount),
        ),
        why=f"give up the concurrency provisioned for {qualifier} of {target.label}",
        before=amount,
        after=None,
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reserve a concurrency of 0 for a function, so that nothing runs it any more, whatever asks for it.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

Who may still ask for it is looked at and told, and left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import provisioning, versions, ways_in
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.provisioning import provisioned
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "concurrency"
KINDS = frozenset({"function"})
PERMISSIONS = (
    "lambda:GetFunctionConcurrency",
    "lambda:PutFunctionConcurrency",
    "lambda:DeleteFunctionConcurrency",
    provisioning.PERMISSION,
    versions.PERMISSION,
    *ways_in.PERMISSIONS,
)
OPEN_WITHOUT = "whoever may invoke it: by its policies, by a function URL, or by their own policies"
CONCURRENCY = "reserved_concurrency"


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    """What is reserved and provisioned, what its versions run as, and who may ask for it."""
    reads.ahead(target.call("GetFunctionConcurrency"))
    provisioning.begin_to_ask(reads, target)
    ways_in.begin_to_ask(reads, target)
    return {
        **versions.observe(reads, target),
        # Nothing is told where nothing is reserved: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html
        CONCURRENCY: reads.read(target.call("GetFunctionConcurrency")).get("ReservedConcurrentExecutions"),
        **provisioning.observe(reads, target),
        **ways_in.observe(reads, target),
    }


def plan(state: State, target: LambdaFunction) -> Iterator[Step]:
    """One step, or none where nothing can run already. It takes nothing from what other functions have: 0 can always be reserved.

    Raises RefusedError where more is provisioned, which AWS does not take."""
    if state[CONCURRENCY] == 0:
        return
    still = provisioned(state)
    if still:
        listed = ", ".join(f"{amount} for {qualifier}" for qualifier, amount in still.items())
        raise RefusedError(
            f"reserve a concurrency of 0 for {target.label}",
            f"AWS lets no less be reserved than is provisioned: {listed}",
            "Take the measure `provisioned_concurrency`, too, or delete it by lambda:DeleteProvisionedConcurrencyConfig.",
        )
    yield _put(target, state[CONCURRENCY])


def can_have_planned(step: Step, target: LambdaFunction) -> bool:
    known = step.before is None or (is_whole_number(step.before) and step.before > 0)
    return known and step.does_as(_put(target, step.before))


def verify(state: State, target: LambdaFunction) -> Proof:
    reserved = state[CONCURRENCY]
    fact = "no concurrency is reserved" if reserved is None else f"its reserved concurrency is {reserved}"
    return (Fact(measure=NAME, fact=fact, holds=reserved == 0),)


def notes(state: State, target: LambdaFunction) -> Sequence[str]:
    notes = list(ways_in.told(state, target))
    if state[CONCURRENCY]:
        notes.append(
            f"The concurrency of {state[CONCURRENCY]} that was reserved for {target.label} goes to all functions of the account meanwhile; "
            "if others have reserved it since, AWS refuses to give it back until less is reserved elsewhere."
        )
    notes.extend(versions.told(state, target))
    return notes


def _put(target: LambdaFunction, before: int | None) -> Step:
    back = (
        target.call("DeleteFunctionConcurrency")
        if before is None
        else target.call("PutFunctionConcurrency", ReservedConcurrentExecutions=before)
    )
    return Step(
        measure=NAME,
        facet=CONCURRENCY,
        call=target.call("PutFunctionConcurrency", ReservedConcurrentExecutions=0),
        undo=(back,),
        why=f"let nothing run {target.label}",
        before=before,
        after=0,
    )

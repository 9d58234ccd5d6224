# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reserve a concurrency of 0 for a function, so that nothing runs it any more, whatever asks for it.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

Who may still ask for it is looked at and told, and left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import provisioning, ways_in
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.provisioning import provisioned
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "concurrency"
KINDS = frozenset({"function"})
PERMISSIONS = (
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConcurrency",
    "lambda:PutFunctionConcurrency",
    "lambda:DeleteFunctionConcurrency",
    provisioning.PERMISSION,
    *ways_in.PERMISSIONS,
)
OPEN_WITHOUT = "whoever may invoke it: by its policies, by a function URL, or by their own policies"
CONCURRENCY = "reserved_concurrency"
ROLE = "execution_role"
TIMEOUT = "timeout_s"
CAPACITY = "capacity_provider"
DEAD_LETTERS = "dead_letter_target"


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    reads.ahead(target.call("GetFunctionConfiguration"))
    reads.ahead(target.call("GetFunctionConcurrency"))
    provisioning.begin_to_ask(reads, target)
    ways_in.begin_to_ask(reads, target)
    configuration = reads.read(target.call("GetFunctionConfiguration"))
    capacity = (configuration.get("CapacityProviderConfig") or {}).get("LambdaManagedInstancesCapacityProviderConfig")
    return {
        # Nothing is told where nothing is reserved: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html
        CONCURRENCY: reads.read(target.call("GetFunctionConcurrency")).get("ReservedConcurrentExecutions"),
        ROLE: configuration.get("Role"),
        TIMEOUT: configuration.get("Timeout"),
        CAPACITY: (capacity or {}).get("CapacityProviderArn"),
        DEAD_LETTERS: (configuration.get("DeadLetterConfig") or {}).get("TargetArn"),
        **provisioning.observe(reads, target),
        **ways_in.observe(reads, target),
    }


def plan(state: State, target: LambdaFunction) -> Iterator[Step]:
    """One step, or none where nothing can run already. It takes nothing from what other functions have: 0 can always be reserved.

    Raises RefusedError for what AWS does not take: less than is provisioned, and functions that run on instances of their own."""
    if state[CONCURRENCY] == 0:
        return
    tried = f"reserve a concurrency of 0 for {target.label}"
    if state[CAPACITY] is not None:
        # https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html is for others.
        raise RefusedError(
            tried,
            f"it runs on instances of {state[CAPACITY]}, for which none can be reserved",
            "Set the least and most execution environments of its versions to 0 by lambda:PutFunctionScalingConfig.",
        )
    still = provisioned(state)
    if still:
        listed = ", ".join(f"{amount} for {qualifier}" for qualifier, amount in still.items())
        raise RefusedError(
            tried,
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
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    where = (
        f"to {state[DEAD_LETTERS]}"
        if state[DEAD_LETTERS]
        else "to its failure destination, and drops them where it has none"
    )
    notes.append(
        f"Asynchronous invocations of {target.label} that come while concurrency is 0 AWS hands on untried, {where}: a release does not "
        "bring them back. Those that were queued before are kept for up to 6 hours, and run if it is released in that time."
    )
    if state[ROLE]:
        notes.append(
            f"Next: contain what it ran as, {state[ROLE]}. Credentials that its code was given, or passed on, are valid until they expire: "
            f"cordon.aws.iam_principal_containment with `principals: [{state[ROLE]}]` denies them to the role with all who use it "
            "(with `measures: [sessions]` only those given out so far), and with `scope: session` and the ARN of a session, out of "
            "CloudTrail, to that one alone."
        )
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

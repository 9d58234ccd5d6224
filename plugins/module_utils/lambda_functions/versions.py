# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the versions of a function run as and on, how long, and where events go that they do not take: each version has its own.
https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

PERMISSION = "lambda:ListVersionsByFunction"
ROLES = "execution_roles"
TIMEOUT = "timeout_s"
CAPACITY = "capacity_providers"
DEAD_LETTERS = "dead_letter_targets"
_CAPACITY = ("CapacityProviderConfig", "LambdaManagedInstancesCapacityProviderConfig", "CapacityProviderArn")


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    """Of all versions together, the unpublished one among them; of timeouts the longest."""
    found = reads.pages(target.call("ListVersionsByFunction"), "Versions")
    return {
        ROLES: _all_of(found, "Role"),
        TIMEOUT: max((version.get("Timeout") or 0 for version in found), default=0),
        CAPACITY: _all_of(found, *_CAPACITY),
        DEAD_LETTERS: _all_of(found, "DeadLetterConfig", "TargetArn"),
    }


def told(state: State, target: LambdaFunction) -> Iterator[str]:
    """For people: who is hit by a concurrency of 0, and what is to be contained next."""
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    where = "to its failure destination, and drops them where it has none"
    if state[DEAD_LETTERS]:
        where = f"to {', '.join(state[DEAD_LETTERS])}"
    yield (
        f"Asynchronous invocations of {target.label} that come while concurrency is 0 AWS hands on untried, {where}: a release does not "
        "bring them back. Those that were queued before are kept for up to 6 hours, and run if it is released in that time."
    )
    for role in state[ROLES]:
        yield (
            f"Next: contain what {target.label} ran as, {role}. Credentials that its code was given, or passed on, are valid until they "
            f"expire: cordon.aws.iam_principal_containment with `principals: [{role}]` denies them to the role with all who use it (with "
            "`measures: [sessions]` only those given out so far), and with `scope: session` and the ARN of a session, out of CloudTrail, "
            "to that one alone."
        )


def _all_of(versions: Iterable[Json], *path: str) -> list[str]:
    """What the versions have at this place, each once."""
    found = set()
    for version in versions:
        value = version
        for name in path:
            value = (value or {}).get(name)
        if value:
            found.add(str(value))
    return sorted(found)

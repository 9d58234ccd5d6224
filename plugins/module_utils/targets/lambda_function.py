# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain a Lambda function, in the order they are taken, what may go on all the same, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import versions
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures import (
    concurrency,
    event_sources,
    provisioned_concurrency,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import State

LAMBDA_FUNCTION: tuple[Measure, ...] = (provisioned_concurrency, concurrency, event_sources)
"""What is provisioned first: AWS lets no less be reserved. Back it goes the other way round."""


def residual(state: State, target: LambdaFunction) -> Sequence[Mapping[str, str]]:
    """What may go on all the same, as far as it was looked at."""
    found = []
    if state.get(versions.TIMEOUT):
        running = f"invocations of {target.label} that run already, for up to {state[versions.TIMEOUT]} seconds"
        found.append({"what": running, "why": "AWS ends none before the timeout of its version"})
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
    found.extend(
        {
            "what": f"code of {target.label} in execution environments on instances of {provider}",
            "why": "AWS keeps them active between invocations, and does not say what reserved concurrency does to them; set their least "
            "and most number to 0 by lambda:PutFunctionScalingConfig, version by version",
        }
        for provider in state.get(versions.CAPACITY, ())
    )
    found.extend(
        {
            "what": f"whoever has credentials of {role} that {target.label} was given",
            "why": "they are valid wherever they are used until they expire; contain the role",
        }
        for role in state.get(versions.ROLES, ())
    )
    return found


def unchecked(measures: Sequence[Measure], _target: Target) -> tuple[str, ...]:
    """What is left open, or not looked at, of a function of which only `measures` are taken."""
    taken = {measure.NAME for measure in measures}
    return (
        *(f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" for measure in LAMBDA_FUNCTION if measure.NAME not in taken),
        *_NEVER_CHECKED,
    )


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html
_REPLICAS = (
    "replicas of it that CloudFront runs in other regions (Lambda@Edge): take it out of the distributions that use it, after which AWS "
    "deletes them within hours"
)
_NEVER_CHECKED = (
    "its code, layers and environment, and who may change them or its concurrency: they stay as they are",
    _REPLICAS,
    "policies of single versions of it, and who calls them by those",
    "other functions with the same code or role",
    "whether it was deleted and made anew meanwhile: AWS gives a function of the same name nothing to tell it by",
    "what it did before now: look in CloudTrail for what its role did, and in its log group",
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Provisioned concurrency of a function's versions and aliases: as it is read, and as it counts against what is reserved. Pure but for the
reading. https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

FACET = "provisioned_concurrency/"
PERMISSION = "lambda:ListProvisionedConcurrencyConfigs"
_KEY = "ProvisionedConcurrencyConfigs"


def begin_to_ask(reads: Reads, target: LambdaFunction) -> None:
    reads.ahead(target.call("ListProvisionedConcurrencyConfigs"), _KEY)


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    """How much each version or alias asks for; one that AWS could not allocate counts, too.
    https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html"""
    return {
        FACET + str(one["FunctionArn"]).rpartition(":")[2]: one["RequestedProvisionedConcurrentExecutions"]
        for one in reads.pages(target.call("ListProvisionedConcurrencyConfigs"), _KEY)
    }


def provisioned(state: State) -> Mapping[str, int]:
    """By version or alias; those that have none are left out."""
    return {
        facet.removeprefix(FACET): amount
        for facet, amount in sorted(state.items())
        if facet.startswith(FACET) and amount
    }

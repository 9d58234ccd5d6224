#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lambda functions are kept from running, or no longer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_function_containment
short_description: Keep Lambda functions from running and let them run again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Reserves a concurrency of 0 for functions, so that nothing runs them any more, having given up what concurrency is provisioned for their
    versions and aliases, and disables their event source mappings, so that nothing is taken from queues and streams for them.
  - Function URLs and policies are recorded and told, and left as they are. Code, layers and configuration stay, too.
  - Invocations that run already go on until they end. What a function was given of its role's credentials goes on as well, wherever it is
    used. The notes name the role, for M(cordon.aws.iam_principal_containment).
  - Works on any number of functions at once, over accounts and regions. One that fails does not keep the others from being contained.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again.
options:
  functions:
    description:
      - The functions, each by its name or its ARN, without a version or alias, because AWS reserves concurrency for a function as a whole.
      - A name is looked for in O(account_id) and O(region). An ARN says by itself where the function is.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  account_id:
    description:
      - The account that the functions are in, and the only one that this task may touch. Without it, names are looked for in that of the
        credentials, and ARNs may be of any account.
    type: str
  state:
    description:
      - V(contained) makes sure that every measure is in force.
      - V(released) takes back what the case O(case_id) records, as M(cordon.aws.case_release) does, and needs O(case_id).
    type: str
    choices: [contained, released]
    default: contained
  measures:
    description:
      - The measures to take, or to take back. All by default, always in the order that follows.
      - V(provisioned_concurrency) gives up the concurrency that is provisioned for versions and aliases. Without it, V(concurrency) is
        refused for a function that has some, because AWS lets no less be reserved.
      - V(concurrency) reserves a concurrency of 0.
      - V(event_sources) disables the event source mappings that are enabled, those of versions and aliases too.
    type: list
    elements: str
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.iam_principal_containment
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
"""

EXAMPLES = r"""
- name: Keep functions from running
  cordon.aws.lambda_function_containment:
    case_id: case-2026-0042
    functions:
      - my-function
      - arn:aws:lambda:eu-west-1:111122223333:function:my-other-function

- name: Let one of them run again
  cordon.aws.lambda_function_containment:
    case_id: case-2026-0042
    state: released
    functions:
      - my-function
"""

RETURN = r"""
action:
  description: What was asked for.
  returned: always
  type: str
  sample: contain
case_id:
  description: The case that it was written down in; null in check mode without O(case_id).
  returned: always
  type: str
  sample: case-01kavm4p3yk3a8tq6b2n9h5d7c
plan_id:
  description: SHA-256 of the plan in canonical JSON, to be given as O(approved_plan).
  returned: always
  type: str
  sample: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920
results:
  description:
    - What happened to each of O(functions), in their order; each with C(target) (the function's ARN), C(name), C(status), C(changed),
      C(verified), C(proof), C(steps), C(notes), C(unchecked), C(before), C(after), C(residual) (what may go on all the same, and why, where
      there is something), and C(error) when it failed.
  returned: always
  type: list
  elements: dict
steps:
  description: Every change, in order, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
before:
  description: What was observed of each function first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each function last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all functions were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 8
"""

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_accounts
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import (
    find_function,
    parse_functions,
)
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    RUN_OPTIONS,
    cloud_of,
    existing_case,
    limits_of,
    new_module,
    opened_case,
    reporting,
    respond,
)
from ansible_collections.cordon.aws.plugins.module_utils.targets.lambda_function import (
    LAMBDA_FUNCTION,
    residual,
    unchecked,
)

OPTIONS = RUN_OPTIONS | {
    "functions": {"type": "list", "elements": "str", "required": True},
    "account_id": {"type": "str"},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "measures": {"type": "list", "elements": "str"},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        functions = parse_functions(options["functions"])
        given = parse_accounts(None if options["account_id"] is None else [options["account_id"]])
        measures = chosen(LAMBDA_FUNCTION, options["measures"])
        limits = limits_of(module, guards_responder=False)
        cloud = cloud_of(module)
        account = next(iter(given or ()), None)
        if options["state"] == "contained":
            case = opened_case(module, cloud)
            intention: Intention = Containment(measures=measures, left_open=unchecked, residue=residual)
        else:
            case = existing_case(module, cloud)
            intention = recorded_release(case, LAMBDA_FUNCTION, only=options["measures"])
        respond(
            module,
            intention,
            functions,
            lambda name, reads: find_function(reads, name, account),
            cloud=cloud,
            case=case,
            limits=limits,
        )


if __name__ == "__main__":
    main()

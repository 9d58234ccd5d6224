#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts of an organization are under quarantine, or no longer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: organizations_account_containment
short_description: Put accounts of an organization under quarantine and lift it again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Denies everything to everybody in a member account but responders, root included, by a service control policy that is attached to
    the account itself. Nobody in the account can take that back.
  - Works on any number of accounts at once. Needs credentials of the management account, or of a delegated administrator for service
    control policies.
  - Service-linked roles and AWS's services go on, and so does what runs already. Its credentials no longer work at AWS's API.
  - The management account cannot be put under quarantine, because no service control policy restricts it.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again.
  - Never changes or detaches a service control policy of yours. Cordon's own are named C(CordonQuarantine-<account>-<number>).
options:
  account_ids:
    description:
      - The accounts, each by its id of 12 digits or its ARN.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(contained) makes sure that the quarantine is in force.
      - V(released) takes back what the case O(case_id) records, as M(cordon.aws.case_release) does, and needs O(case_id).
    type: str
    choices: [contained, released]
    default: contained
  scp_attached_quota:
    description:
      - How many service control policies may be attached to an account. AWS has raised it for organizations; Service Quotas shows it.
    type: int
    default: 5
  responders:
    description:
      - Patterns of ARNs, with C(*) and C(?), of users and roles that go on working in the accounts.
      - Who runs this, and the role O(assume_role_name) in each account, are always among them.
    type: list
    elements: str
    default: []
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
- name: Shut an account to everybody but responders
  cordon.aws.organizations_account_containment:
    case_id: case-2026-0042
    account_ids:
      - "111122223333"
    responders:
      - arn:aws:iam::*:role/incident-response

- name: Open it again
  cordon.aws.organizations_account_containment:
    case_id: case-2026-0042
    state: released
    account_ids:
      - "111122223333"
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
    - What happened to each of O(account_ids), in their order; each with C(target) (the account's ARN), C(name), C(status), C(changed),
      C(verified), C(proof), C(steps), C(notes), C(unchecked), C(before), C(after), and C(error) when it failed.
  returned: always
  type: list
  elements: dict
steps:
  description: Every change, in order, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
before:
  description: What was observed of each account first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each account last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all accounts were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 8
"""

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.organizations.accounts import find_account, parse_account_names
from ansible_collections.cordon.aws.plugins.module_utils.organizations.responders import parse_responders, responders
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
from ansible_collections.cordon.aws.plugins.module_utils.targets.organizations_account import (
    ORGANIZATIONS_ACCOUNT,
    quarantine,
    unchecked,
)

OPTIONS = RUN_OPTIONS | {
    "account_ids": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "responders": {"type": "list", "elements": "str", "default": []},
    "scp_attached_quota": {"type": "int", "default": 5},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        accounts = parse_account_names(options["account_ids"])
        more_responders = parse_responders(options["responders"])
        contains = options["state"] == "contained"
        limits = limits_of(module, guards_responder=False)
        cloud = cloud_of(module)
        if contains:
            case = opened_case(module, cloud)
            left_in = responders(cloud.identities(), cloud.role_name, cloud.caller().partition, more_responders)
            intention: Intention = Containment(
                measures=(quarantine(left_in, options["scp_attached_quota"]),), left_open=unchecked
            )
        else:
            case = existing_case(module, cloud)
            intention = recorded_release(case, ORGANIZATIONS_ACCOUNT)
        respond(
            module,
            intention,
            accounts,
            lambda account_id, reads: find_account(reads, account_id),
            cloud=cloud,
            case=case,
            limits=limits,
        )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM users can no longer act, or can again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_principal_containment
short_description: Contain IAM users and release them again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Takes every ability to act from IAM users whose credentials are in wrong hands. Everything is denied to them, their access keys
    are made inactive, and what was minted from the keys is denied too.
  - Works on any number of users at once, in the account of the credentials and in the member accounts of its organization.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again. A user that cannot be shown
    to be contained fails the task and stays as contained as it is.
  - Deletes nothing. Never touches groups, managed policies of yours, tags, MFA devices, the console password, or other principals.
  - The console password, SSH keys, service-specific credentials and signing certificates of the user are left alone; the denial of
    everything covers what they can do at AWS.
options:
  principals:
    description:
      - The IAM users, each by ARN, by access key id (C(AKIA...), in whichever account it is) or by name (in the account of the
        credentials).
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(contained) makes sure that all O(measures) are in force.
      - V(released) takes back what the case O(case_id) records, as M(cordon.aws.case_release) does, and needs O(case_id).
    type: str
    choices: [contained, released]
    default: contained
  measures:
    description:
      - What to do, all of it by default. The order in which it is done is always the one given here.
      - V(deny_policy) denies everything by an inline policy; where the inline policies are full by attaching AWS's policy
        C(AWSDenyAll); where these are full too by setting it as the permissions boundary.
      - V(access_keys) makes all access keys of the user inactive.
      - V(sessions) denies everything to the sessions that C(GetSessionToken) and C(GetFederationToken) gave out.
    type: list
    elements: str
  protected_principals:
    description:
      - Patterns of ARNs, with C(*) and C(?), that must never be contained, such as the accounts to be used in an emergency.
      - A plan that names one of them, or the one who runs this, is refused unless exactly it was approved.
    type: list
    elements: str
    default: []
  accounts:
    description:
      - The accounts that O(principals) may be in. A user of any other account is refused; any account will do if unset.
      - Set it where the names come from events, which may name somebody else's user.
    type: list
    elements: str
  unique_ids:
    description:
      - The unique ids (C(AIDA...)) that users named by ARN must have, by ARN. Whoever may rename users can give a name to another.
    type: dict
    default: {}
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
  - module: amazon.aws.iam_access_key
"""

EXAMPLES = r"""
- name: Contain the owner of a leaked key
  cordon.aws.iam_principal_containment:
    principals:
      - AKIAIOSFODNN7EXAMPLE

- name: Contain two users in two accounts as part of a case
  cordon.aws.iam_principal_containment:
    case_id: case-2026-0042
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
      - arn:aws:iam::444455556666:user/deployer
    protected_principals:
      - arn:aws:iam::*:user/break-glass-*

- name: Bring them back, exactly as they were
  cordon.aws.iam_principal_containment:
    case_id: case-2026-0042
    state: released
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
      - arn:aws:iam::444455556666:user/deployer
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
  description: What happened to each of O(principals), in their order.
  returned: always
  type: list
  elements: dict
  contains:
    target:
      description: The user's ARN; the name given where no user was found.
      type: str
      sample: arn:aws:iam::111122223333:user/developers/dana
    name:
      description: The principal as it was given.
      type: str
      sample: AKIAIOSFODNN7EXAMPLE
    status:
      description: C(contained), C(released), C(unchanged), C(planned) (in check mode) or C(failed).
      type: str
      sample: contained
    changed:
      description: Whether this user was changed, or in check mode would be.
      type: bool
    verified:
      description: Whether it was seen that the state asked for holds.
      type: bool
    proof:
      description: The facts that this rests on.
      type: list
      elements: dict
      sample: [{"measure": "access_keys", "fact": "2 of 2 access keys are inactive", "holds": true}]
    steps:
      description: As RV(steps), for this user.
      type: list
      elements: dict
    notes:
      description: What a human should know.
      type: list
      elements: str
    unchecked:
      description: What nobody has looked at, and must not be taken for fine.
      type: list
      elements: str
    before:
      description: What was observed first.
      type: dict
    after:
      description: What was observed last, or planned.
      type: dict
    error:
      description: What went wrong and what to do.
      returned: when it failed
      type: str
steps:
  description: Every change, in order.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The step within its plan.
      type: str
      sample: arn:aws:iam::111122223333:user/developers/dana#1
    measure:
      description: The measure it belongs to.
      type: str
      sample: deny_policy
    facet:
      description: The one thing that it changes.
      type: str
      sample: inline_policy/CordonDenyAll
    why:
      description: What it is good for.
      type: str
      sample: deny everything to user/dana
    operation:
      description: The API operation.
      type: str
      sample: iam:PutUserPolicy
    reversible:
      description: Whether it can be taken back.
      type: bool
      sample: true
    status:
      description:
        - C(planned), C(done), C(failed), C(unknown) (AWS answered with an error of its own, or not at all) or C(not_run).
      type: str
      sample: done
    request_id:
      description: AWS's id of the request.
      returned: when AWS told one
      type: str
    error:
      description: What went wrong.
      returned: when it was not done
      type: str
before:
  description: What was observed of each user first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each user last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all users were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 14
"""

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.iam_principal import IAM_PRINCIPAL, unchecked
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.principals import (
    parse_accounts,
    parse_principals,
    parse_protected,
    parse_unique_ids,
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
from ansible_collections.cordon.aws.plugins.module_utils.user_lookup import find_user

OPTIONS = RUN_OPTIONS | {
    "principals": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "measures": {"type": "list", "elements": "str"},
    "protected_principals": {"type": "list", "elements": "str", "default": []},
    "accounts": {"type": "list", "elements": "str"},
    "unique_ids": {"type": "dict", "default": {}},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        names = {name.text: name for name in parse_principals(options["principals"], "principals")}
        measures = chosen(IAM_PRINCIPAL, options["measures"])
        protected = parse_protected(options["protected_principals"])
        accounts = parse_accounts(options["accounts"])
        unique_ids = parse_unique_ids(options["unique_ids"])
        contains = options["state"] == "contained"
        limits = limits_of(module, protected=protected if contains else (), guards_responder=contains)
        cloud = cloud_of(module)
        intention: Intention = Containment(measures, unchecked=unchecked(measures))
        if contains:
            case = opened_case(module, cloud)
        else:
            case = existing_case(module, cloud)
            intention = recorded_release(case, IAM_PRINCIPAL, only=[measure.NAME for measure in measures])
        respond(
            module,
            intention,
            options["principals"],
            lambda text, reads: find_user(reads, names[text], accounts, unique_ids),
            cloud=cloud,
            case=case,
            limits=limits,
        )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3 buckets are shut to all but responders, or no longer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket_containment
short_description: Shut S3 buckets to all but responders and open them again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Blocks public access to buckets, and denies everything in them to everybody but responders, by one statement in front of the others of
    their policies. What else the policy says stays byte for byte as it was.
  - AWS's services go on, so that a trail goes on delivering into a bucket.
  - Records whether objects are versioned and locked, for whoever wants to bring back what was deleted.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again.
options:
  buckets:
    description:
      - The buckets, each by its name or its ARN.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  account_id:
    description:
      - The account that the buckets belong to, that of the credentials by default. A bucket of any other account is not touched.
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
      - V(bucket_policy) denies everything to all but O(responders).
      - V(public_access_block) blocks public access by policies and ACLs.
    type: list
    elements: str
  responders:
    description:
      - Patterns of ARNs, with C(*) and C(?), of users and roles that go on working in the buckets. C(*) for the account means that of
        the bucket, because anybody can make a role of that name in an account of their own.
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
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
"""

EXAMPLES = r"""
- name: Shut a bucket to all but responders
  cordon.aws.s3_bucket_containment:
    case_id: case-2026-0042
    buckets:
      - amzn-s3-demo-bucket
    responders:
      - arn:aws:iam::111122223333:role/incident-response

- name: Open it again
  cordon.aws.s3_bucket_containment:
    case_id: case-2026-0042
    state: released
    buckets:
      - amzn-s3-demo-bucket
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
    - What happened to each of O(buckets), in their order; each with C(target) (the bucket's ARN), C(name), C(status), C(changed),
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
  description: What was observed of each bucket first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each bucket last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all buckets were seen to be in the state asked for.
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
from ansible_collections.cordon.aws.plugins.module_utils.s3.buckets import find_bucket, parse_buckets
from ansible_collections.cordon.aws.plugins.module_utils.targets.s3_bucket import S3_BUCKET, measures_with, unchecked

OPTIONS = RUN_OPTIONS | {
    "buckets": {"type": "list", "elements": "str", "required": True},
    "account_id": {"type": "str"},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "measures": {"type": "list", "elements": "str"},
    "responders": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        buckets = parse_buckets(options["buckets"])
        more_responders = parse_responders(options["responders"])
        given = parse_accounts(None if options["account_id"] is None else [options["account_id"]])
        chosen(S3_BUCKET, options["measures"])
        limits = limits_of(module, guards_responder=False)
        cloud = cloud_of(module)
        account = next(iter(given or {cloud.caller().account}))
        if options["state"] == "contained":
            case = opened_case(module, cloud)
            left_in = responders(cloud.identities(), cloud.role_name, cloud.caller().partition, more_responders)
            measures = chosen(measures_with(left_in, account), options["measures"])
            intention: Intention = Containment(measures=measures, left_open=unchecked)
        else:
            case = existing_case(module, cloud)
            intention = recorded_release(case, S3_BUCKET, only=options["measures"])
        respond(
            module,
            intention,
            buckets,
            lambda name, reads: find_bucket(reads, name, account),
            cloud=cloud,
            case=case,
            limits=limits,
        )


if __name__ == "__main__":
    main()

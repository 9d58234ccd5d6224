#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB instances of RDS can no longer be reached, deleted or copied by others, or can again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_instance_containment
short_description: Contain DB instances of RDS and release them again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Shuts DB instances off from the network, keeps them from being deleted, and withdraws their snapshots from other accounts.
  - Works on any number of DB instances at once, over accounts and regions. One that fails does not keep the others from being contained.
  - A member of a DB cluster (Aurora, Multi-AZ DB clusters, DocumentDB, Neptune) is refused, with the commands that contain the cluster,
    because its security groups, its protection and its snapshots are the cluster's. So is RDS Custom.
  - RDS changes nothing about an instance that is stopped, and applies changes one after the other. One that is busy is waited for, and so
    is the change, for three minutes in all. What else is pending for an instance, such as an upgrade, is not applied.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again.
  - What may go on all the same is listed under C(residual) and C(unchecked) of each result.
options:
  db_instances:
    description:
      - The DB instances, each by its identifier or its ARN.
      - An identifier is looked for in O(accounts) and O(regions), and refused where it is in several. An ARN says by itself where it is.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
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
      - V(snapshot_sharing) withdraws its manual snapshots from the accounts that they are shared with, and from everybody. Release shares
        them with just these again.
      - V(security_groups) moves it into the security group C(CordonForensic) of its VPC, which is made if it is missing and lets nothing
        through but what O(allow_from) and O(allow_endpoints) name. The last that leaves the group takes it along.
      - V(public_access) takes its public address away.
      - V(deletion_protection) keeps it from being deleted.
    type: list
    elements: str
  regions:
    description:
      - The regions in which identifiers are looked for. That of the connection by default.
    type: list
    elements: str
  accounts:
    description:
      - The accounts in which identifiers are looked for, and the only ones that this task may touch.
      - By default identifiers are looked for in the account of the credentials, and ARNs may be of any account.
    type: list
    elements: str
  elsewhere:
    description:
      - What becomes of a DB instance that is not in one of O(accounts). V(leave) leaves it out, V(refuse) fails for it.
    type: str
    choices: [refuse, leave]
    default: refuse
  allow_from:
    description:
      - Networks and prefix lists from which everything may come in, such as the forensic station.
      - The group is that of all contained databases and EC2 instances of the VPC. Name the same for all of them.
    type: list
    elements: str
    default: []
  allow_endpoints:
    description:
      - Prefix lists to which HTTPS may go out. A database has no use for it. Name what M(cordon.aws.ec2_instance_containment) was given for
        instances of the same VPC, because the group is theirs, too.
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
  - module: cordon.aws.ec2_instance_containment
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
"""

EXAMPLES = r"""
- name: Contain a DB instance, and let the forensic station in
  cordon.aws.rds_instance_containment:
    case_id: case-2026-0042
    db_instances:
      - arn:aws:rds:us-east-1:111122223333:db:my-database
    allow_from:
      - 198.51.100.7/32

- name: Release it
  cordon.aws.rds_instance_containment:
    case_id: case-2026-0042
    state: released
    db_instances:
      - arn:aws:rds:us-east-1:111122223333:db:my-database
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
    - What happened to each of O(db_instances), in their order; each with C(target) (the instance's ARN), C(name), C(status), C(changed),
      C(verified), C(proof), C(steps), C(notes), C(residual) (what may go on all the same, each with C(what) and C(why)), C(unchecked),
      C(before), C(after), and C(error) when it failed.
  returned: always
  type: list
  elements: dict
steps:
  description: Every change, in order, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
before:
  description: What was observed of each DB instance first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each DB instance last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all DB instances were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 12
"""

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import parse_peers
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_lookup import Places, parse_regions
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_accounts
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.rds.database_lookup import (
    find_databases,
    found_or_raised,
    parse_databases,
)
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import DbInstance
from ansible_collections.cordon.aws.plugins.module_utils.rds.residual import residual
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
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
from ansible_collections.cordon.aws.plugins.module_utils.targets.rds_instance import (
    RDS_INSTANCE,
    measures_with,
    unchecked,
)

OPTIONS = RUN_OPTIONS | {
    "db_instances": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "measures": {"type": "list", "elements": "str"},
    "regions": {"type": "list", "elements": "str"},
    "accounts": {"type": "list", "elements": "str"},
    "elsewhere": {"type": "str", "choices": ["refuse", "leave"], "default": "refuse"},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "allow_endpoints": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        names = parse_databases(options["db_instances"])
        accounts = parse_accounts(options["accounts"])
        regions = parse_regions(options["regions"])
        wished = measures_with(
            parse_peers(options["allow_from"], "allow_from", cidrs=True),
            parse_peers(options["allow_endpoints"], "allow_endpoints", cidrs=False),
        )
        measures = chosen(wished, options["measures"])
        contains = options["state"] == "contained"
        limits = limits_of(module, guards_responder=False, leaves_elsewhere=options["elsewhere"] == "leave")
        cloud = cloud_of(module)
        reads = Reads(cloud)
        places = Places(
            accounts=tuple(sorted(accounts or {cloud.caller().account})),
            regions=regions or (cloud.home_region,),
            only=accounts,
        )
        found = find_databases(reads, names, places, to_contain=contains)
        if contains:
            case = opened_case(module, cloud)
            intention: Intention = Containment(measures=measures, left_open=unchecked, residue=residual)
        else:
            case = existing_case(module, cloud)
            among = [one.arn for one in found.values() if isinstance(one, DbInstance)]
            intention = recorded_release(case, RDS_INSTANCE, only=options["measures"], among=among)
        respond(
            module,
            intention,
            names,
            lambda name, _reads: found_or_raised(found[name]),
            cloud=cloud,
            case=case,
            limits=limits,
            reads=reads,
        )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody did, by CloudTrail, and who descends from them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_trace_info
short_description: Trace in CloudTrail what keys and principals did, and everything that descends from them
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Follows keys, sessions, users and roles to everything that descends from them, which are sessions of roles and of users, also across
    accounts, federated users, the console, keys and passwords that they made for others, users, roles and identity providers that they
    made, roles whose trust policy they changed, and sessions of the instances, functions and tasks that they gave a role to.
  - Returns who that is, ready for M(cordon.aws.iam_principal_containment), from where and with what each of them worked, what they changed,
    what was refused, and what data they read. Every traced event goes into a file, in order of time.
  - Says what the log cannot show, in RV(gaps). What it cannot tell apart is not traced, and is said there, too.
  - A colleague's calls in the same role, under the same session name, in the same minute are not traced, because each session is told by
    its own access key. A user whose password was set is traced in the console only, in sessions begun since, until somebody else sets it
    again. Who could take a role before its trust policy was changed is not traced.
  - Whoever came through an identity provider, a trust anchor or a profile of Roles Anywhere that was changed, and whatever was done with an
    access key that was switched on, is traced from then on, also where somebody may have had that way before. RV(gaps) says so; look at it
    before you contain RV(containable).
  - Where the log held no event, or none of whoever was named, RV(summary_text) begins with a warning. Records that differ under one event
    id are all traced, and are C(altered) in RV(gaps), because whoever can write where the files are can forge one.
  - Events that are in files take neither credentials nor AWS. Changes nothing.
options:
  accounts:
    description:
      - The accounts whose events are traced; all that the trail has if unset.
      - Of the event history, if unset, the account of the credentials, those of the principals and keys that are named, and those of its
        organization that what is found leads to. Others than that of the credentials are asked as O(assume_role_name).
    type: list
    elements: str
  regions:
    description:
      - The regions whose events are traced; all that the trail has if unset. What global services such as IAM do is in V(us-east-1).
    type: list
    elements: str
  timeline_file:
    description:
      - Where to write the timeline, as JSON lines, one traced event each. What stands there is replaced. Directories are made.
      - By default a new file in the directory for temporary files. Only its owner may read it.
      - It holds the events as CloudTrail wrote them, without session tokens, passwords and other secrets, each with C(cordon), which says
        whose it is. Its texts are partly the attacker's. Do not hand them to anything that runs templates. It can be traced as O(trail).
    type: path
  assume_role_arn:
    description:
      - A role to assume first, with the given credentials; everything else is done as this role.
    type: str
  assume_role_name:
    description:
      - The name of the role to assume in every account other than that of the credentials.
    type: str
    default: OrganizationAccountAccessRole
requirements:
  - python >= 3.11
  - ahocorasick-rs
  - cryptography
  - isal
  - orjson
  - stringzilla
extends_documentation_fragment:
  - cordon.aws.trail
  - cordon.aws.trail.athena
  - cordon.aws.attributes
  - cordon.aws.attributes.no_action_group
  - cordon.aws.attributes.reads
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - In check mode the timeline is written as well, and what Athena writes to be asked; nothing else ever is.
  - Of a bucket, objects are kept until the end in a file without a name in the directory for temporary files, which TMPDIR names.
  - The event history takes C(cloudtrail:LookupEvents), and for what it covers C(ec2:DescribeRegions), C(sts:GetAccessKeyInfo) and
    C(organizations:ListAccounts). A bucket takes C(s3:ListBucket) and C(s3:GetObject), and for what it lacks
    C(cloudtrail:ListPublicKeys), C(cloudtrail:DescribeTrails), C(cloudtrail:GetTrailStatus) and C(cloudtrail:GetEventSelectors). What
    may not be asked is in RV(gaps).
seealso:
  - module: cordon.aws.cloudtrail_restore
  - module: cordon.aws.iam_principal_containment
"""

EXAMPLES = r"""
- name: Trace what was done with a leaked key in the last week
  cordon.aws.cloudtrail_trace_info:
    access_key_ids:
      - AKIAIOSFODNN7EXAMPLE
    since: 7d
  register: traced

- name: Show it
  ansible.builtin.debug:
    var: traced.summary_text

- name: Trace a user in the files of an organization's trail, in two accounts
  cordon.aws.cloudtrail_trace_info:
    trail: s3://amzn-s3-demo-bucket
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
    since: "2026-05-01T00:00:00Z"
    accounts: ["111122223333", "444455556666"]

- name: Trace it in a year of a large organization, by Athena, for a dollar at most
  cordon.aws.cloudtrail_trace_info:
    trail: athena://amzn-s3-demo-bucket
    access_key_ids:
      - AKIAIOSFODNN7EXAMPLE
    since: 52w
    max_scan_bytes: 200000000000
"""

RETURN = r"""
events:
  description:
    - How many events there are. C(read) were looked at, C(unique) without those that stand in the log several times, C(traced) belong to
      the closure, C(changes) of these changed something, and C(refused) of these AWS did not do, for any reason.
  returned: success
  type: dict
  sample:
    read: 48213
    unique: 48190
    traced: 64
    changes: 11
    refused: 9
closure:
  description:
    - Everybody that is traced, who was named first. C(principal) is an ARN, null where the log does not tell it. C(access_key_id) is null
      for what is not known by one key, such as a user in the console. C(derived_from) is the access key, or else the principal, whose
      call led to it, C(how) the operation, or C(named), C(its own key), C(its session). C(first_seen) and C(last_seen) are null where it
      was not seen at work.
  returned: success
  type: list
  elements: dict
  sample:
    - principal: arn:aws:iam::111122223333:user/developers/dana
      access_key_id: AKIAIOSFODNN7EXAMPLE
      derived_from:
      how: named
      first_seen: "2026-05-04T03:02:01Z"
      last_seen: "2026-05-04T03:19:40Z"
    - principal: arn:aws:sts::111122223333:assumed-role/deploy/run
      access_key_id: ASIAIOSFODNN7EXAMPLE
      derived_from: AKIAIOSFODNN7EXAMPLE
      how: AssumeRole
      first_seen: "2026-05-04T03:05:12Z"
      last_seen: "2026-05-04T03:18:07Z"
containable:
  description:
    - The closure as M(cordon.aws.iam_principal_containment) takes it. Made users and roles, roles whose trust policy was changed, sessions,
      and users for whom a key or a password was made, or a key was switched on. A role that was passed to something is left out; its
      sessions are there.
  returned: success
  type: list
  elements: str
  sample:
    - arn:aws:iam::111122223333:user/developers/dana
    - arn:aws:sts::111122223333:assumed-role/deploy/run
principals:
  description:
    - What each of RV(closure) did, in the same order. The addresses, agents, services, regions and refused operations have the most
      frequent first, 50 at most.
  returned: success
  type: list
  elements: dict
  sample:
    - principal: arn:aws:iam::111122223333:user/developers/dana
      access_key_id: AKIAIOSFODNN7EXAMPLE
      first_seen: "2026-05-04T03:02:01Z"
      last_seen: "2026-05-04T03:19:40Z"
      calls: 41
      changes: 8
      refused: 9
      data_reads: 3
      source_addresses: [203.0.113.77]
      user_agents: [aws-cli/2.15]
      services: [iam, s3]
      regions: [us-east-1]
      refusals: ["iam:CreateUser"]
data_read:
  description:
    - The data that was read, the most often read first, 1000 at most. RV(data_read_total) is how many there are.
  returned: success
  type: list
  elements: dict
  sample:
    - principal: arn:aws:iam::111122223333:user/developers/dana
      operation: s3:GetObject
      what: amzn-s3-demo-bucket/customers.csv
      account: "111122223333"
      count: 2
      first: "2026-05-04T03:10:00Z"
      last: "2026-05-04T03:10:02Z"
data_read_total:
  description: How many different things were read.
  returned: success
  type: int
  sample: 1
gaps:
  description:
    - What the log cannot show, 1000 at most. RV(gaps_total) is how many there are. C(kind) is C(unreadable), C(altered), C(missing),
      C(not_recorded), C(delayed) or C(not_covered), C(where) says of what, C(why) why; C(since) and C(until) are null where they are open.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: not_recorded
      where: data events
      why: none was found
      since:
      until:
gaps_total:
  description: How many gaps there are.
  returned: success
  type: int
  sample: 1
timeline_file:
  description: Where the timeline is.
  returned: success
  type: str
  sample: /tmp/cordon-timeline-8ab3.jsonl
timeline_sha256:
  description: The SHA-256 of the timeline, so that it can be held to what was written.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
summary_text:
  description: The same as text for people.
  returned: success
  type: list
  elements: str
scan:
  description:
    - What Athena was asked. C(estimated_bytes) is what the queries were said to scan before they were run, C(scanned_bytes) what Athena
      says that they did, C(queries) how many there were. Null where O(trail) is not searched by Athena.
  returned: success
  type: dict
  sample:
    estimated_bytes: 73014444032
    scanned_bytes: 73014444032
    queries: 3
api_calls:
  description: Requests sent to AWS, repeated ones included; 0 where files were read.
  returned: success
  type: int
  sample: 0
"""

from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_accounts
from ansible_collections.cordon.aws.plugins.module_utils.response import CASE_OPTIONS, cloud_of, new_module, reporting
from ansible_collections.cordon.aws.plugins.module_utils.trail.asking import TRAIL_OPTIONS, parse_regions, question_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import ATHENA_OPTIONS, athena_options_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.screen import as_json, lines
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import trace
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import LIBRARIES, log_of, scan_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.progress import ToldProgress
from ansible_collections.cordon.aws.plugins.module_utils.trail.timeline import write_timeline

OPTIONS = (
    TRAIL_OPTIONS
    | ATHENA_OPTIONS
    | {
        "accounts": {"type": "list", "elements": "str"},
        "regions": {"type": "list", "elements": "str"},
        "timeline_file": {"type": "path"},
        "assume_role_arn": CASE_OPTIONS["assume_role_arn"],
        "assume_role_name": CASE_OPTIONS["assume_role_name"],
    }
)


def main() -> None:
    module = new_module(OPTIONS, LIBRARIES)
    options = module.params
    with reporting(module):
        question = question_of(options)
        accounts, regions = parse_accounts(options["accounts"]), parse_regions(options["regions"])
        cloud = cloud_of(module)
        log = log_of(options["trail"], cloud, accounts=accounts, regions=regions, athena=athena_options_of(options))
        found = trace(
            log,
            question.seeds,
            question.span,
            now=datetime.now(UTC),
            report=ToldProgress(),
            accounts=accounts,
            regions=regions,
        )
        timeline = write_timeline(found.lines(), options["timeline_file"])
        module.exit_json(
            changed=False,
            **as_json(found),
            timeline_file=timeline.path,
            timeline_sha256=timeline.sha256,
            summary_text=lines(found, timeline.path),
            scan=scan_of(log),
            api_calls=sum(cloud.calls.values()),
        )


if __name__ == "__main__":
    main()

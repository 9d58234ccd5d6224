# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the modules share which read a trail."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  trail:
    description:
      - Where the events are. A directory or a file of CloudTrail's, C(s3://bucket/prefix), or V(lookup_events) for CloudTrail's event
        history of the last 90 days, which has no data events.
      - C(athena://bucket/prefix) is the same bucket, searched by Athena, for more than one machine can read.
    type: str
    default: lookup_events
  access_key_ids:
    description:
      - Whom to trace, by access key id, C(AKIA...) or C(ASIA...). What the owner did with other credentials is not traced.
    type: list
    elements: str
    default: []
  principals:
    description:
      - Whom to trace with all credentials, by ARN of a user, a role, a session, a federated user or root, or by user name. A name means the
        users of that name in all accounts that are read. Access key ids serve as well.
    type: list
    elements: str
    default: []
  since:
    description:
      - From when on, in ISO 8601 with its zone, or how long ago, such as V(90m), V(36h), V(7d) or V(2w). From the beginning by default.
    type: str
  until:
    description:
      - Before when, in the same forms. To the end by default.
    type: str
"""
    ATHENA = r"""
options:
  athena_workgroup:
    description:
      - The workgroup that queries are run in, where O(trail) is C(athena://bucket/prefix). It must have a place for their results, which
        hold the events that are found.
    type: str
    default: primary
  athena_database:
    description:
      - The database that has the table, where O(trail) is C(athena://bucket/prefix). Database and table are made if they are not there, in
        check mode as well, and stay. The table is named after the bucket and the folder that it is over.
      - Small letters, digits and underscores.
    type: str
    default: cordon
  max_scan_bytes:
    description:
      - How many bytes Athena may scan for this task in all, where O(trail) is C(athena://bucket/prefix). 1 TiB by default, for which AWS
        takes about 5 USD in most regions.
      - How many it will be is counted before a query is run, from the sizes of the files of the days, accounts and regions that matter, and
        shown. A query that would take it above this is not run, and the task fails. What is derived from what is found takes more queries,
        of the days since it was given out.
    type: int
    default: 1099511627776
notes:
  - Athena takes what reading a bucket does, besides C(athena:StartQueryExecution), C(athena:GetQueryExecution), C(athena:GetQueryResults),
    C(athena:StopQueryExecution), C(athena:GetTableMetadata) and C(athena:GetWorkGroup), C(glue:GetDatabase), C(glue:GetTable) and
    C(glue:GetPartitions), to make the table C(glue:CreateDatabase) and C(glue:CreateTable), and C(s3:GetBucketLocation), C(s3:GetObject)
    and C(s3:PutObject) where the workgroup keeps results. It is asked in the region that the connection names.
  - What a record holds and the table has no column for, Athena does not show. CloudTrail's digests are not checked where it searches.
"""

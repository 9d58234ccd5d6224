#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of this name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: finding_targets
short_description: Turn a GuardDuty finding of any shape into targets, without templating it
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Reads one finding as EventBridge, GetFindings or Security Hub deliver it.
  - Does what P(cordon.aws.finding_targets#filter) does, but takes the finding by name. Text in a finding comes from strangers, and
    Ansible would run a template in it when a task uses the variable's value.
  - Fails for what is no finding, for an event that does not come from AWS, and for ids that are not what they claim to be.
options:
  file:
    description:
      - A file with the finding as JSON. Wins over O(variable).
    type: path
  variable:
    description:
      - The name of the variable that holds the finding, as data or as JSON.
    type: str
extends_documentation_fragment:
  - cordon.aws.attributes
  - cordon.aws.attributes.no_action_group
  - cordon.aws.attributes.reads
seealso:
  - plugin: cordon.aws.finding_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read a finding from a file
  cordon.aws.finding_targets:
    file: finding.json
  register: read

- name: Read the finding that a program handed over as the extra variable finding
  cordon.aws.finding_targets:
    variable: finding
  register: read
"""

RETURN = r"""
finding:
  description: The finding, as P(cordon.aws.finding_targets#filter) gives it.
  returned: success
  type: dict
  contains:
    finding_id:
      description: The finding's id, without the ARN around it.
      type: str
      sample: 9cb1a2c3d4e5f60718293a4b5c6d7e8f
    finding_type:
      description: The type in GuardDuty's own spelling.
      type: str
      sample: UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom
    account:
      description: The account that the finding is about. Null only where a sample names none.
      type: str
      sample: "111122223333"
    region:
      description: The region that the finding is about. Null only where a sample names none.
      type: str
      sample: us-east-1
    severity:
      description: GuardDuty's number from 0 to 10. Null where the finding has none.
      type: float
      sample: 5
    sample:
      description: Whether it is one of GuardDuty's sample findings, which name things that do not exist. Never act on it.
      type: bool
      sample: false
    targets:
      description: What can be contained, each with C(kind), C(id) and C(arn), what the finding is about first.
      type: list
      elements: dict
      sample:
        - kind: access_key
          id: AKIAIOSFODNN7EXAMPLE
          arn:
        - kind: user
          id: dana
          arn: arn:aws:iam::111122223333:user/dana
    indicators:
      description: The remote addresses and domains, which can be blocked, each with C(kind) and C(value).
      type: list
      elements: dict
      sample:
        - kind: ip
          value: 203.0.113.77
    user_type:
      description: What kind of identity acted. Null where the finding does not say.
      type: str
      sample: IAMUser
    ignored:
      description: What else the finding names and why it is not among the targets and indicators.
      type: list
      elements: str
      sample: []
    unique_ids:
      description: By the ARN of a user or session among the targets, the unique id that the finding has for the user, or for the role.
      type: dict
      sample:
        "arn:aws:iam::111122223333:user/dana": AIDACKCEVSQ6C2EXAMPLE
    owners:
      description: By the id of an access key among the targets, the ARN of whose it is. Left out where the finding does not tell.
      type: dict
      sample:
        AKIAIOSFODNN7EXAMPLE: arn:aws:iam::111122223333:user/dana
"""

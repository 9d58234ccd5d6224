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
  - Fails for what is no finding, and for ids in it that are not what they claim to be.
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
  sample:
    finding_id: 9cb1a2c3d4e5f60718293a4b5c6d7e8f
    finding_type: UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom
    account: "111122223333"
    region: us-east-1
    severity: 5
    sample: false
    targets:
      - kind: access_key
        id: AKIAIOSFODNN7EXAMPLE
        arn:
    indicators:
      - kind: ip
        value: 203.0.113.77
"""

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a case says, and whether its log is what was written."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_info
short_description: Show a case and check its log
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Sums a case up, checks every entry of its log and the chain between them, and lists the cases of a store.
  - A damaged log does not fail the task; look at RV(integrity). What can be read before the damage is summed up.
options:
  case_id:
    description:
      - The case to show. Without it only the cases of the store are listed.
    type: str
  entries:
    description:
      - Return the whole log, too.
    type: bool
    default: false
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.attributes
  - cordon.aws.attributes.reads
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Sum a case up
  cordon.aws.case_info:
    case_id: case-2026-0042
  register: shown

- name: Show it
  ansible.builtin.debug:
    var: shown.summary_text

- name: List the cases in a bucket
  cordon.aws.case_info:
    case_store: s3://example-forensics/cases
"""

RETURN = r"""
cases:
  description: The ids of all cases in the store, sorted.
  returned: always
  type: list
  elements: str
  sample: [case-2026-0042]
summary:
  description: The case, target by target.
  returned: when O(case_id) is given
  type: dict
  contains:
    case_id:
      description: The case.
      type: str
    status:
      description: C(open), C(closed) or C(sealed).
      type: str
    opened:
      description: When it was opened, in UTC.
      type: str
    title:
      description: What it is about.
      type: str
    entries:
      description: How many entries were read.
      type: int
    targets:
      description: What was last done to each target, whether it was verified, the facts that rests on, and what is left.
      type: list
      elements: dict
    notes:
      description: What people wrote into it.
      type: list
      elements: str
summary_text:
  description: The same as text for people.
  returned: when O(case_id) is given
  type: list
  elements: str
integrity:
  description: The result of checking the log.
  returned: when O(case_id) is given
  type: dict
  contains:
    ok:
      description: Whether every entry is what was written.
      type: bool
    count:
      description: How many entries there are.
      type: int
    first_bad:
      description: The number of the first entry that is not; null if all are.
      type: int
    reason:
      description: What is wrong with it.
      type: str
    warnings:
      description: What was recovered from.
      type: list
      elements: str
    head_sha256:
      description:
        - The SHA-256 of the last entry, which stands for the whole log. Written down elsewhere, it shows later whether entries
          have been taken from the end, which no chain can show by itself.
      type: str
log:
  description: The entries, oldest first.
  returned: when O(entries) is true
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.case import check_case_id, list_cases, open_case
from ansible_collections.cordon.aws.plugins.module_utils.errors import IntegrityError
from ansible_collections.cordon.aws.plugins.module_utils.other_cases import other_open_cases
from ansible_collections.cordon.aws.plugins.module_utils.report.screen import lines
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import summarise
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    CASE_OPTIONS,
    cloud_of,
    new_module,
    reporting,
    store_of,
)

OPTIONS = CASE_OPTIONS | {"entries": {"type": "bool", "default": False}}


def main() -> None:
    module = new_module(OPTIONS)
    options = module.params
    with reporting(module):
        case_id = options["case_id"]
        if case_id is not None:
            check_case_id(case_id)
        store = store_of(module, cloud_of(module))
        answer = {"changed": False, "cases": list_cases(store)}
        if case_id is not None:
            case = open_case(store, case_id, create=False)
            integrity = case.verify()
            read: list[dict[str, Any]] = []
            try:
                read.extend(entry.as_json() for entry in case.entries())
            except IntegrityError as error:
                module.warn(str(error))
            summary = summarise(case_id, case.status, read)
            text = lines(summary, options["case_store"], other_open_cases(store, case_id) if summary.targets else ())
            text[1:1] = [
                f"LOG: {integrity.count} entries, whole; the last one is {integrity.head_sha256}"
                if integrity.ok
                else f"THE LOG IS DAMAGED at entry {integrity.first_bad}: {integrity.reason}"
            ]
            answer.update(summary=summary.as_json(), summary_text=text, integrity=integrity.as_json())
            if options["entries"]:
                answer["log"] = read
        module.exit_json(**answer)


if __name__ == "__main__":
    main()

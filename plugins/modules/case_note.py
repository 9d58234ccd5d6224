#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A note stands in a case."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_note
short_description: Write a note into a case
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Adds what a person knows, decided or still has to do to the log of a case.
  - Does nothing where the case already holds a note with exactly this text, or one that begins with O(unless).
options:
  case_id:
    description:
      - The case to write into.
    type: str
    required: true
  text:
    description:
      - The note. Do not put secrets into it; what is in a case can never be removed.
    type: str
    required: true
  unless:
    description:
      - How a note begins beside which this one has nothing to say. Does nothing where the case holds such a note.
    type: str
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.attributes
  - cordon.aws.attributes.changes
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Write down who was told
  cordon.aws.case_note:
    case_id: case-2026-0042
    text: The owner of the key was called at 03:20 UTC
"""

RETURN = r"""
case_id:
  description: The case.
  returned: always
  type: str
  sample: case-2026-0042
number:
  description: The number of the entry that holds the note, or the one of O(unless); null in check mode where it would be written.
  returned: always
  type: int
  sample: 7
"""

from ansible_collections.cordon.aws.plugins.module_utils.case import check_case_id, open_case
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    CASE_OPTIONS,
    author_of,
    cloud_of,
    new_module,
    reporting,
    store_of,
)

OPTIONS = CASE_OPTIONS | {
    "case_id": {"type": "str", "required": True},
    "text": {"type": "str", "required": True},
    "unless": {"type": "str"},
}


def main() -> None:
    module = new_module(OPTIONS)
    options = module.params
    with reporting(module):
        text = options["text"].strip()
        if not text:
            raise InputError("write the note `text`", "it is empty", "Say what should be remembered.")
        check_case_id(options["case_id"])
        cloud = cloud_of(module)
        store = store_of(module, cloud)
        case = open_case(store, options["case_id"], create=False)
        case.require_open()
        unless = options["unless"]
        there = [
            entry.number
            for entry in case.entries()
            if entry.kind == "note"
            and (entry.body["text"] == text or (unless and entry.body["text"].startswith(unless)))
        ]
        if there:
            module.exit_json(changed=False, case_id=case.case_id, number=there[0])
        number = None
        if not module.check_mode:
            number = case.append("note", {"text": text}, author=author_of(store, cloud)).number
        module.exit_json(changed=True, case_id=case.case_id, number=number, diff={"before": "", "after": f"{text}\n"})


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A case is open, or closed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case
short_description: Open and close cases
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - A case is the append-only log of one incident. Every response module writes what it intends and what came of it there.
  - Opens a new case, goes on with one that exists, closes it, or opens a closed one again.
options:
  state:
    description:
      - V(open) makes sure that the case exists and takes entries. Without O(case_id) that is always a new one.
      - V(closed) ends it. A closed case takes no entries, so nothing can be released from it until it is open again.
    type: str
    choices: [open, closed]
    default: open
  title:
    description:
      - What the incident is about, in a few words. Written down when the case is opened for the first time.
    type: str
  reason:
    description:
      - Why the case is closed, or opened again.
    type: str
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.attributes
  - cordon.aws.attributes.changes
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.case_info
  - module: cordon.aws.case_note
"""

EXAMPLES = r"""
- name: Open a case
  cordon.aws.case:
    title: Access key of dana found in a public repository
  register: opened

- name: Close it
  cordon.aws.case:
    case_id: "{{ opened.case_id }}"
    state: closed
    reason: Key rotated, trail checked, nothing was changed by the attacker
"""

RETURN = r"""
case_id:
  description: The case; null in check mode where a new one would be opened.
  returned: always
  type: str
  sample: case-01kavm4p3yk3a8tq6b2n9h5d7c
status:
  description: Whether the case is C(open) or C(closed) now.
  returned: always
  type: str
  sample: open
"""

from ansible_collections.cordon.aws.plugins.module_utils.case import case_exists, check_case_id, open_case
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
    "state": {"type": "str", "choices": ["open", "closed"], "default": "open"},
    "title": {"type": "str"},
    "reason": {"type": "str"},
}


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "closed", ["case_id"])])
    options = module.params
    case_id, wish = options["case_id"], options["state"]
    with reporting(module):
        if case_id is not None:
            check_case_id(case_id)
        cloud = cloud_of(module)
        store = store_of(module, cloud)
        if case_id is None or not case_exists(store, case_id):
            if wish == "closed":
                raise InputError(f"close case {case_id}", "there is no such case", "Check `case_id` and `case_store`.")
            if not module.check_mode:
                author = author_of(store, cloud)
                case_id = open_case(store, case_id, create=True, title=options["title"], author=author).case_id
            module.exit_json(changed=True, case_id=case_id, status="open", diff=_difference("absent", "open"))
        case = open_case(store, case_id, create=False)
        was = case.status
        if was != wish and not module.check_mode:
            body = {"reason": options["reason"]} if options["reason"] else {}
            case.append("opened" if wish == "open" else "closed", body, author=author_of(store, cloud))
        module.exit_json(changed=was != wish, case_id=case_id, status=wish, diff=_difference(was, wish))


def _difference(before: str, after: str) -> dict[str, str]:
    return {"before": f"{before}\n", "after": f"{after}\n"}


if __name__ == "__main__":
    main()

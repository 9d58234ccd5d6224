# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An id for a new case, made before anything is done, so that it is on the screen whatever happens then."""

from __future__ import annotations

DOCUMENTATION = r"""
name: new_case_id
author:
  - Cordon maintainers (@cordon-maintainers)
version_added: 0.1.0
short_description: An id for a new case
description:
  - Makes an id that sorts by time. The case itself is opened by the module that first writes into it.
options: {}
"""

EXAMPLES = r"""
- name: Choose the case
  ansible.builtin.set_fact:
    cordon_case_id: "{{ lookup('cordon.aws.new_case_id') }}"
"""

RETURN = r"""
_raw:
  description: The id.
  type: list
  elements: str
  sample: [case-01kavm4p3yk3a8tq6b2n9h5d7c]
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ansible_collections.cordon.aws.plugins.module_utils.case import new_case_id


class LookupModule(LookupBase):  # type: ignore[misc]
    """Another id each time."""

    def run(self, terms: Any, variables: Any = None, **kwargs: Any) -> list[str]:
        return [new_case_id()]

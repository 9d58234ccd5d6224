# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a finding's targets to the instances to contain: the filter, which only hands on."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.findings import response


def finding_instances(finding: dict[str, object]) -> list[str]:
    """Choose; what cannot be responded to becomes the template's error."""
    try:
        return response.finding_instances(finding)
    except CordonError as error:
        # Ansible prints causes too, and this one says the same.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"finding_instances": finding_instances}

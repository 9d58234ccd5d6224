# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A GuardDuty finding of any shape to targets: the filter, which only hands on."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import Finding
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets as read_finding


def finding_targets(finding: object) -> Finding:
    """Read one finding; what is wrong with it becomes the template's error."""
    try:
        return read_finding(finding)
    except InputError as error:
        # Ansible prints causes too, and this one says the same.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"finding_targets": finding_targets}

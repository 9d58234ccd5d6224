# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a finding's targets to those to trace: the filter, which only hands on."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.findings import actors


def finding_actors(finding: dict[str, object]) -> list[str]:
    """Choose; what is no finding, or a sample, becomes the template's error."""
    try:
        return actors.finding_actors(finding)
    except CordonError as error:
        # Ansible prints causes too, and this one says the same.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"finding_actors": finding_actors}

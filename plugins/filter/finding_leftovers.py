# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a finding to what is left when those that it names are contained: the filter, which only hands on."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.findings import response


def finding_leftovers(finding: dict[str, object], scope: str = "session") -> list[str]:
    """Say it; what is no finding becomes the template's error."""
    try:
        return response.finding_leftovers(finding, scope)
    except CordonError as error:
        # Ansible prints causes too, and this one says the same.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"finding_leftovers": finding_leftovers}

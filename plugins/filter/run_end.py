# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a failed response task leaves behind: the filter, which only hands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.cordon.aws.plugins.plugin_utils.run_end import left_by, words


def run_end(result: Mapping[str, object], case_id: str = "") -> dict[str, str]:
    """In one word and in a sentence."""
    return {"left": left_by(result), "message": words(result, case_id)}


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"run_end": run_end}

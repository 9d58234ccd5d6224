# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a finding without templating it: what stands in a finding is a stranger's text.

Ansible templates a variable when a task uses its value, and with it everything inside. This takes the variable's name instead and
reads the value as it was handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets


class ActionModule(ActionBase):  # type: ignore[misc]
    """The action behind the module of the same name."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            argument_spec={"file": {"type": "path"}, "variable": {"type": "str"}},
            required_one_of=[("file", "variable")],
        )
        try:
            found = finding_targets(_document(arguments["file"], arguments["variable"], task_vars or {}))
        except CordonError as error:
            # Ansible prints causes too, and this one says the same.
            raise AnsibleActionFail(str(error)) from None
        return {**result, "changed": False, "finding": dict(found)}


def _document(file: str | None, variable: str | None, task_vars: dict[str, Any]) -> object:
    if file:
        try:
            return Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror or "it cannot be opened") if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InputError(
                f"read the finding in {file!r}", why, "Name a file that holds one finding as JSON."
            ) from None
    if variable not in task_vars:
        raise InputError(
            f"read the finding in the variable {variable!r}",
            "it is not defined",
            "Set it, or give `finding_file` with a file that holds the finding.",
        )
    return task_vars[variable]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module of this name without starting another Python, where it can."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.plugin_utils.forked_module import ForkedModule, loaded


class ActionModule(ForkedModule):
    """The action behind the module of the same name."""

    MODULE = loaded("cloudtrail_trace_info")

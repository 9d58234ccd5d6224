# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module says of check mode, diff mode and action groups, written once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/cordon.aws.response) in C(module_defaults) to set the common options of all response modules once.
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)) when in diff mode.
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    support: full
    membership:
      - cordon.aws.response
"""

    NO_ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    support: none
    membership: []
"""

    PLANS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The plan is made as usual and nothing is written, neither to AWS nor to the case log.
      - RV(plan_id) is the one that the run without check mode has, as long as nothing changes in between.
  diff_mode:
    support: full
    details:
      - Shows the observed state beside the planned one in check mode, and beside the verified one otherwise.
"""

    CHANGES = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - Tells what would be written into the case, and writes nothing.
  diff_mode:
    support: full
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - Changes nothing in either mode.
  diff_mode:
    support: N/A
    details:
      - Changes nothing.
"""

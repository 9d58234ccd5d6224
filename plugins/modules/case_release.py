#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a case changed is put back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_release
short_description: Take back what a case changed
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Undoes every recorded change of a case that is still in force, newest first, and shows that the state is what it was before.
  - Also releases after a run that died half-way; what was intended and never happened is left alone.
  - Where somebody else has changed a target since, that target is reported and not touched, unless O(force) is set.
  - A release is written into the case as well, and can itself be undone by containing again.
options:
  case_id:
    description:
      - The case to release.
    type: str
    required: true
  targets:
    description:
      - The ARNs of the targets to release. All that the case records, if unset, but for what M(cordon.aws.cloudtrail_restore) restored.
    type: list
    elements: str
  measures:
    description:
      - The measures to take back, all but V(restore) by default. The others stay in force.
      - V(restore) puts the attacker's changes back that M(cordon.aws.cloudtrail_restore) took away, so it happens only where it is named
        here, or a place is in O(targets).
    type: list
    elements: str
  force:
    description:
      - Put back what was there before containment even where somebody else has changed it since.
    type: bool
    default: false
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.iam_principal_containment
"""

EXAMPLES = r"""
- name: Release everything that a case contained
  cordon.aws.case_release:
    case_id: case-2026-0042

- name: Release one user, and keep its old sessions shut out
  cordon.aws.case_release:
    case_id: case-2026-0042
    targets:
      - arn:aws:iam::111122223333:user/developers/dana
    measures:
      - deny_policy
      - access_keys
"""

RETURN = r"""
action:
  description: What was asked for.
  returned: always
  type: str
  sample: release
case_id:
  description: The case.
  returned: always
  type: str
  sample: case-2026-0042
plan_id:
  description: SHA-256 of the plan in canonical JSON, to be given as O(approved_plan).
  returned: always
  type: str
  sample: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920
results:
  description: What happened to each target, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
steps:
  description: Every change, in order, as M(cordon.aws.iam_principal_containment) returns it.
  returned: always
  type: list
  elements: dict
before:
  description: What was observed of each target first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each target last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all targets were seen to be as they were before the case.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 14
"""

from ansible_collections.cordon.aws.plugins.module_utils.containment import chosen
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    RUN_OPTIONS,
    cloud_of,
    existing_case,
    limits_of,
    new_module,
    reporting,
    respond,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import is_place
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import (
    RESTORED,
    measures_of_all,
    target_named,
)

OPTIONS = RUN_OPTIONS | {
    "case_id": {"type": "str", "required": True},
    "targets": {"type": "list", "elements": "str"},
    "measures": {"type": "list", "elements": "str"},
    "force": {"type": "bool", "default": False},
}


def main() -> None:
    module = new_module(OPTIONS)
    options = module.params
    with reporting(module):
        measures = measures_of_all()
        wanted = options["measures"]
        if wanted is None and not any(map(is_place, options["targets"] or ())):
            wanted = [measure.NAME for measure in measures if measure is not RESTORED]
        only = None if wanted is None else [measure.NAME for measure in chosen(measures, wanted)]
        limits = limits_of(module, guards_responder=False)
        cloud = cloud_of(module)
        case = existing_case(module, cloud)
        intention = recorded_release(case, measures, only=only, force=options["force"], among=options["targets"])
        if not intention.targets:
            raise InputError(
                f"release case {case.case_id}",
                "it records no change to anything, so there is nothing to take back",
                "Check `case_id` and `case_store`. If the case did contain something, entries are missing from the end of its "
                "log: bring them back from a backup or from object versions.",
            )
        restores = RESTORED.NAME in (only or ())
        standing = [arn for arn in intention.targets if restores or not is_place(arn)]
        targets = options["targets"] if options["targets"] is not None else standing
        unknown = [arn for arn in targets if arn not in intention.targets]
        if unknown:
            raise InputError(
                f"release {', '.join(ascii(arn)[:120] for arn in unknown)}",
                f"case {case.case_id} records no change to it",
                "Name the ARNs that `cordon.aws.case_info` shows for the case, or leave `targets` out for all of them.",
            )
        respond(
            module,
            intention,
            targets,
            lambda arn, _reads: target_named(arn, intention.place_of(arn)),
            cloud=cloud,
            case=case,
            limits=limits,
        )


if __name__ == "__main__":
    main()

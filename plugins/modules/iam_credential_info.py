#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What credentials can do, what they did, and in which order to worry about them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_credential_info
short_description: Tell what access keys, users, roles and sessions can do and did
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Reads the policies of every kind that decide what a principal can do, its own, its groups', its permissions boundary and the service
    control policies over its account, and says whether it is an administrator and by which known ways it could become one.
  - Says which roles in other accounts trust it, when its access keys were last used, and which services it last asked for anything.
  - Gives the answers in the order in which to worry, the worst first, each with the reasons.
  - Leaves out what Cordon itself has put on a principal to contain it, so that it tells what the credential could do before.
  - Decides from the texts of the policies. What depends on a condition or holds for some resources only is C(with conditions), never
    C(yes) or C(no); what rests on something that cannot be read is C(unknown).
  - Changes nothing. IAM writes a report on the services last used, which is read and changes nothing either.
options:
  principals:
    description:
      - The credentials or their owners, each by access key id (C(AKIA...), or C(ASIA...) of a session), by ARN of a user, a role, a session
        of a role, a federated user or root, or by user name in the account of the credentials.
      - Order and duplicates do not matter. One that is named in several ways is answered once.
    type: list
    elements: str
    required: true
  before_containment:
    description:
      - Leave out Cordon's own policies, C(CordonDenyAll), C(CordonDenySessions), C(CordonDenySession-*), C(CordonQuarantine-*), and AWS's
        C(AWSDenyAll), as long as they only deny. RV(results[].contained_by) names them.
      - V(false) tells what it can do now.
    type: bool
    default: true
  accounts:
    description:
      - The accounts that O(principals) may be in; any account will do if unset.
    type: list
    elements: str
  elsewhere:
    description:
      - What becomes of principals in other accounts than O(accounts).
      - V(refuse) fails for them at the end. V(leave) leaves them to whoever looks at their account, and names them in RV(left_out).
    type: str
    choices: [refuse, leave]
    default: refuse
  trusting_accounts:
    description:
      - The accounts whose roles are looked at for ones that trust the principals, by id, or V(organization) for all active accounts of the
        organization.
      - Without it none are looked at, and RV(results[].unchecked) says so. A principal's own account is always left out.
    type: list
    elements: str
    default: []
  last_accessed_wait_s:
    description:
      - How many seconds to wait for IAM's report on the services last used, which takes some for each principal. V(0) does not ask for it.
      - Activity takes up to four hours to appear in it; the last use of access keys appears sooner.
    type: int
    default: 20
  documents:
    description:
      - Return the text of every policy, too.
    type: bool
    default: false
  assume_role_arn:
    description:
      - A role to assume first, with the given credentials; everything else is done as this role.
    type: str
  assume_role_name:
    description:
      - The name of the role to assume in every account other than that of the credentials.
    type: str
    default: OrganizationAccountAccessRole
requirements:
  - python >= 3.11
  - cloudsplaining >= 0.9
  - jsonschema
  - rfc8785
  - python-ulid
extends_documentation_fragment:
  - cordon.aws.attributes
  - cordon.aws.attributes.no_action_group
  - cordon.aws.attributes.reads
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.iam_principal_containment
  - name: The ways by which privileges are escalated
    description: What RV(results[].escalation_paths) names.
    link: https://pathfinding.cloud/paths/
"""

EXAMPLES = r"""
- name: Tell what a leaked key could do
  cordon.aws.iam_credential_info:
    principals:
      - AKIAIOSFODNN7EXAMPLE
  register: told

- name: Show it, the worst first
  ansible.builtin.debug:
    var: told.summary_text

- name: Look at a user and a role, and at who trusts them anywhere in the organization
  cordon.aws.iam_credential_info:
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
      - arn:aws:iam::444455556666:role/OrganizationAccountAccessRole
    trusting_accounts: [organization]
    documents: true
"""

RETURN = r"""
results:
  description: What is known of each principal, the most worrying first, then those of which nothing is known.
  returned: always
  type: list
  elements: dict
  contains:
    principal:
      description: Its ARN; null where none was found.
      type: str
      sample: arn:aws:iam::111122223333:user/developers/dana
    names:
      description: As what it was given.
      type: list
      elements: str
      sample: [AKIAIOSFODNN7EXAMPLE]
    rank:
      description: Its place in the order, from 1; null where nothing is known of it.
      type: int
      sample: 1
    worry:
      description: Why to worry about it, the worst first, in sentences.
      type: list
      elements: str
      sample:
        - "It can give itself more: AttachUserPolicy."
        - Access key AKIAIOSFODNN7EXAMPLE is active and was last used 2026-05-04T03:02:01Z, 5 minutes ago (s3, us-east-1).
    account:
      description: The account that it is in.
      returned: when it was found
      type: str
      sample: "111122223333"
    kind:
      description: C(user), C(role), C(session) or C(root).
      returned: when it was found
      type: str
      sample: user
    keys:
      description:
        - A user's access keys, each with C(id), C(status), C(last_used) (null where AWS knows of no use), C(service) and C(region); null
          where they are not readable.
      returned: when it was found
      type: list
      elements: dict
      sample:
        - id: AKIAIOSFODNN7EXAMPLE
          status: Active
          last_used: "2026-05-04T03:02:01Z"
          last_used_readable: true
          service: s3
          region: us-east-1
    groups:
      description: The groups that it is in.
      returned: when it was found
      type: list
      elements: str
      sample: [developers]
    policies:
      description:
        - Its policies and those of its groups, each with C(kind) (C(inline) or C(attached)), C(name), C(arn), C(via) (the group),
          C(readable), and with O(documents) C(document).
      returned: when it was found
      type: list
      elements: dict
      sample:
        - kind: inline
          name: work
          arn:
          via: developers
          readable: true
    boundary:
      description: Its permissions boundary in the same shape; null where it has none.
      returned: when it was found
      type: dict
    scps:
      description:
        - The service control policies over it. C(status) is C(read), C(do not apply) or C(not readable), C(why) says why one of the latter,
          C(policies) has them in the same shape, C(via) being what they are attached to.
      returned: when it was found
      type: dict
      sample:
        status: not readable
        why: "cannot call organizations:DescribeOrganization: AccessDeniedException"
        policies: []
    contained_by:
      description: Cordon's policies, which were left out.
      returned: when it was found
      type: list
      elements: str
      sample: [inline policy CordonDenyAll]
    administrator:
      description: Whether it may do everything, IAM included. C(yes), C(no), C(with conditions) or C(unknown).
      returned: when it was found
      type: str
      sample: "no"
    administrator_why:
      description: The policies that this rests on, and single actions that are denied all the same.
      returned: when it was found
      type: list
      elements: str
      sample: ["none of its policies allows it"]
    services:
      description:
        - The services that it may use, as they stand in policies (C(*) for any), each with C(everything), C(everything, with conditions),
          C(some) or C(unknown); C(nearly everything) for any service where IAM is left out.
      returned: when it was found
      type: dict
      sample:
        s3: everything
        ec2: some
    escalation_paths:
      description:
        - The known ways by which it could give itself more, the surest first, each with C(name), C(actions) (all of which are needed),
          C(possible) (C(yes), C(with conditions) or C(unknown)), C(why), and the C(page) that describes it.
        - Empty where RV(results[].administrator) is C(yes), who has nothing to gain.
      returned: when it was found
      type: list
      elements: dict
      sample:
        - name: AttachUserPolicy
          actions: ["iam:attachuserpolicy"]
          possible: "yes"
          why: [inline policy work of group developers allows it]
          page: https://pathfinding.cloud/paths/iam-008
    trusted_by:
      description:
        - The roles in other accounts that trust it. C(status) is C(read) or C(not checked), C(accounts) were read, C(not_readable) has
          those that could not be, each with the reason.
        - Each of C(roles) has C(role), C(account), C(through) (C(itself), C(its account) or C(everybody)), C(possible) (whether it can be
          assumed, by the trust policy and by its own policies), and C(why).
      returned: when it was found
      type: dict
      sample:
        status: read
        accounts: ["444455556666"]
        not_readable: {}
        roles:
          - role: arn:aws:iam::444455556666:role/deploy
            account: "444455556666"
            through: itself
            possible: "yes"
            why: [inline policy work allows it, it trusts itself]
    last_accessed:
      description:
        - The services that it asked for anything, refused or not, the latest first. C(status) is C(read), C(not checked),
          C(not readable) or C(not finished).
      returned: when it was found
      type: dict
      sample:
        status: read
        why: ""
        services:
          - service: s3
            when: "2026-05-04T03:00:00Z"
    unchecked:
      description: What nobody has looked at, or could not be read, and must not be taken for fine.
      returned: when it was found
      type: list
      elements: str
    error:
      description: What went wrong and what to do.
      returned: when it failed
      type: str
left_out:
  description: The names of principals in other accounts than O(accounts), with O(elsewhere=leave).
  returned: always
  type: list
  elements: str
  sample: []
summary_text:
  description: The same as text for people.
  returned: always
  type: list
  elements: str
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 17
"""

from datetime import UTC, datetime

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.cordon.aws.plugins.module_utils.credential.elsewhere import parse_trusting_accounts
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import known_methods
from ansible_collections.cordon.aws.plugins.module_utils.credential.investigation import Wish, investigate
from ansible_collections.cordon.aws.plugins.module_utils.credential.screen import as_json, lines
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_accounts, parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.response import CASE_OPTIONS, cloud_of, new_module, reporting

OPTIONS = {
    "principals": {"type": "list", "elements": "str", "required": True},
    "before_containment": {"type": "bool", "default": True},
    "accounts": {"type": "list", "elements": "str"},
    "elsewhere": {"type": "str", "choices": ["refuse", "leave"], "default": "refuse"},
    "trusting_accounts": {"type": "list", "elements": "str", "default": []},
    "last_accessed_wait_s": {"type": "int", "default": 20},
    "documents": {"type": "bool", "default": False},
    "assume_role_arn": CASE_OPTIONS["assume_role_arn"],
    "assume_role_name": CASE_OPTIONS["assume_role_name"],
}


def main() -> None:
    module = new_module(OPTIONS)
    try:
        methods = known_methods()
    except ImportError as error:
        module.fail_json(
            msg=missing_required_lib("cloudsplaining>=0.9", reason="to name ways of escalation"), exception=error
        )
    options = module.params
    with reporting(module):
        names = parse_principals(options["principals"], "principals")
        wish = Wish(
            methods=methods,
            before_containment=options["before_containment"],
            trusting_accounts=parse_trusting_accounts(options["trusting_accounts"]),
            last_accessed_wait_s=_seconds(options["last_accessed_wait_s"]),
            accounts=parse_accounts(options["accounts"]),
            leave_others=options["elsewhere"] == "leave",
        )
        cloud = cloud_of(module)
        known = investigate(cloud, names, wish)
        told = [one for one in known if not one.left_out]
        now = datetime.now(UTC)
        answer = {
            "changed": False,
            "results": [as_json(rank, one, now, options["documents"]) for rank, one in enumerate(told, start=1)],
            "left_out": [name for one in known if one.left_out for name in one.names],
            "summary_text": lines(known, now),
            "api_calls": sum(cloud.calls.values()),
        }
        lost = [one for one in told if one.entry is None]
        if lost:
            reasons = " ".join(f"{', '.join(one.names)}: {one.error}" for one in lost)
            module.fail_json(msg=f"{len(lost)} of {len(told)} principals are not known. {reasons}", **answer)
        module.exit_json(**answer)


def _seconds(given: int) -> int:
    if not 0 <= given <= 600:
        raise InputError(f"use `last_accessed_wait_s` = {given}", "it must be 0 to 600", "Leave it out for 20.")
    return given


if __name__ == "__main__":
    main()

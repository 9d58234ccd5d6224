#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM principals can no longer act, or can again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_principal_containment
short_description: Contain IAM principals and release them again
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Takes every ability to act from identities whose credentials are in wrong hands - users, roles, sessions of roles, federated users,
    roles of IAM Identity Center and the root user of a member account.
  - Everything is denied to them, their access keys and other credentials are made inactive, what was minted from the keys is denied,
    and roles can no longer be assumed.
  - Works on any number of principals at once, in the account of the credentials and in the member accounts of its organization.
  - Looks first, writes down what it will change and what was there before, changes it, looks again, and watches for O(watch_s) whether
    somebody undoes it. A principal that cannot be shown to be contained fails the task and stays as contained as it is.
  - An attacker who may change IAM undoes what an account's own policies say within the seconds that IAM needs to enforce it. With
    O(escalate) a service control policy, which nobody in the account can take back, is taken as soon as that is seen, IAM is frozen
    for everybody but responders, and what the contained ones made meanwhile is found in CloudTrail and contained as well.
  - Deletes nothing. Never touches groups, managed policies or service control policies of yours, tags, MFA devices, the console
    password, or other principals.
  - MFA devices, the console password, identity providers and trust anchors of IAM Roles Anywhere are listed under RV(results) as
    notes, because taking them away cannot be undone; the denial of everything covers what they can do at AWS.
options:
  principals:
    description:
      - The principals, each by the ARN of a user, a role, a session of a role, a federated user or root, by access key id (C(AKIA...)
        or C(ASIA...), in whichever account it is) or by user name (in the only one of
        O(accounts), or else in the account of the credentials).
      - Who is behind the key id of a session is looked up in CloudTrail.
      - Order and duplicates do not matter.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(contained) makes sure that all O(measures) are in force.
      - V(released) takes back what the case O(case_id) records, as M(cordon.aws.case_release) does, and needs O(case_id).
    type: str
    choices: [contained, released]
    default: contained
  scope:
    description:
      - What a session of a role among O(principals) is taken for. V(principal) is the role with all its sessions, V(session) this
        session alone, so that others who use the role go on; whoever may assume the role can begin another one.
    type: str
    choices: [principal, session]
    default: principal
  measures:
    description:
      - What to do; by default everything but V(scp_quarantine). The order in which it is done is always the one given here.
      - V(scp_quarantine) denies everything by a service control policy of Cordon's own that is attached to the account. It needs
        credentials of the management account or of a delegated administrator, and cannot help in the management account. By default it
        is taken only of root users and of Identity Center's roles, for which there is nothing else, and with O(freeze_iam) or
        O(escalate).
      - V(deny_policy) denies everything by an inline policy; where the inline policies are full by attaching AWS's policy
        C(AWSDenyAll); where these are full too by setting it as the permissions boundary.
      - V(access_keys) makes all access keys of a user inactive.
      - V(sessions) denies everything to sessions - those that C(GetSessionToken) and C(GetFederationToken) gave out for a user, all of
        a role's, or with O(scope=session) a single one.
      - V(trust) adds one statement to the trust policy of a role that keeps everybody from assuming it.
      - V(other_credentials) makes SSH public keys, service-specific credentials and signing certificates of a user inactive.
    type: list
    elements: str
  freeze_iam:
    description:
      - Whether to keep everybody in the account but responders from changing IAM and from assuming roles, by the same service control
        policy, so that nothing new can be made to hide in. It ends with the release of the last principal for whose sake it was done.
      - Takes V(scp_quarantine) along, and finds and contains what the principals made since O(since), also in other accounts of the
        organization in which they took sessions; IAM is frozen there, too.
    type: bool
    default: false
  escalate:
    description:
      - Whether to go on to V(scp_quarantine) with O(freeze_iam) where somebody undoes what was done while it is watched.
    type: bool
    default: false
  watch_s:
    description:
      - How many seconds to watch, at least, whether what was changed is undone. It is put in force again each time. A run ends when
        nothing was undone for five seconds, or says that containment does not hold.
      - V(0) does not watch, and then nobody has seen whether it holds.
    type: int
    default: 5
  since:
    description:
      - How far back to look in CloudTrail for what the principals made, as ISO 8601 with its zone. By default one hour.
    type: str
  sessions_before:
    description:
      - For roles, deny only the sessions that were issued before this time (ISO 8601 with its zone), so that the role goes on with new
        ones. Needs O(measures=sessions).
    type: str
  protected_principals:
    description:
      - Patterns of ARNs, with C(*) and C(?), that must never be contained, such as the accounts to be used in an emergency.
      - A plan that names one of them, or the one who runs this, is refused unless exactly it was approved.
    type: list
    elements: str
    default: []
  scp_attached_quota:
    description:
      - How many service control policies may be attached to an account. AWS has raised it for organizations; Service Quotas shows it.
    type: int
    default: 5
  responders:
    description:
      - Patterns of ARNs, with C(*) and C(?), of users and roles that O(freeze_iam) and O(escalate) leave alone.
      - Who runs this, the role O(assume_role_name) in each account and O(protected_principals) are always among them.
    type: list
    elements: str
    default: []
  accounts:
    description:
      - The accounts that O(principals) may be in. A principal of any other account is refused; any account will do if unset.
      - Set it where the names come from events, which may name somebody else's user.
    type: list
    elements: str
  elsewhere:
    description:
      - What becomes of principals that are in none of O(accounts). V(refuse) fails them; V(leave) leaves them to the runs for their
        own accounts, and they are not among RV(results).
    type: str
    choices: [refuse, leave]
    default: refuse
  unique_ids:
    description:
      - The unique ids (C(AIDA...), C(AROA...)) that users and roles named by ARN must have, by ARN. Whoever may rename users can give
        a name to another.
    type: dict
    default: {}
extends_documentation_fragment:
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: cordon.aws.case_release
  - module: cordon.aws.case_info
  - module: cordon.aws.iam_credential_info
  - module: cordon.aws.organizations_account_containment
  - module: amazon.aws.iam_access_key
"""

EXAMPLES = r"""
- name: Contain the owner of a leaked key
  cordon.aws.iam_principal_containment:
    principals:
      - AKIAIOSFODNN7EXAMPLE

- name: Contain an attacker who may change IAM, in a member account
  cordon.aws.iam_principal_containment:
    case_id: case-2026-0042
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
    escalate: true
    watch_s: 20
    protected_principals:
      - arn:aws:iam::*:user/break-glass-*

- name: End one session of a role that others use
  cordon.aws.iam_principal_containment:
    case_id: case-2026-0042
    principals:
      - arn:aws:sts::111122223333:assumed-role/deploy/dana
    scope: session

- name: Bring the user back, exactly as it was
  cordon.aws.iam_principal_containment:
    case_id: case-2026-0042
    state: released
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
"""

RETURN = r"""
action:
  description: What was asked for.
  returned: always
  type: str
  sample: contain
case_id:
  description: The case that it was written down in; null in check mode without O(case_id).
  returned: always
  type: str
  sample: case-01kavm4p3yk3a8tq6b2n9h5d7c
plan_id:
  description: SHA-256 of the plan in canonical JSON, to be given as O(approved_plan).
  returned: always
  type: str
  sample: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920
results:
  description: What happened to each of O(principals), in their order, and behind them to what was found meanwhile and contained as well.
  returned: always
  type: list
  elements: dict
  contains:
    target:
      description: The principal's ARN; the name given where none was found.
      type: str
      sample: arn:aws:iam::111122223333:user/developers/dana
    name:
      description: The principal as it was given.
      type: str
      sample: AKIAIOSFODNN7EXAMPLE
    status:
      description: C(contained), C(released), C(unchanged), C(planned) (in check mode) or C(failed).
      type: str
      sample: contained
    changed:
      description: Whether it was changed, or in check mode would be.
      type: bool
    verified:
      description: Whether it was seen that the state asked for holds.
      type: bool
    proof:
      description: The facts that this rests on.
      type: list
      elements: dict
      sample: [{"measure": "access_keys", "fact": "2 of 2 access keys are inactive", "holds": true}]
    steps:
      description: As RV(steps), for this one.
      type: list
      elements: dict
    notes:
      description: What a human should know.
      type: list
      elements: str
    unchecked:
      description: What nobody has looked at, and must not be taken for fine.
      type: list
      elements: str
    before:
      description: What was observed first.
      type: dict
    after:
      description: What was observed last, or planned.
      type: dict
    error:
      description: What went wrong and what to do.
      returned: when it failed
      type: str
steps:
  description: Every change, in order.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The step within its plan.
      type: str
      sample: arn:aws:iam::111122223333:user/developers/dana#1
    measure:
      description: The measure it belongs to.
      type: str
      sample: deny_policy
    facet:
      description: The one thing that it changes.
      type: str
      sample: inline_policy/CordonDenyAll
    why:
      description: What it is good for.
      type: str
      sample: deny everything to user/dana
    operation:
      description: The API operation.
      type: str
      sample: iam:PutUserPolicy
    reversible:
      description: Whether it can be taken back.
      type: bool
      sample: true
    status:
      description:
        - C(planned), C(done), C(failed), C(unknown) (AWS answered with an error of its own, or not at all) or C(not_run).
      type: str
      sample: done
    request_id:
      description: AWS's id of the request.
      returned: when AWS told one
      type: str
    error:
      description: What went wrong.
      returned: when it was not done
      type: str
before:
  description: What was observed of each principal first, by ARN.
  returned: always
  type: dict
after:
  description: What was observed of each principal last, or is planned, by ARN.
  returned: always
  type: dict
verified:
  description: Whether all principals were seen to be in the state asked for.
  returned: always
  type: bool
  sample: true
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 14
"""

from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.case_check import get_ready
from ansible_collections.cordon.aws.plugins.module_utils.containment import chosen
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import begin_to_look_up, find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import (
    parse_accounts,
    parse_principals,
    parse_protected,
    parse_unique_ids,
)
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.organizations.responders import parse_responders, responders
from ansible_collections.cordon.aws.plugins.module_utils.principal_containment import (
    containment_of_principals,
    watch_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.response import (
    RUN_OPTIONS,
    cloud_of,
    existing_case,
    limits_of,
    new_module,
    opened_case,
    reporting,
    respond,
)
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text, parse_time

OPTIONS = RUN_OPTIONS | {
    "principals": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["contained", "released"], "default": "contained"},
    "scope": {"type": "str", "choices": ["principal", "session"], "default": "principal"},
    "measures": {"type": "list", "elements": "str"},
    "freeze_iam": {"type": "bool", "default": False},
    "escalate": {"type": "bool", "default": False},
    "watch_s": {"type": "int", "default": 5},
    "since": {"type": "str"},
    "sessions_before": {"type": "str"},
    "protected_principals": {"type": "list", "elements": "str", "default": []},
    "responders": {"type": "list", "elements": "str", "default": []},
    "scp_attached_quota": {"type": "int", "default": 5},
    "accounts": {"type": "list", "elements": "str"},
    "elsewhere": {"type": "str", "choices": ["refuse", "leave"], "default": "refuse"},
    "unique_ids": {"type": "dict", "default": {}},
}
_LONGEST_WATCH_S = 3600
_LOOK_BACK = timedelta(hours=1)


def main() -> None:
    module = new_module(OPTIONS, required_if=[("state", "released", ["case_id"])])
    options = module.params
    with reporting(module):
        names = {name.text: name for name in parse_principals(options["principals"], "principals")}
        protected = parse_protected(options["protected_principals"])
        accounts = parse_accounts(options["accounts"])
        unique_ids = parse_unique_ids(options["unique_ids"])
        more_responders = parse_responders(options["responders"])
        sessions_before = _sessions_before(options)
        since = datetime.now(UTC) - _LOOK_BACK if options["since"] is None else parse_time(options["since"], "since")
        if since > datetime.now(UTC):
            raise InputError(f"use `since` = {options['since']}", "it is in the future", "Give a time that has passed.")
        _check_watch(options["watch_s"])
        chosen(IAM_PRINCIPAL, options["measures"])
        contains = options["state"] == "contained"
        limits = limits_of(
            module,
            protected=protected if contains else (),
            guards_responder=contains,
            leaves_elsewhere=options["elsewhere"] == "leave",
        )
        cloud = cloud_of(module)
        reads = Reads(cloud, targets=len(names))
        begin_to_look_up(reads, names.values())
        get_ready()
        intention: Intention = containment_of_principals(
            options["measures"],
            freeze_iam=options["freeze_iam"],
            escalate=options["escalate"],
            responders=responders(
                cloud.identities(), cloud.role_name, cloud.caller().partition, (*more_responders, *protected)
            ),
            scp_attached_quota=options["scp_attached_quota"],
        )
        watch = watch_of(cloud, seconds=options["watch_s"], since=since, freeze_iam=options["freeze_iam"])
        if contains:
            case = opened_case(module, cloud)
        else:
            case = existing_case(module, cloud)
            intention = recorded_release(case, IAM_PRINCIPAL, only=options["measures"])
        respond(
            module,
            intention,
            options["principals"],
            lambda text, reads: find_principal(
                reads, names[text], accounts, unique_ids, options["scope"], sessions_before
            ),
            cloud=cloud,
            case=case,
            limits=limits,
            watch=watch if contains else None,
            reads=reads,
        )


def _sessions_before(options: dict[str, object]) -> str:
    """The cut-off as conditions write it; empty where there is none."""
    given, measures = options["sessions_before"], options["measures"]
    if given is None:
        return ""
    if not isinstance(measures, list) or {"deny_policy", "trust"} & set(measures) or "sessions" not in measures:
        raise InputError(
            f"use `sessions_before` = {ascii(given)[:80]}",
            "`deny_policy` or `trust` is among `measures`, which no later session gets past, or `sessions` is not",
            "Set `measures: [sessions]` with it, or leave it out.",
        )
    return as_text(parse_time(str(given), "sessions_before"))


def _check_watch(seconds: int) -> None:
    if not 0 <= seconds <= _LONGEST_WATCH_S:
        raise InputError(
            f"use `watch_s` = {seconds}", f"it must be from 0 to {_LONGEST_WATCH_S}", "Leave it out for 5 seconds."
        )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an attacker changed is put back, planned from CloudTrail, and nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_restore
short_description: Undo what an attacker changed in AWS accounts, as CloudTrail recorded it
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Traces the given keys and principals and everything that descends from them, as M(cordon.aws.cloudtrail_trace_info) does, and plans how
    to bring everything that they changed back to what it was before, in all accounts and regions of the trace.
  - Plans the net effect and replays nothing. What was made and deleted again needs nothing; what others changed since is a conflict for a
    human to decide, and is never overwritten; what failed changed nothing.
  - Where nobody is named, those that the case O(case_id) contained. Without O(since) everything counts that these ever did, so it should be
    set where a key was in use before it was stolen.
  - What the attacker made is disabled and kept as evidence by default. Links, shares, rules and grants are removed.
  - Where the state before is not in the call itself, it is taken from earlier events, from versions, or from AWS Config.
  - What cannot be undone is a manual step that says what to do, and is never dropped.
  - Looks first, writes down what it will change and what was there before, changes it, and looks again. M(cordon.aws.case_release) takes a
    restore back when it is asked for V(restore).
options:
  history_days:
    description:
      - How many days before the attacker's first event the log is searched for what was there before.
    type: int
    default: 90
  created:
    description:
      - What becomes of users, roles, keys, instances, functions and other things that the attacker made.
      - V(disable) disables them and keeps them as evidence. V(delete) deletes them.
    type: str
    choices: [disable, delete]
    default: disable
  steps:
    description:
      - The ids of the steps to take, as RV(steps) shows them. All that are planned by default.
      - The steps of a conflict are taken only if they are named here.
    type: list
    elements: str
  live_check:
    description:
      - Look at what is there now before planning.
      - V(false) plans from the log alone, without asking AWS anything, and marks each step as unconfirmed. Only in check mode.
    type: bool
    default: true
extends_documentation_fragment:
  - cordon.aws.trail
  - cordon.aws.trail.athena
  - cordon.aws.response.case
  - cordon.aws.response.run
  - cordon.aws.attributes
  - cordon.aws.attributes.plans
  - cordon.aws.attributes.action_group
  - amazon.aws.common.modules
  - amazon.aws.region.modules
requirements:
  - python >= 3.11
  - ahocorasick-rs
  - cryptography
  - isal
  - orjson
  - stringzilla
seealso:
  - module: cordon.aws.cloudtrail_trace_info
  - module: cordon.aws.case_release
"""

EXAMPLES = r"""
- name: Plan how to undo what was done with a leaked key
  cordon.aws.cloudtrail_restore:
    case_id: case-2026-0042
    trail: s3://amzn-s3-demo-bucket
    access_key_ids:
      - AKIAIOSFODNN7EXAMPLE
  check_mode: true
  register: planned

- name: Do exactly that
  cordon.aws.cloudtrail_restore:
    case_id: case-2026-0042
    trail: s3://amzn-s3-demo-bucket
    access_key_ids:
      - AKIAIOSFODNN7EXAMPLE
    approved_plan: "{{ planned.plan_id }}"

- name: Plan from exported logs, without any account
  cordon.aws.cloudtrail_restore:
    trail: /evidence/cloudtrail
    principals:
      - arn:aws:iam::111122223333:user/developers/dana
    live_check: false
  check_mode: true
"""

RETURN = r"""
action:
  description: What was asked for.
  returned: with O(live_check)
  type: str
  sample: restore
case_id:
  description: The case that it was written down in; null in check mode without O(case_id).
  returned: with O(live_check)
  type: str
  sample: case-01kavm4p3yk3a8tq6b2n9h5d7c
plan_id:
  description: SHA-256 of the plan in canonical JSON, to be given as O(approved_plan). Manual steps and conflicts are not part of it.
  returned: always
  type: str
  sample: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920
steps:
  description: Every step, in the order in which they are taken, those for a human last.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: What names it in O(steps); the same as long as it is about the same thing.
      type: str
      sample: arn:aws:cloudtrail:us-east-1:111122223333:changes#0f5c12ab34cd
    call:
      description:
        - The API call, with C(account), C(region), C(service) (boto3's name of the client), C(operation) and C(parameters); null where
          there is none.
      type: dict
    undo:
      description: The calls that take it back, in order; empty where nothing does.
      type: list
      elements: dict
    because:
      description: The ids of the attacker's events that it answers.
      type: list
      elements: str
    status:
      description: C(planned), C(conflict), C(manual), and after a run C(done), C(failed), C(unknown) or C(not_run).
      type: str
      sample: planned
    why:
      description: What the attacker did, and where the state before comes from; of manual steps, what to do.
      type: str
      sample: the attacker changed it by iam:AttachUserPolicy at 2024-08-01 13:33:28 UTC; it was not there before
    facet:
      description: The thing that is changed.
      type: str
      sample: iam/attached_policy|111122223333|us-east-1|user|dana|arn:aws:iam::aws:policy/AdministratorAccess
    confirmed:
      description: Whether it was planned with a look at what is there now.
      type: bool
results:
  description:
    - What happened in each account and region, each with C(target), C(name), C(status), C(changed), C(verified), C(proof), C(steps),
      C(notes), C(unchecked), C(before), C(after), and C(error) when it failed.
  returned: with O(live_check)
  type: list
  elements: dict
before:
  description: What was observed first, by account and region.
  returned: with O(live_check)
  type: dict
after:
  description: What was observed last, or is planned, by account and region.
  returned: with O(live_check)
  type: dict
verified:
  description: Whether everything that was to be restored was seen to be.
  returned: with O(live_check)
  type: bool
gaps:
  description: What the log cannot show, as M(cordon.aws.cloudtrail_trace_info) returns it.
  returned: always
  type: list
  elements: dict
summary_text:
  description: The plan, or what was done, as text for people.
  returned: always
  type: list
  elements: str
scan:
  description: What Athena was asked, as M(cordon.aws.cloudtrail_trace_info) returns it; null where O(trail) is not searched by Athena.
  returned: always
  type: dict
api_calls:
  description: Requests sent to AWS, repeated ones included.
  returned: always
  type: int
  sample: 42
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, TargetPlan
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.report.visible import one_line
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.from_case import contained_in
from ansible_collections.cordon.aws.plugins.module_utils.restore.held import held_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import place_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places
from ansible_collections.cordon.aws.plugins.module_utils.restore.shown import (
    beside,
    shown,
    shown_unanswered,
    summary_of,
    whole_ids,
    with_outcome,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.wanted import Wanted, wanted_of
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run
from ansible_collections.cordon.aws.plugins.module_utils.trail.asking import TRAIL_OPTIONS, question_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import ATHENA_OPTIONS, athena_options_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.gap_lines import gap_lines
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.nothing_read import nothing_read
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import trace
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import LIBRARIES, log_of, scan_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.progress import ToldProgress

OPTIONS = (
    RUN_OPTIONS
    | TRAIL_OPTIONS
    | ATHENA_OPTIONS
    | {
        "history_days": {"type": "int", "default": 90},
        "created": {"type": "str", "choices": ["disable", "delete"], "default": "disable"},
        "steps": {"type": "list", "elements": "str"},
        "live_check": {"type": "bool", "default": True},
    }
)


def main() -> None:
    module = new_module(OPTIONS, LIBRARIES)
    options = module.params
    with reporting(module):
        if not options["live_check"] and not module.check_mode:
            raise InputError(
                "restore without `live_check`",
                "what is there now may be somebody else's by now",
                "Plan from the log alone with --check, or look: `live_check: true`.",
            )
        limits = limits_of(module, guards_responder=False)
        if not options["live_check"] and limits.approved_plan is not None:
            raise InputError(
                "approve a plan without `live_check`",
                "it is planned from the log alone, and never carried out",
                "Leave `approved_plan` out, or look: `live_check: true`.",
            )
        if options["history_days"] < 0:
            raise InputError(
                f"use `history_days` = {options['history_days']}", "it must be 0 or more", "Leave it out for 90."
            )
        athena = athena_options_of(options)
        cloud = cloud_of(module)
        if not options["access_key_ids"] and not options["principals"] and options["case_id"]:
            case = existing_case(module, cloud)
            options = {**options, "principals": contained_in(entry.as_json() for entry in case.entries())}
        question = question_of(options)
        log = log_of(options["trail"], cloud, athena=athena)
        traced = trace(log, question.seeds, question.span, now=datetime.now(UTC), report=ToldProgress())
        wanted = wanted_of(log, traced.events, timedelta(days=options["history_days"]), ToldProgress())
        unseen = list(dict.fromkeys((*traced.gaps, *log.gaps())))
        gaps = [gap.as_json() for gap in unseen]
        first = next((f", since {event.time:%Y-%m-%d %H:%M:%S} UTC" for event in traced.events), "")
        counted = (
            f"READ: {traced.counts['read']:,} events, {traced.counts['traced']:,} counted as the attacker's{first}"
        )
        told = [nothing_read(traced) or counted, *gap_lines(unseen)]
        manual = list(shown_unanswered(wanted.unanswered))
        where = places(wanted.wishes, wanted.unanswered)
        options = {**options, "steps": whole_ids(options["steps"], where)}
        if not options["live_check"]:
            module.exit_json(
                **_from_the_log(wanted, manual, options, told),
                gaps=gaps,
                scan=scan_of(log),
                api_calls=sum(cloud.calls.values()),
            )
        accounts = {place.account for place in where}
        working = frozenset(cloud.identities()).union(*(cloud.acts_as(account) for account in accounts))
        intention = Restoration(
            wanted.resolved(Reads(cloud)),
            KINDS,
            created=options["created"],
            only=options["steps"],
            held=held_of(traced.closure, working, wanted.written),
            beside=beside(manual),
        )
        respond(
            module,
            intention,
            [place.arn for place in where],
            lambda arn, _reads: place_of_arn(arn),
            cloud=cloud,
            case=opened_case(module, cloud),
            limits=limits,
            more=lambda run: {
                **_answer(run, intention, manual, told, check=module.check_mode),
                "gaps": gaps,
                "scan": scan_of(log),
            },
        )


def _answer(
    run: Run, intention: Restoration, manual: Sequence[dict[str, Json]], told: Sequence[str], *, check: bool
) -> Mapping[str, Json]:
    """What this module returns in a shape of its own: every step with its calls, those for a human last. `told`: what the log shows, and
    what it does not."""
    steps = [
        step
        for entry in run.targets
        if entry.target is not None
        for step in shown(intention.decisions(entry.before, entry.found), place_of_arn(entry.arn), confirmed=True)
    ]
    outcome = [step for entry in run.targets for step in entry.steps]
    steps = [*with_outcome(steps, outcome), *manual]
    return {
        "steps": steps,
        "verified": all(entry.verified for entry in run.results),
        "summary_text": [one_line(line) for line in (*summary_of(steps, run.plan_id, check=check), *told)],
    }


def _from_the_log(
    wanted: Wanted, manual: Sequence[dict[str, Json]], options: Mapping[str, Json], told: Sequence[str]
) -> dict[str, Json]:
    """A plan for what cannot be looked at."""
    intention = Restoration(wanted.wishes, KINDS, created=options["created"], only=options["steps"])
    steps: list[dict[str, Json]] = []
    planned: list[TargetPlan] = []
    for place in places(wanted.wishes):
        decisions = intention.unconfirmed(place)
        steps += shown(decisions, place, confirmed=False)
        planned.append(TargetPlan(target=place.arn, steps=tuple(intention.planned(decisions, place))))
    plan_id = Plan(one for one in planned if one.steps).plan_id
    steps += manual
    return {
        "changed": any(step["status"] == "planned" for step in steps),
        "plan_id": plan_id,
        "steps": steps,
        "summary_text": [one_line(line) for line in (*summary_of(steps, plan_id, check=True), *told)],
    }


if __name__ == "__main__":
    main()

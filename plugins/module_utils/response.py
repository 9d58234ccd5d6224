# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a module's options to the engine and back: common argument specs, connection, case, and the shape of the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from getpass import getuser
from importlib.util import find_spec
from platform import node
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cordon.aws.plugins.module_utils.case import Case, case_exists, check_case_id, open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore, LocalStore, S3Store
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.engine import Intention, Work, run
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal
from ansible_collections.cordon.aws.plugins.module_utils.measure import Target
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run

CASE_OPTIONS: dict[str, Json] = {
    "case_id": {"type": "str"},
    "case_store": {"type": "str", "default": "cases"},
    "assume_role_arn": {"type": "str"},
    "assume_role_name": {"type": "str", "default": "OrganizationAccountAccessRole"},
}
RUN_OPTIONS: dict[str, Json] = CASE_OPTIONS | {
    "approved_plan": {"type": "str"},
    "max_targets": {"type": "int"},
}
_LIBRARIES = ("boto3", "botocore", "rfc8785", "jsonschema", "ulid")
_DISTRIBUTIONS = {"ahocorasick_rs": "ahocorasick-rs", "ulid": "python-ulid"}
_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\x21-\x7e]*))?")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+")
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,576}", re.ASCII)
_PLAN_ID = re.compile(r"[0-9a-f]{64}")


def new_module(options: Mapping[str, Json], libraries: Sequence[str] = (), **arguments: Any) -> AnsibleAWSModule:
    """An AWS module with these options, amazon.aws's connection options and check mode; fails where a library is missing, of ours or of
    `libraries`."""
    module = AnsibleAWSModule(argument_spec=dict(options), supports_check_mode=True, **arguments)
    for library in (*_LIBRARIES, *libraries):
        if find_spec(library) is None:
            module.fail_json(msg=missing_required_lib(_DISTRIBUTIONS.get(library, library)))
    return module


@contextmanager
def reporting(module: AnsibleAWSModule) -> Iterator[None]:
    """Turns an error of the family into the module's failure: one message, never a traceback."""
    try:
        yield
    except CordonError as error:
        module.fail_json(msg=str(error))


def cloud_of(module: AnsibleAWSModule) -> Cloud:
    """The way to AWS that the module's connection options describe. Asks nothing yet."""
    region, endpoint_url, arguments = get_aws_connection_info(module)
    options = module.params
    role_arn, role_name = options["assume_role_arn"], options["assume_role_name"]
    if role_arn is not None and not _ROLE_ARN.fullmatch(role_arn):
        raise InputError(
            f"use `assume_role_arn` = {ascii(role_arn)[:120]}", "it is not a role's ARN", "Copy it from IAM."
        )
    if not _ROLE_NAME.fullmatch(role_name):
        raise InputError(
            f"use `assume_role_name` = {ascii(role_name)[:120]}",
            "it is not a role's name",
            "Give the name without ARN, with its path if it has one.",
        )
    return Cloud(
        Connection(
            region=region,
            endpoint_url=endpoint_url,
            credentials={
                name: value for name, value in arguments.items() if name.startswith("aws_") and name != "aws_config"
            }
            | ({"profile_name": arguments["profile_name"]} if arguments.get("profile_name") else {}),
            verify=arguments.get("verify"),
            config=arguments.get("aws_config"),
            assume_role_arn=role_arn,
            assume_role_name=role_name,
        )
    )


def store_of(module: AnsibleAWSModule, cloud: Cloud) -> CaseStore:
    """The case store that `case_store` names."""
    text = module.params["case_store"]
    if not text.startswith("s3://"):
        if "://" in text or not text.strip() or "\0" in text:
            raise InputError(
                f"use `case_store` = {ascii(text)[:120]}",
                "it is neither a directory nor s3://bucket/prefix",
                "Name one of the two.",
            )
        return LocalStore(text)
    parts = _S3.fullmatch(text)
    if parts is None:
        raise InputError(
            f"use `case_store` = {ascii(text)[:120]}",
            "it is not of the form s3://bucket/prefix",
            "Write the bucket's name after s3://.",
        )
    return S3Store(
        cloud.client("s3", module.params.get("region") or "us-east-1"), parts["bucket"], parts["prefix"] or ""
    )


def author_of(store: CaseStore, cloud: Cloud) -> str:
    """Who writes into the case: the ARN, where credentials are needed anyway, else this machine's user."""
    return cloud.caller().arn if isinstance(store, S3Store) else f"{getuser()}@{node()}"


def opened_case(module: AnsibleAWSModule, cloud: Cloud) -> Case | None:
    """The case to write to: the one named, or a new one. In check mode, which creates none, None where there is none yet."""
    case_id, store = module.params["case_id"], store_of(module, cloud)
    if case_id is not None:
        check_case_id(case_id)
    author = cloud.caller().arn
    if module.check_mode and (case_id is None or not case_exists(store, case_id)):
        return None
    case = open_case(store, case_id, create=not module.check_mode, author=author)
    case.require_open()
    return case


def existing_case(module: AnsibleAWSModule, cloud: Cloud) -> Case:
    """The case that `case_id` names, which must exist and be open."""
    check_case_id(module.params["case_id"])
    case = open_case(store_of(module, cloud), module.params["case_id"], create=False)
    case.require_open()
    return case


def limits_of(module: AnsibleAWSModule, **more: Any) -> Limits:
    """The safeguards, as the module's options set them. Raises InputError for values that mean nothing."""
    approved, most = module.params["approved_plan"], module.params["max_targets"]
    if approved is not None and not _PLAN_ID.fullmatch(approved):
        raise InputError(
            f"use `approved_plan` = {ascii(approved)[:120]}",
            "it is not a plan id",
            "Copy the 64 hexadecimal digits of `plan_id` that a run with --check shows.",
        )
    if most is not None and most < 1:
        raise InputError(f"use `max_targets` = {most}", "it must be 1 or more", "Leave it out for no limit.")
    return Limits(check=module.check_mode, approved_plan=approved, max_targets=most, **more)


def respond(
    module: AnsibleAWSModule,
    intention: Intention,
    names: Sequence[str],
    find: Callable[[str, Reads], Target],
    *,
    cloud: Cloud,
    case: Case | None,
    limits: Limits,
    watch: Callable[[Work], None] | None = None,
    reads: Reads | None = None,
    more: Callable[[Run], Mapping[str, Json]] = lambda _run: {},
) -> None:
    """Run the engine and end the module with what it did. `reads`: what has been asked already. `more`: what the module returns besides, or
    in another shape."""
    caller = cloud.caller()
    journal = None if case is None or module.check_mode else CaseJournal(case, author=caller.arn)
    try:
        done = run(
            intention,
            names,
            find,
            cloud=cloud,
            journal=journal,
            limits=limits,
            together=carry_together,
            watch=watch,
            reads=reads,
        )
    except CordonError as error:
        module.fail_json(msg=str(error), case_id=case.case_id if case else None)
    answer = {**answer_of(done, intention, cloud, case), **more(done)}
    if module._diff:
        answer["diff"] = differences(done)
    if done.refusal is not None:
        module.fail_json(msg=str(done.refusal), **answer)
    if done.failed:
        reasons = " ".join(dict.fromkeys(entry.error for entry in done.failed))
        module.fail_json(msg=f"{len(done.failed)} of {len(done.targets)} targets failed. {reasons}", **answer)
    module.exit_json(**answer)


def answer_of(done: Run, intention: Intention, cloud: Cloud, case: Case | None) -> dict[str, Json]:
    """What a module returns, all of it fit for a log."""
    return {
        "changed": done.changed,
        "action": intention.action,
        "case_id": case.case_id if case else None,
        "plan_id": done.plan_id,
        "results": [entry.as_json() for entry in done.results],
        "steps": [step for entry in done.targets for step in entry.steps],
        "before": {entry.arn: entry.before for entry in done.targets if entry.target},
        "after": {entry.arn: entry.after for entry in done.targets if entry.target},
        "verified": bool(done.results) and all(entry.verified for entry in done.results),
        "api_calls": sum(cloud.calls.values()),
    }


def differences(done: Run) -> list[dict[str, str]]:
    """Per target the facets that differ, in the shape that Ansible shows with --diff."""
    shown = []
    for entry in done.targets:
        moved = sorted(
            facet for facet in {*entry.before, *entry.after} if entry.before.get(facet) != entry.after.get(facet)
        )
        if moved:
            shown.append(
                {
                    "before_header": entry.arn,
                    "after_header": entry.arn,
                    "before": _lines({facet: entry.before.get(facet) for facet in moved}),
                    "after": _lines({facet: entry.after.get(facet) for facet in moved}),
                }
            )
    return shown


def _lines(facets: Mapping[str, Json]) -> str:
    return "".join(f"{facet}: {json.dumps(value)}\n" for facet, value in facets.items())

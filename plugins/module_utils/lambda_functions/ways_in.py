# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who can call a function from elsewhere: its URLs, and the statements of its policies. Read and told, and left as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import read_policy
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import LambdaFunction
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

PERMISSIONS = ("lambda:GetPolicy", "lambda:ListAliases", "lambda:ListFunctionUrlConfigs")
URLS = "function_urls"
POLICIES = "function_policies"
_ITSELF = ""
"""In the place of an alias: the function without any."""
_MISSING = "ResourceNotFoundException"
_TOKEN = "lambda:eventsourcetoken"
_CALLS = "lambda:invoke"
_URL_FIELDS = ("FunctionUrl", "FunctionArn", "AuthType", "InvokeMode", "Cors")


def begin_to_ask(reads: Reads, target: LambdaFunction) -> None:
    """Let the answers be on their way."""
    reads.ahead(target.call("ListFunctionUrlConfigs"), "FunctionUrlConfigs")
    reads.ahead(target.call("ListAliases"), "Aliases")
    reads.ahead(target.call("GetPolicy"))


def observe(reads: Reads, target: LambdaFunction) -> dict[str, Json]:
    """The URLs of the function and its aliases, and the policies of both as text, by alias. A version has a policy of its own, too, which
    is not looked at. https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html,
    https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html"""
    urls = [
        {name: one[name] for name in _URL_FIELDS if one.get(name) is not None}
        for one in reads.pages(target.call("ListFunctionUrlConfigs"), "FunctionUrlConfigs")
    ]
    aliases = sorted(str(one["Name"]) for one in reads.pages(target.call("ListAliases"), "Aliases"))
    calls = {_ITSELF: target.call("GetPolicy")} | {
        alias: target.call("GetPolicy", Qualifier=alias) for alias in aliases
    }
    for call in calls.values():
        reads.ahead(call)
    policies = {alias: _policy(reads, call) for alias, call in calls.items()}
    return {
        URLS: sorted(urls, key=lambda one: str(one["FunctionUrl"])),
        POLICIES: {alias: text for alias, text in policies.items() if text is not None},
    }


def told(state: State, target: LambdaFunction) -> Iterator[str]:
    """For people: what stays as it is, and lets callers in again with a release.
    https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html, .../api/API_DeleteFunctionUrlConfig.html"""
    for url in state[URLS]:
        whom = "anybody, without credentials" if url.get("AuthType") == "NONE" else "whoever IAM allows it"
        yield (
            f"{url['FunctionUrl']} of {target.label} stays, open to {whom}; it answers with status 429 as long as concurrency is 0, and "
            "runs the function again with a release. AWS never gives out a deleted URL again, so none is deleted."
        )
    for alias, text in state[POLICIES].items():
        whose = f"The policy of {target.label}" + (f", alias {alias}," if alias else "")
        for statement in _statements(text):
            yield f"{whose} stays: {statement}."


def _policy(reads: Reads, call: Call) -> str | None:
    try:
        return without_tokens(str(reads.read(call)["Policy"]))
    except AwsError as error:
        if error.code != _MISSING:
            raise
        return None


def without_tokens(text: str) -> str:
    """A policy without the tokens that callers must supply, which are none of a case's business; any other as it is.
    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html: EventSourceToken"""
    if _TOKEN not in text.lower():
        return text
    try:
        policy = read_policy(text)
    except ValueError:
        return "(a text that is no policy)"
    for one in _listed(policy.get("Statement")):
        for keys in one.get("Condition", {}).values():
            keys.update({key: "(left out)" for key in keys if key.lower() == _TOKEN})
    return json.dumps(policy)


def _statements(text: str) -> Iterator[str]:
    """What each statement that allows something lets whom do, for people. What stands in a policy may be an attacker's: it is told as
    ASCII, and not at any length."""
    try:
        found = read_policy(text).get("Statement")
    except ValueError:
        yield "it cannot be read, and may let anybody in"
        return
    for one in _listed(found):
        if isinstance(one, Mapping) and one.get("Effect") == "Allow":
            actions = [str(action) for action in _listed(one.get("Action", "what it does not say"))]
            only_calls = all(action.lower().startswith(_CALLS) and "*" not in action for action in actions)
            when = "again with a release" if only_calls else "now, whatever concurrency is reserved"
            limits = ", under conditions" if one.get("Condition") else ""
            name, whom = _short(one.get("Sid", "without Sid")), _principal(one.get("Principal"))
            yield f"statement {name} lets {whom} do {_short(', '.join(actions))} {when}{limits}"


def _principal(principal: Json) -> str:
    return "anybody" if principal in ("*", {"AWS": "*"}) else _short(json.dumps(principal, sort_keys=True))


def _short(text: Json) -> str:
    return ascii(str(text))[1:-1][:200]


def _listed(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else [value]

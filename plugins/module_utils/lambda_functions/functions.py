# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lambda functions as targets: what names them, how they are found, and the calls about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import ElsewhereError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html, and names have 64 characters at most
_NAME = r"(?P<name>[A-Za-z0-9_-]{1,64})"
_QUALIFIER = r"(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128})"
_PLACE = (
    r"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}):(?P<account>[0-9]{12}):function:"
)
FUNCTION_NAME = re.compile(_NAME)
FUNCTION_ARN = re.compile(_PLACE + _NAME)
_QUALIFIED = re.compile(f"(?P<function>(?:{_PLACE})?{_NAME}):{_QUALIFIER}")
EXPECTED = "a function's name, or its ARN without a version or alias (arn:aws:lambda:region:account:function:name)"
# A replica is named after the region and the function that it is one of.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html
_REPLICA = re.compile(r"(?:.*:)?us-east-1\.[A-Za-z0-9_-]{1,64}(?::[0-9]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaFunction:
    """One function with all its versions and aliases: concurrency is reserved, and event source mappings are found, for all of them."""

    arn: str
    partition: str
    account: str
    region: str
    name: str
    kind: str = "function"
    unique_id: str = ""
    """A function has none: AWS gives out no id that one made anew by the same name would not have, and no time at which it was made; its
    revision id is another one after every change of it."""

    @property
    def label(self) -> str:
        return f"function/{self.name}"

    @property
    def is_reserved(self) -> bool:
        return False

    def is_worked_through(self, _identity_arn: str) -> bool:
        """Responders are users and roles."""
        return False

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, _reads: Reads) -> None:
        """Event source mappings are listed for a whole region, by one question that is the same for all of its functions."""

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call about it."""
        return self.call_beside(operation, FunctionName=self.name, **parameters)

    def call_beside(self, operation: str, **parameters: Json) -> Call:
        """A call in its account and region that does not name it."""
        return Call(
            account=self.account, region=self.region, service="lambda", operation=operation, parameters=parameters
        )


def function_of_arn(arn: str) -> LambdaFunction:
    """The function that an ARN names, without asking AWS."""
    parts = FUNCTION_ARN.fullmatch(arn)
    if parts is None:
        raise InputError(f"use {ascii(arn)[:120]}", "it is not the ARN of a function", f"Give {EXPECTED}.")
    return LambdaFunction(arn=arn, **parts.groupdict())


def parse_functions(texts: Iterable[object]) -> tuple[str, ...]:
    """Names and ARNs; all faults are raised together as one InputError."""
    found, faults = [], []
    for number, text in enumerate(texts):
        if isinstance(text, str) and (FUNCTION_NAME.fullmatch(text) or FUNCTION_ARN.fullmatch(text)):
            found.append(text)
        else:
            faults.append(InputError(f"use `functions[{number}]` = {ascii(text)[:120]}", *_fault_of(text)))
    if faults:
        raise InputError.together(faults)
    if not found:
        raise InputError("use the option `functions`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(found)


def _fault_of(text: object) -> tuple[str, str]:
    """Why it cannot be taken, and what to give instead."""
    qualified = _QUALIFIED.fullmatch(text) if isinstance(text, str) else None
    if qualified is not None:
        return (
            "it is one version or alias, and AWS reserves concurrency for a function as a whole",
            f"Give {qualified['function']}, which contains all its versions and aliases.",
        )
    if isinstance(text, str) and _REPLICA.fullmatch(text):
        return (
            "it is a replica of a function that CloudFront runs",
            "Take the function out of the distributions that use it: nothing else stops its replicas.",
        )
    return "it is no function", f"Give {EXPECTED}."


def find_function(reads: Reads, name: str, account: str | None) -> LambdaFunction:
    """Look one function up: by its ARN, or by its name in `account` (the caller's, where it is None). Raises AwsError where there is
    none, and ElsewhereError for the ARN of another account than was given."""
    if FUNCTION_NAME.fullmatch(name):
        where = f"{reads.home_region}:{account or reads.caller.account}"
        function = function_of_arn(f"arn:{reads.caller.partition}:lambda:{where}:function:{name}")
    else:
        function = function_of_arn(name)
    if function.partition != reads.caller.partition:
        raise InputError(
            f"look up {function.arn}",
            f"it is in partition {function.partition} and the responder's credentials are in {reads.caller.partition}",
            f"Run this with credentials of partition {function.partition}.",
        )
    if account is not None and function.account != account:
        raise ElsewhereError(
            f"contain {function.arn}",
            f"it is in account {function.account}, and `account_id` is {account}",
            "If it is to be contained all the same, name it in a run of its own.",
        )
    reads.read(function.call("GetFunctionConfiguration"))
    return function

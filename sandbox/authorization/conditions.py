"""Condition operators.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sandbox.authorization.matching import Context, filled, matches, plain

Test = Callable[[str, str], bool]
"""(value in the request, value in the policy) -> whether they match"""


def hold(conditions: Sequence[tuple[str, str, tuple[str, ...]]], context: Context) -> bool:
    """Whether all of a statement's conditions hold for a request."""
    return all(_holds(operator, key, values, context) for operator, key, values in conditions)


def _holds(operator: str, key: str, values: tuple[str, ...], context: Context) -> bool:
    quantifier, _, rest = operator.rpartition(":")
    if_exists = rest.endswith("IfExists")
    name = rest.removesuffix("IfExists")
    present = context.get(key)
    if name == "Null":
        return (present is None or not present) == (values[0].lower() == "true")
    if name not in _TESTS:
        return False
    test, negated = _TESTS[name]
    wanted = [text for value in values if (text := filled(value, context)) is not None]
    found = [present] if isinstance(present, str) else list(present or ())

    def one(value: str) -> bool:
        """Values of the policy are alternatives; for a negated operator none of them may match."""
        return any(test(value, text) for text in wanted) != negated

    if quantifier == "ForAllValues":
        return all(map(one, found))
    if quantifier == "ForAnyValue":
        return any(map(one, found)) or (if_exists and not found)
    if not found:
        return if_exists or negated
    return any(map(one, found)) if not negated else all(map(one, found))


def _number(test: Callable[[float, float], bool]) -> Test:
    def compare(found: str, wanted: str) -> bool:
        try:
            return test(float(found), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[datetime, datetime], bool]) -> Test:
    def compare(found: str, wanted: str) -> bool:
        try:
            return test(_time(found), _time(wanted))
        except (ValueError, OverflowError):
            return False

    return compare


def _time(text: str) -> datetime:
    """ISO 8601 or seconds since 1970, as the documentation allows."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


def _ip(found: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(found: str, wanted: str) -> bool:
    """Each of the six parts of an ARN is compared by itself, with wildcards in it."""
    parts, patterns = found.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(matches(pattern, part) for pattern, part in zip(patterns, parts, strict=True))


def _binary(found: str, wanted: str) -> bool:
    try:
        return base64.b64decode(found) == base64.b64decode(wanted)
    except (binascii.Error, ValueError):
        return False


def _equal(found: str, wanted: str) -> bool:
    return found == plain(wanted)


def _equal_any_case(found: str, wanted: str) -> bool:
    return found.lower() == plain(wanted).lower()


def _like(found: str, wanted: str) -> bool:
    return matches(wanted, found)


_equals = _number(lambda found, wanted: found == wanted)
_same_time = _date(lambda found, wanted: found == wanted)
# operator -> its test, and whether it is negated
_TESTS: dict[str, tuple[Test, bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_any_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "NumericEquals": (_equals, False),
    "NumericNotEquals": (_equals, True),
    "NumericLessThan": (_number(lambda found, wanted: found < wanted), False),
    "NumericLessThanEquals": (_number(lambda found, wanted: found <= wanted), False),
    "NumericGreaterThan": (_number(lambda found, wanted: found > wanted), False),
    "NumericGreaterThanEquals": (_number(lambda found, wanted: found >= wanted), False),
    "DateEquals": (_same_time, False),
    "DateNotEquals": (_same_time, True),
    "DateLessThan": (_date(lambda found, wanted: found < wanted), False),
    "DateLessThanEquals": (_date(lambda found, wanted: found <= wanted), False),
    "DateGreaterThan": (_date(lambda found, wanted: found > wanted), False),
    "DateGreaterThanEquals": (_date(lambda found, wanted: found >= wanted), False),
    "Bool": (_equal_any_case, False),
    "BinaryEquals": (_binary, False),
    "IpAddress": (_ip, False),
    "NotIpAddress": (_ip, True),
    "ArnEquals": (_arn, False),
    "ArnLike": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnNotLike": (_arn, True),
}

"""Condition operators.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""

from __future__ import annotations

import base64
import ipaddress
import operator as compare
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.authorization.matching import Context, filled, matches, plain

_SET_OPERATORS = ("", "ForAllValues", "ForAnyValue")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    """What a value of the request (`found`) and one of the policy (`wanted`) are read as, and how they are compared.
    Reading raises ValueError for what is no such value."""

    test: Callable[[Any, Any], bool]
    negated: bool = False
    found: Callable[[str], Any] = str
    wanted: Callable[[str], Any] = str
    variables: bool = False
    """Whether policy variables may stand in the policy's values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One operator on one key, with the policy's values already read."""

    operator: _Operator | None
    """None for Null."""
    set_operator: str
    if_exists: bool
    key: str
    wanted: tuple[Any, ...]
    to_fill: bool
    """Whether policy variables are in the values."""
    sound: bool
    """Whether every value could be read."""


def condition(name: str, key: str, values: Sequence[str], *, variables: bool) -> Condition | None:
    """The condition; None for an operator that does not exist. `key` is in lower case."""
    set_operator, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    operator: _Operator | None = None
    read: Callable[[str], Any] = _boolean
    if name == "Null":
        pass
    elif set_operator in _SET_OPERATORS and not name.startswith(":") and base in _OPERATORS:
        operator = _OPERATORS[base]
        read = operator.wanted
    else:
        return None
    wanted = []
    for value in values:
        try:
            wanted.append(read(value))
        except ValueError:
            continue
    return Condition(
        operator=operator,
        set_operator=set_operator,
        if_exists=rest != base,
        key=key,
        wanted=tuple(wanted),
        to_fill=variables and operator is not None and operator.variables and any("${" in value for value in values),
        sound=len(wanted) == len(values),
    )


def hold(conditions: Sequence[Condition], context: Context) -> bool:
    """Whether all of a statement's conditions hold for a request."""
    return all(_holds(one, context) for one in conditions)


def _holds(given: Condition, context: Context) -> bool:
    present = context.get(given.key)
    if given.operator is None:
        return any(wanted == (present is None or not present) for wanted in given.wanted)
    found = [present] if isinstance(present, str) else list(present or ())
    if not found:
        return (
            given.set_operator == "ForAllValues"
            or given.if_exists
            or (given.operator.negated and given.set_operator != "ForAnyValue")
        )
    wanted, sound = given.wanted, given.sound
    if given.to_fill:
        wanted = tuple(text for value in wanted if (text := filled(value, context)) is not None)
        sound = len(wanted) == len(given.wanted)
    if given.operator.negated and not sound:
        return False  # "is not that" cannot be said of what is not known
    test = _alternatives(given.operator, wanted)
    if given.set_operator == "ForAllValues":
        return all(test(value) for value in found if value)  # a value that is empty counts as none
    if given.set_operator == "ForAnyValue" or not given.operator.negated:
        return any(map(test, found))
    return all(map(test, found))


def _alternatives(operator: _Operator, wanted: Sequence[Any]) -> Callable[[str], bool]:
    """Values of the policy are alternatives; for a negated operator none of them may match."""

    def test(value: str) -> bool:
        try:
            found = operator.found(value)
        except ValueError:
            return operator.negated
        return any(operator.test(found, one) for one in wanted) != operator.negated

    return test


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
        raise ValueError(text)
    return Decimal(text)


# The profile of ISO 8601 that the documentation names: https://www.w3.org/TR/NOTE-datetime. With a time there has to be a zone.
_W3C_TIME = re.compile(r"\d{4}-\d\d(?P<day>-\d\d(?P<time>T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?)?", re.ASCII)


def _time(text: str) -> datetime:
    """ISO 8601 or seconds since 1970."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        try:
            return datetime.fromtimestamp(float(text), UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(text) from error
    found = _W3C_TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    if found["time"]:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(text if found["day"] else f"{text}-01").replace(tzinfo=UTC)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> Network:
    """An address, or a range in CIDR notation."""
    if not re.fullmatch(r"[0-9A-Fa-f:.]+(/\d{1,3})?", text, re.ASCII):
        raise ValueError(text)
    return ipaddress.ip_network(text, strict=False)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _arn(found: str, wanted: str) -> bool:
    """Each of the six parts of an ARN is compared by itself, with wildcards in it."""
    parts, patterns = found.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(
        matches(pattern, part) for pattern, part in zip(patterns, parts, strict=True)
    )


def _equal(found: str, wanted: str) -> bool:
    return found == plain(wanted)


def _equal_any_case(found: str, wanted: str) -> bool:
    return found.lower() == plain(wanted).lower()


def _like(found: str, wanted: str) -> bool:
    return matches(wanted, found)


def _within(found: Any, wanted: Any) -> bool:
    return found in wanted


def _pair(name: str, test: Callable[[Any, Any], bool], **more: Any) -> dict[str, _Operator]:
    """An operator and its negation: StringLike and StringNotLike."""
    kind = next((kind for kind in ("String", "Numeric", "Date", "Arn") if name.startswith(kind)), "")
    return {
        name: _Operator(test=test, **more),
        f"{kind}Not{name.removeprefix(kind)}": _Operator(test=test, negated=True, **more),
    }


def _order(kind: str, read: Callable[[str], Any]) -> dict[str, _Operator]:
    return _pair(f"{kind}Equals", compare.eq, found=read, wanted=read) | {
        f"{kind}{name}": _Operator(test=test, found=read, wanted=read)
        for name, test in (
            ("LessThan", compare.lt),
            ("LessThanEquals", compare.le),
            ("GreaterThan", compare.gt),
            ("GreaterThanEquals", compare.ge),
        )
    }


_OPERATORS: dict[str, _Operator] = {
    **_pair("StringEquals", _equal, variables=True),
    **_pair("StringEqualsIgnoreCase", _equal_any_case, variables=True),
    **_pair("StringLike", _like, variables=True),
    **_order("Numeric", _number),
    **_order("Date", _time),
    "Bool": _Operator(test=_equal_any_case, variables=True),
    "BinaryEquals": _Operator(test=compare.eq, found=_bytes, wanted=_bytes),
    **_pair("IpAddress", _within, found=ipaddress.ip_address, wanted=_network),
    **_pair("ArnEquals", _arn, variables=True),
    **_pair("ArnLike", _arn, variables=True),
}

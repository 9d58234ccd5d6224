"""Which findings a FindingCriteria asks for, and in which order. Pure.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Condition.html"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

# Two spellings of each: the second is the older one.
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda found, wanted: str(found) in wanted,
    "Eq": lambda found, wanted: str(found) in wanted,
    "NotEquals": lambda found, wanted: str(found) not in wanted,
    "Neq": lambda found, wanted: str(found) not in wanted,
    "GreaterThan": lambda found, wanted: found > wanted,
    "Gt": lambda found, wanted: found > wanted,
    "GreaterThanOrEqual": lambda found, wanted: found >= wanted,
    "Gte": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "Lt": lambda found, wanted: found < wanted,
    "LessThanOrEqual": lambda found, wanted: found <= wanted,
    "Lte": lambda found, wanted: found <= wanted,
}
_NEGATED = frozenset({"NotEquals", "Neq"})


def fits(finding: Mapping[str, Any], criteria: Mapping[str, Any]) -> bool:
    """Whether every criterion holds for a finding in the wire's names, such as {"Criterion": {"severity": {"Gte": 4}}}."""
    return all(
        _holds(list(_values(finding, path.split("."))), name, wanted)
        for path, condition in (criteria.get("Criterion") or {}).items()
        for name, wanted in condition.items()
        if name in _TESTS
    )


def ordered(findings: list[dict[str, Any]], sort: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As SortCriteria says; without it, as they came in."""
    path = str(sort.get("AttributeName") or "").split(".")
    if path == [""]:
        return findings
    return sorted(findings, key=lambda one: str(next(_values(one, path), "")), reverse=sort.get("OrderBy") == "DESC")


def _holds(found: Sequence[Any], name: str, wanted: Any) -> bool:
    test = _TESTS[name]
    if name in _NEGATED:
        return all(test(_plain(value), wanted) for value in found)
    return any(test(_number(value) if isinstance(wanted, (int, float)) else _plain(value), wanted) for value in found)


def _values(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float:
    """Times are compared in milliseconds since 1970."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp() * 1000
        except ValueError:
            return float("nan")
    return float(value)

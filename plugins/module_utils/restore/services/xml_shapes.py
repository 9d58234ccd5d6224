# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents of XML as events show them, turned into the parameters that the API takes: other names, one for a list of one, numbers and
truths as text or text as numbers. Every name and type is checked, as what stands in a log is partly a stranger's text. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, is_whole_number

_LONGEST = 4096


class Leaf(enum.Enum):
    """What has nothing in it."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Fields:
    """An element with others in it: the name in XML -> the API's name, and what it is."""

    members: Mapping[str, tuple[str, Shape]]


@dataclass(frozen=True, slots=True)
class Many:
    """A list. Where its items stand in an element of their own, `item` is their name; otherwise the element is there several times."""

    of: Shape
    item: str = ""


Shape: TypeAlias = "Leaf | Fields | Many"
TEXT, WHOLE, TRUTH = Leaf.TEXT, Leaf.WHOLE, Leaf.TRUTH


def fields(**members: Shape) -> Fields:
    """Those that are called the same in XML and in the API."""
    return Fields({name: (name, shape) for name, shape in members.items()})


def of_xml(value: Json, shape: Shape) -> Json:
    """The API's parameter. Raises ValueError for anything else, and for what the API is not known to take."""
    if isinstance(shape, Fields):
        return _structure(value, shape)
    if isinstance(shape, Many):
        if shape.item:
            value = value.get(shape.item, []) if isinstance(value, dict) else [] if value == "" else None
        items = value if isinstance(value, list) else [value]
        return [of_xml(item, shape.of) for item in items]
    if shape is Leaf.WHOLE:
        return _whole(value)
    if shape is Leaf.TRUTH:
        return _truth(value)
    return _text(value)


def _structure(value: Json, shape: Fields) -> dict[str, Json]:
    if value in ("", None):
        value = {}
    if not isinstance(value, dict):
        raise ValueError("it is not an element with others in it")
    found = {}
    for name, inner in value.items():
        if name.startswith("xmlns"):
            continue
        if name not in shape.members:
            raise ValueError("an element is not known")
        api_name, member = shape.members[name]
        found[api_name] = of_xml(inner, member)
    return found


def _whole(value: Json) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    if is_whole_number(value) and abs(value) < 10**15:
        return value
    raise ValueError("it is not a number")


def _truth(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError("it is neither true nor false")


def _text(value: Json) -> str:
    """What looks like a number or a truth was made one on its way into the event."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_whole_number(value) and abs(value) < 10**15:
        return str(value)
    if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
        return value
    raise ValueError("it is not text")

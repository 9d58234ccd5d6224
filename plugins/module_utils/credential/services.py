# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sums up which services somebody may use: all of one, or some of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import (
    UNNAMED,
    Ability,
    Layer,
    ability,
    administrator,
)
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import UnreadableError, statements

_HOW_MUCH = {"yes": "everything", "with conditions": "everything, with conditions", "unknown": "unknown"}
ANY = "*"
NEARLY = "nearly everything"


def usable_services(layers: Sequence[Layer]) -> dict[str, str]:
    """Service, as it stands in policies ("s3"; "*" for any) -> "everything", "everything, with conditions", "some" or "unknown";
    for any service besides "nearly everything", where IAM is left out. Services of which nothing is allowed are not there."""
    patterns: dict[str, list[str]] = {}
    for pattern in dict.fromkeys(pattern for layer in layers for pattern in _allowed(layer)):
        patterns.setdefault(pattern.partition(":")[0], []).append(pattern)
    found = {service: _how_much(layers, service, patterns[service]) for service in sorted(patterns)}
    return {service: how_much for service, how_much in found.items() if how_much}


def _allowed(layer: Layer) -> Iterable[str]:
    """The patterns of actions that one layer allows: what is allowed by all of them is named by one."""
    for policy in layer.policies:
        try:
            said = statements(policy)
        except UnreadableError:
            continue
        for statement in said:
            if statement.allows:
                yield from (ANY,) if statement.but_actions else statement.actions


def _how_much(layers: Sequence[Layer], service: str, patterns: Sequence[str]) -> str:
    everything = _possible(layers, f"{service}:*").answer
    if everything != "no":
        return NEARLY if service == ANY and administrator(layers).answer == "no" else _HOW_MUCH[everything]
    return "some" if any(_possible(layers, pattern).answer != "no" for pattern in patterns) else ""


def _possible(layers: Sequence[Layer], pattern: str) -> Ability:
    """For a pattern: of an action that only patterns as wide as it are for."""
    return ability(layers, pattern.replace("*", UNNAMED).replace("?", "~"))

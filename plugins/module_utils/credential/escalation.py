# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names the known ways by which a principal can give itself more than it has. The list is cloudsplaining's, which follows
pathfinding.cloud: https://cloudsplaining.readthedocs.io/en/latest/glossary/privilege-escalation/"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import ORDER, Ability, Layer, ability, least
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """A way that is known: all of these actions are needed for it."""

    name: str
    actions: tuple[str, ...]
    page: str
    """Where it is described."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """A way that is open to somebody."""

    method: Method
    open: Ability

    def as_json(self) -> dict[str, Json]:
        return {
            "name": self.method.name,
            "actions": list(self.method.actions),
            "possible": self.open.answer,
            "why": list(self.open.why),
            "page": self.method.page,
        }


def known_methods() -> tuple[Method, ...]:
    """Every way that cloudsplaining knows. Only its table is imported: the rest of it takes long to load."""
    from cloudsplaining.shared.constants import (
        PRIVILEGE_ESCALATION_GLOSSARY_URL,
        PRIVILEGE_ESCALATION_METHODS,
        PRIVILEGE_ESCALATION_PATHFINDING_PATHS,
    )

    return tuple(
        Method(
            name=name,
            actions=tuple(actions),
            page=PRIVILEGE_ESCALATION_PATHFINDING_PATHS.get(name) or PRIVILEGE_ESCALATION_GLOSSARY_URL,
        )
        for name, actions in PRIVILEGE_ESCALATION_METHODS.items()
    )


def escalation_paths(layers: Sequence[Layer], methods: Sequence[Method]) -> tuple[Path, ...]:
    """The ways that are not closed, the surest first; those that need the fewest actions before the others."""
    asked: dict[str, Ability] = {}
    for action in {action for method in methods for action in method.actions}:
        asked[action] = ability(layers, action)
    paths = [
        Path(method=method, open=_named(least(asked[action] for action in method.actions), method, asked))
        for method in methods
    ]
    return tuple(
        sorted(
            (path for path in paths if path.open.answer != "no"),
            key=lambda path: (-ORDER.index(path.open.answer), len(path.method.actions), path.method.name),
        )
    )


def _named(together: Ability, method: Method, asked: dict[str, Ability]) -> Ability:
    """The same with each reason under its action, where there are several."""
    why = [
        f"{action}: {reason}" if len(method.actions) > 1 else reason
        for action in method.actions
        for reason in asked[action].why
    ]
    return Ability(answer=together.answer, why=tuple(why))

"""Which services policies give access to. Permissions policies alone count, not resource policies, boundaries or Organizations:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html#access_policies_last-accessed-know"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sandbox.authorization.document import Statement, compiled
from sandbox.authorization.matching import matches
from sandbox.service_reference import actions_of, services


@lru_cache(maxsize=512)
def granted_services(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The namespaces of the services of which some action is allowed on something, in their order. What is denied without a condition
    on every resource is not allowed: AWS says no more than that the policies decide."""
    statements = [statement for text in texts for statement in compiled(text)]
    allowing = [statement for statement in statements if statement.allows and statement.names_nobody]
    denying = [statement for statement in statements if _denies_wholly(statement)]
    if not allowing or any("*" in (statement.actions or ()) for statement in denying):
        return ()
    return tuple(
        namespace
        for namespace in services()
        if any(
            any(_covers(statement, action) for statement in allowing)
            and not any(_covers(statement, action) for statement in denying)
            for action in _worth_a_look(namespace, allowing)
        )
    )


def _worth_a_look(namespace: str, allowing: Sequence[Statement]) -> tuple[str, ...]:
    """The actions of a service, if any statement is about that service at all."""
    for statement in allowing:
        if statement.actions is None or any(
            matches(pattern.partition(":")[0], namespace, ignore_case=True) for pattern in statement.actions
        ):
            return actions_of(namespace)
    return ()


def _denies_wholly(statement: Statement) -> bool:
    return not statement.allows and not statement.conditions and "*" in (statement.resources or ())


def _covers(statement: Statement, action: str) -> bool:
    if statement.actions is not None:
        return any(matches(pattern, action, ignore_case=True) for pattern in statement.actions)
    if statement.not_actions is None:
        return False
    return not any(matches(pattern, action, ignore_case=True) for pattern in statement.not_actions)

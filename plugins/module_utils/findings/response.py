# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a finding asks for: whom to contain, by which unique ids to know them, and what is left for a human. Pure.

All of this takes a finding as `finding_targets` gives it, and raises InputError for anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.findings import by_hand
from ansible_collections.cordon.aws.plugins.module_utils.findings.choice import (
    Choice,
    chosen,
    instance_of,
    is_root,
    is_session_of,
    session_of,
    targets_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


def finding_principals(finding: Mapping[str, Json]) -> list[str]:
    """Whom to contain, ready for `iam_principal_containment` with `scope: session`: access keys, then ARNs of users, of single sessions
    of roles, of federated users and of root. Somebody who is named twice is one target of the module.

    Empty where only instances are to be contained. Raises RefusedError for a sample, and InputError, saying what a human can do, where
    nothing is to be contained without a word from one.
    """
    targets = targets_of(finding)
    tried = f"respond to finding {finding['finding_id']} ({finding['finding_type']})"
    if finding["sample"]:
        raise RefusedError(
            tried, "it is a sample, and what it names does not exist", "Nothing was done, and nothing is to be done."
        )
    choice = chosen(finding)
    if choice.keys or choice.arns or choice.instances:
        return [*choice.keys, *choice.arns]
    named = ", ".join(f"{target['kind']} {target['id']}" for target in targets) or "nothing"
    raise InputError(
        tried,
        f"it names {named}, and none of that is contained without a human's word",
        f"Decide by hand; if one of them is compromised, contain it: {_example(targets)}",
    )


def finding_instances(finding: Mapping[str, Json]) -> list[str]:
    """Which instances to contain, by ARN: those that a finding is about which says that they are compromised. None for a sample."""
    return [] if finding["sample"] else list(chosen(finding).instances)


def finding_unique_ids(finding: Mapping[str, Json]) -> dict[str, str]:
    """By ARN, as `finding_principals` gives it, the unique id that the finding has for the user, or for the role of the session. Those of
    whom it has none are left out."""
    arns = chosen(finding).arns
    return {arn: unique_id for arn, unique_id in finding.get("unique_ids", {}).items() if arn in arns}


def finding_leftovers(finding: Mapping[str, Json], scope: str = "session") -> list[str]:
    """A sentence for each thing that the finding names and that containing `finding_principals` does not contain, with what to do by hand.
    With `scope` = "principal" roles were contained for their sessions. None for a sample: there is nothing to do."""
    targets = targets_of(finding)
    if finding["sample"]:
        return []
    choice = chosen(finding)
    sessions = [target for target in targets if session_of(target) and choice.has(target)]
    said = [
        sentence
        for target in targets
        if not _is_answered(target, choice, finding.get("owners", {}))
        for sentence in _leftover(target, sessions, scope)
    ]
    return list(dict.fromkeys([*said, *finding.get("ignored", [])]))


def _is_answered(target: Mapping[str, Json], choice: Choice, owners: Mapping[str, str]) -> bool:
    """Whether nothing is left of it. A key is its owner's, who is contained or has a sentence of its own; the session of an instance
    that is contained is denied with it."""
    is_of_owner = target["kind"] == "access_key" and target["id"] in owners
    is_of_instance = any(arn.endswith(f"/{instance_of(target)}") for arn in choice.instances)
    return is_of_owner or is_of_instance or (choice.has(target) and not is_root(target))


def _leftover(target: Mapping[str, Json], sessions: Sequence[Mapping[str, Json]], scope: str) -> Iterator[str]:
    """What there is to say of one target where these sessions are contained: one sentence or none."""
    if is_root(target):
        yield by_hand.root_credentials(target)
    elif target["kind"] == "role":
        own = [session for session in sessions if is_session_of(session, target)]
        if not own or scope != "principal":
            yield by_hand.whole_role(target, own)
    elif target["kind"] == "instance" and any(instance_of(session) == target["id"] for session in sessions):
        yield by_hand.instance_without_role(target)
    else:
        yield by_hand.not_contained(target)


def _example(targets: list[Mapping[str, Json]]) -> str:
    """The command for the first identity that was left out, or for one that a human has yet to find."""
    for target in targets:
        if target["kind"] == "role" and target["arn"]:
            return by_hand.command(target["arn"])
        if session_of(target):
            return by_hand.command(target["arn"], scope="session")
        if target["kind"] == "instance" and target["arn"]:
            return by_hand.instance_command(target["arn"])
    return by_hand.command("AKIA...")

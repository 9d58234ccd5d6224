# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom and what of all that a finding names Cordon contains without asking: users, single sessions and root, never a whole role; and
instances that are compromised by what GuardDuty says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import (
    FEDERATED_ARN,
    INSTANCE_ID,
    ROOT_ARN,
    SESSION_ARN,
    USER_ARN,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

# A role is not among them: what others do with it has nothing to do with the finding.
_EXACT = {"user": USER_ARN, "session": SESSION_ARN, "account": ROOT_ARN}
# What a finding is about stands behind the colon: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html
_ABOUT_INSTANCES = ("EC2/", "Runtime/")
# From here on a finding says that what it is about is compromised and being used, not only that somebody tries:
# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
_IS_COMPROMISED = 7.0
_SEQUENCE = "AttackSequence"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Whom to contain."""

    keys: tuple[str, ...]
    """Access keys, each of which leads to whoever has it."""
    arns: tuple[str, ...]
    """Users, sessions of roles, federated users and root."""
    behind_keys: frozenset[str]
    """Those whom `keys` lead to."""
    instances: tuple[str, ...] = ()
    """ARNs of instances."""

    def has(self, target: Mapping[str, Json]) -> bool:
        is_key = target["kind"] == "access_key"
        return (is_key and target["id"] in self.keys) or target["arn"] in {
            *self.arns,
            *self.behind_keys,
            *self.instances,
        }


def chosen(finding: Mapping[str, Json]) -> Choice:
    """Choose. A long-term key names its owner exactly, but only while it exists, and an ARN outlives it: both are taken. A session's key
    is looked for in CloudTrail, which is behind by minutes, so that it is taken only where no ARN tells whose it is. The ARN of a
    federated user is no such one: any user may have asked for a session of that name.

    The session of an instance is left out where the finding is about what happens on the instance, which is contained as a whole."""
    targets, owners = targets_of(finding), finding.get("owners", {})
    exact = {target["arn"] for target in targets if _is_exact(target)}
    keys = tuple(
        target["id"] for target in targets if target["kind"] == "access_key" and _leads(target["id"], owners, exact)
    )
    behind_keys = frozenset(owners[key] for key in keys if key in owners)
    is_about_instance = _is_about_instance(str(finding["finding_type"]))
    instances = _instances(finding)
    arns = dict.fromkeys(
        target["arn"]
        for target in targets
        if (_is_exact(target) and not (instance_of(target) and (is_about_instance or instances)))
        or (_is_federated(target) and target["arn"] not in behind_keys)
    )
    return Choice(keys=keys, arns=tuple(arns), behind_keys=behind_keys, instances=instances)


def _instances(finding: Mapping[str, Json]) -> tuple[str, ...]:
    """The instances that are contained: none of a cluster's, whose work goes on elsewhere and needs a human's look."""
    _purpose, _colon, about = str(finding["finding_type"]).partition(":")
    targets = targets_of(finding)
    is_sure = about.startswith(_ABOUT_INSTANCES) and (finding.get("severity") or 0) >= _IS_COMPROMISED
    if not is_sure or any(target["kind"] == "cluster" for target in targets):
        return ()
    return tuple(dict.fromkeys(target["arn"] for target in targets if target["kind"] == "instance" and target["arn"]))


def instance_of(target: Mapping[str, Json]) -> str | None:
    """The instance whose own session of its role this is: such a session has the instance's id for a name.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""
    session = session_of(target)
    return session if session and INSTANCE_ID.regex.fullmatch(session) else None


def session_of(target: Mapping[str, Json]) -> str | None:
    """The name of a session of a role; nothing for anything else."""
    found = SESSION_ARN.regex.fullmatch(target["arn"] or "") if target["kind"] == "session" else None
    return found["session"] if found else None


def is_session_of(target: Mapping[str, Json], role: Mapping[str, Json]) -> bool:
    """Whether `target` is a session of `role`, which has no ARN where its path is not known."""
    found = SESSION_ARN.regex.fullmatch(target["arn"] or "") if target["kind"] == "session" else None
    if found is None or found["role"] != role["id"]:
        return False
    return role["arn"] is None or bool(role["arn"].split(":")[4] == found["account"])


def is_root(target: Mapping[str, Json]) -> bool:
    return bool(target["kind"] == "account" and _is_exact(target))


def targets_of(finding: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Raises InputError for what is no finding as `finding_targets` gives it."""
    if not isinstance(finding, Mapping) or not {"finding_id", "finding_type", "sample", "targets"} <= set(finding):
        raise InputError(
            "respond to the finding",
            "it is not what the filter finding_targets gives",
            "Put cordon.aws.finding_targets before this filter.",
        )
    return list(finding["targets"])


def _is_exact(target: Mapping[str, Json]) -> bool:
    """Whether its ARN says exactly who it is, in a spelling that can be contained."""
    pattern = _EXACT.get(target["kind"])
    return bool(pattern and target["arn"] and pattern.regex.fullmatch(target["arn"]))


def _is_federated(target: Mapping[str, Json]) -> bool:
    return bool(target["kind"] == "session" and target["arn"] and FEDERATED_ARN.regex.fullmatch(target["arn"]))


def _leads(key_id: str, owners: Mapping[str, str], exact: set[str]) -> bool:
    """Whether the key is to be followed. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    owner = owners.get(key_id, "")
    if key_id.startswith("AKIA"):
        return ROOT_ARN.regex.fullmatch(owner) is None
    return key_id.startswith("ASIA") and owner not in exact


def _is_about_instance(finding_type: str) -> bool:
    purpose, _colon, about = finding_type.partition(":")
    return purpose != _SEQUENCE and about.startswith(_ABOUT_INSTANCES)

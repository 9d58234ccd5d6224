# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a finding asks to contain, and what it names besides, which a human has to see to. Pure.

All of this takes a finding as `finding_targets` gives it, and raises InputError for anything else."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

# What a person can do about a target that this version has no containment for, by its kind: what it is in the finding, and the advice.
_ACTED, _NAMED = "acted in it", "is named in it"
_BY_HAND = {
    "role": (_ACTED, "deny it in IAM, or contain it by hand"),
    "session": (_ACTED, "revoke the sessions of its role in IAM, or contain the user who minted it"),
    "account": (
        _ACTED,
        "sign in as root, change the password and remove the access keys, or deny root in a service control policy",
    ),
    "instance": (_NAMED, "isolate it with a security group that lets nothing through, and keep a snapshot"),
    "bucket": (_NAMED, "look in CloudTrail for what was read and changed, and close it in its bucket policy"),
    "function": (_NAMED, "set its reserved concurrency to 0 to stop it, and look at its role"),
    "database": (_NAMED, "close it in its security group, and change its passwords"),
    "cluster": (_NAMED, "isolate the workload in it, and look at the workload's role"),
}
_UNKNOWN = (_NAMED, "look at it by hand")
_OWNERS = ("user", "role", "session", "account")


def finding_principals(finding: Mapping[str, Json]) -> list[str]:
    """Every IAM user that the finding names, ready for `iam_principal_containment`: by long-term key, and by ARN.

    A key names its owner exactly, but only while it exists; an ARN outlives the key, but its path may be unknown. A user who is
    named both ways is given both ways: the module makes one target of it.
    Raises RefusedError for a sample, and InputError, saying what a human can do, for a finding about anything else.
    """
    targets = _targets(finding)
    tried = f"respond to finding {finding['finding_id']} ({finding['finding_type']})"
    if finding["sample"]:
        raise RefusedError(
            tried, "it is a sample, and what it names does not exist", "Nothing was done, and nothing is to be done."
        )
    keys = [target["id"] for target in targets if _is_long_term_key(target)]
    users = [target["arn"] for target in targets if _is_user(target)]
    if keys or users:
        return list(dict.fromkeys(keys + users))
    named = ", ".join(f"{target['kind']} {target['id']}" for target in targets) or "nothing"
    raise InputError(
        tried,
        f"it names {named}, and this version contains IAM users only",
        "Decide by hand; if an IAM user of yours is behind it, contain that one: "
        "ansible-playbook playbooks/respond_to_leaked_key.yml -e access_key_ids=AKIA...",
    )


def finding_unique_ids(finding: Mapping[str, Json]) -> dict[str, str]:
    """By a user's ARN, as `finding_principals` gives it, the unique id that the finding has for this user. Users of whom it has none
    are left out."""
    users = {target["arn"] for target in _targets(finding) if _is_user(target)}
    return {arn: unique_id for arn, unique_id in finding.get("unique_ids", {}).items() if arn in users}


def finding_leftovers(finding: Mapping[str, Json]) -> list[str]:
    """A sentence for each thing that the finding names and that containing its users does not contain, with what to do by hand.
    None for a sample: there is nothing to do."""
    targets = _targets(finding)
    if finding["sample"]:
        return []
    # A temporary key is its owner's, and the owner is contained or has a sentence already.
    has_owner = any(target["kind"] in _OWNERS for target in targets)
    said = [
        _leftover(target)
        for target in targets
        if not _is_long_term_key(target) and not _is_user(target) and not (target["kind"] == "access_key" and has_owner)
    ]
    return list(dict.fromkeys([*said, *finding.get("ignored", [])]))


def _leftover(target: Mapping[str, Json]) -> str:
    kind, identity = target["kind"], target["id"]
    if kind == "access_key":
        return f"temporary key {identity} acted in it and is not contained: find in CloudTrail who minted it, and contain that one"
    role, advice = _BY_HAND.get(kind, _UNKNOWN)
    what = f"root user of account {identity}" if kind == "account" else f"{kind} {identity}"
    arn = f" ({target['arn']})" if target["arn"] else ""
    return f"{what}{arn} {role} and is not contained: {advice}"


def _is_long_term_key(target: Mapping[str, Json]) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    return bool(target["kind"] == "access_key" and target["id"].startswith("AKIA"))


def _is_user(target: Mapping[str, Json]) -> bool:
    return bool(target["kind"] == "user" and target["arn"])


def _targets(finding: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    if not isinstance(finding, Mapping) or not {"finding_id", "finding_type", "sample", "targets"} <= set(finding):
        raise InputError(
            "respond to the finding",
            "it is not what the filter finding_targets gives",
            "Put cordon.aws.finding_targets before this filter.",
        )
    return list(finding["targets"])

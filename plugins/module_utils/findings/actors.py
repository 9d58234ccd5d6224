# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom to trace for a finding: those whose calls it is about, as exactly as it tells them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.findings.choice import instance_of, is_root, targets_of
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import FEDERATED_ARN, SESSION_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


def finding_actors(finding: Mapping[str, Json]) -> list[str]:
    """Access keys, then ARNs, ready for `cloudtrail_trace_info`. A key tells exactly what was done with it, so whose it is stands beside it
    only where the key is one of many: that of a user at the console, or of an instance. Never a whole role.

    Takes a finding as `finding_targets` gives it; raises InputError for anything else, and RefusedError for a sample. Empty where a finding
    names nobody who calls AWS, such as one about an instance."""
    targets = targets_of(finding)
    if finding["sample"]:
        raise RefusedError(
            f"trace what finding {finding['finding_id']} ({finding['finding_type']}) names",
            "it is a sample, and what it names does not exist",
            "Nothing was done, and nothing is to be done.",
        )
    owners: Mapping[str, str] = finding.get("owners", {})
    keys = dict.fromkeys(
        target["id"]
        for target in targets
        if target["kind"] == "access_key" and target["id"].startswith(("AKIA", "ASIA"))
    )
    told = {owners[key] for key in keys if key in owners and _is_exact(key, owners[key])}
    arns = dict.fromkeys(target["arn"] for target in targets if _calls(target) and target["arn"] not in told)
    return [*keys, *arns]


def _is_exact(key: str, owner: str) -> bool:
    """Whether the key stands for all that the finding can be about. A console's keys change, and so do an instance's."""
    if USER_ARN.regex.fullmatch(owner):
        return key.startswith("AKIA")
    return not instance_of({"kind": "session", "arn": owner})


def _calls(target: Mapping[str, Json]) -> bool:
    """Whether its ARN can be traced: a user's, a session's, a federated user's or root's."""
    arn = target["arn"] or ""
    return is_root(target) or (
        (target["kind"] == "user" and USER_ARN.regex.fullmatch(arn) is not None)
        or (
            target["kind"] == "session"
            and any(pattern.regex.fullmatch(arn) for pattern in (SESSION_ARN, FEDERATED_ARN))
        )
    )

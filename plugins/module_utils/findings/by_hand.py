# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a finding names and a person has to see to: a sentence each, with the command to type where there is one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.findings.choice import session_of
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_ACTED, _NAMED = "acted in it", "is named in it"
# By kind: what it is in the finding, and the advice.
_ADVICE = {
    "access_key": (_ACTED, "find in CloudTrail whose it is, and contain that one"),
    "account": (_ACTED, "sign in as root, change the password and remove the access keys"),
    "instance": (
        _NAMED,
        "find it in EC2, and contain it with cordon.aws.ec2_instance_containment if it is compromised",
    ),
    "bucket": (_NAMED, "look in CloudTrail for what was read and changed; cordon.aws.s3_bucket_containment shuts it"),
    "function": (_NAMED, "cordon.aws.lambda_function_containment keeps it from running; look at its role, too"),
    "database": (_NAMED, "cordon.aws.rds_instance_containment shuts it; change its passwords"),
    "cluster": (_NAMED, "isolate the workload in it, and look at the workload's role"),
}
_UNKNOWN = (_NAMED, "look at it by hand")


def command(name: str, *, scope: str = "principal") -> str:
    """How a person has a principal contained: a role with all its sessions, or a session alone."""
    # Commas separate names where they are not JSON.
    names = f"access_key_ids={name}" if "," not in name else f"""'{{"access_key_ids": ["{name}"]}}'"""
    more = " -e scope=session" if scope == "session" else ""
    return f"ansible-playbook playbooks/respond_to_leaked_key.yml -e {names}{more}"


def instance_command(arn: str) -> str:
    """How a person has an instance contained."""
    return f"ansible-playbook playbooks/respond_to_compromised_instance.yml -e instance_ids={arn}"


def not_contained(target: Mapping[str, Json]) -> str:
    """Of anything but a role."""
    what, advice = _ADVICE.get(target["kind"], _UNKNOWN)
    if target["kind"] == "session":
        what, advice = _ACTED, "find its role in CloudTrail, and contain the session by its ARN"
        if session_of(target):
            advice = f"to contain it alone: {command(target['arn'], scope='session')}"
    if target["kind"] == "instance" and target["arn"]:
        advice = f"if it is compromised: {instance_command(target['arn'])}"
    return f"{_shown(target)} {what} and is not contained: {advice}"


def whole_role(role: Mapping[str, Json], contained: Sequence[Mapping[str, Json]]) -> str:
    """Of a role, some of whose sessions are contained, or none. Its ARN is not known where its path is not; a session's ARN serves."""
    name = role["arn"] or (contained[0]["arn"] if contained else None)
    advice = f"to contain it with all its sessions: {command(name)}" if name else "find its ARN in IAM, and contain it"
    if not contained:
        return f"{_shown(role)} {_ACTED} and is not contained: {advice}"
    names = " and ".join(str(session_of(target)) for target in contained)
    sessions = f"session{'s' if len(contained) > 1 else ''} {names}"
    return f"{_shown(role)} is not contained but for its {sessions}, and whoever may assume it can begin another one; {advice}"


def instance_without_role(instance: Mapping[str, Json]) -> str:
    """Of an instance whose own session is contained, and with it what the instance is given next: the name stays the same."""
    return f"{not_contained(instance)}; until its session is released, nothing on it can use its role, SSM's agent included"


def root_credentials(account: Mapping[str, Json]) -> str:
    """Of root that is contained. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"""
    return (
        f"{_shown(account)} {_ACTED}, and its password, access keys and MFA devices are as they were: sign in as root and change them, "
        "or delete them from the management account where root access is centralized"
    )


def _shown(target: Mapping[str, Json]) -> str:
    kind, identity = target["kind"], target["id"]
    what = f"root user of account {identity}" if kind == "account" else f"{kind.replace('_', ' ')} {identity}"
    return f"{what} ({target['arn']})" if target["arn"] else what

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measures that contain an IAM principal, in the order they are taken, and what none of them looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import RESERVED, Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.measures import (
    access_keys,
    deny_policy,
    other_credentials,
    sessions,
    trust,
)
from ansible_collections.cordon.aws.plugins.module_utils.measures.scp_quarantine import ScpQuarantine

_QUARANTINE = ScpQuarantine()
IAM_PRINCIPAL: tuple[Measure, ...] = (_QUARANTINE, deny_policy, access_keys, sessions, trust, other_credentials)

_COVERS = {
    # Not `sessions`: what GetFederationToken gave out has an id of its own, and only the user's policies reach it.
    _QUARANTINE.NAME: (deny_policy.NAME, trust.NAME),
    deny_policy.NAME: (sessions.NAME, trust.NAME),
}
"""Measure -> those whose purpose it serves as well."""

ENFORCED_YET = (
    "whether AWS enforces it yet: changes to IAM take some seconds to spread, and what was seen is what is stored"
)
_BEFORE = "what it did before now: look for it in CloudTrail, in every region"
_CHAINED = (
    "sessions of other roles that its sessions obtained before: they go on until they expire; look for AssumeRole by it in "
    "CloudTrail"
)
_ANYWHERE = (
    "certificates that IAM Roles Anywhere takes for credentials of roles; look: "
    "aws rolesanywhere list-trust-anchors --region REGION, in every region"
)
_OTHER_SESSIONS = "its role, which others use: whoever may assume it can get a session of another name; contain it with `scope: principal`"
_ROOTS_OWN = (
    "root's password, MFA devices and access keys, which no measure changes: sign in as root, change the password and remove "
    "the keys; or remove them all from the management account: "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"
)
_COMING_BACK = (
    "what it changed to come back by other ways: trust policies, passwords and credentials of others, groups, identity providers, and "
    "functions or instances that act with a role; look for that in CloudTrail"
)
_IDENTITY_PROOF = (
    "services that take sts:GetCallerIdentity for proof of who it is, such as EKS: nothing can deny that call"
)
_ROOT_FEDERATED = (
    "federated sessions that root gave out: they go on for up to an hour, and no policy tells them from those of other users; look for "
    "GetFederationToken by root in CloudTrail"
)
_IDENTITY_CENTERS = (
    "what only IAM Identity Center can change of its role. There, disable the user "
    "(https://docs.aws.amazon.com/singlesignon/latest/userguide/disableuser.html), end the portal sessions "
    "(https://docs.aws.amazon.com/singlesignon/latest/userguide/end-active-sessions.html) and remove the assignment to the account "
    "(https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html)"
)
_OUTLIVING = (
    "role sessions that the user has, in this account or another: they outlive all of that. Deny everything where "
    "identitystore:UserId is the user's, in a service control policy or in the permission set's inline policy "
    "(https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html)"
)
_NEVER_CHECKED = {
    "user": (
        ENFORCED_YET,
        "role sessions that it obtained before: they go on until they expire; look for AssumeRole by its keys in CloudTrail",
        _ANYWHERE,
        _COMING_BACK,
        _IDENTITY_PROOF,
        "what it did before now: look for its access keys in CloudTrail, in every region",
    ),
    "role": (ENFORCED_YET, _CHAINED, _ANYWHERE, _COMING_BACK, _IDENTITY_PROOF, _BEFORE),
    "session": (ENFORCED_YET, _OTHER_SESSIONS, _CHAINED, _IDENTITY_PROOF, _BEFORE),
    "root": (ENFORCED_YET, _ROOTS_OWN, _ROOT_FEDERATED, _BEFORE),
    RESERVED: (ENFORCED_YET, _IDENTITY_CENTERS, _OUTLIVING, _BEFORE),
}


_LEFT_IN = "who else can use the responders' roles, which a freeze of IAM leaves in: look at who may assume them"


def unchecked(measures: Sequence[Measure], target: Target) -> tuple[str, ...]:
    """What is left open, or not looked at, of a target of which only `measures` are taken."""
    kind = RESERVED if target.is_reserved else target.kind
    taken = {measure.NAME for measure in measures}
    covered = taken.union(*(_COVERS.get(name, ()) for name in taken))
    left_open = [
        f"NOT ASKED FOR: {measure.OPEN_WITHOUT}"
        for measure in IAM_PRINCIPAL
        if kind in measure.KINDS and measure.NAME not in covered
    ]
    in_doubt = target.notes if isinstance(target, IamPrincipal) and kind == "root" else ()
    frozen = any(isinstance(measure, ScpQuarantine) and measure.freeze for measure in measures)
    return (*left_open, *in_doubt, *((_LEFT_IN,) if frozen else ()), *_NEVER_CHECKED.get(kind, ()))

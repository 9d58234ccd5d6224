# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How sure it is what a call found, where AWS's API lets it succeed whatever it finds: in one visible list, because an attacker who knows
it can call what changes nothing, and have a restore do the opposite of what was there. Pure.

Each service's API reference says which calls are refused where there is nothing to do (DetachUserPolicy: NoSuchEntity); these are not."""

from __future__ import annotations

from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Certainty, Change

_LINKS: Final = frozenset(
    {
        "ec2:ModifyImageAttribute",
        "ec2:ModifySnapshotAttribute",
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:AddUserToGroup",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        "iam:RemoveUserFromGroup",
        "rds:ModifyDBClusterSnapshotAttribute",
        "rds:ModifyDBSnapshotAttribute",
        "sns:AddPermission",
        "sqs:AddPermission",
        "ssm:ModifyDocumentPermission",
    }
)
"""What gives access by being there: taking it away again is the safe way, giving it is not."""
_SAFE_BACK: Final = frozenset(
    {
        "bedrock:CreateFoundationModelAgreement",
        "cloudtrail:StopLogging",
        "cloudwatch:DisableAlarmActions",
        "config:StopConfigurationRecorder",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableImageBlockPublicAccess",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:EnableSerialConsoleAccess",
        "ec2:StopInstances",
        "events:DisableRule",
        "guardduty:ArchiveFindings",
        "guardduty:StopMonitoringMembers",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:ScheduleKeyDeletion",
        "rolesanywhere:EnableProfile",
        "rolesanywhere:EnableTrustAnchor",
        "secretsmanager:DeleteSecret",
    }
)
"""What takes protection, logging or what others use away, or lets somebody in: the way back does not."""
_OPEN_BACK: Final = frozenset(
    {
        "cloudtrail:StartLogging",
        "cloudwatch:EnableAlarmActions",
        "config:StartConfigurationRecorder",
        "ec2:DisableSerialConsoleAccess",
        "ec2:EnableEbsEncryptionByDefault",
        "ec2:EnableImageBlockPublicAccess",
        "ec2:EnableSnapshotBlockPublicAccess",
        "ec2:StartInstances",
        "events:EnableRule",
        "events:PutPermission",
        "events:PutRule",
        "events:PutTargets",
        "guardduty:StartMonitoringMembers",
        "guardduty:UnarchiveFindings",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "logs:PutResourcePolicy",
        "logs:PutSubscriptionFilter",
        "rolesanywhere:DisableProfile",
        "rolesanywhere:DisableTrustAnchor",
        "secretsmanager:RestoreSecret",
        "sns:Subscribe",
    }
)
"""The way back takes protection, logging, or what may have been there, away."""


def certainty_of(operation: str, change: Change) -> Certainty:
    """Of `change.before`, by Event.name of the call that made it."""
    if change.sure != "proven":
        return change.sure
    if operation in _LINKS:
        return "open" if change.after is None else "likely"
    return "likely" if operation in _SAFE_BACK else "open" if operation in _OPEN_BACK else "proven"


KNOWN: Final = _LINKS | _SAFE_BACK | _OPEN_BACK

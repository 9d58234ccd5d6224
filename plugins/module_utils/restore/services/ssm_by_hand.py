# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else changes Systems Manager, or what runs through it: what cannot be put back by a call, and what leaves nothing behind."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind

_SHELL = (
    "Somebody had a shell on the instance, and what was done there no call takes back. End the session if it is still open: aws ssm "
    "describe-sessions --state Active, aws ssm terminate-session. Read its log where sessions are logged, and treat the instance as "
    "compromised: contain it, take evidence, and build it anew."
)
_COMMAND = (
    "A command ran on instances, and what it did there no call takes back; the log does not show it either. Look at what it was while AWS "
    "keeps it, 30 days: aws ssm list-commands, aws ssm list-command-invocations --details. Treat the instances as compromised: contain "
    "them, take evidence, and build them anew."
)
_PARAMETER = (
    "Look at the parameter's earlier versions: aws ssm get-parameter-history --with-decryption. Put the right one back: aws ssm "
    "put-parameter --overwrite. If there is none from before, delete it: aws ssm delete-parameter."
)
_WINDOW = "Look at the maintenance windows and their tasks, and delete what is the attacker's: aws ssm describe-maintenance-windows, aws "
_MANUAL = {
    "StartSession": _SHELL,
    "ResumeSession": _SHELL,
    "SendCommand": _COMMAND,
    "StartAutomationExecution": "An automation ran, with the rights of the role it was given. Look at its steps: aws ssm "
    "get-automation-execution; what they called has events of its own.",
    "StartChangeRequestExecution": "A change request ran. Look at it: aws ssm get-automation-execution.",
    "StartAssociationsOnce": _COMMAND,
    "PutParameter": _PARAMETER,
    "DeleteParameter": "The parameter is gone with its history. Make it again from its templates or a backup: aws ssm put-parameter.",
    "DeleteParameters": "The parameters are gone with their history. Make them again from their templates or a backup: aws ssm "
    "put-parameter.",
    "LabelParameterVersion": "Look at which version the label names: aws ssm get-parameter-history; and put it back: aws ssm "
    "label-parameter-version.",
    "CreateDocument": "Look at the document, and delete it if it is the attacker's: aws ssm get-document, aws ssm delete-document.",
    "UpdateDocument": "The document has a new version. Look at it, and at which version is the default: aws ssm list-document-versions, "
    "aws ssm update-document-default-version, aws ssm delete-document --document-version.",
    "DeleteDocument": "The document is gone with its versions. Make it again from its templates: aws ssm create-document.",
    "UpdateAssociation": "Look at the versions of the association, and set it back: aws ssm list-association-versions, aws ssm "
    "update-association.",
    "CreateAssociationBatch": "Look at the associations, and delete those of the attacker: aws ssm list-associations, aws ssm "
    "delete-association.",
    "CreateMaintenanceWindow": _WINDOW + "ssm delete-maintenance-window.",
    "UpdateMaintenanceWindow": _WINDOW + "ssm update-maintenance-window.",
    "DeleteMaintenanceWindow": _WINDOW + "ssm create-maintenance-window for what is missing.",
    "RegisterTaskWithMaintenanceWindow": _WINDOW + "ssm deregister-task-from-maintenance-window.",
    "RegisterTargetWithMaintenanceWindow": _WINDOW + "ssm deregister-target-from-maintenance-window.",
    "DeregisterTaskFromMaintenanceWindow": _WINDOW + "ssm register-task-with-maintenance-window for what is missing.",
    "DeregisterManagedInstance": "The machine is no longer managed. Register it again by an activation: aws ssm create-activation.",
    "UpdateManagedInstanceRole": "Look at the role of the managed machine, and set it back: aws ssm update-managed-instance-role.",
    "UpdateServiceSetting": "Look at the setting, and set it back: aws ssm get-service-setting, aws ssm update-service-setting.",
    "ResetServiceSetting": "Look at the setting, and set it back: aws ssm get-service-setting, aws ssm update-service-setting.",
    "CreateResourceDataSync": "Inventory is copied into a bucket. Delete the copying if it is the attacker's: aws ssm "
    "list-resource-data-sync, aws ssm delete-resource-data-sync.",
    "DeleteResourceDataSync": "Make the copying of inventory again: aws ssm create-resource-data-sync.",
    "PutResourcePolicy": "Look at the policy, and take it away if it is the attacker's: aws ssm get-resource-policies, aws ssm "
    "delete-resource-policy.",
    "DeleteResourcePolicy": "Put the policy back: aws ssm put-resource-policy.",
    "AddTagsToResource": "Look at the tags, on which policies may depend: aws ssm list-tags-for-resource.",
    "RemoveTagsFromResource": "Look at the tags, on which policies may depend: aws ssm list-tags-for-resource.",
}
_HARMLESS = {
    "TerminateSession": "It ends a session. What was done in it, the event that began it is about.",
    "CancelCommand": "It stops a command. What it had done by then, the event that sent it is about.",
    "StopAutomationExecution": "It stops an automation. What it had done by then has events of its own.",
    "UpdateInstanceInformation": "The agent on the instance reports that it is there.",
    "PutInventory": "The agent on the instance reports what is installed.",
    "PutComplianceItems": "The agent on the instance reports what it found.",
}
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *(Entry(service="ssm", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="ssm", operation=operation, harmless=text) for operation, text in _HARMLESS.items()),
)

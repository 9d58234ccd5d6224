# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What changes services that hold data and have no kind of facet here: DynamoDB, AWS Backup, Glacier, Athena, SageMaker, OpenSearch
Serverless and Redshift. What was deleted there comes back from a backup, which a human has to choose."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind

_ITEM = (
    "Look at what the table held before: restore it to a time before the attack under another name, and copy back what is missing: aws "
    "dynamodb restore-table-to-point-in-time. Without point-in-time recovery, look for a backup: aws dynamodb list-backups."
)
_TABLE_POLICY = "Look at who may use the table, and set it right: aws dynamodb get-resource-policy, aws dynamodb {}."
_VAULT = "Look at the vault, and set it right: aws backup describe-backup-vault, aws backup {}."
_PLAN = "Look at what is backed up and when, and set it right: aws backup list-backup-plans, aws backup {}."
_NOTEBOOK = "Look at it, and at the role that it has. Stop it, and delete it if it is the attacker's: aws sagemaker {}."
_SHARED_SNAPSHOT = (
    "Look at who may use the snapshot, and take it away: aws redshift describe-cluster-snapshots, aws redshift {}."
)
_COLLECTION = "Look at who may reach the collections, and set it right: aws opensearchserverless {}."
_MANUAL: Mapping[str, Mapping[str, str]] = {
    "dynamodb": {
        **dict.fromkeys(
            (
                "PutItem",
                "UpdateItem",
                "DeleteItem",
                "BatchWriteItem",
                "TransactWriteItems",
                "ExecuteStatement",
                "BatchExecuteStatement",
                "ExecuteTransaction",
            ),
            _ITEM,
        ),
        "CreateTable": "Look at the table, and delete it if it is the attacker's: aws dynamodb describe-table, aws dynamodb delete-table.",
        "DeleteTable": "The table is gone. Restore it: aws dynamodb restore-table-from-backup, or to a time of the last 35 days if "
        "point-in-time recovery was on: aws dynamodb restore-table-to-point-in-time.",
        "UpdateTable": "Look at the table's settings, deletion protection and stream among them, and set them right: aws dynamodb "
        "describe-table, aws dynamodb update-table.",
        "UpdateContinuousBackups": "Look at whether the table can be restored to any time: aws dynamodb describe-continuous-backups; and "
        "set it right: aws dynamodb update-continuous-backups. What was kept before it was switched off is lost.",
        "PutResourcePolicy": _TABLE_POLICY.format("delete-resource-policy"),
        "DeleteResourcePolicy": _TABLE_POLICY.format("put-resource-policy"),
        "CreateBackup": "A backup was made. Look at it, and delete it if it is the attacker's: aws dynamodb delete-backup.",
        "DeleteBackup": "The backup is gone. Look for others: aws dynamodb list-backups.",
        "ExportTableToPointInTime": "The table's contents were written to a bucket. Look whose it is: aws dynamodb describe-export.",
        "RestoreTableFromBackup": "A table was made from a backup. Delete it if it is the attacker's: aws dynamodb delete-table.",
        "RestoreTableToPointInTime": "A table was made from another. Delete it if it is the attacker's: aws dynamodb delete-table.",
        "CreateGlobalTable": "The table is copied to other regions. Take away the attacker's: aws dynamodb update-table.",
        "EnableKinesisStreamingDestination": "Changes of the table are streamed. Stop it: aws dynamodb "
        "disable-kinesis-streaming-destination.",
        "DisableKinesisStreamingDestination": "Have changes streamed again: aws dynamodb enable-kinesis-streaming-destination.",
        "UpdateTimeToLive": "Look at whether items expire, and set it right: aws dynamodb update-time-to-live.",
    },
    "backup": {
        "DeleteRecoveryPoint": "The backup is gone. Look for copies in other vaults, regions and accounts: aws backup "
        "list-recovery-points-by-resource.",
        "CreateBackupVault": _VAULT.format("delete-backup-vault"),
        "DeleteBackupVault": _VAULT.format("create-backup-vault"),
        "PutBackupVaultAccessPolicy": _VAULT.format("put-backup-vault-access-policy"),
        "DeleteBackupVaultAccessPolicy": _VAULT.format("put-backup-vault-access-policy"),
        "PutBackupVaultLockConfiguration": _VAULT.format("delete-backup-vault-lock-configuration"),
        "DeleteBackupVaultLockConfiguration": _VAULT.format("put-backup-vault-lock-configuration"),
        "DeleteBackupVaultNotifications": _VAULT.format("put-backup-vault-notifications"),
        "DeleteBackupPlan": _PLAN.format("create-backup-plan"),
        "UpdateBackupPlan": _PLAN.format("get-backup-plan --version-id, aws backup update-backup-plan"),
        "DeleteBackupSelection": _PLAN.format("create-backup-selection"),
        "UpdateRegionSettings": _PLAN.format("update-region-settings"),
        "UpdateGlobalSettings": _PLAN.format("update-global-settings"),
        "UpdateRecoveryPointLifecycle": "Look at when backups are deleted, and set it right: aws backup update-recovery-point-lifecycle.",
        "StopBackupJob": "Back it up again: aws backup start-backup-job.",
        "StartCopyJob": "A backup was copied. Look where to: aws backup list-copy-jobs.",
        "StartRestoreJob": "Something was made from a backup. Look at it: aws backup list-restore-jobs.",
    },
    "glacier": {
        "DeleteArchive": "The archive is gone. Look for a copy elsewhere.",
        "DeleteVault": "The vault was empty, and is gone. Make it again: aws glacier create-vault.",
        "SetVaultAccessPolicy": "Look at who may use the vault, and set it right: aws glacier get-vault-access-policy.",
        "DeleteVaultAccessPolicy": "Put the vault's policy back: aws glacier set-vault-access-policy.",
        "AbortVaultLock": "Lock the vault again: aws glacier initiate-vault-lock.",
        "InitiateJob": "An archive or a list is made ready to be read. Look at who read it: aws glacier list-jobs.",
    },
    "athena": {
        "UpdateWorkGroup": "Look at where results go and what may be spent, and set it right: aws athena get-work-group.",
        "DeleteWorkGroup": "Make the work group again: aws athena create-work-group.",
        "CreateDataCatalog": "Look at it, and delete it if it is the attacker's: aws athena delete-data-catalog.",
        "DeleteNamedQuery": "Make the query again: aws athena create-named-query.",
    },
    "sagemaker": {
        "CreateNotebookInstance": _NOTEBOOK.format("stop-notebook-instance"),
        "CreatePresignedNotebookInstanceUrl": "Somebody had a shell with the notebook's role. Revoke the sessions of that role, and look "
        "at what it did.",
        "CreatePresignedDomainUrl": "Somebody had a shell with the role of a user of the domain. Revoke the sessions of that role, and "
        "look at what it did.",
        "CreateNotebookInstanceLifecycleConfig": "Look at the script, and delete it if it is the attacker's: aws sagemaker "
        "delete-notebook-instance-lifecycle-config.",
        "UpdateNotebookInstanceLifecycleConfig": "Look at the script, and set it right: aws sagemaker "
        "update-notebook-instance-lifecycle-config.",
        "UpdateNotebookInstance": _NOTEBOOK.format(
            "describe-notebook-instance, aws sagemaker update-notebook-instance"
        ),
        "CreateTrainingJob": _NOTEBOOK.format("stop-training-job"),
        "CreateProcessingJob": _NOTEBOOK.format("stop-processing-job"),
        "CreateEndpoint": _NOTEBOOK.format("delete-endpoint"),
        "CreateModel": _NOTEBOOK.format("delete-model"),
        "CreateDomain": _NOTEBOOK.format("delete-domain"),
        "CreateUserProfile": _NOTEBOOK.format("delete-user-profile"),
        "CreateApp": _NOTEBOOK.format("delete-app"),
    },
    "aoss": {
        "CreateAccessPolicy": _COLLECTION.format("delete-access-policy"),
        "UpdateAccessPolicy": _COLLECTION.format("update-access-policy"),
        "DeleteAccessPolicy": _COLLECTION.format("create-access-policy"),
        "CreateSecurityPolicy": _COLLECTION.format("delete-security-policy"),
        "UpdateSecurityPolicy": _COLLECTION.format("update-security-policy"),
        "DeleteSecurityPolicy": _COLLECTION.format("create-security-policy"),
        "CreateCollection": "Look at it, and delete it if it is the attacker's: aws opensearchserverless delete-collection.",
        "DeleteCollection": "The collection is gone. Make it again, and fill it from its source: aws opensearchserverless "
        "create-collection.",
    },
    "redshift": {
        "AuthorizeSnapshotAccess": _SHARED_SNAPSHOT.format("revoke-snapshot-access"),
        "RevokeSnapshotAccess": _SHARED_SNAPSHOT.format("authorize-snapshot-access, for who had it"),
        "ModifyCluster": "Look at the cluster's settings, public access and password among them, and set them right: aws redshift "
        "describe-clusters, aws redshift modify-cluster.",
        "DeleteCluster": "The cluster is gone. Restore it: aws redshift restore-from-cluster-snapshot.",
        "DeleteClusterSnapshot": "The snapshot is gone. Look for others: aws redshift describe-cluster-snapshots.",
        "RestoreFromClusterSnapshot": "A cluster was made from a snapshot. Pause it, and delete it if it is the attacker's: aws redshift "
        "pause-cluster.",
        "DisableLogging": "Have the cluster log again: aws redshift enable-logging.",
    },
}
_HARMLESS: Mapping[str, Mapping[str, str]] = {
    "athena": {
        "StartQueryExecution": "A query changes no setting. What it read or wrote in buckets, events of S3 show.",
        "StopQueryExecution": "It stops a query.",
    },
}
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *(
        Entry(service=service, operation=operation, manual=text)
        for service, told in _MANUAL.items()
        for operation, text in told.items()
    ),
    *(
        Entry(service=service, operation=operation, harmless=text)
        for service, told in _HARMLESS.items()
        for operation, text in told.items()
    ),
)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else changes databases: what cannot be put back by a call, and what leaves nothing behind."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind

_RESTORED = (
    "A database was restored to another time under a new name. Look at it, and stop or delete it if it is the attacker's: aws rds "
    "describe-db-instances, aws rds stop-db-instance."
)
_STREAM = (
    "Look at whether the activity of the database is streamed and audited: aws rds describe-db-instances, aws rds describe-db-clusters. "
    "Set it right: aws rds start-activity-stream, aws rds stop-activity-stream, aws rds modify-activity-stream."
)
_GROUPS = "Look at who may connect by the group, and set it right: aws rds describe-db-security-groups, aws rds {}."
_ROLE = "Look at the roles that the database may use, and set them right: aws rds {}."
_PARAMETERS = (
    "Look at the parameters, and set them right: aws rds describe-db-parameters, aws rds modify-db-parameter-group."
)
_BACKUP = "The backup is gone. Look for snapshots: aws rds describe-db-snapshots; and for backups of AWS Backup."
_NOTICE = "Look at who is told of what happens to databases: aws rds describe-event-subscriptions; and set it right."
_MANUAL = {
    "RestoreDBInstanceToPointInTime": _RESTORED,
    "RestoreDBClusterToPointInTime": _RESTORED,
    "StartExportTask": "Contents of a snapshot are written to a bucket. Stop it if it still runs: aws rds cancel-export-task; and look at "
    "whose bucket it is: aws rds describe-export-tasks.",
    "ModifyActivityStream": _STREAM,
    "StartActivityStream": _STREAM,
    "StopActivityStream": _STREAM,
    "AuthorizeDBSecurityGroupIngress": _GROUPS.format("revoke-db-security-group-ingress"),
    "RevokeDBSecurityGroupIngress": _GROUPS.format("authorize-db-security-group-ingress"),
    "CreateDBSecurityGroup": _GROUPS.format("delete-db-security-group"),
    "DeleteDBSecurityGroup": _GROUPS.format("create-db-security-group"),
    "AddRoleToDBInstance": _ROLE.format("remove-role-from-db-instance"),
    "RemoveRoleFromDBInstance": _ROLE.format("add-role-to-db-instance"),
    "AddRoleToDBCluster": _ROLE.format("remove-role-from-db-cluster"),
    "RemoveRoleFromDBCluster": _ROLE.format("add-role-to-db-cluster"),
    "ModifyDBParameterGroup": _PARAMETERS,
    "ResetDBParameterGroup": _PARAMETERS,
    "ModifyDBClusterParameterGroup": _PARAMETERS,
    "ResetDBClusterParameterGroup": _PARAMETERS,
    "DeleteGlobalCluster": "Make the global cluster again around its primary: aws rds create-global-cluster.",
    "RemoveFromGlobalCluster": "A cluster of its own now runs apart from its global cluster. Make the secondary again: aws rds "
    "create-db-cluster --global-cluster-identifier.",
    "DeleteDBInstanceAutomatedBackup": _BACKUP,
    "DeleteDBClusterAutomatedBackup": _BACKUP,
    "PromoteReadReplica": "The replica is a database of its own now. Make a replica again: aws rds create-db-instance-read-replica.",
    "CreateEventSubscription": _NOTICE,
    "ModifyEventSubscription": _NOTICE,
    "DeleteEventSubscription": _NOTICE,
    "ModifyDBSubnetGroup": "Look at the subnets of the group, and set them right: aws rds modify-db-subnet-group.",
    "CreateDBProxy": "Look at the proxy, and delete it if it is the attacker's: aws rds describe-db-proxies, aws rds delete-db-proxy.",
    "DeleteDBProxy": "Make the proxy again: aws rds create-db-proxy, aws rds register-db-proxy-targets.",
    "ModifyDBSnapshot": "Look at the snapshot's engine version, and at what was changed: aws rds describe-db-snapshots.",
    "AddTagsToResource": "Look at the tags, on which policies may depend: aws rds list-tags-for-resource.",
    "RemoveTagsFromResource": "Look at the tags, on which policies may depend: aws rds list-tags-for-resource.",
}
_HARMLESS = {
    "RebootDBInstance": "It runs again as before.",
    "RebootDBCluster": "It runs again as before.",
    "FailoverDBCluster": "Another member of the cluster writes now, with the same data.",
    "FailoverGlobalCluster": "Another region of the cluster writes now, with the same data.",
    "CancelExportTask": "It stops an export.",
}
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *(Entry(service="rds", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="rds", operation=operation, harmless=text) for operation, text in _HARMLESS.items()),
)

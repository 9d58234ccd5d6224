# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of which only a human can judge or put back what an attacker did: detection, firewalls, containers, stacks and the like.
Each instruction says where to look, and which command reverses it."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building

_STACKS = "Look at aws cloudformation describe-stack-events --stack-name STACK"
_FIREWALL = (
    "CreateIPSet",
    "DeleteIPSet",
    "DeleteLoggingConfiguration",
    "DeletePermissionPolicy",
    "DeleteRegexPatternSet",
    "DeleteRuleGroup",
    "DeleteWebACL",
    "PutLoggingConfiguration",
    "UpdateIPSet",
    "UpdateRegexPatternSet",
    "UpdateRuleGroup",
    "UpdateWebACL",
)
_RULES = ("DeleteRule", "UpdateRule")
_ASSOCIATIONS = ("AssociateWebACL", "DisassociateWebACL")
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *building.by_hand(
        "securityhub",
        "Security Hub was switched off in part, or its members, standards, controls or automation were changed. Look at aws securityhub "
        "describe-hub, get-enabled-standards and list-members, and switch on again what is missing: aws securityhub enable-security-hub, "
        "batch-enable-standards, create-members, update-standards-control.",
        "AcceptAdministratorInvitation",
        "BatchDisableStandards",
        "BatchUpdateAutomationRules",
        "BatchUpdateFindings",
        "BatchUpdateStandardsControlAssociations",
        "CreateAutomationRule",
        "DeleteActionTarget",
        "DeleteFindingAggregator",
        "DeleteInsight",
        "DeleteInvitations",
        "DeleteMembers",
        "DisableImportFindingsForProduct",
        "DisableOrganizationAdminAccount",
        "DisableSecurityHub",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DisassociateMembers",
        "UpdateOrganizationConfiguration",
        "UpdateSecurityHubConfiguration",
        "UpdateStandardsControl",
    ),
    *building.by_hand(
        "inspector2",
        "Amazon Inspector looks at less than it did. Look at aws inspector2 batch-get-account-status, list-filters and list-members, "
        "and set it back: "
        "aws inspector2 enable, delete-filter, associate-member, update-organization-configuration.",
        "CreateFilter",
        "Disable",
        "DisableDelegatedAdminAccount",
        "DisassociateMember",
        "UpdateFilter",
        "UpdateOrganizationConfiguration",
    ),
    *building.by_hand(
        "accessanalyzer",
        "An analyzer of IAM Access Analyzer was deleted, or its findings are archived by a rule. Look at aws accessanalyzer "
        "list-analyzers and "
        "list-archive-rules; make the analyzer again (create-analyzer), and delete the rule (delete-archive-rule).",
        "CreateArchiveRule",
        "DeleteAnalyzer",
        "UpdateArchiveRule",
        "UpdateFindings",
    ),
    *building.by_hand(
        "macie2",
        "Amazon Macie was switched off, or hides findings. Look at aws macie2 get-macie-session, list-findings-filters and "
        "list-members; switch it on "
        "again (enable-macie, update-macie-session), and delete filters that are not yours.",
        "CreateFindingsFilter",
        "DeleteMember",
        "DisableMacie",
        "DisableOrganizationAdminAccount",
        "DisassociateFromAdministratorAccount",
        "DisassociateMember",
        "UpdateFindingsFilter",
        "UpdateMacieSession",
    ),
    *building.by_hand(
        "detective",
        "Amazon Detective's graph or its members were removed: what it had put together is lost. Make it again with aws detective "
        "create-graph and "
        "create-members.",
        "DeleteGraph",
        "DeleteMembers",
        "DisassociateMembership",
    ),
    *(
        entry
        for service in ("wafv2", "waf", "waf-regional")
        for entry in building.by_hand(
            service,
            "A firewall for the web lets through what it did not, or logs less. Put it back from its template: aws wafv2 update-web-acl, "
            "update-ip-set (which replaces the whole list), associate-web-acl with what it protected, put-logging-configuration. What "
            "was deleted "
            "is made anew, with another id.",
            *_FIREWALL,
            *(_RULES if service != "wafv2" else ()),
            *(_ASSOCIATIONS if service != "waf" else ()),
        )
    ),
    *building.by_hand(
        "autoscaling",
        "An Auto Scaling group launches instances, or other ones than it did. If it is not yours, set it to none (aws autoscaling "
        "update-auto-scaling-group --auto-scaling-group-name GROUP --min-size 0 --max-size 0 --desired-capacity 0), which terminates "
        "its instances: "
        "take their evidence first (enter-standby). If it is yours, set it back from its template.",
        "AttachInstances",
        "CreateAutoScalingGroup",
        "CreateLaunchConfiguration",
        "DeleteAutoScalingGroup",
        "DeleteLaunchConfiguration",
        "PutLifecycleHook",
        "PutScalingPolicy",
        "PutScheduledUpdateGroupAction",
        "SetDesiredCapacity",
        "StartInstanceRefresh",
        "UpdateAutoScalingGroup",
    ),
    *building.by_hand(
        "ecs",
        "Containers run that an attacker described or started. Stop them: aws ecs update-service --desired-count 0 for a service, "
        "stop-task for a "
        "task, and deregister-task-definition, so that none is started from it again; it stays readable as evidence. A service that was "
        "yours goes "
        "back to its former definition with aws ecs update-service --task-definition.",
        "CreateCluster",
        "CreateService",
        "DeleteCluster",
        "DeleteService",
        "DeregisterTaskDefinition",
        "ExecuteCommand",
        "RegisterTaskDefinition",
        "RunTask",
        "StartTask",
        "UpdateService",
    ),
    *building.by_hand(
        "eks",
        "Somebody was let into a Kubernetes cluster, or the cluster was changed. Look at aws eks list-access-entries and "
        "list-associated-access-policies, and take away what is not yours (aws eks delete-access-entry, disassociate-access-policy); "
        "then look in the "
        "cluster for what was left there.",
        "AssociateAccessPolicy",
        "AssociateIdentityProviderConfig",
        "CreateAccessEntry",
        "CreateAddon",
        "CreateCluster",
        "CreateFargateProfile",
        "CreateNodegroup",
        "CreatePodIdentityAssociation",
        "DeleteAccessEntry",
        "DeleteCluster",
        "DeleteNodegroup",
        "DisassociateAccessPolicy",
        "UpdateAccessEntry",
        "UpdateClusterConfig",
        "UpdateNodegroupConfig",
        "UpdatePodIdentityAssociation",
    ),
    *building.by_hand(
        "lightsail",
        "Servers, keys or ports of Lightsail were made, opened or deleted. Look at aws lightsail get-instances in each region; take a "
        "snapshot "
        "(create-instance-snapshot) and stop what is not yours (stop-instance), and close ports (put-instance-public-ports).",
        "AllocateStaticIp",
        "CreateBucket",
        "CreateContainerService",
        "CreateInstances",
        "CreateInstancesFromSnapshot",
        "CreateKeyPair",
        "DeleteInstance",
        "DownloadDefaultKeyPair",
        "ImportKeyPair",
        "OpenInstancePublicPorts",
        "PutInstancePublicPorts",
    ),
    *building.by_hand(
        "cloudformation",
        "A stack was made, changed or deleted, with all that is in it; what it did stands in events of its own, by the role that it ran "
        "as. "
        f"{_STACKS}. Delete one that is not yours when its evidence is taken (aws cloudformation delete-stack), and set one of yours "
        f"back to its "
        "former template.",
        "CreateChangeSet",
        "CreateStack",
        "CreateStackInstances",
        "CreateStackSet",
        "DeleteStack",
        "DeleteStackInstances",
        "DeleteStackSet",
        "ExecuteChangeSet",
        "SetStackPolicy",
        "UpdateStack",
        "UpdateStackInstances",
        "UpdateStackSet",
        "UpdateTerminationProtection",
    ),
    *building.by_hand(
        "apigateway",
        "An API was made, opened or changed. Look at aws apigatewayv2 get-apis and aws apigateway get-rest-apis; shut one that is not "
        "yours by "
        "deleting its stage (aws apigatewayv2 delete-stage, aws apigateway delete-stage), and deploy yours again from its template.",
        "CreateApi",
        "CreateApiKey",
        "CreateAuthorizer",
        "CreateDeployment",
        "CreateIntegration",
        "CreateResource",
        "CreateRestApi",
        "CreateRoute",
        "CreateStage",
        "DeleteApi",
        "DeleteAuthorizer",
        "DeleteIntegration",
        "DeleteRestApi",
        "DeleteRoute",
        "DeleteStage",
        "PutIntegration",
        "PutMethod",
        "UpdateApi",
        "UpdateAuthorizer",
        "UpdateIntegration",
        "UpdateMethod",
        "UpdateRestApi",
        "UpdateRoute",
        "UpdateStage",
    ),
    *building.by_hand(
        "glue",
        "A job or development endpoint of AWS Glue runs code with a role of yours. Stop what runs (aws glue batch-stop-job-run), set a "
        "job of yours "
        "back from its source (update-job), and delete an endpoint that is not yours (delete-dev-endpoint).",
        "CreateDevEndpoint",
        "CreateJob",
        "CreateSession",
        "CreateTrigger",
        "StartJobRun",
        "UpdateDevEndpoint",
        "UpdateJob",
    ),
    *building.by_hand(
        "batch",
        "Jobs run in AWS Batch that an attacker described or started. Stop them (aws batch terminate-job), and disable what they run on "
        "(aws batch "
        "update-job-queue --state DISABLED, update-compute-environment --state DISABLED).",
        "CreateComputeEnvironment",
        "CreateJobQueue",
        "RegisterJobDefinition",
        "SubmitJob",
        "UpdateComputeEnvironment",
        "UpdateJobQueue",
    ),
)

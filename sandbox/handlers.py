"""Operations that the sandbox answers itself, and checks that it makes before moto answers: one table of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox import (
    account_details,
    assume_root,
    findings,
    guests,
    iam,
    iam_guards,
    iam_oidc,
    iam_roles,
    iam_service_credentials,
    iam_sign_in,
    iam_ssh_keys,
    images,
    last_accessed,
    managed_policies,
    organization_changes,
    organization_guards,
    organization_lists,
    s3_guards,
    simulation,
    sts,
    tagging,
)
from sandbox.athena import operations as athena
from sandbox.autoscaling import operations as auto_scaling
from sandbox.cloudtrail import digests, lookup, selector_operations, trails
from sandbox.config_recorder import history as config_history
from sandbox.dns_firewall import associations, domain_lists, rule_groups
from sandbox.ec2 import operations as ec2
from sandbox.guardduty import detectors, members, parts
from sandbox.kms import deletion, grants, keys, rotation
from sandbox.kms import policies as key_policies
from sandbox.lambda_ import concurrency, event_sources, permissions, provisioned, revisions, urls
from sandbox.load_balancing import classic, target_operations
from sandbox.model import ApiRequest, Caller
from sandbox.network_firewall import firewalls, flow_operations
from sandbox.network_firewall import policies as firewall_policies
from sandbox.rds import guards as rds_guards
from sandbox.secrets_manager import guards as secret_guards
from sandbox.secrets_manager import versions as secret_versions

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[["World", ApiRequest, Caller], Mapping[str, Any]]
Guard = Callable[[ApiRequest, Caller], None]
Operation = tuple[str, str]
"""(boto3's service name, operation)"""

HANDLERS: dict[Operation, Handler] = {
    **sts.HANDLERS,
    **assume_root.HANDLERS,
    **iam.HANDLERS,
    **simulation.HANDLERS,
    **account_details.HANDLERS,
    **config_history.HANDLERS,
    **managed_policies.HANDLERS,
    **last_accessed.HANDLERS,
    **iam_oidc.HANDLERS,
    **iam_roles.HANDLERS,
    **iam_service_credentials.HANDLERS,
    **iam_sign_in.HANDLERS,
    **iam_ssh_keys.HANDLERS,
    **lookup.HANDLERS,
    **trails.HANDLERS,
    **selector_operations.HANDLERS,
    **detectors.HANDLERS,
    **parts.HANDLERS,
    **members.HANDLERS,
    **deletion.HANDLERS,
    **grants.HANDLERS,
    **rotation.HANDLERS,
    **key_policies.HANDLERS,
    **secret_versions.HANDLERS,
    **digests.HANDLERS,
    **findings.HANDLERS,
    **images.HANDLERS,
    **guests.HANDLERS,
    **organization_lists.HANDLERS,
    **organization_changes.HANDLERS,
    **tagging.HANDLERS,
    **firewalls.HANDLERS,
    **firewall_policies.HANDLERS,
    **flow_operations.HANDLERS,
    **domain_lists.HANDLERS,
    **rule_groups.HANDLERS,
    **associations.HANDLERS,
    **concurrency.HANDLERS,
    **permissions.HANDLERS,
    **provisioned.HANDLERS,
    **urls.HANDLERS,
    **athena.HANDLERS,
    **auto_scaling.HANDLERS,
    **target_operations.HANDLERS,
    **classic.HANDLERS,
    **ec2.HANDLERS,
}
GUARDS: dict[Operation, Guard] = {
    **athena.GUARDS,
    **ec2.GUARDS,
    **iam_guards.GUARDS,
    **organization_guards.GUARDS,
    **concurrency.GUARDS,
    **event_sources.GUARDS,
    **urls.GUARDS,
    **revisions.GUARDS,
    **rds_guards.GUARDS,
    **s3_guards.GUARDS,
    **keys.GUARDS,
    **secret_guards.GUARDS,
}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every kind of facet and every entry in one visible list: a new file of services/ is one import and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import (
    cloudtrail_selectors,
    cloudtrail_trails,
    ec2_account_settings,
    ec2_flow_logs,
    ec2_images_and_snapshots,
    ec2_instance_attributes,
    ec2_instances,
    ec2_network,
    ec2_security_group_rules,
    ec2_sharing,
    guardduty_detectors,
    guardduty_filters,
    guardduty_lists,
    guardduty_members,
    iam_access_keys,
    iam_account,
    iam_attached_policies,
    iam_boundaries,
    iam_groups,
    iam_inline_policies,
    iam_names,
    iam_oidc_providers,
    iam_others,
    iam_policies,
    iam_saml_providers,
    iam_sign_in,
    iam_tags,
    iam_trust,
    iam_users,
    kms_by_hand,
    kms_grants,
    kms_keys,
    lambda_code,
    lambda_functions,
    lambda_permissions,
    lambda_versions,
    s3_access,
    s3_buckets,
    s3_objects,
    s3_settings,
    secretsmanager_secrets,
    secretsmanager_versions,
)

_FILES: tuple[ModuleType, ...] = (
    cloudtrail_selectors,
    cloudtrail_trails,
    ec2_account_settings,
    ec2_flow_logs,
    ec2_images_and_snapshots,
    ec2_instance_attributes,
    ec2_instances,
    ec2_network,
    ec2_security_group_rules,
    ec2_sharing,
    guardduty_detectors,
    guardduty_filters,
    guardduty_lists,
    guardduty_members,
    iam_access_keys,
    iam_account,
    iam_attached_policies,
    iam_boundaries,
    iam_groups,
    iam_inline_policies,
    iam_names,
    iam_oidc_providers,
    iam_others,
    iam_policies,
    iam_saml_providers,
    iam_sign_in,
    iam_tags,
    iam_trust,
    iam_users,
    kms_by_hand,
    kms_grants,
    kms_keys,
    lambda_code,
    lambda_functions,
    lambda_permissions,
    lambda_versions,
    s3_access,
    s3_buckets,
    s3_objects,
    s3_settings,
    secretsmanager_secrets,
    secretsmanager_versions,
)
"""Each with KINDS and ENTRIES."""

KINDS: Mapping[str, Kind] = {kind.name: kind for file in _FILES for kind in file.KINDS}
ENTRIES: Mapping[str, Entry] = {entry.name: entry for file in _FILES for entry in file.ENTRIES}
"""By Event.name: "iam:AttachUserPolicy"."""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads inline policies of roles as their stored text."""

from __future__ import annotations

from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import POLICY_NAME
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


def policy_text(reads: Reads, account: str, role: str, name: str = POLICY_NAME) -> str:
    """The policy of this name, ours by default; empty where the role has none, or is gone."""
    call = iam_call(account, reads.caller.partition, "GetRolePolicy", RoleName=role, PolicyName=name)
    try:
        return unquote(reads.read(call)["PolicyDocument"])
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return ""


def inline_policies(cloud: Cloud, account: str, role: str, ours: str) -> tuple[str, int]:
    """The text of the policy `ours`, empty where there is none, and the characters that the role's other inline policies hold."""
    reads = Reads(cloud)
    listing = iam_call(account, reads.caller.partition, "ListRolePolicies", RoleName=role)
    texts = {str(name): policy_text(reads, account, role, str(name)) for name in reads.pages(listing, "PolicyNames")}
    return texts.pop(ours, ""), sum(inline_size(text) for text in texts.values())

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every kind of target and its measures in one visible list: what a release needs to know of targets that it only has by ARN."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import function_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Target
from ansible_collections.cordon.aws.plugins.module_utils.organizations.accounts import account_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import database_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import place_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.restore.restored import Restored
from ansible_collections.cordon.aws.plugins.module_utils.s3.buckets import bucket_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL
from ansible_collections.cordon.aws.plugins.module_utils.targets.lambda_function import LAMBDA_FUNCTION
from ansible_collections.cordon.aws.plugins.module_utils.targets.organizations_account import ORGANIZATIONS_ACCOUNT
from ansible_collections.cordon.aws.plugins.module_utils.targets.rds_instance import RDS_INSTANCE
from ansible_collections.cordon.aws.plugins.module_utils.targets.s3_bucket import S3_BUCKET

MEASURES: Mapping[str, tuple[Measure, ...]] = {
    "iam_principal_containment": IAM_PRINCIPAL,
    "organizations_account_containment": ORGANIZATIONS_ACCOUNT,
    "ec2_instance_containment": EC2_INSTANCE,
    "s3_bucket_containment": S3_BUCKET,
    "lambda_function_containment": LAMBDA_FUNCTION,
    "rds_instance_containment": RDS_INSTANCE,
}
"""By the module that takes them."""
RESTORED = Restored(kinds=KINDS)
"""What M(cordon.aws.cloudtrail_restore) did to the places where an attacker changed something."""
_BY_SERVICE: Mapping[str, Callable[[str], Target]] = {
    "cloudtrail": place_of_arn,
    "ec2": instance_of_arn,
    "iam": principal_of_arn,
    "lambda": function_of_arn,
    "organizations": account_of_arn,
    "rds": database_of_arn,
    "sts": principal_of_arn,
}


def measures_of_all() -> tuple[Measure, ...]:
    return (*(measure for measures in MEASURES.values() for measure in measures), RESTORED)


def target_named(arn: str, place: tuple[str, str] = ("", "")) -> Target:
    """The target of an ARN out of a case log; nothing is asked of AWS. `place`: the account and region that the log names for it, for
    ARNs that name neither."""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "s3":
        return bucket_of_arn(arn, *place)
    if service not in _BY_SERVICE:
        raise InputError(
            f"release {ascii(arn)[:120]}",
            "no measure of this version works on it",
            "Use the version that contained it.",
        )
    return _BY_SERVICE[service](arn)

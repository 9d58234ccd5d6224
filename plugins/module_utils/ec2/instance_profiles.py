# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The instance profile of an instance, by its ARN: what is associated, and the merged call that changes it. Pure but for the look.

An association has a new id each time, which so is in no plan:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html
"""

from __future__ import annotations

import re

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import ASSOCIATIONS
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

SET_PROFILE = "SetInstanceProfile"
"""The merged call: {"InstanceId", "ProfileArn"}; None takes the profile away. With {"RoleName", "UserId"} only after the role denies
everything to that session. A profile that is no agent's, {"IsAgents": True}, is given only where IAM shows that the instance had it: what
stands in a log may be forged."""
PROFILE_ARN = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):instance-profile/(?:[\x21-\x2e\x30-\x7e]+/)*(?P<name>[\w+=,.@-]{1,128})",
    re.ASCII,
)


def association_of(reads: Reads, account: str, region: str, instance_id: str) -> Json | None:
    """The association that holds or is coming."""
    found = reads.each(ASSOCIATIONS, account, region, instance_id)
    return next((one for one in found if one.get("State") in ("associated", "associating")), None)


def profile_of(reads: Reads, target: Ec2Instance) -> str | None:
    """The ARN of its profile."""
    found = association_of(reads, target.account, target.region, target.instance_id)
    return None if found is None else str(found["IamInstanceProfile"]["Arn"])


def name_of(profile_arn: str) -> str:
    return profile_arn.rpartition("/")[2]


def set_profile(
    target: Ec2Instance, profile_arn: str | None, denial: tuple[str, str] | None = None, *, is_agents: bool = False
) -> Call:
    """`denial`: the role, and the session that it must deny first. `is_agents`: the responder wishes the instance to have it."""
    after: dict[str, Json] = {} if denial is None else {"RoleName": denial[0], "UserId": denial[1]}
    if is_agents:
        after["IsAgents"] = True
    return Call(
        account=target.account,
        region=target.region,
        service=MERGED,
        operation=SET_PROFILE,
        parameters={"InstanceId": target.instance_id, "ProfileArn": profile_arn, **after},
    )


def parse_profile(text: object, option: str) -> str:
    """Raises InputError for what is no ARN of an instance profile."""
    if isinstance(text, str) and PROFILE_ARN.fullmatch(text):
        return text
    raise InputError(
        f"use `{option}` = {ascii(text)[:120]}",
        "it is not the ARN of an instance profile",
        "Copy it from IAM: arn:aws:iam::ACCOUNT:instance-profile/NAME.",
    )

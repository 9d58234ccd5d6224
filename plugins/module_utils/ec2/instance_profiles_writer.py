# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives instances other profiles, or none: each by the association that it has at that moment."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import ATTEMPTS, PAUSE_S, Answer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_profiles import association_of, name_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import ASSOCIATIONS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_policies import policy_text
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import denied_by, named_in
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_CHANGED = ("IncorrectState", "InvalidAssociationID.NotFound")
"""Somebody else has changed the association since we looked, or a change of ours has happened whose answer was lost."""


def set_profiles(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `instance_profiles.SET_PROFILE`, side by side."""
    reads = Reads(cloud)
    for call in calls:
        reads.expect(ASSOCIATIONS, call.account, call.region, call.parameters["InstanceId"])
    return in_parallel(calls, lambda call: _carried(cloud, reads, call))


def _carried(cloud: Cloud, reads: Reads, call: Call) -> Answer:
    """Look, change, and look again where the association was another one by then, or an answer was lost."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _set(cloud, reads if attempt == 1 else Reads(cloud), call)
        except CordonError as error:
            passes = isinstance(error, AwsError) and (error.code in _CHANGED or error.may_have_happened)
            if attempt == ATTEMPTS or not passes:
                return error
            time.sleep(PAUSE_S)
        else:
            break
    return None


def _set(cloud: Cloud, reads: Reads, call: Call) -> None:
    instance_id, wanted = call.parameters["InstanceId"], call.parameters["ProfileArn"]
    found = association_of(reads, call.account, call.region, instance_id)
    has = None if found is None else found["IamInstanceProfile"]["Arn"]
    if has == wanted:
        return
    if "UserId" in call.parameters:
        _require_denied(reads, call)
    if wanted is not None and not call.parameters.get("IsAgents"):
        _require_its_own(reads, call)
    if found is None:
        _send(cloud, call, "AssociateIamInstanceProfile", InstanceId=instance_id, IamInstanceProfile={"Arn": wanted})
    elif wanted is None:
        _send(cloud, call, "DisassociateIamInstanceProfile", AssociationId=found["AssociationId"])
    else:
        profile = {"Arn": wanted}
        association_id = found["AssociationId"]
        _send(
            cloud,
            call,
            "ReplaceIamInstanceProfileAssociation",
            AssociationId=association_id,
            IamInstanceProfile=profile,
        )


def _require_denied(reads: Reads, call: Call) -> None:
    """Without its profile nothing of the instance tells whose credentials were stolen."""
    role, user_id = call.parameters["RoleName"], call.parameters["UserId"]
    if user_id not in denied_by(policy_text(reads, call.account, role)):
        raise DriftError(
            f"take its instance profile from {call.parameters['InstanceId']}",
            f"role {role} does not deny its credentials yet, and nothing would tell that role afterwards",
            "Repeat the run when `role_sessions` can be taken, or leave that out of `measures`.",
        )


def _require_its_own(reads: Reads, call: Call) -> None:
    """That a log says so is no proof that the instance had this profile: whoever can write there would choose its role. What IAM holds is
    proof: the role denies the instance's sessions, and a release lifts that only afterwards."""
    instance_id, profile = call.parameters["InstanceId"], call.parameters["ProfileArn"]
    partition = profile.split(":")[1]
    found = reads.read(iam_call(call.account, partition, "GetInstanceProfile", InstanceProfileName=name_of(profile)))
    for role in found["InstanceProfile"]["Roles"]:
        if f"{role['RoleId']}:{instance_id}" not in named_in(policy_text(reads, call.account, role["RoleName"])):
            raise DriftError(
                f"give {instance_id} the profile {profile} back",
                f"that it had it, only the case log says: role {role['RoleName']} does not deny its sessions, as it would after "
                "`role_sessions`, and a log can be forged",
                "Nothing was given. Look who had it (CloudTrail: DisassociateIamInstanceProfile). If it is right, run: aws ec2 "
                f"associate-iam-instance-profile --region {call.region} --instance-id {instance_id} --iam-instance-profile Arn={profile}; "
                "then repeat the release, which goes on from there.",
            )


def _send(cloud: Cloud, like: Call, operation: str, **parameters: Json) -> None:
    cloud.answer(
        Call(account=like.account, region=like.region, service="ec2", operation=operation, parameters=parameters)
    )

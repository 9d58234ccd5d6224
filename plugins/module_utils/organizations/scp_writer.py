# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carries out entries of quarantine policies: many at once, in one read, merge and write per account.

Several targets share one document, and AWS has no way to change a part of it or to notice that somebody else has changed it in between.
So a plan says which entry is to be set, and what must be written for that is found out when it is carried out: whatever others have put
into our policies stays. Each attempt begins with a look, so a lost answer, or another who writes at the same time, only costs a turn."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_passing
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    HeldPolicy,
    Holding,
    Wanted,
    merge,
    text_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import (
    organizations_call,
    policy_id_of,
    read_holding,
)
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

ATTEMPTS = 8
PAUSE_S = 0.5
_TYPE = "SERVICE_CONTROL_POLICY"
_DESCRIPTION = "Denies everything to principals that an incident response has contained"


def set_quarantine(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `scp_document.OPERATION`, accounts in parallel. Per call what kept it from being done; None where it is."""
    accounts = list(dict.fromkeys(call.parameters["TargetId"] for call in calls))
    wanted = {
        account: [Wanted.of_call(call) for call in calls if call.parameters["TargetId"] == account]
        for account in accounts
    }
    answers = dict(zip(accounts, in_parallel(accounts, lambda one: _set(cloud, one, wanted[one])), strict=True))
    return [answers[call.parameters["TargetId"]].get(call.parameters["UserId"]) for call in calls]


def _set(cloud: Cloud, account: str, wanted: Sequence[Wanted]) -> dict[str, CordonError]:
    """The entries of one account that could not be set, with the reason."""
    error: CordonError | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            holding = read_holding(cloud, cloud.caller(), account)
            merged = merge(holding, account, wanted)
            _write(cloud, account, holding, merged.policies)
            return {entry.user_id: holding.room.lacking(entry, account) for entry in merged.unfit}
        except AwsError as found:
            error = found
            if not (is_passing(found.code) or found.may_have_happened or found.code in _SEEN_TOO_LATE):
                break
        except CordonError as found:
            error = found
            break
    return {entry.user_id: error for entry in wanted if error is not None}


_SEEN_TOO_LATE = (
    "DuplicatePolicyException",
    "DuplicatePolicyAttachmentException",
    "PolicyNotFoundException",
    "PolicyNotAttachedException",
    "PolicyInUseException",
)
"""Somebody else has changed our policies since we looked, or a change of ours has happened whose answer was lost: look again."""


def _write(cloud: Cloud, account: str, holding: Holding, policies: Sequence[HeldPolicy]) -> None:
    was = {policy.policy_id: policy for policy in holding.ours}

    def loses(policy: HeldPolicy) -> bool:
        return policy.policy_id in was and bool(was[policy.policy_id].says.denied - policy.says.denied)

    # What moves from one policy to another is put into the one before it is taken out of the other.
    for policy in sorted(policies, key=loses):
        if not policy.policy_id:
            _create(cloud, account, policy)
        elif policy.says.is_empty:
            _remove(cloud, account, policy)
        elif policy.says != was[policy.policy_id].says:
            _call(cloud, "UpdatePolicy", PolicyId=policy.policy_id, Content=text_of(policy.says))


def _create(cloud: Cloud, account: str, policy: HeldPolicy) -> None:
    """Make and attach it. One of its name that is attached nowhere was left behind by a run that died: it is used."""
    text = text_of(policy.says)
    try:
        answer = _call(cloud, "CreatePolicy", Name=policy.name, Type=_TYPE, Description=_DESCRIPTION, Content=text)
        policy_id = answer["Policy"]["PolicySummary"]["Id"]
    except AwsError as error:
        left_behind = policy_id_of(cloud, cloud.caller(), policy.name)
        if left_behind is None or not (error.may_have_happened or error.code == "DuplicatePolicyException"):
            raise
        if policy.name in read_holding(cloud, cloud.caller(), account).names:
            raise  # Somebody else has made and attached it meanwhile: it says more than `policy` by now.
        policy_id = left_behind
        _call(cloud, "UpdatePolicy", PolicyId=policy_id, Content=text)
    _call(cloud, "AttachPolicy", PolicyId=policy_id, TargetId=account)


def _remove(cloud: Cloud, account: str, policy: HeldPolicy) -> None:
    _call(cloud, "DetachPolicy", PolicyId=policy.policy_id, TargetId=account)
    _call(cloud, "DeletePolicy", PolicyId=policy.policy_id)


def _call(cloud: Cloud, operation: str, **parameters: Json) -> dict[str, Json]:
    return cloud.answer(organizations_call(cloud.caller(), operation, **parameters))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks, without its target, at what outlives it: entries of network ACLs and policies of roles, by what the recorded step names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import acl_entries, older_sessions, role_sessions
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import IS_DENIED
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_policies import policy_text
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


def outlives(step: Step) -> bool:
    """Whether what `step` changed is there, and can be taken back, after its target is gone."""
    return bool(step.undo) and all(call.operation in _LOOKS for call in step.undo)


def seen_without_target(reads: Reads, steps: Iterable[Step]) -> dict[str, Json]:
    """The facets of those of `steps` that outlive their target."""
    return {step.facet: _LOOKS[step.undo[0].operation](reads, step.undo[0]) for step in steps if outlives(step)}


def _denial(reads: Reads, call: Call) -> Json:
    """An ACL that is gone denies nothing any more."""
    ident, direction, peer = (call.parameters[name] for name in ("NetworkAclId", "Direction", "Peer"))
    look = Call(
        account=call.account,
        region=call.region,
        service="ec2",
        operation="DescribeNetworkAcls",
        parameters={"NetworkAclIds": [ident]},
    )
    try:
        (acl,) = reads.read(look)["NetworkAcls"]
    except AwsError as error:
        if error.code != "InvalidNetworkAclID.NotFound":
            raise
        return None
    return IS_DENIED if acl_entries.is_denied(acl_entries.entries_of(acl, direction), peer) else None


def _denied_session(reads: Reads, call: Call) -> Json:
    role = call.parameters["RoleName"]
    return (
        role if call.parameters["UserId"] in role_sessions.denied_by(policy_text(reads, call.account, role)) else None
    )


def _older_sessions(reads: Reads, call: Call) -> Json:
    role = call.parameters["RoleName"]
    return older_sessions.denied_before(policy_text(reads, call.account, role, older_sessions.POLICY_NAME))


_LOOKS: Mapping[str, Callable[[Reads, Call], Json]] = {
    acl_entries.ALLOW_PEER: _denial,
    role_sessions.SET_DENIED: _denied_session,
    older_sessions.SET_OLDER: _older_sessions,
}

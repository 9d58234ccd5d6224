# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who must go on working in an account under quarantine, as patterns of `aws:PrincipalArn`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import SESSION_ARN
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import RESPONDER


def responders(identities: Iterable[str], role_name: str, partition: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The patterns of the responder's own identities, of the role that is assumed in each account, and of those of `more` that can be
    principals. The path of a role does not stand in the ARN of its sessions, so each is meant with and without one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn"""
    found = {f"arn:{partition}:iam::*:role/{role_name}", *(pattern for pattern in more if RESPONDER.fullmatch(pattern))}
    for arn in identities:
        session = SESSION_ARN.fullmatch(arn)
        if session is None:
            found.add(arn)
        else:
            role = f"arn:{session['partition']}:iam::{session['account']}:role"
            found |= {f"{role}/{session['name']}", f"{role}/*/{session['name']}"}
    return tuple(sorted(found))


def parse_responders(patterns: Iterable[object]) -> tuple[str, ...]:
    """ARN patterns of the option `responders`; all faults are raised together as one InputError."""
    listed = list(patterns)
    faults = [
        InputError(
            f"use `responders[{number}]` = {ascii(pattern)[:120]}",
            "it is not the pattern of a user's or a role's ARN",
            "Write an ARN, with * and ? where it may vary: arn:aws:iam::*:role/incident-response.",
        )
        for number, pattern in enumerate(listed)
        if not (isinstance(pattern, str) and RESPONDER.fullmatch(pattern))
    ]
    if faults:
        raise InputError.together(faults)
    return tuple(str(pattern) for pattern in listed)

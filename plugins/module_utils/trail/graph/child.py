# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One who descends from a call, and the ARNs of those whom calls name without one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import ROOT_ARN, USER_ARN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import text_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One who descends from a call."""

    principal: str
    """Its ARN, as far as the call tells; for a user or role that is known by name only, without its path."""
    how: str
    """The operation: "AssumeRole"."""
    access_key_id: str = ""
    words: frozenset[Word] = frozenset()
    """What it is looked for by; none where the log cannot show what it does."""
    is_whole_arn: bool = False
    """Whether AWS wrote the ARN, with its path."""
    is_to_contain: bool = True
    """Whether it is the attacker's altogether; a role that was passed to something serves others, too."""
    doubt: str = ""
    """What the log cannot tell of it, as a sentence without a full stop."""


def account_arn(event: Event, resource: str) -> str:
    """The ARN of something of IAM's in the account of the call: "user/alice"."""
    parts = text_of(event.identity.get("arn")).split(":")
    partition = parts[1] if len(parts) > 1 and parts[1].startswith("aws") else _partition(event.region)
    return f"arn:{partition}:iam::{event.account}:{resource}"


def _partition(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region[: 6 if region.startswith("us-gov") else 2], "aws")


def user_arn(event: Event, name: str) -> str:
    """A user's ARN by name; the caller's own where the call names nobody."""
    own = text_of(event.identity.get("arn"))
    if USER_ARN.fullmatch(own) and name in ("", own.rpartition("/")[2]):
        return own
    if name:
        return account_arn(event, f"user/{name}")
    return own if ROOT_ARN.fullmatch(own) else ""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator's wishes for principals come to: which measures, in which order, and how it is watched that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.measures.scp_quarantine import ScpQuarantine
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import ATTACHED_QUOTA
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL, unchecked
from ansible_collections.cordon.aws.plugins.module_utils.watching.pursuit import Pursuit
from ansible_collections.cordon.aws.plugins.module_utils.watching.watch import Watch


def containment_of_principals(
    names: Sequence[str] | None,
    *,
    freeze_iam: bool,
    escalate: bool,
    responders: tuple[str, ...],
    scp_attached_quota: int = ATTACHED_QUOTA,
) -> Containment:
    """`names`: the measures asked for, None for the usual ones: all but the service control policy, which takes the credentials of the
    management account and reaches beyond the account's own policies. It is taken where `freeze_iam` asks for it, of targets that
    nothing else can contain, and where `escalate` allows it as soon as somebody undoes the others."""
    strongest = ScpQuarantine(freeze=True, responders=responders, attached_quota=scp_attached_quota)
    quarantine: Measure = replace(strongest, freeze=freeze_iam)
    known = tuple(quarantine if measure.NAME == quarantine.NAME else measure for measure in IAM_PRINCIPAL)
    usual = tuple(measure for measure in known if freeze_iam or measure is not quarantine)
    measures = usual if names is None else chosen(known, names)
    if freeze_iam and quarantine not in measures:
        measures = (quarantine, *measures)
    return Containment(
        measures=measures,
        left_open=unchecked,
        last_resort=quarantine if names is None else None,
        escalation=strongest if escalate else None,
    )


def watch_of(cloud: Cloud, *, seconds: float, since: datetime, freeze_iam: bool) -> Watch:
    """`since`: how far back it looks for what contained principals have made."""
    return Watch(seconds=seconds, follows=Pursuit(cloud=cloud, since=since), pursues=freeze_iam)

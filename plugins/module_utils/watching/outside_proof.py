# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What shows beyond the stored state that a principal is contained: the policy simulator, and CloudTrail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.target_run import TargetRun
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import ENFORCED_YET
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_history import History
from ansible_collections.cordon.aws.plugins.module_utils.trail.still_acting import SPREADS_IN, seen
from ansible_collections.cordon.aws.plugins.module_utils.watching import probes

_STEP_S = 1.0


def simulated(cloud: Cloud, entry: TargetRun, target: IamPrincipal, contained_at: datetime) -> Iterator[Fact]:
    """What the simulator says; it is given as long to see what was changed as IAM takes to enforce it."""
    if target.kind not in probes.KINDS or target.is_reserved:
        return
    try:
        fact = probes.probe(Reads(cloud), target)
        while not fact.holds and datetime.now(UTC) < contained_at + SPREADS_IN:
            time.sleep(_STEP_S)
            fact = probes.probe(Reads(cloud), target)
    except CordonError as error:
        entry.unchecked.append(f"what AWS's policy simulator says of {target.label}: {error}")
    else:
        yield fact


def refused(history: History, entry: TargetRun, target: IamPrincipal, contained_at: datetime) -> Iterator[Fact]:
    """What CloudTrail shows of its calls since. CloudTrail is minutes behind, and what it does not show yet proves nothing."""
    try:
        newest = history.newest(target.account)
        shown = seen(newest.events, target.user_id, contained_at)
    except CordonError as error:
        entry.unchecked.append(f"whether calls of {target.label} still succeed: {error}")
        return
    last = f"{shown.last_operation} at {shown.last_success:%H:%M:%S} UTC" if shown.last_success else ""
    if shown.acts_after(contained_at):
        yield Fact(measure="cloudtrail", fact=f"CloudTrail shows that its calls still succeed: {last}", holds=False)
    elif shown.covers(contained_at) and not newest.cut:
        said = f"the last one that succeeded was {last}, before that had spread" if last else "none has succeeded"
        where = ", ".join(history.regions())
        fact = f"CloudTrail shows {shown.refused} refused calls of it since it is contained, in {where}; {said}"
        yield Fact(measure="cloudtrail", fact=fact, holds=True)
        if shown.refused:
            entry.unchecked = [line for line in entry.unchecked if line != ENFORCED_YET]
    else:
        entry.unchecked.append(
            f"what {target.label} did in the last minutes: CloudTrail does not show all of it yet; look for it there in 15 minutes"
        )

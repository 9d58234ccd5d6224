"""Contains or releases an instance with the engine, and dies at the given boundary: before (even) or after (odd) a change.

dying_instance_run.py contain|release ARN CASES BOUNDARY (-1: never)"""

from __future__ import annotations

import itertools
import os
import sys
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import LocalStore
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.instance_containment import Wishes, containment_of_instances
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal, recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE

ACTION, ARN, CASES, BOUNDARY = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
boundaries = itertools.count()


def boundary() -> None:
    if next(boundaries) == BOUNDARY:
        os._exit(9)  # as kill -9 does: nothing is flushed, nothing is cleaned up


class DyingCloud(Cloud):
    def answer(self, call: Call) -> dict[str, Any]:
        boundary()
        answer = super().answer(call)
        boundary()
        return answer


cloud = DyingCloud(Connection(region="us-east-1"))
case = open_case(LocalStore(CASES), "case-1", create=True)
intention: engine.Intention = (
    containment_of_instances(
        ["network", "tracked_flows"], Wishes(conversion_dwell_ms=0, remote_peers=("192.0.2.66/32",))
    )
    if ACTION == "contain"
    else recorded_release(case, EC2_INSTANCE)
)
done = engine.run(
    intention,
    [ARN],
    lambda arn, _reads: instance_of_arn(arn),
    cloud=cloud,
    journal=CaseJournal(case, author=cloud.caller().arn),
    limits=Limits(),
    together=carry_together,
)
sys.exit(1 if done.failed else 0)

"""Contains or releases with the engine, and dies at the given boundary: before (even) or after (odd) a change or a log entry.

dying_run.py contain|release ARN CASES BOUNDARY (-1: never)"""

from __future__ import annotations

import itertools
import os
import sys

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import LocalStore
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal, recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import target_named
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

ACTION, ARN, CASES, BOUNDARY = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
boundaries = itertools.count()


def boundary() -> None:
    if next(boundaries) == BOUNDARY:
        os._exit(9)  # as kill -9 does: nothing is flushed, nothing is cleaned up


class DyingCloud(Cloud):
    def write(self, call: Call) -> str:
        boundary()
        request_id = super().write(call)
        boundary()
        return request_id


class DyingStore(LocalStore):
    def create(self, case_id: str, number: int, content: bytes) -> bool:
        boundary()
        created = super().create(case_id, number, content)
        boundary()
        return created


cloud, store = DyingCloud(Connection(region="us-east-1")), DyingStore(CASES)
case = open_case(store, "case-1", create=True)
if ACTION == "contain":
    in_the_account = tuple(measure for measure in IAM_PRINCIPAL if measure.NAME != "scp_quarantine")
    intention: engine.Intention = Containment(measures=in_the_account)
else:
    intention = recorded_release(case, IAM_PRINCIPAL)
done = engine.run(
    intention,
    [ARN],
    lambda arn, _reads: target_named(arn),
    cloud=cloud,
    journal=CaseJournal(case, author=cloud.caller().arn),
    limits=engine.Limits(),
    together=set_quarantine,
)
sys.exit(1 if done.failed else 0)

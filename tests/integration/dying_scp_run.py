"""Puts a principal or an account into quarantine, or releases it, and dies at the given boundary: before (even) or after (odd) a change
or a log entry.

dying_scp_run.py contain|release ARN CASES BOUNDARY (-1: never)"""

from __future__ import annotations

import itertools
import os
import sys

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import LocalStore
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal, recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.measure import Target
from ansible_collections.cordon.aws.plugins.module_utils.measures.scp_quarantine import ScpQuarantine
from ansible_collections.cordon.aws.plugins.module_utils.organizations.accounts import account_of_arn, find_account
from ansible_collections.cordon.aws.plugins.module_utils.organizations.responders import responders
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import measures_of_all, target_named

ACTION, ARN, CASES, BOUNDARY = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
IS_ACCOUNT = ":organizations:" in ARN
boundaries = itertools.count()


def boundary() -> None:
    if next(boundaries) == BOUNDARY:
        os._exit(9)  # as kill -9 does: nothing is flushed, nothing is cleaned up


class DyingCloud(Cloud):
    def answer(self, call: Call) -> dict[str, Json]:
        boundary()
        answer = super().answer(call)
        boundary()
        return answer


class DyingStore(LocalStore):
    def create(self, case_id: str, number: int, content: bytes) -> bool:
        boundary()
        created = super().create(case_id, number, content)
        boundary()
        return created


def find(arn: str, reads: Reads) -> Target:
    if IS_ACCOUNT:
        return find_account(reads, account_of_arn(arn).account)
    return find_principal(reads, parse_principal(arn, "principals[0]"))


cloud, store = DyingCloud(Connection(region="us-east-1")), DyingStore(CASES)
case = open_case(store, "case-1", create=True)
if ACTION == "contain":
    left_in = responders(cloud.identities(), cloud.role_name, cloud.caller().partition)
    measure = ScpQuarantine(freeze=not IS_ACCOUNT, responders=left_in)
    intention: engine.Intention = Containment(measures=(measure,))
else:
    intention = recorded_release(case, measures_of_all())
done = engine.run(
    intention,
    [ARN],
    find if ACTION == "contain" else lambda arn, _reads: target_named(arn),
    cloud=cloud,
    journal=CaseJournal(case, author=cloud.caller().arn),
    limits=engine.Limits(),
    together=set_quarantine,
)
if done.failed:
    sys.exit(" ".join(entry.error for entry in done.failed))

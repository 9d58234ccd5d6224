"""Containment and release of one principal in a world of innocents_world.py: with the engine, as the module does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from innocents import Aim
from innocents_world import World
from runs import CaseLog, release

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import Scope, find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.organizations.responders import responders
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_writer import set_quarantine
from ansible_collections.cordon.aws.plugins.module_utils.principal_containment import (
    containment_of_principals,
    watch_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits

_LOOK_BACK = timedelta(hours=1)


class Response:
    """The responder of one world. What cannot be verified fails the test."""

    def __init__(self, world: World) -> None:
        self._world = world
        env = world.sandbox.env
        self._cloud = Cloud(
            Connection(
                region="us-east-1",
                endpoint_url=world.sandbox.endpoint_url,
                credentials={
                    "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
                    "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
                },
            )
        )

    def contain(self, aim: Aim, *, freeze_iam: bool = False, watch_s: float = 0) -> tuple[list[IamPrincipal], CaseLog]:
        """Who was contained, beginning with the one that is meant, and the log of what was done. Without `watch_s` nobody else is."""
        cloud, log = self._cloud, CaseLog()
        whose = responders(cloud.identities(), cloud.role_name, cloud.caller().partition)
        since = datetime.now(UTC) - _LOOK_BACK
        watched = watch_of(cloud, seconds=watch_s, since=since, freeze_iam=freeze_iam)
        run = engine.run(
            containment_of_principals(aim.measures, freeze_iam=freeze_iam, escalate=False, responders=whose),
            [self._world.arn_of(aim)],
            lambda arn, reads: _found(arn, reads, "session" if "session" in aim.kind else "principal"),
            cloud=cloud,
            journal=log,
            limits=Limits(),
            together=set_quarantine,
            watch=watched if watch_s else None,
        )
        assert not run.failed, [entry.error for entry in run.failed]
        return [entry.found for entry in run.targets if isinstance(entry.found, IamPrincipal)], log

    def release(self, log: CaseLog) -> None:
        run = release(self._cloud, log)  # type: ignore[arg-type]  # the real one, not the model
        assert not run.failed, [entry.error for entry in run.failed]


def _found(arn: str, reads: Reads, scope: Scope) -> IamPrincipal:
    return find_principal(reads, parse_principal(arn, "principals[0]"), scope=scope)

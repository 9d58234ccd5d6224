"""Containment and release of instances of the sandbox: with the engine, as the module does it, without the cost of a playbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runs import CaseLog
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.instance_containment import Wishes, containment_of_instances
from ansible_collections.cordon.aws.plugins.module_utils.journal import recorded_release
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.on_record import facets_done
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE


class InstanceResponse:
    """The responder of a sandbox, with a case of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        keys = {name.lower(): sandbox.env[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.cloud = Cloud(Connection(region="us-east-1", endpoint_url=sandbox.endpoint_url, credentials=keys))
        self.log = CaseLog()

    def contain(self, arns: Sequence[str], measures: Sequence[str] | None = None, **wishes: Any) -> Run:
        done = facets_done(entry.as_json() for entry in self.log.case.entries())
        wished = Wishes(on_record=lambda: done, **wishes)
        return self._run(containment_of_instances(measures, wished), arns, guards_responder=True)

    def release(self, arns: Sequence[str]) -> Run:
        intention = recorded_release(self.log.case, EC2_INSTANCE, among=arns)
        return self._run(intention, arns, guards_responder=False)

    def _run(self, intention: engine.Intention, arns: Sequence[str], *, guards_responder: bool) -> Run:
        return engine.run(
            intention,
            arns,
            lambda arn, _reads: instance_of_arn(arn),
            cloud=self.cloud,
            journal=self.log,
            limits=Limits(guards_responder=guards_responder),
            together=carry_together,
        )

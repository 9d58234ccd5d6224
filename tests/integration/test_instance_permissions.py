"""What `docs/permissions.md` says that containing an instance needs is enough to contain and to release it, and not too much by far."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from instance_response import InstanceResponse
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE

SCENARIO = "compromised-instance"
ALL = frozenset(permission for measure in EC2_INSTANCE for permission in measure.PERMISSIONS)


class LimitedResponse(InstanceResponse):
    """With a role in the instance's account that may do so much and nothing else."""

    def __init__(self, sandbox: Sandbox, account: str, permissions: Iterable[str]) -> None:
        super().__init__(sandbox)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": sandbox.management}}
        allowed = {"Effect": "Allow", "Action": sorted(permissions), "Resource": "*"}
        iam = sandbox.iam(account)
        iam.create_role(RoleName="limited", AssumeRolePolicyDocument=_policy(trust))
        iam.put_role_policy(RoleName="limited", PolicyName="limited", PolicyDocument=_policy(allowed))
        keys = {name.lower(): sandbox.env[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.cloud = Cloud(
            Connection(
                region="us-east-1",
                endpoint_url=sandbox.endpoint_url,
                credentials=keys,
                assume_role_name="limited",
            )
        )


def _policy(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("lacking", [None, "iam:PutRolePolicy", "ec2:ModifyInstanceMetadataOptions"])
def test_these_permissions_are_enough_and_are_needed(
    tmp_path_factory: pytest.TempPathFactory, lacking: str | None
) -> None:
    sandbox = Sandbox(tmp_path_factory.mktemp("limited") / "state", "--scenario", SCENARIO)
    try:
        facts = sandbox.facts["scenarios"][SCENARIO]
        arn = f"arn:aws:ec2:{facts['region']}:{facts['account']}:instance/{facts['instance_id']}"
        response = LimitedResponse(sandbox, facts["account"], ALL - {lacking})
        failed = response.contain([arn]).failed
        assert [entry.arn for entry in failed] == ([] if lacking is None else [arn])
        if lacking is not None:
            assert lacking in failed[0].error, "it is named to whoever has to grant it"
            return
        assert not response.contain([arn]).changed
        sandbox.control("POST", "/clock", {"advance_s": 600})
        assert not response.release([arn]).failed
    finally:
        assert sandbox.stop() == 0

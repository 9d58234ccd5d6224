"""Every example in every module's documentation runs, in its order, against the sandbox."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from functions_world import make_function
from play import play_tasks
from sandbox_client import ROOT, Sandbox
from test_respond_to_leaked_key import incident

MODULES = sorted(ROOT.glob("plugins/modules/*.py"))


def examples(path: Path) -> str:
    """The EXAMPLES of a module, as written."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES":
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} has no EXAMPLES")


def prepared(sandbox: Sandbox, text: str, folder: Path) -> list[dict[str, Any]]:
    """The examples' tasks, with the sandbox's own ids in the place of AWS's documented ones, and what they take for granted."""
    home, other = incident(sandbox)["account"], sandbox.members[1]
    sandbox.iam(other).create_user(UserName="deployer")
    trust = {"Effect": "Allow", "Principal": {"AWS": home}, "Action": "sts:AssumeRole"}
    sandbox.iam(home).create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    for bucket in ("example-forensics", "amzn-s3-demo-bucket"):
        sandbox.client("s3").create_bucket(Bucket=bucket)
    launched = (
        sandbox.in_account(home)
        .client("ec2", endpoint_url=sandbox.endpoint_url)
        .run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="m5.large")
    )
    make_function(sandbox, "my-function")
    make_function(sandbox, "my-other-function", home, "eu-west-1")
    sandbox.in_account(home).client("rds", endpoint_url=sandbox.endpoint_url).create_db_instance(
        DBInstanceIdentifier="my-database",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="chief",
        MasterUserPassword="not-a-real-one",
    )
    finding = folder / "finding.json"
    finding.write_text(json.dumps(incident(sandbox)["finding"]))
    log = folder / "cloudtrail"
    log.mkdir()
    shutil.copy(ROOT / "tests/unit/stratus/aws.persistence.iam-create-admin-user.json", log)
    for documented, ours in {
        # Somebody else's than that of the user who is named by ARN: each example is for itself.
        "AKIAIOSFODNN7EXAMPLE": incident(sandbox)["colleagues"][0]["access_key_id"],
        "i-0abcdef1234567890": launched["Instances"][0]["InstanceId"],
        "111122223333": home,
        "444455556666": other,
        "trail: /evidence/cloudtrail": f"trail: {log}",
        "file: finding.json": f"file: {finding}",
    }.items():
        text = text.replace(documented, ours)
    tasks: list[dict[str, Any]] = yaml.safe_load(text)
    return tasks


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_examples_run(sandbox: Sandbox, tmp_path: Path, path: Path) -> None:
    tasks = prepared(sandbox, examples(path), tmp_path)
    before = [
        {"cordon.aws.case": {"case_id": "case-2026-0042"}},
        {
            "cordon.aws.iam_principal_containment": {
                "case_id": "case-2026-0042",
                "principals": [incident(sandbox)["user_arn"]],
            },
            "when": path.stem == "case_release",
        },
    ]
    variables = {"finding": incident(sandbox)["finding"]}
    played = play_tasks(sandbox, tmp_path, [*before, *tasks], variables=variables)
    assert played.ok, played.stdout
    assert [result for result in played.results if result["module"] == f"cordon.aws.{path.stem}"]


def test_every_module_is_here() -> None:
    assert len(MODULES) >= 6

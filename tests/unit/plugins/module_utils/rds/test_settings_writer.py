"""All that is wanted of a DB instance goes in one change, which is waited for; what stands in its way is told, with what to do."""

from __future__ import annotations

import time
from typing import Any

import pytest
from databases_model import VPC, DatabasesModel

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call
from ansible_collections.cordon.aws.plugins.module_utils.rds import settings_writer
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings import OPERATION

WEB = "sg-0123456789abcdef0"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes by being waited for, and nobody waits for it."""
    passed: list[float] = []
    monkeypatch.setattr(time, "sleep", passed.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(passed))
    return passed


def call(name: str, **wanted: Any) -> Call:
    vpc = {"VpcId": VPC} if "Groups" in wanted else {}
    parameters = {"DBInstanceIdentifier": name, "DbiResourceId": f"db-{name.upper()}", **vpc, **wanted}
    return Call(account="111122223333", region="us-east-1", service=MERGED, operation=OPERATION, parameters=parameters)


def contain(name: str) -> list[Call]:
    settings: list[dict[str, Any]] = [
        {"Groups": ["CordonForensic"]},
        {"PubliclyAccessible": False},
        {"DeletionProtection": True},
    ]
    return [call(name, **one) for one in settings]


def carried(model: DatabasesModel, *calls: Call) -> list[Any]:
    cloud: Any = model
    return settings_writer.set_settings(cloud, calls)


def test_many_are_changed_side_by_side_in_one_change_each_and_looked_at_together() -> None:
    model = DatabasesModel(looks=3)
    names = [f"db{number}" for number in range(250)]
    for name in names:
        model.add(name, WEB)
    assert carried(model, *(one for name in names for one in contain(name))) == [None] * 750
    assert model.calls["ModifyDBInstance"] == 250
    assert model.calls["DescribeDBInstances"] <= 3 * 5
    assert all(one["groups"] == {model.forensic_id: "active"} for one in model.databases.values())
    # Nothing else that is pending for an instance is applied with it, such as an upgrade.
    wanted = {"VpcSecurityGroupIds", "PubliclyAccessible", "DeletionProtection"}
    assert all(set(one) == wanted for one in model.sent)


def test_what_a_run_that_was_killed_has_done_is_not_sent_again_and_waited_for() -> None:
    model = DatabasesModel()
    model.add("orders", PubliclyAccessible=False, DeletionProtection=True, left=4)
    model.databases["orders"]["groups"] = {WEB: "removing", model.forensic_id: "active"}
    assert carried(model, *contain("orders")) == [None] * 3
    assert model.calls["ModifyDBInstance"] == 0
    assert model.databases["orders"]["groups"] == {model.forensic_id: "active"}


@pytest.mark.parametrize("fault", ["lost", "dropped", "InvalidDBInstanceState", "InvalidParameterValue"])
def test_a_change_whose_answer_was_lost_or_that_comes_too_early_is_made_all_the_same(fault: str) -> None:
    model = DatabasesModel(faults=[fault])
    model.add("orders", WEB)
    assert carried(model, *contain("orders")) == [None] * 3
    assert model.databases["orders"]["DeletionProtection"] is True


def test_what_aws_refuses_is_told_at_once() -> None:
    model = DatabasesModel(faults=["AccessDenied", "AccessDenied"])
    model.add("orders", WEB)
    (answer,) = carried(model, call("orders", DeletionProtection=True))
    assert isinstance(answer, AwsError)
    assert (answer.code, answer.may_have_happened, model.calls["ModifyDBInstance"]) == ("AccessDenied", False, 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("stopped", "aws rds start-db-instance --db-instance-identifier orders --region us-east-1"),
        (
            "storage-full",
            "aws rds modify-db-instance --db-instance-identifier orders --region us-east-1 --allocated-storage GIB",
        ),
        ("inaccessible-encryption-credentials-recoverable", "KMS key"),
        ("incompatible-network", "aws rds describe-events"),
    ],
)
def test_a_state_that_does_not_pass_is_told_at_once_with_what_to_do(status: str, said: str, waits: list[float]) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status"""
    model = DatabasesModel()
    model.add("orders", WEB, DBInstanceStatus=status)
    model.add("ledger", WEB)
    *answers, ours = carried(model, *contain("orders"), call("ledger", DeletionProtection=True))
    assert ours is None
    assert {str(answer) for answer in answers} == {str(answers[0])}
    assert f"it is {status}, and RDS changes only what is available" in str(answers[0])
    assert said in str(answers[0])
    assert sum(waits) < 10


def test_what_is_not_applied_in_time_is_in_doubt_and_told(waits: list[float]) -> None:
    model = DatabasesModel(looks=1_000)
    model.add("orders", WEB)
    (answer,) = carried(model, call("orders", Groups=["CordonForensic"]))
    assert isinstance(answer, AwsError)
    assert answer.may_have_happened
    assert f"{WEB} removing" in str(answer)
    assert settings_writer.WAIT_S <= sum(waits) <= settings_writer.WAIT_S + settings_writer.LONGEST_PAUSE_S


def test_what_was_sent_and_cannot_be_looked_at_any_more_is_in_doubt() -> None:
    """A step that failed has not happened, to a release; this one may have."""
    model = DatabasesModel(looks=1_000, reads=1)
    model.add("orders", WEB)
    (answer,) = carried(model, call("orders", Groups=["CordonForensic"]))
    assert isinstance(answer, AwsError)
    assert answer.may_have_happened
    model = DatabasesModel(looks=1_000)
    model.add("orders", WEB)
    model.then = lambda: model.databases["orders"].update(DbiResourceId="db-ANOTHER")
    (answer,) = carried(model, call("orders", Groups=["CordonForensic"]))
    assert isinstance(answer, AwsError)
    assert answer.may_have_happened
    assert "it was db-ORDERS, and db-ANOTHER has its name now" in str(answer)


def test_one_that_stays_busy_is_told_and_was_not_changed() -> None:
    model = DatabasesModel()
    model.add("orders", WEB, DBInstanceStatus="upgrading")
    (answer,) = carried(model, call("orders", DeletionProtection=True))
    assert isinstance(answer, AwsError)
    assert not answer.may_have_happened
    assert "it is upgrading" in str(answer)
    assert model.sent == []


@pytest.mark.parametrize("there", [True, False])
def test_another_one_of_its_name_is_not_changed_and_nobody_beside_it_suffers(there: bool) -> None:
    model = DatabasesModel(spoils=True)
    model.add("ledger", WEB)
    if there:
        model.add("orders", WEB, DbiResourceId="db-ANOTHER")
    answer, other = carried(model, call("orders", DeletionProtection=True), call("ledger", DeletionProtection=True))
    assert isinstance(answer, DriftError)
    assert "it was db-ORDERS" in str(answer)
    assert "Name=dbi-resource-id,Values=db-ORDERS" in str(answer)
    assert (other, len(model.sent)) == (None, 1)


def test_the_last_that_leaves_takes_the_group_along() -> None:
    model = DatabasesModel()
    for name in ("orders", "ledger"):
        model.add(name, str(model.forensic_id))
    assert carried(model, call("orders", Groups=[WEB])) == [None]
    assert model.forensic_id is not None
    assert carried(model, call("ledger", Groups=[WEB])) == [None]
    assert model.forensic_id is None


def test_a_group_that_somebody_has_deleted_is_told() -> None:
    model = DatabasesModel(forensic_id=None)
    model.add("orders", WEB)
    (answer,) = carried(model, call("orders", Groups=["CordonForensic"]))
    assert "has no such group" in str(answer)
    assert model.sent == []

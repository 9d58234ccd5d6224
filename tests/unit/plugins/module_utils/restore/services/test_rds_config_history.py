"""What AWS Config recorded of a database's settings before a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catalogued import facet

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN

TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
RECORDED = {
    "dBInstanceIdentifier": "orders",
    "publiclyAccessible": False,
    "deletionProtection": True,
    "backupRetentionPeriod": 7,
    "iAMDatabaseAuthenticationEnabled": False,
    "vpcSecurityGroups": [{"vpcSecurityGroupId": "sg-0123456789abcdef0", "status": "active"}],
}


class Recorder:
    """AWS Config, which knows one database by a resource id of its own."""

    def __init__(self, configuration: Any) -> None:
        self.configuration = configuration

    def pages(self, call: Call, _key: str) -> list[Any]:
        assert call.parameters["resourceName"] == "orders"
        return [{"resourceType": call.parameters["resourceType"], "resourceId": "db-ABCDEF"}]

    def read(self, call: Call) -> dict[str, Any]:
        assert call.parameters["resourceId"] == "db-ABCDEF"
        item = {
            "configurationItemCaptureTime": TIME - timedelta(hours=1),
            "configurationItemStatus": "OK",
            "configuration": json.dumps(self.configuration),
        }
        return {"configurationItems": [item]}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("PubliclyAccessible", False),
        ("DeletionProtection", True),
        ("BackupRetentionPeriod", 7),
        ("EnableIAMDatabaseAuthentication", False),
        ("VpcSecurityGroupIds", ["sg-0123456789abcdef0"]),
        ("CopyTagsToSnapshot", UNKNOWN),
    ],
)
def test_a_setting_is_what_was_recorded_of_it(setting: str, expected: Any) -> None:
    earlier: Any = KINDS["rds/instance_setting"].earlier
    found = earlier(Recorder(RECORDED), facet("rds/instance_setting", "orders", setting), TIME)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("nonsense", [{}, [], {"vpcSecurityGroups": ["sg-1"]}, {"vpcSecurityGroups": "x"}, None])
def test_what_makes_no_sense_is_not_known(nonsense: Any) -> None:
    earlier: Any = KINDS["rds/instance_setting"].earlier
    one = facet("rds/instance_setting", "orders", "VpcSecurityGroupIds")
    assert earlier(Recorder(nonsense), one, TIME) is UNKNOWN

"""Instances are found by their ids wherever they are looked for, and what is told of one is told as it is."""

from __future__ import annotations

from instance_response import InstanceResponse
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instance_lookup import Places, find_instances
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

ONE = {"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1, "InstanceType": "m5.large"}


def launched(sandbox: Sandbox, account: str, region: str, **more: object) -> str:
    ec2 = sandbox.in_account(account).client("ec2", region_name=region, endpoint_url=sandbox.endpoint_url)
    return str(ec2.run_instances(**ONE, **more)["Instances"][0]["InstanceId"])


def test_an_id_is_looked_for_in_every_account_and_region_that_is_named(sandbox: Sandbox) -> None:
    first, second = sandbox.members[:2]
    wanted = {
        launched(sandbox, account, region): (account, region)
        for account in (first, second)
        for region in ("us-east-1", "eu-west-1")
    }
    places = Places(accounts=(first, second), regions=("us-east-1", "eu-west-1"), only=None)
    found = find_instances(Reads(InstanceResponse(sandbox).cloud), list(wanted), places)
    assert {name: (one.account, one.region) for name, one in found.items() if isinstance(one, Ec2Instance)} == wanted


def test_a_spot_instance_is_told_to_be_not_protectable(sandbox: Sandbox) -> None:
    account = sandbox.members[0]
    plain = launched(sandbox, account, "us-east-1")
    spot = launched(sandbox, account, "us-east-1", InstanceMarketOptions={"MarketType": "spot"})
    arns = [f"arn:aws:ec2:us-east-1:{account}:instance/{one}" for one in (plain, spot)]
    run = InstanceResponse(sandbox).contain(arns, ["protection"])
    told = [
        any("Spot" in text for text in (*entry.notes, *(fact.fact for fact in entry.facts))) for entry in run.results
    ]
    assert told == [False, True]

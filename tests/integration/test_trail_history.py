"""CloudTrail's event history followed through every region: at AWS's rate, across throttles, without losing or repeating anything."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from sandbox_client import Sandbox
from test_trail_bucket import cloud_of

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Progress, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.log import HistoryLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.pages import Pages
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.places import Place, Places
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.questions import Ask
from ansible_collections.cordon.aws.plugins.module_utils.trail.lookup import Question, look_up

ALL = Span()


def attacker(sandbox: Sandbox) -> tuple[str, Any]:
    """A user whose key was stolen, and how it is used."""
    iam = sandbox.client("iam")
    iam.create_user(UserName="mallory")
    iam.put_user_policy(
        UserName="mallory",
        PolicyName="all",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    return key["AccessKeyId"], session(key["AccessKeyId"], key["SecretAccessKey"])


def session(key_id: str, secret: str, token: str | None = None) -> Any:
    return boto3.Session(aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token)


def client(sandbox: Sandbox, who: Any, service: str, region: str = "us-east-1") -> Any:
    return who.client(service, region_name=region, endpoint_url=sandbox.endpoint_url)


def followed(cloud: Cloud, *words: Word, span: Span = ALL) -> tuple[list[Event], HistoryLog, list[Progress]]:
    log, told = HistoryLog(cloud), list[Progress]()
    return list(log.follow(words, SessionRule(), span, told.append)), log, told


def test_everything_that_descends_from_a_key_is_found_in_all_regions(sandbox: Sandbox) -> None:
    account = sandbox.management
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}],
    }
    role = sandbox.client("iam").create_role(
        RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    sandbox.client("iam").attach_role_policy(RoleName="deploy", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key, stolen = attacker(sandbox)
    taken = client(sandbox, stolen, "sts", "eu-west-1").assume_role(RoleArn=role["Arn"], RoleSessionName="backup-job")[
        "Credentials"
    ]
    within = session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    client(sandbox, within, "ec2", "ap-southeast-2").describe_instances()
    client(sandbox, within, "iam").create_user(UserName="backdoor")
    made = client(sandbox, within, "iam").create_access_key(UserName="backdoor")["AccessKey"]
    for _number in range(60):  # more than a page
        client(sandbox, within, "sqs", "sa-east-1").list_queues()
    sandbox.client("iam").create_user(UserName="colleague")

    cloud = cloud_of(sandbox)
    events, log, told = followed(cloud, Word(key, senses.KEY), Word(key, senses.MINTED))

    done = Counter((event.operation, event.region) for event in events)
    assert done["AssumeRole", "eu-west-1"] == 1
    assert done["DescribeInstances", "ap-southeast-2"] == 1
    assert done["CreateUser", "us-east-1"] == 1, "the colleague's is not among them"
    assert done["CreateAccessKey", "us-east-1"] == 1
    assert done["ListQueues", "sa-east-1"] == 60
    assert len({event.event_id for event in events}) == len(events)
    assert log.read >= log.unique >= len(events)
    assert told[-1].files == told[-1].files_total > 0
    kinds = Counter(gap.kind for gap in log.gaps())
    assert kinds["not_recorded"] == 1, "data events"
    assert not kinds["unreadable"], log.gaps()
    recorded = lookups(cloud, account)
    asked = [
        event["requestParameters"]["lookupAttributes"][0]["attributeValue"]
        for event in recorded
        if "lookupAttributes" in (event["requestParameters"] or {})
    ]
    assert made["AccessKeyId"] in asked
    assert within_rate(recorded)


def lookups(cloud: Cloud, account: str) -> list[dict[str, Any]]:
    """What CloudTrail recorded of the questions to it, asked at the same pace."""
    found: list[dict[str, Any]] = []
    for place in Places(cloud).of([account]):
        asked = Question(
            account=account,
            region=place.region,
            since=datetime.now(UTC) - timedelta(hours=1),
            attribute="EventName",
            value="LookupEvents",
        )
        found += map(dict, look_up(cloud, asked).events)
    return found


def within_rate(recorded: list[dict[str, Any]]) -> bool:
    """By CloudTrail's own record, which has whole seconds, nobody was told to wait, and no second saw more than two in one region."""
    assert len(recorded) > 17
    assert not [event for event in recorded if event.get("errorCode")], "throttled"
    return max(Counter((event["awsRegion"], event["eventTime"]) for event in recorded).values()) <= 2


def test_throttles_lose_and_repeat_no_page(sandbox: Sandbox) -> None:
    key, stolen = attacker(sandbox)
    for number in range(120):
        client(sandbox, stolen, "sqs", "eu-west-1").list_queues(QueueNamePrefix=f"q{number}")
    sandbox.control(
        "POST",
        "/faults",
        {"service": "cloudtrail", "operation": "LookupEvents", "error": "ThrottlingException", "rate": 0.3, "seed": 7},
    )
    events, log, _told = followed(cloud_of(sandbox), Word(key, senses.KEY))
    sandbox.control("DELETE", "/faults")
    found = [event.request["queueNamePrefix"] for event in events if event.operation == "ListQueues"]
    assert sorted(found) == sorted(f"q{number}" for number in range(120))
    assert log.read == 120 + len([event for event in events if event.operation != "ListQueues"])
    assert not [gap for gap in log.gaps() if gap.kind == "unreadable"]


def test_a_question_with_very_many_answers_is_cut_and_says_so(sandbox: Sandbox) -> None:
    key, stolen = attacker(sandbox)
    for _number in range(101):
        client(sandbox, stolen, "sqs").list_queues()
    cloud = cloud_of(sandbox)
    place = Place(sandbox.management, "us-east-1", is_global=True)
    for most, read, is_cut in ((2, 100, True), (3, 101, False)):
        pages = Pages(cloud, ALL, most=most)
        pages.add(place)
        pages.put(place, Ask(attribute="AccessKeyId", value=key))
        answers = list(pages)
        assert (sum(len(answer.shown) for answer in answers), answers[-1].is_cut) == (read, is_cut)


def test_it_stops_where_the_span_ends(sandbox: Sandbox) -> None:
    key, stolen = attacker(sandbox)
    client(sandbox, stolen, "sts").get_caller_identity()
    sandbox.control("POST", "/clock", {"advance_s": 7200})
    client(sandbox, stolen, "sqs").list_queues()
    since = datetime.now(UTC) + timedelta(hours=1)
    events, log, _told = followed(cloud_of(sandbox), Word(key, senses.KEY), span=Span(since=since))
    assert [event.operation for event in events] == ["ListQueues"]
    assert log.read == 1, "AWS was asked for the span alone"


def test_what_may_not_be_read_is_a_gap_and_everything_else_is_read(sandbox: Sandbox) -> None:
    key, stolen = attacker(sandbox)
    client(sandbox, stolen, "sqs", "eu-west-1").list_queues()
    sandbox.control(
        "POST",
        "/faults",
        {"service": "cloudtrail", "operation": "LookupEvents", "error": "AccessDeniedException", "times": 1},
    )
    nobody = Word("AIDAJQABLZS4A3QDU576Q", senses.PRINCIPAL)
    events, log, _told = followed(cloud_of(sandbox), Word(key, senses.KEY), nobody)
    (gap,) = [gap for gap in log.gaps() if gap.kind == "unreadable"]
    assert "eu-west-1" in gap.where or "ListQueues" in {event.operation for event in events}
    assert [gap for gap in log.gaps() if gap.kind == "not_covered" and nobody.text in gap.why]


def test_a_session_in_another_account_is_followed_there(sandbox: Sandbox) -> None:
    member = sandbox.facts["organization"]["member_account_ids"][0]
    key, stolen = attacker(sandbox)
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    taken = client(sandbox, stolen, "sts").assume_role(RoleArn=role, RoleSessionName="across")["Credentials"]
    within = session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    client(sandbox, within, "sqs", "eu-central-1").list_queues()
    cloud = cloud_of(sandbox)
    events, log, _told = followed(cloud, Word(key, senses.KEY))
    assert ("ListQueues", member) in {(event.operation, event.account) for event in events}
    assert not [gap for gap in log.gaps() if gap.kind in ("not_covered", "unreadable") and member in gap.where]

    only = HistoryLog(cloud, accounts=frozenset({sandbox.management}), regions=frozenset({"eu-central-1"}))
    found = list(only.follow([Word(key, senses.KEY)], SessionRule(), ALL, lambda _progress: None))
    assert {event.account for event in found} == {sandbox.management}
    assert [gap for gap in only.gaps() if gap.kind == "not_covered" and gap.where == f"account {member}"]


def test_the_account_of_a_key_is_asked_although_nobody_names_it(sandbox: Sandbox) -> None:
    leaked = sandbox.facts["scenarios"]["leaked-key"]
    stolen = leaked["attacker"]["access_keys"][0]
    who = session(stolen["access_key_id"], stolen["secret_access_key"])
    client(sandbox, who, "ec2", "eu-west-1").describe_instances()
    events, _log, _told = followed(cloud_of(sandbox), Word(stolen["access_key_id"], senses.KEY))
    assert leaked["account"] != sandbox.management
    assert ("DescribeInstances", leaked["account"]) in {(event.operation, event.account) for event in events}


def test_one_rate_for_all_who_ask(sandbox: Sandbox) -> None:
    """Eight threads with questions to one region, as a containment that watches and a trace would be in one process."""
    cloud = cloud_of(sandbox)
    call = Call(account="", region="us-east-1", service="cloudtrail", operation="LookupEvents", parameters={})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cloud.read, [call] * 8))
    assert cloud.calls["cloudtrail:LookupEvents"] == 8, "none was throttled and asked again"

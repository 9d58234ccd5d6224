"""Writes a trail as AWS lays one out, of any size: mostly everyday calls, and an attacker with three levels of derived sessions.

    python generated_trail.py FOLDER EVENTS [SEED]

The same seed gives the same bytes. Files are delivered up to 15 minutes late, so that those of a session may sort before the one in which
it was given out. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html"""

from __future__ import annotations

import heapq
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from isal import igzip

SEED_KEY = "AKIAZZATTACKER000001"
ACCOUNT = "111122223333"
REGIONS = ("us-east-1", "eu-central-1", "us-west-2", "ap-southeast-2")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
PER_DAY = 2_000_000
EVERY = timedelta(minutes=5)
"""CloudTrail delivers that often, and begins another file when one is full."""
PER_FILE = 4000
BAD_SHARE = 0.01
LEVELS = 3
SESSIONS = (4, 12, 36)
"""How many sessions the attacker has, level by level."""
AGENTS = (
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0-18-cloud-amd64 exe/x86_64.debian.12 prompt/off command/ec2.describe-instances",
    "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#5.10.213-201.855.amzn2.x86_64 md/arch#x86_64 lang/python#3.9.16",
    "aws-sdk-go-v2/1.26.1 os/linux lang/go#1.22.2 md/GOOS#linux md/GOARCH#amd64 api/sts#1.28.6",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.43.0 aws-sdk-go/1.51.8",
    "lambda.amazonaws.com",
)
HOSTILE = 'probe {"eventVersion":"1.08","Records":[{"eventID":"\\u0041 }]} \\'
"""What a scanner of web servers may call itself, in one call of a thousand."""
CALLS = (
    ("ec2", "DescribeInstances", True),
    ("s3", "GetObject", True),
    ("s3", "PutObject", False),
    ("kms", "Decrypt", True),
    ("kms", "GenerateDataKey", True),
    ("sts", "AssumeRole", True),
    ("logs", "CreateLogStream", False),
    ("dynamodb", "DescribeTable", True),
    ("ssm", "UpdateInstanceInformation", False),
    ("ec2", "AuthorizeSecurityGroupIngress", False),
)


@dataclass(frozen=True)
class Caller:
    """Who makes calls, and under which key."""

    key: str
    role: str
    role_id: str
    session: str
    since: datetime

    @property
    def identity(self) -> dict[str, Any]:
        if self.key.startswith("AKIA"):
            user = {"type": "IAMUser", "principalId": self.role_id, "arn": f"arn:aws:iam::{ACCOUNT}:user/{self.role}"}
            return user | {"accountId": ACCOUNT, "accessKeyId": self.key, "userName": self.role}
        issuer = {
            "type": "Role",
            "principalId": self.role_id,
            "arn": f"arn:aws:iam::{ACCOUNT}:role/{self.role}",
            "accountId": ACCOUNT,
            "userName": self.role,
        }
        return {
            "type": "AssumedRole",
            "principalId": f"{self.role_id}:{self.session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/{self.session}",
            "accountId": ACCOUNT,
            "accessKeyId": self.key,
            "sessionContext": {
                "sessionIssuer": issuer,
                "webIdFederationData": {},
                "attributes": {"creationDate": f"{self.since:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false"},
            },
        }


class Trail:
    """All events in the order of their times, so that any number of them can be written without keeping them."""

    def __init__(self, events: int, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.events = events
        self.lasts = timedelta(days=events / PER_DAY)
        self.roles = [(f"service-role-{number:03}", self._id("AROA")) for number in range(60)]
        self.known = [self._caller(BEGAN) for _number in range(400)]
        self.bad_keys: set[str] = set()
        self.bad = max(1 + sum(SESSIONS), int(events * BAD_SHARE))
        self.attack = self._attack()

    def __iter__(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        step = self.lasts / self.events
        attack = iter(self.attack)
        due = next(attack, None)
        for number in range(self.events):
            time = BEGAN + step * number
            if due is not None and due[0] <= time:
                yield time, self._call(time, due[1], due[2])
                due = next(attack, None)
                continue
            place = self.random.randrange(len(self.known))
            if self.random.random() < 0.02:
                self.known[place] = self._caller(time)
            yield time, self._call(time, self.known[place], None)

    def _attack(self) -> list[tuple[datetime, Caller, Caller | None]]:
        """When the attacker calls, as whom, and whom it makes by that: for a quarter of the time, with sessions of an hour at most."""
        lasts = self.lasts / 4
        begins = BEGAN + lasts
        level = known = [Caller(SEED_KEY, "mallory", self._id("AIDA"), "", begins)]
        made: list[tuple[datetime, Caller, Caller | None]] = []
        for count in SESSIONS:
            born = []
            for _number in range(count):
                by = self.random.choice(level)
                since = self._moment(by, begins + lasts).replace(microsecond=0) + timedelta(seconds=1)
                born.append(self._caller(since))
                made.append((since, by, born[-1]))
            known = [*known, *born]
            level = born
        for _number in range(self.bad - len(made)):
            caller = self.random.choice(known)
            made.append((self._moment(caller, begins + lasts), caller, None))
        self.bad_keys = {caller.key for caller in known}
        return sorted(made, key=lambda call: call[0])

    def _moment(self, caller: Caller, ends: datetime) -> datetime:
        """One at which the caller may act."""
        until = ends if caller.key == SEED_KEY else min(ends, caller.since + timedelta(hours=1))
        return caller.since + max(until - caller.since, timedelta(seconds=2)) * self.random.random()

    def _caller(self, since: datetime) -> Caller:
        role, role_id = self.random.choice(self.roles)
        return Caller(self._id("ASIA"), role, role_id, f"i-{self.random.getrandbits(68):017x}", since)

    def _id(self, prefix: str) -> str:
        return prefix + "".join(self.random.choices(ALPHABET, k=16 if prefix in ("ASIA", "AKIA") else 17))

    def _uuid(self) -> str:
        text = f"{self.random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _call(self, time: datetime, caller: Caller, child: Caller | None) -> dict[str, Any]:
        service, name, read_only = ("sts", "AssumeRole", True) if child else self.random.choice(CALLS)
        if service == "sts" and not child and caller.key in self.bad_keys:
            service, name, read_only = CALLS[0]
        request, response, resources = self._details(service, name, time, child)
        host = f"{service}.{'us-east-1'}.amazonaws.com"
        record: dict[str, Any] = {
            "eventVersion": "1.09",
            "userIdentity": caller.identity,
            "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": ".".join(str(self.random.randrange(1, 255)) for _part in range(4)),
            "userAgent": HOSTILE if self.random.random() < 0.001 else self.random.choice(AGENTS),
            "requestParameters": request,
            "responseElements": response,
            "requestID": self._uuid(),
            "eventID": self._uuid(),
            "readOnly": read_only,
        }
        if resources:
            record["resources"] = resources
        return record | {
            "eventType": "AwsApiCall",
            "managementEvent": service != "s3",
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Data" if service == "s3" else "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": host,
            },
        }

    def _details(self, service: str, name: str, time: datetime, child: Caller | None) -> tuple[Any, Any, Any]:
        number = self.random.getrandbits(68)
        match service, name:
            case "sts", _:
                given = child or self._caller(time)
                arn = f"arn:aws:iam::{ACCOUNT}:role/{given.role}"
                return (
                    {"roleArn": arn, "roleSessionName": given.session, "durationSeconds": 3600},
                    {
                        "credentials": {
                            "accessKeyId": given.key,
                            "sessionToken": f"{self.random.getrandbits(2400):0600x}",
                            "expiration": f"{time + timedelta(hours=1):%b %d, %Y, %I:%M:%S %p}",
                        },
                        "assumedRoleUser": {
                            "assumedRoleId": f"{given.role_id}:{given.session}",
                            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{given.role}/{given.session}",
                        },
                    },
                    [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": arn}],
                )
            case "s3", _:
                bucket = f"data-{number % 97:02}-{ACCOUNT}"
                key = f"year=2026/month=11/part-{number:017x}.snappy.parquet"
                return (
                    {"bucketName": bucket, "Host": f"{bucket}.s3.us-east-1.amazonaws.com", "key": key},
                    {"x-amz-server-side-encryption": "aws:kms"} if name == "PutObject" else None,
                    [
                        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
                        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
                    ],
                )
            case "kms", _:
                arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{self._uuid()}"
                context = {"aws:s3:arn": f"arn:aws:s3:::data-{number % 97:02}-{ACCOUNT}"}
                asked = {"keyId": arn, "encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
                return asked, None, [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
            case "ec2", "DescribeInstances":
                return {"instancesSet": {"items": [{"instanceId": f"i-{number:017x}"}]}, "filterSet": {}}, None, None
            case "ec2", _:
                ranges = {"items": [{"cidrIp": f"10.{number % 250}.0.0/16", "description": 'a "quoted" {name}'}]}
                rule = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "groups": {}, "ipRanges": ranges}
                return (
                    {"groupId": f"sg-{number:017x}", "ipPermissions": {"items": [rule]}},
                    {"requestId": self._uuid(), "_return": True},
                    None,
                )
            case _:
                return {"name": f"/aws/{service}/{number:017x}", "tags": {"team": "platform", "n": "é"}}, None, None


def write(folder: Path, events: int, seed: int = 1) -> None:
    """The trail below `folder`, as CloudTrail delivers it."""
    trail = Trail(events, seed)
    late = random.Random(seed + 1)
    waiting: list[tuple[datetime, int, str]] = []
    batch: dict[int, list[str]] = {}

    def deliver(region: int, time: datetime) -> None:
        records = batch.pop(region, [])
        if not records:
            return
        name = REGIONS[region]
        place = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / name / f"{time:%Y/%m/%d}"
        place.mkdir(parents=True, exist_ok=True)
        token = f"{late.getrandbits(80):020x}"[:16]
        file = place / f"{ACCOUNT}_CloudTrail_{name}_{time:%Y%m%dT%H%MZ}_{token}.json.gz"
        text = '{"Records":[' + ",".join(records) + "]}"
        file.write_bytes(igzip.compress(text.encode(), compresslevel=1, mtime=0))

    tick = BEGAN + EVERY
    for number, (time, record) in enumerate(trail):
        region = late.choices(range(len(REGIONS)), (6, 2, 1, 1))[0]
        record["awsRegion"] = REGIONS[region]
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        arrives = time + timedelta(seconds=late.choice((60, 180, 300, 300, 420, 840)))
        heapq.heappush(waiting, (arrives, number, f"{region}{text}"))
        while waiting and waiting[0][0] <= time:
            when, _number, held = heapq.heappop(waiting)
            place = int(held[0])
            batch.setdefault(place, []).append(held[1:])
            if len(batch[place]) >= PER_FILE:
                deliver(place, when)
        if time >= tick:
            for region in list(batch):
                deliver(region, time)
            tick += EVERY
    while waiting:
        when, _number, held = heapq.heappop(waiting)
        batch.setdefault(int(held[0]), []).append(held[1:])
    for region in list(batch):
        deliver(region, BEGAN + trail.lasts + timedelta(minutes=15))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)

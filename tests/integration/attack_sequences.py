"""Sequences of an attacker's changes and administrators', in the same minutes and on the same things, and what they must leave after a
restore. A world is made of items, each with a few values that a call of AWS's moves it between; a model keeps what each of them is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from botocore.config import Config
from botocore.exceptions import ClientError
from sandbox_client import Sandbox
from trail_bucket import make_trail_bucket

Actor = Literal["attacker", "administrator"]
Value = str | None
"""A short name for what an item is; None: it is not there."""
Live = Mapping[str, Value]
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_LOGS = "law-trail-logs"
_PAGE = 1000


UNSEEN = "?"
"""In the place of a value that AWS does not show as long as something else is as it is."""


def _always(_live: Live, _value: Value) -> bool:
    return True


class Clients:
    """boto3's clients of one actor, made once: `clients.iam`."""

    def __init__(self, sandbox: Sandbox, keys: Mapping[str, str] | None = None) -> None:
        self._sandbox, self._session = sandbox, sandbox.session(keys)

    def __getattr__(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=20)
        name = {"lambda_": "lambda"}.get(service, service)
        made = self._session.client(name, endpoint_url=self._sandbox.endpoint_url, config=config)
        setattr(self, service, made)
        return made


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that can be changed by itself, as restores see it."""

    name: str
    first: Value
    values: Sequence[Value]
    move: Callable[[Clients, Value, Value], Any]
    """(who, what it is, what it is to be): the call."""
    read: Callable[[Clients], Value]
    kept: Mapping[Value, Value] = field(default_factory=dict)
    """What a restore leaves where it would have to delete: of what the attacker made a form in which it harms nobody."""
    can: Callable[[Live, Value], bool] = _always
    """(what everything is, what it is to be): whether AWS lets that be done."""
    attackers: bool = False
    """Whether administrators leave it alone."""


@dataclass(frozen=True, kw_only=True)
class Action:
    actor: Actor
    item: Item
    value: Value

    def __repr__(self) -> str:
        return f"{self.actor}: {self.item.name} -> {self.value}"


@dataclass
class Story:
    """Items of one example, and what has become of them by the model."""

    items: Sequence[Item]
    live: dict[str, Value] = field(init=False)
    done: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live = {item.name: item.first for item in self.items}

    def possible(self) -> list[Action]:
        """What can happen next, attackers' changes first."""
        found = [
            Action(actor="attacker", item=item, value=value)
            for item in self.items
            for value in item.values
            if value != self.live[item.name] and item.can(self.live, value)
        ]
        return found + [
            Action(actor="administrator", item=action.item, value=action.value)
            for action in found
            if not action.item.attackers
        ]

    def take(self, action: Action, who: Clients) -> None:
        action.item.move(who, self.live[action.item.name], action.value)
        self.live[action.item.name] = action.value
        self.done.append(action)

    def expected(self) -> dict[str, Value]:
        """What a restore must leave: of what the attacker changed last, what administrators left or what was there first; everything else
        as it is."""
        return {item.name: self._expected(item) for item in self.items}

    def _expected(self, item: Item) -> Value:
        changes = [action for action in self.done if action.item is item]
        if not changes or changes[-1].actor == "administrator":
            return self.live[item.name]
        theirs = [action.value for action in changes if action.actor == "administrator"]
        wanted = theirs[-1] if theirs else item.first
        return wanted if wanted == self.live[item.name] else item.kept.get(wanted, wanted)

    def told(self) -> str:
        return "\n".join(map(repr, self.done))


class Arena:
    """One running sandbox that every example is played in: each has names of its own, and half a minute between it and the one before."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.responder = Clients(sandbox)
        self.administrator = Clients(sandbox, self._key_of("alice"))
        attacker = self._key_of("mallory")
        self.attacker, self.attacker_key = Clients(sandbox, attacker), attacker["access_key_id"]
        make_trail_bucket(self.responder.s3, _LOGS)
        self.responder.cloudtrail.create_trail(Name="watching", S3BucketName=_LOGS, IsMultiRegionTrail=True)
        self.responder.cloudtrail.start_logging(Name="watching")
        self._number, self._ahead = 0, timedelta()

    @property
    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.now(UTC) + self._ahead

    def begin(self) -> str:
        """Names of a new example begin with this. What was recorded before is not its business."""
        self.pass_time(30)
        self._number += 1
        self.records()
        return f"law{self._number:04d}"

    def pass_time(self, seconds: int) -> None:
        """Events tell their time to the second: between two changes it must go on, or nobody could tell which came first."""
        self.sandbox.control("POST", "/clock", {"advance_s": seconds})
        self._ahead += timedelta(seconds=seconds)

    def records(self) -> list[Any]:
        """What has been delivered since this was last asked."""
        found: list[Any] = []
        while True:  # what is read here is recorded as well, and not waited for
            keys = [one["Key"] for one in self.responder.s3.list_objects_v2(Bucket=_LOGS).get("Contents", ())]
            for key in keys:
                body = self.responder.s3.get_object(Bucket=_LOGS, Key=key)["Body"].read()
                found += json.loads(gzip.decompress(body))["Records"]
                self.responder.s3.delete_object(Bucket=_LOGS, Key=key)
            if len(keys) < _PAGE:
                return found

    def write_log(self, folder: Path) -> None:
        """What has been delivered, as one more file in `folder`."""
        records = self.records()
        (folder / f"{len(list(folder.iterdir())):03d}.json").write_text(json.dumps({"Records": records}))

    def clients(self, actor: Actor) -> Clients:
        return self.attacker if actor == "attacker" else self.administrator

    def _key_of(self, name: str) -> dict[str, str]:
        iam = Clients(self.sandbox).iam
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


def snapshot(items: Sequence[Item], reader: Clients) -> dict[str, Value]:
    """What everything is, through the API."""
    return {item.name: item.read(reader) for item in items}


def differences(seen: Live, expected: Live) -> list[str]:
    """Where they differ; what is not shown counts as right."""
    return [
        f"{name} is {seen[name]}, not {value}" for name, value in expected.items() if seen[name] not in (value, UNSEEN)
    ]


def there(look: Callable[[], Any], *absent: str) -> Any:
    """What `look` finds; None where AWS answers with one of these codes, or any that says that there is no such thing."""
    try:
        return look()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in absent or "NotFound" in code or code.startswith("NoSuch"):
            return None
        raise


def named(values: Mapping[str, Any], found: Any) -> Value:
    """The short name of what was found; its text where it has none."""
    if found is None:
        return None
    return next(
        (name for name, value in values.items() if value == found), json.dumps(found, default=str, sort_keys=True)
    )


def switch(on: Callable[[Clients], Any], off: Callable[[Clients], Any]) -> Callable[[Clients, Value, Value], Any]:
    """The move of something that is there or not."""

    def move(who: Clients, _live: Value, wanted: Value) -> Any:
        return off(who) if wanted is None else on(who)

    return move


def present(found: bool) -> Value:
    return "there" if found else None


def _refused_calls(who: Clients, prefix: str) -> Sequence[Callable[[], Any]]:
    nobody = {"UserName": f"{prefix}-nobody"}
    return (
        lambda: who.iam.attach_user_policy(**nobody, PolicyArn=ADMINISTRATOR),
        lambda: who.iam.create_access_key(**nobody),
        lambda: who.s3.delete_bucket_policy(Bucket=f"{prefix}-none"),
        lambda: who.cloudtrail.stop_logging(Name=f"{prefix}-none"),
        lambda: who.kms.disable_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab"),
        lambda: who.secretsmanager.delete_secret(SecretId=f"{prefix}-none"),
        lambda: who.ec2.terminate_instances(InstanceIds=["i-0123456789abcdef0"]),
    )


def be_refused(who: Clients, prefix: str, number: int) -> None:
    """One of seven calls that AWS refuses: it changes nothing, and stands in the log all the same."""
    call = _refused_calls(who, prefix)[number]
    try:
        call()
    except ClientError:
        return
    raise AssertionError(f"refused call {number} was answered")

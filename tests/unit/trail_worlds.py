"""Worlds of an attacker and colleagues at work in the same minutes, in the same roles: the records, and which are the attacker's."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from trail_events import (
    HOME,
    Record,
    assumed,
    console_login,
    created_key,
    event,
    failed,
    in_session,
    role_id,
    session,
    unique,
    user,
)

KEY = "AKIAIOSFODNN7EXAMPLE"
ROLES = ("deploy", "admin")
NAMES = ("ci", "run")
USERS = ("carol", "erin")
HOSTILE = (
    "aws-cli/2.15",
    f"{KEY}",
    '{{ lookup("pipe", "id") }}',
    f'","accessKeyId":"{KEY}","x":"',
    f"arn:aws:iam::{HOME}:user/mallory",
    "\\u0041KIA \u202e\x00\ud7ff \U0001f600",
    "]}\n{",
)


@dataclass
class World:
    """Grows step by step; every step is some seconds after the one before."""

    records: list[Record] = field(default_factory=list)
    theirs: set[str] = field(default_factory=set)
    now: int = 0
    made: int = 0
    attackers: list[Record] = field(default_factory=lambda: [user("mallory", KEY)])
    colleagues: list[Record] = field(
        default_factory=lambda: (
            [user(name, unique("AKIA", name)) for name in (*USERS, "frank")] + [user("mallory", "AKIAMALLORYSOTHERKEY")]
        )
    )
    consoles: list[Record] = field(default_factory=list)
    """Colleagues' console sessions: they go on, but nobody whose password was changed begins another."""
    taken_over: set[str] = field(default_factory=set)

    def key(self, prefix: str = "ASIA") -> str:
        self.made += 1
        return unique(prefix, f"key {self.made}")

    def log(self, record: Record, is_theirs: bool) -> None:
        self.records.append(record)
        if is_theirs:
            self.theirs.add(record["eventID"])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World()
    for _step in range(draw(st.integers(1, 25))):
        world.now += draw(st.integers(4, 30))
        attacks = draw(st.booleans())
        creds = world.attackers if attacks else world.colleagues
        by = draw(st.sampled_from(creds))
        agent = draw(st.sampled_from(HOSTILE))
        _STEPS[draw(st.sampled_from(sorted(_STEPS)))](world, by, attacks, draw, agent)
    return world


def _reads(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    request = {"bucketName": agent, "tag": draw(st.sampled_from(HOSTILE))}
    world.log(event("s3:ListObjects", world.now, by, request, userAgent=agent), attacks)


def _fails(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    """With somebody's key in the answer, as no failed call has it: it must lead to nobody."""
    key = draw(st.sampled_from((KEY, unique("AKIA", "frank"))))
    answer = assumed(draw(st.sampled_from(ROLES)), draw(st.sampled_from(NAMES)), key, world.now, by, userAgent=agent)
    world.log({**failed(answer), "responseElements": {"credentials": {"accessKeyId": key}}}, attacks)


def _assumes(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    role, name, key = draw(st.sampled_from(ROLES)), draw(st.sampled_from(NAMES)), world.key()
    world.log(assumed(role, name, key, world.now, by, userAgent=agent), attacks)
    (world.attackers if attacks else world.colleagues).append(session(role, name, key, world.now))


def _goes_to_the_console(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    if by["type"] == "AssumedRole":
        fresh = {**by, "accessKeyId": world.key()}
        world.log(
            event("ec2:CreateVpc", world.now, fresh, sessionCredentialFromConsole="true", userAgent=agent), attacks
        )


def _makes_a_key(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    name, key = draw(st.sampled_from(USERS)), world.key("AKIA")
    world.log({**created_key(name, key, world.now, by), "userAgent": agent}, attacks)
    (world.attackers if attacks else world.colleagues).append(user(name, key))


def _gets_a_token(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    if by["type"] == "IAMUser" and by["accessKeyId"].startswith("AKIA"):
        key = world.key()
        world.log(event("sts:GetSessionToken", world.now, by, None, {"credentials": {"accessKeyId": key}}), attacks)
        (world.attackers if attacks else world.colleagues).append(in_session(by, key, world.now))


def _makes_a_user(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    name = f"made-{world.now}"
    made = user(name)
    shown = {"user": {"arn": made["arn"], "userId": made["principalId"], "userName": name}}
    world.log(event("iam:CreateUser", world.now, by, {"userName": name}, shown, userAgent=agent), attacks)
    (world.attackers if attacks else world.colleagues).append(user(name, world.key("AKIA")))


def _makes_a_role(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    name = f"role-{world.now}"
    shown = {"role": {"arn": f"arn:aws:iam::{HOME}:role/{name}", "roleId": role_id(name)}}
    world.log(event("iam:CreateRole", world.now, by, {"roleName": name}, shown, userAgent=agent), attacks)
    (world.attackers if attacks else world.colleagues).append(session(name, "at-work", world.key(), world.now + 1))


def _takes_a_console(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    name = draw(st.sampled_from(USERS))
    if attacks:
        world.log(event("iam:UpdateLoginProfile", world.now, by, {"userName": name}, userAgent=agent), True)
        world.taken_over.add(name)
        world.now += 2
    elif name in world.taken_over:
        return
    world.log(console_login(user(name), world.now), attacks)
    there = in_session(user(name), world.key(), world.now)
    if attacks:
        world.log(event("iam:ListUsers", world.now + 1, there, sessionCredentialFromConsole="true"), True)
    else:
        world.consoles.append(there)


def _goes_on_in_a_console(world: World, by: Record, attacks: bool, draw: st.DrawFn, agent: str) -> None:
    for there in world.consoles:
        fresh = {**there, "accessKeyId": world.key()}
        world.log(event("iam:ListRoles", world.now, fresh, sessionCredentialFromConsole="true", userAgent=agent), False)


_STEPS = {
    step.__name__: step
    for step in (
        _assumes,
        _fails,
        _gets_a_token,
        _goes_on_in_a_console,
        _goes_to_the_console,
        _makes_a_key,
        _makes_a_role,
        _makes_a_user,
        _reads,
        _takes_a_console,
    )
}

"""Small organizations, dull and hostile, and one principal in them that is to be contained: for Hypothesis.

Names contain each other, differ in case only, and come back in the other account and for the other kind; roles, groups, policies,
boundaries and names of sessions are shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

ALLOWED = {
    "look": ("s3:ListAllMyBuckets", "dynamodb:ListTables", "kms:DescribeKey"),
    "objects": ("s3:GetObject",),
    "people": ("iam:*",),
    "sessions": ("sts:*",),
}
"""What one policy of an organization can allow."""
Grant = frozenset[str]
"""Some of ALLOWED."""

Kind = Literal["user", "role", "session", "root", "reserved role", "reserved session"]


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """One user with one access key. Accounts are told by number: 0 and 1."""

    name: str
    account: int = 0
    path: str = "/"
    inline: Grant = frozenset()
    in_team: bool = False
    has_shared: bool = False
    is_bounded: bool = False
    full: Literal["", "inline", "inline and attached"] = ""
    """Where there is no room for another policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """One role. `trusts`: numbers of users, "account" or "other account"."""

    name: str
    account: int = 0
    path: str = "/"
    trusts: tuple[int | str, ...] = ("account",)
    inline: Grant = frozenset()
    has_shared: bool = False
    is_bounded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """Two member accounts. In each there are a group, a managed policy and a boundary for those who share them; in the first one, root
    has a key, and Identity Center a role in which two people work."""

    users: tuple[User, ...]
    roles: tuple[Role, ...]
    team: Grant = frozenset()
    shared: Grant = frozenset()
    boundary: Grant = frozenset()
    sessions: tuple[tuple[int, int, str], ...] = ()
    """Which user asks for a session of which role, and what it is to be called."""
    tokens: tuple[int, ...] = ()
    """The users who ask for a session by GetSessionToken."""
    federated: tuple[tuple[int, str], ...] = ()
    """Which user asks for a federated session, and what it is to be called."""
    readers: tuple[tuple[str, int], ...] = ()
    """Whom a bucket and a key of the first account let in by their own policies: ("user", number), ("role", number)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """Who is contained, and by what: None for the usual measures."""

    kind: Kind
    number: int = 0
    measures: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What happens in one example. `earlier`: who is in quarantine by a service control policy already, for another case."""

    organization: Organization
    aim: Aim
    earlier: Aim | None = None


EVERY = tuple(measure.NAME for measure in IAM_PRINCIPAL)
_MEASURES: dict[Kind, tuple[tuple[str, ...] | None, ...]] = {
    "user": (None, EVERY, *((name,) for name in ("scp_quarantine", "deny_policy", "access_keys", "sessions"))),
    "role": (None, EVERY, *((name,) for name in ("scp_quarantine", "deny_policy", "sessions", "trust"))),
    "session": (None, EVERY, ("scp_quarantine",)),
    "root": (None,),
    "reserved role": (None,),
    "reserved session": (None,),
}

_grants = st.frozensets(st.sampled_from(sorted(ALLOWED)), max_size=3)
_large = st.sampled_from([frozenset(ALLOWED), frozenset(ALLOWED) - {"people"}, frozenset({"look", "sessions"})])
_names = st.sampled_from(["ann", "anna", "deploy", "deploy-2", "a"])
_session_names = st.sampled_from(["ann", "anna", "ANN", "deploy"])
_paths = st.sampled_from(["/", "/team/"])
_accounts = st.sampled_from([0, 0, 1])


@st.composite
def _users(draw: st.DrawFn) -> User:
    return User(
        name=draw(_names),
        account=draw(_accounts),
        path=draw(_paths),
        inline=draw(_grants),
        in_team=draw(st.booleans()),
        has_shared=draw(st.booleans()),
        is_bounded=draw(st.booleans()),
        full=draw(st.sampled_from(["", "", "inline", "inline and attached"])),
    )


@st.composite
def organizations(draw: st.DrawFn) -> Organization:
    def named(thing: User | Role) -> tuple[int, str]:
        return thing.account, thing.name

    users = draw(st.lists(_users(), min_size=3, max_size=6, unique_by=named))
    numbers = st.integers(0, len(users) - 1)
    trusts = st.lists(st.one_of(st.just("account"), numbers, st.just("other account")), min_size=1, max_size=3)
    roles = draw(
        st.lists(
            st.builds(
                Role,
                name=_names,
                account=_accounts,
                path=_paths,
                trusts=trusts.map(tuple),
                inline=_grants,
                has_shared=st.booleans(),
                is_bounded=st.booleans(),
            ),
            min_size=1,
            max_size=3,
            unique_by=named,
        )
    )
    in_roles = st.integers(0, len(roles) - 1)
    readers = st.one_of(st.tuples(st.just("user"), numbers), st.tuples(st.just("role"), in_roles))
    return Organization(
        users=tuple(users),
        roles=tuple(roles),
        team=draw(_grants),
        shared=draw(_large),
        boundary=draw(_large),
        sessions=tuple(draw(st.lists(st.tuples(numbers, in_roles, _session_names), max_size=4))),
        tokens=tuple(draw(st.lists(numbers, max_size=2, unique=True))),
        federated=tuple(draw(st.lists(st.tuples(numbers, st.sampled_from(["shared", "ann"])), max_size=3))),
        readers=tuple(draw(st.lists(readers, max_size=3, unique=True))),
    )


@st.composite
def stories(draw: st.DrawFn, *, usual_measures: bool = False) -> Story:
    """`usual_measures`: no others, and nobody in quarantine before."""
    organization = draw(organizations())
    aims = _aims(organization)
    kind, number = draw(st.sampled_from(aims))
    measures = _MEASURES[kind]
    if kind == "user" and organization.users[number].full:
        # Cordon says that there is no room, and what to add to the measures.
        measures = tuple(names for names in measures if names != ("sessions",))
    if usual_measures:
        return Story(organization=organization, aim=Aim(kind=kind, number=number))
    others = [Aim(kind=other, number=which) for other, which in aims if (other, which) != (kind, number)]
    return Story(
        organization=organization,
        aim=Aim(kind=kind, number=number, measures=draw(st.sampled_from(measures))),
        earlier=draw(st.one_of(st.none(), st.sampled_from(others))),
    )


def _aims(organization: Organization) -> list[tuple[Kind, int]]:
    return [
        *(("user", number) for number in range(len(organization.users))),
        *(("role", number) for number in range(len(organization.roles))),
        *(("session", number) for number in range(len(organization.sessions))),
        ("root", 0),
        ("reserved role", 0),
        ("reserved session", 0),
    ]


_MOST = frozenset(ALLOWED)
RICH = Organization(
    users=(
        User(name="ann", inline=_MOST, is_bounded=True),
        User(name="anna", inline=frozenset({"sessions"}), in_team=True, is_bounded=True, full="inline and attached"),
        User(name="deploy", path="/team/", in_team=True, has_shared=True, full="inline"),
        User(name="ann", account=1, has_shared=True),
        User(name="a"),
    ),
    roles=(
        Role(name="deploy", path="/team/", trusts=("account", "other account"), has_shared=True, is_bounded=True),
        Role(name="ann", trusts=(0, 3), inline=frozenset({"look", "sessions"})),
        Role(name="deploy", account=1, trusts=("account", 0), inline=_MOST),
    ),
    team=frozenset({"look", "people", "sessions"}),
    shared=_MOST,
    boundary=_MOST,
    sessions=((0, 0, "ann"), (1, 0, "anna"), (3, 0, "ANN"), (3, 1, "ann"), (0, 2, "ann")),
    tokens=(0, 2),
    federated=((0, "shared"), (2, "shared"), (3, "shared")),
    readers=(("user", 0), ("user", 3), ("role", 0), ("role", 2)),
)
"""Everything that can be shared is shared, and everybody gets the sessions that they ask for. The last user may do nothing."""

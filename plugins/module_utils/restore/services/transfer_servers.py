# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transfer Family: servers, which an attacker makes to carry data away, and their users. A server that an attacker made is stopped, and
kept; a user that an attacker made is removed, as it is only an entry of its server.
https://docs.aws.amazon.com/transfer/latest/userguide/edit-server-config.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

ONLINE: Final = "online"
OFFLINE: Final = "offline"
_SERVER = re.compile(r"s-[0-9a-f]{17}", re.ASCII)
_USER = re.compile(r"[\w][\w@.-]{2,99}", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_PATH = re.compile(r"/[\w+=,.@/ {}$:-]{0,1023}", re.ASCII)
_NOT_FOUND: Final = ("ResourceNotFoundException",)


def _takes_server(names: Names) -> bool:
    return len(names) == 1 and bool(_SERVER.fullmatch(names[0]))


def _takes_user(names: Names) -> bool:
    return len(names) == 2 and _takes_server(names[:1]) and bool(_USER.fullmatch(names[1]))


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_of(facet, "transfer", operation, {"ServerId": facet.names[0], **parameters})


def _read_server(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, _call(facet, "DescribeServer"), absent=_NOT_FOUND)
    if answer is None:
        return None
    return OFFLINE if answer["Server"].get("State") in ("OFFLINE", "STOPPING") else ONLINE


def _move_server(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live is None:
        raise IrreversibleError(
            "The server is deleted, and a new one has another id and address. Make it again as its templates say: aws transfer "
            "create-server."
        )
    if wanted is None:
        return (Move(call=_call(facet, "DeleteServer"), undo=()),)
    stop, start = _call(facet, "StopServer"), _call(facet, "StartServer")
    return (Move(call=stop, undo=(start,)) if wanted == OFFLINE else Move(call=start, undo=(stop,)),)


SERVER = Kind(
    name="transfer/server",
    order=10,
    permissions=("transfer:DescribeServer", "transfer:StopServer", "transfer:StartServer", "transfer:DeleteServer"),
    takes=_takes_server,
    read=_read_server,
    moves=_move_server,
    kept=lambda _live: OFFLINE,
)


def _read_user(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, _call(facet, "DescribeUser", UserName=facet.names[1]), absent=_NOT_FOUND)
    return (
        None
        if answer is None
        else _user(Role=answer["User"].get("Role"), HomeDirectory=answer["User"].get("HomeDirectory"))
    )


def _user(**found: Json) -> dict[str, Json]:
    """By what it may do and where it lands; its keys are not put back."""
    patterns = {"Role": _ROLE, "HomeDirectory": _PATH}
    return {
        name: text
        for name, text in found.items()
        if name in patterns and isinstance(text, str) and patterns[name].fullmatch(text)
    }


def _move_user(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    delete = _call(facet, "DeleteUser", UserName=facet.names[1])
    whole = _user(**(wanted if live is None else live))
    make = _call(facet, "CreateUser", UserName=facet.names[1], **whole)
    if live is not None and wanted is not None:
        raise IrreversibleError(
            "Look at the user, and set it right: aws transfer describe-user, aws transfer update-user."
        )
    if wanted is None:
        return (Move(call=delete, undo=(make,) if "Role" in whole else ()),)
    if "Role" not in whole:
        raise IrreversibleError(
            "The user is deleted, with its keys and what it may see. Make it again as its templates say: aws transfer create-user, aws "
            "transfer import-ssh-public-key."
        )
    return (Move(call=make, undo=(delete,)),)


USER = Kind(
    name="transfer/user",
    order=20,
    permissions=("transfer:DescribeUser", "transfer:CreateUser", "transfer:DeleteUser", "iam:PassRole"),
    takes=_takes_user,
    read=_read_user,
    moves=_move_user,
    matches=lambda live, expected: (live is None) == (expected is None),
)


def _server(key: str, after: Json, before: Json, *, answer: bool = False) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        told = (event.response if answer else event.request).get(key)
        names = (told if isinstance(told, str) else "",)
        if _takes_server(names):
            facet = Facet(SERVER.name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=before)

    return changes


def _user_changed(is_made: bool) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        request = event.request
        names = (str(request.get("serverId", "")), str(request.get("userName", "")))
        if _takes_user(names):
            facet = Facet(USER.name, event.account, event.region, names)
            there = _user(Role=request.get("role"), HomeDirectory=request.get("homeDirectory"))
            yield Change(facet=facet, after=there if is_made else None, before=None if is_made else there)

    return changes


_MANUAL = {
    "UpdateServer": "Look at the server, its endpoint and where it asks who its users are: aws transfer describe-server.",
    "UpdateUser": "Look at the user, its role and its directories: aws transfer describe-user, aws transfer update-user.",
    "ImportSshPublicKey": "A key was added to a user. Take it away: aws transfer describe-user, aws transfer delete-ssh-public-key.",
    "DeleteSshPublicKey": "A key was taken from a user. Have its owner give it again: aws transfer import-ssh-public-key.",
    "CreateConnector": "Look at where it sends to, and delete it if it is the attacker's: aws transfer delete-connector.",
    "StartFileTransfer": "Files were sent elsewhere, or fetched: aws transfer list-file-transfer-results. They cannot be called back.",
    "CreateAccess": "Look at which group of the directory may use the server: aws transfer delete-access.",
    "CreateWorkflow": "Look at what it does with files, and delete it if it is the attacker's: aws transfer delete-workflow.",
}
KINDS = (SERVER, USER)
ENTRIES = (
    *(
        Entry(
            service="transfer",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from="the call itself",
        )
        for operation, changes, undone_by in (
            (
                "CreateServer",
                _server("serverId", ONLINE, None, answer=True),
                "StopServer, or DeleteServer when asked to delete",
            ),
            ("StopServer", _server("serverId", OFFLINE, ONLINE), "StartServer"),
            ("StartServer", _server("serverId", ONLINE, OFFLINE), "StopServer"),
            ("DeleteServer", _server("serverId", None, OFFLINE), "nothing: it gets another id"),
            ("CreateUser", _user_changed(is_made=True), "DeleteUser"),
            ("DeleteUser", _user_changed(is_made=False), "nothing: its keys are gone"),
        )
    ),
    *(Entry(service="transfer", operation=operation, manual=text) for operation, text in _MANUAL.items()),
)

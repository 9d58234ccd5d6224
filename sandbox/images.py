"""Snapshots with content: raw disk images, served block by block.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

BLOCK_SIZE = 524_288
_LEAST, _MOST = 100, 10_000
_TOKENS_LAST = timedelta(days=7)


class Images:
    """The bytes of snapshots."""

    def __init__(self) -> None:
        self._images: dict[str, bytes] = {}

    def put(self, snapshot_id: str, content: bytes) -> None:
        self._images[snapshot_id] = content

    def get(self, snapshot_id: str) -> bytes | None:
        return self._images.get(snapshot_id)

    def forget(self) -> None:
        self._images.clear()

    def indexes(self, snapshot_id: str) -> list[int]:
        """Every block that was ever written, which is to say: is not all zeros."""
        return [
            index
            for index in range(-(-len(self._images.get(snapshot_id, b"")) // BLOCK_SIZE))
            if self.block(snapshot_id, index)
        ]

    def block(self, snapshot_id: str, index: int) -> bytes | None:
        """One block, filled up with zeros at the end of the image; None where nothing was written."""
        found = self._images.get(snapshot_id, b"")[index * BLOCK_SIZE : (index + 1) * BLOCK_SIZE]
        return found.ljust(BLOCK_SIZE, b"\0") if found.strip(b"\0") else None


def list_snapshot_blocks(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html"""
    snapshot_id = str(request.parameters["SnapshotId"])
    snapshot = _completed(request, caller, snapshot_id)
    page, more = _page(request, world.images.indexes(snapshot_id))
    expires = world.clock.now() + _TOKENS_LAST
    return {
        "Blocks": [{"BlockIndex": index, "BlockToken": _token(snapshot_id, index, expires)} for index in page],
        **_common(world, snapshot, more, expires),
    }


def list_changed_blocks(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Between two snapshots of one volume.
    https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListChangedBlocks.html"""
    second_id, first_id = str(request.parameters["SecondSnapshotId"]), request.parameters.get("FirstSnapshotId")
    if not first_id:
        raise ApiError("ValidationException", "FirstSnapshotId must be given with SecondSnapshotId.", 400)
    first, second = _completed(request, caller, first_id), _completed(request, caller, second_id)
    if first.volume.id != second.volume.id:
        raise ApiError(
            "ValidationException", f"The snapshots {first_id} and {second_id} are not of the same volume.", 400
        )
    image = world.images.block
    indexes = sorted({*world.images.indexes(first_id), *world.images.indexes(second_id)})
    page, more = _page(request, [index for index in indexes if image(first_id, index) != image(second_id, index)])
    expires = world.clock.now() + _TOKENS_LAST
    changed = [
        {"BlockIndex": index}
        | ({"FirstBlockToken": _token(first_id, index, expires)} if image(first_id, index) else {})
        | ({"SecondBlockToken": _token(second_id, index, expires)} if image(second_id, index) else {})
        for index in page
    ]
    return {"ChangedBlocks": changed, **_common(world, second, more, expires)}


def get_snapshot_block(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html"""
    snapshot_id, index = str(request.parameters["SnapshotId"]), int(request.parameters["BlockIndex"])
    _completed(request, caller, snapshot_id)
    block = world.images.block(snapshot_id, index)
    if block is None or not _token_holds(
        str(request.parameters.get("BlockToken", "")), snapshot_id, index, world.clock.now()
    ):
        raise ApiError("ValidationException", "The block token is not valid for this block.", 400)
    return {
        "DataLength": len(block),
        "BlockData": block,
        "Checksum": base64.b64encode(hashlib.sha256(block).digest()).decode(),
        "ChecksumAlgorithm": "SHA256",
    }


HANDLERS = {
    ("ebs", "ListSnapshotBlocks"): list_snapshot_blocks,
    ("ebs", "ListChangedBlocks"): list_changed_blocks,
    ("ebs", "GetSnapshotBlock"): get_snapshot_block,
}


def _completed(request: ApiRequest, caller: Caller, snapshot_id: str) -> Any:
    """The snapshot, which must exist, be the caller's or be shared with them, and be completed.
    https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html"""
    for account, regions in list(get_backend("ec2").items()):
        found = regions[request.region].snapshots.get(snapshot_id)
        if found is None or not (account == caller.account or _is_shared(found, caller.account)):
            continue
        if found.status != "completed":
            raise ApiError("ValidationException", f"The snapshot '{snapshot_id}' is not completed.", 400)
        return found
    raise ApiError("ResourceNotFoundException", f"The snapshot '{snapshot_id}' does not exist.", 404)


def _is_shared(snapshot: Any, account: str) -> bool:
    return account in snapshot.create_volume_permission_userids or "all" in snapshot.create_volume_permission_groups


def _page(request: ApiRequest, indexes: list[int]) -> tuple[list[int], str | None]:
    given = request.parameters
    start = int(given.get("StartingBlockIndex") or 0)
    most = _MOST if given.get("MaxResults") is None else int(given["MaxResults"])
    if not _LEAST <= most <= _MOST:
        raise ApiError("ValidationException", f"MaxResults must be from {_LEAST} to {_MOST}.", 400)
    if given.get("NextToken"):
        try:
            start = int(base64.b64decode(given["NextToken"], validate=True))
        except ValueError as error:
            raise ApiError("ValidationException", "The page token is not valid.", 400) from error
    left = [index for index in indexes if index >= start]
    more = base64.b64encode(str(left[most]).encode()).decode() if len(left) > most else None
    return left[:most], more


def _common(world: World, snapshot: Any, more: str | None, expires: datetime) -> dict[str, Any]:
    return {
        "ExpiryTime": expires,
        "VolumeSize": max(int(snapshot.volume.size), -(-len(world.images.get(snapshot.id) or b"") // 2**30)),
        "BlockSize": BLOCK_SIZE,
        **({"NextToken": more} if more else {}),
    }


def _token(snapshot_id: str, index: int, expires: datetime) -> str:
    """Base64 of when it expires and of a digest that only this block has."""
    until = int(expires.timestamp()).to_bytes(8, "big")
    return base64.b64encode(until + hashlib.sha256(f"{snapshot_id}:{index}:".encode() + until).digest()).decode()


def _token_holds(token: str, snapshot_id: str, index: int, now: datetime) -> bool:
    try:
        until = datetime.fromtimestamp(int.from_bytes(base64.b64decode(token, validate=True)[:8], "big"), UTC)
    except (ValueError, OverflowError):
        return False
    return token == _token(snapshot_id, index, until) and now < until

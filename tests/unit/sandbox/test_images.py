"""The EBS direct APIs, as https://docs.aws.amazon.com/ebs/latest/userguide/readsnapshots.html describes them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user

from sandbox.errors import ApiError
from sandbox.images import BLOCK_SIZE, HANDLERS
from sandbox.world import World

REGION = "eu-west-1"


def snapshot(account: str = ACCOUNT, image: bytes | None = None, world: World | None = None, volume: Any = None) -> Any:
    backend = get_backend("ec2")[account][REGION]
    volume = volume or backend.create_volume(size=1, zone_name=f"{REGION}a")
    made = backend.create_snapshot(volume.id, "")
    if world is not None and image is not None:
        world.images.put(made.id, image)
    return made


def ask(world: World, operation: str, account: str = ACCOUNT, **parameters: Any) -> Mapping[str, Any]:
    return HANDLERS["ebs", operation](world, call("ebs", operation, parameters, region=REGION), user(account))


def read_back(world: World, snapshot_id: str, size: int) -> bytes:
    image = bytearray(size)
    for block in ask(world, "ListSnapshotBlocks", SnapshotId=snapshot_id)["Blocks"]:
        answer = ask(world, "GetSnapshotBlock", SnapshotId=snapshot_id, **block)
        start = block["BlockIndex"] * BLOCK_SIZE
        image[start : start + BLOCK_SIZE] = answer["BlockData"]
    return bytes(image[:size])


def test_nothing_was_written(world: World) -> None:
    answer = ask(world, "ListSnapshotBlocks", SnapshotId=snapshot().id)
    assert (answer["Blocks"], answer["BlockSize"], answer["VolumeSize"]) == ([], 524_288, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.lists(st.sampled_from([b"\0", b"a", b"b\0"]), max_size=5), rest=st.integers(0, 3))
def test_what_was_put_in_comes_out(world: World, blocks: list[bytes], rest: int) -> None:
    image = b"".join(block.ljust(BLOCK_SIZE, block[-1:]) for block in blocks) + b"z" * rest
    made = snapshot(world=world, image=image)
    assert read_back(world, made.id, len(image)) == image


def test_blocks_that_were_never_written_are_not_listed(world: World) -> None:
    made = snapshot(world=world, image=b"\0" * BLOCK_SIZE + b"x" * BLOCK_SIZE)
    assert [block["BlockIndex"] for block in ask(world, "ListSnapshotBlocks", SnapshotId=made.id)["Blocks"]] == [1]


def test_a_block_has_512_kib_and_its_checksum(world: World) -> None:
    made = snapshot(world=world, image=b"short")
    (block,) = ask(world, "ListSnapshotBlocks", SnapshotId=made.id)["Blocks"]
    answer = ask(world, "GetSnapshotBlock", SnapshotId=made.id, **block)
    assert (len(answer["BlockData"]), answer["DataLength"], answer["ChecksumAlgorithm"]) == (524_288, 524_288, "SHA256")
    assert answer["Checksum"] == base64.b64encode(hashlib.sha256(b"short".ljust(524_288, b"\0")).digest()).decode()


def test_tokens_are_of_one_block_and_end_after_seven_days(world: World) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html: block tokens expire after 7 days"""
    made = snapshot(world=world, image=b"x" * BLOCK_SIZE * 2)
    answer = ask(world, "ListSnapshotBlocks", SnapshotId=made.id)
    first, second = answer["Blocks"]
    for index, token in ((1, first["BlockToken"]), (0, "AAAA"), (0, "not base64"), (7, second["BlockToken"])):
        with pytest.raises(ApiError, match="ValidationException"):
            ask(world, "GetSnapshotBlock", SnapshotId=made.id, BlockIndex=index, BlockToken=token)
    assert 6.9 < (answer["ExpiryTime"] - world.clock.now()).total_seconds() / 86_400 < 7.1
    world.clock.advance(7 * 86_400 + 1)
    with pytest.raises(ApiError, match="ValidationException"):
        ask(world, "GetSnapshotBlock", SnapshotId=made.id, **first)


def test_pages(world: World) -> None:
    made = snapshot(world=world, image=b"x" * BLOCK_SIZE * 130)
    first = ask(world, "ListSnapshotBlocks", SnapshotId=made.id, MaxResults=100)
    second = ask(
        world,
        "ListSnapshotBlocks",
        SnapshotId=made.id,
        MaxResults=100,
        NextToken=first["NextToken"],
        StartingBlockIndex=5,
    )
    assert [block["BlockIndex"] for page in (first, second) for block in page["Blocks"]] == list(range(130))
    assert "NextToken" not in second


@pytest.mark.parametrize("most", [99, 10_001])
def test_from_100_to_10000_results(world: World, most: int) -> None:
    """https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html"""
    made = snapshot()
    with pytest.raises(ApiError, match="ValidationException"):
        ask(world, "ListSnapshotBlocks", SnapshotId=made.id, MaxResults=most)


def test_a_pending_snapshot_cannot_be_read(world: World) -> None:
    made = snapshot(world=world, image=b"x")
    made.status = "pending"
    with pytest.raises(ApiError, match="ValidationException"):
        ask(world, "ListSnapshotBlocks", SnapshotId=made.id)


def test_there_is_no_such_snapshot(world: World) -> None:
    with pytest.raises(ApiError) as caught:
        ask(world, "ListSnapshotBlocks", SnapshotId="snap-0123456789abcdef0")
    assert (caught.value.code, caught.value.status) == ("ResourceNotFoundException", 404)


def test_anothers_snapshot_can_be_read_if_it_is_shared(world: World) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""
    made = snapshot(OTHER, b"x", world)
    with pytest.raises(ApiError, match="ResourceNotFoundException"):
        ask(world, "ListSnapshotBlocks", SnapshotId=made.id)
    made.create_volume_permission_userids.add(ACCOUNT)
    assert len(ask(world, "ListSnapshotBlocks", SnapshotId=made.id)["Blocks"]) == 1


def test_what_changed_between_two_snapshots(world: World) -> None:
    """https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListChangedBlocks.html"""
    a, b, empty = b"a" * BLOCK_SIZE, b"b" * BLOCK_SIZE, b"\0" * BLOCK_SIZE
    first = snapshot(world=world, image=a + a + a + empty)
    second = snapshot(world=world, image=a + b + empty + b, volume=first.volume)
    changed = ask(world, "ListChangedBlocks", FirstSnapshotId=first.id, SecondSnapshotId=second.id)["ChangedBlocks"]
    assert [(block["BlockIndex"], "FirstBlockToken" in block, "SecondBlockToken" in block) for block in changed] == [
        (1, True, True),
        (2, True, False),
        (3, False, True),
    ]


def test_snapshots_of_two_volumes_cannot_be_compared(world: World) -> None:
    """ "of the same volume/snapshot lineage": the same page"""
    with pytest.raises(ApiError, match="ValidationException"):
        ask(world, "ListChangedBlocks", FirstSnapshotId=snapshot().id, SecondSnapshotId=snapshot().id)

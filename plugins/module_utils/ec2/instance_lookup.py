# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the instances that names stand for: by ARN, or by id in the accounts and regions that are looked in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ansible_collections.cordon.aws.plugins.module_utils.cloud import known_regions
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import (
    CHECK_PLACE,
    EXPECTED,
    INSTANCE_ARN,
    INSTANCE_ID,
    Ec2Instance,
    instance_of_arn,
    no_such_instance,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import INSTANCES
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    CordonError,
    ElsewhereError,
    InputError,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where instances are looked for that are named by their id."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    only: frozenset[str] | None = None
    """The accounts that this run is for; None for any."""


def parse_instances(texts: Iterable[object]) -> tuple[str, ...]:
    """Instance ids and ARNs; all faults are raised together as one InputError."""
    listed = list(texts)
    faults = [
        InputError(f"use `instance_ids[{number}]` = {ascii(text)[:120]}", "it is no instance", f"Give {EXPECTED}.")
        for number, text in enumerate(listed)
        if not (isinstance(text, str) and (INSTANCE_ID.fullmatch(text) or INSTANCE_ARN.fullmatch(text)))
    ]
    if faults:
        raise InputError.together(faults)
    if not listed:
        raise InputError("use the option `instance_ids`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(str(text) for text in listed)


def parse_regions(texts: Iterable[object] | None) -> tuple[str, ...]:
    """Names of regions; none for None. One that botocore does not know is refused: AWS would be asked at an address that does not exist,
    or refuse the credentials there."""
    listed = [] if texts is None else list(texts)
    known = known_regions() if listed else frozenset()
    faults = [
        InputError(f"use `regions[{number}]` = {ascii(text)[:120]}", "it is no region", _meant(text, known))
        for number, text in enumerate(listed)
        if text not in known
    ]
    if faults:
        raise InputError.together(faults)
    return tuple(dict.fromkeys(str(text) for text in listed))


def _meant(text: object, known: frozenset[str]) -> str:
    likely = get_close_matches(str(text)[:40], sorted(known), n=1)
    if not likely:
        return "Give one such as eu-central-1."
    return f"Did you mean {likely[0]}? In a region that is newer than this botocore, name targets by their ARNs."


def found_or_raised(found: Ec2Instance | CordonError) -> Ec2Instance:
    """One answer of `find_instances` as the engine wants it."""
    if isinstance(found, CordonError):
        raise found
    return found


def find_instances(reads: Reads, names: Sequence[str], places: Places) -> Mapping[str, Ec2Instance | CordonError]:
    """Name -> the instance, or why there is none. All are asked about together; nothing is asked of one named by its ARN, and
    everything that will be asked of them is expected."""
    found = {name: _of_name(reads, name, places) for name in _expected(reads, names, places)}
    for instance in found.values():
        if isinstance(instance, Ec2Instance):
            instance.expect(reads)
    return found


def _expected(reads: Reads, names: Sequence[str], places: Places) -> list[str]:
    once = list(dict.fromkeys(names))
    for name in once:
        if INSTANCE_ID.fullmatch(name):
            for account in places.accounts:
                for region in places.regions:
                    reads.expect(INSTANCES, account, region, name)
    return once


def _of_name(reads: Reads, name: str, places: Places) -> Ec2Instance | CordonError:
    try:
        return _by_id(reads, name, places) if INSTANCE_ID.fullmatch(name) else _by_arn(reads, name, places)
    except CordonError as error:
        return error


def _by_arn(reads: Reads, arn: str, places: Places) -> Ec2Instance:
    instance = instance_of_arn(arn)
    if instance.partition != reads.caller.partition:
        raise InputError(
            f"look up {arn}",
            f"it is in partition {instance.partition} and the responder's credentials are in {reads.caller.partition}",
            f"Run this with credentials of partition {instance.partition}.",
        )
    if places.only is not None and instance.account not in places.only:
        raise ElsewhereError(
            f"contain {arn}",
            f"it is in account {instance.account}, and `accounts` allows {', '.join(sorted(places.only)) or 'none'}",
            "If it is to be contained all the same, name it in a run of its own.",
        )
    return instance


def _by_id(reads: Reads, instance_id: str, places: Places) -> Ec2Instance:
    unseen: list[CordonError] = []
    for account in places.accounts:
        for region in places.regions:
            try:
                found = reads.each(INSTANCES, account, region, instance_id)
            except CordonError as error:
                unseen.append(error)
                continue
            if found:
                arn = f"arn:{reads.caller.partition}:ec2:{region}:{account}:instance/{instance_id}"
                return instance_of_arn(arn)
    if unseen:
        raise unseen[0]
    kind = ElsewhereError if places.only is not None else InputError
    raise kind(
        f"look up {instance_id}",
        no_such_instance(places.accounts, places.regions),
        f"Name its `regions` and `accounts`, or give its ARN. {CHECK_PLACE}",
    )

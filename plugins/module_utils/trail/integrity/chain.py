# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a chain of digests shows of the files of a trail: that they are as CloudTrail delivered them, altered, gone, or added. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import (
    DigestName,
    delivered_at,
    digest_name,
    log_place,
    may_hold,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.digest import Digest, is_signed

_TOLD = 50
"""How many faults of one chain are told one by one."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDigest:
    """A digest file as it was found."""

    name: str
    """In its store: the key, or the path below a directory."""
    about: DigestName
    digest: Digest | None = None
    error: str = ""
    """Why it could not be read."""
    signature: str = ""
    """What stood beside it."""
    public_key: bytes | None = None
    """The key that it names, where CloudTrail has such a one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The log files that were found."""

    listed: Collection[str]
    """Their names, as `known_as` tells them."""
    hashes: Mapping[str, str]
    """Of those that were read: name -> SHA-256 of what is in it; empty where it could not be unpacked."""
    known_as: Callable[[str], str]
    """By what a key is known here: itself, or in a copy of a bucket the last part, which CloudTrail makes unique."""
    span: Span
    covered: Collection[str]
    """Names that stand in any digest at all: in another trail's, or in one that came later."""
    in_place: bool
    """Whether they lie where CloudTrail delivered them, with what it wrote beside them: not so in a copy."""
    has_keys: bool
    """Whether CloudTrail's public keys could be asked for."""


def chain_gaps(digests: Sequence[ReadDigest], files: Files) -> Iterator[Gap]:
    """`digests`: of one chain."""
    ordered = sorted(digests, key=lambda one: (one.about.time, one.name))
    found = list(_faults(ordered, files))
    yield from found[:_TOLD]
    if len(found) > _TOLD:
        where = f"digests of {ordered[0].about.account} in {ordered[0].about.region}"
        yield Gap(kind="altered", where=where, why=f"{len(found) - _TOLD} more files are altered or missing")
    yield from _in_no_digest(ordered, files)


def _faults(ordered: Sequence[ReadDigest], files: Files) -> Iterator[Gap]:
    there = {files.known_as(one.name): one for one in ordered}
    before: ReadDigest | None = None
    for one in ordered:
        digest = one.digest
        if digest is None:
            yield _altered(one.name, f"the digest cannot be read: {one.error}")
            continue
        if files.in_place:
            yield from _signature_fault(one, digest, files)
        yield from _link_fault(digest, there, before, files)
        yield from _file_faults(digest, files)
        before = one


def _signature_fault(one: ReadDigest, digest: Digest, files: Files) -> Iterator[Gap]:
    if digest.key != one.name:
        yield _altered(one.name, "the digest is not where CloudTrail delivered it")
    elif not one.signature:
        yield _altered(one.name, "the digest has no signature")
    elif not files.has_keys:
        return
    elif one.public_key is None:
        yield _altered(one.name, "the digest names a key that is not known as one of CloudTrail's")
    elif not is_signed(digest, one.signature, one.public_key):
        yield _altered(one.name, "the digest does not have CloudTrail's signature")


def _link_fault(
    digest: Digest, there: Mapping[str, ReadDigest], before: ReadDigest | None, files: Files
) -> Iterator[Gap]:
    """Whether the digest before is there, and is the one that this was made behind."""
    if not digest.previous_key:
        if before is not None and before.digest is not None:
            why = "no digests: the trail was stopped meanwhile, or its validation was switched off"
            yield Gap(
                kind="not_recorded", where=printable(before.name), why=why, since=before.digest.end, until=digest.start
            )
        return
    previous = there.get(files.known_as(digest.previous_key))
    if previous is None:
        about = digest_name(digest.previous_key)
        if about is None or may_hold(about.time, files.span):
            why = "the digest is gone, and with it the proof for the files of its hour"
            yield Gap(kind="missing", where=printable(digest.previous_key), why=why, until=digest.start)
        return
    if previous.digest is None:
        return
    if previous.digest.content_hash != digest.previous_hash:
        yield _altered(previous.name, "the digest is not the one that the next was made behind")
    elif files.in_place and previous.signature != digest.previous_signature:
        yield _altered(previous.name, "the digest's signature is not the one that the next was made behind")


def _file_faults(digest: Digest, files: Files) -> Iterator[Gap]:
    for key, wanted in sorted(digest.files.items()):
        name = files.known_as(key)
        if name not in files.listed:
            time = delivered_at(key)
            if time is None or may_hold(time, files.span):
                why = "the log file is gone"
                yield Gap(kind="missing", where=printable(key), why=why, since=digest.start, until=digest.end)
        elif files.hashes.get(name, wanted) != wanted:
            yield _altered(printable(key), "the log file is not what CloudTrail delivered")


def _in_no_digest(ordered: Sequence[ReadDigest], files: Files) -> Iterator[Gap]:
    """Files of the hours that the chain covers, and of none of its digests: somebody else's, or another trail's."""
    read = [one.digest for one in ordered if one.digest is not None]
    if not read or ordered[0].about.is_backfill:
        return
    about, start, end = ordered[0].about, min(one.start for one in read), max(one.end for one in read)
    of_chain = [
        (time, name)
        for name in files.listed
        if log_place(name) == (about.account, about.region)
        and (time := delivered_at(name))
        and name not in files.covered
    ]
    added = sorted(name for time, name in of_chain if start + _MINUTE <= time and time + _MINUTE <= end)
    later = [time for time, _name in of_chain if time + _MINUTE > end]
    if added:
        why = (
            f"{len(added)} log files of hours that have digests are in none of them: they were added, or came too late, or are another "
            "trail's"
        )
        yield Gap(kind="altered", where=printable(added[0]), why=why, since=start, until=end)
    if later:
        why = f"{len(later)} log files are later than the last digest that was read: whether they are as delivered is not known"
        yield Gap(kind="delayed", where=f"digests of {about.account} in {about.region}", why=why, since=end)


def _altered(where: str, why: str) -> Gap:
    return Gap(kind="altered", where=printable(where), why=why)

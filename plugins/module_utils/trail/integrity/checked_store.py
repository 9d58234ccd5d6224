# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A store whose files are compared with CloudTrail's digests of them, while they are read: what is altered, gone or added is a gap.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import DigestName, digest_name
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store, Stored
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.chain import Files, ReadDigest, chain_gaps
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.content import (
    ContentError,
    content_of,
    hash_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.digest import DigestError, digest_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.keys import public_keys

_LARGEST = 64 * 1024**2
"""Bytes of one digest, uncompressed: it has some hundred bytes for each file of an hour."""


class SignedStore(Store, Protocol):
    """A store that lies where CloudTrail delivers."""

    def signature(self, stored: Stored) -> str:
        """What stands beside a digest that was fetched; empty where nothing does."""


class CheckedStore:
    """`store`'s files without its digests. `signed`: the same store, where it lies where CloudTrail delivers: then signatures are checked,
    with keys asked for with `cloud`; in a copy the rest is."""

    def __init__(
        self, store: Store, span: Span, *, cloud: Cloud | None = None, signed: SignedStore | None = None
    ) -> None:
        self._store = store
        self._span = span
        self._cloud = cloud
        self._signed = signed
        self._digests: list[tuple[Stored, DigestName]] = []
        self._listed: set[str] = set()
        self._hashes: dict[str, str] = {}
        self._lock = threading.Lock()
        self._found: list[Gap] | None = None

    def files(self) -> Iterator[Stored]:
        self._digests.clear()
        for stored in self._store.files():
            about = digest_name(stored.name)
            if about is None:
                self._listed.add(self._known_as(stored.name))
                yield stored
            else:
                self._digests.append((stored, about))

    def fetch(self, stored: Stored) -> bytes:
        content = self._store.fetch(stored)
        name = self._known_as(stored.name)
        if name not in self._hashes:
            found = hash_of(content)
            with self._lock:
                self._hashes[name] = found
                self._found = None
        return content

    def gaps(self) -> Sequence[Gap]:
        if self._found is None:
            self._found = list(self._checked())
        return [*self._store.gaps(), *self._found]

    def _checked(self) -> Iterator[Gap]:
        if not self._listed:
            return
        if not self._digests:
            why = "there are no digests: whether files were altered, removed or added cannot be told"
            yield Gap(kind="missing", where="log files", why=why, since=self._span.since, until=self._span.until)
            return
        read = in_parallel(self._digests, lambda one: self._read(*one))
        keys, gaps = self._keys(read)
        yield from gaps
        if self._signed is None:
            why = "signatures are metadata of objects, which a copy does not have: only the chain of digests and the files are checked"
            yield Gap(kind="missing", where="digests", why=why)
        files = Files(
            listed=self._listed,
            hashes=self._hashes,
            known_as=self._known_as,
            span=self._span,
            covered={self._known_as(key) for one in read if one.digest is not None for key in one.digest.files},
            in_place=self._signed is not None,
            has_keys=not gaps,
        )
        chains: defaultdict[tuple[object, ...], list[ReadDigest]] = defaultdict(list)
        for one in read:
            key = keys.get((one.about.home_region, one.digest.fingerprint)) if one.digest else None
            chains[(*one.about.chain, one.about.is_backfill)].append(replace(one, public_key=key))
        for chain in chains.values():
            yield from chain_gaps(chain, files)

    def _read(self, stored: Stored, about: DigestName) -> ReadDigest:
        try:
            content = content_of(self._store.fetch(stored), _LARGEST)
            digest = digest_of(content)
        except (CordonError, ContentError, DigestError) as error:
            return ReadDigest(name=stored.name, about=about, error=str(error).rstrip("."))
        signature = self._signed.signature(stored) if self._signed is not None else ""
        return ReadDigest(name=stored.name, about=about, digest=digest, signature=signature)

    def _keys(self, read: Sequence[ReadDigest]) -> tuple[dict[tuple[str, str], bytes], list[Gap]]:
        """(home region of the trail, fingerprint) -> key."""
        found: dict[tuple[str, str], bytes] = {}
        gaps: list[Gap] = []
        good = [one.digest for one in read if one.digest is not None]
        if self._signed is None or self._cloud is None or not good:
            return found, gaps
        since, until = min(one.start for one in good), datetime.now(UTC)
        for region in sorted({one.about.home_region for one in read}):
            keys, refused = public_keys(self._cloud, region, since, max(until, *(one.end for one in good)))
            gaps += refused
            found |= {(region, fingerprint): key for fingerprint, key in keys.items()}
        return found, gaps

    def _known_as(self, name: str) -> str:
        return name if self._signed is not None else name.rpartition("/")[2]

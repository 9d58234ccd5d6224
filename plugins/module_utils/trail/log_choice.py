# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The log that the option `trail` names: files of this machine, a trail's bucket, read or searched by Athena, or CloudTrail's event
history."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.log import AthenaLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import AthenaOptions
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import Scope, digest_name
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.settings import settings_gaps
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.spool import Spool
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.store import BucketStore
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.log import HistoryLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.checked_store import CheckedStore
from ansible_collections.cordon.aws.plugins.module_utils.trail.spanned_log import SpannedLog

LIBRARIES = ("ahocorasick_rs", "cryptography", "isal", "orjson", "stringzilla")
"""What reading logs needs besides what every module does."""
HISTORY = "lookup_events"
_BUCKET = re.compile(r"(?:s3|athena)://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_EXPECTED = f"Name a directory, a file, s3://bucket/prefix, athena://bucket/prefix, or {HISTORY}."


def log_of(
    trail: str,
    cloud: Cloud,
    *,
    accounts: Collection[str] | None = None,
    regions: Collection[str] | None = None,
    athena: AthenaOptions | None = None,
) -> EventLog:
    """`accounts` and `regions`: of which alone events are wanted; None: of all. `athena`: how it is asked, where it is. Raises InputError,
    before AWS is asked, for what names no log."""
    only_accounts = None if accounts is None else frozenset(accounts)
    only_regions = None if regions is None else frozenset(regions)
    if trail == HISTORY:
        return HistoryLog(cloud, accounts=only_accounts, regions=only_regions)
    if trail.startswith("athena://"):
        return _searched(trail, cloud, only_accounts, only_regions, athena or AthenaOptions())
    if trail.startswith("s3://"):
        return _bucket(trail, cloud, only_accounts, only_regions)
    return _folder(trail)


def scan_of(log: EventLog) -> Json:
    """What Athena was asked to scan; None for a log that it does not search."""
    return log.spending.as_json() if isinstance(log, AthenaLog) else None


def _bucket_and_prefix(trail: str) -> tuple[str, str]:
    parts = _BUCKET.fullmatch(trail)
    prefix = (parts["prefix"] or "") if parts else ""
    if parts is None or not prefix.isprintable() or len(prefix.encode()) > 1024:
        raise _wrong(trail, f"it is not of the form {trail.partition(':')[0]}://bucket/prefix")
    return parts["bucket"], prefix


def _searched(
    trail: str,
    cloud: Cloud,
    accounts: frozenset[str] | None,
    regions: frozenset[str] | None,
    options: AthenaOptions,
) -> EventLog:
    bucket, prefix = _bucket_and_prefix(trail)
    return AthenaLog(
        cloud,
        bucket,
        prefix,
        options,
        lambda span: settings_gaps(cloud, bucket, span),
        accounts=accounts,
        regions=regions,
    )


def _bucket(trail: str, cloud: Cloud, accounts: frozenset[str] | None, regions: frozenset[str] | None) -> EventLog:
    bucket, prefix = _bucket_and_prefix(trail)
    spool = Spool()

    def store_of(span: Span) -> Store:
        scope = Scope(span=span, accounts=accounts, regions=regions)
        stored = BucketStore(cloud, bucket, prefix, scope, spool=spool)
        return CheckedStore(stored, span, cloud=cloud, signed=stored)

    return SpannedLog(store_of, lambda span: settings_gaps(cloud, bucket, span))


def _folder(trail: str) -> EventLog:
    if not trail.strip() or "\0" in trail:
        raise _wrong(trail, "it is empty" if not trail.strip() else "it is not a path")
    if _SCHEME.match(trail) and not Path(trail).exists():
        raise _wrong(trail, "there is no log of this kind")
    folder = Folder(str(Path(trail).expanduser()))
    # Files without digests are read by processes of their own, which need not hand back what they read.
    is_signed = any(digest_name(stored.name) for stored in folder.files())
    return SpannedLog(lambda span: CheckedStore(folder, span) if is_signed else folder)


def _wrong(trail: str, why: str) -> InputError:
    return InputError(f"use `trail` = {ascii(trail)[:120]}", why, _EXPECTED)

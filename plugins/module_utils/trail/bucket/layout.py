# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How CloudTrail names what it delivers into a bucket. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html (names of files)
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html (digest files)"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span

TOP = "AWSLogs/"
LOGS, DIGESTS = "CloudTrail/", "CloudTrail-Digest/"
LATE = timedelta(days=1)
"""How much later than an event the file with it may come. CloudTrail is 5 minutes behind on average, without a promise, and delivers again
what the bucket would not take. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html"""

_END_OF_DAYS = datetime(9000, 1, 1, tzinfo=UTC)
_ACCOUNT = re.compile(r"\d{12}/", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}/")
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]{1,16}){1,3}-\d{1,2}[a-z]?/", re.ASCII)
_LOG = re.compile(
    r"(?P<account>\d{12})_CloudTrail_(?P<region>[a-z0-9-]+)_(?P<time>\d{8}T\d{4}Z)_[A-Za-z0-9]+\.json(\.gz)?", re.ASCII
)
_DIGEST = re.compile(
    r"(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>[A-Za-z0-9._-]{3,128})_(?P<home>[a-z0-9-]+)"
    r"_(?P<time>\d{8}T\d{6}Z)(?P<backfill>_backfill)?\.json(\.gz)?",
    re.ASCII,
)
_IN_TREE = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]{10,32}/)?(?P<account>\d{12})/(?P<kind>[^/]+)/(?:(?P<region>[^/]+)/)?", re.ASCII
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which of a trail's files matter."""

    span: Span
    accounts: frozenset[str] | None = None
    """None: all."""
    regions: frozenset[str] | None = None

    def has_account(self, account: str) -> bool:
        return self.accounts is None or account in self.accounts

    def has_region(self, region: str) -> bool:
        return self.regions is None or region in self.regions


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestName:
    """What the name of a digest file tells."""

    account: str
    region: str
    """Whose files it is about."""
    trail: str
    home_region: str
    """The trail's."""
    time: datetime
    """The end of the hour that it is about."""
    is_backfill: bool
    """Whether it names files that came too late for the digest of their hour."""

    @property
    def chain(self) -> tuple[str, str, str, str]:
        """Digests of one chain follow on each other."""
        return self.account, self.region, self.trail, self.home_region


def log_place(key: str) -> tuple[str, str] | None:
    """Whose account and which region's log file it is by its name; None where the name does not tell."""
    found = _LOG.fullmatch(key.rpartition("/")[2])
    return (found["account"], found["region"]) if found else None


def delivered_at(key: str) -> datetime | None:
    """When CloudTrail delivered the log file, to the minute; None where the name does not tell. No event in it is later."""
    found = _LOG.fullmatch(key.rpartition("/")[2])
    return _time(found["time"], "%Y%m%dT%H%MZ") if found else None


def digest_name(key: str) -> DigestName | None:
    """None where this is no digest file."""
    found = _DIGEST.fullmatch(key.rpartition("/")[2])
    time = _time(found["time"], "%Y%m%dT%H%M%SZ") if found else None
    if found is None or time is None:
        return None
    return DigestName(
        account=found["account"],
        region=found["region"],
        trail=found["trail"],
        home_region=found["home"],
        time=time,
        is_backfill=bool(found["backfill"]),
    )


def is_wanted(key: str, scope: Scope) -> bool:
    """Whether events that matter may be in there, or a digest of files with such. Under AWSLogs only CloudTrail's own count; elsewhere
    whatever is there, but what CloudTrail calls something else, such as its Insights."""
    if key.endswith("/"):
        return False
    tree = _IN_TREE.search(key)
    if f"/{TOP}" in f"/{key}" and (tree is None or f"{tree['kind']}/" not in (LOGS, DIGESTS)):
        return False
    if tree is not None and not (scope.has_account(tree["account"]) and scope.has_region(tree["region"] or "")):
        return False
    name = key.rpartition("/")[2]
    if "_CloudTrail-" in name and digest_name(key) is None:
        return False
    digest = digest_name(key)
    time = digest.time if digest else delivered_at(key)
    # The digest that covers a file comes at the end of the hour after it at the latest.
    return time is None or may_hold(time, scope.span, timedelta(hours=2) if digest else timedelta(0))


def may_hold(delivered: datetime, span: Span, later: timedelta = timedelta(0)) -> bool:
    """Whether a file that was delivered in this minute may hold events of the span."""
    whole_minute = delivered + timedelta(minutes=1)
    return (span.since is None or whole_minute > span.since) and (
        span.until is None or delivered - LATE - later < span.until
    )


def days(span: Span) -> tuple[str, str]:
    """The first and the last folder of a day in which files may lie that hold events of the span: "2026/01/31"; empty where it is open."""
    first = f"{span.since.astimezone(UTC):%Y/%m/%d}" if span.since else ""
    until = min(span.until, _END_OF_DAYS) if span.until else None
    return first, f"{until.astimezone(UTC) + LATE + timedelta(hours=2):%Y/%m/%d}" if until else ""


def accounts_in(folders: Iterable[str], scope: Scope) -> tuple[list[str], list[str]]:
    """Of the folders right below AWSLogs: those of accounts that matter, and those of organizations, below which accounts follow."""
    named = list(folders)
    accounts = [one for one in named if _ACCOUNT.fullmatch(_last(one)) and scope.has_account(_last(one)[:-1])]
    return accounts, [one for one in named if _ORGANIZATION.fullmatch(_last(one))]


def regions_in(folders: Iterable[str], scope: Scope) -> list[str]:
    """Those of the folders below CloudTrail that are regions that matter."""
    return [one for one in folders if _REGION.fullmatch(_last(one)) and scope.has_region(_last(one)[:-1])]


def _last(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[2] + "/"


def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None

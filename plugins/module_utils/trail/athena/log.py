# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A trail's bucket as a log that Athena searches: for what one machine cannot read in the time there is.

Each round is one query for all that has become wanted, over the partitions that can hold it; the rule decides on what comes back. The
bytes of the partitions are counted before anything is run, and are what is paid for: https://aws.amazon.com/athena/pricing/"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.telling import tell
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena import partitions, workgroup
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import AthenaOptions
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.partitions import Tree
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.queries import FailedQueryError, Queries, Row
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.search import Round, Search
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.spending import Spending
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.statements import Part, Table, patterns, searches
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.tables import make_sure, table_over
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import Scope
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.listing import Listing
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Progress, Report, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable

_MOST_BROKEN = 20
"""So many files that Athena cannot read are left out, one by one."""


class AthenaLog:
    """An EventLog. `accounts` and `regions`: of which alone events are searched; None: of all. `known`: what the bucket is known not to
    show."""

    def __init__(
        self,
        cloud: Cloud,
        bucket: str,
        prefix: str,
        options: AthenaOptions,
        known: Callable[[Span], Sequence[Gap]],
        *,
        accounts: frozenset[str] | None = None,
        regions: frozenset[str] | None = None,
        say: Callable[[str], None] = tell,
    ) -> None:
        self._cloud = cloud
        self._bucket, self._prefix = bucket, prefix
        self._options, self._known = options, known
        self._accounts, self._regions = accounts, regions
        self._say = say
        self._where = f"s3://{bucket}/{prefix}"
        self._faults: dict[tuple[str, str], int] = {}
        self._gaps: list[Gap] = []
        self._broken: dict[str, str] = {}
        """File -> why Athena cannot read it."""
        self.spending = Spending(most=options.most)

    @property
    def read(self) -> int:
        """Nobody tells how many events Athena has looked at."""
        return 0

    @property
    def unique(self) -> int:
        return 0

    def gaps(self) -> Sequence[Gap]:
        faults = (
            Gap(kind="unreadable", where=printable(name), why=f"{why} ({count} times)" if count > 1 else why)
            for (name, why), count in sorted(self._faults.items())
        )
        broken = (
            Gap(kind="unreadable", where=printable(name), why=f"Athena cannot read it: {why[:200]}")
            for name, why in sorted(self._broken.items())
        )
        return [*self._gaps, *broken, *faults]

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        now = datetime.now(UTC)
        self._faults = {}
        self._gaps = [*self._known(span), self._unchecked()]
        search = Search(rule, span, self._fault)
        search.want((word, None) for word in seeds)
        round_ = search.next_round()
        trees = self._listed(span, now) if round_ else {}
        is_first = True
        while round_ is not None and trees:
            for row in self._ask(trees, round_, report, is_first=is_first):
                event = search.event(row)
                if event is not None:
                    yield event
            round_, is_first = search.next_round(), False

    def _listed(self, span: Span, now: datetime) -> Mapping[Table, Tree]:
        first, last = partitions.days(span, now)
        scope = Scope(span=partitions.whole_days(first, last), accounts=self._accounts, regions=self._regions)
        listing = Listing(self._cloud, self._bucket, self._prefix, scope)
        found, elsewhere = partitions.trees(listing.stored(), first, last)
        self._gaps += listing.gaps
        if elsewhere:
            if not found:
                raise InputError(
                    f"search {self._where} with Athena",
                    "its files are not in CloudTrail's folders of accounts, regions and days",
                    "Read them with s3:// in the place of athena://.",
                )
            why = (
                f"{elsewhere} files are not in CloudTrail's folders of accounts, regions and days, and are not searched"
            )
            self._gaps.append(Gap(kind="not_covered", where=self._where, why=why))
        if not found:
            why = "there are no files of the days, accounts and regions that are asked for"
            self._gaps.append(Gap(kind="missing", where=self._where, why=why, since=span.since, until=span.until))
        return {table_over(self._options.database, self._bucket, root): tree for root, tree in sorted(found.items())}

    def _unchecked(self) -> Gap:
        why = "digests are not checked where Athena searches: read the bucket with s3:// to know whether files were altered or removed"
        return Gap(kind="not_covered", where=self._where, why=why)

    def _fault(self, name: str, why: str) -> None:
        self._faults[name, why] = self._faults.get((name, why), 0) + 1

    def _ask(self, trees: Mapping[Table, Tree], round_: Round, report: Report, *, is_first: bool) -> Iterator[Row]:
        """One round. Nothing is run, and nothing made, before it is known what all of it will scan."""
        asked = [(table, tree, part) for table, tree in trees.items() if (part := tree.part(round_.since)) is not None]
        statements = {table: self._statements(table, part, round_) for table, _tree, part in asked}
        sizes = {table: tree.size(part) for table, tree, part in asked}
        if not asked:
            return
        # Statements about different accounts scan what is theirs, those about other texts the same once more.
        total = sum(sizes.values()) * len(list(patterns(round_.texts)))
        self._say(self.spending.plan(total, sum(map(len, statements.values())), self._where))
        before, estimate = self.spending.scanned, self.spending.estimated

        def told(scanned: int) -> None:
            report(
                Progress(
                    files=self.spending.queries,
                    size=before + scanned,
                    size_total=max(estimate, before + scanned),
                    counted="queries",
                )
            )

        queries = Queries(self._cloud, self._options.workgroup, self.spending, self._where, told)
        if is_first:
            workgroup.check(self._cloud, self._options.workgroup, max(sizes.values(), default=0))
            for table in trees:
                make_sure(table, self._cloud, queries)
        for table, tree, part in asked:
            for number in range(len(statements[table])):
                yield from self._rows(queries, table, tree, part, round_, number)

    def _statements(self, table: Table, part: Part, round_: Round) -> list[str]:
        return list(searches(table, part, round_.texts, sorted(self._broken)))

    def _rows(
        self, queries: Queries, table: Table, tree: Tree, part: Part, round_: Round, number: int
    ) -> Iterator[Row]:
        """A file that Athena cannot read makes a whole query fail: it is left out, which is told, and everything else is read."""
        while True:
            try:
                yield from queries.rows(self._statements(table, part, round_)[number], f"{tree.seen:x}")
            except FailedQueryError as error:
                name = _file_named(error.reason, table.location)
                if name is None or name in self._broken or len(self._broken) >= _MOST_BROKEN:
                    raise
                self._broken[name] = error.reason
                self._say(self.spending.plan(tree.size(part), 1, self._where))
                continue
            return


def _file_named(reason: str, location: str) -> str | None:
    """The file of the table that Athena names; None where it names none."""
    found = re.search(re.escape(location) + r"[A-Za-z0-9_./=-]+", reason)
    return found[0].rstrip(".") if found else None

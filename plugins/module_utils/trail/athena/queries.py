# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs statements in Athena: started once however often it is asked to, waited for, stopped when the run ends, read page by page."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.spending import Spending
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable

PAGE = 1000
"""https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html"""
_ATTEMPTS = 3
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
# A query ends after 30 minutes by itself; before that it may wait for its turn:
# https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
_LONGEST_S = 3 * 3600.0

_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")

Row = Sequence[str | None]


class FailedQueryError(AwsError):
    """Athena ran the query, and it failed. `reason`: Athena's words."""

    def __init__(self, tried: str, why: str, remedy: str, *, reason: str) -> None:
        super().__init__(tried, why, remedy, code="FAILED")
        self.reason = reason


class Queries:
    """In one workgroup and region. `where`: what is searched, for messages; `told`: how many bytes the query under way has scanned."""

    def __init__(
        self,
        cloud: Cloud,
        workgroup: str,
        spending: Spending,
        where: str,
        told: Callable[[int], None] = lambda _scanned: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cloud = cloud
        self._workgroup = workgroup
        self._spending = spending
        self._where = where
        self._told = told
        self._sleep = sleep

    def rows(self, statement: str, state: str) -> Iterator[Row]:
        """What the statement answers. `state`: what the answer depends on besides; a statement that was started in the same state before,
        by a run that died, is not started again. Raises FailedQueryError, and RefusedError for one that scans more than is allowed."""
        query, attempt = self._run(statement, state, 0)
        token, is_first = "", True
        while is_first or token:
            given: dict[str, Json] = {"QueryExecutionId": query, "MaxResults": PAGE}
            try:
                answer = self._ask("GetQueryResults", given | ({"NextToken": token} if token else {}))
            except AwsError as error:
                # What an earlier run had asked may have been cleared away since.
                if error.code != "InvalidRequestException" or not is_first or attempt + 1 >= _ATTEMPTS:
                    raise
                query, attempt = self._run(statement, state, attempt + 1)
                continue
            found = answer.get("ResultSet", {}).get("Rows", ())
            # The names of the columns come first.
            for row in found[1:] if is_first else found:
                yield [datum.get("VarCharValue") for datum in row.get("Data", ())]
            token, is_first = str(answer.get("NextToken") or ""), False

    def carry_out(self, statement: str) -> None:
        """A statement that makes something, unless it is there."""
        self._run(statement, secrets.token_hex(8), 0, counts=False)

    def _run(self, statement: str, state: str, attempt: int, *, counts: bool = True) -> tuple[str, int]:
        """The execution that succeeded, and which attempt it was."""
        while True:
            token = hashlib.sha256(f"{attempt} {state} {statement}".encode()).hexdigest()
            given = {"QueryString": statement, "ClientRequestToken": token, "WorkGroup": self._workgroup}
            query = str(self._ask("StartQueryExecution", given)["QueryExecutionId"])
            ended, was_over = self._wait(query)
            if counts:
                self._spending.done(_scanned(ended))
            status = ended.get("Status", {})
            if status.get("State") == "SUCCEEDED":
                return query, attempt
            attempt += 1
            may_repeat = was_over or bool(status.get("AthenaError", {}).get("Retryable"))
            if attempt >= _ATTEMPTS or not may_repeat or _is_cut_off(status):
                raise self._failure(status)

    def _wait(self, query: str) -> tuple[dict[str, Json], bool]:
        """The execution when it has ended, and whether it had before anybody waited: then an earlier run had stopped it. One that nobody
        waits for any more is stopped."""
        wait_s, until, was_over = _FIRST_WAIT_S, time.monotonic() + _LONGEST_S, True
        try:
            while True:
                execution: dict[str, Json] = self._ask("GetQueryExecution", {"QueryExecutionId": query})[
                    "QueryExecution"
                ]
                if execution["Status"]["State"] in _ENDED:
                    return execution, was_over
                was_over = False
                self._spending.check(_scanned(execution), self._where)
                self._told(_scanned(execution))
                if time.monotonic() > until:
                    raise RefusedError(
                        f"search {self._where} with Athena",
                        f"the query has taken more than {_LONGEST_S / 3600:.0f} hours",
                        "Look at the workgroup's queries, and repeat the run.",
                    )
                self._sleep(wait_s)
                wait_s = min(wait_s * 1.5, _LONGEST_WAIT_S)
        except BaseException:
            with contextlib.suppress(CordonError):
                self._ask("StopQueryExecution", {"QueryExecutionId": query})
            raise

    def _failure(self, status: dict[str, Json]) -> CordonError:
        reason = printable(str(status.get("StateChangeReason") or "no reason is given")).rstrip(".")
        tried = f"search {self._where} with Athena"
        if _is_cut_off(status):
            return RefusedError(
                tried,
                f"workgroup {self._workgroup} does not let a query scan so much: {reason}",
                "Narrow `since` and `until`, or raise the workgroup's limit.",
            )
        remedy = "Read the trail's bucket itself, with s3:// in the place of athena://, or mend what Athena names."
        return FailedQueryError(tried, f"the query has failed: {reason}", remedy, reason=reason)

    def _ask(self, operation: str, given: dict[str, Json]) -> dict[str, Json]:
        """Safe to repeat, all of them: what is started has a token."""
        return self._cloud.read(
            Call(account="", region=self._cloud.home_region, service="athena", operation=operation, parameters=given)
        )


def _scanned(execution: dict[str, Json]) -> int:
    return int(execution.get("Statistics", {}).get("DataScannedInBytes") or 0)


def _is_cut_off(status: dict[str, Json]) -> bool:
    return "bytes scanned limit" in str(status.get("StateChangeReason") or "").lower()

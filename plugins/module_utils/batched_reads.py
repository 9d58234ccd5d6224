# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers what one look asks of users or roles of one account out of a listing of the whole account, in a fraction of the calls.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html

What the listing does not tell, or may not be asked for, is asked one by one as ever. Texts of policies come as they do from
GetUserPolicy and GetRolePolicy, URL-encoded."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import WORKERS
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

PERMISSIONS = ("iam:GetAccountAuthorizationDetails",)
FEW = 5
FEWS_PAGE, PAGE = 100, 1000
"""How many of the account's users or roles are listed in a call, for a few targets and for many: one of a few is looked for where it costs
no more time than asking for it alone, which is done where it was not found."""
CALLS_SAVED = 4
"""For each user or role at least: Get, List…Policies, ListAttached…Policies, and the texts."""
_OPERATION = re.compile(
    r"Get(?P<a>User|Role)|List(?P<b>User|Role)Policies|Get(?P<c>User|Role)Policy|ListAttached(?P<d>User|Role)Policies"
)

Details = dict[str, dict[str, Json]]
"""What the listing says of each user, or role, by name."""


@dataclass(kw_only=True)
class BatchedReads:
    """The listings of one look. `targets`: how many it has at most, which bounds what a listing may cost."""

    cloud: Cloud
    targets: int
    _listings: dict[tuple[str, str], Future[Details]] = field(default_factory=dict)

    def answer(self, call: Call, ask: Callable[[], Json]) -> Future[Json] | None:
        """What the answer to `call` will be; from `ask` where the listing does not tell. None: `call` is none that is batched.

        Not to be called by two threads at once."""
        kind = _kind_of(call)
        if kind is None:
            return None
        place = call.account, kind
        if place not in self._listings:
            self._listings[place] = self.cloud.background(partial(self._list, call, kind))
        answer: Future[Json] = Future()
        self._listings[place].add_done_callback(partial(self._settle, answer, call, kind, ask))
        return answer

    def _settle(
        self, answer: Future[Json], call: Call, kind: str, ask: Callable[[], Json], listing: Future[Details]
    ) -> None:
        error = listing.exception()
        if error is not None:
            answer.set_exception(error)
            return
        found = _told(listing.result(), call, kind)
        if found is not None:
            answer.set_result(found)
        else:
            self.cloud.background(ask).add_done_callback(partial(_hand_on, answer))

    def _list(self, like: Call, kind: str) -> Details:
        """All users or roles of the account. What cannot be read, or takes longer than asking one by one, is left out."""
        found: Details = {}
        marker: dict[str, Json] = {}
        # Pages come one after the other, single answers many at once.
        for _page in range(1 + self.targets * CALLS_SAVED // WORKERS):
            size = PAGE if self.targets > FEW else FEWS_PAGE
            parameters = {"Filter": [kind], "MaxItems": size, **marker}
            listing = Call(
                account=like.account,
                region=like.region,
                service=like.service,
                operation="GetAccountAuthorizationDetails",
                parameters=parameters,
            )
            try:
                answer = self.cloud.read(listing)
            except CordonError:
                break
            found |= {one[f"{kind}Name"]: one for one in answer.get(f"{kind}DetailList", ())}
            if not answer.get("IsTruncated"):
                break
            marker = {"Marker": answer["Marker"]}
        return found


def _kind_of(call: Call) -> str | None:
    """ "User" or "Role", whose policies are asked about."""
    named = _OPERATION.fullmatch(call.operation) if call.service == "iam" else None
    return next(filter(None, named.groups()), None) if named else None


def _told(details: Details, call: Call, kind: str) -> Json:
    """The answer to `call` as `details` tell it, in the shape of its own; None where they do not."""
    one = details.get(str(call.parameters.get(f"{kind}Name")))
    if one is None:
        return None
    inline = {policy["PolicyName"]: policy["PolicyDocument"] for policy in one.get(f"{kind}PolicyList", ())}
    if call.operation == f"Get{kind}":
        return {kind: one}
    if call.operation == f"List{kind}Policies":
        return list(inline)
    if call.operation == f"ListAttached{kind}Policies":
        return list(one.get("AttachedManagedPolicies", ()))
    name = call.parameters["PolicyName"]
    return {"PolicyName": name, "PolicyDocument": inline[name]} if name in inline else None


def _hand_on(answer: Future[Json], single: Future[Json]) -> None:
    error = single.exception()
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(single.result())

"""One quick model of everything that containing and watching ask of AWS: IAM, Organizations, CloudTrail's event history, and the
policy simulator, in the place of `Cloud`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from iam_model import RESPONDER, ROLE_ID, UNIQUE_ID, IamModel, World
from organizations_model import OrganizationsModel

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import read_text
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

__all__ = ["RESPONDER", "ROLE_ID", "UNIQUE_ID", "WholeModel", "World", "made_user"]

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"


class WholeModel(IamModel):
    """IamModel, and what else is asked. A process dies around the changes of both services, which are counted together."""

    def __init__(
        self, world: World, *, dies_at: int | None = None, organizations: OrganizationsModel | None = None
    ) -> None:
        super().__init__(world, dies_at=dies_at)
        self.organizations = organizations or OrganizationsModel()
        self.events: list[dict[str, Any]] = []
        """What CloudTrail shows, newest first: records as a trail has them, of any account."""
        self.others_change: Callable[[Call], None] | None = None
        """What others do before a change in Organizations."""

    def read(self, call: Call) -> dict[str, Any]:
        match call.service:
            case "organizations":
                self._check_refused(call)
                with self._lock:
                    return self.organizations.read(call)
            case "cloudtrail":
                return self._looked_up(call)
            case _:
                return super().read(call)

    def pages(self, call: Call, key: str) -> list[Any]:
        self._check_refused(call)
        if call.service == "organizations":
            with self._lock:
                return self.organizations.pages(call, key)
        if call.operation in ("ListUsers", "ListRoles"):
            return self._listed(call)
        if call.operation == "SimulatePrincipalPolicy":
            return self._simulated(call)
        return super().pages(call, key)

    def answer(self, call: Call) -> dict[str, Any]:
        """A change in Organizations."""
        self.boundary()
        if self.others_change:
            self.others_change(call)
        with self._lock:
            answer = self.organizations.answer(call)
        self.boundary()
        return answer

    def writes(self) -> int:
        reads = ("Get", "List", "Describe", "Lookup", "Simulate")
        counts = self.calls + self.organizations.calls
        return sum(count for operation, count in counts.items() if not operation.startswith(reads))

    def quarantined(self, account: str) -> dict[str, str]:
        """User id -> what the policies that are attached to the account say of it."""
        ours = [
            read_text(text) for name, text in self.organizations.texts(account).items() if name.startswith("Cordon")
        ]
        return {user_id: str(one.state_of(user_id)) for one in ours if one for user_id in one.denied}

    def _listed(self, call: Call) -> list[dict[str, Any]]:
        kind = "user" if call.operation == "ListUsers" else "role"
        with self._lock:
            self.calls[call.operation] += 1
            return [
                {
                    f"{kind.title()}Name": arn.rpartition("/")[2],
                    f"{kind.title()}Id": there.get("id", UNIQUE_ID if kind == "user" else ROLE_ID),
                    "Arn": arn,
                    "CreateDate": there.get("created", datetime(2020, 1, 1, tzinfo=UTC)),
                }
                for arn, there in self.world.items()
                if arn.startswith(f"arn:aws:iam::{call.account}:{kind}/")
            ]

    def _simulated(self, call: Call) -> list[dict[str, Any]]:
        """What is asked of it here is decided by a denial of everything: on the principal, or by a service control policy.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
        with self._lock:
            self.calls[call.operation] += 1
            arn = call.parameters["PolicySourceArn"]
            if arn not in self.world:
                raise AwsError("call AWS", "NoSuchEntity", "Look.", code="NoSuchEntity")
            there = self.world[arn]
            by_itself = any(_denies_all(text) for text in there["inline"].values()) or DENY_ALL in (
                *there["attached"],
                there["boundary"],
            )
            given = [entry["ContextKeyValues"][0] for entry in call.parameters.get("ContextEntries", ())]
            ids = {there.get("id", UNIQUE_ID), f"{there.get('id', ROLE_ID)}:*", *given}
            by_policy = bool(ids & set(self.quarantined(call.account)))
            decision = "explicitDeny" if by_itself or by_policy else "allowed"
            return [{"EvalActionName": action, "EvalDecision": decision} for action in call.parameters["ActionNames"]]

    def _looked_up(self, call: Call) -> dict[str, Any]:
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
        self._check_refused(call)
        with self._lock:
            self.calls[call.operation] += 1
            asked = {one["AttributeValue"] for one in call.parameters.get("LookupAttributes", ())}
            return {
                "Events": [
                    {"EventId": event["eventID"], "CloudTrailEvent": json.dumps(event)}
                    for event in self.events
                    if event["recipientAccountId"] == call.account
                    and event["awsRegion"] == call.region
                    and (not asked or event["eventName"] in asked)
                    and datetime.fromisoformat(event["eventTime"]) >= call.parameters["StartTime"]
                ]
            }


def made_user(by: str, arn: str, unique_id: str, number: int = 1) -> dict[str, Any]:
    """CloudTrail's record of a CreateUser by the user of this unique id.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    return {
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "awsRegion": "us-east-1",
        "recipientAccountId": account,
        "userIdentity": {"type": "IAMUser", "principalId": by, "accountId": account, "userName": "alice"},
        "requestParameters": {"userName": name},
        "responseElements": {"user": {"arn": arn, "userId": unique_id, "userName": name, "path": "/"}},
    }


def _denies_all(text: str) -> bool:
    return '"Effect":"Deny","Action":"*","Resource":"*"}' in text

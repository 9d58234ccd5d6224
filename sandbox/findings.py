"""GuardDuty findings: put in by POST /findings, shown by the API, published to EventBridge."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator
from moto.backends import get_backend
from moto.core.utils import get_service_model
from moto.moto_api._internal import mock_random

from sandbox.errors import ApiError
from sandbox.finding_criteria import fits, ordered
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_REQUIRED = ("Type", "Severity", "Resource")
_DETECTOR_IS_OTHERS = "The request is rejected because the input detectorId is not owned by the current account."
_MOST = 50


class Findings:
    """What GuardDuty found, per account and region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def forget(self) -> None:
        self._found.clear()

    def of(self, account: str, region: str) -> list[dict[str, Any]]:
        return list(self._found.get((account, region), {}).values())

    def publish(self, account: str, region: str, finding: Mapping[str, Any]) -> str:
        """Store a finding in GetFindings' shape and send it to EventBridge. Returns its id; raises ValueError for what is no finding."""
        if not re.fullmatch(r"\d{12}", account):
            raise ValueError(f"account must be 12 digits, not {account!r}")
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
            raise ValueError(f"region must be a region's name, not {region!r}")
        missing = [name for name in _REQUIRED if name not in finding]
        if missing:
            raise ValueError(
                f"the finding lacks {', '.join(missing)}; it must be in the shape that GetFindings returns"
            )
        now = self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        detector = self._detector(account, region)
        finding_id = str(finding.get("Id") or mock_random.get_random_hex(32))
        whole = {
            "SchemaVersion": "2.0",
            "Partition": "aws",
            "CreatedAt": now,
            "UpdatedAt": now,
            "Title": finding["Type"],
            "Description": finding["Type"],
            **finding,
            "Id": finding_id,
            "AccountId": account,
            "Region": region,
            "Arn": f"arn:aws:guardduty:{region}:{account}:detector/{detector}/finding/{finding_id}",
        }
        fault = ParamValidator().validate(whole, _shape()).generate_report()
        if fault:
            raise ValueError(f"the finding is not in the shape that GetFindings returns: {fault}")
        found = self._found.setdefault((account, region), {})
        found.pop(finding_id, None)
        found[finding_id] = whole
        _to_event_bridge(account, region, whole)
        return finding_id

    def archive(self, account: str, region: str, finding_ids: Iterable[str], archived: bool) -> None:
        """Put findings away, or take them out again. Unknown ids are passed over."""
        for finding_id in finding_ids:
            finding = self._found.get((account, region), {}).get(finding_id)
            if finding is not None:
                finding["Service"] = {**finding.get("Service", {}), "Archived": archived}

    def _detector(self, account: str, region: str) -> str:
        """GuardDuty finds nothing where it is not switched on, so a finding switches it on."""
        backend = get_backend("guardduty")[account][region]
        there = backend.list_detectors()
        return str(there[0] if there else backend.create_detector(True, "FIFTEEN_MINUTES", {}, {}, []))


def list_findings(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html"""
    _require_detector(request, caller)
    given = request.parameters
    most = _MOST if given.get("MaxResults") is None else int(given["MaxResults"])
    if not 1 <= most <= _MOST:
        raise ApiError(
            "BadRequestException", f"The request is rejected because maxResults is not from 1 to {_MOST}.", 400
        )
    found = [_camel(finding, _shape()) for finding in world.findings.of(caller.account, request.region)]
    found = ordered(
        [one for one in found if fits(one, given.get("FindingCriteria") or {})], given.get("SortCriteria") or {}
    )
    start = int(given["NextToken"]) if str(given.get("NextToken") or "").isdecimal() else 0
    answer: dict[str, Any] = {"FindingIds": [finding["id"] for finding in found[start : start + most]]}
    return {**answer, "NextToken": str(start + most)} if start + most < len(found) else answer


def get_findings(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html"""
    _require_detector(request, caller)
    found = world.findings.of(caller.account, request.region)
    return {"Findings": [finding for finding in found if finding["Id"] in _finding_ids(request)]}


def archive_findings(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ArchiveFindings.html"""
    _require_detector(request, caller)
    world.findings.archive(caller.account, request.region, _finding_ids(request), archived=True)
    return {}


def unarchive_findings(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UnarchiveFindings.html"""
    _require_detector(request, caller)
    world.findings.archive(caller.account, request.region, _finding_ids(request), archived=False)
    return {}


HANDLERS = {
    ("guardduty", "ListFindings"): list_findings,
    ("guardduty", "GetFindings"): get_findings,
    ("guardduty", "ArchiveFindings"): archive_findings,
    ("guardduty", "UnarchiveFindings"): unarchive_findings,
}


def _finding_ids(request: ApiRequest) -> list[str]:
    wanted = list(request.parameters.get("FindingIds") or [])
    if len(wanted) > _MOST:
        raise ApiError(
            "BadRequestException", f"The request is rejected because the input finding ids are more than {_MOST}.", 400
        )
    return wanted


@cache
def _shape() -> Shape:
    return get_service_model("guardduty").shape_for("Finding")


def _require_detector(request: ApiRequest, caller: Caller) -> None:
    if (
        request.parameters.get("DetectorId")
        not in get_backend("guardduty")[caller.account][request.region].list_detectors()
    ):
        raise ApiError("BadRequestException", _DETECTOR_IS_OTHERS, 400)


def _to_event_bridge(account: str, region: str, finding: Mapping[str, Any]) -> None:
    """In the shape of https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html, to every rule of the default
    bus that is switched on (moto itself delivers from those that are switched off, and by rules that only have a schedule)."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account,
        "time": datetime.fromisoformat(finding["UpdatedAt"]).timestamp(),  # moto writes it as text when it sends
        "region": region,
        "resources": [],
        "detail": _event_detail(finding),
    }
    buses = get_backend("events")[account][region].event_buses
    for rule in list(buses["default"].rules.values()) if "default" in buses else ():
        if rule.state != "DISABLED" and rule.event_pattern.get_pattern():
            for target in list(rule.targets):
                one = copy.copy(rule)
                one.targets = [target]
                shaped = "InputTransformer" in target  # moto's own default shape forgets the account
                sent = copy.deepcopy(event) | ({"ingestion-time": event["time"]} if shaped else {})
                try:
                    one.send_to_targets(sent, transform_input=shaped)  # type: ignore[arg-type]
                except NotImplementedError:
                    _to_topic(account, target, event, rule)


def _to_topic(account: str, target: Mapping[str, Any], event: Mapping[str, Any], rule: Any) -> None:
    """moto's rules know no SNS. Targets of other kinds (Lambda, Step Functions, …) get nothing."""
    if target["Arn"].split(":")[2] != "sns" or not rule.event_pattern.matches_event(event):
        return
    time = datetime.fromtimestamp(event["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    get_backend("sns")[account][target["Arn"].split(":")[3]].publish(
        json.dumps({**event, "time": time}), arn=target["Arn"]
    )


def _event_detail(finding: Mapping[str, Any]) -> dict[str, Any]:
    """`additionalInfo` tells its contents twice in events: as text under `value`, and laid open beside it."""
    detail: dict[str, Any] = _camel(finding, _shape())
    extra = detail.get("service", {}).get("additionalInfo", {})
    try:
        laid_open = json.loads(extra.get("value", "{}"))
    except ValueError:
        laid_open = {}
    if isinstance(laid_open, dict) and extra:
        detail["service"]["additionalInfo"] = {**laid_open, **extra}
    return detail


def _camel(value: Any, shape: Shape) -> Any:
    """In the names of the wire. The keys of a map are data and stay as they are."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        known = {name: member for name, member in shape.members.items() if name in value}
        return {member.serialization.get("name", name): _camel(value[name], member) for name, member in known.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_camel(part, shape.member) for part in value]
    return value

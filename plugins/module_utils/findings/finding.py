# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A GuardDuty finding, in whatever shape it arrives, to what can be contained and what can be blocked. Pure.

The shapes: EventBridge's envelope, the answer of GetFindings, a finding by itself in camelCase or PascalCase, also
the latter in an envelope, Security Hub's format by itself or in its envelope; each as data or as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings import guardduty, security_hub, values
from ansible_collections.cordon.aws.plugins.module_utils.findings.draft import Draft
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import Node

_MAX_TEXT = 16 * 1024 * 1024
_MAX_NAMED = 10
# Security Hub's flattened names; findings of 2019 and before lack the prefix.
_SAMPLE_FIELDS = ("additionalInfo/sample", "aws/guardduty/service/additionalInfo/sample")
_INFO_FIELDS = ("additionalInfo", "aws/guardduty/service/additionalInfo/value")
# What EventBridge names as the source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-guardduty.html and
# https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
_GUARDDUTY, _SECURITY_HUB = "aws.guardduty", "aws.securityhub"
_EXPECTED = "Hand over one GuardDuty finding, as data or as JSON: from EventBridge, GetFindings or Security Hub."


class Finding(TypedDict):
    """What `finding_targets` gives: text that matches strict patterns and numbers, safe to template and to print."""

    finding_id: str
    finding_type: str
    account: str | None
    region: str | None
    severity: float | int | None
    sample: bool
    targets: list[dict[str, str | None]]
    indicators: list[dict[str, str]]
    user_type: str | None
    ignored: list[str]
    unique_ids: dict[str, str]
    owners: dict[str, str]


def finding_targets(document: object) -> Finding:
    """Read one finding. Raises InputError for anything else, for several at once, and for ids that are not what they
    claim to be.

    What the finding is about comes first among the targets, then who did it and from where. Account and region are
    None, and ids may be placeholders, only where `sample` is true. `ignored` says what the finding names beyond
    targets and indicators, and why it was left out. `unique_ids` has, by the ARN of a user or session among the targets,
    the unique id that the finding has for the user, or for the role of the session; `owners`, by the id of an access key
    among them, the ARN of whose it is. Where the finding tells no IAM path, / is assumed in an ARN: names are unique in an
    account whatever the path:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    finding, envelope = _unwrapped(_parsed(document))
    _require_source(envelope, _SECURITY_HUB if security_hub.is_asff(finding) else _GUARDDUTY)
    if security_hub.is_asff(finding):
        return _from_security_hub(finding, envelope)
    return _from_guardduty(finding, envelope)


def _from_guardduty(finding: Node, envelope: Node) -> Finding:
    arn = finding.value("arn")
    service = finding.node("service")
    info = service.node("additionalInfo")
    marked = _is_true(info.value("sample")) or _says_sample(info.value("value"))
    sample = marked or _is_sample_title(finding.value("title"))
    finding_type = finding.text("type", values.FINDING_TYPE)
    if finding_type is None:
        raise _unknown(finding)
    severity = finding.value("severity")
    read_severity = None if severity is None else values.number(severity, finding.at("severity"), 0, 10)
    draft = _draft(finding, envelope, arn, "accountId")
    guardduty.read_resource(finding.node("resource"), draft)
    guardduty.read_sequence(service.node("detection").node("sequence"), draft)
    guardduty.read_actions(service.node("action"), draft)
    return _finished(draft, _finding_id(finding, finding.value("id"), arn), finding_type, read_severity, sample)


def _from_security_hub(finding: Node, envelope: Node) -> Finding:
    security_hub.require_guardduty(finding)
    fields = finding.node("productFields")
    sample = (
        _is_true(finding.value("sample"))
        or _is_sample_title(finding.value("title"))
        or any(_is_true(fields.value(name)) for name in _SAMPLE_FIELDS)
        or any(_says_sample(fields.value(name)) for name in _INFO_FIELDS)
    )
    arn = finding.value("id")
    finding_type, severity = security_hub.finding_type(finding), security_hub.severity(finding)
    draft = _draft(finding, envelope, arn, "awsAccountId")
    security_hub.read_finding(finding, draft)
    return _finished(draft, _finding_id(finding, None, arn), finding_type, severity, sample)


def _finished(draft: Draft, finding_id: str, finding_type: str, severity: float | None, sample: bool) -> Finding:
    sample = sample or draft.has_placeholder
    if not sample:
        for name, value, pattern in (
            ("account", draft.account, values.ACCOUNT),
            ("region", draft.region, values.REGION),
        ):
            if value is None:
                raise InputError(values.TRIED, f"its {name} is missing or is not {pattern.name}", values.REMEDY)
    if not draft.targets:
        draft.ignore("the finding names nothing that can be contained")
    return {
        "finding_id": finding_id,
        "finding_type": finding_type,
        "account": draft.account,
        "region": draft.region,
        "severity": severity,
        "sample": sample,
        "targets": draft.targets,
        "indicators": draft.indicators,
        "user_type": draft.user_type,
        "ignored": draft.ignored,
        "unique_ids": draft.unique_ids,
        "owners": draft.owners,
    }


def _draft(finding: Node, envelope: Node, arn: object, account: str) -> Draft:
    """Account and region as the finding states them, else as its ARN does; the region else as the envelope does, which may tell the
    administrator's account. What is stated is never passed over for being malformed: the target might then be taken to be in
    another account."""
    parts = arn.split(":") if isinstance(arn, str) and values.ARN.regex.fullmatch(arn) else [""] * 6
    stated_account = finding.value(account) or parts[4]
    stated_region = finding.value("region") or parts[3] or envelope.value("region")
    partition = finding.value("partition") or parts[1] or "aws"
    return Draft(
        partition=values.matched(partition, values.PARTITION, finding.at("partition")),
        account=_known(stated_account, values.ACCOUNT),
        region=_known(stated_region, values.REGION),
    )


def _known(value: object, pattern: values.Pattern) -> str | None:
    return "".join(value) if isinstance(value, str) and pattern.regex.fullmatch(value) else None


def _finding_id(finding: Node, stated: object, arn: object) -> str:
    """The same id in all shapes: Security Hub's is the ARN that ends in it."""
    found = stated if stated is not None else arn
    if isinstance(found, str) and found.startswith("arn:"):
        found = values.matched(found, values.ARN, finding.at("id")).rpartition("/")[2]
    return values.matched(found, values.FINDING_ID, finding.at("id"))


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _says_sample(value: object) -> bool:
    """Whether the JSON text in which `additionalInfo` is really delivered marks a sample. Only its top level counts."""
    if isinstance(value, str) and len(value) <= _MAX_TEXT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    return isinstance(value, Mapping) and _is_true(value.get("sample"))


def _is_sample_title(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith("[sample]")


def _parsed(document: object) -> object:
    """`document`, or what it says where it is JSON text (twice, if it was put in a string in between)."""
    for _layer in range(2):
        if isinstance(document, bytes):
            document = document.decode("utf-8", "replace")
        if not isinstance(document, str):
            return document
        if len(document) > _MAX_TEXT:
            raise InputError(values.TRIED, f"it is {values.described(document)}, too long for a finding", _EXPECTED)
        try:
            document = json.loads(document.removeprefix("\ufeff"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            # What json says of it adds nothing, and Ansible would print it behind our sentence.
            raise InputError(values.TRIED, f"it is {values.described(document)} that is not JSON", _EXPECTED) from None
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _unwrapped(document: object) -> tuple[Node, Node]:
    """The finding, and the envelope it came in (empty where there was none)."""
    finding, envelope = Node(_one(document), ""), Node({}, "")
    if isinstance(finding.value("detail"), Mapping):
        envelope = finding
        finding = envelope.node("detail")
        kind = envelope.value("detail-type")
        if isinstance(finding.value("findings"), Sequence):
            finding = Node(_one(finding.value("findings")), "detail.findings[0]")
        elif kind is not None and kind != "GuardDuty Finding":
            said = values.shown(kind) or "that is not known"
            raise InputError(values.TRIED, f"it is an event of type {said}, not GuardDuty Finding", _EXPECTED)
    elif isinstance(finding.value("findings"), Sequence):
        finding = Node(_one(finding.value("findings")), "findings[0]")
    return finding, envelope


def _require_source(envelope: Node, expected: str) -> None:
    """Raise InputError where the envelope says that somebody else sent it: only AWS's services can send events whose source begins
    with `aws.` (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html), and anyone else in the account
    can send one that looks like a finding otherwise.

    The envelope's account proves nothing: events about members reach the administrator, and the finding's own account is what says
    whose they are (https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html)."""
    source = envelope.content.get("source", envelope.content.get("Source"))
    if source is None or source == expected:
        return
    said = values.shown(source) or "one that is not known"
    raise InputError(
        values.TRIED,
        f"the source of its event is {said}, not {expected}",
        "Nothing was done. It does not come from AWS as it is: find out who sent it, and look for the finding in GuardDuty.",
    )


def _one(document: object) -> Mapping[object, object]:
    """The one object in `document`: itself, or the only one in a list."""
    if isinstance(document, Sequence) and not isinstance(document, (str, bytes)):
        if len(document) != 1:
            raise _not_one(document)
        document = document[0]
    if not isinstance(document, Mapping):
        raise InputError(values.TRIED, f"it is {values.described(document)}", _EXPECTED)
    return document


def _not_one(documents: Sequence[object]) -> InputError:
    if not documents:
        return InputError(values.TRIED, "the list of findings is empty", _EXPECTED)
    ids = [found for entry in documents if (found := _id_for_message(entry))]
    nameless = len(documents) - len(ids)
    named = ids[:_MAX_NAMED] + (["…"] if len(ids) > _MAX_NAMED else [])
    if not ids:
        why = f"there are {nameless} findings without ids"
    else:
        others = [f"{nameless} without {'an id' if nameless == 1 else 'ids'}"] if nameless else []
        why = f"there are {len(documents)} findings: {', '.join(named + others)}"
    remedy = "Hand over one of them: pick the one with the id that you mean, or loop over the list."
    return InputError(values.TRIED, why, remedy)


def _id_for_message(entry: object) -> str | None:
    if isinstance(entry, Mapping):
        for name in ("Id", "id"):
            last = str(entry.get(name, "")).rpartition("/")[2]
            if values.FINDING_ID.regex.fullmatch(last):
                return last
    return None


def _unknown(finding: Node) -> InputError:
    names = [text for key in list(finding.content)[:50] if (text := values.shown(key))]
    has = f"with {', '.join(sorted(names)[:_MAX_NAMED])}" if names else "without a key that a finding has"
    return InputError(values.TRIED, f"it is an object {has}, and has no `type` as findings have", _EXPECTED)

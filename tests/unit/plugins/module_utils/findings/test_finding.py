"""A finding of any shape becomes the same targets; a stranger's text never comes through; a sample is told as one."""

from __future__ import annotations

import copy
import json
import re

import pytest
from guardduty_findings import (
    ANY_JSON,
    EXPECTED,
    FINDINGS,
    HOSTILE,
    MUTATED,
    OURS,
    event,
    full,
    minimal,
    placed,
    published,
)
from hypothesis import given

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings.finding import finding_targets
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import FINDING_TYPE

SHAPES = {name: case for name, case in OURS.items() if not case.get("asff")}
KEYS = {
    "finding_id",
    "finding_type",
    "account",
    "region",
    "severity",
    "sample",
    "targets",
    "indicators",
    "user_type",
    "ignored",
    "unique_ids",
    "owners",
}
# Left out of an expectation where there is nothing to expect.
OPTIONAL = {"ignored": [], "unique_ids": {}, "owners": {}}


def pascal(value: object) -> object:
    """A finding as GetFindings spells it."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(entry) for key, entry in value.items()}
    return [pascal(entry) for entry in value] if isinstance(value, list) else value


def refusal(document: object) -> str:
    with pytest.raises(InputError) as caught:
        finding_targets(document)
    return str(caught.value)


def check(found: dict[str, object], wanted: dict[str, object]) -> None:
    wanted = OPTIONAL | wanted
    assert set(wanted) - {"principals"} == KEYS
    reasons = wanted["ignored"]
    assert {key: found[key] for key in KEYS - {"ignored"}} == {key: wanted[key] for key in KEYS - {"ignored"}}
    assert set(found) == KEYS
    assert len(found["ignored"]) == len(reasons), found["ignored"]
    for said, reason in zip(found["ignored"], reasons, strict=True):
        assert reason in said


def test_every_published_file_has_an_expectation() -> None:
    assert {path.name for path in FINDINGS.iterdir()} == {name.partition("[")[0] for name in EXPECTED}


@pytest.mark.parametrize("name", EXPECTED)
def test_published_finding(name: str) -> None:
    wanted = EXPECTED[name]
    if "error" in wanted:
        said = refusal(published(name))
        assert all(part in said for part in wanted["error"]), said
    else:
        check(finding_targets(published(name)), wanted)


@pytest.mark.parametrize("name", OURS)
def test_finding_of_ours(name: str) -> None:
    check(finding_targets(OURS[name]["finding"]), OURS[name]["expected"])


@pytest.mark.parametrize("name", SHAPES)
def test_a_finding_is_the_same_in_every_shape(name: str) -> None:
    finding = SHAPES[name]["finding"]
    in_pascal = pascal(finding)
    shapes = {
        "PascalCase": in_pascal,
        "GetFindings": {"Findings": [in_pascal]},
        "list": [in_pascal],
        "EventBridge": event(finding),
        "PascalCase in an envelope": event(in_pascal),
        "JSON": json.dumps(finding),
        "JSON bytes": json.dumps(event(finding)).encode(),
        "JSON in a JSON string": json.dumps(json.dumps(event(finding))),
    }
    plain = strip_paths(finding_targets(finding))
    for shape, document in shapes.items():
        assert strip_paths(finding_targets(document)) == plain, shape


def strip_paths(found: dict[str, object]) -> dict[str, object]:
    """`ignored` says where something stands, which differs by the envelope."""
    return found | {"ignored": [re.sub(r"`[^`]*`", "", reason) for reason in found["ignored"]]}


@pytest.mark.parametrize("name", [name for name in OURS if name not in SHAPES])
@pytest.mark.parametrize("kind", ["Security Hub Findings - Imported", "Security Hub Findings - Custom Action"])
def test_security_hub_sends_the_same_in_its_envelope(name: str, kind: str) -> None:
    finding = OURS[name]["finding"]
    wrapped = event({"findings": [finding]}, **{"detail-type": kind, "source": "aws.securityhub"})
    assert strip_paths(finding_targets(wrapped)) == strip_paths(finding_targets(finding))
    assert strip_paths(finding_targets({"Findings": [finding]})) == strip_paths(finding_targets(finding))


def test_every_type_that_guardduty_has_in_the_definitions_is_a_type() -> None:
    types = {
        entry["findingType"]
        for entry in json.loads((FINDINGS / "finding-type-definitions.json").read_text())["definitions"]
    }
    assert len(types) == 63
    for name in types:
        assert finding_targets(minimal(type=name))["finding_type"] == name
        assert FINDING_TYPE.regex.fullmatch(name)


@pytest.mark.parametrize(
    "marked",
    [
        minimal(service={"additionalInfo": {"sample": True}}),
        minimal(service={"additionalInfo": {"sample": "true"}}),
        minimal(service={"additionalInfo": {"type": "default", "value": '{"sample":true}'}}),
        minimal(service={"additionalInfo": {"value": {"sample": True}}}),
        minimal(title="[SAMPLE] A key was used."),
        placed(minimal(), "resource.accessKeyDetails.accessKeyId", "GeneratedFindingAccessKeyId"),
        placed(minimal(), "resource.accessKeyDetails.principalId", "GeneratedFindingPrincipalId"),
        placed(minimal(), "resource.instanceDetails", {"instanceId": "i-99999999"}),
        placed(minimal(), "resource.instanceDetails", {"instanceId": "i-99999999999999999"}),
        placed(OURS["asff_root"]["finding"], "Sample", True),
        placed(OURS["asff_root"]["finding"], "Title", "[SAMPLE] Root was used."),
        placed(OURS["asff_root"]["finding"], "ProductFields", {"aws/guardduty/service/additionalInfo/sample": "true"}),
        placed(
            OURS["asff_root"]["finding"],
            "ProductFields",
            {"aws/guardduty/service/additionalInfo/value": '{"sample": true}'},
        ),
        placed(OURS["asff_root"]["finding"], "ProductFields", {"additionalInfo": '{"sample": true}'}),
        placed(OURS["asff_root"]["finding"], "Resources.0.Id", "AWS::IAM::AccessKey:GeneratedFindingAccessKeyId"),
        placed(
            OURS["attack_sequence"]["finding"],
            "service.detection.sequence.actors.0.user.credentialUid",
            "GeneratedFindingKey",
        ),
        placed(OURS["attack_sequence"]["finding"], "service.detection.sequence.resources.2.uid", "i-99999999"),
    ],
)
def test_a_sample_is_told_by_its_mark_or_by_its_placeholders(marked: object) -> None:
    assert finding_targets(marked)["sample"] is True


@pytest.mark.parametrize(
    "evasion",
    [
        placed(minimal(), "resource.accessKeyDetails.userName", "GeneratedFindingUserName"),
        minimal(
            service={
                "additionalInfo": {"value": '{"userAgent": {"fullUserAgent": "\\"sample\\":true", "sample": true}}'}
            }
        ),
        minimal(service={"additionalInfo": {"value": '"sample":true'}}),
        minimal(service={"additionalInfo": {"sample": False, "value": "[" * 100_000}}),
        minimal(title="User [SAMPLE] did it"),
        minimal(description="[SAMPLE]"),
        minimal(sample=True),
        placed(
            OURS["function_and_dns"]["finding"], "resource.lambdaDetails.functionName", "GeneratedFindingFunctionName"
        ),
    ],
)
def test_what_an_attacker_can_name_does_not_make_a_sample(evasion: object) -> None:
    assert finding_targets(evasion)["sample"] is False


IDS = [
    "id",
    "type",
    "accountId",
    "region",
    "partition",
    "arn_",
    "resource.accessKeyDetails.accessKeyId",
    "resource.accessKeyDetails.principalId",
    "resource.accessKeyDetails.userType",
    "resource.accessKeyDetails.userName",
    "resource.instanceDetails.instanceId",
    "resource.s3BucketDetails.0.name",
    "resource.lambdaDetails.functionName",
    "resource.lambdaDetails.functionArn",
    "resource.rdsDbInstanceDetails.dbInstanceIdentifier",
    "resource.rdsDbInstanceDetails.dbInstanceArn",
    "resource.eksClusterDetails.name",
    "resource.ecsClusterDetails.arn",
    "service.detection.sequence.actors.0.user.name",
    "service.detection.sequence.actors.0.user.uid",
    "service.detection.sequence.actors.0.user.credentialUid",
    "service.detection.sequence.actors.0.user.account.uid",
    "service.detection.sequence.resources.0.uid",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", [path for path in IDS if path != "arn_"])
def test_an_id_that_is_not_what_it_claims_to_be_is_refused_and_not_repeated(path: str, text: str) -> None:
    said = refusal(placed(full(), path, text))
    assert len(said) < 500
    assert not re.search(r"[{}\x00-\x1f\x7f-\x9f\u202e<>;]", said), "the error repeats what was refused"
    assert path.rpartition(".")[2] in said or path == "accountId", "the error names the place"
    assert "Nothing was done" in said


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["ip", "domain", "list"])
def test_a_hostile_indicator_is_left_out_and_the_targets_stay(place: str, text: str) -> None:
    """An attacker chooses the names that are looked up: they must not be able to stop the response."""
    service = {
        "ip": {"action": {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": text}}}},
        "domain": {"action": {"dnsRequestAction": {"domain": text}}},
        "list": {
            "detection": {"sequence": {"sequenceIndicators": [{"key": "MALICIOUS_DOMAIN", "values": [text, 5, None]}]}}
        },
    }[place]
    found = finding_targets(minimal(service=service))
    assert [target["id"] for target in found["targets"]] == ["AKIAIOSFODNN7EXAMPLE", "alice"]
    assert found["indicators"] == []
    assert found["ignored"]
    assert text not in json.dumps(found)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "127.0.0.1",
        "::1",
        "::",
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "224.0.0.1",
        "::ffff:127.0.0.1",
        "10.0.0.0/8",
        "1.2.3",
    ],
)
def test_what_is_no_single_remote_host_must_not_be_blocked(address: str) -> None:
    found = finding_targets(
        minimal(service={"action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": address}}}})
    )
    assert found["indicators"] == []
    assert len(found["ignored"]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "com",
        "127.0.0.1",
        "a..b",
        "-a.example",
        "a-.example",
        "a b.example",
        "x" * 64 + ".example",
        ".",
        "*.example.com",
    ],
)
def test_what_is_no_domain_must_not_be_blocked(name: str) -> None:
    assert finding_targets(minimal(service={"action": {"dnsRequestAction": {"domain": name}}}))["indicators"] == []


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        ({}, ["without a key that a finding has", "Hand over one GuardDuty finding"]),
        (None, ["it is null"]),
        (5, ["it is a number"]),
        (True, ["a truth value"]),
        ([], ["the list of findings is empty"]),
        ({"Findings": []}, ["the list of findings is empty"]),
        (["text"], ["it is text of 4 characters"]),
        ("", ["is not JSON"]),
        ("not json", ["is not JSON"]),
        ('{"a": NaN}', ["is not JSON"]),
        ("[" * 200_000, ["is not JSON"]),
        ({"Records": []}, ["with Records"]),
        (
            event({"eventName": "RunInstances"}, **{"detail-type": "AWS API Call via CloudTrail"}),
            ["AWS API Call via CloudTrail", "not GuardDuty Finding"],
        ),
        (event({"findings": []}), ["the list of findings is empty"]),
        (minimal(type="Software and Configuration Checks/AWS"), ["`type`", "a GuardDuty finding type"]),
        (minimal(accountId="1234567891234"), ["its account is missing or is not an account id of 12 digits"]),
        (minimal(accountId=111122223333), ["its account"]),
        (minimal(region="moon"), ["its region"]),
        (minimal(region=None), ["its region"]),
        (minimal(id=None), ["`id`"]),
        (minimal(severity="high"), ["`severity`", "a number from 0 to 10"]),
        (minimal(severity=True), ["`severity`"]),
        (minimal(severity=11), ["`severity`"]),
        (minimal(severity=float("nan")), ["`severity`"]),
        (minimal(severity=10**400), ["`severity`"]),
        (minimal(resource="instance"), ["`resource` is text of 8 characters where an object is expected"]),
        (minimal(resource=[1]), ["`resource` is a list"]),
        (minimal(Resource={}), ["`resource` stands there twice"]),
        (placed(minimal(), "resource.s3BucketDetails", ["x"]), ["`resource.s3BucketDetails[0]`"]),
        (
            event(minimal(resource={"instanceDetails": {"instanceId": 5}})),
            ["`detail.resource.instanceDetails.instanceId`"],
        ),
        (
            OURS["asff_root"]["finding"]
            | {"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/macie", "ProductName": "Macie"},
            ["of Macie"],
        ),
        (OURS["asff_root"]["finding"] | {"ProductArn": "{{ x }}", "ProductName": "{{ x }}"}, ["an unnamed product"]),
        (OURS["asff_root"]["finding"] | {"Types": ["TTPs"]}, ["`types`"]),
        (
            placed(OURS["asff_role_session"]["finding"], "Resources.3.Id", "arn:aws:iam::111122223333:role/x"),
            ["the ARN of an IAM user"],
        ),
    ],
)
def test_what_is_no_single_guardduty_finding_is_refused_with_what_to_do(document: object, parts: list[str]) -> None:
    said = refusal(document)
    assert all(part in said for part in parts), said
    assert "{{" not in said


def test_of_several_findings_the_ids_are_named() -> None:
    listed = [minimal(id="a" * 32), minimal(id="b" * 32), minimal(id="{{ evil }}"), {}]
    said = refusal({"Findings": listed})
    assert f"there are 4 findings: {'a' * 32}, {'b' * 32}, 2 without ids." in said
    assert "Hand over one of them" in said
    assert (
        refusal(event({"findings": [OURS["asff_root"]["finding"]] * 20})).count("aa11bb22cc33dd44ee55ff6600112233")
        == 10
    )
    assert "there are 8 findings without ids." in refusal([{}] * 8)
    assert f"there are 2 findings: {'a' * 32}, 1 without an id." in refusal([minimal(id="a" * 32), {}])


def test_only_the_finding_knows_its_account() -> None:
    """The envelope may tell the administrator's: nobody must be contained there for what a member's user did."""
    assert finding_targets(event(minimal()))["account"] == "111122223333"
    bare = {key: value for key, value in minimal().items() if key not in ("accountId", "region")}
    assert "its account is missing" in refusal(event(bare))
    assert finding_targets(event(bare | {"accountId": "111122223333"}))["region"] == "us-west-2"
    arn = "arn:aws:guardduty:eu-north-1:111122223333:detector/d/finding/1ac7f3c0b8f34f0e9d2b6a5c4d3e2f10"
    assert finding_targets(event(bare | {"arn": arn}))["account"] == "111122223333"
    assert finding_targets(event(bare | {"arn": arn}))["region"] == "eu-north-1"


def test_a_malformed_account_is_not_replaced_by_another() -> None:
    assert "its account" in refusal(event(minimal(accountId="11112222333")))


def test_users_that_cannot_be_targets_may_have_any_name() -> None:
    details = {
        "userType": "SAMLUser",
        "principalId": "q/5=:dana@example.com",
        "userName": "{{ x }}",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
    }
    found = finding_targets(minimal(resource={"resourceType": "AccessKey", "accessKeyDetails": details}))
    assert found["targets"] == [{"kind": "access_key", "id": "ASIAIOSFODNN7EXAMPLE", "arn": None}]
    assert found["ignored"] == ["`resource.accessKeyDetails` does not name a user or role of this account"]


def test_text_comes_out_as_plain_text() -> None:
    """Ansible attaches trust to text by subclassing it; what we return carries none of that."""

    class Tagged(str):
        pass

    finding = json.loads(
        json.dumps(full()), object_hook=lambda found: {k: Tagged(v) if type(v) is str else v for k, v in found.items()}
    )
    found = finding_targets(finding)
    texts = [found["finding_id"], found["finding_type"], found["account"], found["region"], found["user_type"]]
    texts += [text for target in found["targets"] for text in target.values() if text is not None]
    texts += [text for indicator in found["indicators"] for text in indicator.values()]
    texts += [text for entry in (*found["unique_ids"].items(), *found["owners"].items()) for text in entry]
    assert {type(text) for text in texts} == {str}


def test_the_finding_is_left_as_it_was() -> None:
    finding = full()
    before = copy.deepcopy(finding)
    finding_targets(finding)
    assert finding == before


SAFE = re.compile(r"[\w+=,.@/:&!`' -]*", re.ASCII)


@given(ANY_JSON)
def test_arbitrary_json_raises_nothing_but_input_errors(document: object) -> None:
    for shape in (document, {"detail": document}, {"Findings": document}, {"type": document, "ProductArn": document}):
        with pytest.raises(InputError):
            finding_targets(shape)


@given(MUTATED)
def test_whatever_stands_anywhere_only_safe_text_comes_out(drawn: tuple[dict[str, object], str, object]) -> None:
    mold, path, value = drawn
    try:
        found = finding_targets(placed(mold, path, value))
    except InputError as error:
        texts = [re.sub(r"[()\[\];]", "", str(error))]
    else:
        texts = [found["finding_id"], found["finding_type"], found["account"] or "", found["region"] or ""]
        texts += [text or "" for entry in (*found["targets"], *found["indicators"]) for text in entry.values()]
        texts += [text for entry in (*found["unique_ids"].items(), *found["owners"].items()) for text in entry]
        identities = {target["arn"] for target in found["targets"] if target["kind"] in ("user", "session", "account")}
        assert set(found["unique_ids"]) <= identities
        assert set(found["owners"].values()) <= identities
        assert set(found["owners"]) <= {target["id"] for target in found["targets"] if target["kind"] == "access_key"}
        assert found["sample"] or (found["account"] and found["region"])
        json.dumps(found, allow_nan=False)
    assert all(SAFE.fullmatch(text) for text in texts), texts

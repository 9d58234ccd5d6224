"""Lambda: permissions, functions, code, configuration, aliases, URLs, event sources, layers: as their events tell them, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogued import ACCOUNT, check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:payroll"


def real(attack: str) -> Event:
    (record,) = json.loads((STRATUS / f"aws.{attack}.json").read_text(encoding="utf-8"))
    return event_of(record)


def statement(**parts: Any) -> str:
    return json.dumps(
        {
            "Sid": "backdoor",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": ARN,
            "Principal": "*",
            **parts,
        }
    )


def added(said: str, name: str = "payroll", **more: str) -> dict[tuple[str, ...], tuple[Any, Any]]:
    request = {"functionName": name, "statementId": "backdoor", **more}
    return told(logged("lambda:AddPermission20150331v2", request, {"statement": said}))


def test_a_real_backdoor_for_everybody() -> None:
    names = ("lambda/permission", "stratus-red-team-backdoor-f-func", "backdoor", "")
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "*"}
    assert told(real("persistence.lambda-backdoor-function")) == {names: (None, allowed)}


@pytest.mark.parametrize(
    ("shown", "parameters"),
    [
        ({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}, {"Principal": "arn:aws:iam::999999999999:root"}),
        (
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Condition": {
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::a-bucket"},
                    "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                },
            },
            {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::a-bucket", "SourceAccount": ACCOUNT},
        ),
        (
            {
                "Condition": {
                    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE", "aws:PrincipalOrgID": "o-abcdefghij"}
                }
            },
            {"Principal": "*", "FunctionUrlAuthType": "NONE", "PrincipalOrgID": "o-abcdefghij"},
        ),
        (
            {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
            {"Principal": "*", "InvokedViaFunctionUrl": "true"},
        ),
    ],
)
def test_a_statement_is_the_parameters_that_make_it(shown: Any, parameters: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    ((_before, after),) = added(statement(**shown)).values()
    assert after == {"Action": "lambda:InvokeFunction", **parameters}
    one = facet("lambda/permission", "payroll", "backdoor", "")
    check_ways(one, [None, after, {"Action": "lambda:GetFunction", "Principal": "999999999999"}])
    ((operation, sent),) = moves_of(one, None, after)
    assert operation == "lambda:AddPermission"
    assert sent.pop("InvokedViaFunctionUrl", True) is True


def test_a_statement_with_a_token_cannot_be_worded_again() -> None:
    secret = {"Condition": {"StringEquals": {"lambda:EventSourceToken": "s3cr3t"}}}
    ((_before, after),) = added(statement(**secret)).values()
    assert "s3cr3t" not in json.dumps(after)
    one = facet("lambda/permission", "payroll", "backdoor", "")
    assert moves_of(one, after, None) == [
        ("lambda:RemovePermission", {"FunctionName": "payroll", "StatementId": "backdoor"})
    ]
    assert undo_of(one, after, None) == []
    with pytest.raises(IrreversibleError):
        KINDS["lambda/permission"].moves(one, None, after)


@pytest.mark.parametrize(
    ("name", "more", "names"),
    [
        (ARN, {}, ("payroll", "backdoor", "")),
        (f"{ARN}:live", {}, ("payroll", "backdoor", "live")),
        (f"{ACCOUNT}:function:payroll", {}, ("payroll", "backdoor", "")),
        ("payroll:live", {}, ("payroll", "backdoor", "live")),
        ("payroll", {"qualifier": "live"}, ("payroll", "backdoor", "live")),
        ("payroll:$LATEST", {}, ("payroll", "backdoor", "")),
    ],
)
def test_one_function_has_many_names(name: str, more: dict[str, str], names: tuple[str, ...]) -> None:
    assert list(added(statement(), name, **more)) == [("lambda/permission", *names)]


def test_a_function_of_another_account_is_none_of_this_one() -> None:
    assert added(statement(), ARN.replace(ACCOUNT, "999999999999")) == {}


def test_a_function_that_was_made_runs_no_more_and_one_deleted_is_for_a_human() -> None:
    idle, busy = {"reserved_concurrency": None}, {"reserved_concurrency": 5}
    answer = {"version": "1", "timeout": 3, "role": "arn:aws:iam::111122223333:role/a", "layers": []}
    created = told(logged("lambda:CreateFunction20150331", {"functionName": "payroll", "publish": True}, answer))
    assert created.pop(("lambda/function", "payroll")) == (None, idle)
    assert created.pop(("lambda/version", "payroll", "1")) == (None, "there")
    assert {names[0] for names in created} == {"lambda/configuration"}, "what later changes are held against"
    assert created["lambda/configuration", "payroll", "Timeout"] == (GONE, 3)
    assert created["lambda/configuration", "payroll", "Layers"] == (GONE, [])
    assert created["lambda/configuration", "payroll", "Handler"] == (GONE, UNKNOWN)
    assert moves_of(facet("lambda/configuration", "payroll", "Timeout"), 3, GONE) == [], "it goes with the function"
    one, kind = facet("lambda/function", "payroll"), KINDS["lambda/function"]
    assert kind.kept is not None
    assert kind.kept(busy) == {"reserved_concurrency": 0}
    check_ways(one, [idle, busy, {"reserved_concurrency": 0}, None])
    assert told(logged("lambda:DeleteFunction20150331", {"functionName": "payroll"})) == {
        ("lambda/function", "payroll"): (idle, None)
    }
    with pytest.raises(IrreversibleError, match="Deploy it again"):
        kind.moves(one, None, idle)
    for forged in (-1, True, "5", 2.5):
        with pytest.raises(IrreversibleError):
            kind.moves(one, idle, {"reserved_concurrency": forged})


def test_a_version_is_deleted_by_its_number() -> None:
    event = logged("lambda:DeleteFunction20150331", {"functionName": "payroll", "qualifier": "3"})
    assert told(event) == {("lambda/version", "payroll", "3"): ("there", None)}


def test_real_code_and_layers_were_changed_and_nobody_knows_from_what() -> None:
    name = "stratus-red-team-olc-func-vayhjqkdav"
    assert told(real("persistence.lambda-overwrite-code")) == {
        ("lambda/configuration", name, "Code"): (UNKNOWN, "Pt1c8vVaBygmNtAeSyjlpdy7r8nHRqJAAL++HEGlQkc="),
        ("lambda/version", name, "1"): (None, "there"),
    }
    layer = "arn:aws:lambda:eugov-eastcentral-1r:712967571683:layer:stratus-red-team-lambda-layer-my-lambda-extension:1"
    name = "stratus-red-team-lambda-layer-simpleLambda"
    assert told(real("persistence.lambda-layer-extension")) == {
        ("lambda/configuration", name, "Layers"): (UNKNOWN, [layer])
    }


def test_code_is_put_back_by_a_human() -> None:
    one = facet("lambda/configuration", "payroll", "Code")
    with pytest.raises(IrreversibleError, match="list-versions-by-function"):
        KINDS["lambda/configuration"].moves(one, "a", "b")


@pytest.mark.parametrize(
    ("part", "values", "forged"),
    [
        ("Layers", [[], ["arn:aws:lambda:us-east-1:111122223333:layer:tools:1"]], ["layer"]),
        ("Role", ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b"], "role"),
        ("Handler", ["main.handler", "evil.handler"], "a b"),
        ("Timeout", [3, 900], 901),
        ("MemorySize", [128, 10_240], True),
        ("KMSKeyArn", ["", "arn:aws:kms:us-east-1:111122223333:key/1"], "key"),
        ("DeadLetterConfig", [{"TargetArn": ""}, {"TargetArn": "arn:aws:sqs:us-east-1:111122223333:dead"}], {}),
        ("TracingConfig", [{"Mode": "Active"}, {"Mode": "PassThrough"}], {"Mode": "Off"}),
    ],
)
def test_parts_of_a_configuration(part: str, values: list[Any], forged: Any) -> None:
    one = facet("lambda/configuration", "payroll", part)
    check_ways(one, values)
    with pytest.raises(IrreversibleError):
        KINDS["lambda/configuration"].moves(one, values[0], forged)
    request = {"functionName": "payroll", part[:1].lower() + part[1:]: None}
    shown = (
        {"layers": [{"arn": values[1][0]}]} if part == "Layers" else {part[:1].lower() + part[1:]: lowered(values[1])}
    )
    event = logged("lambda:UpdateFunctionConfiguration20150331v2", request, {"functionName": "payroll", **shown})
    assert told(event) == {("lambda/configuration", "payroll", part): (UNKNOWN, values[1])}


def lowered(value: Any) -> Any:
    return {name[:1].lower() + name[1:]: one for name, one in value.items()} if isinstance(value, dict) else value


def test_an_environment_is_hidden_in_events_and_so_for_a_human() -> None:
    event = logged(
        "lambda:UpdateFunctionConfiguration20150331v2",
        {"functionName": "payroll", "environment": {}},
        {"environment": {}},
    )
    assert told(event) == {}


def test_a_url_is_shut_and_kept() -> None:
    request = {"functionName": "payroll", "authType": "NONE"}
    answer = {
        "authType": "NONE",
        "functionUrl": "https://x.lambda-url.us-east-1.on.aws/",
        "cors": {"allowOrigins": ["*"]},
    }
    open_ = {"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": {"AllowOrigins": ["*"]}}
    assert told(logged("lambda:CreateFunctionUrlConfig", request, answer)) == {
        ("lambda/url", "payroll", ""): (None, open_)
    }
    one, kind = facet("lambda/url", "payroll", ""), KINDS["lambda/url"]
    assert kind.kept is not None
    shut = kind.kept(open_)
    assert shut == {**open_, "AuthType": "AWS_IAM"}
    check_ways(one, [open_, shut, None])
    assert undo_of(one, open_, None) == [], "AWS never gives a deleted URL again"


def test_an_alias_leads_back_to_its_version() -> None:
    shown = {"name": "live", "functionVersion": "2", "routingConfig": {"additionalVersionWeights": {"3": 0.5}}}
    event = logged("lambda:UpdateAlias20150331", {"functionName": "payroll", "name": "live"}, shown)
    there = {"version": "2", "weights": {"3": 0.5}}
    assert told(event) == {("lambda/alias", "payroll", "live"): (UNKNOWN, there)}
    check_ways(facet("lambda/alias", "payroll", "live"), [None, there, {"version": "1", "weights": {}}])


def test_event_sources_and_layers() -> None:
    mapping = "0a1b2c3d-0000-4000-8000-0123456789ab"
    made = logged("lambda:CreateEventSourceMapping20150331", {"functionName": "payroll"}, {"uUID": mapping})
    assert told(made) == {("lambda/event_source", mapping): (None, "enabled")}
    kind = KINDS["lambda/event_source"]
    assert kind.kept is not None
    assert kind.kept("enabled") == "disabled"
    check_ways(facet("lambda/event_source", mapping), ["enabled", "disabled", None])
    shared = logged(
        "lambda:AddLayerVersionPermission20181031",
        {"layerName": "tools", "versionNumber": 1, "statementId": "guests"},
        {
            "statement": json.dumps(
                {"Sid": "guests", "Effect": "Allow", "Principal": "*", "Action": "lambda:GetLayerVersion"}
            )
        },
    )
    assert told(shared) == {("lambda/layer_permission", "tools", "1", "guests"): (None, {"Principal": "*"})}
    organization = {"Principal": "*", "OrganizationId": "o-abcdefghij"}
    check_ways(facet("lambda/layer_permission", "tools", "1", "guests"), [None, {"Principal": "*"}, organization])

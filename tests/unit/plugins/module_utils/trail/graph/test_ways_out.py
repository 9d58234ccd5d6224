"""Ways by which an attacker goes on as somebody else: whoever comes is traced, or it is said that the log cannot tell."""

from __future__ import annotations

from typing import Any

import pytest
from tracing import ids, ids_of, rows, traced, why
from trail_events import HOME, Record, assumed, event, failed, session, unique, user

KEY = "AKIAIOSFODNN7EXAMPLE"
DANA = user("dana", KEY)
SAML = f"arn:aws:iam::{HOME}:saml-provider/company"
OIDC = f"arn:aws:iam::{HOME}:oidc-provider/token.example.com"
ANCHOR = f"arn:aws:rolesanywhere:us-east-1:{HOME}:trust-anchor/4d07f6a0-1c50-44d3-951b-b68b783daa0a"
PROFILE = f"arn:aws:rolesanywhere:us-east-1:{HOME}:profile/5e18a7b1-2d61-45e4-8a2c-c79c894ebb1b"


def by_saml(name: str, at: int) -> Record:
    by = {"type": "SAMLUser", "principalId": "x:y", "userName": "y", "identityProvider": "x"}
    taken = assumed("admin", name, unique("ASIA", name), at, by)
    taken["eventName"], taken["requestParameters"]["principalArn"] = "AssumeRoleWithSAML", SAML
    return taken


def by_token(name: str, at: int) -> Record:
    by = {"type": "WebIdentityUser", "principalId": f"{OIDC}:a:b", "userName": "b", "identityProvider": OIDC}
    taken = assumed("admin", name, unique("ASIA", name), at, by)
    taken["eventName"] = "AssumeRoleWithWebIdentity"
    return taken


def by_certificate(name: str, at: int) -> Record:
    taken = {
        "credentials": {"accessKeyId": unique("ASIA", name)},
        "assumedRoleUser": {"arn": f"arn:aws:sts::{HOME}:assumed-role/admin/{name}"},
    }
    request = {"trustAnchorArn": ANCHOR, "profileArn": PROFILE}
    return event("rolesanywhere:CreateSession", at, {"type": "Unknown"}, request, {"credentialSet": [taken]})


@pytest.mark.parametrize(
    ("call", "request_", "response", "come"),
    [
        ("iam:UpdateSAMLProvider", {"sAMLProviderArn": SAML}, {"sAMLProviderArn": SAML}, by_saml),
        ("iam:AddClientIDToOpenIDConnectProvider", {"openIDConnectProviderArn": OIDC}, None, by_token),
        ("iam:UpdateOpenIDConnectProviderThumbprint", {"openIDConnectProviderArn": OIDC}, None, by_token),
        ("rolesanywhere:UpdateTrustAnchor", None, {"trustAnchor": {"trustAnchorArn": ANCHOR}}, by_certificate),
        ("rolesanywhere:EnableTrustAnchor", None, {"trustAnchor": {"trustAnchorArn": ANCHOR}}, by_certificate),
        ("rolesanywhere:UpdateProfile", None, {"profile": {"profileArn": PROFILE}}, by_certificate),
        ("rolesanywhere:EnableProfile", None, {"profile": {"profileArn": PROFILE}}, by_certificate),
    ],
)
def test_who_comes_through_a_door_that_was_changed_is_traced_from_then_on_and_the_doubt_is_said(
    call: str, request_: Any, response: Any, come: Any
) -> None:
    door = event(call, 10, DANA, request_, response)
    theirs = [
        door,
        come("after", 20),
        event("s3:ListBuckets", 21, session("admin", "after", unique("ASIA", "after"), 20)),
    ]
    others = [come("before", 5), event("s3:ListBuckets", 6, session("admin", "before", unique("ASIA", "before"), 5))]
    found = traced([*others, *theirs], KEY)
    assert ids(found) == ids_of(theirs)
    assert (f"arn:aws:sts::{HOME}:assumed-role/admin/after", unique("ASIA", "after")) in [
        row[:2] for row in rows(found)
    ]
    assert [reason for _where, reason in why(found, "not_covered") if "also who could before" in reason]
    assert ids(traced([failed(door), *theirs[1:]], KEY)) == ids_of([door])


def test_a_profile_that_it_made_lets_in_whoever_comes_through() -> None:
    theirs = [
        event("rolesanywhere:CreateProfile", 10, DANA, None, {"profile": {"profileArn": PROFILE}}),
        by_certificate("after", 20),
    ]
    assert ids(traced([by_certificate("before", 5), *theirs], KEY)) == ids_of(theirs)


def test_a_key_that_it_switched_on_is_traced_from_then_on() -> None:
    carols = "AKIACAROLCAROLCAROL1"
    on = event("iam:UpdateAccessKey", 10, DANA, {"userName": "carol", "accessKeyId": carols, "status": "Active"})
    off = event(
        "iam:UpdateAccessKey",
        8,
        DANA,
        {"userName": "erin", "accessKeyId": "AKIAERINERINERINERI1", "status": "Inactive"},
    )
    theirs = [off, on, event("s3:ListBuckets", 20, user("carol", carols))]
    others = [
        event("s3:ListBuckets", 5, user("carol", carols)),
        event("s3:ListBuckets", 9, user("erin", "AKIAERINERINERINERI1")),
    ]
    found = traced([*others, *theirs], KEY)
    assert ids(found) == ids_of(theirs)
    assert rows(found)[1] == (f"arn:aws:iam::{HOME}:user/carol", carols, KEY, "UpdateAccessKey")
    assert [where for where, _reason in why(found, "not_covered")] == [f"arn:aws:iam::{HOME}:user/carol"]


def test_instances_of_a_launch_template_are_traced_by_their_sessions() -> None:
    theirs = [
        event(
            "ec2:RunInstances",
            1,
            DANA,
            {"launchTemplate": {"launchTemplateName": "workers"}},
            {"instancesSet": {"items": [{"instanceId": "i-0abcdef1234567890"}]}},
        ),
        event("s3:ListBuckets", 2, session("workers", "i-0abcdef1234567890", unique("ASIA", "i"), 2)),
    ]
    assert ids(traced(theirs, KEY)) == ids_of(theirs)


@pytest.mark.parametrize(
    "call",
    [
        "ecs:ExecuteCommand",
        "ecs:RunTask",
        "codebuild:StartBuild",
        "codebuild:UpdateProject",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:CreateStack",
        "cloudformation:UpdateStack",
        "ssm:CreateAssociation",
        "ssm:SendCommand",
        "ssm:StartSession",
        "sso:CreateAccountAssignment",
        "sso:PutInlinePolicyToPermissionSet",
        "identitystore:CreateGroupMembership",
        "sso-directory:AddMemberToGroup",
        "cognito-identity:SetIdentityPoolRoles",
        "codedeploy:CreateDeployment",
        "elasticmapreduce:AddJobFlowSteps",
        "glue:UpdateDevEndpoint",
        "iam:AddRoleToInstanceProfile",
        "lambda:AddPermission20150331v2",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "states:UpdateStateMachine",
        "events:PutTargets",
        "scheduler:UpdateSchedule",
    ],
)
def test_what_reaches_into_others_rights_without_a_trace_is_said(call: str) -> None:
    """The roles of an identity pool are taken by whoever signs in to it, not by the service that they are named to."""
    role = f"arn:aws:iam::{HOME}:role/app"
    request = {"roles": {"authenticated": role}, "roleMappings": {"x": {"roleARN": role}}}
    done = event(call, 1, DANA, request if call.startswith("cognito") else {})
    assert [reason for _where, reason in why(traced([done], KEY), "not_covered") if "since is traced only if" in reason]
    assert why(traced([failed(done)], KEY), "not_covered") == []


def test_what_a_session_does_in_the_second_it_was_given_out_is_told_to_be_by_that_call() -> None:
    for number in range(8):
        key = unique("ASIA", f"{number}")
        theirs = [assumed("deploy", "run", key, 1, DANA), event("s3:ListBuckets", 1, session("deploy", "run", key, 1))]
        assert rows(traced(theirs, KEY))[1][1:] == (key, KEY, "AssumeRole")

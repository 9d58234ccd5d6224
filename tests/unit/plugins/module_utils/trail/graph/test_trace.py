"""Stories of who descends from whom: what is traced, and whose is not."""

from __future__ import annotations

import json
from datetime import timedelta

from naive_log import NaiveLog
from tracing import ids, ids_of, rows, traced, why
from trail_events import (
    HOME,
    OTHER,
    START,
    STRANGER,
    Record,
    assumed,
    console_login,
    created_key,
    event,
    failed,
    in_session,
    role_id,
    service,
    session,
    trust_changed,
    unique,
    user,
)

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import trace

KEY = "AKIAIOSFODNN7EXAMPLE"
DANA = user("dana", KEY, path="/developers/")
COLLEAGUE = user("carol", "AKIACAROLCAROLCAROL1")


def asia(name: str) -> str:
    return unique("ASIA", name)


def trust(*principals: str | Record) -> str:
    statements = [
        {"Effect": "Allow", "Principal": one if isinstance(one, dict) else {"AWS": one}, "Action": "sts:AssumeRole"}
        for one in principals
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def check(theirs: list[Record], others: list[Record], *seeds: str) -> None:
    """Exactly `theirs` is traced, in whatever order the log gives it."""
    expected = sorted(theirs, key=lambda record: (record["eventTime"], record["eventID"]))
    assert ids(traced([*others, *theirs], *seeds)) == ids_of(expected)
    assert ids(traced([*reversed(theirs), *others], *seeds)) == ids_of(expected)


def test_nothing_in_the_log_is_said() -> None:
    found = traced([], KEY)
    assert not found.events
    assert rows(found) == [("", KEY, "", "named")]
    assert found.containable == (KEY,)
    assert (KEY, "the log shows no call of it") in why(found, "not_covered")


def test_a_key_is_traced_and_its_owners_other_key_is_not() -> None:
    mine = event("ec2:DescribeInstances", 1, DANA)
    check([mine], [event("ec2:DescribeInstances", 2, user("dana", "AKIADANASOTHERKEY123", path="/developers/"))], KEY)


def test_sessions_of_sessions_are_traced() -> None:
    first = session("deploy", "run", asia("1"), 1)
    second = session("admin", "again", asia("2"), 3)
    theirs = [
        assumed("deploy", "run", asia("1"), 1, DANA),
        assumed("admin", "again", asia("2"), 3, first),
        event("iam:CreateUser", 4, second, {"userName": "backdoor"}, None),
    ]
    found = traced(theirs, KEY)
    assert ids(found) == ids_of(theirs)
    assert rows(found) == [
        (DANA["arn"], KEY, "", "named"),
        (first["arn"], asia("1"), KEY, "AssumeRole"),
        (second["arn"], asia("2"), asia("1"), "AssumeRole"),
    ]
    assert found.closure[2].as_json()["first_seen"] == "2026-05-04T03:00:04Z"
    assert found.containable == (DANA["arn"], first["arn"], second["arn"])


def test_others_in_the_same_role_under_the_same_session_name_are_not_traced() -> None:
    theirs = [
        assumed("deploy", "ci", asia("theirs"), 1, DANA),
        event("s3:ListBuckets", 2, session("deploy", "ci", asia("theirs"), 1)),
    ]
    others = [
        assumed("deploy", "ci", asia("ours"), 1, COLLEAGUE),
        event("s3:ListBuckets", 2, session("deploy", "ci", asia("ours"), 1)),
        event("s3:ListBuckets", 3, session("deploy", "other", asia("more"), 1)),
    ]
    check(theirs, others, KEY)


def test_failed_calls_lead_to_nothing_and_are_counted_as_refused() -> None:
    refused = failed(assumed("deploy", "run", asia("1"), 1, DANA))
    refused["responseElements"] = {"credentials": {"accessKeyId": asia("1")}}
    found = traced([refused, event("s3:ListBuckets", 2, session("deploy", "run", asia("1"), 1))], KEY)
    assert ids(found) == ids_of([refused])
    assert found.counts == {"read": 2, "unique": 2, "traced": 1, "changes": 0, "refused": 1}


def test_own_sessions_and_federated_ones_are_traced() -> None:
    token, federated_key = asia("token"), asia("federated")
    federated = {
        "type": "FederatedUser",
        "principalId": f"{HOME}:guest",
        "arn": f"arn:aws:sts::{HOME}:federated-user/guest",
        "accountId": HOME,
        "accessKeyId": federated_key,
        "sessionContext": {"sessionIssuer": {key: DANA[key] for key in ("type", "principalId", "arn", "accountId")}},
    }
    given = {
        "credentials": {"accessKeyId": federated_key},
        "federatedUser": {"arn": federated["arn"], "federatedUserId": f"{HOME}:guest"},
    }
    theirs = [
        event("sts:GetSessionToken", 1, DANA, None, {"credentials": {"accessKeyId": token}}),
        event("s3:ListBuckets", 2, in_session(DANA, token, 1)),
        event("sts:GetFederationToken", 3, DANA, {"name": "guest"}, given),
        event("s3:ListBuckets", 4, federated),
    ]
    found = traced(theirs, KEY)
    assert ids(found) == ids_of(theirs)
    assert [row[1:] for row in rows(found)] == [
        (KEY, "", "named"),
        (token, KEY, "GetSessionToken"),
        (federated_key, KEY, "GetFederationToken"),
    ]


def test_a_key_for_somebody_else_is_traced_and_what_they_do_themselves_is_not() -> None:
    new = "AKIABACKDOORKEY12345"
    theirs = [created_key("carol", new, 1, DANA), event("s3:ListBuckets", 2, user("carol", new))]
    check(theirs, [event("s3:ListBuckets", 3, COLLEAGUE)], KEY)
    found = traced(theirs[:1], KEY)
    assert rows(found)[1] == (f"arn:aws:iam::{HOME}:user/carol", new, KEY, "CreateAccessKey")
    assert found.containable[1] == new


def test_everything_of_a_user_and_a_role_that_it_made_is_traced() -> None:
    made, role = user("backdoor", "AKIABACKDOORKEY12345"), "persist"
    theirs = [
        event(
            "iam:CreateUser",
            1,
            DANA,
            {"userName": "backdoor"},
            {"user": {"arn": made["arn"], "userId": made["principalId"]}},
        ),
        event("s3:ListBuckets", 2, made),
        event(
            "iam:CreateRole",
            3,
            DANA,
            {"roleName": role, "assumeRolePolicyDocument": trust(f"arn:aws:iam::{STRANGER}:root")},
            {"role": {"arn": f"arn:aws:iam::{HOME}:role/{role}", "roleId": role_id(role)}},
        ),
        assumed(
            role, "xx", asia("x"), 4, {"type": "AWSAccount", "principalId": unique("AIDA", "x"), "accountId": STRANGER}
        ),
        event("s3:ListBuckets", 5, session(role, "xx", asia("x"), 4)),
        event("s3:ListBuckets", 6, session(role, "yy", asia("y"), 4)),
    ]
    check(theirs, [event("s3:ListBuckets", 5, COLLEAGUE)], KEY)
    found = traced(theirs, KEY)
    assert {made["arn"], f"arn:aws:iam::{HOME}:role/{role}"} <= set(found.containable)


CAROL_AT_THE_CONSOLE = in_session(user("carol"), asia("console"), 100)


def test_a_password_lets_the_console_be_traced_from_then_on_only() -> None:
    theirs = [
        event("iam:UpdateLoginProfile", 50, DANA, {"userName": "carol"}),
        console_login(user("carol"), 100),
        event("iam:ListUsers", 101, CAROL_AT_THE_CONSOLE, sessionCredentialFromConsole="true"),
        # As CloudTrail wrote it before it marked sessions of the console.
        event("iam:ListRoles", 102, in_session(user("carol"), asia("fresh"), 100)),
    ]
    others = [
        console_login(user("carol"), 70, outcome="Failure"),
        event("sts:GetSessionToken", 80, COLLEAGUE, None, {"credentials": {"accessKeyId": asia("token")}}),
        event("s3:ListBuckets", 81, in_session(user("carol"), asia("token"), 80)),
        console_login(user("carol"), 10),
        event("iam:ListUsers", 60, in_session(user("carol"), asia("old"), 10), sessionCredentialFromConsole="true"),
        event("iam:ListUsers", 102, COLLEAGUE),
        console_login(user("carol", account=OTHER), 103, account=OTHER),
    ]
    check(theirs, others, KEY)
    assert rows(traced([*theirs, *others], KEY))[1] == (
        f"arn:aws:iam::{HOME}:user/carol",
        "",
        KEY,
        "UpdateLoginProfile",
    )


def test_a_password_that_an_administrator_sets_again_ends_it() -> None:
    theirs = [event("iam:UpdateLoginProfile", 50, DANA, {"userName": "carol"}), console_login(user("carol"), 100)]
    others = [
        event("iam:UpdateLoginProfile", 200, user("admin", "AKIAADMINADMINADMIN1"), {"userName": "carol"}),
        console_login(user("carol"), 300),
    ]
    check(theirs, others, KEY)


def test_a_trust_policy_lets_in_whom_the_former_did_not() -> None:
    stranger = {"type": "AWSAccount", "principalId": unique("AIDA", "s"), "accountId": STRANGER}
    before = trust_changed("deploy", trust(COLLEAGUE["arn"]), 1, user("admin", "AKIAADMINADMINADMIN1"))
    theirs = [
        trust_changed("deploy", trust(COLLEAGUE["arn"], f"arn:aws:iam::{STRANGER}:root"), 10, DANA),
        assumed("deploy", "ss", asia("s"), 20, stranger),
        event("s3:ListBuckets", 21, session("deploy", "ss", asia("s"), 20)),
    ]
    others = [
        before,
        assumed("deploy", "ci", asia("c"), 20, COLLEAGUE),
        event("s3:ListBuckets", 22, session("deploy", "ci", asia("c"), 20)),
    ]
    check(theirs, others, KEY)
    role = f"arn:aws:iam::{HOME}:role/deploy"
    found = traced([*theirs, *others], KEY)
    assert (role, "", KEY, "UpdateAssumeRolePolicy") in rows(found)
    assert (f"arn:aws:sts::{HOME}:assumed-role/deploy/ss", asia("s"), KEY, "AssumeRole") in rows(found)
    assert [where for where, _why in why(found, "not_covered")] == [role]


def test_a_trust_policy_that_an_administrator_restores_ends_it() -> None:
    stranger = {"type": "AWSAccount", "principalId": unique("AIDA", "s"), "accountId": STRANGER}
    theirs = [trust_changed("deploy", trust(f"arn:aws:iam::{STRANGER}:root"), 10, DANA)]
    others = [
        trust_changed("deploy", trust(COLLEAGUE["arn"]), 30, user("admin", "AKIAADMINADMINADMIN1")),
        assumed("deploy", "ss", asia("s"), 40, stranger),
    ]
    check(theirs, others, KEY)


def test_who_took_the_role_before_is_not_drawn_in_where_the_former_policy_is_unknown() -> None:
    partner = {"type": "AWSAccount", "principalId": unique("AIDA", "partner"), "accountId": STRANGER}
    stranger = {"type": "AWSAccount", "principalId": unique("AIDA", "s"), "accountId": STRANGER}
    theirs = [
        trust_changed("deploy", trust(f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{HOME}:root"), 10, DANA),
        assumed("deploy", "ss", asia("s"), 20, stranger),
    ]
    others = [
        assumed("deploy", "pp", asia("p1"), 1, partner),
        assumed("deploy", "pp", asia("p2"), 30, partner),
        assumed("deploy", "ci", asia("c"), 40, COLLEAGUE),
    ]
    check(theirs, others, KEY)
    assert any(
        "taken 2 times after" in reason for _where, reason in why(traced([*theirs, *others], KEY), "not_covered")
    )


def test_an_instance_a_function_and_a_task_that_were_given_a_role_are_traced() -> None:
    instance, task = "i-0123456789abcdef0", "0123456789abcdef0123456789abcdef"
    theirs = [
        event(
            "ec2:RunInstances",
            1,
            DANA,
            {"iamInstanceProfile": {"name": "web"}},
            {"instancesSet": {"items": [{"instanceId": instance}]}},
        ),
        event("s3:ListBuckets", 2, session("web", instance, asia("i"), 2)),
        event(
            "lambda:CreateFunction20150331",
            3,
            DANA,
            {"functionName": "collect", "role": f"arn:aws:iam::{HOME}:role/service-role/fn"},
            {"functionName": "collect"},
        ),
        assumed("fn", "collect", asia("f"), 4, service("lambda"), path="/service-role/"),
        event("s3:ListBuckets", 5, session("fn", "collect", asia("f"), 4, path="/service-role/")),
        event(
            "ecs:RunTask",
            6,
            DANA,
            {"overrides": {"taskRoleArn": f"arn:aws:iam::{HOME}:role/task"}},
            {"tasks": [{"taskArn": f"arn:aws:ecs:us-east-1:{HOME}:task/c/{task}"}]},
        ),
        event("s3:ListBuckets", 7, session("task", task, asia("t"), 6)),
    ]
    others = [
        event("s3:ListBuckets", 2, session("web", "i-0fedcba9876543210", asia("j"), 2)),
        assumed("fn", "serve", asia("g"), 4, service("lambda"), path="/service-role/"),
        event("s3:ListBuckets", 5, session("fn", "serve", asia("g"), 4, path="/service-role/")),
        event("s3:ListBuckets", 7, session("task", "f" * 32, asia("u"), 6)),
    ]
    check(theirs, others, KEY)
    found = traced([*theirs, *others], KEY)
    sessions = [
        session("web", instance, "", 0)["arn"],
        session("fn", "collect", "", 0)["arn"],
        session("task", task, "", 0)["arn"],
    ]
    assert set(sessions) <= set(found.containable)
    assert not [one for one in found.containable if ":role/" in one]


def test_a_role_that_a_service_takes_for_others_too_is_not_drawn_in() -> None:
    role = f"arn:aws:iam::{HOME}:role/build"
    theirs = [event("codebuild:CreateProject", 10, DANA, {"serviceRole": role})]
    others = [
        assumed("build", "AWSCodeBuild-1", asia("1"), 1, service("codebuild")),
        assumed("build", "AWSCodeBuild-2", asia("2"), 20, service("codebuild")),
    ]
    check(theirs, others, KEY)
    check([*theirs, others[1]], [], KEY)


def test_a_call_across_accounts_is_joined_with_the_other_accounts_log() -> None:
    shared = "0d4c4a1e-0000-4000-8000-000000000001"
    theirs = [
        assumed("deploy", "run", "", 1, DANA, sharedEventID=shared),
        assumed(
            "deploy",
            "run",
            asia("1"),
            1,
            {"type": "AWSAccount", "principalId": DANA["principalId"], "accountId": HOME},
            account=OTHER,
            sharedEventID=shared,
        ),
        event("s3:ListBuckets", 2, session("deploy", "run", asia("1"), 1, account=OTHER), account=OTHER),
    ]
    theirs[0]["requestParameters"]["roleArn"] = f"arn:aws:iam::{OTHER}:role/deploy"
    theirs[0]["responseElements"] = None
    check(theirs, [event("s3:ListBuckets", 3, COLLEAGUE, sharedEventID="0d4c4a1e-0000-4000-8000-000000000002")], KEY)


def test_roles_taken_in_the_console_are_traced() -> None:
    login = console_login(DANA, 1)
    switched = session("admin", "dana", "", 5)
    fresh = session("admin", "dana", asia("fresh"), 5)
    theirs = [
        login,
        event(
            "signin:SwitchRole",
            5,
            {name: value for name, value in switched.items() if name not in ("accessKeyId", "sessionContext")},
            None,
            {"SwitchRole": "Success"},
            additionalEventData={"SwitchFrom": DANA["arn"]},
        ),
        event("iam:ListUsers", 6, fresh, sessionCredentialFromConsole="true"),
    ]
    others = [
        event("iam:ListUsers", 6, session("admin", "dana", asia("theirs"), 3), sessionCredentialFromConsole="true")
    ]
    check(theirs, others, DANA["arn"])


def switched_to(role: str, at: int) -> Record:
    """Dana takes the role in the console."""
    by = session(role, "dana", "", at)
    by = {name: value for name, value in by.items() if name not in ("accessKeyId", "sessionContext")}
    return event(
        "signin:SwitchRole", at, by, None, {"SwitchRole": "Success"}, additionalEventData={"SwitchFrom": DANA["arn"]}
    )


def test_a_sign_in_lets_roles_be_taken_as_long_as_a_console_session_lasts_and_no_longer() -> None:
    """Twelve hours: https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/getting-started.html"""
    end = 100 + 12 * 3600
    login = console_login(DANA, 100)
    opened = event("iam:UpdateLoginProfile", 50, user("mallory", KEY), {"userName": "dana"})
    check([opened, login, switched_to("admin", end - 1)], [switched_to("deploy", end)], KEY)


def test_who_is_somebody_else_is_found_out_over_again_for_what_they_set_right() -> None:
    """Carol could take the role before, so that her session is her own; only then is it known that it was not the attacker who gave the
    other role its policy back, and only then that who takes that one is a stranger."""
    partner = {"type": "AWSAccount", "principalId": unique("AIDA", "p"), "accountId": STRANGER}
    carols = session("deploy", "ci", asia("c"), 20)
    theirs = [
        trust_changed("deploy", trust(COLLEAGUE["arn"], f"arn:aws:iam::{OTHER}:root"), 10, DANA),
        trust_changed("audit", trust(f"arn:aws:iam::{STRANGER}:root"), 11, DANA),
    ]
    others = [
        trust_changed("deploy", trust(COLLEAGUE["arn"]), 1, user("admin", "AKIAADMINADMINADMIN1")),
        assumed("deploy", "ci", asia("c"), 20, COLLEAGUE),
        trust_changed("audit", trust(COLLEAGUE["arn"]), 30, carols),
        assumed("audit", "pp", asia("p"), 40, partner),
        event("s3:ListBuckets", 41, session("audit", "pp", asia("p"), 40)),
    ]
    check(theirs, others, KEY)


def test_a_session_goes_on_in_the_console_and_through_services_under_other_keys() -> None:
    began = 1
    theirs = [
        assumed("deploy", "run", asia("1"), began, DANA),
        event("cloudformation:CreateStack", 2, session("deploy", "run", asia("1"), began)),
        event(
            "iam:CreateRole",
            3,
            {**session("deploy", "run", asia("cfn"), began), "invokedBy": "cloudformation.amazonaws.com"},
        ),
        event("iam:ListUsers", 4, session("deploy", "run", asia("web"), began), sessionCredentialFromConsole="true"),
        event("iam:ListRoles", 5, session("deploy", "run", "", began)),
        event("iam:ListGroups", 6, session("deploy", "run", asia("old console"), began)),
    ]
    others = [
        assumed("deploy", "run", asia("same-second"), began, COLLEAGUE),
        event("iam:ListUsers", 6, session("deploy", "run", asia("later"), 6), sessionCredentialFromConsole="true"),
        event("s3:ListBuckets", 6, session("deploy", "run", asia("same-second"), began)),
    ]
    check(theirs, others, KEY)


def test_what_a_service_does_for_a_user_right_after_its_call_is_traced() -> None:
    """A long-term key has no session: what tells is the second in which the service's begins."""
    for_dana = {**in_session(DANA, asia("cfn"), 10), "invokedBy": "cloudformation.amazonaws.com"}
    theirs = [event("cloudformation:CreateStack", 10, DANA), event("iam:CreateRole", 40, for_dana)]
    later = {**in_session(DANA, asia("cfn2"), 60), "invokedBy": "cloudformation.amazonaws.com"}
    other = {**in_session(DANA, asia("s3"), 12), "invokedBy": "s3.amazonaws.com"}
    check(theirs, [event("iam:CreateRole", 61, later), event("kms:CreateGrant", 11, other)], KEY)


def test_an_api_key_for_bedrock_is_told_by_the_bearer_token() -> None:
    mark = {"additionalEventData": {"callWithBearerToken": True}}
    theirs = [
        event(
            "iam:CreateServiceSpecificCredential",
            10,
            DANA,
            {"userName": "carol", "serviceName": "bedrock.amazonaws.com"},
            {"serviceSpecificCredential": {"userName": "carol", "serviceName": "bedrock.amazonaws.com"}},
        ),
        event("bedrock:InvokeModel", 20, user("carol"), **mark),
    ]
    check(
        theirs,
        [event("bedrock:InvokeModel", 5, user("carol"), **mark), event("bedrock:InvokeModel", 21, COLLEAGUE)],
        KEY,
    )


def test_credentials_that_leave_no_mark_are_said() -> None:
    found = traced([event("iam:UploadSSHPublicKey", 1, DANA, {"userName": "carol"})], KEY)
    assert any("UploadSSHPublicKey" in reason for _where, reason in why(found, "not_covered"))
    assert f"arn:aws:iam::{HOME}:user/carol" in found.containable


def test_a_user_of_identity_center_that_it_made_is_traced() -> None:
    unique_id = "906712ab34-01234567-89ab-cdef-0123-456789abcdef"
    theirs = [
        event("identitystore:CreateUser", 1, DANA, {"userName": "x"}, {"userId": unique_id}),
        event(
            "s3:ListBuckets",
            2,
            {**session("AWSReservedSSO_x", "x@example.com", asia("c"), 2), "onBehalfOf": {"userId": unique_id}},
        ),
    ]
    check(theirs, [event("s3:ListBuckets", 2, session("AWSReservedSSO_x", "y@example.com", asia("d"), 2))], KEY)


def test_a_trust_anchor_that_it_made_lets_in_whoever_comes_through() -> None:
    anchor = f"arn:aws:rolesanywhere:us-east-1:{HOME}:trust-anchor/4d07f6a0-1c50-44d3-951b-b68b783daa0a"
    taken = {
        "credentialSet": [
            {
                "credentials": {"accessKeyId": asia("r")},
                "assumedRoleUser": {"arn": f"arn:aws:sts::{HOME}:assumed-role/admin/cert"},
            }
        ]
    }
    theirs = [
        event("rolesanywhere:CreateTrustAnchor", 1, DANA, {"name": "a"}, {"trustAnchor": {"trustAnchorArn": anchor}}),
        event(
            "rolesanywhere:CreateSession", 2, {"type": "Unknown", "principalId": ""}, {"trustAnchorArn": anchor}, taken
        ),
        event("s3:ListBuckets", 3, session("admin", "cert", asia("r"), 2)),
    ]
    check(theirs, [event("s3:ListBuckets", 3, session("admin", "cert2", asia("q"), 2))], KEY)


def test_roots_session_and_roots_own_key_are_traced() -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    root = {"type": "Root", "principalId": OTHER, "arn": f"arn:aws:iam::{OTHER}:root", "accountId": OTHER}
    made = {"accessKeyId": "AKIAROOTROOTROOTROOT", "userName": None}
    theirs = [
        event("sts:AssumeRoot", 1, DANA, {"targetPrincipal": OTHER}, {"credentials": {"accessKeyId": asia("root")}}),
        event(
            "iam:CreateAccessKey", 2, {**root, "accessKeyId": asia("root")}, None, {"accessKey": made}, account=OTHER
        ),
        event("s3:ListBuckets", 3, {**root, "accessKeyId": made["accessKeyId"]}, account=OTHER),
    ]
    check(theirs, [event("s3:ListBuckets", 4, {**root, "accessKeyId": asia("owner")}, account=OTHER)], KEY)
    assert rows(traced(theirs, KEY))[1:] == [
        (root["arn"], asia("root"), KEY, "AssumeRoot"),
        (root["arn"], made["accessKeyId"], asia("root"), "CreateAccessKey"),
    ]


def test_a_user_by_name_and_by_arn_is_traced_with_all_that_it_does() -> None:
    theirs = [
        event("s3:ListBuckets", 1, DANA),
        console_login(DANA, 2),
        event("s3:ListBuckets", 3, in_session(user("dana", path="/developers/"), asia("console"), 2)),
    ]
    others = [event("s3:ListBuckets", 4, user("danae", "AKIADANAEDANAEDANAE1")), event("s3:ListBuckets", 5, COLLEAGUE)]
    check(theirs, others, DANA["arn"])
    check(theirs, others, "dana")
    assert traced([*theirs, *others], "dana").containable == (DANA["arn"],)


def test_a_role_is_traced_by_its_name_whatever_its_path() -> None:
    theirs = [event("s3:ListBuckets", 1, session("deploy", "aa", asia("a"), 0, path="/team/"))]
    check(
        theirs,
        [event("s3:ListBuckets", 1, session("deploy2", "aa", asia("b"), 0))],
        f"arn:aws:iam::{HOME}:role/team/deploy",
    )


def test_an_identity_provider_that_it_made_lets_in_whoever_comes_through() -> None:
    provider = f"arn:aws:iam::{HOME}:saml-provider/evil"
    saml = {"type": "SAMLUser", "principalId": "x:y", "userName": "y", "identityProvider": "x"}
    taken = assumed("admin", "yy", asia("saml"), 5, saml)
    taken["eventName"], taken["requestParameters"]["principalArn"] = "AssumeRoleWithSAML", provider
    theirs = [
        event("iam:CreateSAMLProvider", 1, DANA, {"name": "evil"}, {"sAMLProviderArn": provider}),
        taken,
        event("s3:ListBuckets", 6, session("admin", "yy", asia("saml"), 5)),
    ]
    check(theirs, [event("s3:ListBuckets", 6, session("admin", "zz", asia("z"), 5))], KEY)


def test_where_a_session_came_from_is_said_and_not_traced() -> None:
    origin = assumed("deploy", "run", asia("1"), 1, COLLEAGUE)
    theirs = [event("s3:ListBuckets", 2, session("deploy", "run", asia("1"), 1))]
    check(theirs, [origin], asia("1"))
    assert any(
        COLLEAGUE["arn"] in reason for _where, reason in why(traced([origin, *theirs], asia("1")), "not_covered")
    )


def test_the_span_is_kept_to() -> None:
    early, late = event("s3:ListBuckets", 10, DANA), event("s3:ListBuckets", 20, DANA)
    assert ids(traced([early, late], KEY, span=Span(since=START + timedelta(seconds=15)))) == ids_of([late])
    assert ids(traced([early, late], KEY, span=Span(until=START + timedelta(seconds=20)))) == ids_of([early])


def test_accounts_and_regions_narrow_it() -> None:
    here, there = event("s3:ListBuckets", 1, DANA), event("s3:ListBuckets", 2, DANA, region="eu-west-1")
    away = event("s3:ListBuckets", 3, DANA, account=OTHER)
    assert ids(traced([here, there, away], KEY, regions={"eu-west-1"})) == ids_of([there])
    assert ids(traced([here, there, away], KEY, accounts={OTHER})) == ids_of([away])


def test_data_that_was_read_and_who_did_what_is_told() -> None:
    objects = [
        event(
            "s3:GetObject",
            at,
            DANA,
            {"bucketName": "records", "key": "2026/all.csv"},
            managementEvent=False,
            eventCategory="Data",
            sourceIPAddress=f"203.0.113.{at}",
        )
        for at in (1, 2)
    ]
    secret = event("secretsmanager:GetSecretValue", 3, DANA, {"secretId": "db"})
    refused = failed(event("iam:CreateUser", 4, DANA, {"userName": "x"}))
    found = traced([*objects, secret, refused], KEY)
    assert [(one.operation, one.what, one.count) for one in found.reads] == [
        ("s3:GetObject", "records/2026/all.csv", 2),
        ("secretsmanager:GetSecretValue", "db", 1),
    ]
    (acts,) = found.acts
    told = acts.as_json()
    assert told["source_addresses"] == ["198.51.100.7", "203.0.113.1", "203.0.113.2"]
    assert told["services"] == ["s3", "iam", "secretsmanager"]
    assert told["refusals"] == ["iam:CreateUser"]
    assert (told["calls"], told["data_reads"], told["refused"]) == (4, 3, 1)
    assert not why(found, "not_recorded")
    assert why(traced([secret], KEY), "not_recorded")[0][0] == "data events"


def test_trails_that_it_stopped_are_gaps() -> None:
    found = traced([event("cloudtrail:StopLogging", 1, DANA, {"name": "main"})], KEY)
    assert (
        f"{HOME} us-east-1",
        "a trail was stopped (StopLogging): what it recorded before may be missing from then on",
    ) in why(found, "not_recorded")


def test_sign_in_and_reading_are_no_changes() -> None:
    found = traced(
        [
            console_login(DANA, 1),
            event("iam:ListUsers", 2, DANA),
            assumed("deploy", "xx", asia("x"), 3, DANA, readOnly=True),
            event("ec2:CreateVpc", 4, DANA, readOnly="false"),
            {name: value for name, value in event("ec2:DeleteVpc", 5, DANA).items() if name != "readOnly"},
            {name: value for name, value in event("ec2:DescribeVpcs", 6, DANA).items() if name != "readOnly"},
        ],
        DANA["arn"],
    )
    assert (found.counts["traced"], found.counts["changes"]) == (6, 2)


def test_delays_are_said_where_the_log_may_still_grow() -> None:
    records = [event("s3:ListBuckets", 1, DANA)]
    names = parse_principals([KEY], "access_key_ids")
    soon, later = START + timedelta(minutes=10), START + timedelta(days=2)
    assert why(trace(NaiveLog(records), names, Span(), now=soon), "delayed")
    assert not why(trace(NaiveLog(records), names, Span(), now=later), "delayed")
    past = Span(until=START + timedelta(seconds=5))
    assert not why(trace(NaiveLog(records), names, past, now=START + timedelta(minutes=30)), "delayed")

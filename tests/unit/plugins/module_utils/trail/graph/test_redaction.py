"""No secret of a log is repeated; everything else stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail_events import assumed, event, user

from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.redaction import redacted, redacted_record
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.spool import Spool, dumped, loaded

SECRET = "not-to-be-repeated"
DANA = user("dana", "AKIAIOSFODNN7EXAMPLE")
# As AWS's APIs and CloudTrail spell them.
NAMES = (
    *("sessionToken", "SessionToken", "secretAccessKey", "SecretAccessKey", "password", "newPassword", "oldPassword"),
    *("masterUserPassword", "servicePassword", "authToken", "accessToken", "refreshToken", "idToken", "secretString"),
    *("SecretString", "secretBinary", "privateKey", "keyMaterial", "clientSecret", "sAMLAssertion", "webIdentityToken"),
    *(
        "plaintext",
        "userData",
        "base32StringSeed",
        "qRCodePNG",
        "authenticationCode1",
        "tokenCode",
        "serviceCredentialSecret",
    ),
    *("x-amz-security-token", "X-Amz-Security-Token", "presignedUrl", "SigninToken", "authorization"),
)
OPEN = {
    "secretId": "db",
    "secretName": "db",
    "nextToken": "page",
    "clientToken": "once",
    "passwordResetRequired": True,
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "serviceSpecificCredentialId": "ACCAEXAMPLE",
    "privateIpAddress": "10.0.0.1",
    "keyId": "k",
    "tokens": None,
    "password": None,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "place", ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"]
)
def test_a_secret_is_removed_wherever_it_stands(name: str, place: str) -> None:
    record = event("iam:Anything", 1, DANA) | {
        place: {"outer": [{"inner": {name: SECRET, "other": 1}}], name: {"x": SECRET}}
    }
    clean = redacted_record(record)
    assert SECRET not in json.dumps(clean)
    assert clean[place]["outer"][0]["inner"]["other"] == 1


def test_what_is_no_secret_stays() -> None:
    record = event("iam:Anything", 1, DANA, OPEN)
    assert redacted_record(record) == record


@pytest.mark.parametrize(
    "text",
    [
        f"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={SECRET}&x=1",
        f"https://signin.aws.amazon.com/federation?Action=login&SigninToken={SECRET}&Destination=https://aws.amazon.com",
        f"the token is IQoJb3JpZ2luX2Vj{'A' * 80}{SECRET.replace('-', '')}",
        f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature={SECRET}&Expires=1",
    ],
)
def test_a_secret_in_a_text_is_removed(text: str) -> None:
    clean = redacted_record(event("s3:Anything", 1, DANA, {"url": text}, errorMessage=text))
    assert SECRET not in json.dumps(clean)
    assert SECRET.replace("-", "") not in json.dumps(clean)


def test_a_session_that_is_given_out_keeps_its_key_id_and_loses_its_token() -> None:
    record = assumed("deploy", "run", "ASIAIOSFODNN7EXAMPLE", 1, DANA)
    credentials = redacted_record(record)["responseElements"]["credentials"]
    assert credentials == {
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionToken": "REMOVED",
        "expiration": "May 4, 2026",
    }
    assert record["responseElements"]["credentials"]["sessionToken"] != "REMOVED", "what was given is not changed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from((*NAMES, *OPEN)) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8) | st.sampled_from(NAMES), JSON, max_size=5))
def test_redacting_twice_changes_nothing_more(value: dict[str, Any]) -> None:
    once = redacted(value)
    assert redacted(once) == once


def test_nesting_without_end_is_cut() -> None:
    deep: Any = "x"
    for _level in range(500):
        deep = {"a": [deep]}
    assert "REMOVED" in json.dumps(redacted_record({"requestParameters": deep}))


@given(JSON)
def test_a_spool_gives_back_what_was_put(value: Any) -> None:
    spool = Spool()
    places = [spool.put({"eventName": value, "number": number}) for number in range(3)]
    assert [loaded(spool.get(*place)) for place in reversed(places)] == [
        {"eventName": value, "number": number} for number in (2, 1, 0)
    ]


@pytest.mark.parametrize("value", [2**70, "\ud800", {"a": [2**64, "\udfff"]}])
def test_what_a_fast_encoder_refuses_is_written_all_the_same(value: Any) -> None:
    assert loaded(dumped(value)) == value

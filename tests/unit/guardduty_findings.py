"""GuardDuty findings to read: the published and our own with what they must become, and what may stand in them: for Hypothesis."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import yaml
from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[1] / "fixtures" / "guardduty"
FINDINGS = FIXTURES / "findings"
EXPECTED = {
    name: case for name, case in yaml.safe_load((FIXTURES / "expected.yml").read_text()).items() if name[0] != "."
}
OURS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((FIXTURES / "ours").glob("*.yml"))}
HOSTILE = [
    "{{ lookup('pipe', 'id') }}",
    "{% raw %}",
    "alice\nroot",
    "alice\r",
    "\x1b[2Jalice",
    "alice\x00",
    "alice; rm -rf /",
    "../../etc/passwd",
    "ali\u202ece",
    "\uff21KIAIOSFODNN7EXAMPLE",
    "x" * 100_000,
    "!unsafe",
    "<script>",
    "arn:aws:iam::111122223333:user/{{ x }}",
]


def published(name: str) -> object:
    """The file, or with [n] the event of the n-th test in it."""
    number = re.search(r"\[(\d)\]$", name)
    document = json.loads((FINDINGS / name.partition("[")[0]).read_text())
    return document[int(number[1])]["event"] if number else document


def event(detail: object, **others: object) -> dict[str, object]:
    """EventBridge's envelope."""
    return {
        "version": "0",
        "id": "28e463cd-ca3b-587f-045e-49903af281e5",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": "999999999999",
        "region": "us-west-2",
        "resources": [],
        "detail": detail,
        **others,
    }


def minimal(**changes: object) -> dict[str, object]:
    """A short real finding about a user's key, with `changes` at the top."""
    return {
        "accountId": "111122223333",
        "region": "eu-west-1",
        "id": "1ac7f3c0b8f34f0e9d2b6a5c4d3e2f10",
        "type": "Recon:IAMUser/TorIPCaller",
        "severity": 5,
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                "userType": "IAMUser",
                "userName": "alice",
            },
        },
        "service": {"action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "203.0.113.7"}}}},
        **changes,
    }


def placed(document: dict[str, object], path: str, value: object) -> dict[str, object]:
    """A copy of `document` with `value` at `path`."""
    changed = copy.deepcopy(document)
    at: object = changed
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        at = at[part]  # type: ignore[index]
    at[last] = value  # type: ignore[index]
    return changed


def full() -> dict[str, object]:
    """A finding that has everything."""
    finding = minimal()
    finding["resource"] |= {
        "instanceDetails": {"instanceId": "i-0123456789abcdef0"},
        "s3BucketDetails": [{"name": "invoices"}],
        "lambdaDetails": {
            "functionName": "resize",
            "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:resize",
        },
        "rdsDbInstanceDetails": {
            "dbInstanceIdentifier": "orders",
            "dbInstanceArn": "arn:aws:rds:eu-west-1:111122223333:db:orders",
        },
        "eksClusterDetails": {"name": "prod", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod"},
        "ecsClusterDetails": {"name": "prod", "arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod"},
    }
    user = {"name": "bob", "uid": "AIDACKCEVSQ6C2EXAMPL2", "type": "IAMUser", "credentialUid": "AKIAI44QH8DHBEXAMPLE"}
    finding["service"]["detection"] = {
        "sequence": {
            "actors": [{"user": user | {"account": {"uid": "111122223333"}}}],
            "resources": [{"uid": "arn:aws:s3:::invoices", "resourceType": "S3_BUCKET"}],
        }
    }
    return finding


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*HOSTILE[:6], "AccessKey", "i-99999999"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def paths(value: object, prefix: str = "") -> list[str]:
    """Every place in a document."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, entry in entries for path in (f"{prefix}{key}", *paths(entry, f"{prefix}{key}."))]


MOLDS = [full(), *(case["finding"] for case in OURS.values()), event(full())]
MUTATED = st.sampled_from(MOLDS).flatmap(
    lambda mold: st.tuples(st.just(mold), st.sampled_from([path for path in paths(mold) if "/" not in path]), ANY_JSON)
)

"""Buckets are shut to all but responders: seen from the calls of those who could get in, in the account, from another, and of nobody."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from play import Played, play_tasks
from sandbox_client import Sandbox

MODULE = "s3_bucket_containment"
SHUT, TWIN = "amzn-s3-demo-bucket", "amzn-s3-demo-bucket1"


def policy_of(bucket: str, *accounts: str) -> str:
    """Everybody may read, and so may these accounts; written with blanks that must stay."""
    objects = f"arn:aws:s3:::{bucket}/*"
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects}
    known = {"Effect": "Allow", "Principal": {"AWS": list(accounts)}, "Action": "s3:*", "Resource": objects}
    return json.dumps({"Version": "2012-10-17", "Statement": [everybody, known]}, indent=1)


def new_user(sandbox: Sandbox, account: str) -> dict[str, str]:
    iam = sandbox.iam(account)
    iam.create_user(UserName="reader")
    iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def may_read(sandbox: Sandbox, bucket: str, keys: dict[str, str]) -> bool:
    try:
        sandbox.client("s3", keys).get_object(Bucket=bucket, Key="design")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def anybody_may_read(sandbox: Sandbox, bucket: str) -> bool:
    """Without credentials."""
    try:
        with urllib.request.urlopen(f"{sandbox.endpoint_url}/{bucket}/design", timeout=10):
            return True
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.FORBIDDEN:
            raise
        return False


def readers(sandbox: Sandbox, bucket: str, people: dict[str, dict[str, str]]) -> set[str]:
    """Who gets an object of the bucket."""
    found = {name for name, keys in people.items() if may_read(sandbox, bucket, keys)}
    return found | ({"anybody"} if anybody_may_read(sandbox, bucket) else set())


def run(sandbox: Sandbox, tmp_path: Path, cmdline: str = "", **options: Any) -> Played:
    task = {"buckets": [SHUT], "case_id": "case-1", **options}
    return play_tasks(sandbox, tmp_path, [{f"cordon.aws.{MODULE}": task}], cmdline=cmdline)


def test_all_but_responders_are_refused_until_it_is_released(sandbox: Sandbox, tmp_path: Path) -> None:
    s3, other = sandbox.client("s3"), sandbox.members[0]
    texts = {bucket: policy_of(bucket, other) for bucket in (SHUT, TWIN)}
    for bucket, text in texts.items():
        s3.create_bucket(Bucket=bucket)
        s3.delete_public_access_block(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="design", Body=b"plans")
        s3.put_bucket_policy(Bucket=bucket, Policy=text)
    people = {"own": new_user(sandbox, sandbox.management), "other": new_user(sandbox, other)}
    everybody = {"own", "other", "anybody"}
    assert readers(sandbox, SHUT, people) == everybody, "they must get in before, or the test proves nothing"

    planned = run(sandbox, tmp_path, "--check")
    assert s3.get_bucket_policy(Bucket=SHUT)["Policy"] == texts[SHUT]
    contained = run(sandbox, tmp_path)
    assert contained.ok, contained.stdout
    assert contained.of(MODULE)["plan_id"] == planned.of(MODULE)["plan_id"]
    assert contained.of(MODULE)["verified"]
    assert readers(sandbox, SHUT, people) == set()
    assert s3.get_object(Bucket=SHUT, Key="design")["Body"].read() == b"plans", "the responder was shut out"
    assert readers(sandbox, TWIN, people) == everybody, "the bucket beside it was hit"

    sandbox.control("DELETE", "/calls")
    again = run(sandbox, tmp_path)
    assert (again.ok, again.of(MODULE)["changed"]) == (True, False)
    assert sandbox.writes() == {}

    released = run(sandbox, tmp_path, state="released")
    assert released.ok, released.stdout
    assert s3.get_bucket_policy(Bucket=SHUT)["Policy"] == texts[SHUT]
    assert readers(sandbox, SHUT, people) == everybody


def test_what_somebody_changed_since_is_not_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=SHUT)
    assert run(sandbox, tmp_path).ok
    theirs = {
        "Effect": "Allow",
        "Principal": {"AWS": sandbox.members[0]},
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{SHUT}",
    }
    s3.put_bucket_policy(Bucket=SHUT, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}))
    changed = s3.get_bucket_policy(Bucket=SHUT)["Policy"]
    refused = run(sandbox, tmp_path, state="released")
    assert not refused.ok
    assert "somebody has changed it since: bucket_policy" in refused.of(MODULE)["msg"]
    assert s3.get_bucket_policy(Bucket=SHUT)["Policy"] == changed
    assert s3.get_public_access_block(Bucket=SHUT)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True


def test_a_bucket_of_another_account_is_not_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    theirs = sandbox.client("s3", new_user(sandbox, sandbox.members[0]))
    theirs.create_bucket(Bucket="amzn-s3-demo-bucket2")
    failed = run(sandbox, tmp_path, buckets=["amzn-s3-demo-bucket2"])
    assert not failed.ok
    assert "GetBucketLocation" in failed.of(MODULE)["msg"]
    found = run(sandbox, tmp_path, buckets=["amzn-s3-demo-bucket2"], account_id=sandbox.members[0])
    assert found.ok, found.stdout


def test_what_its_versioning_and_its_lock_were_is_recorded(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whether what was in it can still be there: for whoever looks at the case later."""
    sandbox.client("s3").create_bucket(Bucket=SHUT, ObjectLockEnabledForBucket=True)
    (before,) = run(sandbox, tmp_path, "--check").of(MODULE)["before"].values()
    assert (before["versioning"], before["object_lock"]["ObjectLockEnabled"]) == ("Enabled", "Enabled")

"""S3's own ways to sign and to send: odd keys, presigned URLs, chunked bodies, and requests that nobody signed."""

from __future__ import annotations

import http.client
import io
import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.config import Config
from iam_calls import code
from sandbox_client import Sandbox

V4 = Config(signature_version="s3v4", retries={"total_max_attempts": 1})
KEYS = [
    "a b", "a+b", "\u00fc/\u00e9 ", "a%2Fb", "%41", "a//b", "//x", "/x", "a/../b", "./x", "~x", "a?b", "a#b", "a&b=c", "*", "a:b",
    "\U0001f600", "quote'\"", "trailing/", "a%b", "$@!(),;=[]{}|\\^`<>",
]  # fmt: skip


@pytest.fixture
def s3(sandbox: Sandbox) -> Any:
    client = sandbox.session().client("s3", endpoint_url=sandbox.endpoint_url, config=V4)
    client.create_bucket(Bucket="bucket")
    client.delete_public_access_block(Bucket="bucket")
    return client


def body(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="bucket", Key=key)["Body"].read())


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_kept_as_it_is(s3: Any, key: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
    s3.put_object(Bucket="bucket", Key=key, Body=key.encode())
    assert body(s3, key) == key.encode()
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [key]
    s3.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": key})
    assert body(s3, "copy") == key.encode()


@pytest.mark.parametrize("key", KEYS)
def test_presigned_urls_read_and_write_every_key(s3: Any, key: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    named = {"Bucket": "bucket", "Key": key}
    urlopen(Request(s3.generate_presigned_url("put_object", Params=named), b"written", method="PUT"))
    assert urlopen(s3.generate_presigned_url("get_object", Params=named)).read() == b"written"


def refusal(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(url, method=method, headers=headers))
    return caught.value.code, caught.value.read().decode().split("<Code>")[1].split("</Code>")[0]


@pytest.fixture
def url(s3: Any) -> str:
    s3.put_object(Bucket="bucket", Key="key", Body=b"x")
    return str(s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"}, ExpiresIn=60))


class TestPresignedUrls:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""

    @pytest.mark.parametrize(
        ("old", "new", "status", "expected"),
        [
            ("/key?", "/other?", 403, "SignatureDoesNotMatch"),
            ("X-Amz-Expires=60", "X-Amz-Expires=61", 403, "SignatureDoesNotMatch"),
            ("X-Amz-Expires=60", "X-Amz-Expires=604801", 400, "AuthorizationQueryParametersError"),
            ("X-Amz-Expires=60", "X-Amz-Expires=0", 400, "AuthorizationQueryParametersError"),
            ("X-Amz-Expires=60", "X-Amz-Expires=%C2%B2", 400, "AuthorizationQueryParametersError"),
            ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4", 400, "AuthorizationQueryParametersError"),
            ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=", 403, "AccessDenied"),
            ("us-east-1", "eu-west-1", 403, "SignatureDoesNotMatch"),
        ],
    )
    def test_a_changed_one_is_refused(self, url: str, old: str, new: str, status: int, expected: str) -> None:
        assert old in url
        assert refusal(url.replace(old, new)) == (status, expected)

    def test_another_method_is_refused(self, url: str) -> None:
        assert refusal(url, "PUT") == (403, "SignatureDoesNotMatch")

    def test_headers_that_were_not_signed_are_refused(self, url: str) -> None:
        assert refusal(url, **{"x-amz-meta-note": "added"}) == (403, "AccessDenied")

    def test_one_that_is_over_is_refused(self, url: str) -> None:
        """Its date is put back; that the signature is wrong then, too, is looked at later."""
        date = url.split("X-Amz-Date=")[1][:8]
        assert refusal(url.replace(date, "20200101")) == (403, "AccessDenied")

    def test_signature_version_2_is_refused(self, sandbox: Sandbox, s3: Any) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/Appendix-Sigv2.html: not for buckets made since June 2020"""
        old = sandbox.session().client("s3", endpoint_url=sandbox.endpoint_url, config=Config(signature_version="s3"))
        assert code(old.list_objects_v2, Bucket="bucket") == "InvalidRequest"
        presigned = old.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
        assert refusal(presigned) == (400, "InvalidRequest")


class Unseekable(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


class TestBodies:
    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_a_stream_with_a_checksum_arrives_whole(self, s3: Any, algorithm: str) -> None:
        """boto3 sends it in chunks, the checksum last:
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"""
        content = bytes(range(256)) * 1000
        s3.put_object(Bucket="bucket", Key="key", Body=io.BytesIO(content), ChecksumAlgorithm=algorithm)
        assert body(s3, "key") == content

    @pytest.mark.parametrize("signs", [True, False])
    def test_a_payload_may_be_signed_or_not(self, sandbox: Sandbox, s3: Any, signs: bool) -> None:
        config = Config(s3={"payload_signing_enabled": signs}, request_checksum_calculation="when_required")
        client = sandbox.session().client("s3", endpoint_url=sandbox.endpoint_url, config=config)
        client.put_object(Bucket="bucket", Key="key", Body=b"content")
        assert body(s3, "key") == b"content"

    def test_an_object_in_parts_has_the_length_of_all(self, s3: Any) -> None:
        content = b"x" * (9 * 1024 * 1024)
        s3.upload_fileobj(io.BytesIO(content), "bucket", "key")
        assert s3.head_object(Bucket="bucket", Key="key")["ContentLength"] == len(content)
        assert body(s3, "key") == content

    def test_what_looks_like_a_form_is_an_object_all_the_same(self, s3: Any) -> None:
        s3.put_object(Bucket="bucket", Key="key", Body=b"a=1&key=2", ContentType="application/x-www-form-urlencoded")
        assert body(s3, "key") == b"a=1&key=2"

    def test_metadata_keeps_its_names(self, s3: Any) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
        s3.put_object(Bucket="bucket", Key="key", Body=b"", Metadata={"case_id": "1", "taken-by": "dana"})
        assert s3.head_object(Bucket="bucket", Key="key")["Metadata"] == {"case_id": "1", "taken-by": "dana"}

    def test_metadata_with_many_spaces_is_signed_alike(self, s3: Any) -> None:
        s3.put_object(Bucket="bucket", Key="key", Body=b"", Metadata={"note": "a   b"})
        assert s3.head_object(Bucket="bucket", Key="key")["Metadata"]["note"].split() == ["a", "b"]

    def test_an_object_is_made_once_if_asked_so(self, s3: Any) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
        s3.put_object(Bucket="bucket", Key="key", Body=b"first", IfNoneMatch="*")
        assert code(s3.put_object, Bucket="bucket", Key="key", Body=b"second", IfNoneMatch="*") == "PreconditionFailed"


class TestStrangers:
    """Requests that nobody signed: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html"""

    @pytest.fixture
    def public(self, s3: Any) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bucket/public/*",
        }
        s3.put_object(Bucket="bucket", Key="public/key", Body=b"for all")
        s3.put_object(Bucket="bucket", Key="private/key", Body=b"for none")
        s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def asked(self, sandbox: Sandbox, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(sandbox.endpoint_url.removeprefix("http://"), timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    @pytest.mark.usefixtures("public")
    def test_they_read_what_the_bucket_policy_opens_to_all(self, sandbox: Sandbox) -> None:
        assert self.asked(sandbox, "GET", "/bucket/public/key") == (200, b"for all")
        assert self.asked(sandbox, "HEAD", "/bucket/public/key") == (200, b"")

    @pytest.mark.usefixtures("public")
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/bucket/private/key"),
            ("PUT", "/bucket/public/key"),
            ("DELETE", "/bucket/public/key"),
            ("GET", "/bucket"),
            ("GET", "/"),
            ("GET", "/nobodys-bucket/key"),
        ],
    )
    def test_they_get_nothing_else(self, sandbox: Sandbox, method: str, path: str) -> None:
        assert self.asked(sandbox, method, path)[0] == 403

    @pytest.mark.usefixtures("public")
    def test_a_policy_for_an_organization_is_not_for_them(self, sandbox: Sandbox, s3: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid"""
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bucket/*",
            "Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}},
        }
        s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        assert self.asked(sandbox, "GET", "/bucket/public/key")[0] == 403

    @pytest.mark.usefixtures("public")
    def test_they_get_nothing_where_public_policies_are_restricted(self, sandbox: Sandbox, s3: Any) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
        s3.put_public_access_block(Bucket="bucket", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
        assert self.asked(sandbox, "GET", "/bucket/public/key")[0] == 403

    @pytest.mark.usefixtures("public")
    def test_who_signs_badly_is_no_stranger(self, sandbox: Sandbox) -> None:
        assert self.asked(sandbox, "GET", "/bucket/public/key", Authorization="nonsense")[0] == 400

"""Uploads by browsers' forms (PostObject), as boto3 and minio-py sign them and curl sends them."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import zlib

import minio
import pytest
from minio.datatypes import PostPolicy

from deployment import ADMIN, AdminDeployment, customer_headers
from wire import Connection, element, settings

LARGE = os.urandom(1 << 20)


class Form:
    """A form's fields, signed by Signature Version 4 after they were changed as a test likes."""

    def __init__(self, gateway, bucket, fields, conditions=(), seconds=600, **changes):
        now = datetime.datetime.now(datetime.timezone.utc)
        date = changes.get("date", now.strftime("%Y%m%dT%H%M%SZ"))
        scope = [date[:8], changes.get("region", gateway.region), "s3", "aws4_request"]
        self.fields = dict(fields)
        self.fields["x-amz-algorithm"] = "AWS4-HMAC-SHA256"
        self.fields["x-amz-credential"] = "/".join([changes.get("key_id", gateway.access_key), *scope])
        self.fields["x-amz-date"] = date
        expires = (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = {"expiration": expires, "conditions": [
            {"bucket": bucket}, *conditions,
            *([] if conditions else [["eq", "$" + n, v] for n, v in self.fields.items()])]}
        text = changes.get("policy", json.dumps(document).encode())
        self.fields["policy"] = base64.b64encode(text).decode()
        key = ("AWS4" + changes.get("secret", gateway.secret_key)).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self.fields["x-amz-signature"] = hmac.new(
            key, self.fields["policy"].encode(), hashlib.sha256).hexdigest()


def encode(fields, content, tail=b"\r\n", name="a.txt", boundary="xyz", after=b""):
    """A body as browsers send it."""
    parts = [b"--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % (
        boundary.encode(), n.encode(), v.encode()) for n, v in fields]
    parts.append(b"--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                 b"Content-Type: text/plain\r\n\r\n" % (boundary.encode(), name.encode()))
    return b"".join(parts) + content + after + b"\r\n--%s--" % boundary.encode() + tail


def post(gateway, bucket, body, headers=None, http2=False):
    with gateway.http(http2=http2) as client:
        return client.post("/" + bucket, content=body, headers={
            "content-type": "multipart/form-data; boundary=xyz", **(headers or {})})


def send(gateway, bucket, fields, content=b"hello", **options):
    form = Form(gateway, bucket, fields, **options)
    return post(gateway, bucket, encode(form.fields.items(), content))


def read(s3, bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("content", [b"", b"\r\n--small", LARGE], ids=["empty", "small", "large"])
def test_boto3_signs_and_curl_sends(gateway, s3, bucket, tmp_path, content):
    signed = s3.generate_presigned_post(
        bucket, "up/${filename}", Fields={"x-amz-meta-note": "für alle", "Content-Type": "text/x"},
        Conditions=[["starts-with", "$x-amz-meta-note", "f"], {"Content-Type": "text/x"},
                    ["content-length-range", 0, len(LARGE)]])
    path = tmp_path / "a file.bin"
    path.write_bytes(content)
    for protocol in ("--http1.1", "--http2"):
        result = gateway.run(
            "curl", "-sS", protocol, "--cacert", gateway.ca, "-w", "%{http_code} %{http_version}",
            *[part for n, v in signed["fields"].items() for part in ("-F", f"{n}={v}")],
            "-F", f"file=@{path}", signed["url"])
        assert result.stdout == f"204 {'2' if protocol == '--http2' else '1.1'}"
        answer = s3.get_object(Bucket=bucket, Key="up/a file.bin")
        assert answer["Body"].read() == content
        assert answer["ContentType"] == "text/x"
        assert answer["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-meta-note"].encode(
            "latin-1").decode() == "für alle"


def test_minio_signs_and_httpx_sends(gateway, s3, bucket):
    client = minio.Minio(
        gateway.endpoint.removeprefix("https://"), gateway.access_key, gateway.secret_key,
        region=gateway.region)
    policy = PostPolicy(
        bucket, datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
    policy.add_starts_with_condition("key", "up/")
    policy.add_content_length_range_condition(1, 1 << 21)
    fields = client.presigned_post_policy(policy)
    for http2 in (False, True):
        for content in (b"x", LARGE):
            with gateway.http(http2=http2) as http:
                answer = http.post(f"/{bucket}", data={**fields, "key": "up/a"},
                                   files={"file": ("a", content)})
            assert answer.status_code == 204, answer.text
            assert read(s3, bucket, "up/a") == content


def test_answers(gateway, s3, bucket):
    url = f"{gateway.endpoint}/{bucket}/a%20%C3%BC"
    digest = hashlib.md5(b"hello").hexdigest()
    for asked, status in {None: 204, "200": 200, "201": 201, "404": 204}.items():
        fields = {"key": "a ü", **({"success_action_status": asked} if asked else {})}
        answer = send(gateway, bucket, fields)
        assert answer.status_code == status
        assert answer.headers["location"] == url
        assert answer.headers["etag"] == f'"{digest}"'
        assert answer.headers["x-amz-server-side-encryption"] == "AES256"
        if status != 201:
            assert answer.content == b""
            continue
        assert answer.headers["content-type"] == "application/xml"
        assert element(answer.content, "Location") == url
        assert element(answer.content, "Bucket") == bucket
        assert element(answer.content, "Key") == "a ü"
        assert digest in element(answer.content, "ETag")
    for page, joined in [("https://example.org/done", "?"), ("https://example.org/?a=b", "&")]:
        answer = send(gateway, bucket, {"key": "k", "success_action_redirect": page + "#there"})
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            f"{page}{joined}bucket={bucket}&key=k&etag=%22{digest}%22#there")


def test_encryption(gateway, s3, bucket):
    key = gateway.create_kms_key("key-of-forms")
    answer = send(gateway, bucket, {"key": "kms", "x-amz-server-side-encryption": "aws:kms",
                                    "x-amz-server-side-encryption-aws-kms-key-id": key})
    assert answer.status_code == 204, answer.text
    assert answer.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert s3.head_object(Bucket=bucket, Key="kms")["SSEKMSKeyId"].endswith(key)
    assert read(s3, bucket, "kms") == b"hello"

    headers = customer_headers("form")
    answer = send(gateway, bucket, {"key": "c", **headers})
    assert answer.status_code == 204, answer.text
    assert answer.headers["x-amz-server-side-encryption-customer-algorithm"] == "AES256"
    assert gateway.signed("GET", f"/{bucket}/c").status_code == 400
    assert gateway.signed("GET", f"/{bucket}/c", headers=headers).content == b"hello"

    broken = {**headers, "x-amz-server-side-encryption-customer-key-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    answer = send(gateway, bucket, {"key": "d", **broken})
    assert answer.status_code in (400, 403)
    assert headers["x-amz-server-side-encryption-customer-key"] not in answer.text + gateway.log()

    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert send(gateway, bucket, {"key": "default"}).headers[
        "x-amz-server-side-encryption"] == "aws:kms"
    answer = send(gateway, bucket, {"key": "blocked", **headers})
    assert (answer.status_code, element(answer.content, "Code")) == (403, "AccessDenied")
    assert sorted(keys(s3, bucket)) == ["c", "default", "kms"]


def test_headers_tags_and_checksums(gateway, s3, bucket):
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    fields = {
        "key": "k", "acl": "private", "Cache-Control": "no-store", "Content-Disposition": "inline",
        "x-amz-checksum-crc32": crc, "x-amz-storage-class": "STANDARD",
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"}
    answer = send(gateway, bucket, fields)
    assert answer.status_code == 204, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == crc
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["CacheControl"], head["ContentDisposition"]) == ("no-store", "inline")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "b c"}]
    for name, value, code in [
            ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"), ("acl", "public-read",
             "AccessControlListNotSupported"), ("x-amz-object-lock-mode", "GOVERNANCE",
             "InvalidRequest"), ("x-amz-copy-source", f"/{bucket}/k", "NotImplemented"),
            ("x-amz-meta-sealgate", "x", "InvalidArgument"),
            ("x-amz-meta-a", "b\r\nset-cookie: c", "InvalidArgument"),
            ("x-amz-meta-a", "a" * 2100, "MetadataTooLarge"), ("key", "k" * 1025,
             "KeyTooLongError")]:
        answer = send(gateway, bucket, {"key": "n", name: value})
        assert element(answer.content, "Code") == code, answer.text
    assert keys(s3, bucket) == ["k"]


# What is changed of a form, and what it is answered.
REFUSED = {
    "expired": ({"seconds": -60}, 403, "AccessDenied"),
    "date of tomorrow": ({"date": "20990101T000000Z"}, 403, "AccessDenied"),
    "malformed date": ({"date": "20990101"}, 400, "InvalidArgument"),
    "other region": ({"region": "eu-nowhere-1"}, 400, "InvalidArgument"),
    "other secret": ({"secret": "other"}, 403, "SignatureDoesNotMatch"),
    "unknown key": ({"key_id": "NOBODY"}, 403, "InvalidAccessKeyId"),
    "malformed policy": ({"policy": b"{"}, 400, "InvalidPolicyDocument"),
    "uncovered field": ({"conditions": [["eq", "$key", "k"]]}, 403, "AccessDenied"),
    "other key": ({"conditions": [["eq", "$key", "other"], ["starts-with", "$x-amz-date", ""],
                   ["starts-with", "$x-amz-credential", ""],
                   ["starts-with", "$x-amz-algorithm", ""]]}, 403, "AccessDenied"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(gateway, s3, bucket, name):
    options, status, code = REFUSED[name]
    for content in (b"hello", LARGE):
        answer = send(gateway, bucket, {"key": "k"}, content, **options)
        assert (answer.status_code, element(answer.content, "Code")) == (status, code), answer.text
    assert keys(s3, bucket) == []


def test_lengths(gateway, s3, bucket):
    covered = [["starts-with", "$" + name, ""]
               for name in ("key", "x-amz-date", "x-amz-credential", "x-amz-algorithm")]
    ranged = [*covered, ["content-length-range", 3, len(LARGE) - 1]]
    for content, code in [(b"ab", "EntityTooSmall"), (b"abc", None), (LARGE[:-1], None),
                          (LARGE, "EntityTooLarge")]:
        answer = send(gateway, bucket, {"key": "k"}, content, conditions=ranged)
        assert element(answer.content, "Code") == code, answer.text
        if code is None:
            assert read(s3, bucket, "k") == content
    with gateway.http() as client:
        answer = client.post(f"/{bucket}", content=iter([b"x"]), headers={
            "content-type": "multipart/form-data; boundary=xyz"})
    assert answer.status_code == 411


def test_forms_of_other_buckets_and_fields_out_of_order(gateway, s3, bucket):
    other = bucket + "-other"
    s3.create_bucket(Bucket=other)
    form = Form(gateway, bucket, {"key": "k"})
    answer = post(gateway, other, encode(form.fields.items(), b"hello"))
    assert (answer.status_code, element(answer.content, "Code")) == (403, "AccessDenied")
    assert keys(s3, other) == []
    # What stands behind the file changes nothing: neither the key nor who signs.
    late = b"\r\n--xyz\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nother"
    answer = post(gateway, bucket, encode(form.fields.items(), b"hello", after=late))
    assert answer.status_code == 204, answer.text
    assert keys(s3, bucket) == ["k"]
    assert read(s3, bucket, "k") == b"hello"
    fields = list(form.fields.items())
    for body, code in [
            (encode(fields, LARGE, after=late), "MalformedPOSTRequest"),
            (encode(fields, LARGE, tail=b""), "MalformedPOSTRequest"),
            (encode(fields + [("KEY", "other")], b"x"), "InvalidArgument"),
            (encode(fields + [("policy", "e30=")], b"x"), "InvalidArgument"),
            (encode([f for f in fields if f[0] != "key"], b"x"), "AccessDenied"),
            (encode([f for f in fields if f[0] != "x-amz-signature"], b"x"), "InvalidArgument"),
            (encode([f for f in fields if f[0] != "policy"], b"x"), "InvalidArgument"),
            (encode([("key", "k")], b"x"), "AccessDenied"),
            (encode(fields + [("x-ignore-a", "a" * 21_000)], b"x"),
             "MaxPostPreDataLengthExceededError"),
            (encode(fields + [(f"x-ignore-{i}", "") for i in range(101)], b"x"),
             "MaxPostPreDataLengthExceededError"),
            (encode(fields, b"x").replace(b'"file"', b'"other"'), "IncorrectNumberOfFilesInPostRequest"),
            (encode(fields, b"x")[:-12], "MalformedPOSTRequest"),
            (b"\r\n" + encode(fields, b"x"), "MalformedPOSTRequest"), (b"", "MalformedPOSTRequest")]:
        answer = post(gateway, bucket, body)
        assert element(answer.content, "Code") == code, (answer.text, body[-300:])
    assert read(s3, bucket, "k") == b"hello"
    assert keys(s3, bucket) == ["k"]


def test_heads(gateway, s3, bucket):
    form = Form(gateway, bucket, {"key": "k"})
    body = encode(form.fields.items(), b"hello")
    for headers, code in [
            ({"content-type": "text/plain"}, "PreconditionFailed"),
            ({"content-type": "multipart/form-data"}, "MalformedPOSTRequest"),
            ({"x-amz-server-side-encryption": "aws:kms"}, "NotImplemented"),
            ({"if-none-match": "*"}, "NotImplemented")]:
        answer = post(gateway, bucket, body, headers)
        assert element(answer.content, "Code") == code, answer.text
    answer = gateway.signed("POST", f"/{bucket}", body, {
        "content-type": "multipart/form-data; boundary=xyz"})
    assert (answer.status_code, element(answer.content, "Code")) == (400, "InvalidArgument")
    answer = post(gateway, bucket + "-missing", body)
    assert element(answer.content, "Code") == "AccessDenied"
    missing = Form(gateway, bucket + "-missing", {"key": "k"})
    answer = post(gateway, bucket + "-missing", encode(missing.fields.items(), b"hello"))
    assert element(answer.content, "Code") == "NoSuchBucket"
    assert keys(s3, bucket) == []


def test_anonymous_forms_and_policies(gateway, s3, bucket):
    body = encode([("key", "in/k"), ("submit", "Go")], b"hello")
    answer = post(gateway, bucket, body)
    assert (answer.status_code, element(answer.content, "Code")) == (403, "AccessDenied")
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
               "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
              "Resource": f"arn:aws:s3:::{bucket}/*",
              "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms",
                                             "s3:authType": "POST"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [allowed, denied]}))
    for content in (b"hello", LARGE):
        assert post(gateway, bucket, encode([("key", "in/k")], content)).status_code == 204
        assert read(s3, bucket, "in/k") == content
    for fields in ([("key", "out/k")], [("key", "in/k"), ("x-amz-tagging", "a=b")],
                   [("key", "in/${filename}"), ("acl", "public-read")]):
        answer = post(gateway, bucket, encode(fields, b"x"))
        assert element(answer.content, "Code") == "AccessDenied", answer.text
    # An anonymous form has no Signature Version 4, which SSE-KMS needs.
    answer = post(gateway, bucket, encode(
        [("key", "in/k"), ("x-amz-server-side-encryption", "aws:kms")], b"x"))
    assert element(answer.content, "Code") == "InvalidArgument"
    answer = send(gateway, bucket, {"key": "in/k", "x-amz-server-side-encryption": "aws:kms"})
    assert element(answer.content, "Code") == "AccessDenied"
    assert read(s3, bucket, "in/k") == LARGE


def test_pages_of_allowed_origins_read_the_answer(gateway, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["POST"],
         "ExposeHeaders": ["ETag"]}]})
    form = Form(gateway, bucket, {"key": "k"})
    for origin, allowed in [("https://app.example", True), ("https://else.example", False)]:
        answer = post(gateway, bucket, encode(form.fields.items(), b"x"), {"origin": origin})
        assert answer.status_code == 204
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


def test_bodies_cut_short_and_connections_used_again(gateway, s3, bucket):
    fields = list(Form(gateway, bucket, {"key": "k"}).fields.items())
    head = "POST /%s HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=xyz\r\n" % (
        bucket, gateway.endpoint.removeprefix("https://"))
    for body in (encode(fields, b"hello"), encode(fields, LARGE)):
        with Connection(gateway) as connection:
            connection.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-40])
        with Connection(gateway) as connection:
            request = f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
            connection.send(request.encode())
            assert connection.answer(interim=True).status == 100
            for piece in (body[:1], body[1:700], body[700:]):
                connection.send(piece)
            assert connection.answer().status == 204
            # Refused by its fields: what is left of the body isn't taken for a request.
            refused = encode([("key", "k")], b"GET / HTTP/1.1\r\n\r\n")
            connection.send(f"{head}Content-Length: {len(refused)}\r\n\r\n".encode() + refused)
            assert connection.answer().code == "AccessDenied"
            connection.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert connection.answer().status == 204
    assert keys(s3, bucket) == ["k"]
    assert read(s3, bucket, "k") == LARGE


def test_on_record_and_within_limits(scratch):
    state = scratch / "limited-forms"
    config = settings(state, credentials=[ADMIN], audit={"file": str(state / "audit.jsonl")},
                      limits={"form_bytes": "4KiB", "form_fields": 16, "form_file_bytes": 64})
    with AdminDeployment(state, ["--config", config]) as gateway:
        s3 = gateway.s3()
        s3.create_bucket(Bucket="forms")
        answer = send(gateway, "forms", {"key": "recorded"})
        denied = send(gateway, "forms", {"key": "denied"}, seconds=-1)
        assert (answer.status_code, denied.status_code) == (204, 403)
        after = b"\r\n--xyz\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\n"
        fields = list(Form(gateway, "forms", {"key": "k"}).fields.items())
        # Of the rest of the body 64 bytes are held: 22 close it, as many end what is behind.
        for content, code in [(b"", "MalformedPOSTRequest"), (b"a", "MalformedPOSTRequest")]:
            body = encode(fields, content, after=after)
            assert element(post(gateway, "forms", body).content, "Code") == code
        for more, code in [([("x-ignore", "a" * 4096)], "MaxPostPreDataLengthExceededError"),
                           ([(f"x-ignore-{i}", "") for i in range(16 - len(fields))], None),
                           ([(f"x-ignore-{i}", "") for i in range(17 - len(fields))],
                            "MaxPostPreDataLengthExceededError")]:
            answer_of_limit = post(gateway, "forms", encode(fields + more, LARGE))
            assert element(answer_of_limit.content, "Code") == code
        assert any('operation="PostObject"' in name for name in gateway.metrics())
    events = {}
    for line in (state / "audit.jsonl").read_text().splitlines():
        event = json.loads(line)
        events[event.get("request_id")] = event
    for asked, outcome in [(answer, "success"), (denied, "denied")]:
        event = events[asked.headers["x-amz-request-id"]]
        assert (event["operation"], event["outcome"]) == ("s3:PostObject", outcome)
        assert event["principal"] == "admin"
    assert events[answer.headers["x-amz-request-id"]]["object"] == "recorded"

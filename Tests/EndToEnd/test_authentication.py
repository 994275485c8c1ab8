"""Who may send a request, and that only what was signed and promised is ever stored."""

import os
import re
import time

import httpx
import pytest
from botocore.exceptions import ClientError

from deployment import Deployment
from wire import (EMPTY, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, Connection, Signature, call,
                  crc32, element, md5, settings, sha256)

LARGE = 300_000


def keys(gateway, bucket):
    return [e["Key"] for e in gateway.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


# Payload modes.

@pytest.mark.parametrize("http2", [False, True], ids=["h1", "h2"])
def test_presigned_urls_need_no_other_header(gateway, bucket, http2):
    s3, data = gateway.s3(), os.urandom(1000)
    where = {"Bucket": bucket, "Key": "a key/with +%& ü"}
    with gateway.http(http2=http2) as client:
        url = s3.generate_presigned_url("put_object", where, ExpiresIn=60)
        assert "X-Amz-Signature" in url
        assert client.put(url, content=data).status_code == 200
        answer = client.get(s3.generate_presigned_url("get_object", where, ExpiresIn=60))
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        answer = client.head(s3.generate_presigned_url("head_object", where, ExpiresIn=60))
        assert (answer.status_code, answer.headers["content-length"]) == (200, "1000")
        # The method, the key and the query are signed.
        url = s3.generate_presigned_url("get_object", where, ExpiresIn=60)
        assert client.head(url).status_code == 403
        assert client.get(url.replace("a%20key", "b%20key")).status_code == 403
        assert client.get(url + "&versionId=null").status_code == 403


def test_a_presigned_override_is_part_of_the_signature(gateway, bucket):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
    url = gateway.s3().generate_presigned_url("get_object", {
        "Bucket": bucket, "Key": "k", "ResponseContentType": "text/x-chosen"})
    with gateway.http() as client:
        assert client.get(url).headers["content-type"] == "text/x-chosen"
        assert client.get(url.replace("x-chosen", "html")).status_code == 403


@pytest.mark.parametrize("size", [0, 1, 65536, LARGE])
@pytest.mark.parametrize("http2", [False, True], ids=["h1", "h2"])
@pytest.mark.parametrize("unsigned", [False, True], ids=["signed", "unsigned"])
def test_whole_payloads(gateway, bucket, size, http2, unsigned):
    data = os.urandom(size)
    answer = gateway.signed("PUT", f"/{bucket}/k", data, http2=http2,
                            payload="UNSIGNED-PAYLOAD" if unsigned else None)
    assert answer.status_code == 200, answer.text
    assert gateway.signed("GET", f"/{bucket}/k", http2=http2).content == data


def chunked(signature, data, sizes, trailer=None, tamper=None, signed=True):
    """An aws-chunked body: pieces of the sizes, the last of what is left, the end, the trailer."""
    pieces, body = [], b""
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    pieces += [data] if data else []
    for index, piece in enumerate([*pieces, b""]):
        if signed:
            part = signature.chunk(piece, tamper=tamper == index)
        else:
            part = b"%x\r\n" % len(piece) + piece + b"\r\n"
        body += part[:-2] if not piece and trailer else part
    if trailer:
        name, value = trailer
        if signed:
            body += signature.trailer(name, value, tamper=tamper == "trailer")
        else:
            body += f"{name}:{value}\r\n\r\n".encode()
    return body


def put_chunked(connection, target, data, mode, sizes=(65536,), tamper=None, checksum=None,
                declared=None, encode=True, cut=0):
    """PUT with the body in aws-chunked form; no Content-Length where `encode` says so."""
    signed = mode in (SIGNED, SIGNED_TRAILER)
    trailer = ("x-amz-checksum-crc32", checksum or crc32(data)) if "TRAILER" in mode else None
    headers = {"x-amz-decoded-content-length": str(len(data) if declared is None else declared),
               "content-encoding": "aws-chunked"}
    if trailer:
        headers["x-amz-trailer"] = trailer[0]
    probe = chunked(Signature(connection.gateway, "PUT", target, headers, mode), data, sizes,
                    trailer, signed=signed)
    if encode:
        headers["content-length"] = str(len(probe) - cut)
    else:
        headers["transfer-encoding"] = "chunked"
    signature = Signature(connection.gateway, "PUT", target, headers, mode)
    body = chunked(signature, data, sizes, trailer, tamper, signed)
    if cut:
        body = body[:-cut]
    if not encode:
        body = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    connection.begin("PUT", target, signature.headers, body)
    return connection.answer()


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("encode", [True, False], ids=["length", "chunked"])
@pytest.mark.parametrize("size, sizes", [
    (0, ()), (5, ()), (65536, (65536,)), (200_000, (65536, 65536, 65536)),
    (200_000, (8192, 131072))])
def test_streamed_payloads(gateway, bucket, mode, encode, size, sizes):
    data = os.urandom(size)
    with Connection(gateway) as connection:
        answer = put_chunked(connection, f"/{bucket}/k", data, mode, sizes, encode=encode)
        assert answer.status == 200, answer
        found = connection.request("GET", f"/{bucket}/k", {"x-amz-checksum-mode": "ENABLED"})
        assert found.body == data
        assert "content-encoding" not in found.headers
        if mode != SIGNED:
            assert answer.headers["x-amz-checksum-crc32"] == crc32(data)
            assert found.headers["x-amz-checksum-crc32"] == crc32(data)


def test_sdks_send_an_unsigned_trailer_by_themselves(gateway, bucket):
    """What is on the wire when boto3 uploads over TLS: the mode that most clients use."""
    s3, sent = gateway.s3(), {}
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.update(
        {n.lower(): v.decode() if isinstance(v, bytes) else v for n, v in request.headers.items()}))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
    assert sent["x-amz-content-sha256"] == UNSIGNED_TRAILER
    assert sent["transfer-encoding"] == "chunked" and "content-length" not in sent
    assert sent["x-amz-trailer"] == "x-amz-checksum-crc32"
    found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert found["ChecksumCRC32"] == crc32(b"x" * 1000)
    assert "aws-chunked" not in found.get("ContentEncoding", "")


# Refusals.

@pytest.mark.parametrize("signing, status, code", [
    ({"secret_key": "wrong"}, 403, "SignatureDoesNotMatch"),
    ({"access_key": "AKIAUNKNOWN"}, 403, "InvalidAccessKeyId"),
    ({"minutes": -16}, 403, "RequestTimeTooSkewed"),
    ({"minutes": 16}, 403, "RequestTimeTooSkewed"),
    ({"region": "eu-north-1"}, 400, "AuthorizationHeaderMalformed"),
    ({"unsigned": ["x-amz-date"]}, 403, "AccessDenied"),
    ({"unsigned": ["host"]}, 400, "AuthorizationHeaderMalformed"),
    ({"unsigned": ["x-amz-meta-a"]}, 403, "AccessDenied")])
def test_signatures_that_are_refused(gateway, bucket, signing, status, code):
    for method, body in (("GET", b""), ("PUT", b"data")):
        answer = call(gateway, method, f"/{bucket}/k", {"x-amz-meta-a": "b"}, body, **signing)
        assert (answer.status, answer.code) == (status, code), answer
        assert answer.headers["x-amz-request-id"] == element(answer.body, "RequestId")
        if "region" in signing:
            assert element(answer.body, "Region") == gateway.region
        if "x-amz-meta-a" in signing.get("unsigned", ()):
            assert element(answer.body, "HeadersNotSigned") == "x-amz-meta-a"
        assert gateway.secret_key.encode() not in answer.body
    assert keys(gateway, bucket) == []


def test_fourteen_minutes_of_skew_are_fine(gateway, bucket):
    for minutes in (-14, 14):
        assert call(gateway, "GET", f"/{bucket}", minutes=minutes).status == 200


@pytest.mark.parametrize("change, status, code", [
    (lambda h: h.pop("authorization"), 403, "AccessDenied"),
    (lambda h: h.update(authorization="AWS AKIA:c2ln"), 400, "InvalidRequest"),
    (lambda h: h.update(authorization="Basic eDp5"), 400, None),
    (lambda h: h.update(authorization="AWS4-HMAC-SHA256 nonsense"), 400,
     "AuthorizationHeaderMalformed"),
    (lambda h: h.update(authorization=h["authorization"].replace("/s3/", "/ec2/")), 400,
     "AuthorizationHeaderMalformed"),
    (lambda h: h.update(authorization=h["authorization"].replace("AWS4-HMAC", "AWS4-ECDSA-P256")),
     None, None),
    (lambda h: h.pop("x-amz-date"), 403, None),
    (lambda h: h.pop("x-amz-content-sha256"), 400, "InvalidRequest"),
    (lambda h: h.update({"x-amz-security-token": "t"}), 403, None)],
    ids=["anonymous", "v2", "basic", "nonsense", "service", "v4a", "date", "hash", "token"])
def test_authorizations_that_are_refused(gateway, bucket, change, status, code):
    with Connection(gateway) as connection:
        for method in ("GET", "HEAD"):
            headers = Signature(gateway, method, f"/{bucket}/k", {}, EMPTY).headers
            change(headers)
            connection.begin(method, f"/{bucket}/k", headers)
            answer = connection.answer(method)
            assert 400 <= answer.status <= 501 and answer.status != 404, answer
            if status:
                assert answer.status == status, answer
            if method == "HEAD":
                assert answer.body == b"" and answer.headers.get("x-amz-request-id")
            elif code:
                assert answer.code == code, answer
        assert connection.request("GET", f"/{bucket}").status == 200


def test_header_and_query_together_are_refused(gateway, bucket):
    url = gateway.s3().generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    target = url[len(gateway.endpoint):]
    answer = call(gateway, "GET", target)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_presigned_url_expires(gateway, bucket):
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    # The signature's time is in whole seconds: the first may be over before it is first used.
    url, other = (s3.generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=seconds) for seconds in (1, 600))
    with gateway.http() as client:
        deadline = time.monotonic() + 10
        while (answer := client.get(url)).status_code == 200:
            assert time.monotonic() < deadline
        assert (answer.status_code, element(answer.content, "Code")) == (403, "AccessDenied")
        assert element(answer.content, "Message") == "Request has expired"
        assert element(answer.content, "Expires") and element(answer.content, "ServerTime")
        for expires in ("0", "604801", "x"):
            changed = re.sub("X-Amz-Expires=1(?=&|$)", f"X-Amz-Expires={expires}", url)
            assert client.get(changed).status_code == 400
        assert client.get(other).status_code == 200


def test_a_header_that_a_presigned_url_did_not_sign_is_refused(gateway, bucket):
    url = gateway.s3().generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    with gateway.http() as client:
        answer = client.put(url, content=b"x", headers={"x-amz-server-side-encryption": "aws:kms"})
        assert (answer.status_code, element(answer.content, "Code")) == (403, "AccessDenied")
        assert element(answer.content, "Message") == (
            "There were headers present in the request which were not signed")
        assert element(answer.content, "HeadersNotSigned") == "x-amz-server-side-encryption"
        assert client.put(url, content=b"x", headers={"x-other": "fine"}).status_code == 200


# Several credentials.

@pytest.fixture(scope="module")
def many(scratch):
    """Two credentials of one owner, one of another; two regions; another domain."""
    state = scratch / "many"
    config = settings(state, listen={
        "regions": ["eu-west-7", "us-east-1"], "domains": ["s3.example", "localhost"]},
        credentials=[
        {"id": f"owner-{owner}", "display_name": f"Owner {owner}", "access_key_id": f"KEY{key}",
         "secret_access_key": f"secret-{key}", "admin": key == "1"}
        for key, owner in (("1", "one"), ("2", "one"), ("3", "two"))])
    with Deployment(state, ["--config", config]) as deployment:
        deployment.info["access_key"], deployment.info["secret_key"] = "KEY1", "secret-1"
        yield deployment


def test_each_credential_is_its_owner(many):
    assert many.region == "eu-west-7"
    assert call(many, "PUT", "/owned").status == 200
    for number, owner in (("1", "one"), ("2", "one"), ("3", "two")):
        signing = {"access_key": f"KEY{number}", "secret_key": f"secret-{number}"}
        for target in ("/", "/owned?acl"):
            answer = call(many, "GET", target, **signing)
            assert element(answer.body, "ID") == f"owner-{owner}", answer
            assert element(answer.body, "DisplayName") == f"Owner {owner}"
        assert call(many, "PUT", "/owned/k", {}, b"x", **signing).status == 200
        answer = call(many, "GET", "/owned?list-type=2&fetch-owner=true", **signing)
        assert element(answer.body, "DisplayName") == f"Owner {owner}"
        assert call(many, "GET", "/owned?list-type=2", **signing).body.count(b"<Owner>") == 0
        assert element(call(many, "GET", "/owned", **signing).body, "ID") == f"owner-{owner}"
        crossed = {"access_key": f"KEY{number}", "secret_key": "secret-" + number * 2}
        assert call(many, "GET", "/", **crossed).code == "SignatureDoesNotMatch"


def test_each_region_of_the_settings_signs(many):
    for region, status in (("eu-west-7", 200), ("us-east-1", 200), ("us-west-2", 400)):
        answer = call(many, "GET", "/", region=region)
        assert answer.status == status
    assert element(answer.body, "Region") == "eu-west-7"
    call(many, "PUT", "/located")
    answer = call(many, "GET", "/located?location")
    assert element(answer.body, "LocationConstraint") == "eu-west-7", answer
    body = (b"<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint>"
            b"</CreateBucketConfiguration>")
    answer = call(many, "PUT", "/located-elsewhere", {}, body)
    assert (answer.status, answer.code) == (400, "InvalidLocationConstraint")


# What was promised of a body.

def put(connection, bucket, data, headers=None, body=None, payload=None):
    return connection.request("PUT", f"/{bucket}/k", headers, body if body is not None else data,
                              payload or "UNSIGNED-PAYLOAD")


TAMPERED = {
    "sha256": (lambda c, b, d: put(c, b, d, payload=sha256(d + b"x")), 400,
               "XAmzContentSHA256Mismatch"),
    "md5": (lambda c, b, d: put(c, b, d, {"content-md5": md5(d + b"x")}), 400, "BadDigest"),
    "md5-form": (lambda c, b, d: put(c, b, d, {"content-md5": "AAAA"}), 400, "InvalidDigest"),
    "checksum": (lambda c, b, d: put(c, b, d, {"x-amz-checksum-crc32": crc32(d + b"x")}), 400,
                 "BadDigest"),
    "checksum-form": (lambda c, b, d: put(c, b, d, {"x-amz-checksum-crc32": "AAA="}), 400,
                      "InvalidRequest"),
    "two-checksums": (lambda c, b, d: put(c, b, d, {
        "x-amz-checksum-crc32": crc32(d), "x-amz-checksum-sha1": "A" * 27 + "="}), 400,
        "InvalidRequest"),
    "chunk-first": (lambda c, b, d: put_chunked(c, f"/{b}/k", d, SIGNED, (1000,), 0), 403,
                    "SignatureDoesNotMatch"),
    "chunk-second": (lambda c, b, d: put_chunked(c, f"/{b}/k", d, SIGNED, (1000,), 1), 403,
                     "SignatureDoesNotMatch"),
    "chunk-last": (lambda c, b, d: put_chunked(c, f"/{b}/k", d, SIGNED, (1000,), 2), 403,
                   "SignatureDoesNotMatch"),
    "trailer-signature": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, SIGNED_TRAILER, (1000,), "trailer"), 403, "SignatureDoesNotMatch"),
    "trailer-checksum": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, UNSIGNED_TRAILER, (1000,), checksum=crc32(d + b"x")), 400, "BadDigest"),
    "trailer-form": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, UNSIGNED_TRAILER, (1000,), checksum="!"), 400, "InvalidRequest"),
    "declared-more": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, UNSIGNED_TRAILER, (1000,), declared=len(d) + 1), 400, "IncompleteBody"),
    "declared-less": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, UNSIGNED_TRAILER, (1000,), declared=len(d) - 1), 400, "IncompleteBody"),
    "cut": (lambda c, b, d: put_chunked(
        c, f"/{b}/k", d, SIGNED, (1000,), cut=88), 400, "IncompleteBody"),
}


@pytest.mark.parametrize("what", TAMPERED)
@pytest.mark.parametrize("size", [2000, LARGE], ids=["inline", "file"])
def test_a_body_that_breaks_its_promise_leaves_nothing(gateway, bucket, what, size):
    attempt, status, code = TAMPERED[what]
    before = gateway.body_files()
    with Connection(gateway) as connection:
        answer = attempt(connection, bucket, os.urandom(size))
        assert (answer.status, answer.code) == (status, code), answer
        if answer.keeps_alive:
            assert connection.request("GET", f"/{bucket}/k").status == 404
    assert keys(gateway, bucket) == []
    assert_same_bodies(gateway, before)


def assert_same_bodies(gateway, before):
    deadline = time.monotonic() + 5
    while gateway.body_files() - before:
        assert time.monotonic() < deadline, gateway.body_files() - before
        time.sleep(0.02)


@pytest.mark.parametrize("size", [2000, LARGE], ids=["inline", "file"])
def test_a_body_that_ends_early_leaves_nothing(gateway, bucket, size):
    """The client goes away in the middle; an object that was there stays."""
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"before")
    before = gateway.body_files()
    with Connection(gateway) as connection:
        headers = {"content-length": str(size)}
        signature = Signature(gateway, "PUT", f"/{bucket}/k", headers)
        connection.begin("PUT", f"/{bucket}/k", signature.headers, os.urandom(size - 1))
    assert_same_bodies(gateway, before)
    assert gateway.s3().get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"


def test_bytes_behind_a_body_are_the_next_request(gateway, bucket):
    """Content-Length alone says where a body ends; what follows can't become part of it."""
    with Connection(gateway) as connection:
        signature = Signature(gateway, "PUT", f"/{bucket}/k", {"content-length": "4"})
        next_one = Signature(gateway, "GET", f"/{bucket}/k", {}, EMPTY)
        lines = "".join(f"{n}: {v}\r\n" for n, v in next_one.headers.items())
        connection.begin("PUT", f"/{bucket}/k", signature.headers,
                         f"dataGET /{bucket}/k HTTP/1.1\r\n{lines}\r\n".encode())
        assert connection.answer().status == 200
        assert connection.answer().body == b"data"


@pytest.mark.parametrize("algorithm, right", [
    ("CRC32", "rfPzYw=="), ("CRC32C", "rth90Q=="), ("CRC64NVME", "7a5hQ478J4A="),
    ("SHA1", "oXyaqmHoChv3HQ2FCvTluqmAC70="),
    ("SHA256", "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc=")])
def test_checksums_of_each_algorithm(gateway, bucket, algorithm, right):
    name = f"x-amz-checksum-{algorithm.lower()}"
    wrong = ("B" if right[0] == "A" else "A") + right[1:]
    answer = call(gateway, "PUT", f"/{bucket}/k", {name: wrong}, b"data")
    assert (answer.status, answer.code) == (400, "BadDigest"), answer
    assert algorithm in element(answer.body, "Message")
    assert keys(gateway, bucket) == []
    answer = call(gateway, "PUT", f"/{bucket}/k", {name: right}, b"data")
    assert (answer.status, answer.headers[name]) == (200, right), answer
    found = call(gateway, "GET", f"/{bucket}/k", {"x-amz-checksum-mode": "ENABLED"})
    assert found.headers[name] == right


def test_a_refused_expectation_gets_no_100(gateway, bucket):
    with Connection(gateway) as connection:
        headers = {"expect": "100-continue", "content-length": str(10 << 20)}
        signature = Signature(gateway, "PUT", f"/{bucket}/k", headers, secret_key="wrong")
        connection.begin("PUT", f"/{bucket}/k", signature.headers)
        answer = connection.answer(interim=True)
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_boto_reports_codes(gateway, bucket):
    with pytest.raises(ClientError, match="NoSuchKey"):
        gateway.s3().get_object(Bucket=bucket, Key="absent")
    with pytest.raises(ClientError, match="404"):
        gateway.s3().head_object(Bucket=bucket, Key="absent")
    with httpx.Client(verify=False) as client, pytest.raises(httpx.HTTPError):
        client.get(gateway.endpoint.replace("https", "http"))

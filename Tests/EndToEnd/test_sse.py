"""The modes on the wire: what each request and answer carries, which error each mistake gets, that
a refused write leaves nothing, and what goes on while the KMS is away."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import urllib.parse
import xml.etree.ElementTree as xml

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from deployment import Deployment, customer_headers, customer_key
from modes import BUCKET_KEY, CONTEXT, CUSTOMER, KMS_KEY, SSE, boto_arguments

ALGORITHM, KEY, DIGEST = CUSTOMER + "algorithm", CUSTOMER + "key", CUSTOMER + "key-MD5"
ALICE, BOB = customer_headers("alice"), customer_headers("bob")
ALICE_ANSWER = {ALGORITHM: "AES256", CUSTOMER + "key-md5": customer_key("alice")[2]}
SHORT = base64.b64encode(b"0123456789abcdef").decode()
SHORT_DIGEST = base64.b64encode(hashlib.md5(b"0123456789abcdef").digest()).decode()


def error_of(call, *arguments, **named):
    with pytest.raises(ClientError) as failure:
        call(*arguments, **named)
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def sse_headers(response):
    return {name: value for name, value in response["ResponseMetadata"]["HTTPHeaders"].items()
            if name.startswith(SSE)}


def raw_sse_headers(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith(SSE)}


def encoded(context):
    return base64.b64encode(json.dumps(context, separators=(",", ":")).encode()).decode()


def is_empty(gateway, bucket):
    """Nothing of a refused write is there: no object, no upload, no file."""
    s3 = gateway.s3()
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    return True


# What requests carry and answers say: the tables of modes and response headers.

@pytest.fixture(scope="module")
def named_key(gateway):
    return gateway.create_kms_key("rotation-2024-09")


def mode_rows(default, named):
    kms = {SSE: "aws:kms", KMS_KEY: default}
    return {
        "nothing": ({}, {}, {SSE: "AES256", KMS_KEY: default}),
        "SSE-S3": ({SSE: "AES256"}, {}, {SSE: "AES256", KMS_KEY: default}),
        "SSE-KMS": ({SSE: "aws:kms"}, {}, kms),
        "SSE-KMS, key given": ({SSE: "aws:kms", KMS_KEY: named}, {}, kms | {KMS_KEY: named}),
        "SSE-KMS, bucket key": ({SSE: "aws:kms", BUCKET_KEY: "true"}, {},
                                kms | {BUCKET_KEY: "true"}),
        "SSE-KMS, bucket key off": ({SSE: "aws:kms", BUCKET_KEY: "false"}, {}, kms),
        "SSE-C": (ALICE, ALICE, ALICE_ANSWER),
    }


@pytest.mark.parametrize("row", mode_rows("", ""))
@pytest.mark.parametrize("size", [0, 3, 70_000])
def test_answers_about_an_object_name_its_mode(gateway, bucket, named_key, row, size):
    write, read, expected = mode_rows(gateway.default_kms_key_id, named_key)[row]
    data = os.urandom(size)
    put = gateway.signed("PUT", f"/{bucket}/k", body=data, headers=write)
    assert (put.status_code, raw_sse_headers(put)) == (200, expected)
    for http2 in (False, True):
        got = gateway.signed("GET", f"/{bucket}/k", headers=read, http2=http2)
        assert (got.status_code, raw_sse_headers(got), got.content) == (200, expected, data)
        head = gateway.signed("HEAD", f"/{bucket}/k", headers=read, http2=http2)
        assert (head.status_code, raw_sse_headers(head)) == (200, expected)
    if size:
        part = gateway.signed("GET", f"/{bucket}/k", headers=read | {"range": "bytes=1-1"})
        assert (part.status_code, raw_sse_headers(part)) == (206, expected)


@pytest.mark.parametrize("row", mode_rows("", ""))
def test_answers_of_an_upload_in_parts_name_its_mode(gateway, bucket, s3, named_key, row):
    write, read, expected = mode_rows(gateway.default_kms_key_id, named_key)[row]
    create = gateway.signed("POST", f"/{bucket}/k?uploads=", headers=write)
    assert (create.status_code, raw_sse_headers(create)) == (200, expected)
    upload = re.search("<UploadId>(.*?)</UploadId>", create.text)[1]
    pieces = [os.urandom(5 << 20), b"the rest"]
    document = xml.Element("CompleteMultipartUpload")
    for number, piece in enumerate(pieces, 1):
        sent = gateway.signed("PUT", f"/{bucket}/k?partNumber={number}&uploadId={upload}",
                              body=piece, headers=read)
        assert (sent.status_code, raw_sse_headers(sent)) == (200, expected)
        part = xml.SubElement(document, "Part")
        xml.SubElement(part, "PartNumber").text = str(number)
        xml.SubElement(part, "ETag").text = sent.headers["etag"]
    for listing in (f"/{bucket}/k?uploadId={upload}", f"/{bucket}?uploads="):
        listed = gateway.signed("GET", listing)
        assert (listed.status_code, raw_sse_headers(listed)) == (200, {})
    done = gateway.signed("POST", f"/{bucket}/k?uploadId={upload}", headers=read,
                          body=xml.tostring(document))
    assert (done.status_code, raw_sse_headers(done)) == (200, expected), done.text
    got = gateway.signed("GET", f"/{bucket}/k", headers=read)
    assert (raw_sse_headers(got), got.content) == (expected, b"".join(pieces))


def test_a_context_is_told_on_writes_and_kept_from_reads(gateway, bucket):
    write = {SSE: "aws:kms", CONTEXT: encoded({"team": "blue", "app": "e2e"})}
    told = encoded({"app": "e2e", "team": "blue"})
    put = gateway.signed("PUT", f"/{bucket}/k", body=b"x", headers=write)
    created = gateway.signed("POST", f"/{bucket}/k2?uploads=", headers=write)
    for answer in (put, created):
        assert answer.headers[CONTEXT] == told
    got = gateway.signed("GET", f"/{bucket}/k")
    assert (got.content, CONTEXT in got.headers) == (b"x", False)
    assert CONTEXT not in gateway.signed("HEAD", f"/{bucket}/k").headers


def test_no_other_answer_names_a_mode(gateway, bucket, s3):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", **boto_arguments(ALICE))
    answers = {
        "304": gateway.signed("GET", f"/{bucket}/k",
                              headers=ALICE | {"if-none-match": put["ETag"]}),
        "412": gateway.signed("GET", f"/{bucket}/k", headers=ALICE | {"if-match": '"no"'}),
        "416": gateway.signed("GET", f"/{bucket}/k", headers=ALICE | {"range": "bytes=9-"}),
        "403": gateway.signed("GET", f"/{bucket}/k", headers=BOB),
        "400": gateway.signed("GET", f"/{bucket}/k"),
        "404": gateway.signed("GET", f"/{bucket}/absent", headers=ALICE),
        "200": gateway.signed("GET", f"/{bucket}?list-type=2"),
        "204": gateway.signed("DELETE", f"/{bucket}/k"),
    }
    assert {str(answer.status_code) for answer in answers.values()} == set(answers)
    for answer in answers.values():
        assert raw_sse_headers(answer) == {}


def test_a_listing_and_a_deletion_need_no_customer_key(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"12345", **boto_arguments(ALICE))
    for listed in (s3.list_objects_v2(Bucket=bucket), s3.list_objects(Bucket=bucket)):
        entry, = listed["Contents"]
        assert (entry["Size"], entry["ETag"]) == (5, put["ETag"])
    assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204


# Mistakes on writes.

def argument(name, value):
    return {"ArgumentName": name, "ArgumentValue": value}


NULL = argument(SSE, "null")
INCOMPATIBLE = ("Server Side Encryption with Customer provided key is incompatible with the "
                "encryption method specified")
NEEDS_KMS = ("Server Side Encryption with AWS KMS managed key requires HTTP header "
             "x-amz-server-side-encryption : aws:kms")
CUSTOMER_MUST = "Requests specifying Server Side Encryption with Customer provided keys must "
CONTEXT_MUST = ("The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 "
                "string holding JSON which represents a string-string map")
NOT_ITS_MD5 = "The calculated MD5 hash of the key did not match the hash that was provided."

WRITE_ERRORS = {
    "E1": (ALICE | {SSE: "AES256"}, 400, "InvalidArgument", INCOMPATIBLE, argument(SSE, "AES256")),
    "E1 aws:kms": (ALICE | {SSE: "aws:kms"}, 400, "InvalidArgument", INCOMPATIBLE,
                   argument(SSE, "aws:kms")),
    "E1 before all else": ({SSE: "AES192", KEY: "?"}, 400, "InvalidArgument", INCOMPATIBLE, {}),
    **{f"E2 {value}": ({SSE: value}, 400, "InvalidArgument",
                       "The encryption method specified is not supported", argument(SSE, value))
       for value in ("aes:kms", "aes256", "AES192", "aws:fsx")},
    "E3 key": ({KMS_KEY: "default"}, 400, "InvalidArgument", NEEDS_KMS, {}),
    "E3 key, AES256": ({SSE: "AES256", KMS_KEY: "default"}, 400, "InvalidArgument", NEEDS_KMS, {}),
    "E3 context": ({CONTEXT: encoded({})}, 400, "InvalidArgument", NEEDS_KMS, {}),
    "E3 context, AES256": ({SSE: "AES256", CONTEXT: encoded({})}, 400, "InvalidArgument",
                           NEEDS_KMS, {}),
    **{f"E4 {what}": ({SSE: "aws:kms", CONTEXT: value}, 400, "InvalidArgument", CONTEXT_MUST, {})
       for what, value in {
           "no base64": "{}", "no JSON": base64.b64encode(b"not json").decode(),
           "array": encoded([]), "number": encoded({"a": 1}), "nested": encoded({"a": {}}),
           "twice": base64.b64encode(b'{"a":"1","a":"2"}').decode(),
           "no UTF-8": base64.b64encode(b'{"a":"\xff"}').decode()}.items()},
    "E5 key": ({KEY: ALICE[KEY], DIGEST: ALICE[DIGEST]}, 400, "InvalidArgument",
               CUSTOMER_MUST + "provide a valid encryption algorithm.", NULL),
    "E5 digest": ({DIGEST: ALICE[DIGEST]}, 400, "InvalidArgument",
                  CUSTOMER_MUST + "provide a valid encryption algorithm.", NULL),
    "E6": (ALICE | {ALGORITHM: "AES128"}, 400, "InvalidEncryptionAlgorithmError",
           "The Encryption request you specified is not valid. Supported value: AES256.",
           argument(SSE, "AES128")),
    "E6 lower case": (ALICE | {ALGORITHM: "aes256"}, 400, "InvalidEncryptionAlgorithmError",
                      "The Encryption request", argument(SSE, "aes256")),
    "E6 before E7": ({ALGORITHM: "AES128"}, 400, "InvalidEncryptionAlgorithmError", "", {}),
    "E7": ({ALGORITHM: "AES256"}, 400, "InvalidArgument",
           CUSTOMER_MUST + "provide an appropriate secret key.", NULL),
    "E7 digest": ({ALGORITHM: "AES256", DIGEST: ALICE[DIGEST]}, 400, "InvalidArgument",
                  CUSTOMER_MUST + "provide an appropriate secret key.", NULL),
    "E8 short": ({ALGORITHM: "AES256", KEY: SHORT, DIGEST: SHORT_DIGEST}, 400, "InvalidArgument",
                 "The secret key was invalid for the specified algorithm.", NULL),
    "E8 no base64": (ALICE | {KEY: "*" * 44}, 400, "InvalidArgument",
                     "The secret key was invalid for the specified algorithm.", NULL),
    "E8 encoded twice": (ALICE | {KEY: base64.b64encode(ALICE[KEY].encode()).decode()}, 400,
                         "InvalidArgument", "The secret key was invalid", NULL),
    "E8 before E9": ({ALGORITHM: "AES256", KEY: SHORT}, 400, "InvalidArgument",
                     "The secret key was invalid", NULL),
    "E9": ({ALGORITHM: "AES256", KEY: ALICE[KEY]}, 400, "InvalidArgument",
           CUSTOMER_MUST + "provide the client calculated MD5 of the secret key.", NULL),
    "E10": (ALICE | {DIGEST: BOB[DIGEST]}, 403, "AccessDenied", NOT_ITS_MD5, {}),
    "E10 no MD5": (ALICE | {DIGEST: "AAAA"}, 403, "AccessDenied", NOT_ITS_MD5, {}),
    "E10 other case": (ALICE | {DIGEST: ALICE[DIGEST].swapcase()}, 403, "AccessDenied",
                       NOT_ITS_MD5, {}),
    "E22": ({SSE: "aws:kms", KMS_KEY: "no-such-key"}, 404, "NotFound", "no-such-key", {}),
    "E22 remedy": ({SSE: "aws:kms", KMS_KEY: "no-such-key"}, 404, "NotFound", "GET /kms/keys", {}),
    "E22 malformed": ({SSE: "aws:kms", KMS_KEY: "../no key"}, 404, "NotFound", "../no key", {}),
    "E22 bucket key": ({SSE: "aws:kms", KMS_KEY: "no-such-key", BUCKET_KEY: "true"}, 404,
                       "NotFound", "no-such-key", {}),
    "E34": ({SSE: "aws:kms:dsse"}, 501, "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            {"Header": SSE}),
    "bucket key": ({SSE: "aws:kms", BUCKET_KEY: "yes"}, 400, "InvalidArgument", "true or false",
                   argument(BUCKET_KEY, "yes")),
}


@pytest.mark.parametrize("row", WRITE_ERRORS)
@pytest.mark.parametrize("write", ["PUT", "create"])
def test_a_write_that_breaks_a_rule_is_refused_and_leaves_nothing(gateway, bucket, row, write):
    headers, status, code, message, details = WRITE_ERRORS[row]
    files = gateway.body_files()
    if write == "PUT":
        answer = gateway.signed("PUT", f"/{bucket}/k", body=b"x" * 70_000, headers=headers)
    else:
        answer = gateway.signed("POST", f"/{bucket}/k?uploads=", headers=headers)
    error = xml.fromstring(answer.text)
    assert (answer.status_code, error.findtext("Code")) == (status, code), answer.text
    assert message in error.findtext("Message")
    for name, value in details.items():
        assert error.findtext(name) == value
    assert answer.headers["content-type"] == "application/xml"
    assert error.findtext("RequestId") == answer.headers["x-amz-request-id"]
    assert raw_sse_headers(answer) == {}
    assert is_empty(gateway, bucket) and gateway.body_files() == files
    for secret in (ALICE[KEY], ALICE[DIGEST]):
        assert secret not in answer.text


def test_the_object_before_a_refused_write_stays(gateway, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before", **boto_arguments(ALICE))
    for headers, *_ in WRITE_ERRORS.values():
        assert gateway.signed("PUT", f"/{bucket}/k", body=b"after", headers=headers).is_error
    got = s3.get_object(Bucket=bucket, Key="k", **boto_arguments(ALICE))
    assert got["Body"].read() == b"before"


@pytest.mark.parametrize("headers", [ALICE | {DIGEST: BOB[DIGEST]}, {SSE: "AES192"},
                                     {SSE: "aws:kms", KMS_KEY: "no-such-key"}])
def test_a_write_is_refused_before_its_body_is_asked_for(gateway, bucket, headers):
    reply = expecting(gateway, f"/{bucket}/k", headers)
    assert reply.startswith(b"HTTP/1.1 4") and b"100 Continue" not in reply
    assert expecting(gateway, f"/{bucket}/k", ALICE) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert is_empty(gateway, bucket)


def expecting(gateway, path, headers):
    """The first that comes back to a PUT with `Expect: 100-continue` and no body."""
    address = urllib.parse.urlsplit(gateway.endpoint)
    lines = {"Host": address.netloc, "Content-Length": "70000", "Expect": "100-continue",
             **gateway.headers("PUT", path, headers=headers, payload="UNSIGNED-PAYLOAD")}
    text = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in lines.items()) + "\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as plain:
        with gateway.tls().wrap_socket(plain, server_hostname=address.hostname) as connection:
            connection.sendall(text.encode())
            return connection.recv(65_536)


def test_an_md5_in_hexadecimal_is_taken_and_answered_in_base64(gateway, bucket):
    spelled = hashlib.md5(customer_key("alice")[0]).hexdigest()
    for digest in (spelled, spelled.upper()):
        put = gateway.signed("PUT", f"/{bucket}/k", body=b"x", headers=ALICE | {DIGEST: digest})
        assert (put.status_code, raw_sse_headers(put)) == (200, ALICE_ANSWER)
    got = gateway.signed("GET", f"/{bucket}/k", headers=ALICE | {DIGEST: spelled})
    assert (got.content, raw_sse_headers(got)) == (b"x", ALICE_ANSWER)


def test_signature_and_bucket_come_before_the_encryption_headers(gateway, bucket):
    wrong = {SSE: "AES192"} | BOB
    forged = gateway.signed("PUT", f"/{bucket}/k", body=b"x", headers=wrong, secret="x" * 40)
    assert (forged.status_code, "<Code>SignatureDoesNotMatch</Code>" in forged.text) == (403, True)
    assert BOB[KEY] not in forged.text and BOB[DIGEST] not in forged.text
    with gateway.http() as client:
        anonymous = client.put(f"/{bucket}/k", content=b"x", headers=wrong)
    assert (anonymous.status_code, "<Code>AccessDenied</Code>" in anonymous.text) == (403, True)
    nowhere = gateway.signed("PUT", "/no-such-bucket/k", body=b"x", headers=wrong)
    assert (nowhere.status_code, "<Code>NoSuchBucket</Code>" in nowhere.text) == (404, True)
    assert is_empty(gateway, bucket)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_an_encryption_header_that_a_presigned_url_did_not_sign_is_refused(gateway, bucket, method):
    """E35."""
    gateway.signed("PUT", f"/{bucket}/kept", body=b"x", headers=ALICE)
    key = "k" if method == "PUT" else "kept"
    with gateway.http() as client:
        url = gateway.presigned(method, f"/{bucket}/{key}")
        answer = client.request(method, url, headers=ALICE)
        error = xml.fromstring(answer.text)
        assert (answer.status_code, error.findtext("Code")) == (403, "AccessDenied")
        assert error.findtext("Message") == (
            "There were headers present in the request which were not signed")
        assert set(error.findtext("HeadersNotSigned").split(", ")) == {n.lower() for n in ALICE}
        assert [entry["Key"] for entry in
                gateway.s3().list_objects_v2(Bucket=bucket)["Contents"]] == ["kept"]
        signed = gateway.presigned(method, f"/{bucket}/{key}", headers=ALICE)
        assert client.request(method, signed, headers=ALICE).status_code == 200
        # A signature is over the header's value too.
        assert client.request(method, signed, headers=BOB).status_code == 403


# Mistakes on reads.

READ_ERRORS = {
    "E11": ({}, 400, "InvalidRequest", "The object was stored using a form of Server Side "
            "Encryption. The correct parameters must be provided to retrieve the object."),
    "E12": (BOB, 403, "AccessDenied", CUSTOMER_MUST + "provide the correct secret key."),
    "E12 length": ({ALGORITHM: "AES256", KEY: SHORT, DIGEST: SHORT_DIGEST}, 403, "AccessDenied",
                   CUSTOMER_MUST + "provide the correct secret key."),
    "E5": ({KEY: ALICE[KEY], DIGEST: ALICE[DIGEST]}, 400, "InvalidArgument", "valid encryption"),
    "E6": (ALICE | {ALGORITHM: "AES128"}, 400, "InvalidEncryptionAlgorithmError", "AES256."),
    "E7": ({ALGORITHM: "AES256"}, 400, "InvalidArgument", "an appropriate secret key"),
    "E9": ({ALGORITHM: "AES256", KEY: ALICE[KEY]}, 400, "InvalidArgument", "calculated MD5"),
    "E10": (ALICE | {DIGEST: BOB[DIGEST]}, 403, "AccessDenied", NOT_ITS_MD5),
    "E14": (ALICE | {SSE: "AES256"}, 400, "InvalidArgument",
            "x-amz-server-side-encryption header is not supported for this operation."),
    "E14 before E11": ({SSE: "aws:kms"}, 400, "InvalidArgument", "not supported"),
    "E14 key": (ALICE | {KMS_KEY: "default"}, 400, "InvalidArgument", "not supported"),
    "E14 context": (ALICE | {CONTEXT: encoded({})}, 400, "InvalidArgument", "not supported"),
    "E11 before 412": ({"if-match": '"no"'}, 400, "InvalidRequest", "stored using a form"),
    "E12 before 304": (BOB | {"if-none-match": "*"}, 403, "AccessDenied", "correct secret key"),
    "E12 before 416": (BOB | {"range": "bytes=99999999-"}, 403, "AccessDenied", "correct secret"),
}


@pytest.fixture(scope="module")
def kept(gateway):
    """A bucket with objects of SSE-C and others."""
    s3 = gateway.s3()
    s3.create_bucket(Bucket="kept")
    for size in (0, 3, 70_000):
        s3.put_object(Bucket="kept", Key=f"customer{size}", Body=b"x" * size,
                      **boto_arguments(ALICE))
        s3.put_object(Bucket="kept", Key=f"managed{size}", Body=b"x" * size)
        s3.put_object(Bucket="kept", Key=f"kms{size}", Body=b"x" * size,
                      ServerSideEncryption="aws:kms")
    return "kept"


@pytest.mark.parametrize("row", READ_ERRORS)
@pytest.mark.parametrize("size", [0, 3, 70_000])
def test_a_read_that_breaks_a_rule_is_refused(gateway, kept, row, size):
    headers, status, code, message = READ_ERRORS[row]
    path = f"/{kept}/customer{size}"
    for http2 in (False, True):
        got = gateway.signed("GET", path, headers=headers, http2=http2)
        error = xml.fromstring(got.text)
        assert (got.status_code, error.findtext("Code")) == (status, code), got.text
        assert message in error.findtext("Message")
        head = gateway.signed("HEAD", path, headers=headers, http2=http2)
        assert (head.status_code, head.content, raw_sse_headers(head)) == (status, b"", {})


@pytest.mark.parametrize("name", ["managed", "kms"])
@pytest.mark.parametrize("size", [0, 3, 70_000])
def test_a_customer_key_fits_no_other_mode(gateway, kept, name, size):
    """E13, and E14 whatever the mode."""
    path = f"/{kept}/{name}{size}"
    rows = [
        (ALICE, "InvalidRequest", "The encryption parameters are not applicable to this object."),
        ({SSE: "AES256"}, "InvalidArgument", "not supported for this operation"),
        ({SSE: "aws:kms"}, "InvalidArgument", "not supported for this operation"),
    ]
    for headers, code, message in rows:
        got = gateway.signed("GET", path, headers=headers)
        error = xml.fromstring(got.text)
        assert (got.status_code, error.findtext("Code")) == (400, code)
        assert message in error.findtext("Message")
        assert gateway.signed("HEAD", path, headers=headers).status_code == 400


def test_what_is_absent_is_absent_whatever_the_headers(gateway, kept):
    for headers in (ALICE, {SSE: "AES256"}, {ALGORITHM: "AES128"}):
        got = gateway.signed("GET", f"/{kept}/absent", headers=headers)
        assert (got.status_code, "<Code>NoSuchKey</Code>" in got.text) == (404, True)
        assert gateway.signed("HEAD", f"/{kept}/absent", headers=headers).status_code == 404


# Uploads in parts.

def test_an_upload_with_a_customer_key_wants_it_in_every_request(gateway, bucket, s3):
    """The flow of SSE-C in parts, with E16 and E17 wherever the key is missing or another."""
    alice, bob = boto_arguments(ALICE), boto_arguments(BOB)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="video", **alice)
    about = {"Bucket": bucket, "Key": "video", "UploadId": upload["UploadId"]}
    pieces = [os.urandom(5 << 20), os.urandom(5 << 20), os.urandom(1234)]
    path = f"/{bucket}/video?partNumber=1&uploadId={upload['UploadId']}"

    missing = gateway.signed("PUT", path, body=b"x")
    assert (missing.status_code, "<Code>InvalidRequest</Code>" in missing.text) == (400, True)
    assert ("The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters.") in missing.text
    other = gateway.signed("PUT", path, body=b"x", headers=BOB)
    assert (other.status_code, "<Code>InvalidRequest</Code>" in other.text) == (400, True)
    assert ("The provided encryption parameters did not match the ones used originally."
            in other.text)
    broken = gateway.signed("PUT", path, body=b"x", headers=ALICE | {DIGEST: BOB[DIGEST]})
    assert (broken.status_code, "<Code>AccessDenied</Code>" in broken.text) == (403, True)
    assert "Parts" not in s3.list_parts(**about)

    parts = [{"PartNumber": number,
              "ETag": s3.upload_part(PartNumber=number, Body=piece, **about, **alice)["ETag"]}
             for number, piece in enumerate(pieces, 1)]
    listed = s3.list_parts(**about)["Parts"]
    assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed] == [
        (part["PartNumber"], len(piece), part["ETag"]) for part, piece in zip(parts, pieces)]
    complete = {"MultipartUpload": {"Parts": parts}, **about}
    assert error_of(s3.complete_multipart_upload, **complete) == (400, "InvalidRequest")
    assert error_of(s3.complete_multipart_upload, **complete, **bob) == (400, "InvalidRequest")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)

    done = s3.complete_multipart_upload(**complete, **alice)
    assert done["ETag"].endswith('-3"')
    got = s3.get_object(Bucket=bucket, Key="video", **alice)
    assert (got["Body"].read(), got["ETag"]) == (b"".join(pieces), done["ETag"])
    edge = s3.get_object(Bucket=bucket, Key="video", Range=f"bytes={(5 << 20) - 2}-{(5 << 20) + 1}",
                         **alice)
    assert edge["Body"].read() == pieces[0][-2:] + pieces[1][:2]
    assert error_of(s3.get_object, Bucket=bucket, Key="video") == (400, "InvalidRequest")
    assert error_of(s3.get_object, Bucket=bucket, Key="video", **bob) == (403, "AccessDenied")
    assert error_of(s3.head_object, Bucket=bucket, Key="video")[0] == 400
    assert error_of(s3.head_object, Bucket=bucket, Key="video", **bob)[0] == 403


@pytest.mark.parametrize("mode", [{}, {SSE: "aws:kms"}, {SSE: "aws:kms", BUCKET_KEY: "true"}])
def test_a_customer_key_on_parts_of_another_mode_is_refused(gateway, bucket, s3, mode):
    """E16, the other way round."""
    created = gateway.signed("POST", f"/{bucket}/k?uploads=", headers=mode)
    upload = re.search("<UploadId>(.*?)</UploadId>", created.text)[1]
    answer = gateway.signed("PUT", f"/{bucket}/k?partNumber=1&uploadId={upload}", body=b"x",
                            headers=ALICE)
    assert (answer.status_code, "<Code>InvalidRequest</Code>" in answer.text) == (400, True)
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)


def test_a_mode_on_parts_and_complete_is_ignored_and_on_listings_refused(gateway, bucket, s3):
    """E15: old clients repeat the mode with every part; what Create said is what counts."""
    upload = s3.create_multipart_upload(
        Bucket=bucket, Key="k", ServerSideEncryption="aws:kms")["UploadId"]
    for headers in ({SSE: "AES256"}, {SSE: "aws:kms", KMS_KEY: "no-such-key"}):
        sent = gateway.signed("PUT", f"/{bucket}/k?partNumber=1&uploadId={upload}", body=b"part",
                              headers=headers)
        assert (sent.status_code, sent.headers[SSE]) == (200, "aws:kms")
    body = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"
            f"{sent.headers['etag']}</ETag></Part></CompleteMultipartUpload>").encode()
    done = gateway.signed("POST", f"/{bucket}/k?uploadId={upload}", body=body,
                          headers={SSE: "AES256"})
    assert (done.status_code, done.headers[SSE]) == (200, "aws:kms")
    assert s3.get_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"
    listed = gateway.signed("GET", f"/{bucket}?list-type=2", headers={SSE: "AES256"})
    assert (listed.status_code, "<Code>InvalidArgument</Code>" in listed.text) == (400, True)


# Which mode a write gets.

def test_a_bucket_answers_that_sse_s3_is_its_default(s3, bucket):
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules == [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                      "BucketKeyEnabled": False}]


def test_each_write_of_a_key_chooses_its_mode_anew(gateway, bucket, s3, named_key):
    rows = mode_rows(gateway.default_kms_key_id, named_key)
    for name, (write, read, expected) in [*rows.items(), *reversed(rows.items())]:
        s3.put_object(Bucket=bucket, Key="k", Body=name.encode(), **{
            argument: value == "true" if argument == "BucketKeyEnabled" else value
            for argument, value in boto_arguments(write).items()})
        got = s3.get_object(Bucket=bucket, Key="k", **boto_arguments(read))
        assert (got["Body"].read(), sse_headers(got)) == (name.encode(), expected)


def test_a_default_of_sse_kms_holds_where_the_request_names_nothing(scratch):
    state = scratch / "sse-kms-by-default"
    with Deployment(state, environment={"SEALGATE_ENCRYPTION_DEFAULT": "sse-kms"}) as kms:
        s3 = kms.s3()
        s3.create_bucket(Bucket="bucket")
        named = {SSE: "aws:kms", KMS_KEY: kms.default_kms_key_id, BUCKET_KEY: "true"}
        assert sse_headers(s3.put_object(Bucket="bucket", Key="k", Body=b"x")) == named
        assert sse_headers(s3.head_object(Bucket="bucket", Key="k")) == named
        asked = s3.put_object(Bucket="bucket", Key="k", Body=b"x", ServerSideEncryption="AES256")
        assert sse_headers(asked)[SSE] == "AES256"


# The KMS.

MANAGED = {
    "SSE-S3": {},
    "SSE-KMS": {SSE: "aws:kms"},
    "SSE-KMS, bucket key": {SSE: "aws:kms", BUCKET_KEY: "true"},
}


def test_what_goes_on_while_the_kms_is_offline(own_gateway):
    gateway, s3 = own_gateway, own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    uploads = {}
    for name, headers in MANAGED.items():
        path = "/bucket/" + urllib.parse.quote(name)
        gateway.signed("PUT", path, body=name.encode(), headers=headers)
        created = gateway.signed("POST", path + "?uploads=", headers=headers)
        uploads[name] = re.search("<UploadId>(.*?)</UploadId>", created.text)[1]
    s3.put_object(Bucket="bucket", Key="customer", Body=b"mine", **boto_arguments(ALICE))
    listed = s3.list_objects_v2(Bucket="bucket")["Contents"]
    heads = {name: sse_headers(s3.head_object(Bucket="bucket", Key=name)) for name in MANAGED}

    status, answer = gateway.admin("POST", "/kms/stop")
    assert (status, answer["status"]) == (200, "Configured")
    status, answer = gateway.admin("GET", "/kms/status")
    assert (status, answer["status"], answer["healthy"]) == (200, "Configured", False)
    assert answer["cache"]["entries"] == 0
    files = gateway.body_files()
    for name, headers in MANAGED.items():
        path = "/bucket/" + urllib.parse.quote(name)
        refused = [
            gateway.signed("GET", path),
            gateway.signed("GET", path, headers={"range": "bytes=0-0"}, http2=True),
            gateway.signed("PUT", path, body=b"after" * 20_000, headers=headers),
            gateway.signed("PUT", path + "-new", body=b"new", headers=headers, http2=True),
            gateway.signed("POST", path + "?uploads=", headers=headers),
        ]
        for reply in refused:
            assert (reply.status_code, "<Code>InternalError</Code>" in reply.text) == (500, True)
            assert int(reply.headers["retry-after"]) > 0
            assert raw_sse_headers(reply) == {}
        assert expecting(gateway, path, headers).startswith(b"HTTP/1.1 500 ")
        # Its facts are there all the same.
        assert sse_headers(s3.head_object(Bucket="bucket", Key=name)) == heads[name]
    assert s3.list_objects_v2(Bucket="bucket")["Contents"] == listed
    assert len(s3.list_multipart_uploads(Bucket="bucket")["Uploads"]) == len(MANAGED)
    assert gateway.body_files() == files
    # SSE-C never asks the KMS.
    got = s3.get_object(Bucket="bucket", Key="customer", **boto_arguments(ALICE))
    assert got["Body"].read() == b"mine"
    s3.put_object(Bucket="bucket", Key="customer2", Body=b"more", **boto_arguments(ALICE))
    upload_in_parts(s3, "bucket", "customer3", boto_arguments(ALICE))
    assert s3.get_object(Bucket="bucket", Key="customer3",
                         **boto_arguments(ALICE))["Body"].read()[-4:] == b"tail"
    # Neither does a deletion, nor an upload's end without an object.
    s3.delete_object(Bucket="bucket", Key="customer2")
    s3.abort_multipart_upload(Bucket="bucket", Key="SSE-S3", UploadId=uploads["SSE-S3"])
    assert error_of(s3.get_object, Bucket="bucket", Key="customer2",
                    **boto_arguments(ALICE)) == (404, "NoSuchKey")

    status, answer = gateway.admin("POST", "/kms/start")
    assert (status, answer["status"]) == (200, "Running")
    for name, headers in MANAGED.items():
        path = "/bucket/" + urllib.parse.quote(name)
        assert gateway.signed("GET", path).content == name.encode()
        assert gateway.signed("PUT", path, body=b"after", headers=headers).status_code == 200
        assert gateway.signed("GET", path).content == b"after"
    assert gateway.admin("GET", "/kms/status")[1]["healthy"] is True


def upload_in_parts(s3, bucket, key, arguments):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]
    about = {"Bucket": bucket, "Key": key, "UploadId": upload}
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        PartNumber=number, Body=body, **about, **arguments)["ETag"]}
        for number, body in enumerate([b"x" * (5 << 20), b"tail"], 1)]
    customer = {name: value for name, value in arguments.items() if name.startswith("SSECustomer")}
    return s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **about, **customer)


def test_a_cleared_cache_and_a_restart_lose_nothing(own_gateway):
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    own_gateway.create_kms_key("named")
    rows = mode_rows(own_gateway.default_kms_key_id, "named")
    for name, (write, _, _) in rows.items():
        own_gateway.signed("PUT", "/bucket/" + urllib.parse.quote(name), body=name.encode(),
                           headers=write)

    def check():
        for name, (_, read, expected) in rows.items():
            got = own_gateway.signed("GET", "/bucket/" + urllib.parse.quote(name), headers=read)
            assert (got.content, raw_sse_headers(got)) == (name.encode(), expected)

    check()
    assert own_gateway.admin("POST", "/kms/clear-cache") == (204, None)
    assert own_gateway.admin("GET", "/kms/status")[1]["cache"]["entries"] == 0
    check()
    own_gateway.restart()
    check()


def set_aside(gateway, name):
    """Moves a key's file out of the key folder."""
    path = gateway.state / "kms" / f"{name}.key"
    return path, path.rename(gateway.state / path.name)


@pytest.fixture()
def two_keys(own_gateway):
    """A deployment with a second KMS key, and an object and an upload under it."""
    own_gateway.create_kms_key("second")
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    for name, through in (("alone", "false"), ("shared", "true")):
        headers = {SSE: "aws:kms", KMS_KEY: "second", BUCKET_KEY: through}
        put = own_gateway.signed("PUT", f"/bucket/{name}", body=name.encode(), headers=headers)
        assert put.status_code == 200
    s3.put_object(Bucket="bucket", Key="default", Body=b"default")
    return own_gateway


def refused_under_second(gateway, read_code, write, message):
    """Reads and writes under the second key are refused; all else goes on."""
    s3 = gateway.s3()
    for name in ("alone", "shared"):
        got = gateway.signed("GET", f"/bucket/{name}")
        assert (got.status_code, xml.fromstring(got.text).findtext("Code")) == (400, read_code)
        assert message in got.text
        head = s3.head_object(Bucket="bucket", Key=name)
        assert (head["SSEKMSKeyId"], head["ContentLength"]) == ("second", len(name))
    for through in ("false", "true"):
        headers = {SSE: "aws:kms", KMS_KEY: "second", BUCKET_KEY: through}
        for answer in (gateway.signed("PUT", "/bucket/new", body=b"x" * 70_000, headers=headers),
                       gateway.signed("POST", "/bucket/new?uploads=", headers=headers)):
            code = xml.fromstring(answer.text).findtext("Code")
            assert (answer.status_code, code) == write
    names = [entry["Key"] for entry in s3.list_objects_v2(Bucket="bucket")["Contents"]]
    assert names == ["alone", "default", "shared"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")
    assert s3.get_object(Bucket="bucket", Key="default")["Body"].read() == b"default"


def readable_under_second(gateway):
    for name in ("alone", "shared"):
        assert gateway.signed("GET", f"/bucket/{name}").content == name.encode()


def test_a_disabled_key_serves_neither_writes_nor_reads(two_keys):
    """E23, at once: keys that were in memory don't go on."""
    readable_under_second(two_keys)
    assert two_keys.admin("POST", "/kms/keys/disable", {"key_id": "second"})[0] == 200
    refused_under_second(two_keys, "KMS.DisabledException", (400, "KMS.DisabledException"),
                         "second is disabled.")
    two_keys.restart()
    refused_under_second(two_keys, "KMS.DisabledException", (400, "KMS.DisabledException"),
                         "second is disabled.")
    assert two_keys.admin("POST", "/kms/keys/enable", {"key_id": "second"})[0] == 200
    readable_under_second(two_keys)


def test_a_key_pending_deletion_serves_neither_writes_nor_reads(two_keys):
    """E24. The file is written as docs/guides/kms-local.md says."""
    two_keys.stop()
    path = two_keys.state / "kms" / "second.key"
    before = path.read_bytes()
    document = json.loads(before)
    document |= {"state": "pending_deletion", "deletion": 4_000_000_000_000}
    del document["mac"]
    master = base64.b64decode((two_keys.state / "master.key").read_text())
    mac_key = HKDFExpand(hashes.SHA384(), 48, b"sealgate/local/v1/mac\0").derive(master)
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    code = base64.b64encode(hmac.digest(mac_key, text, "sha384")).decode()
    path.write_bytes(json.dumps(document | {"mac": code}, separators=(",", ":")).encode() + b"\n")
    two_keys.start()
    assert two_keys.admin("GET", "/kms/keys/second")[1]["key_metadata"]["key_state"] == (
        "PendingDeletion")
    refused_under_second(two_keys, "KMS.KMSInvalidStateException",
                         (400, "KMS.KMSInvalidStateException"), "second is pending deletion.")
    two_keys.stop()
    path.write_bytes(before)
    two_keys.start()
    readable_under_second(two_keys)


def test_a_key_that_is_gone_is_no_absent_object(two_keys):
    """A read under a lost key is 400: clients that synchronise take 404 for "upload it again"."""
    two_keys.stop()
    path, aside = set_aside(two_keys, "second")
    two_keys.start()
    refused_under_second(two_keys, "KMS.NotFoundException", (404, "NotFound"), "second")
    two_keys.stop()
    aside.rename(path)
    two_keys.start()
    readable_under_second(two_keys)


def test_a_damaged_key_is_an_internal_error_and_never_made_anew(two_keys):
    two_keys.stop()
    path = two_keys.state / "kms" / "second.key"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"enabled"', b'"disabled"'))
    two_keys.start()
    assert two_keys.admin("GET", "/kms/keys")[1]["unreadable_key_ids"] == ["second"]
    for answer in (two_keys.signed("GET", "/bucket/alone"),
                   two_keys.signed("GET", "/bucket/shared"),
                   two_keys.signed("PUT", "/bucket/new", body=b"x",
                                   headers={SSE: "aws:kms", KMS_KEY: "second"})):
        assert (answer.status_code, "<Code>InternalError</Code>" in answer.text) == (500, True)
    assert two_keys.admin("POST", "/kms/keys", {"KeyId": "second"})[0] == 409
    two_keys.stop()
    path.write_bytes(before)
    two_keys.start()
    readable_under_second(two_keys)


LOST = {
    "default.key": "no key named default",
    "master.check": "master.check is missing beside key files",
    "master.key": "the master key isn't the one that sealed",
}


@pytest.mark.parametrize("lost", LOST)
def test_a_gateway_that_lost_its_keys_refuses_to_start_and_says_why(two_keys, lost):
    """Rather than make new keys that open nothing; the old ones put back, all is as before."""
    two_keys.stop()
    state = two_keys.state
    path = state / lost if lost == "master.key" else state / "kms" / lost
    aside = path.rename(state / "aside")
    if lost == "master.key":
        path.write_text(base64.b64encode(os.urandom(32)).decode())
        path.chmod(0o600)
    said = two_keys.start_fails()
    assert "sealgate: error:" in said and "sealgate: hint:" in said, said
    assert LOST[lost] in said
    assert lost == "master.key" or not path.exists()
    aside.rename(path)
    two_keys.start()
    readable_under_second(two_keys)
    assert two_keys.s3().get_object(Bucket="bucket", Key="default")["Body"].read() == b"default"


def test_the_log_holds_no_customer_key(gateway):
    for secret in (ALICE[KEY], ALICE[DIGEST], BOB[KEY], BOB[DIGEST]):
        assert secret not in gateway.log()

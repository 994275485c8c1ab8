"""Each refusal about encryption, on every operation that it concerns: the whole answer, and that
nothing of what was asked for is kept. More of what leads to one stands in test_sse.py."""

import base64
import contextlib
import json
import socket
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

from deployment import ADMIN, AdminDeployment, customer_headers
from error_rows import AWS_ROWS, ROWS
from modes import CONTEXT, CUSTOMER, KMS_KEY, SSE
from test_integrity import SEGMENT, STORED_SEGMENT, Reading, content, flipped
from wire import Answer, Connection, call, element, md5, settings

ALGORITHM, KEY, DIGEST = CUSTOMER + "algorithm", CUSTOMER + "key", CUSTOMER + "key-MD5"
ALICE, BOB = customer_headers("alice"), customer_headers("bob")
SHORT = base64.b64encode(b"0123456789abcdef").decode()
SOURCE = "x-amz-copy-source"
ROOT = "ServerSideEncryptionConfiguration"
BODY = b"x" * 70_000
told_rows = set()


def of_source(headers):
    """A customer's key as that of a copy's source."""
    return {name.replace("x-amz-", "x-amz-copy-source-", 1): value
            for name, value in headers.items()}


def told(row, answer, about="", rows=ROWS, **details):
    """Whether an answer is that row's, in S3's document and with nothing of a key in it."""
    status, code, message = rows[row]
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["content-type"] == "application/xml"
    document = xml.fromstring(answer.body.decode())
    assert (document.tag, document[0].tag, document[1].tag) == ("Error", "Code", "Message")
    assert document.findtext("Message") == message.replace("{}", about)
    assert document.findtext("RequestId") == answer.headers["x-amz-request-id"]
    assert document.findtext("Resource") and document.findtext("HostId")
    for name, value in details.items():
        assert document.findtext(name) == value, answer
    assert not any(name.startswith(SSE) for name in answer.headers)
    for secret in (ALICE[KEY], ALICE[DIGEST], BOB[KEY], BOB[DIGEST]):
        assert secret not in answer.body.decode()
    told_rows.add(row)


def kept(gateway, bucket):
    """All that a bucket holds: objects, uploads and their parts; and the store's files."""
    s3 = gateway.s3()
    objects = {(o["Key"], o["ETag"]) for o in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
    parts = {}
    for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
        listed = s3.list_parts(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        parts[upload["UploadId"]] = [(p["PartNumber"], p["ETag"]) for p in listed.get("Parts", ())]
    return objects, parts, gateway.body_files()


@contextlib.contextmanager
def keeping(gateway, *buckets):
    """Nothing is stored meanwhile and nothing taken away."""
    before = [kept(gateway, bucket) for bucket in buckets]
    yield
    assert [kept(gateway, bucket) for bucket in buckets] == before


def put(gateway, bucket, key, headers=None, body=BODY):
    answer = call(gateway, "PUT", f"/{bucket}/{key}", headers, body)
    assert answer.status == 200, answer
    return answer


def begin(gateway, bucket, key, headers=None):
    """An upload with one part; the upload's id and the part's ETag."""
    created = call(gateway, "POST", f"/{bucket}/{key}?uploads", headers)
    upload = element(created.body, "UploadId")
    customer = headers if headers and KEY in headers else {}
    part = call(gateway, "PUT", f"/{bucket}/{key}?partNumber=1&uploadId={upload}", customer, BODY)
    assert part.status == 200, part
    return upload, part.headers["etag"]


def completion(etag):
    return (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
            "</CompleteMultipartUpload>").encode()


# Writes.

def argument(value):
    return {"ArgumentName": SSE, "ArgumentValue": value}


WRITES = {
    "E1": (ALICE | {SSE: "AES256"}, argument("AES256")),
    "E2": ({SSE: "AES192"}, argument("AES192")),
    "E3": ({SSE: "AES256", KMS_KEY: "default"}, {"ArgumentName": SSE}),
    "E4": ({SSE: "aws:kms", CONTEXT: "{}"}, {}),
    "E5": ({KEY: ALICE[KEY], DIGEST: ALICE[DIGEST]}, argument("null")),
    "E6": (ALICE | {ALGORITHM: "AES128"}, argument("AES128")),
    "E7": ({ALGORITHM: "AES256", DIGEST: ALICE[DIGEST]}, argument("null")),
    "E8": ({ALGORITHM: "AES256", KEY: SHORT, DIGEST: ALICE[DIGEST]}, argument("null")),
    "E9": ({ALGORITHM: "AES256", KEY: ALICE[KEY]}, argument("null")),
    "E10": (ALICE | {DIGEST: BOB[DIGEST]}, {}),
    "E22": ({SSE: "aws:kms", KMS_KEY: "no-such-key"}, {}),
    "E34": ({SSE: "aws:kms:dsse"}, {"Header": SSE}),
}


def writes(gateway, bucket, headers, **signing):
    """The answers to each way to write an object with these headers."""
    yield call(gateway, "PUT", f"/{bucket}/new", headers, BODY, **signing)
    yield call(gateway, "POST", f"/{bucket}/new?uploads", headers, **signing)
    yield call(gateway, "PUT", f"/{bucket}/new", {SOURCE: f"/{bucket}/old", **headers}, **signing)
    yield call(gateway, "PUT", f"/{bucket}/old", headers, BODY, **signing)


@pytest.mark.parametrize("row", WRITES)
def test_writes(gateway, bucket, row):
    headers, details = WRITES[row]
    put(gateway, bucket, "old", {SSE: "AES256"})
    with keeping(gateway, bucket):
        for answer in writes(gateway, bucket, headers):
            told(row, answer, "no-such-key", **details)


@pytest.mark.parametrize("row", ["E18"])
def test_writes_to_a_bucket_that_blocks_customer_keys(gateway, bucket, row):
    put(gateway, bucket, "old")
    body = rules(AES256 + "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>"
                 "</BlockedEncryptionTypes>")
    answer = call(gateway, "PUT", f"/{bucket}?encryption", {"content-md5": md5(body)}, body)
    assert answer.status == 200, answer
    with keeping(gateway, bucket):
        # Before anything is looked at of the key.
        for headers in (ALICE, {ALGORITHM: "AES256"}, ALICE | {DIGEST: BOB[DIGEST]}):
            for answer in writes(gateway, bucket, headers):
                told(row, answer)


@pytest.mark.parametrize("row", ["E35"])
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_headers_that_a_presigned_url_did_not_sign(gateway, bucket, row, method):
    put(gateway, bucket, "old", ALICE)
    with keeping(gateway, bucket), gateway.http() as client:
        url = gateway.presigned(method, f"/{bucket}/old")
        answer = client.request(method, url, headers=ALICE,
                                content=BODY if method == "PUT" else None)
        told(row, Answer(answer.status_code, answer.headers, answer.content),
             HeadersNotSigned=", ".join(sorted(name.lower() for name in ALICE)))


# Reads.

READS = {
    "E5": ("customer", {KEY: ALICE[KEY], DIGEST: ALICE[DIGEST]}),
    "E6": ("customer", ALICE | {ALGORITHM: "AES128"}),
    "E7": ("customer", {ALGORITHM: "AES256"}),
    "E9": ("customer", {ALGORITHM: "AES256", KEY: ALICE[KEY]}),
    "E10": ("customer", ALICE | {DIGEST: BOB[DIGEST]}),
    "E11": ("customer", {}),
    "E12": ("customer", BOB),
    "E13": ("managed", ALICE),
}


@pytest.mark.parametrize("row", READS)
def test_reads(gateway, bucket, row):
    """By GET, ranged or not, GetObjectAttributes, HEAD, and as the source of copies."""
    key, headers = READS[row]
    put(gateway, bucket, "customer", ALICE)
    put(gateway, bucket, "managed")
    upload, _ = begin(gateway, bucket, "copied")
    target, source = f"/{bucket}/{key}", {SOURCE: f"/{bucket}/{key}", **of_source(headers)}
    with keeping(gateway, bucket):
        told(row, call(gateway, "GET", target, headers))
        told(row, call(gateway, "GET", target, headers | {"range": "bytes=1-2"}))
        told(row, call(gateway, "GET", target + "?attributes",
                       headers | {"x-amz-object-attributes": "ETag"}))
        told(row, call(gateway, "PUT", f"/{bucket}/new", source))
        told(row, call(gateway, "PUT", f"/{bucket}/copied?partNumber=2&uploadId={upload}", source))
        head = call(gateway, "HEAD", target, headers)
        assert (head.status, head.body) == (ROWS[row][0], b"")
        assert not any(name.startswith(SSE) for name in head.headers)


@pytest.mark.parametrize("row", ["E14"])
@pytest.mark.parametrize("headers", [{SSE: "AES256"}, {SSE: "aws:kms", KMS_KEY: "default"}])
def test_a_mode_on_reads(gateway, bucket, row, headers):
    for mode in ({}, {SSE: "aws:kms"}, ALICE):
        put(gateway, bucket, "k", mode)
        customer = mode if KEY in mode else {}
        for target, more in ((f"/{bucket}/k", {}), (f"/{bucket}/k?attributes",
                                                     {"x-amz-object-attributes": "ETag"})):
            told(row, call(gateway, "GET", target, headers | customer | more),
                 ArgumentName=SSE, ArgumentValue=headers[SSE])
        assert call(gateway, "HEAD", f"/{bucket}/k", headers | customer).status == 400


# Uploads in parts.

@pytest.mark.parametrize("row", ["E15"])
@pytest.mark.parametrize("headers", [{SSE: "AES256"}, {SSE: "aws:kms", KMS_KEY: "no-such-key"}])
def test_a_mode_where_create_has_named_it(gateway, bucket, row, headers):
    """Ignored on parts and completions, which old clients send it with; refused on listings."""
    put(gateway, bucket, "old")
    upload, _ = begin(gateway, bucket, "k", {SSE: "aws:kms"})
    with keeping(gateway, bucket):
        for query in ("", "?list-type=2", "?versions", "?uploads"):
            told(row, call(gateway, "GET", f"/{bucket}{query}", headers),
                 ArgumentName=SSE, ArgumentValue=headers[SSE])
        told(row, call(gateway, "GET", f"/{bucket}/k?uploadId={upload}", headers),
             ArgumentName=SSE, ArgumentValue=headers[SSE])
    part = f"/{bucket}/k?partNumber=2&uploadId={upload}"
    copied = call(gateway, "PUT", part, headers | {SOURCE: f"/{bucket}/old"})
    assert (copied.status, copied.headers[SSE]) == (200, "aws:kms"), copied
    part = f"/{bucket}/k?partNumber=1&uploadId={upload}"
    sent = call(gateway, "PUT", part, headers, BODY)
    assert (sent.status, sent.headers[SSE]) == (200, "aws:kms"), sent
    done = call(gateway, "POST", f"/{bucket}/k?uploadId={upload}", headers,
                completion(sent.headers["etag"]))
    assert (done.status, done.headers[SSE]) == (200, "aws:kms"), done
    head = call(gateway, "HEAD", f"/{bucket}/k")
    assert (head.headers[SSE], head.headers[KMS_KEY]) == ("aws:kms", gateway.default_kms_key_id)


PART_KEYS = {
    "none where there is one": ("E16", ALICE, {}),
    "one where there is none": ("E16", {}, ALICE),
    "one where SSE-KMS is": ("E16", {SSE: "aws:kms"}, ALICE),
    "another": ("E17", ALICE, BOB),
}


@pytest.mark.parametrize("what", PART_KEYS)
def test_the_key_of_an_upload(gateway, bucket, what):
    row, create, headers = PART_KEYS[what]
    put(gateway, bucket, "old")
    upload, etag = begin(gateway, bucket, "k", create)
    part = f"/{bucket}/k?partNumber=2&uploadId={upload}"
    with keeping(gateway, bucket):
        told(row, call(gateway, "PUT", part, headers, BODY))
        told(row, call(gateway, "PUT", part, headers | {SOURCE: f"/{bucket}/old"}))
        told(row, call(gateway, "POST", f"/{bucket}/k?uploadId={upload}", headers,
                       completion(etag)))


# Who may, and how.

@pytest.mark.parametrize("row, headers", [("E19", ALICE), ("E20", {SSE: "aws:kms"})])
def test_nothing_is_heard_in_the_clear(gateway, bucket, row, headers):
    address = urllib.parse.urlsplit(gateway.endpoint)
    url = f"/{bucket}/k"
    with keeping(gateway, bucket):
        fields = gateway.headers("PUT", url, BODY, headers,
                                 base=gateway.endpoint.replace("https", "http"))
        lines = [f"PUT {url} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {len(BODY)}",
                 *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        with socket.create_connection((address.hostname, address.port), timeout=20) as plain:
            answer = b""
            with contextlib.suppress(ConnectionError):
                plain.sendall("\r\n".join(lines).encode() + BODY)
                while piece := plain.recv(4096):
                    answer += piece
    assert not answer or answer[0] == 0x15, "an alert of TLS at most"
    told_rows.add(row)


@pytest.mark.parametrize("row", ["E21"])
@pytest.mark.parametrize("method, target, headers", [
    ("PUT", "new", {SSE: "aws:kms"}), ("POST", "new?uploads", {SSE: "aws:kms"}),
    ("GET", "kms", {})])
def test_kms_needs_a_signature(gateway, s3, bucket, row, method, target, headers):
    """A policy may let anyone in, but not to keys of the KMS."""
    put(gateway, bucket, "kms", {SSE: "aws:kms"})
    put(gateway, bucket, "open")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/*"}}))
    with keeping(gateway, bucket), Connection(gateway) as connection:
        about = {"host": gateway.endpoint.split("//")[1]}
        connection.begin("GET", f"/{bucket}/open", about)
        assert connection.answer().body == BODY
        connection.begin(method, f"/{bucket}/{target}",
                         {**about, **headers, "content-length": "0"})
        told(row, connection.answer(), ArgumentName="Authorization", ArgumentValue="null")


def key_is_refused(row, gateway, bucket, key="default", on_reads="", on_writes="", **signing):
    """Reads and writes under a key, whatever the message is about; of what is there HEAD tells."""
    with keeping(gateway, bucket):
        for name in ("alone", "shared"):
            told(row, call(gateway, "GET", f"/{bucket}/{name}", **signing), on_reads)
            told(row, call(gateway, "PUT", f"/{bucket}/new",
                           {SOURCE: f"/{bucket}/{name}", **ALICE}, **signing), on_reads)
            assert call(gateway, "HEAD", f"/{bucket}/{name}", **signing).status == 200
        for through in ("false", "true"):
            headers = {SSE: "aws:kms", KMS_KEY: key, SSE + "-bucket-key-enabled": through}
            for answer in writes(gateway, bucket, headers, **signing):
                told(row, answer, on_writes or on_reads)


def put_both(gateway, bucket, key):
    for name, through in (("alone", "false"), ("shared", "true"), ("old", "true")):
        mode = {SSE: "AES256"} if name == "old" else {
            SSE: "aws:kms", KMS_KEY: key, SSE + "-bucket-key-enabled": through}
        put(gateway, bucket, name, mode)


@pytest.mark.parametrize("row", ["E23"])
def test_a_key_that_is_disabled(gateway, bucket, row):
    gateway.create_kms_key("disabled-key")
    put_both(gateway, bucket, "disabled-key")
    assert gateway.admin("POST", "/kms/keys/disable", {"key_id": "disabled-key"})[0] == 200
    key_is_refused(row, gateway, bucket, "disabled-key", "disabled-key")


@pytest.mark.parametrize("row", ["E24"])
def test_a_key_that_waits_for_its_deletion(gateway, bucket, row):
    gateway.create_kms_key("pending-key")
    put_both(gateway, bucket, "pending-key")
    assert gateway.admin("DELETE", "/kms/keys/delete", {
        "key_id": "pending-key", "pending_window_in_days": 7, "force": True})[0] == 200
    key_is_refused(row, gateway, bucket, "pending-key", "pending-key")


@pytest.mark.parametrize("row", ["E26"])
def test_a_kms_that_is_not_there(gateway, bucket, row):
    put_both(gateway, bucket, "default")
    assert gateway.admin("POST", "/kms/stop")[0] == 200
    try:
        key_is_refused(row, gateway, bucket)
        assert int(call(gateway, "GET", f"/{bucket}/alone").headers["retry-after"]) > 0
    finally:
        assert gateway.admin("POST", "/kms/start")[0] == 200
    assert call(gateway, "GET", f"/{bucket}/alone").body == BODY


# What storage has changed.

def test_a_body_that_storage_has_changed(gateway, bucket):
    """E27 where its first bytes were, E28 further on: what was given is right, and not whole."""
    data, before = bytes(range(256)) * 4_096, gateway.body_files()
    put(gateway, bucket, "k", body=data)
    file, = gateway.body_files() - before
    stored = file.read_bytes()
    with content(file, flipped(stored, 200)):
        told("E27", call(gateway, "GET", f"/{bucket}/k"))
        told("E27", call(gateway, "GET", f"/{bucket}/k", {"range": "bytes=5-6"}))
    with content(file, flipped(stored, 12 * STORED_SEGMENT)):
        for http2 in (False, True):
            reading = Reading(gateway, f"/{bucket}/k", http2=http2)
            assert reading.status in (200, None) and not reading.is_whole
            assert len(reading.bytes) < 12 * SEGMENT and data.startswith(reading.bytes)
    told_rows.add("E28")
    assert call(gateway, "GET", f"/{bucket}/k").body == data


# Copies onto themselves.

@pytest.mark.parametrize("row", ["E29"])
@pytest.mark.parametrize("headers", [{}, {"x-amz-metadata-directive": "COPY"}])
def test_a_copy_that_changes_nothing(gateway, bucket, row, headers):
    put(gateway, bucket, "k", {"x-amz-meta-a": "b"})
    with keeping(gateway, bucket):
        told(row, call(gateway, "PUT", f"/{bucket}/k", {SOURCE: f"/{bucket}/k", **headers}))
    # Any header of encryption is a change.
    answer = call(gateway, "PUT", f"/{bucket}/k", {SOURCE: f"/{bucket}/k", **ALICE})
    assert answer.status == 200, answer
    told("E11", call(gateway, "GET", f"/{bucket}/k"))
    assert call(gateway, "GET", f"/{bucket}/k", ALICE).body == BODY


# The default of a bucket.

def rules(*members):
    """A bucket's encryption, a rule for each text."""
    return f"<{ROOT}>{''.join(f'<Rule>{text}</Rule>' for text in members)}</{ROOT}>".encode()


def by_default(text):
    return (f"<ApplyServerSideEncryptionByDefault>{text}</ApplyServerSideEncryptionByDefault>")


AES256 = by_default("<SSEAlgorithm>AES256</SSEAlgorithm>")
DOCUMENTS = {
    "E30 no rule": (rules(), {}),
    "E30 two rules": (rules(AES256, AES256), {}),
    "E30 no XML": (b"encrypt it", {}),
    "E30 cut": (rules(AES256)[:-3], {}),
    "E30 algorithm": (rules(by_default("<SSEAlgorithm>AES192</SSEAlgorithm>")), {}),
    "E31": (rules(by_default("<SSEAlgorithm>AES256</SSEAlgorithm>"
                             "<KMSMasterKeyID>k</KMSMasterKeyID>")),
            {"ArgumentName": "ApplyServerSideEncryptionByDefault"}),
}


@pytest.mark.parametrize("row", DOCUMENTS)
def test_a_default_that_is_refused_sets_nothing(gateway, s3, bucket, row):
    body, details = DOCUMENTS[row]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    answer = call(gateway, "PUT", f"/{bucket}?encryption", {"content-md5": md5(body)}, body)
    told(row.split()[0], answer, **details)
    shown = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert shown[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}


@pytest.mark.parametrize("row", ["E33"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_default_of_a_bucket_that_is_not_there(gateway, row, method):
    body = rules(AES256) if method == "PUT" else b""
    answer = call(gateway, method, "/no-such-bucket-here?encryption",
                  {"content-md5": md5(body)} if body else {}, body)
    told(row, answer, BucketName="no-such-bucket-here")


# Another deployment: no default, AWS's answers, and one who has no right on keys.

@pytest.fixture(scope="module")
def strict(scratch):
    state = scratch / "strict"
    state.mkdir()
    policy = state / "no-keys.json"
    policy.write_text(json.dumps({"Statement": {
        "Effect": "Allow", "Action": "s3:*", "Resource": "*"}}))
    config = settings(
        state, compatibility="aws", encryption={"default": "none"}, credentials=[ADMIN, {
            "id": "keyless", "access_key_id": "KEYLESS", "secret_access_key": "keyless-secret",
            "policy_file": str(policy)}])
    with AdminDeployment(state, ["--config", config]) as deployment:
        deployment.s3().create_bucket(Bucket="strict")
        put_both(deployment, "strict", "default")
        yield deployment


@pytest.mark.parametrize("row", ["E25"])
def test_who_may_not_use_a_key(strict, row):
    key_is_refused(row, strict, "strict", on_reads="kms:Decrypt", on_writes="kms:GenerateDataKey",
                   access_key="KEYLESS", secret_key="keyless-secret")


@pytest.mark.parametrize("row", ["E32"])
def test_no_default_anywhere(strict, row):
    def ask():
        return call(strict, "GET", "/strict?encryption")

    told(row, ask(), BucketName="strict")
    body = rules(AES256)
    assert call(strict, "PUT", "/strict?encryption", {"content-md5": md5(body)}, body).status == 200
    assert ask().status == 200
    for _ in range(2):
        assert call(strict, "DELETE", "/strict?encryption").status == 204
        told(row, ask(), BucketName="strict")


@pytest.mark.parametrize("row", AWS_ROWS)
def test_rows_that_aws_answers_otherwise(strict, row):
    headers, _ = WRITES[row]
    with keeping(strict, "strict"):
        for answer in writes(strict, "strict", headers):
            told(row, answer, "no-such-key", AWS_ROWS)


def test_what_else_differs_by_the_profile(gateway, bucket, strict):
    """Whether SSE-S3 names the default key, and whether an MD5 may be hexadecimal."""
    spelled = ALICE | {DIGEST: base64.b64decode(ALICE[DIGEST]).hex()}
    for deployment, where, names in ((gateway, bucket, True), (strict, "strict", False)):
        s3, key = deployment.s3(), deployment.default_kms_key_id if names else None
        about = {"Bucket": where, "Key": "profile", "ServerSideEncryption": "AES256"}
        created = s3.create_multipart_upload(**about)
        upload = {"Bucket": where, "Key": "profile", "UploadId": created["UploadId"]}
        part = s3.upload_part(PartNumber=1, Body=b"x", **upload)
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [
            {"PartNumber": 1, "ETag": part["ETag"]}]})
        answers = [created, part, done, s3.put_object(Body=b"x", **about),
                   s3.get_object(Bucket=where, Key="profile"),
                   s3.head_object(Bucket=where, Key="profile"),
                   s3.copy_object(CopySource={"Bucket": where, "Key": "profile"}, **about | {
                       "Key": "copy"})]
        assert [answer["ServerSideEncryption"] for answer in answers] == ["AES256"] * len(answers)
        assert [answer.get("SSEKMSKeyId") for answer in answers] == [key] * len(answers)
        answer = call(deployment, "PUT", f"/{where}/hexadecimal", spelled, BODY)
        if names:
            assert (answer.status, answer.headers[DIGEST.lower()]) == (200, ALICE[DIGEST])
        else:
            told("E10", answer, rows=AWS_ROWS)


def test_every_row_was_told():
    assert list(ROWS) == [f"E{number}" for number in range(1, 36)]
    assert set(ROWS) == told_rows, "run the whole file"

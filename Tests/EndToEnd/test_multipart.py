"""Objects in parts: any order, any size, any repetition, and reads across their edges."""

import hashlib
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from modes import boto_arguments
from deployment import customer_headers
from test_operations import refused
from wire import Signature, call, element, md5

MIB = 1 << 20
SIZES = [5 * MIB, 5 * MIB + 1, 6 * MIB + 70_001, 100_000]
MODES = {"SSE-S3": {}, "SSE-KMS": {"x-amz-server-side-encryption": "aws:kms"},
         "SSE-C": customer_headers("parts")}


def begin(s3, bucket, key="k", **arguments):
    return s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]


def send(s3, bucket, upload, number, data, key="k", **arguments):
    answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data,
                            **arguments)
    return {"PartNumber": number, "ETag": answer["ETag"]}


def finish(s3, bucket, upload, parts, key="k", **arguments):
    return s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload,
                                        MultipartUpload={"Parts": parts}, **arguments)


@pytest.fixture(scope="module", params=MODES)
def uploaded(request, gateway):
    """An object of four parts of odd sizes, sent out of order with gaps in their numbers."""
    s3, bucket = gateway.s3(), "t-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=bucket)
    headers = MODES[request.param]
    customer = boto_arguments(headers) if request.param == "SSE-C" else {}
    upload = begin(s3, bucket, ContentType="text/parts", Metadata={"note": "n"},
                   **boto_arguments(headers))
    data = [os.urandom(size) for size in SIZES]
    numbers = [3, 17, 512, 10_000]
    parts = {n: send(s3, bucket, upload, n, d, **customer)
             for n, d in random.Random(1).sample(list(zip(numbers, data)), 4)}
    answer = finish(s3, bucket, upload, [parts[n] for n in numbers], **customer)
    return bucket, data, parts, numbers, customer, answer, request.param


def test_the_whole_object(gateway, uploaded):
    bucket, data, parts, numbers, customer, answer, mode = uploaded
    s3, whole = gateway.s3(), b"".join(data)
    found = s3.get_object(Bucket=bucket, Key="k", **customer)
    assert found["Body"].read() == whole
    assert (found["ContentType"], found["Metadata"]) == ("text/parts", {"note": "n"})
    head = s3.head_object(Bucket=bucket, Key="k", **customer)
    entry = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert head["ETag"] == found["ETag"] == entry["ETag"] == answer["ETag"]
    assert head["ContentLength"] == entry["Size"] == len(whole)
    assert answer["Location"] == f"{gateway.endpoint}/{bucket}/k"
    assert answer["ETag"].endswith('-4"')
    if mode == "SSE-S3":
        assert [parts[n]["ETag"] for n in numbers] == [
            f'"{hashlib.md5(d).hexdigest()}"' for d in data]
        digests = b"".join(hashlib.md5(d).digest() for d in data)
        assert answer["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-4"'


def test_ranges_across_the_edges_of_parts(gateway, uploaded):
    bucket, data, _, _, customer, _, _ = uploaded
    s3, whole = gateway.s3(), b"".join(data)
    edges = [0]
    for size in SIZES:
        edges.append(edges[-1] + size)
    chance = random.Random(2)
    ranges = [(e - 1, e) for e in edges[1:-1]] + [(e, e + 65536) for e in edges[1:-1]]
    ranges += [(edges[1] - 70_000, edges[3] + 10), (0, edges[-1] - 1),
               (edges[-1] - 1, edges[-1] - 1)]
    ranges += [tuple(sorted(chance.sample(range(edges[-1]), 2))) for _ in range(8)]
    for start, end in ranges:
        answer = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={start}-{end}", **customer)
        body = answer["Body"].read()
        assert body == whole[start:end + 1], (start, end)
        assert answer["ContentRange"] == f"bytes {start}-{start + len(body) - 1}/{len(whole)}"
    body = s3.get_object(Bucket=bucket, Key="k", Range="bytes=-100001", **customer)["Body"].read()
    assert body == whole[-100_001:]


def test_reads_of_one_part(gateway, uploaded):
    """Parts keep the numbers that they were sent with."""
    bucket, data, _, numbers, customer, answer, _ = uploaded
    s3, offset = gateway.s3(), 0
    for number, part in zip(numbers, data):
        where = {"Bucket": bucket, "Key": "k", "PartNumber": number, **customer}
        found, head = s3.get_object(**where), s3.head_object(**where)
        assert found["Body"].read() == part
        for reply in (found, head):
            assert reply["PartsCount"] == 4 and reply["ETag"] == answer["ETag"]
            assert reply["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert reply["ContentLength"] == len(part)
            assert reply["ContentRange"] == f"bytes {offset}-{offset + len(part) - 1}/{sum(SIZES)}"
        offset += len(part)
    headers = {n: v for n, v in MODES["SSE-C"].items()} if customer else {}
    reply = call(gateway, "GET", f"/{bucket}/k?partNumber=5", headers)
    assert (reply.status, reply.code) == (416, "InvalidPartNumber")
    assert element(reply.body, "ActualPartCount") == "4"
    assert element(reply.body, "PartNumberRequested") == "5"
    for number in ("0", "10001", "x", "-1"):
        assert call(gateway, "GET", f"/{bucket}/k?partNumber={number}",
                    headers).code == "InvalidArgument"
    reply = call(gateway, "GET", f"/{bucket}/k?partNumber=1", {**headers, "range": "bytes=0-1"})
    assert (reply.status, reply.code) == (400, "InvalidRequest")


def test_part_one_of_an_object_without_parts(gateway, bucket):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"data")
    answer = call(gateway, "GET", f"/{bucket}/k?partNumber=1")
    assert (answer.status, answer.body) == (206, b"data")
    assert answer.headers["content-range"] == "bytes 0-3/4"
    assert "x-amz-mp-parts-count" not in answer.headers
    assert call(gateway, "GET", f"/{bucket}/k?partNumber=2").status == 416
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"")
    assert call(gateway, "GET", f"/{bucket}/k?partNumber=1").body == b""


def test_a_repeated_complete_says_the_same(gateway, uploaded):
    bucket, _, parts, numbers, customer, answer, _ = uploaded
    s3 = gateway.s3()
    with refused("NoSuchUpload", 404):
        finish(s3, bucket, "1" * 32, [parts[n] for n in numbers], **customer)
    upload = begin(s3, bucket, "again", **(customer or {}))
    part = send(s3, bucket, upload, 1, b"data", "again", **customer)
    first = finish(s3, bucket, upload, [part], "again", **customer)
    assert finish(s3, bucket, upload, [part], "again", **customer)["ETag"] == first["ETag"]
    with refused("NoSuchUpload", 404):
        send(s3, bucket, upload, 2, b"x", "again", **customer)
    s3.put_object(Bucket=bucket, Key="again", Body=b"other")
    with refused("NoSuchUpload", 404):
        finish(s3, bucket, upload, [part], "again", **customer)
    s3.delete_object(Bucket=bucket, Key="again")


@pytest.mark.parametrize("mode", MODES)
def test_a_complete_repeated_behind_newer_versions(gateway, bucket, mode):
    """What the upload made is still there: the same answer, and the same version, once more."""
    s3, headers = gateway.s3(), boto_arguments(MODES[mode])
    customer = headers if mode == "SSE-C" else {}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    uploads = []
    for number in range(2):
        upload = begin(s3, bucket, ChecksumAlgorithm="CRC32", **headers)
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1,
                              Body=b"%d" % number, ChecksumAlgorithm="CRC32", **customer)
        parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
        uploads.append((upload, parts, finish(s3, bucket, upload, parts, **customer)))
    s3.put_object(Bucket=bucket, Key="k", Body=b"newer")
    s3.put_object(Bucket=bucket, Key="k0", Body=b"of another key")

    def repeated():
        for upload, parts, first in uploads:
            again = finish(s3, bucket, upload, parts, **customer)
            for name in ("ETag", "VersionId", "ChecksumCRC32", "ChecksumType"):
                assert again[name] == first[name], name

    repeated()
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    repeated()
    with refused("NoSuchUpload", 404):
        finish(s3, bucket, "1" * 32, uploads[0][1], **customer)
    versions = s3.list_object_versions(Bucket=bucket, Prefix="k")["Versions"]
    assert len([v for v in versions if v["Key"] == "k"]) == 3
    # A version that is gone is no answer any more.
    s3.delete_object(Bucket=bucket, Key="k", VersionId=uploads[0][2]["VersionId"])
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    with refused("NoSuchUpload", 404):
        finish(s3, bucket, *uploads[0][:2], **customer)


def test_a_part_that_is_sent_again_replaces_itself(gateway, bucket):
    s3 = gateway.s3()
    upload = begin(s3, bucket)
    old = send(s3, bucket, upload, 1, b"a" * (5 * MIB))
    send(s3, bucket, upload, 3, b"never completed")
    last = send(s3, bucket, upload, 2, b"tail")
    new = send(s3, bucket, upload, 1, b"b" * (5 * MIB + 3))
    assert [p["PartNumber"] for p in s3.list_parts(Bucket=bucket, Key="k",
                                                   UploadId=upload)["Parts"]] \
        == [1, 2, 3]
    with refused("InvalidPart", 400):
        finish(s3, bucket, upload, [old, last])
    # The upload is still there; the parts that Complete doesn't name are not in the object.
    finish(s3, bucket, upload, [new, {**last, "ETag": last["ETag"].strip('"')}])
    body = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert body == b"b" * (5 * MIB + 3) + b"tail"


def test_ten_thousand_parts(gateway, bucket):
    """As many as there may be, by several connections: listed whole, one of them completed."""
    s3 = gateway.s3()
    upload = begin(s3, bucket)
    etags = {}

    def sender(first):
        connection = gateway.connection()
        for number in range(first, 10_001, 4):
            target = f"/{bucket}/k?partNumber={number}&uploadId={upload}"
            headers = Signature(gateway, "PUT", target, {}).headers
            connection.request("PUT", target, str(number).encode(), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            etags[number] = answer.headers["etag"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sender, range(1, 5)))
    pages = s3.get_paginator("list_parts").paginate(Bucket=bucket, Key="k", UploadId=upload)
    listed = [(p["PartNumber"], p["ETag"], p["Size"]) for page in pages for p in page["Parts"]]
    assert listed == [(n, etags[n], len(str(n))) for n in range(1, 10_001)]
    parts = [{"PartNumber": n, "ETag": etags[n]} for n in range(1, 10_001)]
    with refused("EntityTooSmall", 400, PartNumber="1"):
        finish(s3, bucket, upload, parts)
    with refused("InvalidPart", 400):
        finish(s3, bucket, upload, [{**parts[9_999], "ETag": etags[1]}])
    finish(s3, bucket, upload, parts[-1:])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"10000"


def test_completions_that_are_refused(gateway, bucket):
    s3 = gateway.s3()
    upload = begin(s3, bucket)
    one, two = send(s3, bucket, upload, 1, b"a" * 1000), send(s3, bucket, upload, 2, b"b")
    with refused("EntityTooSmall", 400, MinSizeAllowed="5242880", ProposedSize="1000",
                 PartNumber="1"):
        finish(s3, bucket, upload, [one, two])
    with refused("InvalidPartOrder", 400):
        finish(s3, bucket, upload, [two, one])
    with refused("InvalidPartOrder", 400):
        finish(s3, bucket, upload, [one, one])
    with refused("InvalidPart", 400):
        finish(s3, bucket, upload, [{"PartNumber": 3, "ETag": one["ETag"]}])
    with refused("InvalidPart", 400):
        finish(s3, bucket, upload, [{"PartNumber": 1, "ETag": two["ETag"]}])
    target = f"/{bucket}/k?uploadId={upload}"
    for body, code in [
            (b"<CompleteMultipartUpload/>", "InvalidRequest"), (b"", "MalformedXML"),
            (b"<x", "MalformedXML"),
            (b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part>"
             b"</CompleteMultipartUpload>", "MalformedXML"),
            (b"<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part>"
             b"</CompleteMultipartUpload>", None)]:
        answer = call(gateway, "POST", target, {}, body)
        assert answer.status == 400, (body, answer)
        assert code is None or answer.code in (code, "InvalidRequest"), (body, answer)
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="k")
    finish(s3, bucket, upload, [two])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"b"


def test_conditional_completion(gateway, bucket):
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    upload = begin(s3, bucket)
    # Not the key, though the key is its beginning.
    s3.put_object(Bucket=bucket, Key="k0", Body=b"other")
    part = send(s3, bucket, upload, 1, b"new")
    with refused("PreconditionFailed", 412, Condition="If-None-Match"):
        finish(s3, bucket, upload, [part], IfNoneMatch="*")
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        finish(s3, bucket, upload, [part], IfMatch='"' + "0" * 32 + '"')
    # Written since the upload began: it has to begin anew.
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    with refused("ConditionalRequestConflict", 409):
        finish(s3, bucket, upload, [part], IfNoneMatch="*")
    with refused("ConditionalRequestConflict", 409):
        finish(s3, bucket, upload, [part], IfMatch='"' + "0" * 32 + '"')
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"
    s3.delete_object(Bucket=bucket, Key="k")
    with refused("NoSuchKey", 404):
        finish(s3, bucket, upload, [part], IfMatch='"' + "0" * 32 + '"')
    etag = finish(s3, bucket, upload, [part], IfNoneMatch="*")["ETag"]
    upload = begin(s3, bucket)
    part = send(s3, bucket, upload, 1, b"new")
    finish(s3, bucket, upload, [part], IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def test_abort(gateway, bucket):
    s3 = gateway.s3()
    before = set(gateway.stored_files())
    upload = begin(s3, bucket)
    part = send(s3, bucket, upload, 1, os.urandom(MIB))
    assert set(gateway.stored_files()) - before
    assert s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)[
        "ResponseMetadata"]["HTTPStatusCode"] == 204
    for attempt in (lambda: send(s3, bucket, upload, 2, b"x"),
                    lambda: finish(s3, bucket, upload, [part]),
                    lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload),
                    lambda: s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)):
        with refused("NoSuchUpload", 404):
            attempt()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert not {p for p in set(gateway.stored_files()) - before if p.stat().st_size > MIB // 2}


@pytest.mark.parametrize("upload", ["1" * 32, "x", "..", "a/b", "%00", "a" * 200, "a&max-parts=0"])
def test_uploads_that_never_were(gateway, bucket, upload):
    for method, query, body in [
            ("PUT", "partNumber=1&", b"x"), ("GET", "", b""), ("DELETE", "", b""),
            ("POST", "", b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
             b"<ETag>x</ETag></Part></CompleteMultipartUpload>")]:
        from urllib.parse import quote
        answer = call(gateway, method, f"/{bucket}/k?{query}uploadId={quote(upload, safe='')}", {},
                      body)
        assert (answer.status, answer.code) == (404, "NoSuchUpload"), answer


def test_an_upload_belongs_to_its_key_and_bucket(gateway, bucket):
    s3 = gateway.s3()
    upload = begin(s3, bucket)
    part = send(s3, bucket, upload, 1, b"data")
    with refused("NoSuchUpload", 404):
        send(s3, bucket, upload, 2, b"x", "other")
    with refused("NoSuchUpload", 404):
        finish(s3, bucket, upload, [part], "other")
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(Bucket=bucket, Key="other", UploadId=upload)
    finish(s3, bucket, upload, [part])


@pytest.mark.parametrize("number, status", [("0", 400), ("10001", 400), ("x", 400), ("", 400),
                                            ("10000", 200)])
def test_part_numbers(gateway, bucket, number, status):
    upload = begin(gateway.s3(), bucket)
    answer = call(gateway, "PUT", f"/{bucket}/k?partNumber={number}&uploadId={upload}", {}, b"x")
    assert answer.status == status, answer
    assert status == 200 or answer.code == "InvalidArgument"
    answer = call(gateway, "PUT", f"/{bucket}/k?uploadId={upload}", {}, b"x")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert call(gateway, "PUT", f"/{bucket}/k?partNumber=1", {}, b"x").status == 400


def test_a_broken_part_is_no_part(gateway, bucket):
    s3 = gateway.s3()
    upload = begin(s3, bucket)
    target = f"/{bucket}/k?partNumber=1&uploadId={upload}"
    answer = call(gateway, "PUT", target, {"content-md5": md5(b"other")}, b"x" * 100_000)
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)


@pytest.mark.parametrize("mode", MODES)
def test_listing_parts(gateway, bucket, mode):
    s3, arguments = gateway.s3(), boto_arguments(MODES[mode])
    customer = arguments if mode == "SSE-C" else {}
    key = "a key/ü"
    upload = begin(s3, bucket, key, **arguments)
    sent = [send(s3, bucket, upload, n, b"x" * (100 + n), key, **customer) for n in (1, 2, 5, 9)]
    where = {"Bucket": bucket, "Key": key, "UploadId": upload}
    found, marker = [], 0
    while True:
        page = s3.list_parts(**where, MaxParts=2, PartNumberMarker=marker)
        assert (page["Key"], page["UploadId"], page["MaxParts"]) == (key, upload, 2)
        assert page["Owner"]["ID"] == "dev" and page["StorageClass"] == "STANDARD"
        found += page["Parts"]
        if not page["IsTruncated"]:
            break
        marker = page["NextPartNumberMarker"]
    assert [{"PartNumber": p["PartNumber"], "ETag": p["ETag"]} for p in found] == sent
    assert [p["Size"] for p in found] == [101, 102, 105, 109]
    assert all(p["LastModified"] for p in found)


def test_listing_uploads(gateway, bucket):
    s3 = gateway.s3()
    uploads = [(key, begin(s3, bucket, key)) for key in ("a/1", "a/1", "a/2", "b c", "d")]
    found, markers = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **markers)
        found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert sorted(found) == sorted(uploads) and [k for k, _ in found] == [k for k, _ in uploads]
    page = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [u["Key"] for u in page["Uploads"]] == ["b c", "d"]
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/"]
    page = s3.list_multipart_uploads(Bucket=bucket, Prefix="a/2")
    assert [u["Key"] for u in page["Uploads"]] == ["a/2"]
    assert page["Uploads"][0]["Owner"]["ID"] == "dev" and page["Uploads"][0]["Initiated"]


def test_checksums_of_parts(gateway, bucket):
    s3 = gateway.s3()
    answer = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    upload, parts = answer["UploadId"], []
    for number, data in ((1, b"a" * (5 * MIB)), (2, b"b")):
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=data,
                              ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": part["ETag"],
                      "ChecksumSHA256": part["ChecksumSHA256"]})
    wrong = [parts[0], {**parts[1], "ChecksumSHA256": parts[0]["ChecksumSHA256"]}]
    with refused("InvalidPart", 400):
        finish(s3, bucket, upload, wrong)
    answer = finish(s3, bucket, upload, parts)
    assert answer["ChecksumSHA256"].endswith("-2") and answer["ChecksumType"] == "COMPOSITE"
    found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert found["ChecksumSHA256"] == answer["ChecksumSHA256"]
    assert found["Body"].read() == b"a" * (5 * MIB) + b"b"

"""The operations of S3 on buckets and objects, as clients use and misuse them."""

import concurrent.futures
import datetime
import json
import os
import urllib.parse
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape

import pytest
from botocore.exceptions import ClientError

from wire import Connection, Signature, call, crc32, element, md5, quote


def refused(code, status=None, **details):
    """Expects boto3's request to be refused with a code."""
    class Expectation:
        def __enter__(self):
            return self

        def __exit__(self, kind, failure, _):
            assert isinstance(failure, ClientError), f"{code} expected, got {failure!r}"
            error = failure.response["Error"]
            assert error["Code"] == code, failure.response
            found = failure.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status in (None, found), failure.response
            for name, value in details.items():
                assert error.get(name) == value, error
            return True
    return Expectation()


# Buckets.

def test_the_life_of_a_bucket(gateway):
    s3, name = gateway.s3(), "t-" + os.urandom(6).hex()
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    answer = s3.create_bucket(Bucket=name)
    assert answer["Location"] == f"/{name}"
    with refused("BucketAlreadyOwnedByYou", 409, BucketName=name):
        s3.create_bucket(Bucket=name)
    headers = s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-bucket-region"] == gateway.region
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.list_buckets()["Owner"] == {"ID": "dev", "DisplayName": "Development"}
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.put_object(Bucket=name, Key="k", Body=b"")
    with refused("BucketNotEmpty", 409, BucketName=name):
        s3.delete_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="k")
    s3.create_multipart_upload(Bucket=name, Key="open uploads do not hold a bucket")
    assert s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert name not in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    with refused("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("name", [
    "ab", "a" * 64, "Capital", "under_score", "-dash", "dash-", "dot..dot", "192.168.1.1",
    "xn--bucket", "sthree-x", "a-s3alias", ".sealgate", "a%2Fb", "%2e%2e"])
def test_names_that_no_bucket_has(gateway, name):
    for method, target in (("PUT", f"/{name}"), ("GET", f"/{name}"), ("PUT", f"/{name}/k")):
        answer = call(gateway, method, target)
        assert (answer.status, answer.code) == (400, "InvalidBucketName"), answer


def test_every_operation_on_a_missing_bucket(gateway):
    missing = {"Bucket": "no-such-bucket-at-all"}
    s3 = gateway.s3()
    for operation, arguments in [
            ("put_object", {"Key": "k", "Body": b"x"}), ("get_object", {"Key": "k"}),
            ("delete_object", {"Key": "k"}), ("list_objects", {}), ("list_objects_v2", {}),
            ("list_multipart_uploads", {}), ("create_multipart_upload", {"Key": "k"}),
            ("get_bucket_location", {}), ("get_bucket_encryption", {}), ("get_bucket_acl", {}),
            ("get_bucket_versioning", {}), ("get_bucket_policy", {}), ("get_bucket_tagging", {}),
            ("delete_objects", {"Delete": {"Objects": [{"Key": "k"}]}})]:
        with refused("NoSuchBucket", 404, BucketName="no-such-bucket-at-all"):
            getattr(s3, operation)(**missing, **arguments)
    for target in ("", "/k"):
        answer = call(gateway, "HEAD", "/no-such-bucket-at-all" + target)
        assert (answer.status, answer.body) == (404, b"")


def test_probes_get_the_answers_that_clients_wait_for(gateway, bucket):
    for query, status, expected in [
            ("versioning", 200, "VersioningConfiguration"), ("logging", 200, "BucketLoggingStatus"),
            ("accelerate", 200, "AccelerateConfiguration"),
            ("notification", 200, "NotificationConfiguration"),
            ("requestPayment", 200, "<Payer>BucketOwner</Payer>"),
            ("location", 200, "LocationConstraint"), ("policy", 404, "NoSuchBucketPolicy"),
            ("acl", 200, "<Permission>FULL_CONTROL</Permission>"),
            ("cors", 404, "NoSuchCORSConfiguration"), ("tagging", 404, "NoSuchTagSet"),
            ("lifecycle", 404, "NoSuchLifecycleConfiguration"),
            ("website", 404, "NoSuchWebsiteConfiguration"),
            ("replication", 404, "ReplicationConfigurationNotFoundError"),
            ("object-lock", 404, "ObjectLockConfigurationNotFoundError"),
            ("ownershipControls", 404, "OwnershipControlsNotFoundError"),
            ("publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"),
            ("encryption", 200, "<SSEAlgorithm>AES256</SSEAlgorithm>")]:
        for spelling in (query, query + "="):
            answer = call(gateway, "GET", f"/{bucket}?{spelling}")
            assert answer.status == status and expected in answer.body.decode(), (query, answer)
            assert answer.headers["content-type"] == "application/xml"
            xml.fromstring(answer.body)


@pytest.mark.parametrize("method, target", [
    ("GET", "?inventory"), ("GET", "?analytics"), ("GET", "?metrics"),
    ("GET", "?intelligent-tiering"), ("GET", "?newFeature"), ("GET", "/k?newFeature"),
    ("PUT", "?website"), ("PUT", "?lifecycle"), ("PUT", "?newFeature"), ("PUT", "/k?newFeature"),
    ("PUT", "/k?retention"),
    ("PUT", "/k?newFeature=1"), ("POST", "/k?restore"),
    ("POST", "/k?select&select-type=2"),
    ("GET", "/k?torrent"), ("DELETE", "/k?newFeature"), ("DELETE", "?newFeature"),
    ("GET", "?session"), ("PUT", "/k?renameObject"), ("GET", "/k?sealgate-table"),
    ("PUT", "/k?sealgate-metadata"), ("GET", "?sealgate-capabilities")])
def test_what_is_not_there_is_never_something_else(gateway, bucket, method, target):
    """An unknown sub-resource is no listing, no upload and no deletion."""
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"kept")
    answer = call(gateway, method, f"/{bucket}{target}", {}, b"<x/>" if method != "GET" else b"")
    assert (answer.status, answer.code) == (501, "NotImplemented"), answer
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"


def test_conflicting_sub_resources_and_methods(gateway, bucket):
    assert call(gateway, "GET", f"/{bucket}?acl&policy").code == "InvalidArgument"
    assert call(gateway, "DELETE", f"/{bucket}?acl").status == 405
    assert call(gateway, "POST", f"/{bucket}/k").status == 405
    assert call(gateway, "PATCH", f"/{bucket}/k").status in (405, 501)


def test_acl_probes(gateway, bucket):
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="private")
    for where in ({"Bucket": bucket}, {"Bucket": bucket, "Key": "k"}):
        kind = "object" if "Key" in where else "bucket"
        acl = getattr(s3, f"get_{kind}_acl")(**where)
        assert acl["Grants"][0]["Permission"] == "FULL_CONTROL"
        assert acl["Owner"]["ID"] == "dev"
        getattr(s3, f"put_{kind}_acl")(**where, ACL="private")
        with refused("AccessControlListNotSupported", 400):
            getattr(s3, f"put_{kind}_acl")(**where, ACL="public-read")
    with refused("NoSuchKey", 404):
        s3.get_object_acl(Bucket=bucket, Key="absent")


# Objects.

HEADERS = {
    "ContentType": "text/x-thing; charset=utf-8", "ContentEncoding": "gzip",
    "ContentLanguage": "de, en", "ContentDisposition": 'attachment; filename="a b.txt"',
    "CacheControl": "no-cache, max-age=0", "WebsiteRedirectLocation": "/elsewhere",
}


def test_object_headers_come_back(gateway, bucket):
    s3 = gateway.s3()
    expires = datetime.datetime(2033, 5, 18, 3, 33, 20, tzinfo=datetime.timezone.utc)
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"data", Expires=expires, **HEADERS,
                        Metadata={"one": "1", "two-words": "a, b;  c", "empty": ""})
    assert put["ETag"] == '"8d777f385d3dfec8815d20f7496026dc"'
    for found in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert {name: found[name] for name in HEADERS} == HEADERS
        assert found["Metadata"] == {"one": "1", "two-words": "a, b;  c", "empty": ""}
        assert (found["ContentLength"], found["ETag"]) == (4, put["ETag"])
        assert found["AcceptRanges"] == "bytes"
        assert found["ExpiresString"] == "Wed, 18 May 2033 03:33:20 GMT"
        age = datetime.datetime.now(datetime.timezone.utc) - found["LastModified"]
        assert abs(age.total_seconds()) < 30
    # A new object takes nothing over from the one before.
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    found = s3.head_object(Bucket=bucket, Key="k")
    assert found["ContentType"] == "binary/octet-stream" and found["Metadata"] == {}
    assert not {"ContentEncoding", "CacheControl", "ExpiresString"} & set(found)
    assert found["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"' and found["ContentLength"] == 0


def test_user_metadata_may_be_utf8(gateway, bucket):
    value = "Grüße, 世界"
    with Connection(gateway) as connection:
        headers = {"x-amz-meta-greeting": value, "content-length": "1"}
        signature = Signature(gateway, "PUT", f"/{bucket}/k", headers)
        connection.begin("PUT", f"/{bucket}/k", signature.headers, b"x")
        assert connection.answer().status == 200
        found = connection.request("HEAD", f"/{bucket}/k")
        assert found.headers["x-amz-meta-greeting"].encode("latin-1").decode() == value


@pytest.mark.parametrize("size, status", [(2048, 200), (2049, 400)])
def test_user_metadata_has_a_limit(gateway, bucket, size, status):
    answer = call(gateway, "PUT", f"/{bucket}/k", {"x-amz-meta-ab": "v" * (size - 2)}, b"x")
    assert answer.status == status
    assert status == 200 or answer.code == "MetadataTooLarge"


@pytest.mark.parametrize("headers, code", [
    ({"x-amz-storage-class": "GOLD"}, "InvalidStorageClass"),
    ({"x-sealgate-size": "1"}, "InvalidArgument"),
    ({"x-amz-meta-sealgate-envelope": "e"}, "InvalidArgument")])
def test_headers_that_no_write_may_have(gateway, bucket, headers, code):
    answer = call(gateway, "PUT", f"/{bucket}/k", headers, b"x")
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("override, header", [
    ("response-content-type", "content-type"), ("response-content-language", "content-language"),
    ("response-expires", "expires"), ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding")])
def test_response_overrides(gateway, bucket, override, header):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
    target = f"/{bucket}/k?{override}=a%20chosen%20value"
    assert call(gateway, "GET", target).headers[header] == "a chosen value"
    assert call(gateway, "GET", target, {"range": "bytes=0-0"}).headers[header] == "a chosen value"
    assert call(gateway, "HEAD", target).headers[header] == "a chosen value"
    answer = call(gateway, "GET", target.replace("/k?", "/absent?"))
    assert answer.status == 404 and answer.headers.get(header) != "a chosen value"
    answer = call(gateway, "GET", f"/{bucket}/k?{override}=x%0d%0aset-cookie:%20a")
    assert answer.status == 400 and "set-cookie" not in answer.headers


def test_overrides_are_for_those_who_sign(gateway, bucket):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain")
    gateway.s3().put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*"}}))
    with gateway.http() as client:
        assert client.get(f"/{bucket}/k").headers["content-type"] == "text/plain"
        answer = client.get(f"/{bucket}/k?response-content-type=text/html")
        assert (answer.status_code, element(answer.content, "Code")) == (400, "InvalidRequest")


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 1 << 20, (3 << 20) + 17])
def test_overwriting_with_each_size(gateway, bucket, size):
    s3 = gateway.s3()
    for data in (os.urandom(size), os.urandom(size // 2), os.urandom(size)):
        s3.put_object(Bucket=bucket, Key="k", Body=data)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data
        assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(data)
    entry = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (entry["Size"], entry["StorageClass"]) == (size, "STANDARD")
    assert entry["ETag"] == s3.head_object(Bucket=bucket, Key="k")["ETag"]


@pytest.mark.parametrize("range_header, expected", [
    ("bytes=0-0", (0, 1)), ("bytes=65530-65545", (65530, 65546)), ("bytes=-5", (199995, 200000)),
    ("bytes=131072-", (131072, 200000)), ("bytes=199999-999999", (199999, 200000)),
    ("bytes=-999999", (0, 200000)), ("bytes=0-199999", (0, 200000)),
    ("bytes=200000-", None), ("bytes=-0", None), ("bytes=5-4", "whole"), ("lines=0-1", "whole"),
    ("bytes=0-1,5-6", "whole"), ("bytes=a-b", "whole"),
    ("bytes=0-99999999999999999999999", (0, 200000))])
def test_ranges(gateway, bucket, range_header, expected):
    data = os.urandom(200_000)
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=data)
    answer = call(gateway, "GET", f"/{bucket}/k", {"range": range_header})
    head = call(gateway, "HEAD", f"/{bucket}/k", {"range": range_header})
    assert head.status == answer.status
    if expected is None:
        assert (answer.status, answer.code) == (416, "InvalidRange")
        assert element(answer.body, "ActualObjectSize") == "200000"
        assert element(answer.body, "RangeRequested") == range_header
    elif expected == "whole":
        assert (answer.status, answer.body) == (200, data)
    else:
        assert (answer.status, answer.body) == (206, data[slice(*expected)])
        assert answer.headers["content-range"] == f"bytes {expected[0]}-{expected[1] - 1}/200000"
        assert head.headers["content-length"] == str(len(answer.body))


def test_an_empty_object_has_no_range(gateway, bucket):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"")
    assert call(gateway, "GET", f"/{bucket}/k", {"range": "bytes=0-"}).status == 416
    answer = call(gateway, "GET", f"/{bucket}/k")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "0", b"")


def test_a_full_checksum_is_never_on_part_of_an_object(gateway, bucket):
    s3, data = gateway.s3(), os.urandom(100_000)
    s3.put_object(Bucket=bucket, Key="k", Body=data, ChecksumAlgorithm="CRC32")
    ask = {"x-amz-checksum-mode": "ENABLED"}
    answer = call(gateway, "GET", f"/{bucket}/k", ask)
    assert answer.headers["x-amz-checksum-crc32"] == crc32(data)
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    answer = call(gateway, "GET", f"/{bucket}/k", {**ask, "range": "bytes=0-9"})
    assert "x-amz-checksum-crc32" not in answer.headers
    assert "x-amz-checksum-crc32" not in call(gateway, "GET", f"/{bucket}/k").headers


def test_deleting(gateway, bucket):
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for _ in range(2):
        answer = s3.delete_object(Bucket=bucket, Key="k")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        with refused("NoSuchKey", 404, Key="k"):
            s3.get_object(Bucket=bucket, Key="k")


def test_head_errors_have_no_body(gateway, bucket):
    with Connection(gateway) as connection:
        for target, headers, status in [
                (f"/{bucket}/absent", {}, 404), ("/absent-bucket-x", {}, 404),
                (f"/{bucket}/k", {"x-amz-server-side-encryption": "AES256"}, 400),
                (f"/{bucket}/k", {"if-none-match": "*"}, 304),
                (f"/{bucket}/k", {"if-match": '"x"'}, 412),
                (f"/{bucket}/k", {"range": "bytes=9-"}, 416)]:
            if target.endswith("/k"):
                gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
            answer = connection.request("HEAD", target, headers)
            assert answer.status == status, (target, answer)
        # Had any of them sent a body, this answer would be it.
        assert connection.request("GET", f"/{bucket}/k").body == b"x"


# DeleteObjects.

def test_delete_objects(gateway, bucket):
    s3 = gateway.s3()
    for key in ("a", "b & <c>", "d\ne"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "a"}, {"Key": "b & <c>"}, {"Key": "never there"}]})
    assert [d["Key"] for d in answer["Deleted"]] == ["a", "b & <c>", "never there"]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "d\ne"}], "Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    answer = s3.delete_objects(Bucket=bucket, Delete={
        "Objects": [{"Key": f"k{n}"} for n in range(1000)]})
    assert len(answer["Deleted"]) == 1000


DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"


@pytest.mark.parametrize("body, headers, code", [
    (b"<Delete><Object><Key>k</Key></Object>", None, "MalformedXML"),
    (b"", None, "MalformedXML"), (b"not xml", None, "MalformedXML"),
    (b"<Delete></Delete>", None, "MalformedXML"), (b"<Other/>", None, "MalformedXML"),
    (b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>", None, "MalformedXML"),
    (b'<!DOCTYPE d [<!ENTITY k "k">]><Delete><Object><Key>&k;</Key></Object></Delete>', None,
     "MalformedXML"),
    (DELETE, {}, "InvalidRequest"), (DELETE, {"content-md5": md5(b"other")}, "BadDigest"),
    (DELETE, {"x-amz-checksum-crc32": crc32(b"other")}, "BadDigest")])
def test_a_broken_deletion_deletes_nothing(gateway, bucket, body, headers, code):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
    headers = {"content-md5": md5(body)} if headers is None else headers
    answer = call(gateway, "POST", f"/{bucket}?delete", headers, body)
    assert (answer.status, answer.code) == (400, code), answer
    assert gateway.s3().head_object(Bucket=bucket, Key="k")


def test_a_deletion_by_either_digest(gateway, bucket):
    for headers in ({"content-md5": md5(DELETE)}, {"x-amz-checksum-crc32": crc32(DELETE)}):
        gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
        assert call(gateway, "POST", f"/{bucket}?delete=", headers, DELETE).status == 200
        assert "Contents" not in gateway.s3().list_objects_v2(Bucket=bucket)


# Listings.

ODD = ["a b", "a+b", "a%b", "a%20b", "a&b<c>\"d'", "a//b", "a/../b", "..", ".", "a/./b", "/a", "a/",
       "ü/世界/🔒", "e\u0301", "\u00e9", "a\tb", "a\nb", "a\rb", "a\x01b", "a\x7fb", "?x=y#z",
       "*:|\\",
       "\ufffe", "~", "a" * 1024, "世" * 341]


def test_every_key_is_itself_everywhere(gateway, bucket):
    s3 = gateway.s3()
    for number, key in enumerate(ODD):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata={"n": str(number)})
    expected = sorted(ODD, key=str.encode)
    for operation in (s3.list_objects, s3.list_objects_v2):
        assert [e["Key"] for e in operation(Bucket=bucket)["Contents"]] == expected
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket,
                                                         PaginationConfig={"PageSize": 3})
    assert [e["Key"] for page in pages for e in page["Contents"]] == expected
    for number, key in enumerate(ODD):
        found = s3.get_object(Bucket=bucket, Key=key)
        assert (found["Body"].read(), found["Metadata"]["n"]) == (key.encode(), str(number)), key
    # Without encoding-type what XML can hold comes as it is.
    body = call(gateway, "GET", f"/{bucket}?list-type=2").body.decode().replace("&apos;", "'")
    for number in (1, 2, 3, 5, 6, 7, 12, 13):
        assert f"<Key>{escape(ODD[number], {chr(34): '&quot;'})}</Key>" in body
    assert "\x01" not in body
    for key in ODD:
        s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("key", ["a" * 1025, "世" * 342])
def test_a_longer_key_is_refused(gateway, bucket, key):
    for method in ("PUT", "GET", "DELETE"):
        answer = call(gateway, method, f"/{bucket}/{quote(key)}")
        assert (answer.status, answer.code) == (400, "KeyTooLongError")
        assert element(answer.body, "MaxSizeAllowed") == "1024"


@pytest.mark.parametrize("key", ["%00", "a%00b", "%ff", "%c3%28", "%zz", "%2"])
def test_keys_that_are_no_text_are_refused(gateway, bucket, key):
    answer = call(gateway, "PUT", f"/{bucket}/{key}", {}, b"x")
    assert answer.status in (400, 403) and answer.code in ("InvalidURI", "SignatureDoesNotMatch")
    assert "Contents" not in gateway.s3().list_objects_v2(Bucket=bucket)


@pytest.fixture(scope="module")
def tree(gateway):
    s3, name = gateway.s3(), "t-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name)
    for key in ("a", "b/1", "b/2", "b/c/3", "d e/4", "d e/5", "f", "g/6"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


@pytest.mark.parametrize("arguments, keys, prefixes", [
    ({}, "a|b/1|b/2|b/c/3|d e/4|d e/5|f|g/6", ""),
    ({"Delimiter": "/"}, "a|f", "b/|d e/|g/"),
    ({"Prefix": "b"}, "b/1|b/2|b/c/3", ""),
    ({"Prefix": "b", "Delimiter": "/"}, "", "b/"),
    ({"Prefix": "b/", "Delimiter": "/"}, "b/1|b/2", "b/c/"),
    ({"Prefix": "nothing"}, "", ""),
    ({"Delimiter": "c/"}, "a|b/1|b/2|d e/4|d e/5|f|g/6", "b/c/"),
    ({"Delimiter": " "}, "a|b/1|b/2|b/c/3|f|g/6", "d "),
    ({"Delimiter": ""}, "a|b/1|b/2|b/c/3|d e/4|d e/5|f|g/6", ""),
    ({"StartAfter": "b/2"}, "b/c/3|d e/4|d e/5|f|g/6", ""),
    ({"StartAfter": "b/2", "Delimiter": "/"}, "f", "b/|d e/|g/"),
    ({"StartAfter": "zz"}, "", "")])
@pytest.mark.parametrize("encoding", [None, "url"])
@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_listings(gateway, tree, arguments, keys, prefixes, encoding, page):
    """Both versions, all pages put together, whatever the page's size."""
    s3 = gateway.s3()
    expected = ([k for k in keys.split("|") if k], [p for p in prefixes.split("|") if p])
    decode = str
    if encoding:
        # Asked for, it is the caller who decodes.
        arguments, decode = {**arguments, "EncodingType": encoding}, urllib.parse.unquote
    found, token = ([], []), {}
    while True:
        answer = s3.list_objects_v2(Bucket=tree, MaxKeys=page, **arguments, **token)
        found[0].extend(decode(e["Key"]) for e in answer.get("Contents", []))
        found[1].extend(decode(p["Prefix"]) for p in answer.get("CommonPrefixes", []))
        assert answer["KeyCount"] <= page and answer["MaxKeys"] == page
        if not answer["IsTruncated"]:
            break
        token = {"ContinuationToken": answer["NextContinuationToken"]}
    assert found == expected
    found, marker = ([], []), arguments.get("StartAfter", "")
    first = {n: v for n, v in arguments.items() if n != "StartAfter"}
    while True:
        answer = s3.list_objects(Bucket=tree, MaxKeys=page, Marker=marker, **first)
        found[0].extend(decode(e["Key"]) for e in answer.get("Contents", []))
        found[1].extend(decode(p["Prefix"]) for p in answer.get("CommonPrefixes", []))
        if not answer["IsTruncated"]:
            break
        assert ("NextMarker" in answer) == bool(arguments.get("Delimiter"))
        marker = decode(answer.get("NextMarker") or answer["Contents"][-1]["Key"])
    assert found == expected


def test_listing_limits(gateway, tree):
    s3 = gateway.s3()
    answer = s3.list_objects_v2(Bucket=tree, MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)
    assert s3.list_objects_v2(Bucket=tree, MaxKeys=5000)["MaxKeys"] == 1000
    for query in ("max-keys=-1", "max-keys=x", "max-keys=2147483648", "encoding-type=hex",
                  "list-type=3", "list-type=2&continuation-token=",
                  "list-type=2&continuation-token=!"):
        answer = call(gateway, "GET", f"/{tree}?{query}")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), (query, answer)
    assert s3.list_objects_v2(Bucket=tree, FetchOwner=True)["Contents"][0]["Owner"]["ID"] == "dev"


def test_more_than_a_page_of_a_thousand(gateway, bucket):
    s3 = gateway.s3()
    names = [f"{n:05}" for n in range(1005)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: s3.put_object(Bucket=bucket, Key=k, Body=b"x"), names))
    answer = s3.list_objects_v2(Bucket=bucket)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (1000, True)
    answer = s3.list_objects_v2(Bucket=bucket, ContinuationToken=answer["NextContinuationToken"])
    assert [e["Key"] for e in answer["Contents"]] == names[1000:]


# Conditions.

def test_conditional_reads(gateway, bucket):
    s3 = gateway.s3()
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    past, future = "Sat, 01 Jan 2000 00:00:00 GMT", "Sun, 01 Jan 2040 00:00:00 GMT"
    with Connection(gateway) as connection:
        for headers, status, condition in [
                ({"if-match": etag}, 200, None), ({"if-match": "*"}, 200, None),
                ({"if-match": etag.strip('"')}, 200, None),
                ({"if-match": f'"other", {etag}'}, 200, None),
                ({"if-match": '"other"'}, 412, "If-Match"),
                ({"if-none-match": etag}, 304, None), ({"if-none-match": "*"}, 304, None),
                ({"if-none-match": f'W/{etag}'}, 304, None),
                ({"if-none-match": '"other"'}, 200, None),
                ({"if-modified-since": past}, 200, None),
                ({"if-modified-since": future}, 304, None),
                ({"if-unmodified-since": past}, 412, "If-Unmodified-Since"),
                ({"if-unmodified-since": future}, 200, None),
                ({"if-unmodified-since": "no date"}, 200, None),
                ({"if-match": etag, "if-unmodified-since": past}, 200, None),
                ({"if-match": '"other"', "if-unmodified-since": future}, 412, "If-Match"),
                ({"if-none-match": etag, "if-modified-since": past}, 304, None),
                ({"if-none-match": '"other"', "if-modified-since": future}, 200, None),
                ({"if-match": '"other"', "if-none-match": etag}, 412, "If-Match"),
                ({"if-match": etag, "if-none-match": etag}, 304, None),
                ({"if-match": '"other"', "range": "bytes=9-"}, 412, "If-Match")]:
            for method in ("GET", "HEAD"):
                answer = connection.request(method, f"/{bucket}/k", headers)
                assert answer.status == status, (headers, answer)
                if status == 304:
                    assert answer.headers["etag"] == etag and "last-modified" in answer.headers
                    assert "content-type" not in answer.headers
                    assert not [n for n in answer.headers if "encryption" in n]
                if condition and method == "GET":
                    assert element(answer.body, "Condition") == condition
        answer = connection.request("GET", f"/{bucket}/absent", {"if-none-match": "*"})
        assert answer.status == 404


def test_conditional_writes(gateway, bucket):
    s3 = gateway.s3()
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0", IfMatch='"x"')
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", 412, Condition="If-None-Match"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"' + "0" * 32 + '"')
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=first)["ETag"]
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"4", IfMatch=first)
    assert s3.get_object(Bucket=bucket, Key="k")["ETag"] == second
    for headers in ({"if-none-match": second}, {"if-match": "*"},
                    {"if-match": second, "if-none-match": "*"}):
        answer = call(gateway, "PUT", f"/{bucket}/k", headers, b"5")
        assert (answer.status, answer.code) == (501, "NotImplemented"), answer
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"3"


def test_conditional_deletions(gateway, bucket):
    s3 = gateway.s3()
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    for wrong in ('"' + "0" * 32 + '"', '"x"'):
        with refused("PreconditionFailed", 412):
            s3.delete_object(Bucket=bucket, Key="k", IfMatch=wrong)
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    answer = call(gateway, "DELETE", f"/{bucket}/k", {"x-amz-if-match-size": "1"})
    assert (answer.status, answer.code) == (501, "NotImplemented")


@pytest.mark.parametrize("condition", ["create", "replace"])
@pytest.mark.parametrize("size", [10, 300_000], ids=["inline", "file"])
def test_one_of_sixteen_racing_writers_wins(gateway, bucket, condition, size):
    if condition == "replace":
        etag = gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"before")["ETag"]
        headers = {"if-match": etag}
    else:
        headers = {"if-none-match": "*"}
    bodies = [bytes([number]) * size for number in range(16)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda b: call(gateway, "PUT", f"/{bucket}/k", headers, b), bodies))
    winners = [b for a, b in zip(answers, bodies) if a.status == 200]
    assert len(winners) == 1, [a.status for a in answers]
    assert {a.status for a in answers} <= {200, 412, 409}
    assert gateway.s3().get_object(Bucket=bucket, Key="k")["Body"].read() == winners[0]


@pytest.mark.parametrize("how", ["copy", "complete"])
def test_one_of_sixteen_racing_copies_or_completions_wins(gateway, bucket, how):
    s3 = gateway.s3()
    create, sources = {"if-none-match": "*"}, []
    for number in range(16):
        body = bytes([number]) * 40_000
        if how == "copy":
            s3.put_object(Bucket=bucket, Key=f"source/{number}", Body=body)
            sources.append(("PUT", f"/{bucket}/k", b"",
                            create | {"x-amz-copy-source": f"/{bucket}/source/{number}",
                                      "x-amz-server-side-encryption": "aws:kms"}))
            continue
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=body)
        sources.append(("POST", f"/{bucket}/k?uploadId={upload}", (
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"
            f"{part['ETag']}</ETag></Part></CompleteMultipartUpload>").encode(), create))

    def race(source):
        method, target, document, headers = source
        return call(gateway, method, target, headers, document)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(race, sources))
    # A refusal may come behind white space, with the status of success.
    won = [n for n, answer in enumerate(answers) if answer.status == 200 and not answer.code]
    assert len(won) == 1, answers
    assert {a.code for n, a in enumerate(answers) if n not in won} <= {
        "PreconditionFailed", "ConditionalRequestConflict"}
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == bytes(won) * 40_000


def test_readers_among_racing_writers_see_whole_objects(gateway, bucket):
    bodies = [bytes([n]) * (50_000 + 40_000 * n) for n in range(8)]
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=bodies[0])

    def write(number):
        for turn in range(6):
            assert call(gateway, "PUT", f"/{bucket}/k", {},
                        bodies[(number + turn) % 8]).status == 200

    def read(_):
        for _ in range(12):
            answer = call(gateway, "GET", f"/{bucket}/k")
            assert answer.status == 200 and answer.body in bodies
            part = call(gateway, "GET", f"/{bucket}/k", {"range": "bytes=40000-49999"})
            assert part.status == 206 and len(set(part.body)) == 1

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(job, n) for job in (write, read) for n in range(4)]:
            done.result()


# Styles.

def test_virtual_host_style(gateway, bucket):
    port = gateway.endpoint.rsplit(":", 1)[1]
    host = f"{bucket}.localhost:{port}"
    with Connection(gateway) as connection:
        for method, target, body in (("PUT", "/a%20key/1", b"data"), ("GET", "/a%20key/1", b""),
                                     ("GET", "/?list-type=2", b""), ("HEAD", "/", b"")):
            answer = connection.request(method, target, {"host": host}, body)
            assert answer.status == 200, answer
        assert connection.request("GET", "/a%20key/1", {"host": host}).body == b"data"
        assert connection.request("GET", f"/{bucket}/a%20key/1").body == b"data"
        answer = connection.request("GET", "/", {"host": f"localhost:{port}"})
        assert b"ListAllMyBucketsResult" in answer.body
    result = gateway.run(
        "curl", "-sS", "--http2", "--insecure", "--resolve", f"{host}:127.0.0.1",
        "--aws-sigv4", f"aws:amz:{gateway.region}:s3", "-H",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        "--user", f"{gateway.access_key}:{gateway.secret_key}", "-w", " %{http_version}",
        f"https://{host}/a%20key/1")
    assert result.stdout == "data 2"


def test_unused_query_parameters_are_let_be(gateway, bucket):
    assert call(gateway, "PUT", f"/{bucket}/k?x-id=PutObject", {}, b"x").status == 200
    assert call(gateway, "GET", f"/{bucket}/k?x-id=GetObject").body == b"x"
    assert call(gateway, "GET", f"/{bucket}?prefix=&list-type=2&delimiter=").status == 200
    assert call(gateway, "GET", f"/{bucket}/").status == 200


def test_reserved_names_are_nobodys(gateway):
    for target in ("/.sealgate", "/.sealgate/keys", "/%2esealgate/x"):
        for method in ("GET", "PUT", "DELETE"):
            assert call(gateway, method, target).code == "InvalidBucketName"
    assert not [b for b in gateway.s3().list_buckets()["Buckets"] if b["Name"].startswith(".")]

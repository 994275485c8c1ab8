"""Versions and delete markers: boto3, the AWS CLI and rclone; each version sealed for itself."""

import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError

import clients
import modes
from deployment import customer_headers, customer_key
from test_copy import Mode, body, put_parts
from test_operations import refused
from wire import call, md5


@pytest.fixture()
def versioned(s3, bucket):
    s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def customer(seed="versions"):
    _, key, digest = customer_key(seed)
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": digest}


def test_each_version_has_its_own_mode_key_size_and_etag(gateway, s3, versioned):
    key = gateway.create_kms_key("k-" + os.urandom(4).hex())
    writes = [{"ServerSideEncryption": "AES256"},
              {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}, customer(),
              {"ServerSideEncryption": "aws:kms"}]
    made = []
    for number, write in enumerate(writes):
        body = os.urandom(100_000 * number + 1)
        answer = s3.put_object(Bucket=versioned, Key="k", Body=body, ContentType=f"a/{number}",
                               **write)
        made.append((answer["VersionId"], answer["ETag"], body, write))
    assert made[0][1] == f'"{hashlib.md5(made[0][2]).hexdigest()}"'
    # Twice: what is remembered of one version isn't taken for another.
    for _ in range(2):
        for number, (version, etag, body, write) in enumerate(made):
            read = customer() if "SSECustomerKey" in write else {}
            named = {"Bucket": versioned, "Key": "k", "VersionId": version, **read}
            answer = s3.get_object(**named)
            assert answer["Body"].read() == body
            assert (answer["VersionId"], answer["ETag"]) == (version, etag)
            assert answer["ContentType"] == f"a/{number}"
            assert answer.get("ServerSideEncryption") == write.get("ServerSideEncryption")
            head = s3.head_object(**named)
            assert (head["ContentLength"], head["VersionId"]) == (len(body), version)
            part = s3.get_object(**named, Range=f"bytes=0-{len(body) // 2}", IfMatch=etag)
            assert part["Body"].read() == body[:len(body) // 2 + 1]
    with refused("InvalidRequest", 400):
        s3.get_object(Bucket=versioned, Key="k", VersionId=made[2][0])
    listed = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert [(v["VersionId"], v["ETag"], v["Size"], v["IsLatest"]) for v in listed] == [
        (version, etag, len(body), version == made[-1][0])
        for version, etag, body, _ in reversed(made)]


def test_delete_markers_and_what_names_them(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"one")["VersionId"]
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    for extra in ({}, {"Range": "bytes=0-0"}):
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=versioned, Key="k", **extra)
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert caught.value.response["Error"]["Code"] == "NoSuchKey"
        assert headers["x-amz-delete-marker"] == "true"
        assert headers["x-amz-version-id"] == marker["VersionId"]
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"], **extra)
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert caught.value.response["Error"]["Code"] == "MethodNotAllowed"
        assert (headers["allow"], headers["x-amz-delete-marker"]) == ("DELETE", "true")
    for extra in ({}, {"Range": "bytes=0-0"}):
        with refused("NoSuchVersion", 404):
            s3.get_object(Bucket=versioned, Key="k", VersionId="7fffffffffff0000", **extra)
        with refused("InvalidArgument", 400):
            s3.get_object(Bucket=versioned, Key="k", VersionId="no-version", **extra)
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=versioned)
    # Conditions are about the current version, and a marker is none.
    assert s3.put_object(Bucket=versioned, Key="k", Body=b"two", IfNoneMatch="*")["VersionId"]
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=versioned, Key="k", Body=b"three", IfNoneMatch="*")
    current = s3.head_object(Bucket=versioned, Key="k")
    s3.put_object(Bucket=versioned, Key="k", Body=b"three", IfMatch=current["ETag"])
    listed = s3.list_object_versions(Bucket=versioned)
    names = [{"Key": "k", "VersionId": v["VersionId"]}
             for v in listed["Versions"] + listed["DeleteMarkers"] if v["VersionId"] != first]
    result = s3.delete_objects(Bucket=versioned, Delete={"Objects": names})
    assert {d["VersionId"] for d in result["Deleted"]} == {n["VersionId"] for n in names}
    assert [d["DeleteMarkerVersionId"] for d in result["Deleted"] if d.get("DeleteMarker")] == [
        marker["VersionId"]]
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"one"


def test_a_suspended_bucket_has_one_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    assert "VersionId" not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.get_bucket_versioning(Bucket=bucket).get("Status") is None
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
        s3.put_object(Bucket=bucket, Key="k", Body=status.encode())
    ids = [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]]
    assert len(ids) == 2 and ids[0] == "null"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"Suspended"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=ids[1])["Body"].read() == b"Enabled"
    with refused("NotImplemented", 501):
        s3.put_bucket_versioning(Bucket=bucket, MFA="serial 123456", VersioningConfiguration={
            "Status": "Enabled", "MFADelete": "Enabled"})


def test_pages_of_versions_and_uploads_of_parts(s3, versioned):
    ids = []
    for number in range(3):
        upload = s3.create_multipart_upload(Bucket=versioned, Key="p/k")["UploadId"]
        part = s3.upload_part(Bucket=versioned, Key="p/k", UploadId=upload, PartNumber=1,
                              Body=bytes([number]) * 70_000)
        named = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        ids.append(s3.complete_multipart_upload(
            Bucket=versioned, Key="p/k", UploadId=upload, MultipartUpload=named)["VersionId"])
        s3.put_object(Bucket=versioned, Key=f"a {number}+", Body=b"x")
    for number, version in enumerate(ids):
        body = s3.get_object(Bucket=versioned, Key="p/k", VersionId=version)["Body"].read()
        assert body == bytes([number]) * 70_000
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=versioned, PaginationConfig={"PageSize": 2})
    found = [(v["Key"], v["VersionId"]) for page in pages for v in page["Versions"]]
    assert [key for key, _ in found] == ["a 0+", "a 1+", "a 2+", "p/k", "p/k", "p/k"]
    assert [version for _, version in found[3:]] == ids[::-1]
    grouped = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [p["Prefix"] for p in grouped["CommonPrefixes"]] == ["p/"]


def test_the_aws_cli_lists_reads_and_deletes_versions(gateway, s3, versioned, tmp_path):
    for text in ("one", "two"):
        s3.put_object(Bucket=versioned, Key="k", Body=text.encode())
    named = ("--bucket", versioned, "--key", "k", "--version-id")
    shown = gateway.run("aws", "s3api", "list-object-versions", "--bucket", versioned,
                        "--output", "json").stdout
    oldest = json.loads(shown)["Versions"][-1]["VersionId"]
    gateway.run("aws", "s3api", "get-object", *named, oldest, str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == b"one"
    gateway.run("aws", "s3api", "delete-object", *named, oldest)
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 1


def test_rclone_shows_and_purges_versions(gateway, s3, versioned, tmp_path):
    rclone = clients.Rclone(gateway, tmp_path)
    remote = rclone.remote(versioned, "", modes.Mode("default"))
    tool = ("rclone", "--ca-cert", gateway.ca, "--config", "/dev/null")
    for text in ("one", "three"):
        s3.put_object(Bucket=versioned, Key="f.txt", Body=text.encode())
    s3.delete_object(Bucket=versioned, Key="f.txt")
    shown = gateway.run(*tool, "lsf", "--s3-versions", "--format", "ps", remote).stdout
    assert sorted(line.split(";")[1] for line in shown.split()) == ["3", "5"]
    gateway.run(*tool, "backend", "cleanup-hidden", remote)
    assert "Versions" not in s3.list_object_versions(Bucket=versioned)


def test_copies_of_versions(gateway, s3, versioned):
    """An older version as source, of objects and parts, in every mode; onto itself, it comes back."""
    modes = [Mode({"x-amz-server-side-encryption": "AES256"}),
             Mode({"x-amz-server-side-encryption": "aws:kms"}),
             Mode({}, customer_headers("versions"))]
    for number, mode in enumerate(modes):
        for shape in ("single", "parts"):
            where = {"Bucket": versioned, "Key": f"{number}/{shape}"}
            if shape == "single":
                s3.put_object(**where, Body=body(90_001), **mode.write)
                old = body(90_001)
            else:
                old = put_parts(s3, versioned, where["Key"], mode)
            first = s3.head_object(**where, **mode.read)["VersionId"]
            s3.put_object(**where, Body=b"newer", **mode.write)
            source = {**where, "VersionId": first}
            for other in modes:
                answer = s3.copy_object(Bucket=versioned, Key="copy", CopySource=source,
                                        **mode.copied, **other.write)
                assert answer["CopySourceVersionId"] == first
                found = s3.get_object(Bucket=versioned, Key="copy", **other.read)
                assert found["Body"].read() == old and found["VersionId"] == answer["VersionId"]
                upload = s3.create_multipart_upload(Bucket=versioned, Key="part", **other.write)
                named = {"Bucket": versioned, "Key": "part", "UploadId": upload["UploadId"]}
                part = s3.upload_part_copy(
                    **named, PartNumber=1, CopySource=source, CopySourceRange="bytes=9-70008",
                    **mode.copied, **other.read)
                assert part["CopySourceVersionId"] == first and "VersionId" not in part
                parts = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
                made = s3.complete_multipart_upload(
                    **named, MultipartUpload={"Parts": parts}, **other.read)["VersionId"]
                found = s3.get_object(Bucket=versioned, Key="part", VersionId=made, **other.read)
                assert found["Body"].read() == old[9:70_009]
            # What it was is made current again; the versions in between stay.
            back = s3.copy_object(**where, CopySource=source, **mode.copied, **mode.write)
            assert back["VersionId"] not in (first, None)
            found = s3.get_object(**where, **mode.read)
            assert found["Body"].read() == old and found["VersionId"] == back["VersionId"]
            held = s3.list_object_versions(Bucket=versioned, Prefix=where["Key"])["Versions"]
            assert [v["Size"] for v in held] == [len(old), 5, len(old)]
            s3.delete_object(**where, VersionId=back["VersionId"])
            assert s3.get_object(**source, **mode.read)["Body"].read() == old


def test_copies_that_name_no_version_of_an_object(gateway, s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    upload = s3.create_multipart_upload(Bucket=versioned, Key="p")["UploadId"]
    for target in ("d", f"p?partNumber=1&uploadId={upload}"):
        for source, status, code in (("k", 404, "NoSuchKey"),
                                     (f"k?versionId={marker}", 400, "InvalidRequest"),
                                     ("k?versionId=7fffffffffff0000", 404, "NoSuchVersion"),
                                     ("none?versionId=7fffffffffff0000", 404, "NoSuchVersion"),
                                     ("k?versionId=no-version", 400, "InvalidArgument"),
                                     ("k?versionId=", 400, "InvalidArgument")):
            answer = call(gateway, "PUT", f"/{versioned}/{target}",
                          {"x-amz-copy-source": f"{versioned}/{source}"})
            assert (answer.status, answer.code) == (status, code), (source, answer)
            assert "x-amz-version-id" not in answer.headers
    with refused("404", 404):
        s3.head_object(Bucket=versioned, Key="d")


def test_tags_attributes_and_keys_of_one_version(gateway, s3, versioned):
    key = gateway.create_kms_key("k-" + os.urandom(4).hex())
    where = {"Bucket": versioned, "Key": "k"}
    ids, data = [], []
    for number in range(2):
        data.append(put_parts(s3, versioned, "k", Mode({"x-amz-server-side-encryption": "aws:kms"}),
                              sizes=[5 << 20, 7 + number], Tagging=f"n={number}"))
        ids.append(s3.head_object(**where)["VersionId"])

    def tags(version=None):
        named = {"VersionId": version} if version else {}
        answer = s3.get_object_tagging(**where, **named)
        assert answer["VersionId"] == (version or ids[1])
        return [tag["Value"] for tag in answer["TagSet"]]

    assert (tags(), tags(ids[0]), tags(ids[1])) == (["1"], ["0"], ["1"])
    changed = s3.put_object_tagging(**where, VersionId=ids[0],
                                    Tagging={"TagSet": [{"Key": "n", "Value": "new"}]})
    assert changed["VersionId"] == ids[0] and (tags(), tags(ids[0])) == (["1"], ["new"])
    assert s3.delete_object_tagging(**where)["VersionId"] == ids[1]
    assert (tags(), tags(ids[0])) == ([], ["new"])
    for number, version in enumerate(ids):
        found = s3.get_object_attributes(**where, VersionId=version,
                                         ObjectAttributes=["ObjectSize", "ObjectParts"])
        assert (found["VersionId"], found["ObjectSize"]) == (version, len(data[number]))
        assert [p["Size"] for p in found["ObjectParts"]["Parts"]] == [5 << 20, 7 + number]
        assert s3.get_object_acl(**where, VersionId=version)["Grants"]
    document = (f"<ObjectEncryption><SSE-KMS><KMSKeyArn>{key}</KMSKeyArn></SSE-KMS>"
                "</ObjectEncryption>").encode()
    target = f"/{versioned}/k?encryption&versionId={ids[0]}"
    assert call(gateway, "PUT", target, {"content-md5": md5(document)}, document).status == 200
    keys = [s3.head_object(**where, VersionId=version)["SSEKMSKeyId"] for version in ids]
    assert keys == [key, "default"]
    assert s3.get_object(**where, VersionId=ids[0])["Body"].read() == data[0]
    # Nothing of that made a version.
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 2
    marker = s3.delete_object(**where)["VersionId"]
    for method, query, text in (("GET", "tagging", b""), ("PUT", "tagging", b"<Tagging><TagSet/>"
                                b"</Tagging>"), ("DELETE", "tagging", b""), ("GET", "acl", b""),
                                ("GET", "attributes", b""), ("PUT", "encryption", document)):
        headers = {"content-md5": md5(text), "x-amz-object-attributes": "ETag"}
        for version, status, code in ((marker, 405, "MethodNotAllowed"), ("", 400, "InvalidArgument"),
                                      ("7fffffffffff0000", 404, "NoSuchVersion"),
                                      ("no-version", 400, "InvalidArgument")):
            answer = call(gateway, method, f"/{versioned}/k?{query}&versionId={version}", headers,
                          text)
            assert (answer.status, answer.code) == (status, code), (method, query, answer)
        answer = call(gateway, method, f"/{versioned}/k?{query}", headers, text)
        assert (answer.status, answer.code) == (404, "NoSuchKey"), (method, query, answer)
        assert answer.headers["x-amz-delete-marker"] == "true"


def test_policies_have_words_for_versions(gateway, s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1", Tagging="a=1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"2", Tagging="a=2")
    whole = {"Bucket": versioned, "Key": "k"}
    old = {**whole, "VersionId": first}
    everything = ["ETag"]
    attempts = [
        ("s3:GetObjectVersion", "/*", lambda: s3.get_object(**old), lambda: s3.get_object(**whole)),
        ("s3:GetObjectVersion", "/*",
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=old),
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=whole)),
        ("s3:GetObjectVersionAttributes", "/*",
         lambda: s3.get_object_attributes(**old, ObjectAttributes=everything),
         lambda: s3.get_object_attributes(**whole, ObjectAttributes=everything)),
        ("s3:GetObjectVersionTagging", "/*", lambda: s3.get_object_tagging(**old),
         lambda: s3.get_object_tagging(**whole)),
        ("s3:GetObjectVersionTagging", "/*",
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=old),
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=old,
                                TaggingDirective="REPLACE")),
        ("s3:GetObjectTagging", "/*",
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=whole),
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=old)),
        ("s3:PutObjectTagging", "/*",
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=whole),
         lambda: s3.copy_object(Bucket=versioned, Key="c", CopySource=whole,
                                TaggingDirective="REPLACE")),
        ("s3:PutObjectVersionTagging", "/*",
         lambda: s3.put_object_tagging(**old, Tagging={"TagSet": []}),
         lambda: s3.put_object_tagging(**whole, Tagging={"TagSet": []})),
        ("s3:DeleteObjectVersionTagging", "/*", lambda: s3.delete_object_tagging(**old),
         lambda: s3.delete_object_tagging(**whole)),
        ("s3:ListBucketVersions", "", lambda: s3.list_object_versions(Bucket=versioned),
         lambda: s3.list_objects_v2(Bucket=versioned)),
        ("s3:GetBucketVersioning", "", lambda: s3.get_bucket_versioning(Bucket=versioned),
         lambda: s3.head_bucket(Bucket=versioned)),
        ("s3:PutBucketVersioning", "",
         lambda: s3.put_bucket_versioning(
             Bucket=versioned, VersioningConfiguration={"Status": "Suspended"}),
         lambda: s3.get_bucket_versioning(Bucket=versioned)),
        ("s3:DeleteObjectVersion", "/*", lambda: s3.delete_object(**old),
         lambda: s3.delete_object(**whole)),
    ]
    for action, below, denied, allowed in attempts:
        s3.put_bucket_policy(Bucket=versioned, Policy=json.dumps({"Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": action,
            "Resource": f"arn:aws:s3:::{versioned}{below}"}]}))
        with refused("AccessDenied", 403):
            denied()
        allowed()
    result = s3.delete_objects(Bucket=versioned, Delete={
        "Objects": [{"Key": "k", "VersionId": first}, {"Key": "c"}]})
    assert [e["Code"] for e in result["Errors"]] == ["AccessDenied"]
    assert [d["Key"] for d in result["Deleted"]] == ["c"]
    s3.put_bucket_policy(Bucket=versioned, Policy=json.dumps({"Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectVersion",
        "Resource": f"arn:aws:s3:::{versioned}/*",
        "Condition": {"StringEquals": {"s3:VersionId": first}}}]}))
    with refused("AccessDenied", 403):
        s3.get_object(**old)
    newest = s3.list_object_versions(Bucket=versioned, Prefix="c")["Versions"][0]["VersionId"]
    s3.get_object(Bucket=versioned, Key="c", VersionId=newest)


def test_a_version_is_never_served_for_what_takes_none(gateway, s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    for method, target in (("PUT", f"/{versioned}/k?versionId={version}"),
                           ("PUT", f"/{versioned}/k?versionId=null"),
                           ("GET", f"/{versioned}/k?versionId=")):
        assert call(gateway, method, target, {}, b"y" if method == "PUT" else b"").status == 400
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"kept"

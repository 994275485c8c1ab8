"""Versions and delete markers: boto3, the AWS CLI and rclone; each version sealed for itself."""

import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError

import clients
import modes
from deployment import customer_key
from test_operations import refused
from wire import call


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


def test_a_version_is_never_served_for_what_takes_none(gateway, s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    for method, target in (("PUT", f"/{versioned}/k?versionId={version}"),
                           ("PUT", f"/{versioned}/k?versionId=null"),
                           ("GET", f"/{versioned}/k?versionId=")):
        assert call(gateway, method, target, {}, b"y" if method == "PUT" else b"").status == 400
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"kept"

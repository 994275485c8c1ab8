"""Signature Version 2: refused by default, and with the setting taken of real clients."""

import base64
import email.utils
import hashlib
import hmac
import time
import urllib.parse

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from deployment import ADMIN, AdminDeployment, customer_headers
from wire import element, settings

CONTENT = bytes(range(256)) * 512


@pytest.fixture(scope="module")
def old(scratch):
    state = scratch / "signature-v2"
    config = settings(state, credentials=[ADMIN], listen={"signature_version_2": True})
    with AdminDeployment(state, ["--config", config]) as deployment:
        deployment.s3().create_bucket(Bucket="old")
        yield deployment


def client(gateway, style="path", secret=None):
    """boto3 as it signs by version 2."""
    return boto3.client(
        "s3", endpoint_url=gateway.endpoint, verify=gateway.ca, region_name=gateway.region,
        aws_access_key_id=gateway.access_key,
        aws_secret_access_key=secret or gateway.secret_key,
        config=botocore.config.Config(signature_version="s3", retries={"max_attempts": 1},
                                      s3={"addressing_style": style}))


def signed(gateway, method, path, headers=None, date=None, resource=None, base=None, body=b""):
    """A request as no client would sign it."""
    headers = {"date": date or email.utils.formatdate(usegmt=True), **(headers or {})}
    amz = "".join(f"{n}:{headers[n]}\n" for n in sorted(headers) if n.startswith("x-amz-"))
    text = "\n".join([method, headers.get("content-md5", ""), headers.get("content-type", ""),
                      headers["date"], amz + (resource or path)])
    mac = hmac.new(gateway.secret_key.encode(), text.encode(), hashlib.sha1).digest()
    headers["authorization"] = f"AWS {gateway.access_key}:{base64.b64encode(mac).decode()}"
    with gateway.http(http2=False) as http:
        return http.request(method, (base or gateway.endpoint) + path, headers=headers, content=body)


def code(answer):
    return answer.status_code, element(answer.content, "Code")


def test_refused_by_default(gateway, bucket):
    s3 = client(gateway)
    with pytest.raises(ClientError, match="AWS4-HMAC-SHA256"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    form = s3.generate_presigned_post(bucket, "k")
    with gateway.http() as http:
        for answer in (http.get(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})),
                       http.post(form["url"], data=form["fields"], files={"file": b"x"})):
            assert code(answer) == (400, "InvalidRequest")
            assert "AWS4-HMAC-SHA256" in answer.text
    assert "Contents" not in gateway.s3().list_objects_v2(Bucket=bucket)


def test_boto3(old):
    s3 = client(old)
    s3.put_object(Bucket="old", Key="a ü+b", Body=CONTENT, ContentType="text/x",
                  Metadata={"note": "a  b"})
    answer = s3.get_object(Bucket="old", Key="a ü+b", Range="bytes=1-3")
    assert (answer["Body"].read(), answer["Metadata"]) == (CONTENT[1:4], {"note": "a  b"})
    s3.put_object(Bucket="old", Key="c", Body=b"c", SSECustomerAlgorithm="AES256",
                  SSECustomerKey=b"k" * 32)
    upload = s3.create_multipart_upload(Bucket="old", Key="m")["UploadId"]
    part = s3.upload_part(Bucket="old", Key="m", UploadId=upload, PartNumber=1, Body=CONTENT)
    assert len(s3.list_parts(Bucket="old", Key="m", UploadId=upload)["Parts"]) == 1
    s3.complete_multipart_upload(Bucket="old", Key="m", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    s3.copy_object(Bucket="old", Key="m2", CopySource="old/m")
    listed = [e["Key"] for e in s3.list_objects_v2(Bucket="old", Prefix="m")["Contents"]]
    assert listed == ["m", "m2"]
    s3.put_object_tagging(Bucket="old", Key="m", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket="old", Key="m")["TagSet"]
    s3.delete_objects(Bucket="old", Delete={"Objects": [{"Key": "m"}, {"Key": "m2"}]})
    assert "Contents" not in s3.list_objects(Bucket="old", Prefix="m")
    # What version 2 doesn't sign is not done.
    with pytest.raises(ClientError, match="AWS4-HMAC-SHA256"):
        s3.get_bucket_encryption(Bucket="old")
    # SSE-KMS asks for version 4, to write and to read.
    with pytest.raises(ClientError, match="Signature Version 4"):
        s3.put_object(Bucket="old", Key="kms", Body=b"x", ServerSideEncryption="aws:kms")
    old.s3().put_object(Bucket="old", Key="kms", Body=b"x", ServerSideEncryption="aws:kms")
    with pytest.raises(ClientError, match="Signature Version 4"):
        s3.get_object(Bucket="old", Key="kms")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(old, secret="other").list_objects(Bucket="old")


def test_buckets_in_the_host(old):
    port = urllib.parse.urlsplit(old.endpoint).port
    s3 = boto3.client(
        "s3", endpoint_url=f"https://localhost:{port}", verify=old.ca, region_name=old.region,
        aws_access_key_id=old.access_key, aws_secret_access_key=old.secret_key)
    url = s3.generate_presigned_url("get_object", {"Bucket": "old", "Key": "hosted"})
    assert "Signature=" in url and "X-Amz" not in url
    old.s3().put_object(Bucket="old", Key="hosted", Body=b"hosted")
    path = urllib.parse.urlsplit(url)
    host = f"old.localhost:{port}"
    with old.http(http2=False) as http:
        answer = http.get(f"/hosted?{path.query}", headers={"host": host})
        assert (answer.status_code, answer.content) == (200, b"hosted"), answer.text
        answer = http.get(f"/other?{path.query}", headers={"host": host})
        assert code(answer) == (403, "SignatureDoesNotMatch")


def test_presigned_urls(old):
    s3 = client(old)
    with old.http() as http:
        url = s3.generate_presigned_url("put_object", {"Bucket": "old", "Key": "p"})
        assert http.put(url, content=CONTENT).status_code == 200
        assert code(http.put(url, content=b"", headers={"x-amz-meta-a": "b"})) == (
            403, "SignatureDoesNotMatch")
        url = s3.generate_presigned_url("get_object", {
            "Bucket": "old", "Key": "p", "ResponseContentDisposition": "inline; x=\"a+b\""})
        answer = http.get(url)
        assert answer.content == CONTENT
        assert answer.headers["content-disposition"] == "inline; x=\"a+b\""
        # The URL gives what it was signed for: no other operation, version or object.
        for more in ("acl", "attributes", "tagging", "versionId=null", "uploads", "x=y"):
            assert code(http.get(url + "&" + more))[0] in (400, 403), more
        assert code(http.delete(url)) == (403, "SignatureDoesNotMatch")
        assert code(http.get(url.replace("Expires=", "Expires=1"))) == (403, "SignatureDoesNotMatch")
        late = s3.generate_presigned_url("get_object", {"Bucket": "old", "Key": "p"}, ExpiresIn=-5)
        answer = http.get(late)
        assert code(answer) == (403, "AccessDenied") and "expired" in answer.text
    result = old.run("aws", "s3", "presign", "s3://old/p")
    assert "AWSAccessKeyId" in result.stdout
    result = old.run("curl", "-fsS", "--cacert", old.ca, result.stdout.strip(), text=False)
    assert result.stdout == CONTENT


def test_forms(old):
    form = client(old).generate_presigned_post("old", "in/${filename}", Conditions=[
        ["content-length-range", 1, 10]])
    assert "AWSAccessKeyId" in form["fields"]
    with old.http() as http:
        answer = http.post(form["url"], data=form["fields"], files={"file": ("f", b"hello")})
        assert answer.status_code == 204, answer.text
        for fields, content, expected in [
                (form["fields"], b"x" * 11, "EntityTooLarge"),
                ({**form["fields"], "acl": "private"}, b"x", "AccessDenied"),
                ({**form["fields"], "signature": "AAAA"}, b"x", "InvalidArgument"),
                ({**form["fields"], "signature": "A" * 27 + "="}, b"x", "SignatureDoesNotMatch"),
                ({**form["fields"], "AWSAccessKeyId": "NOBODY"}, b"x", "InvalidAccessKeyId")]:
            answer = http.post(form["url"], data=fields, files={"file": ("g", content)})
            assert element(answer.content, "Code") == expected, answer.text
    s3 = old.s3()
    assert s3.get_object(Bucket="old", Key="in/f")["Body"].read() == b"hello"
    assert s3.list_objects_v2(Bucket="old", Prefix="in/")["KeyCount"] == 1


def test_s3cmd(old, tmp_path):
    (tmp_path / "up").write_bytes(CONTENT)
    options = ["--signature-v2", "--access_key", old.access_key, "--secret_key", old.secret_key,
               "--host", old.endpoint.removeprefix("https://"), "--host-bucket",
               old.endpoint.removeprefix("https://"), "--ca-certs", old.ca, "--no-progress",
               "--config", "/dev/null"]
    old.run("s3cmd", *options, "put", tmp_path / "up", "s3://old/s3cmd/a b")
    assert "s3cmd/a b" in old.run("s3cmd", *options, "ls", "s3://old/s3cmd/").stdout
    old.run("s3cmd", *options, "get", "s3://old/s3cmd/a b", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == CONTENT
    old.run("s3cmd", *options, "del", "s3://old/s3cmd/a b")


def test_heads(old):
    s3 = old.s3()
    s3.put_object(Bucket="old", Key="h", Body=b"x")
    assert signed(old, "GET", "/old/h").content == b"x"
    skewed = email.utils.formatdate(time.time() - 1000, usegmt=True)
    assert code(signed(old, "GET", "/old/h", date=skewed)) == (403, "RequestTimeTooSkewed")
    assert code(signed(old, "GET", "/old/h", date="yesterday")) == (403, "AccessDenied")
    assert code(signed(old, "GET", "/old/h", resource="/old/other")) == (
        403, "SignatureDoesNotMatch")
    answer = signed(old, "GET", "/old/h", {"x-amz-security-token": "t"})
    assert code(answer) == (403, "InvalidToken")
    # A body in signed chunks has no signature to be chained to.
    answer = signed(old, "PUT", "/old/chunks", {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-decoded-content-length": "1"}, body=b"1;chunk-signature=" + b"0" * 64 + b"\r\nx\r\n")
    assert code(answer) == (501, "NotImplemented")
    headers = {n.lower(): v for n, v in customer_headers("v2").items()}
    assert signed(old, "PUT", "/old/c2", headers, body=b"x").status_code == 200
    # Never of the admin API, whose bodies version 2 doesn't cover.
    answer = signed(old, "GET", "/kms/status", base=old.info["admin"])
    assert answer.status_code == 403 and "AWS4-HMAC-SHA256" in answer.text
    assert signed(old, "DELETE", "/old/h").status_code == 204

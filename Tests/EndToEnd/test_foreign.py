"""A foreign S3 engine as storage: real SeaweedFS, by TLS, which knows nothing of Sealgate."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from deployment import Deployment, customer_headers, free_ports
from modes import boto_arguments

RECORDS = "sealgate-records"
SECRET = b"the plaintext that nobody but the client may see"


class SeaweedFS:
    """Master, volume server, filer and S3 in one process, on loopback and free ports."""

    access_key, secret_key = "engineaccess", "enginesecret0123456789"

    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.certificate = self.state / "engine.pem"

    def __enter__(self):
        (self.state / "data").mkdir(parents=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=engine",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.state / "engine.key", "-out", self.certificate],
            check=True, capture_output=True)
        (self.state / "s3.json").write_text(json.dumps({"identities": [{
            "name": "gateway",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
        names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
                 "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc", "s3.port.https"]
        ports = dict(zip(names, free_ports(len(names))))
        self.url = f"https://127.0.0.1:{ports['s3.port.https']}"
        self.plain_url = f"http://127.0.0.1:{ports['s3.port']}"
        self.output = open(self.state / "weed.log", "ab")
        self.process = subprocess.Popen(
            ["weed", "-v=0", "server", f"-dir={self.state / 'data'}",
             "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *[f"-{n}={p}" for n, p in ports.items()],
             "-master.peers=none", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
             "-volume.max=400", "-volume.minFreeSpace=1", "-volume.preStopSeconds=0",
             "-filer", f"-filer.localSocket={self.state / 'filer.sock'}",
             "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0",
             f"-s3.config={self.state / 's3.json'}", f"-s3.localSocket={self.state / 's3.sock'}",
             f"-s3.cert.file={self.certificate}", f"-s3.key.file={self.state / 'engine.key'}"],
            cwd=self.state, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        self.wait()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(timeout=30)
        self.output.close()

    def wait(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                self.s3().create_bucket(Bucket="is-it-up")
                self.s3().put_object(Bucket="is-it-up", Key="k", Body=b"x")
                self.s3().delete_object(Bucket="is-it-up", Key="k")
                self.s3().delete_bucket(Bucket="is-it-up")
                return
            except Exception:
                log = (self.state / "weed.log").read_text(errors="replace")[-4000:]
                assert self.process.poll() is None and time.monotonic() < deadline, log
                time.sleep(0.1)

    def s3(self):
        """The engine itself: what the storage side sees."""
        return boto3.client(
            "s3", endpoint_url=self.plain_url, region_name="us-east-1",
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key,
            config=botocore.config.Config(
                s3={"addressing_style": "path"}, retries={"max_attempts": 0},
                connect_timeout=2, read_timeout=20))

    def gateway(self, state, url=None, records=RECORDS):
        return Deployment(state, ["--backend", url or self.url], {
            "SEALGATE_BACKEND_RESERVED_BUCKET": records,
            "SEALGATE_BACKEND_ACCESS_KEY_ID": self.access_key,
            "SEALGATE_BACKEND_SECRET_ACCESS_KEY": self.secret_key,
            "SEALGATE_BACKEND_CA_FILE": str(self.certificate)})


@pytest.fixture(scope="module")
def engine(scratch):
    if shutil.which("weed") is None:
        pytest.skip("weed is not on PATH")
    with SeaweedFS(scratch / "seaweedfs") as engine:
        yield engine


@pytest.fixture(scope="module")
def gateway(scratch, engine):
    with engine.gateway(scratch / "foreign") as deployment:
        yield deployment


@pytest.fixture()
def s3(gateway):
    return gateway.s3()


@pytest.fixture()
def raw(engine):
    return engine.s3()


def mode_arguments(name):
    return {"SSE-S3": {"ServerSideEncryption": "AES256"},
            "SSE-KMS": {"ServerSideEncryption": "aws:kms"},
            "SSE-C": boto_arguments(customer_headers("foreign"))}[name]


def read_arguments(name):
    return mode_arguments(name) if name == "SSE-C" else {}


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def refusal(call, **arguments):
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def stored(raw, bucket):
    """The engine's names and bodies of a bucket."""
    listed = raw.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: raw.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}


def records(raw, prefix):
    listed = raw.list_objects_v2(Bucket=RECORDS, Prefix=prefix).get("Contents", [])
    return [o["Key"] for o in listed]


@pytest.mark.parametrize("mode", ["SSE-S3", "SSE-KMS", "SSE-C"])
@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 1 << 20])
def test_what_was_put_comes_back_with_one_etag(s3, raw, bucket, mode, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, Metadata={"color": "blue"},
                        ContentType="text/x-test", **mode_arguments(mode))
    got = s3.get_object(Bucket=bucket, Key="k", **read_arguments(mode))
    assert got["Body"].read() == body
    assert (got["Metadata"], got["ContentType"]) == ({"color": "blue"}, "text/x-test")
    head = s3.head_object(Bucket=bucket, Key="k", **read_arguments(mode))
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert {put["ETag"], got["ETag"], head["ETag"], listed["ETag"]} == {put["ETag"]}
    assert (head["ContentLength"], listed["Size"]) == (size, size)
    segments = max(1, -(-size // 65536))
    assert raw.head_object(Bucket=bucket, Key="k")["ContentLength"] == 96 + size + 16 * segments


def test_the_engine_holds_ciphertext_only(s3, raw, bucket):
    s3.put_object(Bucket=bucket, Key="note", Body=SECRET * 100, Metadata={"owner": "somebody"},
                  ContentType="text/secret", ContentMD5=md5(SECRET * 100))
    found = raw.get_object(Bucket=bucket, Key="note")
    body = found["Body"].read()
    seen = body + json.dumps(found["ResponseMetadata"]["HTTPHeaders"]).encode()
    for needle in [SECRET, b"somebody", b"text/secret", hashlib.md5(SECRET * 100).digest(),
                   hashlib.md5(SECRET * 100).hexdigest().encode()]:
        assert needle not in seen
    assert body.startswith(b"SGW1")
    assert list(found["Metadata"]) == ["sealgate"]


def test_an_md5_declared_ahead_becomes_the_etag(s3, bucket):
    body = os.urandom(1000)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ContentMD5=md5(body))
    expected = f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ETag"] == s3.head_object(Bucket=bucket, Key="k")["ETag"] == expected
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == expected


@pytest.mark.parametrize("first, last", [(0, 0), (65535, 65536), (70000, 299999), (299999, 299999)])
def test_ranges(s3, bucket, first, last):
    body = os.urandom(300000)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
    assert got["Body"].read() == body[first:last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/300000"


def test_overwrite_and_conditions(s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"one")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"no", IfNoneMatch="*") == (
        412, "PreconditionFailed")
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"two", IfMatch=first["ETag"])
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"no", IfMatch=first["ETag"]) == (
        412, "PreconditionFailed")
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=second["ETag"])["Body"].read() == b"two"
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=second["ETag"])[0] == 304


def test_delete_one_and_many(s3, raw, bucket):
    keys = ["a", "b/c", "b//c", "b/", "back\\slash", "a=b"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    assert refusal(s3.head_object, Bucket=bucket, Key="a")[0] == 404
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in keys[1:]]})
    assert sorted(d["Key"] for d in done["Deleted"]) == sorted(keys[1:])
    assert stored(raw, bucket) == {}


ODD_KEYS = [
    "a b", "a+b", "a%2Fb", "a&b<c>\"'", "umläut/é/😀", "a=b", "=0", "=2E", "x/=0", "x//y", "x/y",
    "x///y", "/lead", "trail/", "trail", "x/./y", "x/../y", ".", "..", ".hidden", "x/.hidden",
    "back\\slash", "back/slash", "tab\tkey", "new\nline", "~*!()'@:;,$", "o/p", "o/p/q", "o/p-1",
    "q?x#y", "[x]{y}^`|", "s" * 255, "/".join(["deep" * 20] * 12), "del\x7f",
]


def test_odd_keys_are_all_different_objects(s3, bucket):
    for key in ODD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in ODD_KEYS:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode(), key
    listed = [o["Key"] for page in
              s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, MaxKeys=7)
              for o in page.get("Contents", [])]
    assert sorted(listed) == sorted(ODD_KEYS)
    for prefix in ["x/", "x//", "x/.", "trail", "trail/", "b", "=", "a=", "o/p"]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        assert {o["Key"] for o in found} == {k for k in ODD_KEYS if k.startswith(prefix)}, prefix
    for prefix in ["", "x/", "x//", "o/", "trail/"]:
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
        inside = [k[len(prefix):] for k in ODD_KEYS if k.startswith(prefix)]
        assert {p["Prefix"] for p in page.get("CommonPrefixes", [])} == {
            prefix + k.split("/")[0] + "/" for k in inside if "/" in k}, prefix
        assert {o["Key"] for o in page.get("Contents", [])} == {
            prefix + k for k in inside if "/" not in k}, prefix
    after = s3.list_objects_v2(Bucket=bucket, Prefix="x/", StartAfter="x/y").get("Contents", [])
    assert "x/y" not in {o["Key"] for o in after}


def test_a_segment_that_the_engine_has_no_room_for_is_refused(s3, raw, bucket):
    assert refusal(s3.put_object, Bucket=bucket, Key="s" * 256, Body=b"x") == (
        400, "KeyTooLongError")
    assert stored(raw, bucket) == {}


def test_an_upload_that_fails_its_check_leaves_nothing(gateway, s3, raw, bucket):
    for size in [10, 300000]:
        answer = gateway.signed("PUT", f"/{bucket}/bad", body=b"x" * size,
                                headers={"content-md5": md5(b"other")})
        assert (answer.status_code, "BadDigest" in answer.text) == (400, True), answer.text
    s3.put_object(Bucket=bucket, Key="kept", Body=b"old")
    answer = gateway.signed("PUT", f"/{bucket}/kept", body=b"new" * 1000,
                            headers={"x-amz-checksum-crc32": "AAAAAA=="})
    assert answer.status_code == 400
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"old"
    assert list(stored(raw, bucket)) == ["kept"]


def test_an_upload_broken_off_leaves_nothing(gateway, s3, raw, bucket):
    def half():
        yield b"x" * (1 << 20)
        raise ConnectionAbortedError
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    with gateway.http(http2=False) as client, pytest.raises(ConnectionAbortedError):
        client.put(url, content=half(), headers={"content-length": str(3 << 20)})
    s3.put_object(Bucket=bucket, Key="other", Body=b"x")
    assert list(stored(raw, bucket)) == ["other"]


def test_a_large_body_streams_through(gateway, s3, bucket):
    body = os.urandom(1 << 20) * 64
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


def upload_parts(s3, bucket, key, pieces, mode="SSE-S3", **more):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **mode_arguments(mode), **more)
    about = {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        PartNumber=number, Body=piece, **about, **read_arguments(mode))["ETag"]}
        for number, piece in pieces.items()]
    return about, sorted(parts, key=lambda part: part["PartNumber"])


@pytest.mark.parametrize("mode", ["SSE-S3", "SSE-KMS", "SSE-C"])
def test_multipart(s3, raw, bucket, mode):
    pieces = {7: os.urandom(1234), 1: os.urandom(5 << 20), 3: os.urandom((5 << 20) + 17)}
    key = "x//big=object/"
    about, parts = upload_parts(s3, bucket, key, pieces, mode, Metadata={"color": "red"})
    listed = s3.list_parts(**about)["Parts"]
    assert [(p["PartNumber"], p["ETag"], p["Size"]) for p in listed] == [
        (p["PartNumber"], p["ETag"], len(pieces[p["PartNumber"]])) for p in parts]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [key]
    body = b"".join(pieces[number] for number in sorted(pieces))
    done = s3.complete_multipart_upload(
        MultipartUpload={"Parts": parts}, **about, **read_arguments(mode))
    assert done["ETag"].endswith('-3"')

    where = {"Bucket": bucket, "Key": key, **read_arguments(mode)}
    got = s3.get_object(**where)
    assert got["Body"].read() == body
    assert (got["ETag"], got["Metadata"]) == (done["ETag"], {"color": "red"})
    head = s3.head_object(**where)
    assert (head["ETag"], head["ContentLength"]) == (done["ETag"], len(body))
    entry = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (entry["Key"], entry["ETag"], entry["Size"]) == (key, done["ETag"], len(body))
    middle = (5 << 20) - 5
    got = s3.get_object(Range=f"bytes={middle}-{middle + 99}", **where)
    assert got["Body"].read() == body[middle:middle + 100]
    assert s3.get_object(PartNumber=3, **where)["Body"].read() == pieces[3]
    assert s3.head_object(PartNumber=3, **where)["PartsCount"] == 3
    assert s3.get_object(IfMatch=done["ETag"], **where)["ETag"] == done["ETag"]

    again = s3.complete_multipart_upload(
        MultipartUpload={"Parts": parts}, **about, **read_arguments(mode))
    assert again["ETag"] == done["ETag"]
    assert records(raw, f"parts/{about['UploadId']}") == []
    assert records(raw, f"uploads/{about['UploadId']}") == []
    assert pieces[1][:64] not in b"".join(stored(raw, bucket).values())


def test_a_part_sent_again_and_a_part_left_out(s3, bucket):
    pieces = {1: os.urandom(5 << 20), 2: b"left out", 3: b"older"}
    about, parts = upload_parts(s3, bucket, "k", pieces)
    newer = s3.upload_part(PartNumber=3, Body=b"newer", **about)["ETag"]
    chosen = [parts[0], parts[2]]
    assert refusal(s3.complete_multipart_upload, MultipartUpload={"Parts": chosen}, **about) == (
        400, "InvalidPart")
    chosen[1] = {"PartNumber": 3, "ETag": newer}
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": chosen}, **about)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == pieces[1] + b"newer"
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", IfMatch=done["ETag"])
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == put["ETag"]


def test_a_part_that_fails_its_check_is_not_there(gateway, s3, bucket):
    about, _ = upload_parts(s3, bucket, "k", {})
    path = f"/{bucket}/k?partNumber=1&uploadId={about['UploadId']}"
    answer = gateway.signed("PUT", path, body=b"x" * 300000, headers={"content-md5": md5(b"y")})
    assert answer.status_code == 400
    assert "Parts" not in s3.list_parts(**about)


def test_abort_removes_the_records(s3, raw, bucket):
    about, _ = upload_parts(s3, bucket, "k", {1: b"x", 2: b"y"})
    assert len(records(raw, f"parts/{about['UploadId']}")) == 2
    s3.abort_multipart_upload(**about)
    assert records(raw, f"parts/{about['UploadId']}") == []
    assert refusal(s3.list_parts, **about) == (404, "NoSuchUpload")


def test_the_bucket_of_records_is_nobodys(s3):
    assert RECORDS not in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert refusal(s3.list_objects_v2, Bucket=RECORDS)[0] == 403
    assert refusal(s3.put_object, Bucket=RECORDS, Key="k", Body=b"x")[0] == 403
    assert refusal(s3.delete_bucket, Bucket=RECORDS)[0] == 403


def test_a_bucket_that_is_not_empty_stays(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    assert refusal(s3.head_bucket, Bucket=bucket)[0] == 404
    assert refusal(s3.put_object, Bucket="t-not-there", Key="k", Body=b"x") == (
        404, "NoSuchBucket")


def test_a_listing_of_many_pages(s3, bucket):
    keys = [f"folder/{number:04}" for number in range(45)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for operation in ["list_objects_v2", "list_objects"]:
        pages = s3.get_paginator(operation).paginate(
            Bucket=bucket, PaginationConfig={"PageSize": 20})
        found = [(o["Key"], o["Size"]) for page in pages for o in page["Contents"]]
        assert found == [(key, len(key)) for key in keys]


def test_an_object_that_is_not_sealed_is_never_given_out(s3, raw, bucket):
    raw.put_object(Bucket=bucket, Key="plain", Body=SECRET)
    assert refusal(s3.get_object, Bucket=bucket, Key="plain")[0] == 500
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100)
    found = raw.get_object(Bucket=bucket, Key="k")
    body = bytearray(found["Body"].read())
    body[100] ^= 1
    raw.put_object(Bucket=bucket, Key="k", Body=bytes(body), Metadata=found["Metadata"])
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == 500


def test_all_is_there_after_a_restart(scratch, engine):
    with engine.gateway(scratch / "restarted", engine.plain_url, "other-records") as deployment:
        s3 = deployment.s3()
        s3.create_bucket(Bucket="t-restarted")
        s3.put_object(Bucket="t-restarted", Key="one", Body=SECRET)
        about, parts = upload_parts(s3, "t-restarted", "two", {1: SECRET}, "SSE-KMS")
        deployment.restart()
        assert "speaks no TLS" in deployment.log()
        s3 = deployment.s3()
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **about)
        for key in ["one", "two"]:
            assert s3.get_object(Bucket="t-restarted", Key=key)["Body"].read() == SECRET


def test_the_engines_certificate_is_verified(scratch, engine):
    deployment = engine.gateway(scratch / "untrusted")
    del deployment.environment["SEALGATE_BACKEND_CA_FILE"]
    with pytest.raises(AssertionError, match="gives no usable answer"):
        deployment.start()


def test_an_engine_that_is_gone_is_said_to_be_so(scratch):
    if shutil.which("weed") is None:
        pytest.skip("weed is not on PATH")
    with SeaweedFS(scratch / "mortal") as engine, engine.gateway(scratch / "mourning") as deployment:
        s3 = deployment.s3()
        s3.create_bucket(Bucket="t-mortal")
        s3.put_object(Bucket="t-mortal", Key="k", Body=b"x")
        engine.process.kill()
        engine.process.wait()
        for call in [lambda **at: s3.put_object(Body=b"y", **at), s3.get_object]:
            assert refusal(call, Bucket="t-mortal", Key="k") == (503, "ServiceUnavailable")
        assert refusal(s3.list_objects_v2, Bucket="t-mortal") == (503, "ServiceUnavailable")


def test_a_wrong_credential_is_told_at_the_start(scratch, engine):
    deployment = engine.gateway(scratch / "stranger")
    deployment.environment["SEALGATE_BACKEND_SECRET_ACCESS_KEY"] = "notthesecret"
    with pytest.raises(AssertionError, match="backend.access_key_id and its secret"):
        deployment.start()
    del deployment.environment["SEALGATE_BACKEND_SECRET_ACCESS_KEY"]
    with pytest.raises(AssertionError, match="without a credential"):
        deployment.start()


def test_a_ready_gateway_says_so(gateway):
    answer = gateway.signed("GET", "/health/ready", base=gateway.info["admin"])
    assert answer.status_code == 200


@pytest.mark.parametrize("shape", ["single", "parts"])
@pytest.mark.parametrize("mode", ["SSE-S3", "SSE-KMS", "SSE-C"])
def test_copies_go_through_the_gateway(s3, bucket, mode, shape):
    """The engine is never asked to copy what it can't re-wrap: bytes are sealed anew."""
    data = b"a plaintext that no engine sees " * 40_000
    read = read_arguments(mode)
    copied = {"CopySource" + name: value for name, value in read.items()}
    source = {"Bucket": bucket, "Key": "k"}
    if shape == "single":
        s3.put_object(**source, Body=data, ContentType="text/copied", Tagging="a=1",
                      **mode_arguments(mode))
    else:
        pieces = {2: data * 5, 9: data}
        about, parts = upload_parts(s3, bucket, "k", pieces, mode)
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **about, **read)
        data *= 6
    for other in ("SSE-S3", "SSE-KMS", "SSE-C"):
        opened = read_arguments(other)
        where = {"Bucket": bucket, "Key": "copy"}
        answer = s3.copy_object(CopySource=source, **where, **copied, **mode_arguments(other))
        found = s3.get_object(**where, **opened)
        assert found["Body"].read() == data
        assert found["ETag"] == answer["CopyObjectResult"]["ETag"]
        assert s3.list_objects_v2(Bucket=bucket, Prefix="copy")["Contents"][0][
            "ETag"] == found["ETag"]
        upload = s3.create_multipart_upload(**where, **mode_arguments(other))["UploadId"]
        part = s3.upload_part_copy(
            CopySource=source, CopySourceRange="bytes=65530-700000", UploadId=upload,
            PartNumber=2, **where, **copied, **opened)["CopyPartResult"]["ETag"]
        s3.complete_multipart_upload(
            UploadId=upload, **where, **opened,
            MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": part}]})
        assert s3.get_object(**where, **opened)["Body"].read() == data[65530:700_001]
    if mode == "SSE-S3" and shape == "single":
        assert s3.get_object_tagging(**source)["TagSet"] == [{"Key": "a", "Value": "1"}]
        # Metadata in place would be a whole new object there: it is never sent.
        with pytest.raises(s3.exceptions.ClientError, match="NotImplemented"):
            s3.delete_object_tagging(**source)
        assert s3.get_object(**source)["Body"].read() == data

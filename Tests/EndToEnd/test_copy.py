"""Copies between all modes: CopyObject and UploadPartCopy, byte for byte."""

import hashlib
import os
import signal
from xml.etree import ElementTree

import botocore.exceptions
import pytest

from deployment import Deployment, customer_headers
from modes import boto_arguments
from test_operations import refused
from wire import Signature, call, md5

MIB = 1 << 20
SIZES = [5 * MIB, 70_001]
PLAIN = b"a plaintext that no store may see "
NAMES = ["SSE-S3", "KMS-1", "KMS-2", "C-A", "C-B"]


def source_arguments(headers):
    """The arguments that name a copy source's customer key."""
    return {"CopySource" + name: value for name, value in boto_arguments(headers).items()}


class Mode:
    def __init__(self, write, customer=None, **arguments):
        self.write = {**boto_arguments(customer or write), **arguments}
        self.read = boto_arguments(customer or {})
        self.copied = source_arguments(customer or {})
        self.is_managed = not customer and write["x-amz-server-side-encryption"] == "AES256"


@pytest.fixture(scope="module")
def modes(gateway):
    key = "copy-" + os.urandom(4).hex()
    gateway.create_kms_key(key)
    sse = "x-amz-server-side-encryption"
    return {
        "SSE-S3": Mode({sse: "AES256"}),
        "KMS-1": Mode({sse: "aws:kms"}),
        "KMS-2": Mode({sse: "aws:kms", sse + "-aws-kms-key-id": key},
                      BucketKeyEnabled=True),
        "C-A": Mode({}, customer_headers("copy-a")),
        "C-B": Mode({}, customer_headers("copy-b")),
    }


def body(size):
    return (PLAIN * (size // len(PLAIN) + 1))[:size]


def put_parts(s3, bucket, key, mode, sizes=SIZES, **arguments):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **mode.write, **arguments)
    where = {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}
    parts = [{"PartNumber": number * 3, "ETag": s3.upload_part(
        PartNumber=number * 3, Body=body(size), **where, **mode.read)["ETag"]}
        for number, size in enumerate(sizes, 1)]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where, **mode.read)
    return b"".join(body(size) for size in sizes)


@pytest.fixture(scope="module")
def sources(gateway, modes):
    """In each mode one object of one stream, and one in parts."""
    s3, bucket = gateway.s3(), "t-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=bucket)
    data = body(200_003)
    made = {}
    about = {"ContentType": "text/copied", "Metadata": {"note": "of the source"},
             "Tagging": "colour=green&size=2"}
    for name, mode in modes.items():
        s3.put_object(Bucket=bucket, Key=f"{name}/single", Body=data, **mode.write, **about)
        made[name, "single"] = data
        made[name, "parts"] = put_parts(s3, bucket, f"{name}/parts", mode, **about)
    return bucket, made


def holds_no_plaintext(gateway):
    gateway.run("sh", "-c", f"! grep -rqaF '{PLAIN.decode()}' {gateway.store_data}")


@pytest.mark.parametrize("shape", ["single", "parts"])
@pytest.mark.parametrize("name", NAMES)
def test_copies_of_objects(gateway, modes, sources, name, shape):
    """Into every mode: bytes, headers, tags, the destination's mode, one ETag everywhere."""
    s3, (bucket, made) = gateway.s3(), sources
    data, source = made[name, shape], {"Bucket": bucket, "Key": f"{name}/{shape}"}
    before = s3.head_object(**source, **modes[name].read)
    for other in NAMES:
        mode, where = modes[other], {"Bucket": bucket, "Key": f"copy of {name}/{shape} as {other}"}
        answer = s3.copy_object(CopySource=source, **where, **modes[name].copied, **mode.write)
        assert "VersionId" not in answer
        found = s3.get_object(**where, **mode.read)
        assert found["Body"].read() == data, other
        head = s3.head_object(**where, **mode.read)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=where["Key"])["Contents"][0]
        etag = answer["CopyObjectResult"]["ETag"]
        assert found["ETag"] == head["ETag"] == listed["ETag"] == etag
        assert listed["Size"] == head["ContentLength"] == len(data)
        assert (head["ContentType"], head["Metadata"]) == (
            "text/copied", {"note": "of the source"})
        assert found["TagCount"] == 2
        for reply in (answer, head):
            assert reply.get("ServerSideEncryption") == mode.write.get("ServerSideEncryption")
            assert reply.get("SSECustomerKeyMD5") == mode.write.get("SSECustomerKeyMD5")
            if "SSEKMSKeyId" in mode.write:
                assert reply["SSEKMSKeyId"] == mode.write["SSEKMSKeyId"]
        if other == name:
            assert etag == before["ETag"]
        elif mode.is_managed:
            assert etag == f'"{hashlib.md5(data).hexdigest()}"'
        else:
            assert etag.endswith('-1"') and etag != before["ETag"]
        assert head["LastModified"] >= before["LastModified"]
        part = s3.get_object(**where, Range="bytes=65530-65543", **mode.read)["Body"].read()
        assert part == data[65530:65544]
        s3.delete_object(**where)
    again = s3.get_object(**source, **modes[name].read)
    assert again["Body"].read() == data
    holds_no_plaintext(gateway)


@pytest.mark.parametrize("shape", ["single", "parts"])
@pytest.mark.parametrize("name", NAMES)
def test_copies_of_parts(gateway, modes, sources, name, shape):
    """Whole and ranged, into uploads of every mode."""
    s3, (bucket, made) = gateway.s3(), sources
    data, source = made[name, shape], {"Bucket": bucket, "Key": f"{name}/{shape}"}
    ranges = [(65_535, 131_073), (0, 0), (len(data) - 1, len(data) - 1)]
    if shape == "parts":
        ranges = [(5 * MIB - 1, 5 * MIB), (3, len(data) - 3)]
    for other in NAMES:
        mode, where = modes[other], {"Bucket": bucket, "Key": f"parts of {name}/{shape} as {other}"}
        for span in [None] + ranges:
            upload = s3.create_multipart_upload(**where, **mode.write)["UploadId"]
            ranged = {"CopySourceRange": "bytes=%d-%d" % span} if span else {}
            answer = s3.upload_part_copy(
                CopySource=source, UploadId=upload, PartNumber=7, **where, **ranged,
                **modes[name].copied, **mode.read)
            etag = answer["CopyPartResult"]["ETag"]
            wanted = data[span[0]:span[1] + 1] if span else data
            if mode.is_managed:
                assert etag == f'"{hashlib.md5(wanted).hexdigest()}"'
            listed = s3.list_parts(UploadId=upload, **where, **mode.read)["Parts"]
            assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in listed] == [
                (7, len(wanted), etag)]
            s3.complete_multipart_upload(
                UploadId=upload, **where, **mode.read,
                MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": etag}]})
            assert s3.get_object(**where, **mode.read)["Body"].read() == wanted
    holds_no_plaintext(gateway)


def test_a_copy_keeps_or_gets_its_checksum(gateway, modes, sources):
    s3, (bucket, made) = gateway.s3(), sources
    data = made["SSE-S3", "single"]
    s3.put_object(Bucket=bucket, Key="summed", Body=data, ChecksumAlgorithm="SHA256")
    wanted = s3.head_object(Bucket=bucket, Key="summed", ChecksumMode="ENABLED")["ChecksumSHA256"]
    source = {"Bucket": bucket, "Key": "summed"}
    for other, mode in modes.items():
        answer = s3.copy_object(Bucket=bucket, Key="d", CopySource=source, **mode.write)
        head = s3.head_object(Bucket=bucket, Key="d", ChecksumMode="ENABLED", **mode.read)
        assert answer["CopyObjectResult"]["ChecksumSHA256"] == head["ChecksumSHA256"] == wanted
        answer = s3.copy_object(Bucket=bucket, Key="d", CopySource=source,
                                ChecksumAlgorithm="CRC32C", **mode.write)
        assert "ChecksumSHA256" not in answer["CopyObjectResult"]
        # The client compares what it reads with the checksum that it is told.
        found = s3.get_object(Bucket=bucket, Key="d", ChecksumMode="ENABLED", **mode.read)
        assert found["ChecksumCRC32C"] == answer["CopyObjectResult"]["ChecksumCRC32C"]
        assert found["Body"].read() == data


def test_wrong_and_missing_keys_of_the_source(gateway, modes, sources):
    s3, (bucket, _) = gateway.s3(), sources
    secret = {"Bucket": bucket, "Key": "C-A/single"}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1}
    customer = s3.create_multipart_upload(Bucket=bucket, Key="k", **modes["C-A"].write)["UploadId"]
    for copy, more in ((s3.copy_object, {}), (s3.upload_part_copy, part)):
        def attempt(source, **arguments):
            copy(Bucket=bucket, Key="k", CopySource=source, **more, **arguments)
        with refused("InvalidRequest", 400):
            attempt(secret)
        with refused("AccessDenied", 403):
            attempt(secret, **modes["C-B"].copied)
        with refused("InvalidRequest", 400):
            attempt({"Bucket": bucket, "Key": "SSE-S3/single"}, **modes["C-A"].copied)
        with refused("NoSuchKey", 404):
            attempt({"Bucket": bucket, "Key": "absent"}, **modes["C-A"].copied)
        with refused("NoSuchBucket", 404):
            attempt({"Bucket": "absent-" + bucket, "Key": "absent"})
    with refused("InvalidRequest", 400):
        s3.upload_part_copy(Bucket=bucket, Key="k", CopySource=secret, UploadId=customer,
                            PartNumber=1, **modes["C-A"].copied)
    with refused("InvalidRequest", 400):
        s3.upload_part_copy(Bucket=bucket, Key="k", CopySource=secret, UploadId=customer,
                            PartNumber=1, **modes["C-A"].copied, **modes["C-B"].read)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")


def test_conditions_of_source_and_destination(gateway, sources):
    s3, (bucket, _) = gateway.s3(), sources
    source = {"Bucket": bucket, "Key": "KMS-1/single"}
    head = s3.head_object(**source)
    etag, then = head["ETag"], head["LastModified"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1}
    for copy, more in ((s3.copy_object, {}), (s3.upload_part_copy, part)):
        for condition, value in (("IfMatch", '"x"'), ("IfNoneMatch", etag),
                                 ("IfModifiedSince", then), ("IfUnmodifiedSince", 0)):
            with refused("PreconditionFailed", 412):
                copy(Bucket=bucket, Key="c", CopySource=source, **more,
                     **{"CopySource" + condition: value})
        copy(Bucket=bucket, Key="c", CopySource=source, CopySourceIfMatch=etag,
             CopySourceIfUnmodifiedSince=0, **more)
    made = s3.head_object(Bucket=bucket, Key="c")["ETag"]
    with refused("PreconditionFailed", 412, Condition="If-None-Match"):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, IfNoneMatch="*")
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, IfMatch='"x"')
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="absent", CopySource=source, IfMatch=made)
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, IfMatch=made,
                   ServerSideEncryption="aws:kms")
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source, IfNoneMatch="*")
    for bad in ("0-x", "5-1", "0-99999999999", "-5", "3-"):
        with refused("InvalidArgument", 400):
            s3.upload_part_copy(Bucket=bucket, Key="c", CopySource=source, **part,
                                CopySourceRange="bytes=" + bad)


def test_a_copy_onto_itself(gateway, modes, sources):
    s3, (bucket, made) = gateway.s3(), sources
    for name, mode in modes.items():
        for shape in ("single", "parts"):
            key = f"self/{name}/{shape}"
            where = {"Bucket": bucket, "Key": key}
            s3.copy_object(**where, CopySource={"Bucket": bucket, "Key": f"{name}/{shape}"},
                           **mode.copied, **mode.write)
            if mode.is_managed:
                with refused("InvalidRequest", 400):
                    s3.copy_object(**where, CopySource=where)
            first = s3.head_object(**where, **mode.read)
            s3.copy_object(**where, CopySource=where, MetadataDirective="REPLACE",
                           ContentType="text/new", Metadata={"new": "1"}, **mode.copied,
                           **mode.write)
            found = s3.get_object(**where, **mode.read)
            assert (found["ContentType"], found["Metadata"]) == ("text/new", {"new": "1"})
            assert found["ETag"] == first["ETag"] and found["TagCount"] == 2
            assert found["Body"].read() == made[name, shape]
            for other in NAMES:
                s3.copy_object(**where, CopySource=where, **mode.copied, **modes[other].write)
                mode = modes[other]
                found = s3.get_object(**where, **mode.read)
                assert found["Body"].read() == made[name, shape], (name, other)
            mode = modes[name]


def test_directives(gateway, bucket):
    s3 = gateway.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"}, ContentType="text/a",
                  WebsiteRedirectLocation="/there", StorageClass="STANDARD_IA")
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="d", CopySource=source, Metadata={"ignored": "1"})
    head = s3.head_object(Bucket=bucket, Key="d")
    assert (head["Metadata"], head["ContentType"]) == ({"a": "1"}, "text/a")
    assert "StorageClass" not in head and "WebsiteRedirectLocation" not in head
    s3.copy_object(Bucket=bucket, Key="d", CopySource=source, MetadataDirective="REPLACE")
    head = s3.head_object(Bucket=bucket, Key="d")
    assert (head["Metadata"], head["ContentType"]) == ({}, "binary/octet-stream")
    for name in ("x-amz-metadata-directive", "x-amz-tagging-directive"):
        answer = call(gateway, "PUT", f"/{bucket}/d",
                      {"x-amz-copy-source": f"/{bucket}/k", name: "MOVE"})
        assert (answer.status, answer.code) == (400, "InvalidArgument"), answer
    for source, status in (("k", 400), (f"{bucket}/", 400), (".sealgate/k", 400),
                           (f"{bucket}/k?versionId=x", 400), (f"{bucket}/k?versionId=null", 200),
                           (f"{bucket}/k?versionId=7fffffffffff0000", 404)):
        answer = call(gateway, "PUT", f"/{bucket}/d", {"x-amz-copy-source": source})
        assert answer.status == status, (source, answer)


def test_a_shared_body_outlives_its_source(gateway, modes, bucket):
    """A copy under the same key takes no room; each of the two goes without the other."""
    s3 = gateway.s3()
    for shape in ("single", "parts"):
        for mode in modes.values():
            data = body(3 * MIB)
            if shape == "single":
                s3.put_object(Bucket=bucket, Key="k", Body=data, **mode.write)
            else:
                data = put_parts(s3, bucket, "k", mode)
            files = lambda: [f for f in os.scandir(gateway.store_data + "/objects")
                             for f in os.scandir(f)]
            room = sum(f.stat().st_blocks / f.stat().st_nlink for f in files())
            source = {"Bucket": bucket, "Key": "k"}
            s3.copy_object(Bucket=bucket, Key="d", CopySource=source, **mode.copied, **mode.write)
            assert sum(f.stat().st_blocks / f.stat().st_nlink for f in files()) == room
            s3.delete_object(**source)
            found = s3.get_object(Bucket=bucket, Key="d", **mode.read)
            assert found["Body"].read() == data
            s3.delete_object(Bucket=bucket, Key="d")


def test_a_gateway_killed_amid_copies_onto_itself_loses_nothing(own_gateway):
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="crash")
    data = body(24 * MIB)
    where = {"Bucket": "crash", "Key": "k"}
    s3.put_object(**where, Body=data)
    for attempt in range(4):
        key = "aws:kms" if attempt % 2 == 0 else "AES256"
        pid = os.fork()
        if pid == 0:
            try:
                own_gateway.s3().copy_object(**where, CopySource=where, ServerSideEncryption=key)
            finally:
                os._exit(0)
        # Killed while bytes are under way: as soon as the store has a file of the copy's.
        folder = own_gateway.store_data + "/tmp"
        while not os.listdir(folder) and os.waitpid(pid, os.WNOHANG) == (0, 0):
            pass
        os.kill(own_gateway.gateway_pid, signal.SIGKILL)
        own_gateway.process.wait(timeout=60)
        own_gateway.restart()
        assert own_gateway.s3().get_object(**where)["Body"].read() == data
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass


@pytest.fixture(scope="module")
def patient(scratch):
    """A gateway that soon keeps its clients waiting, before a store that is given up soon."""
    with Deployment(scratch / "patient", environment={
            "SEALGATE_LIMITS_ANSWER_INTERVAL": "20ms", "SEALGATE_LIMITS_STORE_TIMEOUT": "1s",
            "SEALGATE_LIMITS_BUCKET_SETTINGS_LIFETIME": "300s"}) as gateway:
        s3 = gateway.s3()
        s3.create_bucket(Bucket="slow")
        s3.put_object(Bucket="slow", Key="k", Body=body(5 * MIB))
        yield gateway


def slow_requests(gateway):
    """A copy, a copied part and a Complete: method, target, fields, body, name of the answer."""
    s3 = gateway.s3()
    source = {"x-amz-copy-source": "slow/k"}
    upload = s3.create_multipart_upload(Bucket="slow", Key="u")["UploadId"]
    part = s3.upload_part(Bucket="slow", Key="u", UploadId=upload, PartNumber=2, Body=b"x")
    complete = ("<CompleteMultipartUpload><Part><PartNumber>2</PartNumber>"
                f"<ETag>{part['ETag']}</ETag></Part></CompleteMultipartUpload>").encode()
    sse = "x-amz-server-side-encryption"
    yield "PUT", "/slow/c", {**source, sse: "aws:kms"}, b"", "CopyObjectResult"
    yield "PUT", f"/slow/u?partNumber=1&uploadId={upload}", source, b"", "CopyPartResult"
    yield "POST", f"/slow/u?uploadId={upload}", {}, complete, "CompleteMultipartUploadResult"


def test_a_slow_answer_keeps_its_client_waiting(patient):
    """The store stands still until white space came; then the document follows, or an error."""
    for method, target, headers, data, name in slow_requests(patient):
        for ends_well in (False, True):
            signature = Signature(patient, method, target, headers)
            connection = patient.connection()
            os.kill(patient.store_pid, signal.SIGSTOP)
            try:
                connection.request(method, target, data, signature.headers)
                answer = connection.getresponse()
                assert answer.status == 200 and answer.headers["content-type"] == "application/xml"
                declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
                begun = answer.read(len(declaration) + 3)
                assert begun == declaration + b"   "
                rest = b"" if ends_well else answer.read()
            finally:
                os.kill(patient.store_pid, signal.SIGCONT)
            document = ElementTree.fromstring(begun + rest + answer.read())
            if ends_well:
                assert document.tag.endswith("}" + name)
            else:
                assert document.tag == "Error" and document.findtext("Code") == "ServiceUnavailable"
    s3 = patient.s3()
    assert s3.get_object(Bucket="slow", Key="c")["Body"].read() == body(5 * MIB)
    assert s3.get_object(Bucket="slow", Key="u")["Body"].read() == b"x"
    assert patient.metrics()["sealgate_slow_answers_total"] == 6


def test_an_sdk_finds_the_error_in_a_slow_answer(patient):
    s3 = patient.s3()
    os.kill(patient.store_pid, signal.SIGSTOP)
    try:
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            s3.copy_object(Bucket="slow", Key="never", CopySource="slow/k")
    finally:
        os.kill(patient.store_pid, signal.SIGCONT)
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"


def test_tags(gateway, modes, bucket):
    """Of every mode; a change leaves bytes, ETag, time and headers as they are."""
    s3 = gateway.s3()
    for name, mode in modes.items():
        where = {"Bucket": bucket, "Key": name}
        s3.put_object(**where, Body=body(70_000), Tagging="a=1&b%20c=d%2Fe", ContentType="text/x",
                      **mode.write)
        before = s3.head_object(**where, **mode.read)
        assert before["TagCount"] == 2
        tags = [{"Key": "new", "Value": "x y"}, {"Key": "Zü", "Value": ""}]
        if name.startswith("C-"):
            # boto3 has no arguments for a customer's key here; S3 has no such headers either.
            headers = customer_headers("copy-" + name[-1].lower())
            target = f"/{bucket}/{name}?tagging"
            assert call(gateway, "GET", target).code == "InvalidRequest"
            found = call(gateway, "GET", target, headers)
            assert b"<Key>b c</Key><Value>d/e</Value>" in found.body
            document = b"<Tagging><TagSet><Tag><Key>n</Key><Value/></Tag></TagSet></Tagging>"
            summed = {"content-md5": md5(document)}
            assert call(gateway, "PUT", target, summed, document).code == "InvalidRequest"
            assert call(gateway, "PUT", target, {**headers, **summed}, document).status == 200
            assert s3.head_object(**where, **mode.read)["TagCount"] == 1
            assert call(gateway, "DELETE", target, headers).status == 204
        else:
            assert s3.get_object_tagging(**where)["TagSet"] == [
                {"Key": "a", "Value": "1"}, {"Key": "b c", "Value": "d/e"}]
            s3.put_object_tagging(**where, Tagging={"TagSet": tags})
            assert s3.get_object_tagging(**where)["TagSet"] == tags
            s3.delete_object_tagging(**where)
            assert s3.get_object_tagging(**where)["TagSet"] == []
        after = s3.get_object(**where, **mode.read)
        assert after["Body"].read() == body(70_000) and "TagCount" not in after
        for field in ("ETag", "LastModified", "ContentType"):
            assert after[field] == before[field]
    put_parts(s3, bucket, "parts", modes["KMS-1"], Tagging="a=1")
    s3.put_object_tagging(Bucket=bucket, Key="parts", Tagging={"TagSet": tags})
    assert s3.get_object(Bucket=bucket, Key="parts", PartNumber=6)["TagCount"] == 2
    s3.copy_object(Bucket=bucket, Key="d", CopySource={"Bucket": bucket, "Key": "parts"},
                   TaggingDirective="REPLACE", Tagging="only=one")
    assert s3.get_object_tagging(Bucket=bucket, Key="d")["TagSet"] == [
        {"Key": "only", "Value": "one"}]


def test_tags_that_are_refused(gateway, bucket):
    s3, where = gateway.s3(), {"Bucket": bucket, "Key": "k"}
    with refused("NoSuchKey", 404):
        s3.get_object_tagging(**where)
    s3.put_object(**where, Body=b"x", Tagging="kept=1")
    for code, tags in [
            ("InvalidTag", [("", "1")]), ("InvalidTag", [("k" * 129, "1")]),
            ("InvalidTag", [("k", "v" * 257)]), ("InvalidTag", [("k", "1"), ("k", "2")]),
            ("InvalidTag", [("aws:k", "1")]), ("InvalidTag", [("k", "\u20ac")]),
            ("BadRequest", [(str(n), "1") for n in range(11)])]:
        document = "".join(f"<Tag><Key>{k}</Key><Value>{v}</Value></Tag>" for k, v in tags)
        document = f"<Tagging><TagSet>{document}</TagSet></Tagging>".encode()
        answer = call(gateway, "PUT", f"/{bucket}/k?tagging", {"content-md5": md5(document)},
                      document)
        assert (answer.status, answer.code) == (400, code), (tags, answer)
    answer = call(gateway, "PUT", f"/{bucket}/k?tagging", {"content-md5": md5(b"<x/>")}, b"<x/>")
    assert answer.code == "MalformedXML"
    answer = call(gateway, "PUT", f"/{bucket}/k?tagging", {}, b"<Tagging><TagSet/></Tagging>")
    assert answer.code == "InvalidRequest"
    for header in ("a=1&a=2", "a=%zz"):
        answer = call(gateway, "PUT", f"/{bucket}/k", {"x-amz-tagging": header}, b"y")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), answer
    assert s3.get_object_tagging(**where)["TagSet"] == [{"Key": "kept", "Value": "1"}]
    assert s3.get_object(**where)["Body"].read() == b"x"


def test_attributes(gateway, modes, sources):
    s3, (bucket, made) = gateway.s3(), sources
    everything = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    for (name, shape), data in made.items():
        where = {"Bucket": bucket, "Key": f"{name}/{shape}", **modes[name].read}
        head = s3.head_object(**where)
        found = s3.get_object_attributes(**where, ObjectAttributes=everything)
        assert f'"{found["ETag"]}"' == head["ETag"]
        assert (found["ObjectSize"], found["StorageClass"]) == (len(data), "STANDARD")
        assert found["LastModified"] == head["LastModified"]
        if shape == "single":
            assert "ObjectParts" not in found
            assert found["Checksum"]["ChecksumType"] == "FULL_OBJECT"
            continue
        page = found["ObjectParts"]
        assert (page["TotalPartsCount"], page["IsTruncated"]) == (2, False)
        assert [(p["PartNumber"], p["Size"]) for p in page["Parts"]] == [
            (3, SIZES[0]), (6, SIZES[1])]
        page = s3.get_object_attributes(**where, ObjectAttributes=["ObjectParts"], MaxParts=1)
        assert page["ObjectParts"]["NextPartNumberMarker"] == 3
        page = s3.get_object_attributes(**where, ObjectAttributes=["ObjectParts"],
                                        PartNumberMarker=3)
        assert [p["PartNumber"] for p in page["ObjectParts"]["Parts"]] == [6]
        assert "ETag" not in page
    with refused("NoSuchKey", 404):
        s3.get_object_attributes(Bucket=bucket, Key="absent", ObjectAttributes=["ETag"])
    with refused("InvalidRequest", 400):
        s3.get_object_attributes(Bucket=bucket, Key="C-A/single", ObjectAttributes=["ETag"])
    with refused("AccessDenied", 403):
        s3.get_object_attributes(Bucket=bucket, Key="C-A/single", ObjectAttributes=["ETag"],
                                 **modes["C-B"].read)
    answer = call(gateway, "GET", f"/{bucket}/SSE-S3/single?attributes")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_another_kms_key_in_place(gateway, modes, bucket):
    """The key changes; bytes, ETag, time and tags don't, and no byte moves."""
    s3 = gateway.s3()
    first, second = modes["KMS-2"].write["SSEKMSKeyId"], "again-" + os.urandom(4).hex()
    gateway.create_kms_key(second)
    context = {"SSEKMSEncryptionContext": "eyJhIjoiYiJ9"}

    def update(key, name, expected=200, bucket_key="false"):
        document = (f"<ObjectEncryption><SSE-KMS><KMSKeyArn>{key}</KMSKeyArn><BucketKeyEnabled>"
                    f"{bucket_key}</BucketKeyEnabled></SSE-KMS></ObjectEncryption>").encode()
        answer = call(gateway, "PUT", f"/{bucket}/{name}?encryption",
                      {"content-md5": md5(document)}, document)
        assert answer.status == expected, answer
        return answer.code

    data = {"single": body(300_000), "parts": put_parts(s3, bucket, "parts", modes["KMS-1"])}
    s3.put_object(Bucket=bucket, Key="single", Body=data["single"], Tagging="a=1",
                  **modes["KMS-1"].write, **context)
    for name, wanted in data.items():
        where = {"Bucket": bucket, "Key": name}
        before = s3.head_object(**where)
        for key, bucket_key in ((first, "true"), (second, "false"), (first, "false")):
            update(key, name, bucket_key=bucket_key)
            after = s3.get_object(**where)
            assert after["Body"].read() == wanted and after["SSEKMSKeyId"] == key
            for field in ("ETag", "LastModified", "ContentType", "TagCount"):
                assert after.get(field) == before.get(field)
            assert s3.list_objects_v2(Bucket=bucket, Prefix=name)["Contents"][0][
                "ETag"] == before["ETag"]
    assert update("absent-key", "single", 404) == "NotFound"
    assert update(first, "absent", 404) == "NoSuchKey"
    # What was SSE-S3 is SSE-KMS then, and its ETag stays the MD5, in listings and copies too.
    managed = {"managed": body(70_000),
               "managed parts": put_parts(s3, bucket, "managed parts", modes["SSE-S3"])}
    s3.put_object(Bucket=bucket, Key="managed", Body=managed["managed"])
    for name, wanted in managed.items():
        where = {"Bucket": bucket, "Key": name}
        before = s3.head_object(**where)
        update(second, name.replace(" ", "%20"))
        after = s3.get_object(**where, IfMatch=before["ETag"])
        assert after["Body"].read() == wanted
        assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", second)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=name)["Contents"][0]
        told = s3.get_object_attributes(**where, ObjectAttributes=["ETag"])
        assert after["ETag"] == before["ETag"] == listed["ETag"] == f'"{told["ETag"]}"'
        assert after["LastModified"] == before["LastModified"]
        s3.put_object(**where, Body=b"x", IfMatch=before["ETag"])
        assert s3.head_object(**where)["ServerSideEncryption"] == "AES256"
    s3.put_object(Bucket=bucket, Key="mine", Body=b"x", **modes["C-A"].write)
    assert update(first, "mine", 400) == "InvalidRequest"
    answer = call(gateway, "PUT", f"/{bucket}/single?encryption", {"content-md5": md5(b"<x/>")},
                  b"<x/>")
    assert answer.code == "MalformedXML"
    assert s3.get_object(Bucket=bucket, Key="single")["Body"].read() == data["single"]

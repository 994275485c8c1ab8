"""Checksums of all algorithms: in headers and trailers, of whole objects and of their parts, and
never one of the whole on a part of it."""

import base64
import hashlib
import os

import awscrt.checksums
import pytest

from test_authentication import chunked
from test_operations import refused
from wire import SIGNED_TRAILER, UNSIGNED_TRAILER, Connection, Signature, call, element

MIB = 1 << 20


def crc(function, size):
    return lambda data: function(data).to_bytes(size, "big")


ALGORITHMS = {
    "CRC32": crc(awscrt.checksums.crc32, 4),
    "CRC32C": crc(awscrt.checksums.crc32c, 4),
    "CRC64NVME": crc(awscrt.checksums.crc64nvme, 8),
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}
# What the checksums of parts may become together.
TYPES = {"CRC32": ["COMPOSITE", "FULL_OBJECT"], "CRC32C": ["COMPOSITE", "FULL_OBJECT"],
         "CRC64NVME": ["FULL_OBJECT"], "SHA1": ["COMPOSITE"], "SHA256": ["COMPOSITE"]}


def checksum(algorithm, data):
    return base64.b64encode(ALGORITHMS[algorithm](data)).decode()


def put_with_trailer(gateway, target, data, mode, name, value):
    headers = {"x-amz-decoded-content-length": str(len(data)), "content-encoding": "aws-chunked",
               "x-amz-trailer": name, "transfer-encoding": "chunked"}
    with Connection(gateway) as connection:
        signature = Signature(gateway, "PUT", target, headers, mode)
        body = chunked(signature, data, (65_536,) if data else (), (name, value),
                       signed=mode == SIGNED_TRAILER)
        connection.begin("PUT", target, signature.headers,
                         b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
        return connection.answer()


@pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED_TRAILER], ids=["unsigned", "signed"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_in_trailers(gateway, bucket, algorithm, mode, size):
    data, name = os.urandom(size), f"x-amz-checksum-{algorithm.lower()}"
    target, before = f"/{bucket}/k", gateway.body_files()
    answer = put_with_trailer(gateway, target, data, mode, name, checksum(algorithm, data + b"x"))
    assert (answer.status, answer.code) == (400, "BadDigest"), answer
    assert element(answer.body, "Message") == (
        f"The {algorithm} you specified did not match the calculated checksum.")
    assert call(gateway, "GET", target).status == 404 and gateway.body_files() <= before
    right = checksum(algorithm, data)
    answer = put_with_trailer(gateway, target, data, mode, name, right)
    assert (answer.status, answer.headers[name]) == (200, right), answer
    found = call(gateway, "GET", target, {"x-amz-checksum-mode": "ENABLED"})
    assert (found.body, found.headers[name]) == (data, right)
    assert found.headers["x-amz-checksum-type"] == "FULL_OBJECT"


@pytest.mark.parametrize("algorithm, kind, mode", [
    *((algorithm, kind, "AES256") for algorithm in TYPES for kind in TYPES[algorithm]),
    ("CRC32", "COMPOSITE", "aws:kms"), ("CRC64NVME", "FULL_OBJECT", "aws:kms")])
def test_of_parts(gateway, bucket, algorithm, kind, mode):
    s3, where = gateway.s3(), {"Bucket": bucket, "Key": "k"}
    pieces, field = [os.urandom(5 * MIB), os.urandom(100_001)], f"Checksum{algorithm}"
    if kind == "FULL_OBJECT":
        wanted = checksum(algorithm, b"".join(pieces))
    else:
        wanted = checksum(algorithm, b"".join(map(ALGORITHMS[algorithm], pieces))) + "-2"
    created = s3.create_multipart_upload(ChecksumAlgorithm=algorithm, ChecksumType=kind,
                                         ServerSideEncryption=mode, **where)
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == (algorithm, kind)
    upload, parts = {**where, "UploadId": created["UploadId"]}, []
    for number, piece in enumerate(pieces, 1):
        with refused("BadDigest", 400):
            s3.upload_part(PartNumber=number, Body=piece, **upload,
                           **{field: checksum(algorithm, b"other")})
        part = s3.upload_part(PartNumber=number, Body=piece, ChecksumAlgorithm=algorithm, **upload)
        assert part[field] == checksum(algorithm, piece)
        parts.append({"PartNumber": number, "ETag": part["ETag"], field: part[field]})
    # A listing asks for no key: of SSE-KMS it tells lengths and ETags alone.
    listed = [part.get(field) for part in s3.list_parts(**upload)["Parts"]]
    assert listed == [part[field] if mode == "AES256" else None for part in parts]
    wrong = [{**parts[0], field: parts[1][field]}, parts[1]]
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": wrong})
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts},
                                     **{field: checksum(algorithm, b"other")})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts},
                                        **{field: wanted})
    # The client compares what it reads with what it is told, where that is of the whole.
    found = s3.get_object(ChecksumMode="ENABLED", **where)
    for answer in (done, found, s3.head_object(ChecksumMode="ENABLED", **where)):
        assert (answer[field], answer["ChecksumType"]) == (wanted, kind)
    assert found["Body"].read() == b"".join(pieces)
    attributes = s3.get_object_attributes(ObjectAttributes=["Checksum", "ObjectParts"], **where)
    assert attributes["Checksum"][field] in (wanted, wanted.removesuffix("-2"))
    for about in ({"range": "bytes=0-9"}, {"range": f"bytes={5 * MIB}-"}):
        part = call(gateway, "GET", f"/{bucket}/k", {"x-amz-checksum-mode": "ENABLED", **about})
        assert part.status == 206
        told = part.headers.get(f"x-amz-checksum-{algorithm.lower()}")
        assert told is None or told.endswith("-2"), "clients would compare it with what came"


@pytest.mark.parametrize("algorithm, kind", [
    ("SHA1", "FULL_OBJECT"), ("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")])
def test_types_that_do_not_go_with_an_algorithm(gateway, bucket, algorithm, kind):
    s3 = gateway.s3()
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm,
                                   ChecksumType=kind)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)

"""Mode × size × client: round trips, ranges at every edge, sizes and ETags alike everywhere, and a
store that holds none of it in the clear."""

import hashlib
import random

import pytest

from clients import CLIENTS
from deployment import customer_key
from modes import modes

KIB, MIB = 1 << 10, 1 << 20
SIZES = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 5 * MIB, 100 * MIB]
PART = 8 * MIB
SEGMENT = 64 * KIB
MODE_NAMES = ["default", "SSE-S3", "SSE-KMS-default", "SSE-KMS-other", "SSE-C"]


@pytest.fixture(scope="module")
def all_modes(gateway):
    gateway.create_kms_key("matrix-key")
    listed = modes(gateway.default_kms_key_id, "matrix-key")
    assert [mode.name for mode in listed] == MODE_NAMES
    return {mode.name: mode for mode in listed}


@pytest.fixture(scope="module")
def matrix_bucket(gateway):
    gateway.s3().create_bucket(Bucket="matrix")
    return "matrix"


@pytest.fixture(scope="module")
def sources(scratch):
    """One file a size; the text at its start is what the store is searched for."""
    folder = scratch / "sources"
    folder.mkdir()
    paths = {}
    for size in SIZES:
        data = random.Random(size).randbytes(size)
        marker = b"the plaintext of the matrix, to be found nowhere"
        if size > len(marker):
            data = marker + data[len(marker):]
        paths[size] = folder / str(size)
        paths[size].write_bytes(data)
    return paths


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("mode_name", MODE_NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_round_trip(gateway, matrix_bucket, all_modes, sources, tmp_path, client, mode_name, size):
    mode = all_modes[mode_name]
    key = f"{client.name}/{mode_name}/{size}.bin"
    tool = client(gateway, tmp_path)
    tool.upload(matrix_bucket, key, sources[size], mode)
    back = tmp_path / "back"
    tool.download(matrix_bucket, key, back, mode)
    data = sources[size].read_bytes()
    assert back.read_bytes() == data

    s3 = gateway.s3()
    head = s3.head_object(Bucket=matrix_bucket, Key=key, **mode.boto_read())
    assert head["ContentLength"] == size
    assert head["Metadata"]["note"] == "metadata-of-the-matrix"
    assert head["ContentType"] == "application/x-sealgate-test"
    answer = {name.lower(): value for name, value in mode.answer.items()}
    sent = {name: value for name, value in head["ResponseMetadata"]["HTTPHeaders"].items()
            if name.startswith("x-amz-server-side-encryption")}
    assert sent == answer
    got = s3.get_object(Bucket=matrix_bucket, Key=key, **mode.boto_read())
    assert (got["ETag"], got["ContentLength"]) == (head["ETag"], size)
    got["Body"].close()
    listed = s3.list_objects_v2(Bucket=matrix_bucket, Prefix=key)["Contents"][0]
    assert (listed["Key"], listed["Size"], listed["ETag"]) == (key, size, head["ETag"])
    if mode_name in ("default", "SSE-S3") and "-" not in head["ETag"]:
        assert head["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    check_ranges(s3, matrix_bucket, key, mode, data)


def check_ranges(s3, bucket, key, mode, data):
    """Every segment and part edge, from one byte before to one byte behind, and the open forms."""
    size = len(data)
    edges = {0, size}
    edges.update(range(0, size, SEGMENT) if size <= MIB else (SEGMENT, size - size % SEGMENT))
    edges.update(range(0, size, PART))
    spans = {(max(0, e - 1), min(size - 1, e + 1)) for e in edges if size} if size else set()
    spans |= {(0, size - 1), (0, 0), (size - 1, size - 1)} if size else set()
    ranges = {f"bytes={a}-{b}": (a, b + 1) for a, b in spans}
    if size:
        ranges |= {"bytes=-1": (size - 1, size), f"bytes={size - 1}-": (size - 1, size),
                   f"bytes=0-{size + 10}": (0, size), f"bytes=-{size + 1}": (0, size)}
    for text, (start, end) in ranges.items():
        if end - start > 8 * MIB:
            continue
        got = s3.get_object(Bucket=bucket, Key=key, Range=text, **mode.boto_read())
        assert got["Body"].read() == data[start:end], text
        assert got["ContentRange"] == f"bytes {start}-{end - 1}/{size}"
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    with pytest.raises(s3.exceptions.ClientError) as failure:
        s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={size}-", **mode.boto_read())
    assert failure.value.response["Error"]["Code"] == "InvalidRange"


def test_the_store_holds_nothing_in_the_clear(gateway, matrix_bucket, all_modes, sources):
    """After all of the above: no plaintext, no metadata value, no customer key, in any spelling."""
    assert gateway.s3().list_objects_v2(Bucket=matrix_bucket)["KeyCount"] > 100
    raw, text, digest = customer_key("matrix")
    needles = [b"the plaintext of the matrix", b"metadata-of-the-matrix",
               b"application/x-sealgate-test", raw, text.encode(), digest.encode()]
    tail = sources[64 * KIB].read_bytes()[-32:]
    assert gateway.find_in_store([*needles, tail]) == set()
    # The search itself works: bucket and key names are the storage's to see.
    assert gateway.find_in_store([b"boto3/SSE-C/1.bin"]) == {b"boto3/SSE-C/1.bin"}

"""Mode × size × client: round trips, ranges at every edge, sizes and ETags alike everywhere, and a
store that holds none of it in the clear."""

import filecmp
import hashlib
import mmap
import pathlib
import random
import shutil

import pytest

from clients import CLIENTS, CONTENT_TYPE, MULTIPART_FROM, NOTE, AWS, Curl
from deployment import customer_key, find, spellings
from modes import SSE, modes

KIB, MIB = 1 << 10, 1 << 20
SEGMENT = 64 * KIB
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 5 * MIB, 100 * MIB]
MODE_NAMES = ["default", "SSE-S3", "SSE-KMS-default", "SSE-KMS-other", "SSE-C"]
BUCKET = "matrix"


@pytest.fixture(scope="module")
def all_modes(gateway):
    gateway.create_kms_key("matrix-key")
    gateway.s3().create_bucket(Bucket=BUCKET)
    listed = modes(gateway.default_kms_key_id, "matrix-key")
    assert [mode.name for mode in listed] == MODE_NAMES
    return {mode.name: mode for mode in listed}


@pytest.fixture(scope="module")
def sources(scratch):
    """A folder with one file a size, named by it."""
    folder = scratch / "sources"
    folder.mkdir()
    for size in SIZES:
        (folder / str(size)).write_bytes(random.Random(size).randbytes(size))
    return folder


def prefix_of(client, mode):
    return f"{client.name}/{mode.name}/"


@pytest.fixture(scope="module")
def transfers(gateway, all_modes, sources, scratch):
    """Uploads and downloads all sizes with a client in a mode, once: most of a small transfer is
    the client's start. Gives the ETags that it was told and the folder that came back."""
    done = {}

    def transfer(client, mode):
        if (client, mode) not in done:
            # One set of files at a time is enough; a failure fails every test of the pair.
            shutil.rmtree(scratch / "work", ignore_errors=True)
            back = scratch / "work" / "back"
            back.mkdir(parents=True)
            done[client, mode] = back, None
            tool, prefix = client(gateway, scratch / "work"), prefix_of(client, mode)
            told = tool.upload(BUCKET, prefix, sources, mode)
            tool.download(BUCKET, prefix, back, mode)
            done[client, mode] = back, told
        back, told = done[client, mode]
        assert told is not None, "the transfer failed before"
        return back, told

    return transfer


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode_name", MODE_NAMES)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_round_trip(gateway, all_modes, sources, transfers, client, mode_name, size):
    mode = all_modes[mode_name]
    back, told = transfers(client, mode)
    assert filecmp.cmp(back / str(size), sources / str(size), shallow=False)

    s3, key = gateway.s3(), prefix_of(client, mode) + str(size)
    head = s3.head_object(Bucket=BUCKET, Key=key, **mode.boto_read())
    got = s3.get_object(Bucket=BUCKET, Key=key, **mode.boto_read())
    got["Body"].close()
    answer = {name.lower(): value for name, value in mode.answer.items()}
    for response in (head, got):
        assert response["ContentLength"] == size
        assert response["Metadata"]["note"] == NOTE
        assert response["ContentType"] == CONTENT_TYPE
        assert sse_fields(response) == answer
    listed = next(entry for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]
                  if entry["Key"] == key)
    assert listed["Size"] == size
    assert got["ETag"] == head["ETag"] == listed["ETag"] == told.get(str(size), head["ETag"])
    parts = -(-size // client.part_bytes) if size >= MULTIPART_FROM else 1
    assert head["ETag"] == expected_etag(sources / str(size), mode, client, parts, head["ETag"])


def sse_fields(response):
    return {name: value for name, value in response["ResponseMetadata"]["HTTPHeaders"].items()
            if name.startswith(SSE)}


def expected_etag(source, mode, client, parts, etag):
    """SSE-S3: MD5, or MD5 of the parts' MD5s; else opaque, and no MD5 of anything."""
    data = source.read_bytes()
    if parts == 1:
        plain = f'"{hashlib.md5(data).hexdigest()}"'
    else:
        digests = [hashlib.md5(data[start:start + client.part_bytes]).digest()
                   for start in range(0, len(data), client.part_bytes)]
        plain = f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{parts}"'
    if mode.name in ("default", "SSE-S3"):
        return plain
    assert etag != plain
    return etag if etag.endswith(f'-{parts}"') and len(etag) == 35 + len(str(parts)) else None


# The stored bytes of an object hang on its mode, size and parts, not on the client that sent it:
# one client with parts of whole segments and one with others give both layouts there are.
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode_name", MODE_NAMES)
@pytest.mark.parametrize("client", [AWS, Curl], ids=["whole-segments", "odd-parts"])
def test_ranges_at_every_edge(gateway, all_modes, sources, transfers, client, mode_name, size):
    mode = all_modes[mode_name]
    transfers(client, mode)
    path = f"/{BUCKET}/{prefix_of(client, mode)}{size}"
    headers = gateway.headers("GET", path, headers=mode.read)
    part = client.part_bytes if size >= MULTIPART_FROM else size
    data = (sources / str(size)).read_bytes()
    connection = gateway.connection()
    for text, (start, end) in ranges(size, part).items():
        connection.request("GET", path, headers={**headers, "Range": text})
        answer = connection.getresponse()
        assert (answer.read(), answer.status) == (data[start:end], 206), text
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    for text in (f"bytes={size}-", "bytes=-0"):
        connection.request("GET", path, headers={**headers, "Range": text})
        answer = connection.getresponse()
        assert (answer.status, b"<Code>InvalidRange</Code>" in answer.read()) == (416, True)
    connection.close()


def ranges(size, part):
    """Two bytes across each edge of segments and parts; around part edges and ends every form."""
    if size == 0:
        return {}
    part_edges = {*range(0, size, part), size}
    edges = {edge for start in range(0, size, part)
             for edge in range(start, min(start + part, size), SEGMENT)}
    spans = {(edge - 1, edge + 1) for edge in edges - {0}}
    for edge in part_edges:
        spans |= {(edge - 1, edge), (edge, edge + 1), (edge - 1, edge + 1),
                  (edge - SEGMENT, edge), (edge, edge + SEGMENT),
                  (edge - SEGMENT - 1, edge + SEGMENT + 1)}
    spans = {(max(0, start), min(size, end)) for start, end in spans}
    spans |= {(0, min(size, 2 * SEGMENT)), (size // 2, size // 2 + 1)}
    texts = {f"bytes={start}-{end - 1}": (start, end) for start, end in spans if start < end}
    tail = min(size, SEGMENT + 1)
    texts |= {"bytes=-1": (size - 1, size), f"bytes={size - 1}-": (size - 1, size),
              f"bytes=-{tail}": (size - tail, size), f"bytes={size - tail}-": (size - tail, size),
              f"bytes={size - tail}-{size + 10}": (size - tail, size)}
    if size <= 5 * MIB:
        texts |= {"bytes=0-": (0, size), f"bytes=-{size + 1}": (0, size)}
    return texts


@pytest.mark.parametrize("mode_name", MODE_NAMES)
@pytest.mark.parametrize("client", [AWS, Curl], ids=["whole-segments", "odd-parts"])
def test_each_part_by_its_number(gateway, all_modes, sources, transfers, client, mode_name):
    mode, size, s3 = all_modes[mode_name], SIZES[-1], gateway.s3()
    transfers(client, mode)
    about = {"Bucket": BUCKET, "Key": prefix_of(client, mode) + str(size), **mode.boto_read()}
    with open(sources / str(size), "rb") as source:
        data = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    starts = range(0, size, client.part_bytes)
    for number, start in enumerate(starts, 1):
        end = min(start + client.part_bytes, size)
        head = s3.head_object(PartNumber=number, **about)
        got = s3.get_object(PartNumber=number, **about)
        for answer in (head, got):
            assert answer["PartsCount"] == len(starts)
            assert answer["ContentLength"] == end - start
            assert answer["ContentRange"] == f"bytes {start}-{end - 1}/{size}"
        assert got["Body"].read() == data[start:end]
    with pytest.raises(s3.exceptions.ClientError) as failure:
        s3.get_object(PartNumber=len(starts) + 1, **about)
    assert failure.value.response["Error"]["Code"] == "InvalidPartNumber"


@pytest.fixture(scope="module")
def secrets(sources):
    """What the store must not hold: plaintext from every place of every file, metadata, keys."""
    raw, text, digest = customer_key("matrix")
    needles = [NOTE.encode(), CONTENT_TYPE.encode(), raw, text.encode(), digest.encode()]
    for size in SIZES:
        data = (sources / str(size)).read_bytes()
        places = {0, SEGMENT - 12, SEGMENT, size // 2, 8 * MIB, 8 * MIB - 24, size - 24}
        pieces = {place: data[place:place + 24] for place in places if place >= 0}
        needles += [piece for piece in pieces.values() if len(piece) == 24 and b"\n" not in piece]
        if size > 1:
            needles.append(hashlib.md5(data).digest())
            needles.append(hashlib.sha256(data).digest())
    needles = sorted({needle for needle in needles if b"\n" not in needle})
    assert len(needles) > 30
    return needles


def test_the_store_holds_nothing_in_the_clear(gateway, all_modes, transfers, secrets):
    for client in CLIENTS:
        for mode in all_modes.values():
            transfers(client, mode)
    listed = gateway.s3().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    sizes = [entry["Size"] for page in listed for entry in page["Contents"]]
    assert len(sizes) == len(CLIENTS) * len(MODE_NAMES) * len(SIZES)
    store = pathlib.Path(gateway.store_data)
    held = sum(path.stat().st_size for path in gateway.stored_files())
    assert held > sum(sizes) > 2_000 * MIB
    assert gateway.find_in_store(secrets) == set()
    # What storage may see is found by the same search, in the index.
    assert gateway.find_in_store([b"boto3/SSE-C/65537"]) == {b"boto3/SSE-C/65537"}
    # A file of secrets in any spelling would have been found, wherever it stood.
    canary = store / "objects" / "7f" / ("7f" * 16)
    noise = random.Random(1)
    for spell in range(8):
        told = [list(spellings(secret)) for secret in secrets]
        chosen = [forms[spell] if spell < len(forms) else forms[0] for forms in told]
        canary.write_bytes(b"".join(form + noise.randbytes(99) for form in chosen))
        assert find(canary.parent, secrets) == set(secrets)
    canary.unlink()


def test_the_logs_hold_no_customer_key(gateway, transfers, all_modes, secrets):
    transfers(Curl, all_modes["SSE-C"])
    raw, text, digest = customer_key("matrix")
    written = gateway.log().encode() + (gateway.state / "store.log").read_bytes()
    for secret in (raw, text.encode(), digest.encode(), NOTE.encode()):
        assert not any(form in written for form in spellings(secret))

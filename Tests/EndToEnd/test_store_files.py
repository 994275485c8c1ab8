"""Large bodies that the store passes as open files: the clients see no difference, and what is read
from them is checked like what is sent."""

import base64
import os
import pathlib
import re

import pytest

from deployment import Deployment, customer_headers, until
from modes import BUCKET_KEY, SSE
from wire import Connection, Signature, call

MIB = 1 << 20
SIZE = 24 * MIB + 12_345
BUCKET = "store-files"
TARGET = f"/{BUCKET}/k"
MODES = {"SSE-S3": {SSE: "AES256"}, "SSE-KMS": {SSE: "aws:kms"},
         "bucket key": {SSE: "aws:kms", BUCKET_KEY: "true"}, "SSE-C": customer_headers("files")}


@pytest.fixture(scope="module")
def files(scratch):
    with Deployment(scratch / "store-files") as deployment:
        deployment.s3().create_bucket(Bucket=BUCKET)
        yield deployment


def received(gateway):
    return gateway.metrics()["sealgate_store_files_received_total"]


def passed(gateway, target=TARGET, headers=None):
    """What a GET gives whose body came as files: the first may bring it into memory."""
    for _ in range(10):
        before = received(gateway)
        answer = call(gateway, "GET", target, headers)
        if received(gateway) > before:
            return answer
    raise AssertionError("the body doesn't come as files")


def open_files(gateway):
    """Bodies of the store that the gateway has open."""
    folder, count = str(pathlib.Path(gateway.store_data).resolve()), 0
    for entry in pathlib.Path(f"/proc/{gateway.gateway_pid}/fd").iterdir():
        try:
            count += os.readlink(entry).startswith(folder)
        except FileNotFoundError:
            pass
    return count


def stored(gateway, data):
    """Stores an object; gives the file that its body is in."""
    before = gateway.body_files()
    assert call(gateway, "PUT", TARGET, {}, data).status == 200
    [path] = gateway.body_files() - before
    return path


def slow(gateway, target=TARGET, headers=None):
    """A connection that asked for an object and has taken none of it yet but the head."""
    connection = Connection(gateway)
    connection.begin("GET", target, Signature(gateway, "GET", target, headers or {}).headers)
    status, fields = connection.head()
    assert status == 200
    return connection, int(fields["content-length"])


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_comes_as_files(files, mode):
    data, headers = os.urandom(SIZE), MODES[mode]
    customer = {n: v for n, v in headers.items() if "customer" in n}
    assert call(files, "PUT", TARGET, headers, data).status == 200
    assert passed(files, headers=customer).body == data
    before = received(files)
    answer = files.signed("GET", TARGET, headers=customer, http2=True)
    assert answer.http_version == "HTTP/2" and answer.content == data
    assert received(files) > before
    for first, last in [(0, 0), (MIB - 1, 2 * MIB), (65_535, 9 * MIB), (SIZE - MIB, SIZE - 1)]:
        ranged = call(files, "GET", TARGET, {**customer, "range": f"bytes={first}-{last}"})
        assert (ranged.status, ranged.body) == (206, data[first:last + 1])
    until(lambda: open_files(files) == 0)


def test_parts_are_passed_together(files):
    s3, key = files.s3(), "parts"
    about = {"Bucket": BUCKET, "Key": key}
    about["UploadId"] = s3.create_multipart_upload(**about)["UploadId"]
    pieces = [os.urandom(size) for size in (5 * MIB, 6 * MIB + 1, 70_000)]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        PartNumber=number, Body=piece, **about)["ETag"]} for number, piece in enumerate(pieces, 1)]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **about)
    target, data = f"/{BUCKET}/{key}", b"".join(pieces)
    before = received(files)
    assert passed(files, target).body == data
    assert received(files) - before == 3
    for number, piece in enumerate(pieces, 1):
        assert call(files, "GET", f"{target}?partNumber={number}").body == piece
    until(lambda: open_files(files) == 0)


def test_who_leaves_leaves_no_open_file(files):
    call(files, "PUT", TARGET, {}, os.urandom(SIZE))
    passed(files)
    connections = [slow(files)[0] for _ in range(8)]
    until(lambda: open_files(files) == 8)
    for connection in connections:
        connection.socket.close()
    until(lambda: open_files(files) == 0)


def test_what_was_begun_is_read_to_its_end(files):
    """However the object fares meanwhile: replaced, or deleted."""
    data = os.urandom(SIZE)
    call(files, "PUT", TARGET, {}, data)
    passed(files)
    replaced, count = slow(files)
    call(files, "PUT", TARGET, {}, b"another")
    assert replaced.take(count) == data
    call(files, "PUT", TARGET, {}, data)
    passed(files)
    deleted, count = slow(files)
    call(files, "DELETE", TARGET)
    until(lambda: call(files, "GET", TARGET).status == 404)
    assert deleted.take(count) == data
    until(lambda: open_files(files) == 0)


@pytest.mark.parametrize("where", [0, 40, 96, 65_000, MIB, 3 * MIB, -1])
def test_a_flipped_bit_in_a_file_is_no_answer(files, where):
    """In the header nothing is given; behind it what was verified before, then the end."""
    data = os.urandom(4 * MIB)
    path = stored(files, data)
    passed(files)
    sealed = path.read_bytes()
    position = where % len(sealed)
    with open(path, "r+b") as file:
        file.seek(position)
        file.write(bytes([sealed[position] ^ 1]))
    seen = received(files)
    with Connection(files) as connection:
        connection.begin("GET", TARGET, Signature(files, "GET", TARGET, {}).headers)
        while connection.more():
            if b"InternalError" in connection.buffer:
                break
    head, _, body = connection.buffer.partition(b"\r\n\r\n")
    assert received(files) == seen + 1
    if position < 65_536:
        assert head.startswith(b"HTTP/1.1 500 ")
    else:
        assert len(body) < len(data) and data.startswith(body)
    until(lambda: open_files(files) == 0)


def test_a_file_cut_short_is_no_answer(files):
    data = os.urandom(SIZE)
    path = stored(files, data)
    passed(files)
    connection, count = slow(files)
    os.truncate(path, SIZE // 2)
    while connection.more():
        pass
    assert len(connection.buffer) < count and data.startswith(connection.buffer)
    until(lambda: open_files(files) == 0)


def test_what_leaves_memory_meanwhile_comes_from_the_disk(files):
    data = os.urandom(SIZE)
    path = stored(files, data)
    descriptor = os.open(path, os.O_RDWR)
    os.fsync(descriptor)
    assert passed(files).body == data
    waits = "sealgate_store_file_waits_total"
    seen = files.metrics()[waits]
    # All but the beginning, at which the store looks; where the file system has no other place
    # than memory there is nothing to wait for.
    os.posix_fadvise(descriptor, 8 * MIB, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    assert passed(files).body == data
    kind = files.run("stat", "--file-system", "--format=%T", str(path)).stdout.strip()
    assert files.metrics()[waits] > seen or kind in ("tmpfs", "ramfs")


def test_a_link_is_made_anew_with_the_store(scratch):
    with Deployment(scratch / "store-files-anew") as gateway:
        gateway.s3().create_bucket(Bucket=BUCKET)
        data = os.urandom(2 * MIB)
        call(gateway, "PUT", TARGET, {}, data)
        assert passed(gateway).body == data
        link = pathlib.Path(gateway.store_socket + ".files")
        assert link.is_socket() and link.stat().st_mode & 0o777 == 0o600
        gateway.restart()
        assert passed(gateway).body == data


def test_no_files_where_the_settings_say_so(scratch):
    environment = {"SEALGATE_LIMITS_STORE_FILES": "0"}
    with Deployment(scratch / "store-files-none", environment=environment) as gateway:
        gateway.s3().create_bucket(Bucket=BUCKET)
        data = os.urandom(2 * MIB)
        call(gateway, "PUT", TARGET, {}, data)
        for _ in range(3):
            assert call(gateway, "GET", TARGET).body == data
        assert received(gateway) == 0


def test_files_are_read_only_and_hold_ciphertext(files):
    """What the gateway is given is what the store has: no plaintext, and nothing to write to."""
    data = b"plaintext, again and again" * 200_000
    call(files, "PUT", TARGET, {}, data)
    passed(files)
    connection, _ = slow(files)
    until(lambda: open_files(files) == 1)
    folder = str(pathlib.Path(files.store_data).resolve())
    for entry in pathlib.Path(f"/proc/{files.gateway_pid}/fd").iterdir():
        if os.readlink(entry).startswith(folder):
            text = pathlib.Path(f"/proc/{files.gateway_pid}/fdinfo/{entry.name}").read_text()
            assert int(re.search(r"flags:\s+(\d+)", text)[1], 8) & os.O_ACCMODE == os.O_RDONLY
            assert b"plaintext" not in entry.read_bytes()
    connection.socket.close()
    assert not files.find_in_store([b"plaintext, again", base64.b64encode(data[:30])])

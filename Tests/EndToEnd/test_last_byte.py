"""A gibibyte whose last byte breaks a promise: nothing of it stays, and until then the gateway held
a few segments of it in memory and none on a disk."""

import base64
import hashlib
import os
import pathlib
import stat
import subprocess
import time
import zlib

import pytest

from deployment import customer_headers
from modes import BUCKET_KEY, SSE
from wire import (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, Answer, Connection, Signature, call,
                  element)

MIB = 1 << 20
# Fewer bytes are for a quick look while one works on it.
BYTES = int(os.environ.get("SEALGATE_E2E_STREAM_BYTES", 1 << 30))
MEMORY_GROWTH_MAX, SPOOL_MAX = 16 * MIB, MIB
PIECE = os.urandom(MIB)
MODES = [{SSE: "AES256"}, {SSE: "aws:kms", BUCKET_KEY: "true"}, customer_headers("last byte")]


def pieces(last):
    """The body: the same mebibyte again and again, its last byte apart and another one."""
    for _ in range(BYTES // MIB - 1):
        yield PIECE
    yield PIECE[:-1]
    yield bytes([PIECE[-1] ^ last])


@pytest.fixture(scope="module")
def promised():
    """What is promised of the body: the digests of one whose last byte isn't the one sent."""
    digests, crc = {"sha256": hashlib.sha256(), "md5": hashlib.md5()}, 0
    for piece in pieces(last=1):
        crc = zlib.crc32(piece, crc)
        for digest in digests.values():
            digest.update(piece)
    return {"sha256": digests["sha256"].hexdigest(),
            "md5": base64.b64encode(digests["md5"].digest()).decode(),
            "crc32": base64.b64encode(crc.to_bytes(4, "big")).decode()}


class Upload:
    """One way to break a promise: headers, the body as it is framed, and the refusal."""

    def __init__(self, promised, what):
        self.promised, self.what = promised, what
        self.payload = {"chunk-signature": SIGNED, "trailer-signature": SIGNED_TRAILER,
                        "trailer-checksum": UNSIGNED_TRAILER,
                        "sha256": promised["sha256"]}.get(what, "UNSIGNED-PAYLOAD")

    @property
    def headers(self):
        if self.what == "md5":
            return {"content-md5": self.promised["md5"]}
        if self.what == "checksum":
            return {"x-amz-checksum-crc32": self.promised["crc32"]}
        if self.what == "sha256":
            return {}
        trailer = {} if self.payload == SIGNED else {"x-amz-trailer": "x-amz-checksum-crc32"}
        return {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(BYTES),
                **trailer}

    @property
    def length(self):
        return None if "content-encoding" in self.headers else BYTES

    def body(self, signature):
        """The frames, the last byte of the body and what is behind it in the last of them."""
        *most, last = pieces(last=0)
        if self.length:
            yield from most
            yield last
            return

        def chunk(data, **options):
            if self.payload == UNSIGNED_TRAILER:
                return b"%x\r\n" % len(data) + data + b"\r\n"
            return signature.chunk(data, **options)

        for piece in most:
            yield chunk(piece)
        end = chunk(last, tamper=True) if self.what == "chunk-signature" else chunk(last)
        end += chunk(b"")
        if self.what == "trailer-signature":
            end = end[:-2] + signature.trailer("x-amz-checksum-crc32", crc_of_what_is_sent(), True)
        if self.what == "trailer-checksum":
            end = end[:-2] + f"x-amz-checksum-crc32:{self.promised['crc32']}\r\n\r\n".encode()
        yield end


def crc_of_what_is_sent():
    crc = 0
    for piece in pieces(last=0):
        crc = zlib.crc32(piece, crc)
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def by_http1(gateway, target, headers, body, length, paused):
    with Connection(gateway, timeout=60) as connection:
        framing = {"content-length": str(length)} if length else {"transfer-encoding": "chunked"}
        connection.begin("PUT", target, {**headers, **framing})
        for frame, is_last in with_last(body):
            if is_last:
                paused()
            connection.send(frame if length else b"%x\r\n" % len(frame) + frame + b"\r\n")
        if not length:
            connection.send(b"0\r\n\r\n")
        return connection.answer()


def by_http2(gateway, target, headers, body, length, paused):
    options = [part for name, value in headers.items() if name != "host"
               for part in ("--header", f"{name}: {value}")]
    options += ["--header", f"content-length: {length}"] if length else []
    curl = subprocess.Popen(
        ["curl", "--silent", "--show-error", "--http2", "--cacert", gateway.ca, "--upload-file",
         "-", "--max-time", "120", *options, "--write-out", "\n%{http_version} %{http_code}",
         gateway.endpoint + target],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for frame, is_last in with_last(body):
        if is_last:
            curl.stdin.flush()
            paused()
        curl.stdin.write(frame)
    document, _, said = curl.communicate(timeout=120)[0].rpartition(b"\n")
    version, status = said.split()
    assert (curl.returncode, version) == (0, b"2")
    return Answer(int(status), {}, document)


def with_last(frames):
    """Each of them, and whether it is the last."""
    before = None
    for frame in frames:
        if before is not None:
            yield before, False
        before = frame
    yield before, True


REFUSALS = {
    "chunk-signature": (403, "SignatureDoesNotMatch"),
    "trailer-signature": (403, "SignatureDoesNotMatch"),
    "trailer-checksum": (400, "BadDigest"),
    "checksum": (400, "BadDigest"),
    "md5": (400, "BadDigest"),
    "sha256": (400, "XAmzContentSHA256Mismatch"),
}
# What is of S3 alone by both protocols; digests of the whole body, made alike by both, by one.
PROTOCOLS = {"checksum": [by_http1], "md5": [by_http2], "sha256": [by_http1]}
ROWS = [(what, send, (index + turn) % 2 == 0, MODES[(index + turn) % 3])
        for index, what in enumerate(REFUSALS)
        for turn, send in enumerate(PROTOCOLS.get(what, [by_http1, by_http2]))]


@pytest.mark.parametrize(
    "what, send, is_part, mode", ROWS,
    ids=[f"{what}-{send.__name__}-{'part' if is_part else 'object'}"
         for what, send, is_part, _ in ROWS])
def test_nothing_stays_of_it(gateway, bucket, promised, what, send, is_part, mode):
    s3, target, customer = gateway.s3(), f"/{bucket}/k", {}
    if "customer" in str(mode):
        customer = mode
    if is_part:
        created = call(gateway, "POST", target + "?uploads", mode)
        upload = element(created.body, "UploadId")
        target += f"?partNumber=1&uploadId={upload}"
    small = call(gateway, "PUT", f"/{bucket}/small", mode, PIECE)
    assert small.status == 200, small
    size, memory, spool = stored_bytes(gateway), gateway.memory_peak_bytes(), spooled_bytes(gateway)
    seen = []

    def paused():
        """All but the last byte is sent: the store has it, and no one else."""
        deadline = time.monotonic() + 30
        while stored_bytes(gateway) - size < BYTES - 4 * MIB:
            assert time.monotonic() < deadline, stored_bytes(gateway) - size
            time.sleep(0.01)
        seen.append(spooled_bytes(gateway) - spool)

    about = Upload(promised, what)
    headers = about.headers | (customer if is_part else mode)
    signature = Signature(gateway, "PUT", target, headers, about.payload)
    answer = send(gateway, target, signature.headers, about.body(signature), about.length, paused)
    assert (answer.status, answer.code) == REFUSALS[what], answer

    growth = gateway.memory_peak_bytes() - memory
    print(f"{what}, {send.__name__}: {growth >> 10} KiB more memory, {seen[0]} bytes spooled")
    assert growth < MEMORY_GROWTH_MAX and seen[0] < SPOOL_MAX
    deadline = time.monotonic() + 10
    while stored_bytes(gateway) - size > 2 * MIB:
        assert time.monotonic() < deadline, stored_bytes(gateway) - size
        time.sleep(0.01)
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["small"]
    if is_part:
        assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    assert call(gateway, "GET", f"/{bucket}/k", customer).status == 404


def stored_bytes(gateway):
    """What the files of the store take; files come and go meanwhile."""
    total = 0
    for path in gateway.stored_files():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            pass
    return total


def spooled_bytes(gateway):
    """The lengths of all files that the gateway has open, those without a name too."""
    total = 0
    for link in pathlib.Path(f"/proc/{gateway.gateway_pid}/fd").iterdir():
        try:
            about = link.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(about.st_mode):
            total += about.st_size
    return total

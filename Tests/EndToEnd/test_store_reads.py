"""What reads cost the store: a range asks it for the segments that hold it, and for no more."""

import os
import re
import socket

import pytest

from deployment import Deployment, customer_headers
from modes import BUCKET_KEY, SSE, boto_arguments
from wire import Connection, Signature, call

MIB, SEGMENT = 1 << 20, 65_536
# docs/format.md: a header before the segments of a stream, a tag behind each segment.
HEADER = 96
# Digits of lengths and of ranges in the heads of answers.
DIGITS = 64
BUCKET = "store-reads"
MODES = {"SSE-S3": {SSE: "AES256"}, "SSE-KMS": {SSE: "aws:kms"},
         "bucket key": {SSE: "aws:kms", BUCKET_KEY: "true"}, "SSE-C": customer_headers("reads")}
SIZES = [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1, 5 * SEGMENT + 17]
PARTS = [5 * MIB, 5 * MIB + 1, 6 * MIB - 70_001, SEGMENT + 3]
LENGTHS = [1, 2, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 1]


class StoreMeter:
    """How many bytes the store has written, or passed in open files, by its own count."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.last = self.read()

    def read(self):
        """The count, and the length of the answer that tells it: that comes on top."""
        self.socket.sendall(b"GET /?sealgate-metrics HTTP/1.1\r\nhost: store\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self.more()
        counts = re.findall(rb"(?m)^sealgate_store_requests_total\{(.*)\} (\S+)$", body)
        self.requests = sum(float(count) for _, count in counts)
        self.probes = sum(float(count) for labels, count in counts if b'"HeadBucket"' in labels)
        count = sum(float(re.search(rb"(?m)^sealgate_store_%s_bytes_total (\S+)$" % way, body)[1])
                    for way in (b"sent", b"passed"))
        return int(count), len(head) + 4 + length

    def more(self):
        data = self.socket.recv(1 << 16)
        assert data, "the store closed"
        return data

    def of(self, ask):
        """What `ask` gives, and the bytes written for it alone: once more where the gateway looked
        meanwhile whether the store is well. `asked` says how many requests that took."""
        for _ in range(5):
            self.since()
            probes, requests = self.probes, self.requests
            answer, count = ask(), self.since()
            self.asked = self.requests - requests
            if self.probes == probes:
                return answer, count
        raise AssertionError("a read asks for its bucket, or the gateway for nothing else")

    def since(self):
        """The bytes written since the last call, but for those that told of it."""
        before, told = self.last
        self.last = self.read()
        return self.last[0] - before - told


class Reader:
    """Ranged reads of one object on one connection, each with what the store wrote for it."""

    def __init__(self, gateway, meter, key, headers):
        self.connection, self.meter = Connection(gateway), meter
        self.target, self.gateway = f"/{BUCKET}/{key}", gateway
        customer = {n: v for n, v in headers.items() if "customer" in n}
        self.headers = Signature(gateway, "GET", self.target, customer).headers
        # Beside the stored bytes there are the heads of the store's answers, and the part table
        # of an object that has one. What those take is what HEADs take, which read no body: one
        # of the object and one of its first part, once keys are in memory.
        assert self.read("bytes=0-0")[0].status == 206
        self.beside = DIGITS + sum(self.head(query, customer) for query in ("", "?partNumber=1"))
        assert DIGITS < self.beside < 8_192

    def head(self, query, customer):
        target = self.target + query
        headers = Signature(self.gateway, "HEAD", target, customer).headers

        def ask():
            self.connection.begin("HEAD", target, headers)
            return self.connection.answer("HEAD")

        answer, sent = self.meter.of(ask)
        assert answer.status in (200, 206)
        return sent

    def read(self, text):
        def ask():
            self.connection.begin("GET", self.target, {**self.headers, "range": text})
            return self.connection.answer()

        return self.meter.of(ask)


@pytest.fixture(scope="module")
def gateway(scratch):
    """One that remembers a bucket's settings: which read looks them up again would be chance."""
    environment = {"SEALGATE_LIMITS_BUCKET_SETTINGS_LIFETIME": "5m"}
    with Deployment(scratch / "store-reads", environment=environment) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def meter(gateway):
    gateway.s3().create_bucket(Bucket=BUCKET)
    return StoreMeter(gateway.store_socket)


def spans(size, edges):
    """Each length at, before and behind each edge; the whole, and what is left from near the end."""
    yield 0, size
    for edge in edges:
        for start in {max(0, edge - 1), edge, edge + 1}:
            for length in LENGTHS:
                if start < size:
                    yield start, min(size, start + length)
            if size - MIB < start < size:
                yield start, size


def check(reader, data, edges):
    for start, end in sorted(set(spans(len(data), edges))):
        text = f"bytes={start}-{end - 1}"
        answer, sent = reader.read(text)
        assert (answer.status, answer.body) == (206, data[start:end]), text
        assert answer.headers["content-range"] == f"{text.replace('=', ' ')}/{len(data)}"
        # Beside the plaintext: what is left of two segments, the tag of each, and one header.
        tags = 16 * ((end - start) // SEGMENT + 2)
        most = end - start + 2 * SEGMENT + tags + HEADER + reader.beside
        assert end - start < sent <= most, (text, sent, most)


@pytest.mark.parametrize("mode", MODES)
def test_a_range_of_one_stream(gateway, meter, mode):
    for size in SIZES:
        data = os.urandom(size)
        key = f"{mode.replace(' ', '-')}-{size}"
        assert call(gateway, "PUT", f"/{BUCKET}/{key}", MODES[mode], data).status == 200
        check(Reader(gateway, meter, key, MODES[mode]), data, range(0, size + 1, SEGMENT))


@pytest.mark.parametrize("mode", MODES)
def test_a_range_of_parts(gateway, meter, mode):
    """Parts of whole segments and others, so that edges of parts and segments fall apart."""
    s3, key = gateway.s3(), f"{mode.replace(' ', '-')}-parts"
    write = boto_arguments(MODES[mode])
    if write.get("BucketKeyEnabled"):
        write["BucketKeyEnabled"] = True
    customer = write if mode == "SSE-C" else {}
    about = {"Bucket": BUCKET, "Key": key}
    about["UploadId"] = s3.create_multipart_upload(**about, **write)["UploadId"]
    pieces = [os.urandom(size) for size in PARTS]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        PartNumber=number, Body=piece, **about, **customer)["ETag"]}
        for number, piece in enumerate(pieces, 1)]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **about, **customer)
    data, edges, start = b"".join(pieces), [], 0
    for size in PARTS:
        edges += [start, start + SEGMENT, start + size - size % SEGMENT]
        start += size
    check(Reader(gateway, meter, key, MODES[mode]), data, [*edges, start])


def test_a_listing_reads_no_body_and_asks_nothing_a_key(gateway, meter):
    """Sizes and ETags of all modes come with the one answer of the store's index."""
    bucket, count, size = "store-listed", 40, 3 * SEGMENT
    gateway.s3().create_bucket(Bucket=bucket)
    for number in range(count):
        headers = list(MODES.values())[number % len(MODES)]
        assert call(gateway, "PUT", f"/{bucket}/{number}", headers, bytes(size)).status == 200
    with Connection(gateway) as connection:
        listed, costs = f"/{bucket}?list-type=2", []
        for target, keys in ((f"{listed}&max-keys=1", 1), (listed, count)):
            connection.request("GET", target)
            answer, sent = meter.of(lambda: connection.request("GET", target))
            assert answer.body.count(f"<Size>{size}</Size>".encode()) == keys
            assert sent < 2_048 * (keys + 1)
            costs.append(meter.asked)
        assert costs[0] == costs[1], "as many requests for forty keys as for one"

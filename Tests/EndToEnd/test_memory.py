"""Sixteen clients at a time stream a gibibyte each, up and then down: the gateway stays under
128 MiB throughout, since no body is ever held whole."""

import hashlib
import os
import shutil
import subprocess
import time

import pytest

from modes import BUCKET_KEY, SSE

CLIENTS = 16
# Fewer bytes are for a quick look while one works on it.
BYTES = int(os.environ.get("SEALGATE_E2E_STREAM_BYTES", 1 << 30))
RESIDENT_BYTES_MAX = 128 << 20
SEGMENT = 65_536
MODES = [{SSE: "AES256"}, {SSE: "aws:kms", BUCKET_KEY: "true"}]


@pytest.fixture(scope="module")
def source(scratch):
    """A sparse file in which no two segments are alike, and its SHA-256."""
    path = scratch / "source"
    with open(path, "wb") as file:
        for start in range(0, BYTES, SEGMENT):
            file.seek(start)
            file.write(start.to_bytes(8, "big"))
        file.truncate(BYTES)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    yield path, digest
    path.unlink()


class Stream:
    """One client: HTTP/1.1 and HTTP/2 in turn, SSE-S3 and SSE-KMS in turn of two."""

    def __init__(self, gateway, number):
        self.gateway, self.number = gateway, number
        self.protocol = ["--http1.1", "--http2"][number % 2]
        self.headers = MODES[number // 2 % 2]
        self.path = f"/streams/{number}"

    # One of each protocol and mode is hashed as it comes; to hash all would cost more processor
    # than the gateway takes.
    is_hashed = property(lambda self: self.number < 4)

    def upload(self, source):
        url = self.gateway.presigned("PUT", self.path, headers=self.headers)
        headers = [part for name, value in self.headers.items()
                   for part in ("--header", f"{name}: {value}")]
        self.start("curl", "--write-out", "%{http_version} %{size_upload}", "--output", "/dev/null",
                   "--upload-file", source, *headers, url)

    def download(self):
        url = self.gateway.presigned("GET", self.path)
        if self.is_hashed:
            self.start("bash", "-c", 'set -o pipefail; curl "$@" | sha256sum', "curl", url)
        else:
            self.start("curl", "--write-out", "%{http_version} %{size_download}",
                       "--output", "/dev/null", url)

    def start(self, *command):
        self.process = subprocess.Popen(
            [*map(str, command), "--silent", "--show-error", "--fail", self.protocol,
             "--max-time", "600", "--cacert", self.gateway.ca],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def said(self):
        said, _ = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, (self.number, said)
        return said.split()

    def version(self):
        return self.protocol.removeprefix("--http")


def test_sixteen_gibibytes_up_and_down_in_128_mebibytes(gateway, source):
    path, digest = source
    room = shutil.disk_usage(gateway.store_data).free
    assert room > CLIENTS * BYTES + (2 << 30), f"{room} bytes free are too few"
    gateway.s3().create_bucket(Bucket="streams")
    streams = [Stream(gateway, number) for number in range(CLIENTS)]
    peaks, began = {}, time.monotonic()

    def note(what):
        seconds = time.monotonic() - began
        peaks[what] = gateway.memory_peak_bytes()
        print(f"{what}: {seconds:.0f} s, {peaks[what] >> 20} MiB")
        assert peaks[what] < RESIDENT_BYTES_MAX, peaks

    note("start")
    for stream in streams:
        stream.upload(path)
    for stream in streams:
        assert stream.said() == [stream.version(), str(BYTES)]
    note("up")
    listed = gateway.s3().list_objects_v2(Bucket="streams")["Contents"]
    assert [entry["Size"] for entry in listed] == [BYTES] * CLIENTS
    for stream in streams:
        stream.download()
    for stream in streams:
        expected = [digest, "-"] if stream.is_hashed else [stream.version(), str(BYTES)]
        assert stream.said() == expected
    note("down")

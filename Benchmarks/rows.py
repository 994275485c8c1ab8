"""What is measured: each row is one workload, run against every target in turn."""
import dataclasses
import hashlib
import os
import pathlib
import time
from typing import Callable

from clients import CONNECTIONS
from processes import BenchError, spent
from servers import DISCARD_SUFFIX, NGINX_STOCK

GIB, MIB = 1 << 30, 1 << 20
SMALL_BYTES = 1024
SMALL_KEYS = [f"small-{index:04}" for index in range(1000)]
PART_COUNT = 16

SSE = "x-amz-server-side-encryption"
# No MD5 and no call to the KMS a request: how an application that wants speed would upload.
BUCKET_KEY = {SSE: "aws:kms", f"{SSE}-bucket-key-enabled": "true"}
SSE_S3 = {SSE: "AES256"}


@dataclasses.dataclass
class Sizes:
    """How much one run of a row moves."""

    bulk_bytes: int
    requests: int
    stored_requests: int  # to servers that store

    @property
    def part_bytes(self):
        return self.bulk_bytes // PART_COUNT


FULL = Sizes(GIB, 16_000, 2_400)
QUICK = Sizes(256 * MIB, 10_000, 1_600)


@dataclasses.dataclass
class Work:
    """What a row works on: clients of one target, and the files of the run."""

    clients: object
    files: object
    sizes: Sizes
    data: pathlib.Path | None = None  # where servers that store have their folders


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a row: CPU-seconds of the server a unit, units a second, and what it held."""

    cpu: float
    rate: float
    peak_bytes: int
    seconds: list[float]  # of each request; empty where the client doesn't tell


@dataclasses.dataclass(frozen=True)
class Row:
    """One workload. `goal` is the ratio it should reach; `is_bulk` decides the unit."""

    name: str
    title: str
    run: Callable[[Work], list[float] | None]
    goal: float | None
    is_bulk: bool
    in_quick: bool
    stores: bool = False  # against servers that store, not before the sink
    prepare: Callable[[Work], object] | None = None  # before each run, and not measured

    @property
    def turns(self):
        """Runs a round: half a second of small requests says less than gigabytes do."""
        return 1 if self.is_bulk or self.stores else 3

    def units(self, sizes):
        """GiB, or thousands of requests."""
        requests = sizes.stored_requests if self.stores else sizes.requests
        return sizes.bulk_bytes / GIB if self.is_bulk else requests / 1000

    def runs_on(self, target):
        """The sizes of nginx's buffers matter to large objects alone."""
        return target.name != NGINX_STOCK or self.is_bulk and self.goal

    def measure(self, work):
        server = work.clients.target.server
        if self.prepare:
            self.prepare(work)
        server.reset_peak()
        before, started = server.settled_cpu(), time.monotonic()
        times = self.run(work)
        seconds = time.monotonic() - started
        after = server.settled_cpu()
        server.require_running()
        units = self.units(work.sizes)
        cpu = spent(before, after) / units
        return Run(cpu, units / seconds, server.peak_bytes(), times or [])


class Files:
    """The files that are uploaded; each is made when it is first asked for."""

    def __init__(self, folder, sizes):
        self.folder = folder
        self.sizes = sizes
        self._sha256 = {}

    @property
    def bulk(self):
        return self._file("bulk.bin", self.sizes.bulk_bytes)

    @property
    def part(self):
        return self._file("part.bin", self.sizes.part_bytes)

    @property
    def half(self):
        """For figures of which one run needs less."""
        return self.of(self.sizes.bulk_bytes // 2)

    @property
    def small(self):
        return self.of(SMALL_BYTES)

    def of(self, size):
        return self._file(f"{size}.bin", size)

    def sha256(self, path):
        if path not in self._sha256:
            with path.open("rb") as file:
                self._sha256[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._sha256[path]

    def _file(self, name, size):
        path = self.folder / name
        if not path.exists():
            # Random, and the same block over and over: none of what is measured looks at it.
            block = os.urandom(min(size, 4 * MIB))
            with path.open("wb") as file:
                while file.tell() < size:
                    file.write(block[:size - file.tell()])
        return path


def prepare(work, rows):
    """Stores what the rows read, and reads it back: a wrong byte ends the run."""
    clients, files = work.clients, work.files
    names = {row.name for row in rows}
    stored = [("part", files.part)]
    if names & {"get-h1", "get-h2"}:
        stored.append(("bulk", files.bulk))
    for key, file in stored:
        for http in ("1.1", "2"):
            clients.put(key, file, http, BUCKET_KEY)
            read_back(work, key, file, http)
    options = ["--data", str(files.small)]
    clients.load_small("PUT", SMALL_KEYS, len(SMALL_KEYS) * CONNECTIONS, options, BUCKET_KEY)
    clients.get(SMALL_KEYS[-1], SMALL_BYTES, "2")


def read_back(work, key, file, http):
    """Fetches what was stored from a file: a wrong byte ends the run."""
    copy = work.files.folder / "copy.bin"
    work.clients.get(key, file.stat().st_size, http, copy)
    with copy.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != work.files.sha256(file):
            raise BenchError(f"{work.clients.target.name} gave back other bytes of {key}")
    copy.unlink()


def _put(http, headers):
    def run(work):
        work.clients.put("put" + DISCARD_SUFFIX, work.files.bulk, http, headers)
    return run


def _put_signed(work):
    file = work.files.bulk
    work.clients.put_signed(
        "put" + DISCARD_SUFFIX, file, work.files.sha256(file), "1.1", BUCKET_KEY
    )


def _get(http):
    def run(work):
        work.clients.get("bulk", work.sizes.bulk_bytes, http)
    return run


def _put_parts(work):
    keys = [f"part-{index:02}{DISCARD_SUFFIX}" for index in range(PART_COUNT)]
    options = ["--data", str(work.files.part)]
    return work.clients.load("PUT", keys, PART_COUNT, 1, PART_COUNT, options, BUCKET_KEY)


def _get_parts(work):
    options = ["--window-bits", "24", "--connection-window-bits", "26"]
    return work.clients.load("GET", ["part"], PART_COUNT, 1, PART_COUNT, options)


def _put_small(h1):
    def run(work):
        options = ["--data", str(work.files.small)]
        return work.clients.load_small(
            "PUT", SMALL_KEYS, work.sizes.requests, options, BUCKET_KEY, h1
        )
    return run


def _get_small(h1):
    def run(work):
        return work.clients.load_small("GET", SMALL_KEYS, work.sizes.requests, h1=h1)
    return run


ROWS = [
    Row("put-h1", "PUT 1 GiB, HTTP/1.1", _put("1.1", BUCKET_KEY), 1.05, True, True),
    Row("put-h2", "PUT 1 GiB, HTTP/2", _put("2", BUCKET_KEY), 1.05, True, True),
    Row("put-h2-16", "PUT 16 x 64 MiB at once, HTTP/2", _put_parts, 1.0, True, False),
    Row("get-h1", "GET 1 GiB, HTTP/1.1", _get("1.1"), 0.85, True, True),
    Row("get-h2", "GET 1 GiB, HTTP/2", _get("2"), 0.85, True, True),
    Row("get-h2-16", "GET 16 x 64 MiB at once, HTTP/2", _get_parts, 0.85, True, False),
    Row("put-small-h2", "PUT 1,000 x 1 KiB, HTTP/2", _put_small(False), 1.2, False, True),
    Row("get-small-h2", "GET 1,000 x 1 KiB, HTTP/2", _get_small(False), 0.5, False, True),
    Row("put-small-h1", "PUT 1,000 x 1 KiB, HTTP/1.1", _put_small(True), None, False, False),
    Row("get-small-h1", "GET 1,000 x 1 KiB, HTTP/1.1", _get_small(True), None, False, False),
    Row("put-h1-sse-s3", "PUT 1 GiB, HTTP/1.1, SSE-S3: the ETag is an MD5", _put("1.1", SSE_S3),
        None, True, False),
    Row("put-h1-signed", "PUT 1 GiB, HTTP/1.1, SHA-256 of the payload signed", _put_signed,
        None, True, False),
]

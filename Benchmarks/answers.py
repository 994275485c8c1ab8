"""Answers one at a time: what the gateway adds to the store's, and what a listing costs."""
import concurrent.futures
import contextlib
import socket
import ssl
import statistics
import time
import urllib.parse

from gateway import start_gateway, start_store
from peers import make_bucket, start_sealed
from processes import BenchError, run, spent
from report import quantile
from rows import BUCKET_KEY, SMALL_BYTES, SSE, SSE_S3
from servers import NGINX

BLOCK = 100
BLOCKS = {True: 10, False: 40}
BUSY_SECONDS = {True: 3, False: 8}
LIST_COUNT, PAGES = 1000, 50
LIST_MODES = [("s3", SSE_S3), ("kms", {SSE: "aws:kms"})]


class _Answers:
    """Asks for one thing over and over on one kept connection."""

    def __init__(self, connected, target, host):
        self.connected = connected
        self.request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    def time(self):
        """Seconds from the request's first byte to the answer's last."""
        started = time.perf_counter()
        self.connected.sendall(self.request)
        head, _, body = self._receive_until_head().partition(b"\r\n\r\n")
        left = self._length(head) - len(body)
        while left > 0:
            left -= len(self._receive())
        return time.perf_counter() - started

    def _receive_until_head(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._receive()
        return got

    def _receive(self):
        piece = self.connected.recv(65536)
        if not piece:
            raise BenchError("a connection was closed between answers")
        return piece

    @staticmethod
    def _length(head):
        lines = head.lower().split(b"\r\n")
        lengths = [line for line in lines if line.startswith(b"content-length:")]
        if not lines[0].startswith(b"http/1.1 200") or not lengths:
            raise BenchError("a GET failed", lines[0].decode(errors="replace"))
        return int(lengths[0].partition(b":")[2])


def added_latency(kit):
    """All are asked in turns of a hundred, so that a busy spell hits all.

    What nginx adds to the sink's answer is the yardstick for what TLS and one process more take on
    this machine, with this client.
    """
    sealed, (plain,) = _started(kit, "latency"), kit.site.start_before_sink([NGINX])
    with contextlib.ExitStack() as stack:
        asked = []
        for target in (sealed, plain):
            kit.clients(target).put("latency", kit.files.small, "1.1", BUCKET_KEY)
            path = f"/{target.bucket}/latency"
            asked.append(stack.enter_context(_over_tls(kit, target, path)))
            local = stack.enter_context(socket.socket(socket.AF_UNIX))
            local.settimeout(10)
            local.connect(str(target.socket or kit.site.socket))
            asked.append(_Answers(local, path, "store"))
        times = [[] for _ in asked]
        for _ in range(BLOCKS[kit.is_quick]):
            for each, all_times in zip(asked, times):
                all_times += [each.time() for _ in range(BLOCK)]
    gateway, store, nginx, sink = (1e6 * statistics.median(each) for each in times)
    slow = [1e6 * quantile(sorted(each), 0.99) for each in times]
    return (f"{gateway - store:.0f} us: {gateway:.0f} us, the store alone {store:.0f} us "
            f"(p99 {slow[0]:.0f} and {slow[1]:.0f} us); nginx adds {nginx - sink:.0f} us to the "
            f"sink's {sink:.0f} us")


def beside_bulk(kit):
    """One small object again and again, while two connections fetch a large one over and over."""
    store, at = start_store(kit.site, "busy-store")
    sealed = start_gateway(kit.site, "busy", at, 1)
    make_bucket(kit.site, sealed)
    (plain,) = kit.site.start_before_sink([NGINX])
    told = [_busy(kit, target) for target in (sealed, plain)]
    return f"{told[0]}; nginx {told[1]}"


def _busy(kit, target):
    clients, seconds = kit.clients(target), BUSY_SECONDS[kit.is_quick]
    clients.put("busy-small", kit.files.small, "1.1", BUCKET_KEY)
    clients.put("busy-large", kit.files.part, "1.1", BUCKET_KEY)
    path = f"/{target.bucket}/busy-small"
    with concurrent.futures.ThreadPoolExecutor(1) as pool, _over_tls(kit, target, path) as small:
        alone = [small.time() for _ in range(BLOCK)]
        bulk = pool.submit(clients.load_for, "GET", "busy-large", seconds, 2, 1)
        times = []
        while not bulk.done():
            times.append(small.time())
        bulk.result()
    times = sorted(times[len(times) // 10:-len(times) // 10])
    return (f"p50 {1e6 * statistics.median(times):.0f} and p99 {1e6 * quantile(times, 0.99):.0f} "
            f"us (p50 {1e6 * statistics.median(alone):.0f} us with nothing else to do)")


@contextlib.contextmanager
def _over_tls(kit, target, path):
    """What a target answers to a presigned GET over a connection of its own."""
    url = urllib.parse.urlsplit(target.signer.presign("GET", path))
    context = ssl.create_default_context(cafile=str(kit.site.certificate))
    plain = socket.create_connection((url.hostname, url.port), 10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain, server_hostname=url.hostname) as tls:
        yield _Answers(tls, f"{url.path}?{url.query}", url.netloc)


def list_page(kit):
    """The gateway starts anew after the writes: it remembers none of the objects it lists."""
    target = _started(kit, "list")
    for name, headers in LIST_MODES:
        keys = [f"{name}-{index:04}" for index in range(LIST_COUNT // len(LIST_MODES))]
        options = ["--data", str(kit.files.small)]
        kit.clients(target).load("PUT", keys, len(keys), 1, 16, options, headers)
    gateway, store = target.server.servers
    kit.site.stop(gateway)
    target = start_gateway(kit.site, "list-gateway", target.socket, 0)
    clients, path = kit.clients(target), f"/{target.bucket}"
    query = {"list-type": "2", "max-keys": str(LIST_COUNT)}
    page = run(["curl", "--silent", "--cacert", str(kit.site.certificate),
                target.signer.presign("GET", path, None, query)])
    if page.count("<Contents>") != LIST_COUNT or page.count(f"<Size>{SMALL_BYTES}<") != LIST_COUNT:
        raise BenchError(f"a page lists {page.count('<Contents>')} objects", page[:200])
    servers, calls = [target.server, store], _kms_calls(kit, target)
    before = [server.settled_cpu() for server in servers]
    clients.load("GET", [""], PAGES, 1, 1, parameters=query)
    of_gateway, of_store = (
        1000 * spent(first, server.settled_cpu()) / PAGES for first, server in zip(before, servers)
    )
    return (f"{of_gateway + of_store:.1f} ms ({of_gateway:.1f} the gateway, {of_store:.1f} the "
            f"store), {_kms_calls(kit, target) - calls} calls in {PAGES} pages")


def _started(kit, name):
    target = start_sealed(kit.site, name)
    make_bucket(kit.site, target)
    return target


def _kms_calls(kit, target):
    text = run(["curl", "--silent", "--fail", "--cacert", str(kit.site.certificate),
                target.admin + "/metrics"])
    lines = [line for line in text.splitlines() if line.startswith("sealgate_kms_calls_total")]
    if not lines:
        raise BenchError("the metrics tell no calls to the KMS")
    return sum(int(float(line.split()[-1])) for line in lines)

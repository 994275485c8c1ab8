"""Memory of the gateway: by idle connection, and with many large objects under way."""
import resource
import socket
import ssl
import time
import urllib.parse

from gateway import start_gateway
from http2 import HTTP2Connection
from processes import BenchError, spent
from rows import BUCKET_KEY, SMALL_BYTES
from servers import DISCARD_SUFFIX

IDLE_COUNT = {True: 1000, False: 10_000}
IDLE_SECONDS_MAX = 90
# File descriptors that the gateway and the client need besides.
SPARE_FILES = 500
STREAM_CONNECTIONS, STREAM_COUNT = 4, 64
STREAM_SECONDS = {True: 5, False: 12}
KIB, MIB = 1 << 10, 1 << 20


def idle_connections(kit):
    """Growth of the resident size by connections that have each had one answer, then wait."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    count = min(IDLE_COUNT[kit.is_quick], most - SPARE_FILES)
    target = start_gateway(
        kit.site, "idle", kit.site.socket, kit.site.loops,
        "limits:\n  connections: 20000\n  keep_alive_timeout: 10m\n",
    )
    kit.clients(target).put("idle", kit.files.small, "1.1", BUCKET_KEY)
    url = urllib.parse.urlsplit(target.signer.presign("GET", f"/{target.bucket}/idle"))
    context = ssl.create_default_context(cafile=str(kit.site.certificate))
    context.set_alpn_protocols(["h2"])

    def connect():
        plain = socket.create_connection((url.hostname, url.port), 10)
        connection = HTTP2Connection(context.wrap_socket(plain, server_hostname=url.hostname))
        got = connection.get(url.netloc, f"{url.path}?{url.query}")
        if got != SMALL_BYTES:
            raise BenchError(f"an idle connection's GET gave {got} bytes, not {SMALL_BYTES}")
        return connection

    # What is allocated once isn't a connection's.
    for connection in [connect() for _ in range(20)]:
        connection.close()
    time.sleep(0.5)
    before, open_now, deadline = target.server.resident_bytes(), [], 0
    try:
        deadline = time.monotonic() + IDLE_SECONDS_MAX
        while len(open_now) < count and time.monotonic() < deadline:
            open_now.append(connect())
        time.sleep(1)
        after = target.server.resident_bytes()
    finally:
        for connection in open_now:
            connection.close()
    each = (after - before) / len(open_now)
    return (f"{each / KIB:.1f} KiB each over {len(open_now):,}; "
            f"{after / MIB:.0f} MiB in total, {before / MIB:.0f} MiB of it before")


def many_streams(kit):
    """Largest resident size while 64 streams on 4 connections each move a large object."""
    target = start_gateway(kit.site, "streams", kit.site.socket, kit.site.loops)
    clients, seconds = kit.clients(target), STREAM_SECONDS[kit.is_quick]
    clients.put("streams", kit.files.bulk, "1.1", BUCKET_KEY)
    texts = []
    for method, key, options, headers in [
        ("PUT", "streams" + DISCARD_SUFFIX, ["--data", str(kit.files.bulk)], BUCKET_KEY),
        ("GET", "streams", ["--window-bits", "20", "--connection-window-bits", "24"], None),
    ]:
        target.server.reset_peak()
        before = target.server.cpu()
        clients.load_for(
            method, key, seconds, STREAM_CONNECTIONS, STREAM_COUNT // STREAM_CONNECTIONS,
            options, headers,
        )
        busy = spent(before, target.server.cpu())
        peak = target.server.peak_bytes()
        texts.append(f"{method} {peak / MIB:.0f} MiB ({busy:.1f} CPU-s in {seconds} s)")
    return f"{', '.join(texts)}; objects of {kit.sizes.bulk_bytes // MIB} MiB, cut off then"

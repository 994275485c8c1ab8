"""The load by which release builds are optimized; scripts/profile runs it on programs that count.

training.py FOLDER SEALGATE; each mode of encryption, small and large bodies, both versions of HTTP
and both places of a signature. How fast it goes doesn't matter, what is done how often does.
"""
import base64
import hashlib
import os
import pathlib
import shutil
import sys

from clients import CONNECTIONS, Clients
from gateway import start_gateway, start_store
from peers import make_bucket
from rows import BUCKET_KEY, FULL, MIB, SSE_S3, Files
from servers import Site

REQUESTS = 8_000
PAGES = 200
SIZES = 0, 1024, 4096, 65_536
CUSTOMER_KEY = hashlib.sha256(b"training").digest()
SSE_C = {
    "x-amz-server-side-encryption-customer-" + name: value for name, value in [
        ("algorithm", "AES256"),
        ("key", base64.b64encode(CUSTOMER_KEY).decode()),
        ("key-md5", base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()),
    ]
}


def small(clients, files, encryption, reads):
    """Many objects, written, read and looked at; the most of them over HTTP/2."""
    for size in SIZES:
        keys = [f"{size}-{index:04}" for index in range(400)]
        data = ["--data", str(files.of(size))] if size else []
        count = REQUESTS if size < 65_536 else REQUESTS // 4
        for h1 in False, True:
            share = count // 4 if h1 else count
            clients.load_small("PUT", keys, share, data, encryption, h1)
            clients.load_small("GET", keys, share, (), reads, h1)
        # Not over HTTP/1.1, where h2load waits for the body.
        clients.load_small("HEAD", keys, count // 8, (), reads)
        clients.load_small("DELETE", keys[:100], 100 * CONNECTIONS)


def large(clients, files, encryption, reads):
    keys = [f"large-{index:02}" for index in range(CONNECTIONS)]
    data = ["--data", str(files.of(16 * MIB))]
    clients.load_apart("PUT", keys, 2 * len(keys), data, encryption)
    clients.load_apart("GET", keys, 2 * len(keys), (), reads)
    clients.load("PUT", keys[:4], 8, 1, 4, data, encryption)
    clients.load("GET", keys[:4], 8, 1, 4, (), reads)
    ranged = {**(reads or {}), "range": "bytes=70000-140000"}
    clients.load("GET", keys[:1], 400, 8, 1, (), ranged, h1=True)


def signed_by_header(clients, files, encryption, digest):
    """As the usual clients send requests: signature in a field, one connection's one at a time."""
    for method, size, payload in [
        ("PUT", 4096, digest(files.of(4096))), ("PUT", 1024, "UNSIGNED-PAYLOAD"),
        ("GET", 0, hashlib.sha256().hexdigest()),
    ]:
        data = ["--data", str(files.of(size))] if size else []
        sealing = encryption if method == "PUT" else {}
        clients.load_signed(method, "by-header", payload, 2400, 8, data, sealing)


def main(folder, sealgate):
    programs = {
        "sealgate": sealgate, "sealgate-store": sealgate.with_name("sealgate-store"),
        "curl": shutil.which("curl"), "h2load": shutil.which("h2load"),
    }
    site = Site(folder, folder, programs, 0)
    try:
        site.prepare()
        _, socket = start_store(site, "store")
        target = start_gateway(site, "gateway", socket, 0)
        make_bucket(site, target)
        clients, files = Clients(programs, folder, target), Files(folder, FULL)
        for encryption, reads in (BUCKET_KEY, None), (SSE_S3, None), (SSE_C, SSE_C):
            small(clients, files, encryption, reads)
            large(clients, files, encryption, reads)
        signed_by_header(clients, files, SSE_S3, files.sha256)
        page = {"list-type": "2", "max-keys": "1000"}
        clients.load("GET", [""], PAGES, 2, 1, h1=True, parameters=page)
    finally:
        site.close()


os.umask(0o077)
main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

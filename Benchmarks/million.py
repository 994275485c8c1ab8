"""A million objects through the gateway: rates, pages, memory of both programs.

scripts/bench --only million starts it; usage: million.py FOLDER PROGRAM [COUNT]
"""
import pathlib
import re
import sys
import time

from answers import make_bucket
from clients import Clients
from gateway import start_gateway, start_store
from processes import run
from servers import Site, find_programs

COUNT, BATCH = 1_000_000, 48_000
BODY = b"x" * 1024
MIB = 1 << 20


def keys(first, count):
    return [f"f{number % 100:02d}/{number:07d}" for number in range(first, first + count)]


def pages(site, target):
    """Lists everything, page by page: keys, seconds."""
    path, after, found, started = f"/{target.bucket}", "", 0, time.monotonic()
    while True:
        query = {"list-type": "2", "start-after": after}
        page = run(["curl", "--silent", "--fail", "--cacert", str(site.certificate),
                    target.signer.presign("GET", path, None, query)])
        listed = re.findall("<Key>(.*?)</Key>", page)
        found += len(listed)
        if "<IsTruncated>true<" not in page:
            return found, time.monotonic() - started
        after = listed[-1]


def main():
    folder, program = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else COUNT
    site = Site(folder, folder / "data", find_programs(folder.parent, program), 0)
    site.data.mkdir()
    try:
        site.prepare()
        store, socket = start_store(site, "store")
        target = start_gateway(site, "sealgate", socket, 0)
        make_bucket(site, target)
        body, clients = folder / "body", Clients(site.programs, folder, target)
        body.write_bytes(BODY)
        started = time.monotonic()
        for first in range(0, count, BATCH):
            batch = keys(first, min(BATCH, count - first))
            clients.load_apart("PUT", batch, len(batch), ["--data", str(body)])
            print(f"{first + len(batch):,} objects", file=sys.stderr)
        seconds = time.monotonic() - started
        print(f"{count:,} PUTs of {len(BODY)} bytes, SSE-S3: {count / seconds:,.0f} a second")
        found, seconds = pages(site, target)
        print(f"{found:,} keys listed: {found / seconds:,.0f} a second")
        for server in (target.server, store):
            print(f"{server.name}: peak memory {server.peak_bytes() / MIB:.0f} MiB")
    finally:
        site.close()


if __name__ == "__main__":
    main()

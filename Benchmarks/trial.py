"""Whether the gateway still serves before the sink: one object of each mode, there and back.

trial.py FOLDER SEALGATE; by the end-to-end tests, so that a store interface that grew shows before
the next benchmark does.
"""
import os
import pathlib
import subprocess
import sys

from clients import Clients
from rows import BUCKET_KEY, SMALL_BYTES, SSE_S3
from servers import GATEWAY, Site

SOURCES = sorted((pathlib.Path(__file__).resolve().parent / "sink").glob("*.c"))


def main(folder, sealgate):
    programs = {"sink": folder / "sink", "sealgate": sealgate, "curl": "curl",
                "h2load": "h2load"}
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", programs["sink"], *SOURCES],
                   check=True)
    site = Site(folder, folder, programs, 1)
    try:
        site.prepare()
        site.start_sink()
        target, = site.start_before_sink([GATEWAY])
        clients = Clients(programs, folder, target)
        sent, read = folder / "sent", folder / "read"
        sent.write_bytes(os.urandom(SMALL_BYTES))
        for index, headers in enumerate([SSE_S3, BUCKET_KEY]):
            clients.put(f"key-{index}", sent, "2", headers)
            clients.get(f"key-{index}", SMALL_BYTES, "1.1", read)
            if read.read_bytes() != sent.read_bytes():
                sys.exit("an object came back with other bytes")
    finally:
        site.close()


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

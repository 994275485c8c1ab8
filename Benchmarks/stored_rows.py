"""Rows against servers that store: the gateway with its store beside other encrypting servers."""
import os

from clients import CONNECTIONS
from peers import PEERS, SEALED_KMS, SEALED_S3, SEAWEEDFS
from report import Table, goal_text, number
from rows import PART_COUNT, Row, read_back

PART_KEYS = [f"part-{index:02}" for index in range(PART_COUNT)]
SMALL_BYTES = 4096
SMALL_KEYS = [f"object-{index:04}" for index in range(CONNECTIONS * 50)]


def prepare_storing(work, rows):
    """Stores what the rows read and looks at one of each: a wrong byte ends the run."""
    clients = work.clients
    names = {row.name for row in rows}
    if names & {"stored-put-64m", "stored-get-64m", "stored-get-64m-cold"}:
        _put_parts(work)
        read_back(work, PART_KEYS[-1], work.files.part, "1.1")
    if names & {"stored-put-4k", "stored-get-4k"}:
        _put(clients, SMALL_KEYS, len(SMALL_KEYS), _small(work))
        read_back(work, SMALL_KEYS[-1], _small(work), "1.1")


def _small(work):
    return work.files.of(SMALL_BYTES)


def _put(clients, keys, count, file):
    return clients.load_apart(
        "PUT", keys, count, ["--data", str(file)], clients.target.encryption
    )


def _put_parts(work):
    return _put(work.clients, PART_KEYS, PART_COUNT, work.files.part)


def _get_parts(work):
    return work.clients.load_apart("GET", PART_KEYS, PART_COUNT)


def _put_small(work):
    return _put(work.clients, SMALL_KEYS, work.sizes.stored_requests, _small(work))


def _get_small(work):
    return work.clients.load_apart("GET", SMALL_KEYS, work.sizes.stored_requests)


def _drop_page_cache(work):
    """Leaves nothing of what the servers stored in the page cache."""
    for path in work.data.rglob("*"):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:  # deleted meanwhile, or a socket
            continue
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _row(name, title, run, of_seaweedfs, is_bulk, prepare=None):
    return Row(name, title, run, of_seaweedfs, is_bulk, in_quick=False, stores=True,
               prepare=prepare)


STORED_ROWS = [
    _row("stored-put-64m", "PUT 64 MiB, 16 at once", _put_parts, 0.2, True),
    _row("stored-get-64m", "GET 64 MiB, 16 at once, read before", _get_parts, 0.4, True,
         _get_parts),
    _row("stored-get-64m-cold", "GET 64 MiB, 16 at once, from the disk", _get_parts, None, True,
         _drop_page_cache),
    _row("stored-put-4k", "PUT 4 KiB, 16 at once", _put_small, 0.35, False),
    _row("stored-get-4k", "GET 4 KiB, 16 at once", _get_small, 0.35, False),
]
HEADINGS = [
    "row", "what", "server", "CPU-s", "sealgate to it", "goal", "a second", "p50/p99 ms",
    "peak MiB",
]


def peers_table(results, missing):
    """A line for each row and server; a peer that can't run has one, too, and says why."""
    lines = []
    for row in results.rows:
        for server in [SEALED_S3, SEALED_KMS, *PEERS]:
            if server in missing:
                lines.append([row.name, row.title, server, missing[server], *["-"] * 5])
                continue
            # The goal that was set is the ratio to SeaweedFS; to the others, to be ahead.
            ours = PEERS.get(server)
            goal = row.goal if server == SEAWEEDFS else 1.0
            lines.append([
                row.name, row.title, server, results.cpu(row, server),
                number(results.ratio(row, server, ours)) if ours else "-",
                goal_text(goal) if ours else "-", results.rate(row, server),
                results.times(row, server), results.peak(row, server),
            ])
    return Table("Beside servers that store, each with its own encryption", HEADINGS, lines)

"""A store of a million objects beside one of ten thousand; scripts/bench --only scale starts it.

usage: scale.py FOLDER PROGRAM [COUNT]
"""
import contextlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import time

from store import Connection, Store

SMALL_COUNT, COUNT = 10_000, 1_000_000
BODY = b"x" * 1000
METADATA = "m" * 400
FOLDERS = 100
PAGES, CALLS = 40, 4000
MIB = 1 << 20


def key(number):
    """Spread over folders, so that a delimiter has something to fold."""
    return f"f{number % FOLDERS:02d}/{number:07d}"


def put(connection, number):
    connection.call("PUT", f"/b/{key(number)}", BODY, {"x-amz-meta-sealgate": METADATA})


def pages(store, count, query):
    """Median of pages, each from another marker."""
    connection, times = Connection(store.socket), []
    for number in range(PAGES):
        marker = key(number * 7919 % count)
        started = time.perf_counter()
        connection.call("GET", f"/b?list-type=2&max-keys=1000&{query.format(marker=marker)}")
        times.append(time.perf_counter() - started)
    connection.close()
    return statistics.median(times)


LISTINGS = {
    "page of 1,000 behind any marker": "start-after={marker}",
    "the same with a prefix": "prefix=f5&start-after=f5/{marker}",
    "the same with a delimiter": "delimiter=/",
}


def measure(store, count):
    """The figures of a store with so many objects."""
    figures = {}

    def note(name, calls, work):
        """What `work` gives, and the store's CPU time for one of so many calls."""
        before = store.cpu_seconds()
        figures[name] = work()
        figures[f"{name}: CPU"] = ((store.cpu_seconds() - before) / calls * 1000, "CPU-ms")

    for name, query in LISTINGS.items():
        note(name, PAGES, lambda: (pages(store, count, query) * 1000, "ms"))
    note("PUT of 1,000 bytes, 8 connections", CALLS, lambda: (
        store.in_parallel(CALLS, lambda c, n: put(c, n * 7919 % count)), "a second"))
    note("GET of 1,000 bytes, 8 connections", CALLS, lambda: (
        store.in_parallel(CALLS, lambda c, n: c.call("GET", f"/b/{key(n * 7919 % count)}")),
        "a second"))
    return figures


def restarts(store):
    store.end(signal.SIGTERM)
    clean = store.start()
    store.in_parallel(CALLS, put)
    store.end(signal.SIGKILL)
    return {"start after a clean stop": (clean, "s"),
            "start after kill -9": (store.start(), "s")}


def fill(store, first, count):
    """More objects, as the store would write them, into its index while it is stopped."""
    store.end(signal.SIGTERM)
    with contextlib.closing(sqlite3.connect(store.folder / "data/index.sqlite")) as index:
        bucket, = index.execute("SELECT id FROM buckets WHERE name = 'b'").fetchone()
        number, = index.execute("SELECT next FROM sequence").fetchone()
        rows = range(first, count)
        index.executemany(
            "INSERT INTO objects (bucket, key, version, etag, size, modified, metadata, storage)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
            ((bucket, key(n).encode(), number + n, f"{n:032x}", len(BODY), 1_700_000_000_000,
              METADATA) for n in rows))
        index.executemany("INSERT INTO bodies VALUES (?, ?)", ((number + n, BODY) for n in rows))
        index.execute("UPDATE sequence SET next = ?", [number + count])
        index.commit()
    store.start()


def main():
    folder, program = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else COUNT
    store = Store(folder, program)
    store.start()
    Connection(store.socket).call("PUT", "/b")
    columns = []
    for first, last in ((0, SMALL_COUNT), (SMALL_COUNT, count)):
        if first == 0:
            store.in_parallel(last, put)
        else:
            fill(store, first, last)
        print(f"{last:,} objects are there", file=sys.stderr)
        figures = measure(store, last)
        figures |= restarts(store)
        measure(store, last)
        figures["peak memory"] = (store.peak_bytes() / MIB, "MiB")
        started = time.monotonic()
        subprocess.run([program, "check", "--data", store.folder / "data", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        figures["check beside it"] = (time.monotonic() - started, "s")
        size = (store.folder / "data/index.sqlite").stat().st_size
        figures["index.sqlite"] = (size / MIB, "MiB")
        columns.append(figures)
    store.end(signal.SIGTERM)
    small, large = columns
    print(f"| figure | {SMALL_COUNT:,} objects | {count:,} objects |\n| --- | --- | --- |")
    for name, (value, unit) in small.items():
        print(f"| {name} | {value:,.3g} {unit} | {large[name][0]:,.3g} {unit} |"
              if max(value, large[name][0]) < 1000 else
              f"| {name} | {value:,.0f} {unit} | {large[name][0]:,.0f} {unit} |")


if __name__ == "__main__":
    main()

"""Bodies in the index beside bodies in files, by size; scripts/bench --only inline starts it.

usage: inline.py FOLDER PROGRAM [ROUNDS]
"""
import pathlib
import shutil
import signal
import statistics
import sys

from store import Store

SIZES = [1 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10]
METADATA = "m" * 400
PLACES = {"index": "1MiB", "file": "0"}
CALLS, KEYS = 1600, 400


def written_bytes(store):
    """What the process has sent to the disk (`write_bytes` of /proc/PID/io)."""
    text = pathlib.Path(f"/proc/{store.process.pid}/io").read_text()
    return int(dict(line.split(": ") for line in text.splitlines())["write_bytes"])


def measure(folder, program, size, limit):
    """Of one store: CPU-ms a PUT and a GET, calls a second, bytes to the disk a byte put."""
    store = Store(folder, program, "--set", f"inline_bytes_max={limit}")
    store.start()
    body = bytes(size)

    def put(connection, number):
        connection.call("PUT", f"/b/k{number % KEYS}", body, {"x-amz-meta-sealgate": METADATA})

    def get(connection, number):
        connection.call("GET", f"/b/k{number % KEYS}")

    store.in_parallel(1, lambda connection, _: connection.call("PUT", "/b"))
    store.in_parallel(KEYS, put)
    figures = []
    for work in (put, get):
        cpu, disk = store.cpu_seconds(), written_bytes(store)
        rate = store.in_parallel(CALLS, work)
        figures += [(store.cpu_seconds() - cpu) / CALLS * 1000, rate,
                    (written_bytes(store) - disk) / (CALLS * size)]
    store.end(signal.SIGTERM)
    shutil.rmtree(folder)
    return figures[:5]


def main():
    folder, program = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    print("| body | PUT, CPU-ms: index | file | PUT a second: index | file "
          "| to the disk a byte: index | file | GET, CPU-ms: index | file | GET a second: index "
          "| file |\n|" + " --- |" * 11)
    for size in SIZES:
        found = {place: [] for place in PLACES}
        for number in range(rounds):
            places = list(PLACES) if number % 2 else list(reversed(PLACES))
            for place in places:
                found[place].append(measure(f"{folder}/store", program, size, PLACES[place]))
        cells = []
        for column, digits in ((0, 3), (1, 0), (2, 1), (3, 3), (4, 0)):
            for place in PLACES:
                middle = statistics.median(figures[column] for figures in found[place])
                cells.append(f"{middle:,.{digits}f}")
        print(f"| {size >> 10} KiB | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

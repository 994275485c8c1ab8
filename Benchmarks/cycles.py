"""Where the gateway's CPU time goes, by perf; scripts/bench --only cycles starts it.

usage: cycles.py FOLDER PROGRAM...  (several programs are measured one after the other, each row)
"""
import collections
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys

from clients import Clients
from processes import BenchError, run
from report import HERE, Table
from rows import FULL, ROWS, Files, Work, prepare
from servers import GATEWAY, Site, find_programs

NAMES = ["put-h1", "get-h1", "put-small-h2", "get-small-h2"]
ROUNDS = 3
FREQUENCY = "1997"  # samples a second
# The first that fits: the file a sample lies in, the symbol, what it is part of.
PARTS = [
    (r"kernel|unknown", r"copy|rep_movs|memcpy|clear_page", "kernel: copies"),
    (r"kernel|unknown", r"", "kernel: the rest"),
    (r"libcrypto|libssl", r"", "libcrypto and libssl"),
    (r"libnghttp2", r"", "libnghttp2"),
    (r"sealgate", r"aes_gcm|aes_hw|gcm_|ghash|AES_|GCM", "AES-GCM of BoringSSL"),
    (r"", r"malloc|free|calloc|realloc|arena|swift_slow", "memory: taking and giving back"),
    (r"libc", r"mem(cpy|move|set|cmp)", "memory: copies"),
    (r"libc|ld-|vdso|libpthread|libstdc", r"", "libc: the rest"),
    (r"", r"^_?swift|^\$ss|^_ZN?5swift|^\$s10Foundation", "Swift's runtime and library"),
    (r"", r"^\$s\d+NIO", "SwiftNIO"),
    (r"", r"", "the gateway's own code"),
]


def part_of(file, symbol):
    return next(name for file_pattern, pattern, name in PARTS
                if re.search(file_pattern, file) and re.search(pattern, symbol))


def shares(samples):
    """What part of all samples each part has."""
    output = run(["perf", "report", "--input", str(samples), "--stdio", "--no-demangle",
                  "--no-children", "--sort", "dso,sym", "--field-separator", "\t"])
    found = collections.Counter()
    for line in output.splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.startswith("#") and len(cells) == 3:
            symbol = re.sub(r"^\[.\] ", "", cells[2])
            found[part_of(cells[1], symbol)] += float(cells[0].rstrip("%")) / 100
    return found


def sampled(work, row, samples):
    """Some runs of a row under perf, which begin once perf says that it samples."""
    pid = work.clients.target.server.pids()[0]
    (control, tell), (hear, answer) = os.pipe(), os.pipe()
    perf = subprocess.Popen(
        ["perf", "record", "--quiet", "--freq", FREQUENCY, "--pid", str(pid),
         "--output", str(samples), "--delay", "-1", "--control", f"fd:{control},{answer}"],
        stderr=subprocess.DEVNULL, pass_fds=(control, answer),
    )
    for end in (control, answer):
        os.close(end)
    with os.fdopen(tell, "wb", buffering=0) as orders, os.fdopen(hear, "rb") as answers:
        try:
            orders.write(b"enable\n")
            if not answers.readline():
                raise BenchError("perf didn't begin", "perf record needs --control, Linux 5.9")
            for _ in range(ROUNDS):
                row.measure(work)
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait(60)
    found = shares(samples)
    if not found:
        raise BenchError(f"perf saw nothing of {row.name}", "run it again")
    return found


def start(folder, program, rows):
    site = Site(folder, folder, find_programs(HERE.parent / ".build/bench", program), 1)
    site.prepare()
    site.start_sink()
    target, = site.start_before_sink([GATEWAY])
    work = Work(Clients(site.programs, site.folder, target), Files(folder, FULL), FULL)
    prepare(work, rows)
    return site, work


def table(program, rows, cpu, found):
    """CPU-ms of each part, a GiB or a thousand requests."""
    headings = ["part"] + [row.name for row in rows]
    middle = [statistics.median(cpu[row.name]) * 1000 for row in rows]
    lines = [["all"] + [f"{value:,.0f}" for value in middle]]
    for name in dict.fromkeys(name for _, _, name in PARTS):
        values = [value * found[row.name][name] for row, value in zip(rows, middle)]
        if any(value >= 0.5 for value in values):
            lines.append([name] + [f"{value:,.0f}" for value in values])
    return Table(f"CPU-ms a GiB, or a thousand requests: {program}", headings, lines)


def main():
    folder, programs = pathlib.Path(sys.argv[1]), [pathlib.Path(path) for path in sys.argv[2:]]
    rows = [row for row in ROWS if row.name in NAMES]
    sites, works = [], []
    try:
        for number, program in enumerate(programs):
            place = folder / str(number)
            place.mkdir()
            site, work = start(place, program, rows)
            sites.append(site)
            works.append(work)
        for work in works:
            work.cpu = {row.name: [] for row in rows}
        for _ in range(ROUNDS):
            for row in rows:
                for work in works:
                    work.cpu[row.name].append(row.measure(work).cpu)
        for work, program in zip(works, programs):
            found = {row.name: sampled(work, row, folder / "samples") for row in rows}
            print(table(program, rows, work.cpu, found).markdown() + "\n", flush=True)
    finally:
        for site in sites:
            site.close()


if __name__ == "__main__":
    main()

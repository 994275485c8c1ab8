"""Measures the gateway beside nginx before the same sink; scripts/bench starts it."""
import argparse
import os
import pathlib
import shlex
import signal
import sys
import tempfile
import time

import report
from clients import Clients
from processes import BenchError
from rows import FULL, QUICK, ROWS, Files, Work, prepare
from servers import GATEWAY, NGINX, NGINX_STOCK, Site, find_programs

ROUNDS = 5
SECONDS_MAX = {"full": 1140, "quick": 170}
EXAMPLES = """examples:
  scripts/bench                     every row, under 20 minutes
  scripts/bench --quick --check     what a change cost, under 3 minutes
  scripts/bench --only put-h1 --only put-h2 --rounds 9
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="CPU-seconds of the gateway beside nginx's.",
        epilog=EXAMPLES + "\nrows: " + " ".join(row.name for row in ROWS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows, smaller objects")
    parser.add_argument("--check", action="store_true",
                        help="exit 1 where a ratio is beyond that of Benchmarks/expected.json")
    parser.add_argument("--write", action="store_true",
                        help="put the results into docs/benchmarks.md and expected.json")
    parser.add_argument("--only", action="append", metavar="ROW", default=[],
                        choices=[row.name for row in ROWS], help="this row; may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (default 5)")
    parser.add_argument("--loops", type=int, default=1,
                        help="event loops of the gateway, workers of nginx (default 1)")
    parser.add_argument("--nginx-alone", action="store_true", help="leave the gateway out")
    options = parser.parse_args(arguments)
    if not 1 <= options.rounds <= 100 or not 1 <= options.loops <= 256:
        parser.error("--rounds takes 1 to 100, --loops 1 to 256")
    return options


def chosen(options):
    if options.only:
        return [row for row in ROWS if row.name in options.only]
    return [row for row in ROWS if row.in_quick or not options.quick]


def say(text):
    print(text, file=sys.stderr, flush=True)


def require_memory(sizes):
    """The sink keeps the objects that are read, and the clients' files lie in the page cache."""
    needed = 3 * sizes.bulk_bytes + (512 << 20)
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:") and int(line.split()[1]) * 1024 < needed:
            raise BenchError(f"{needed >> 20} MiB of memory are needed", "try --quick")


def measure(rows, works, results, rounds, deadline):
    """Round by round, row by row, server by server; who goes first alternates."""
    for number in range(rounds):
        for row in rows:
            if time.monotonic() > deadline:
                say(f"out of time in round {number + 1}; the figures so far stand")
                return
            for work in works if number % 2 == 0 else reversed(works):
                results.add(row, work.clients.target.name, row.measure(work))
        say(f"round {number + 1} of {rounds} done")


def check(results, rows, works, rounds, deadline):
    """Exit status of `--check`; what seems worse is measured once more before it is said."""
    worse, compared = report.regressions(results)
    if worse:
        say("measuring again: " + ", ".join(row.name for row, _ in worse))
        measure([row for row, _ in worse], works, results, rounds, deadline)
        worse, compared = report.regressions(results)
    for _, text in worse:
        say(f"sealgate: error: {text}")
    if not compared:
        say("sealgate: error: Benchmarks/expected.json has no figure for these rows")
        return 2
    say(f"{compared - len(worse)} of {compared} rows within noise of the figures on record")
    return 1 if worse else 0


def bench(options, folder):
    sizes, rows = QUICK if options.quick else FULL, chosen(options)
    root = report.HERE.parent
    sealgate = None
    if not options.nginx_alone:
        sealgate = pathlib.Path(os.environ["SEALGATE_BIN"]).resolve() / "sealgate"
        if not sealgate.exists():
            raise BenchError(f"no program {sealgate}")
    programs = find_programs(root / ".build/bench", sealgate)
    deadline = time.monotonic() + SECONDS_MAX["quick" if options.quick else "full"]
    site = Site(folder, programs, options.loops)
    try:
        names = [GATEWAY] if sealgate else []
        names += [NGINX] if options.quick else [NGINX, NGINX_STOCK]
        require_memory(sizes)
        targets = site.start(names)
        files = Files(site.folder, sizes)
        works = [Work(Clients(programs, site.folder, target), files, sizes) for target in targets]
        protocols = {work.clients.protocol() for work in works}
        if len(protocols) > 1:
            raise BenchError(f"the servers differ in TLS: {sorted(protocols)}")
        for work in works:
            prepare(work, rows)
        results = report.Results(rows)
        measure(rows, works, results, options.rounds, deadline)
        status = 0
        if options.check:
            status = check(results, rows, works, options.rounds, deadline)
        command = shlex.join(["scripts/bench", *sys.argv[1:]])
        pairs = report.facts(programs, site, protocols.pop(), sizes, results, command)
        print(report.plain(results.table()))
        print("\n".join(f"{name}: {value}" for name, value in pairs))
        if options.write:
            report.write(results, pairs)
        return status
    finally:
        site.close()


def main():
    # So that `finally` runs on a polite end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse(sys.argv[1:])
    try:
        with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
            return bench(options, folder)
    except BenchError as error:
        say(f"sealgate: error: {error}")
        if error.hint:
            say(f"sealgate: hint: {error.hint}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""Measures the gateway beside nginx, beside servers that store, alone; scripts/bench starts it."""
import argparse
import os
import pathlib
import shlex
import shutil
import signal
import sys
import tempfile
import time

import report
from clients import Clients
from figures import FIGURES, Kit, figures_table
from peers import PEERS, start_storing, versions
from processes import BenchError
from rounds import check, measure, say
from rows import FULL, QUICK, ROWS, Files, Work, prepare
from servers import GATEWAY, NGINX, NGINX_STOCK, Site, find_programs
from stored_rows import STORED_ROWS, peers_table, prepare_storing

ROUNDS = 5
# When each part has to be done, in seconds from the start.
SECONDS_MAX = {
    "full": {"nginx": 540, "peers": 950, "all": 1090},
    "quick": {"nginx": 130, "peers": 130, "all": 160},
}
NAMES = [each.name for group in (ROWS, STORED_ROWS, FIGURES) for each in group]
EXAMPLES = """examples:
  scripts/bench                     every row, under 20 minutes
  scripts/bench --quick --check     what a change cost, under 3 minutes
  scripts/bench --only put-h1 --only put-h2 --rounds 9
  scripts/bench --only stored-put-4k --only idle
  scripts/bench --only scale        a store of a million objects, alone; some ten minutes
  scripts/bench --only million      a million objects through the gateway; some ten minutes
  scripts/bench --only cycles [ANOTHER_SEALGATE]  where the CPU time goes, by perf; three minutes
  scripts/bench --only inline       small bodies in the store's index and in files
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="CPU-seconds of the gateway beside nginx's and peers', and what it takes and "
                    "adds by itself.",
        epilog=EXAMPLES + "".join(
            f"\n{title}:\n" + "".join(f"  {each.name:16}{each.title}\n" for each in group)
            for title, group in [
                ("rows beside nginx", ROWS),
                ("rows beside servers that store (not with --quick)", STORED_ROWS),
                ("figures of the gateway", FIGURES),
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows, smaller objects")
    parser.add_argument("--check", action="store_true",
                        help="exit 1 where a ratio is beyond that of Benchmarks/expected.json")
    parser.add_argument("--write", action="store_true",
                        help="put the results into docs/benchmarks.md and expected.json")
    parser.add_argument("--only", action="append", metavar="ROW", default=[],
                        choices=NAMES, help="this row or figure; may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (default 5)")
    parser.add_argument("--loops", type=int, default=1,
                        help="event loops of the gateway, workers of nginx (default 1)")
    parser.add_argument("--nginx-alone", action="store_true", help="leave the gateway out")
    options = parser.parse_args(arguments)
    if not 1 <= options.rounds <= 100 or not 1 <= options.loops <= 256:
        parser.error("--rounds takes 1 to 100, --loops 1 to 256")
    beside_nginx = {row.name for row in ROWS}
    if options.check and options.only and not beside_nginx & set(options.only):
        parser.error("--check compares rows beside nginx; none of these is one")
    if options.nginx_alone and not set(options.only) <= beside_nginx:
        parser.error("--nginx-alone leaves rows beside nginx only")
    return options


def chosen(options):
    """Rows beside nginx, rows beside servers that store, figures of the gateway alone."""
    groups = ROWS, STORED_ROWS, FIGURES
    if options.only:
        return [[each for each in group if each.name in options.only] for group in groups]
    if options.nginx_alone:
        groups = ROWS, [], []
    return [[each for each in group if each.in_quick or not options.quick] for group in groups]


def require_room(sizes, data):
    """The sink keeps the objects that are read, and the clients' files lie in the page cache."""
    needed = 3 * sizes.bulk_bytes + (512 << 20)
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:") and int(line.split()[1]) * 1024 < needed:
            raise BenchError(f"{needed >> 20} MiB of memory are needed", "try --quick")
    # Some peers keep what was overwritten for a time.
    needed = 25 * sizes.bulk_bytes
    if data and shutil.disk_usage(data).free < needed:
        raise BenchError(f"{needed >> 30} GiB of room are needed in {data.parent}",
                         "leave out the rows named stored-..., by --only")


class Run:
    """One call of the benchmark: what it measures, and the tables that come of it."""

    def __init__(self, options, folder, data):
        self.options = options
        self.sizes = QUICK if options.quick else FULL
        self.build_folder = report.HERE.parent / ".build/bench"
        self.sealgate = None
        if not options.nginx_alone:
            self.sealgate = pathlib.Path(os.environ["SEALGATE_BIN"]).resolve() / "sealgate"
            if not self.sealgate.exists():
                raise BenchError(f"no program {self.sealgate}")
        self.programs = find_programs(self.build_folder, self.sealgate)
        self.site = Site(folder, data, self.programs, options.loops)
        self.files = Files(self.site.folder, self.sizes)
        self.started = time.monotonic()
        self.tables = []
        self.results = None  # beside nginx
        self.protocol = None
        self.rounds, self.more_facts = [], []

    def run(self):
        """The exit status."""
        rows, stored, figures = chosen(self.options)
        status = 0
        try:
            require_room(self.sizes, self.site.data if stored else None)
            self.site.prepare()
            self.site.start_sink()
            if rows:
                status = self._beside_nginx(rows)
            if stored:
                self._beside_peers(stored)
            if figures:
                kit = Kit(self.site, self.files, self.sizes, self.options.rounds,
                          self.options.quick)
                self._add(figures_table(figures, kit, self._deadline("all"), say))
            self._tell()
            return status
        finally:
            self.site.close()

    def _add(self, table):
        """Printed at once: what comes later may fail."""
        self.tables.append(table)
        print(f"{table.title}\n\n{table.plain()}\n", flush=True)

    def _works(self, targets):
        return [
            Work(Clients(self.programs, self.site.folder, target), self.files, self.sizes,
                 self.site.data)
            for target in targets
        ]

    def _deadline(self, part):
        """The parts share the time: what one leaves, the next may take."""
        return self.started + SECONDS_MAX["quick" if self.options.quick else "full"][part]

    def _beside_nginx(self, rows):
        names = [GATEWAY] if self.sealgate else []
        names += [NGINX] if self.options.quick else [NGINX, NGINX_STOCK]
        before = self.site.running()
        works = self._works(self.site.start_before_sink(names))
        self.protocol = agreed_protocol(works)
        for work in works:
            prepare(work, rows)
        self.results = report.Results(rows)
        deadline = self._deadline("nginx")
        measure(rows, works, self.results, self.options.rounds, deadline)
        status = 0
        if self.options.check:
            status = check(self.results, rows, works, self.options.rounds, deadline)
        self.site.stop_all_but(before)
        self._add(report.nginx_table(self.results))
        self.rounds.append(f"{self.results.rounds()} beside nginx")
        return status

    def _beside_peers(self, rows):
        before = self.site.running()
        targets, missing = start_storing(self.site, self.build_folder)
        works = self._works(targets)
        self.protocol = self.protocol or works[0].clients.protocol()
        results = report.Results(rows)
        for work in works:
            try:
                prepare_storing(work, rows)
            except BenchError as error:
                name = work.clients.target.name
                if name not in PEERS:
                    raise
                missing[name] = error.cell()
        measure(rows, works, results, self.options.rounds, self._deadline("peers"), missing)
        self.site.stop_all_but(before)
        self._add(peers_table(results, missing))
        self.rounds.append(f"{results.rounds()} beside servers that store")
        self.more_facts.append(("peers", versions(self.build_folder)))

    def _tell(self):
        command = shlex.join(["scripts/bench", *sys.argv[1:]])
        pairs = report.facts(self.programs, self.site, self.protocol, self.sizes, self.results,
                             command)
        pairs += self.more_facts + [("rounds", ", ".join(self.rounds) or self.options.rounds)]
        print("\n".join(f"{name}: {value}" for name, value in pairs))
        if self.options.write:
            report.write(self.tables, self.results, pairs)


def agreed_protocol(works):
    protocols = {work.clients.protocol() for work in works}
    if len(protocols) > 1:
        raise BenchError(f"the servers differ in TLS: {sorted(protocols)}")
    return protocols.pop()


def main():
    # So that `finally` runs on a polite end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse(sys.argv[1:])
    try:
        data_root = report.HERE.parent / ".build/bench"
        with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder, \
                tempfile.TemporaryDirectory(prefix="data-", dir=data_root) as data:
            return Run(options, folder, data).run()
    except BenchError as error:
        say(f"sealgate: error: {error}")
        if error.hint:
            say(f"sealgate: hint: {error.hint}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

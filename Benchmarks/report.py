"""Medians, tables, docs/benchmarks.md and the figures that `--check` compares with."""
import dataclasses
import datetime
import json
import math
import os
import pathlib
import platform
import statistics

from clients import SUITE
from processes import BenchError, version
from servers import GATEWAY, NGINX, NGINX_BUFFERS, NGINX_STOCK

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
DOCUMENT = HERE.parent / "docs/benchmarks.md"
BEGIN, END = "<!-- results: written by scripts/bench --write -->", "<!-- end of results -->"
MIB = 1 << 20
# A ratio this much above the one of record is a regression: twice the spread between runs.
NOISE = 0.15
HEADINGS = [
    "row", "what", "sealgate, CPU-s", "nginx, CPU-s", "ratio", "goal", "to stock nginx",
    "sealgate, a second", "nginx, a second", "sealgate, p50/p99 ms", "nginx, p50/p99 ms",
    "sealgate, peak MiB",
]


@dataclasses.dataclass
class Table:
    title: str
    headings: list[str]
    lines: list[list[str]]

    def plain(self):
        """For a terminal, without the column that repeats the row's name in words."""
        lines = [line[:1] + line[2:] for line in [self.headings, *self.lines]]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in lines
        )

    def markdown(self):
        lines = [self.headings, ["---"] * len(self.headings), *self.lines]
        rows = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([f"### {self.title}", "", *rows])


class Results:
    """All runs: for each row and server a list."""

    def __init__(self, rows):
        self.rows = rows
        self.runs = {row.name: {} for row in rows}

    def add(self, row, server, run):
        self.runs[row.name].setdefault(server, []).append(run)

    def has(self, server):
        return any(server in servers for servers in self.runs.values())

    def rounds(self):
        """How many each row had of them, in words."""
        counts = [max(map(len, servers.values())) for servers in self.runs.values() if servers]
        low, high = (min(counts), max(counts)) if counts else (0, 0)
        return str(low) if low == high else f"{low} to {high}"

    def ratio(self, row, other=NGINX, ours=GATEWAY):
        """Our CPU-seconds as a part of another server's; None without both.

        The median over pairs of runs that came one right after the other: a spell that slows the
        machine down is as long as many runs, and may take more of one server's than of another's.
        """
        pairs = list(zip(*self._cpus(row, ours, other)))
        return statistics.median(first / second for first, second in pairs) if pairs else None

    def best_ratio(self, row):
        """The same of each one's best run."""
        first, second = self._cpus(row, GATEWAY, NGINX)
        return min(first) / min(second) if first and second else None

    def _cpus(self, row, *names):
        servers = self.runs[row.name]
        return [[run.cpu for run in servers.get(name, [])] for name in names]

    def cpu(self, row, server):
        """CPU-seconds a unit: the median and the range."""
        runs = [run.cpu for run in self.runs[row.name].get(server, [])]
        if not runs:
            return "-"
        digits = 2 if row.is_bulk else 4
        low, high = min(runs), max(runs)
        middle = statistics.median(runs)
        return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"

    def rate(self, row, server):
        runs = self.runs[row.name].get(server)
        if not runs:
            return "-"
        rate = statistics.median(run.rate for run in runs)
        return f"{rate * 1024:,.0f} MiB" if row.is_bulk else f"{rate * 1000:,.0f}"

    def times(self, row, server):
        """Milliseconds that half of the requests took at most, and 99 of 100, of all rounds."""
        runs = self.runs[row.name].get(server, [])
        times = sorted(seconds for run in runs for seconds in run.seconds)
        if not times:
            return "-"
        half, most = (quantile(times, part) * 1000 for part in (0.5, 0.99))
        return f"{half:,.0f}/{most:,.0f}" if row.is_bulk else f"{half:.1f}/{most:.1f}"

    def peak(self, row, server):
        peaks = [run.peak_bytes for run in self.runs[row.name].get(server, [])]
        return f"{max(peaks) / MIB:.0f}" if peaks else "-"


def quantile(ordered, part):
    """The least value that so large a part of them doesn't exceed."""
    return ordered[math.ceil(part * len(ordered)) - 1]


def number(value, digits=2):
    return f"{value:.{digits}f}" if value else "-"


def goal_text(value):
    """Without zeros that say nothing, but 1.0."""
    return f"{value:.2f}".removesuffix("0") if value else "-"


def nginx_table(results):
    lines = [
        [
            row.name, row.title, results.cpu(row, GATEWAY), results.cpu(row, NGINX),
            number(results.ratio(row)), goal_text(row.goal),
            number(results.ratio(row, NGINX_STOCK)),
            results.rate(row, GATEWAY), results.rate(row, NGINX),
            results.times(row, GATEWAY), results.times(row, NGINX), results.peak(row, GATEWAY),
        ]
        for row in results.rows if results.runs[row.name]
    ]
    return Table("Beside nginx, before the same sink", HEADINGS, lines)


def facts(programs, site, protocol, sizes, results, command):
    """What one must know to judge or repeat the figures, as pairs."""
    library = version([str(programs["openssl"]), "version"])
    return [
        ("command", f"`{command}`"),
        ("commit", _commit()),
        ("date", datetime.date.today().isoformat()),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("sealgate", version([str(programs["sealgate"]), "--version"])
         if programs["sealgate"] else "not measured"),
        ("nginx", version([str(programs["nginx"]), "-v"]).removeprefix("nginx version: ")),
        ("OpenSSL", " ".join(library.split()[1:2])),
        ("clients", f"{_two_words(programs['curl'])}, {_two_words(programs['h2load'])}"),
        ("TLS", f"{protocol or 'TLSv1.3'}; clients offer {SUITE} alone"),
        ("nginx reads", ", ".join(
            f"{name}: bodies by {body}, answers by {answer}"
            for name, (body, answer) in NGINX_BUFFERS.items()
            if results and results.has(name)
        ) or "not measured"),
        ("event loops", f"{site.loops}, and as many nginx workers"),
        ("bulk", f"{sizes.bulk_bytes // MIB} MiB; small: {sizes.requests:,} requests a run, "
                 f"{sizes.stored_requests:,} to servers that store"),
    ]


def write(tables, results, pairs):
    """Puts the tables into the document, and the ratios of record beside the program."""
    text = DOCUMENT.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"{DOCUMENT} has no section for results", f"it needs {BEGIN} and {END}")
    lines = ["| fact | value |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in pairs]
    body = "\n".join(["", "", *lines, "", "\n\n".join(table.markdown() for table in tables)])
    DOCUMENT.write_text(before + BEGIN + body.rstrip("\n") + "\n\n" + END + after)
    expected = {"noise": NOISE, **_expected()}
    for row in results.rows if results else []:
        if results.ratio(row):
            expected["rows"][row.name] = {
                "median": round(results.ratio(row), 2),
                "best": round(results.best_ratio(row), 2),
            }
    EXPECTED.write_text(json.dumps(expected, indent=2) + "\n")


def regressions(results):
    """Rows that are beyond the ratios of record, and how many could be compared.

    Both the median of the ratios and that of the best runs must be: on a busy machine one of them
    is off now and then, a slower program moves both.
    """
    expected = _expected()
    noise = 1 + expected.get("noise", NOISE)
    worse, compared = [], 0
    for row in results.rows:
        record = expected["rows"].get(row.name)
        if record is None or results.ratio(row) is None:
            continue
        compared += 1
        median, best = results.ratio(row), results.best_ratio(row)
        if median > record["median"] * noise and best > record["best"] * noise:
            worse.append((row, f"{row.name}: {median:.2f} of nginx (best runs {best:.2f}); "
                               f"on record {record['median']:.2f} ({record['best']:.2f}), "
                               f"noise {noise - 1:.0%}"))
    return worse, compared


def _expected():
    try:
        return json.loads(EXPECTED.read_text())
    except FileNotFoundError:
        return {"rows": {}}


def _two_words(program):
    return " ".join(version([str(program), "--version"]).split()[:2])


def _commit():
    git = ["git", "-C", str(HERE.parent)]
    changed = version([*git, "status", "--porcelain", "--untracked-files=no", "--", "Sources"])
    return version([*git, "rev-parse", "--short", "HEAD"]) + (
        " with changes" if changed != "unknown" else ""
    )


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

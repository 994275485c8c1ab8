"""Medians, tables, docs/benchmarks.md and the figures that `--check` compares with."""
import datetime
import json
import os
import pathlib
import platform
import statistics

from clients import SUITE
from processes import BenchError, version

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
DOCUMENT = HERE.parent / "docs/benchmarks.md"
BEGIN, END = "<!-- results: written by scripts/bench --write -->", "<!-- end of results -->"
MIB = 1 << 20
# A ratio this much above the one of record is a regression: twice the spread between runs.
NOISE = 0.15
HEADINGS = [
    "row", "what", "unit", "sealgate, CPU-s", "nginx, CPU-s", "ratio", "goal",
    "sealgate, a second", "nginx, a second", "sealgate, peak MiB",
]


class Results:
    """All runs: for each row and server a list of (CPU-seconds a unit, units a second, bytes)."""

    def __init__(self, rows):
        self.rows = rows
        self.runs = {row.name: {} for row in rows}

    def add(self, row, server, run):
        self.runs[row.name].setdefault(server, []).append(run)

    def rounds(self):
        counts = [len(runs) for servers in self.runs.values() for runs in servers.values()]
        return (min(counts), max(counts)) if counts else (0, 0)

    def median(self, row, server, index=0):
        runs = self.runs[row.name].get(server)
        return statistics.median(run[index] for run in runs) if runs else None

    def ratio(self, row):
        gateway, nginx = self.median(row, "sealgate"), self.median(row, "nginx")
        return gateway / nginx if gateway and nginx else None

    def cells(self, row):
        ratio = self.ratio(row)
        peaks = [run[2] for run in self.runs[row.name].get("sealgate", [])]
        return [
            row.name, row.title, "GiB" if row.is_bulk else "1,000 requests",
            self._range(row, "sealgate"), self._range(row, "nginx"),
            f"{ratio:.2f}" if ratio else "-", f"{row.goal:.1f}" if row.goal else "-",
            self._rate(row, "sealgate"), self._rate(row, "nginx"),
            f"{max(peaks) / MIB:.0f}" if peaks else "-",
        ]

    def table(self):
        return [self.cells(row) for row in self.rows if self.runs[row.name]]

    def _range(self, row, server):
        runs = [run[0] for run in self.runs[row.name].get(server, [])]
        if not runs:
            return "-"
        digits = 2 if row.is_bulk else 4
        low, high = min(runs), max(runs)
        middle = statistics.median(runs)
        return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"

    def _rate(self, row, server):
        rate = self.median(row, server, 1)
        if rate is None:
            return "-"
        return f"{rate * 1024:,.0f} MiB" if row.is_bulk else f"{rate * 1000:,.0f}"


def plain(table):
    """The table for a terminal."""
    lines = [HEADINGS, *table]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines
    )


def markdown(table):
    lines = [HEADINGS, ["---"] * len(HEADINGS), *table]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def facts(programs, site, protocol, sizes, results, command):
    """What one must know to judge or repeat the figures, as pairs."""
    low, high = results.rounds()
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
        ("TLS", f"{protocol}; clients offer {SUITE} alone"),
        ("event loops", f"{site.loops}, and as many nginx workers"),
        ("bulk", f"{sizes.bulk_bytes // MIB} MiB; small: {sizes.requests:,} requests a run"),
        ("rounds", str(low) if low == high else f"{low} to {high}"),
    ]


def write(results, pairs):
    """Puts the results into the document, and the ratios of record beside the program."""
    text = DOCUMENT.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"{DOCUMENT} has no section for results", f"it needs {BEGIN} and {END}")
    lines = ["| fact | value |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in pairs)]
    body = "\n".join(["", "", *lines, "", markdown(results.table()), "", ""])
    DOCUMENT.write_text(before + BEGIN + body.rstrip("\n") + "\n\n" + END + after)
    expected = {"noise": NOISE, **_expected()}
    for row in results.rows:
        ratio = results.ratio(row)
        if ratio:
            expected["rows"][row.name] = round(ratio, 2)
    EXPECTED.write_text(json.dumps(expected, indent=2) + "\n")


def regressions(results):
    """Rows whose ratio is beyond the one of record, and how many could be compared."""
    expected = _expected()
    worse, compared = [], 0
    for row in results.rows:
        ratio, record = results.ratio(row), expected["rows"].get(row.name)
        if ratio is None or record is None:
            continue
        compared += 1
        limit = record * (1 + expected.get("noise", NOISE))
        if ratio > limit:
            worse.append((row, f"{row.name}: {ratio:.2f} of nginx; {record:.2f} on record, "
                               f"{limit:.2f} with noise"))
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

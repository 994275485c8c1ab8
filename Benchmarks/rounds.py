"""Interleaved rounds, and the second look that `--check` takes."""
import sys
import time

import report


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(rows, works, results, rounds, deadline):
    """Round by round, row by row, server by server; who goes first alternates."""
    started = time.monotonic()
    for number in range(rounds):
        for row in rows:
            if time.monotonic() > deadline:
                say(f"out of time in round {number + 1}; the figures so far stand")
                return
            for work in works if number % 2 == 0 else reversed(works):
                if row.runs_on(work.clients.target):
                    results.add(row, work.clients.target.name, row.measure(work))
        say(f"round {number + 1} of {rounds} done after {time.monotonic() - started:.0f} s")


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

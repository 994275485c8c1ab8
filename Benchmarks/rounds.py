"""Interleaved rounds, and the second look that `--check` takes."""
import sys
import time

import report
from peers import PEERS
from processes import BenchError


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(rows, works, results, rounds, deadline, left_out=None):
    """Round by round, row by row, server by server; who goes first alternates.

    A failed request ends the benchmark, but for a peer's with `left_out`: from then on that peer is
    left out, and stands there with the reason.
    """
    started = time.monotonic()
    for number in range(rounds):
        for row in rows:
            if time.monotonic() > deadline:
                say(f"out of time in round {number + 1}; the figures so far stand")
                return
            for work in turns(row, works, number):
                target = work.clients.target
                if not row.runs_on(target) or left_out and target.name in left_out:
                    continue
                try:
                    results.add(row, target.name, row.measure(work))
                except BenchError as error:
                    if left_out is None or target.name not in PEERS:
                        raise
                    left_out[target.name] = error.cell()
        say(f"round {number + 1} of {rounds} done after {time.monotonic() - started:.0f} s")


def turns(row, works, number):
    """Who is measured in a round, in order: each server as often as the row wants it."""
    for turn in range(row.turns):
        yield from works if (number + turn) % 2 == 0 else reversed(works)


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

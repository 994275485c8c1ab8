"""Figures of the gateway alone, each with a goal of its own instead of another server's figure."""
import dataclasses
import time
from typing import Callable

from answers import added_latency, beside_bulk, list_page
from clients import Clients
from memory import idle_connections, many_streams
from passthrough import sealing
from processes import BenchError
from report import Table
from threads import entity_tag, entity_tags, two_loops

HEADINGS = ["figure", "what", "measured", "goal"]


@dataclasses.dataclass
class Kit:
    """What a figure may use: the site, the files and sizes of the run."""

    site: object
    files: object
    sizes: object
    rounds: int
    is_quick: bool

    def clients(self, target):
        return Clients(self.site.programs, self.site.folder, target)


@dataclasses.dataclass(frozen=True)
class Figure:
    name: str
    title: str
    goal: str
    measure: Callable[[Kit], str]  # gives what was measured, in words
    in_quick: bool


FIGURES = [
    Figure("idle", "idle TLS + HTTP/2 connections, after one GET each: resident memory",
           "48 KiB each, 10,000 within 512 MiB", idle_connections, True),
    Figure("streams-64", "64 objects of 1 GiB at once: peak resident memory", "96 MiB",
           many_streams, True),
    Figure("latency", "GET 1 KiB, one kept connection: time added to the store's own answer, p50",
           "150 us", added_latency, True),
    Figure("beside", "GET 1 KiB, one kept connection, while two others fetch 64 MiB over and over, "
           "one event loop: time", "none: nginx beside it", beside_bulk, False),
    Figure("list", "LIST page of 1,000: CPU, calls to the KMS", "10 ms, 0", list_page, True),
    Figure("two-loops", "16 large PUTs at once, two event loops over one: CPU-bound throughput",
           "1.7", two_loops, False),
    Figure("sealing", "a large object, HTTP/1.1, SSE-KMS over TLS alone: CPU",
           "PUT 1.25, GET 1.2", sealing, False),
    Figure("md5", "PUT of a large object, SSE-S3 (ETag an MD5) over SSE-KMS: time",
           "1.1 when a core is idle", entity_tag, False),
    Figure("md5-16", "the same, 16 uploads at once on one event loop: time",
           "1.1 when a core is idle", entity_tags, False),
]


def figures_table(chosen, kit, deadline, say):
    """A line for each; what fails is said in its line: the others are still worth having."""
    lines = []
    for figure in chosen:
        running = kit.site.running()
        try:
            if time.monotonic() > deadline:
                raise BenchError("out of time")
            value = figure.measure(kit)
        except BenchError as error:
            value = error.cell()
        except OSError as error:
            value = BenchError(str(error)).cell()
        finally:
            kit.site.stop_all_but(running)
        say(f"{figure.name} done")
        lines.append([figure.name, figure.title, value, figure.goal])
    return Table("The gateway by itself", HEADINGS, lines)

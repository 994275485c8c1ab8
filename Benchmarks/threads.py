"""What the busiest thread does: throughput that doesn't depend on who shares the processor.

With the clients on the same two cores a wall clock shows how the cores are shared out. A server
that has a core for each of its threads is as fast as its busiest thread: bytes over that thread's
CPU time is the throughput it would have then, the imbalance between threads and what they cost
each other included.
"""
import statistics
import time

from gateway import start_gateway
from processes import spent
from rows import BUCKET_KEY, GIB, PART_COUNT, SSE_S3
from servers import DISCARD_SUFFIX

PART_KEYS = [f"loops-{index:02}{DISCARD_SUFFIX}" for index in range(PART_COUNT)]


class Reading:
    """CPU of a server before and after some work."""

    def __init__(self, server, work):
        all_before, before = server.settled_cpu(), server.thread_cpu()
        started = time.monotonic()
        work()
        self.wall = time.monotonic() - started
        self.cpu = spent(all_before, server.settled_cpu())
        self.busiest = max(
            seconds - before.get(thread, 0) for thread, seconds in server.thread_cpu().items()
        )


def two_loops(kit):
    """Sixteen connections to a gateway with one event loop and to one with two, in turns."""
    # A sink each: one folder of keys is one gateway's.
    targets = [
        start_gateway(kit.site, f"loops-{loops}", kit.site.start_sink(f"sink-{loops}"), loops)
        for loops in (1, 2)
    ]
    part = kit.files.of(kit.files.half.stat().st_size // PART_COUNT)
    options, readings = ["--data", str(part)], [[], []]
    for _ in range(kit.rounds):
        for target, of_target in zip(targets, readings):
            clients = kit.clients(target)
            of_target.append(Reading(target.server, lambda: clients.load_apart(
                "PUT", PART_KEYS, PART_COUNT, options, BUCKET_KEY
            )))
    size = part.stat().st_size * PART_COUNT / GIB
    one, two = ([size / reading.busiest for reading in each] for each in readings)
    cpu = [statistics.median(reading.cpu / size for reading in each) for each in readings]
    return (f"{statistics.median(two) / statistics.median(one):.2f}: "
            f"{_range(one)} and {_range(two)} GiB a CPU-second of the busiest thread; "
            f"all threads {cpu[0]:.2f} and {cpu[1]:.2f} CPU-s a GiB")


def entity_tag(kit):
    """The same upload in both modes in turns, on one event loop."""
    target = start_gateway(kit.site, "md5", kit.site.socket, 1)
    clients = kit.clients(target)
    return _of_modes(kit, target, lambda headers: clients.put(
        "md5" + DISCARD_SUFFIX, kit.files.half, "1.1", headers
    ))


def entity_tags(kit):
    """The same, sixteen at once."""
    target = start_gateway(kit.site, "md5-16", kit.site.start_sink("sink-md5"), 1)
    clients = kit.clients(target)
    part = kit.files.of(kit.files.half.stat().st_size // PART_COUNT)
    options = ["--data", str(part)]
    return _of_modes(kit, target, lambda headers: clients.load_apart(
        "PUT", PART_KEYS, PART_COUNT, options, headers
    ))


def _of_modes(kit, target, upload):
    readings = {"kms": [], "s3": []}
    for _ in range(kit.rounds):
        for mode, headers in [("kms", BUCKET_KEY), ("s3", SSE_S3)]:
            readings[mode].append(Reading(target.server, lambda: upload(headers)))

    def ratio(of):
        kms, s3 = (statistics.median(map(of, readings[mode])) for mode in ("kms", "s3"))
        return s3 / kms

    return (f"{ratio(lambda each: each.wall):.2f} as it ran; "
            f"{ratio(lambda each: each.busiest):.2f} with a core for each thread (the busiest "
            f"one's CPU); CPU of all threads {ratio(lambda each: each.cpu):.2f}")


def _range(values):
    return f"{statistics.median(values):.2f} [{min(values):.2f}-{max(values):.2f}]"

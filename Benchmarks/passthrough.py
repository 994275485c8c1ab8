"""What sealing costs on its own: the same program, its AES-GCM passed by (passthrough/)."""
import statistics

from gateway import start_gateway
from processes import BenchError, run
from rows import BUCKET_KEY
from servers import DISCARD_SUFFIX
from threads import Reading

MARK_BYTES = 4096


def sealing(kit):
    """Uploads and downloads of one large object, with and without, in turns."""
    library = kit.site.programs["passthrough.so"]
    targets = [
        start_gateway(
            kit.site, name, kit.site.start_sink(f"sink-{name}"), kit.site.loops,
            environment=environment,
        )
        for name, environment in [("seals", {}), ("passes", {"LD_PRELOAD": str(library)})]
    ]
    for target, is_sealed in zip(targets, (True, False)):
        kit.clients(target).put("bulk", kit.files.half, "1.1", BUCKET_KEY)
        _require(kit, target, is_sealed)
    texts = []
    for method, run_once in [("PUT", _put), ("GET", _get)]:
        cpu = [[], []]
        for _ in range(kit.rounds):
            for target, of_target in zip(targets, cpu):
                clients = kit.clients(target)
                of_target.append(Reading(target.server, lambda: run_once(kit, clients)).cpu)
        (seals, passes), (least, passes_least) = map(statistics.median, cpu), map(min, cpu)
        texts.append(f"{method} {seals / passes:.2f} (best runs {least / passes_least:.2f})")
    return ", ".join(texts)


def _put(kit, clients):
    clients.put("put" + DISCARD_SUFFIX, kit.files.half, "1.1", BUCKET_KEY)


def _get(kit, clients):
    clients.get("bulk", kit.files.half.stat().st_size, "1.1")


def _require(kit, target, is_sealed):
    """Looks at what the sink got: without plaintext there, nothing was passed by."""
    stored = kit.site.folder / "stored.bin"
    run(["curl", "--silent", "--fail", "--unix-socket", str(target.socket),
         "--range", f"0-{2 * MARK_BYTES}", "--output", str(stored),
         f"http://store/{target.bucket}/bulk"])
    with kit.files.half.open("rb") as file:
        mark = file.read(MARK_BYTES // 2)
    if (mark in stored.read_bytes()) == is_sealed:
        raise BenchError("the gateway " + (
            "stored plaintext" if is_sealed else "seals though its AES-GCM should be passed by"
        ))

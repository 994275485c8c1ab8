"""The store is killed under load, again and again: what it answered is there, whole, and no more.

SEALGATE_KILL_ROUNDS sets how often, SEALGATE_KILL_SEED repeats a run.
"""

import http.client
import os
import random
import threading

from store import Store

ROUNDS = int(os.environ.get("SEALGATE_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("SEALGATE_KILL_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS, KEYS = 4, 6
LOST = (http.client.HTTPException, OSError)


class Worker(threading.Thread):
    """Changes keys of its own, one after the other; knows what each may hold.

    A change that was begun and not answered may have happened or not: `states` has both.
    """

    def __init__(self, number, store, seed, states, killer):
        super().__init__()
        self.number, self.store, self.states, self.killer = number, store, states, killer
        self.random = random.Random(seed)
        self.error = None

    def run(self):
        try:
            with self.store.client() as client, self.store.client() as withheld:
                # Begun and never ended: nobody may ever see it.
                withheld.begin(f"/b/never-{self.number}", self.bytes(), "x-amz-meta-sealgate")
                while True:
                    self.change(client)
                    self.killer.answered()
        except LOST:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.killer.lost()

    def bytes(self):
        return self.random.randbytes(self.random.choice(
            [0, 1, 900, 16_384, 16_385, 70_000, self.random.randrange(300_000)]))

    def change(self, client):
        key = f"{self.number}-{self.random.randrange(KEYS)}"
        old, target = self.states.get(key, {None}), f"/b/{key}"
        kind = self.random.choices(["put", "parts", "delete"], [6, 2, 2])[0]
        if kind == "delete":
            self.states[key] = old | {None}
            assert client.send("DELETE", target).status == 204
            self.states[key] = {None}
            return
        bodies = [self.bytes() for _ in range(self.random.randint(1, 3) if kind == "parts" else 1)]
        new = b"".join(bodies)
        self.states[key] = old | {new}
        answer = client.put_parts(target, bodies) if kind == "parts" else client.put(target, new)
        assert answer.status == 200, answer.body
        self.states[key] = {new}


class Killer:
    """Kills the store at an answer of its choice."""

    def __init__(self, store, count):
        self.store, self.left, self.lock = store, count, threading.Lock()

    def answered(self):
        with self.lock:
            self.left -= 1
            if self.left == 0:
                self.store.process.kill()

    def lost(self):
        # A worker that failed for its own reasons must not leave the others waiting.
        self.store.process.kill()


def test_what_was_answered_outlives_kill_9(tmp_path):
    chance, states = random.Random(SEED), {}
    print(f"SEALGATE_KILL_SEED={SEED} SEALGATE_KILL_ROUNDS={ROUNDS}")
    store = Store(tmp_path, "care.interval=1s")
    store.start()
    with store.client() as client:
        assert client.send("PUT", "/b").status == 200
    answered = 0
    for number in range(ROUNDS):
        count = chance.randint(1, 80)
        answered += count
        killer = Killer(store, count)
        workers = [Worker(worker, store, chance.random(), states, killer)
                   for worker in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.error is None, (number, worker.error)
        store.process.wait()
        # As it lies there: what a crash leaves is no finding.
        code, report = store.check()
        assert code == 0, (number, report)
        store.start()
        read(store, states, number)
        code, report = store.check()
        assert code == 0, (number, report)
    store.stop()
    code, report = store.check()
    assert (code, report["leftovers"]) == (0, 0), report
    print(f"{ROUNDS} rounds, {answered} answered changes, {report['objects']} objects at the end")


def read(store, states, number):
    """Every key holds one of the states that it may have, which it has from now on."""
    with store.client() as client:
        for key, allowed in states.items():
            answer = client.send("GET", f"/b/{key}")
            assert answer.status in (200, 404), (number, key, answer.status)
            found = answer.body if answer.status == 200 else None
            assert found in allowed, (number, key, found and len(found),
                                      [state and len(state) for state in allowed])
            states[key] = {found}
        listed = client.send("GET", "/b?list-type=2").body.decode()
        assert listed.count("<Key>") == sum(state != {None} for state in states.values())
        assert "never" not in listed

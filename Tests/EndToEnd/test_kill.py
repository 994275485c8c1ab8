"""Programs are killed under load, again and again: what was answered is there, whole, and no more.

SEALGATE_KILL_ROUNDS sets how often, SEALGATE_KILL_SEED repeats a run.
"""

import http.client
import os
import random
import signal
import threading

import pytest

from deployment import Deployment
from modes import BUCKET_KEY, SSE
from store import Answer, PartsClient, Store

ROUNDS = int(os.environ.get("SEALGATE_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("SEALGATE_KILL_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS, KEYS = 4, 6
# Parts but the last must have as many bytes through the gateway.
PART_BYTES_MIN = 5 << 20
LOST = (http.client.HTTPException, OSError)


class StoreAlone:
    """The store without a gateway; a round kills it."""

    part_bytes_min = 0

    def __init__(self, folder):
        self.store = Store(folder, "care.interval=1s")
        self.start = self.store.start
        self.stop = self.store.stop
        self.client = self.store.client
        self.check = self.store.check

    def victim(self):
        return self.store.process.pid

    def wait(self):
        self.store.process.wait()


class Gateway:
    """Both programs; a round kills `name`, and scripts/run ends the other."""

    part_bytes_min = PART_BYTES_MIN

    def __init__(self, folder, name):
        self.deployment = Deployment(folder / "state")
        self.name = name
        self.start = self.deployment.start
        self.stop = self.deployment.stop
        self.checked = Store(folder / "checked")
        self.checked.data = folder / "state/store"
        self.check = self.checked.check

    def victim(self):
        return getattr(self.deployment, self.name)

    def wait(self):
        self.deployment.process.wait(timeout=60)

    def client(self):
        return GatewayClient(self.deployment)


class GatewayClient(PartsClient):
    """One connection to a gateway, with what the store's client has."""

    MODES = [{}, {SSE: "aws:kms"}, {SSE: "aws:kms", BUCKET_KEY: "true"}]

    def __init__(self, deployment):
        self.deployment, self.connection = deployment, deployment.connection()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, method, target, headers=None, body=b""):
        headers = self.deployment.headers(method, target, body, headers)
        self.connection.request(method, target, body or None, headers)
        return Answer(self.connection.getresponse())

    def put(self, target, body):
        return self.send("PUT", target, self.MODES[len(body) % len(self.MODES)], body)

    def put_part(self, target, body):
        return self.send("PUT", target, body=body)

    def begin(self, target, body):
        """A body that isn't ended."""
        length = {"content-length": str(len(body) + 1)}
        headers = self.deployment.headers(
            "PUT", target, headers=length, payload="UNSIGNED-PAYLOAD")
        self.connection.putrequest("PUT", target, skip_accept_encoding=True, skip_host=True)
        for name, value in {"host": self.connection.host, **headers}.items():
            self.connection.putheader(name, value)
        self.connection.endheaders(body)


class Worker(threading.Thread):
    """Changes keys of its own, one after the other; knows what each may hold.

    A change that was begun and not answered may have happened or not: `states` has both.
    """

    def __init__(self, number, served, seed, states, killer):
        super().__init__()
        self.number, self.served, self.states, self.killer = number, served, states, killer
        self.random = random.Random(seed)
        self.error = None

    def run(self):
        try:
            with self.served.client() as client, self.served.client() as withheld:
                # Begun and never ended: nobody may ever see it.
                withheld.begin(f"/bucket/never-{self.number}", self.bytes())
                while True:
                    self.change(client)
                    self.killer.answered()
        except LOST:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.killer.kill()

    def bytes(self):
        return self.random.randbytes(self.random.choice(
            [0, 1, 900, 33_792, 33_793, 70_000, self.random.randrange(300_000)]))

    def parts(self):
        bodies = [self.bytes() for _ in range(self.random.randint(1, 3))]
        least = self.served.part_bytes_min
        return [body.ljust(least, b"p") for body in bodies[:-1]] + bodies[-1:]

    def change(self, client):
        key = f"{self.number}-{self.random.randrange(KEYS)}"
        old, target = self.states.get(key, {None}), f"/bucket/{key}"
        kind = self.random.choices(["put", "parts", "delete"], [6, 2, 2])[0]
        if kind == "delete":
            self.states[key] = old | {None}
            self.answer(client.send("DELETE", target), 204)
            self.states[key] = {None}
            return
        bodies = self.parts() if kind == "parts" else [self.bytes()]
        new = b"".join(bodies)
        self.states[key] = old | {new}
        answer = client.put_parts(target, bodies) if kind == "parts" else client.put(target, new)
        self.answer(answer, 200)
        self.states[key] = {new}

    def answer(self, answer, status):
        """An answer without a word of success is none, once the store may be dead."""
        if answer.status == 503 and self.killer.is_dead:
            raise ConnectionError
        assert answer.status == status, answer.body


class Killer:
    """Kills one of the programs at an answer of its choice."""

    def __init__(self, pid, count):
        self.pid, self.left, self.lock = pid, count, threading.Lock()
        self.is_dead = False

    def answered(self):
        with self.lock:
            self.left -= 1
            if self.left:
                return
        self.kill()

    def kill(self):
        # Once: afterwards the number may be another's. A worker that failed for its own reasons
        # must not leave the others waiting either.
        with self.lock:
            if not self.is_dead:
                self.is_dead = True
                os.kill(self.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["store alone", "gateway_pid", "store_pid"])
def test_what_was_answered_outlives_kill_9(tmp_path, name):
    chance, states = random.Random(SEED), {}
    print(f"SEALGATE_KILL_SEED={SEED} SEALGATE_KILL_ROUNDS={ROUNDS}")
    served = StoreAlone(tmp_path) if name == "store alone" else Gateway(tmp_path, name)
    served.start()
    with served.client() as client:
        assert client.send("PUT", "/bucket").status == 200
    answered = 0
    for number in range(ROUNDS):
        count = chance.randint(1, 80)
        answered += count
        killer = Killer(served.victim(), count)
        workers = [Worker(worker, served, chance.random(), states, killer)
                   for worker in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.error is None, (number, worker.error)
        served.wait()
        # As it lies there: what a crash leaves is no finding.
        code, report = served.check()
        assert code == 0, (number, report)
        served.start()
        read(served, states, number)
        code, report = served.check()
        assert code == 0, (number, report)
    served.stop()
    code, report = served.check()
    assert (code, report["leftovers"]) == (0, 0), report
    print(f"{ROUNDS} rounds, {answered} answered changes, {report['objects']} objects at the end")


def read(served, states, number):
    """Every key holds one of the states that it may have, which it has from now on."""
    with served.client() as client:
        for key, allowed in states.items():
            answer = client.send("GET", f"/bucket/{key}")
            assert answer.status in (200, 404), (number, key, answer.status)
            found = answer.body if answer.status == 200 else None
            assert found in allowed, (number, key, found and len(found),
                                      [state and len(state) for state in allowed])
            states[key] = {found}
        listed = client.send("GET", "/bucket?list-type=2").body.decode()
        assert listed.count("<Key>") == sum(state != {None} for state in states.values())
        assert "never" not in listed

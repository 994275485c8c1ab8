"""sealgate-store alone, and clients of its dialect, for what is measured without a gateway."""
import concurrent.futures
import http.client
import os
import pathlib
import select
import socket
import subprocess
import time

CONNECTIONS = 8


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("store", timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def call(self, method, target, body=None, headers=None):
        self.request(method, target, body, headers or {})
        answer = self.getresponse()
        text = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"{method} {target}: {answer.status} {text[:200]}")
        return text


class Store:
    """The program on a folder of its own."""

    def __init__(self, folder, program, *options):
        self.folder, self.program, self.options = pathlib.Path(folder), program, options
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket = str(self.folder / "store.sock")

    def start(self):
        """Seconds until it answers."""
        ready, written = os.pipe()
        started = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.folder / "data", "--socket", self.socket,
             "--ready-fd", str(written), "--quiet", "--log-level", "warning", *self.options],
            pass_fds=[written])
        os.close(written)
        with open(ready, "rb") as pipe:
            if not select.select([pipe], [], [], 120)[0] or pipe.read() != b"ready\n":
                raise SystemExit("the store didn't start")
        return time.monotonic() - started

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()

    def cpu_seconds(self):
        """Of all its threads so far."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def in_parallel(self, count, work):
        """Calls `work(connection, number)` for all numbers; calls a second."""
        def share(first):
            connection = Connection(self.socket)
            for number in range(first, count, CONNECTIONS):
                work(connection, number)
            connection.close()

        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(share, range(CONNECTIONS)))
        return count / (time.monotonic() - started)

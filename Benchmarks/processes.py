"""Processes that a benchmark starts, and what they cost: CPU-seconds and peak memory."""
import os
import pathlib
import signal
import subprocess
import time

CLOCK_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


ROOT = pathlib.Path(__file__).resolve().parents[1]


class BenchError(Exception):
    """What stops a run; `hint` says what to do about it."""

    def __init__(self, text, hint=""):
        super().__init__(text)
        self.hint = hint

    def cell(self):
        """For a table: why something isn't measured, on one line, without this machine's paths."""
        text = " ".join(f"not measured: {self} {self.hint}".split())
        return text.replace(f"{ROOT}/", "").replace("|", "/")[:200]


class Server:
    """One process started by the run, with the children it makes."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        # The server ends with this process, however that ends.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                env={**os.environ, **(environment or {})},
            )

    def require_running(self):
        status = self.process.poll()
        if status is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-5:]
            raise BenchError(f"{self.name} ended with status {status}", "\n".join(last))

    def wait_until(self, is_ready, seconds=20):
        """Waits until `is_ready()`; fails as soon as the process is gone."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.require_running()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} was not ready within {seconds} s")
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def pids(self):
        found = [self.process.pid]
        for pid in found:
            for task in _entries(f"/proc/{pid}/task"):
                found += [int(child) for child in _read(f"{task}/children").split()]
        return found

    def cpu(self):
        """CPU time so far: in seconds of the threads there are, and in ticks of all there were."""
        ticks = 0
        for pid in self.pids():
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if fields else 0
        return sum(self.thread_cpu().values()), ticks * CLOCK_TICK_SECONDS

    def settled_cpu(self):
        """CPU time once the work after the last answer is done; waits half a second at most."""
        return _settled(self.cpu)

    def thread_cpu(self):
        """CPU-seconds so far of each thread there is."""
        return {
            task: int((_read(f"{task}/schedstat").split() or ["0"])[0]) / 1e9
            for pid in self.pids() for task in _entries(f"/proc/{pid}/task")
        }

    def resident_bytes(self):
        return self._memory("VmRSS:")

    def reset_peak(self):
        """Begins a new measure of peak memory."""
        for pid in self.pids():
            try:
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                pass

    def peak_bytes(self):
        return self._memory("VmHWM:")

    def _memory(self, field):
        total = 0
        for pid in self.pids():
            for line in _read(f"/proc/{pid}/status").splitlines():
                if line.startswith(field):
                    total += int(line.split()[1]) * 1024
        return total


class Group:
    """Several processes that do one server's work, measured as one."""

    def __init__(self, name, servers):
        self.name = name
        self.servers = servers

    def require_running(self):
        for server in self.servers:
            server.require_running()

    def cpu(self):
        exact, ticks = zip(*(server.cpu() for server in self.servers))
        return sum(exact), sum(ticks)

    def settled_cpu(self):
        return _settled(self.cpu)

    def reset_peak(self):
        for server in self.servers:
            server.reset_peak()

    def peak_bytes(self):
        return sum(server.peak_bytes() for server in self.servers)


def _settled(read):
    last = read()
    for _ in range(10):
        time.sleep(0.05)
        now = read()
        if now[0] - last[0] < 0.0002:
            return now
        last = now
    return last


def spent(before, after):
    """CPU-seconds between two readings.

    Threads that ended in between are missing from the exact figure, not from the ticks: where the
    ticks say clearly more, they are taken.
    """
    exact, ticks = after[0] - before[0], after[1] - before[1]
    return ticks if ticks - exact > max(0.03, 0.05 * ticks) else exact


def run(command, seconds=180, **options):
    """Runs a client to its end; gives its standard output."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, **options
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{command[0]} took more than {seconds} s") from None
    if result.returncode != 0:
        detail = (result.stderr.strip() or result.stdout.strip())[-500:]
        raise BenchError(f"{command[0]} ended with status {result.returncode}", detail)
    return result.stdout


def version(command, line=0):
    """A line of what a program says of its version; some say it on standard error."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[line].strip() if len(lines) > line else "unknown"


def _entries(folder):
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    except OSError:
        return []


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""

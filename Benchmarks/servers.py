"""What one run starts, each on loopback for it alone; here the sink and nginx."""
import contextlib
import os
import pathlib
import secrets
import shutil
import socket

from gateway import start_gateway
from processes import BenchError, Server, run
from signing import Signer

HERE = pathlib.Path(__file__).resolve().parent
DISCARD_SUFFIX = ".discard"
GATEWAY, NGINX, NGINX_STOCK = "sealgate", "nginx", "nginx-stock"
# What nginx reads at a time, of a request's body and of an answer: its best here, and its defaults.
NGINX_BUFFERS = {NGINX: ("128k", "128k"), NGINX_STOCK: ("16k", "4k")}


class Target:
    """A server under measurement: its process, where it listens, who signs requests to it."""

    def __init__(self, server, signer, bucket, encryption=None, admin="", socket=None):
        self.server = server
        self.signer = signer
        self.bucket = bucket
        self.encryption = encryption or {}  # the headers by which its own encryption is asked for
        self.admin = admin
        self.socket = socket  # of the store behind it

    @property
    def name(self):
        return self.server.name


class Site:
    """Everything that a run starts; stopped by `close`, the last started first."""

    def __init__(self, folder, data, programs, loops):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data)  # on a disk, for servers that store
        self.programs = programs
        self.loops = loops
        self.socket = self.folder / "sink.sock"  # of the sink that nginx and the gateway share
        self.certificate = self.folder / "server.crt"
        self.access_key = "SG" + secrets.token_hex(9).upper()
        self.secret_key = secrets.token_hex(20)
        self._running = []

    def close(self):
        self.stop_all_but([])

    def stop(self, server):
        """Ends one process ahead of the others."""
        server.stop()
        self._running.remove(server)

    def running(self):
        return list(self._running)

    def stop_all_but(self, kept):
        """Ends what was started since, the last started first."""
        for server in reversed(self.running()):
            if server not in kept:
                self.stop(server)

    def prepare(self):
        # A worker of another user has to reach the socket.
        self.folder.chmod(0o711)
        self._make_certificate()
        for name, text in [
            ("secret_key", self.secret_key),
            ("master.key", run(["openssl", "rand", "-base64", "32"])),
        ]:
            self.write_private(name, text)

    def start_sink(self, name="sink"):
        """The socket of a store in memory."""
        path = self.folder / f"{name}.sock"
        sink = self.start(name, [
            str(self.programs["sink"]), "--socket", str(path), "--discard-suffix", DISCARD_SUFFIX,
        ])
        sink.wait_until(lambda: "ready" in sink.log.read_text())
        return path

    def start_before_sink(self, names):
        """The servers of these names, as targets."""
        return [
            start_gateway(self, GATEWAY, self.socket, self.loops) if name == GATEWAY
            else self._start_nginx(name)
            for name in names
        ]

    def start(self, name, command, environment=None):
        server = Server(name, command, self.folder, environment)
        self._running.append(server)
        return server

    def target(self, server, origin, region, bucket, **more):
        signer = Signer(origin, self.access_key, self.secret_key, region)
        return Target(server, signer, bucket, **more)

    def _make_certificate(self):
        run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", str(self.folder / "server.key"), "-out", str(self.certificate),
        ])
        (self.folder / "server.key").chmod(0o600)

    def _start_nginx(self, name):
        folder = self.folder / name
        folder.mkdir(mode=0o755, exist_ok=True)
        body, answer = NGINX_BUFFERS[name]
        settings = {
            "WORKERS": self.loops, "FOLDER": folder, "TLS": self.folder, "SOCKET": self.socket,
            "BODY_BUFFER": body, "PROXY_BUFFER": answer,
        }
        template = (HERE / "nginx.conf.in").read_text()
        config = folder / "nginx.conf"
        # Somebody else may take a free port before nginx does.
        for attempt in range(5):
            settings["PORT"] = free_ports(1)[0]
            text = template
            for setting, value in settings.items():
                text = text.replace(f"@{setting}@", str(value))
            config.write_text(text)
            server = self.start(name, [
                str(self.programs["nginx"]), "-p", str(folder), "-c", str(config),
            ])
            try:
                server.wait_until(lambda: listens(settings["PORT"]))
                server.require_running()
            except BenchError:
                if attempt == 4:
                    raise
                continue
            return self.target(
                server, f"https://127.0.0.1:{settings['PORT']}", "us-east-1", "plain"
            )

    def write_private(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def find_programs(build_folder, sealgate):
    """The programs of a run; the clients and nginx must be on this machine."""
    programs = {name: build_folder / name for name in ("sink", "passthrough.so")}
    programs["sealgate"] = sealgate
    programs["sealgate-store"] = sealgate.with_name("sealgate-store") if sealgate else None
    own = build_folder / "nginx/usr/sbin/nginx"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    programs["nginx"] = own if own.exists() else shutil.which("nginx", path=path)
    for name in ["curl", "h2load", "openssl", "setpriv"]:
        programs[name] = shutil.which(name, path=path)
    for name, program in programs.items():
        if not name.startswith("sealgate") and not (program and pathlib.Path(program).exists()):
            raise BenchError(f"no program {name}", "scripts/bench installs what is missing")
    return programs


def free_ports(count):
    """Ports that are free now; somebody else may take one before its server does."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

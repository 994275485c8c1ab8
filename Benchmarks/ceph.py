"""Ceph's object gateway, one monitor, one OSD: Debian's packages, unpacked, not installed."""
import os
import uuid

from processes import BenchError, Group, run
from servers import free_ports, listens

CEPH = "Ceph RGW, SSE-KMS"
PACKAGES = ["radosgw", "ceph-mon", "ceph-osd"]
KEY_ID = "bench"
# Bounds what the OSD's file may take of the disk; it is sparse.
DEVICE_BYTES = 24 << 30


class _Programs:
    """The unpacked programs, and the environment that their libraries need."""

    def __init__(self, build_folder):
        self.root = build_folder / "ceph" / "root"
        if not (self.root / "usr/bin/radosgw").exists():
            self._fetch(build_folder / "ceph")
        self.libraries = next((self.root / "usr/lib").glob("*-linux-gnu*"))
        paths = [self.libraries, self.libraries / "ceph", self.root / "lib" / self.libraries.name]
        self.environment = {
            "LD_LIBRARY_PATH": ":".join(str(path) for path in paths),
            "PYTHONPATH": str(self.root / "usr/lib/python3/dist-packages"),
        }

    def path(self, name):
        return str(self.root / "usr/bin" / name)

    def run(self, name, *arguments, seconds=60):
        return run([self.path(name), *arguments], seconds,
                   env={**os.environ, **self.environment})

    @staticmethod
    def _fetch(folder):
        packages = folder / "packages"
        (packages / "partial").mkdir(parents=True, exist_ok=True)
        run(["apt-get", "install", "--yes", "--download-only", "--no-install-recommends",
             "--option", f"Dir::Cache::archives={packages}", "--option", "APT::Sandbox::User=root",
             *PACKAGES], 300)
        fetched = sorted(packages.glob("*.deb"))
        if not any(path.name.startswith("radosgw_") for path in fetched):
            raise BenchError("apt-get fetched no radosgw: is it installed already?")
        for path in fetched:
            run(["dpkg", "-x", str(path), str(folder / "root")])


def ceph_version(build_folder):
    """As its package's name tells."""
    names = [path.name for path in (build_folder / "ceph/packages").glob("radosgw_*.deb")]
    return f"radosgw {names[0].split('_')[1]}" if names else "no radosgw"


def start_ceph(site, build_folder, bucket):
    programs = _Programs(build_folder)
    folder = site.data / "ceph"
    for name in ["mon", "osd", "run", "rgw"]:
        (folder / name).mkdir(parents=True)
    monitor_port, port = free_ports(2)
    key = run(["openssl", "rand", "-base64", "32"]).strip()
    config = site.write_private(
        "ceph.conf", _config(programs, folder, site, monitor_port, port, key)
    )
    settings = ["-c", str(config)]

    monitors, keyring = str(folder / "monmap"), str(folder / "keyring")
    programs.run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{monitor_port}]",
                 "--fsid", _setting(config, "fsid"), monitors)
    programs.run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.",
                 "--cap", "mon", "allow *")
    programs.run("ceph-mon", "--mkfs", "-i", "a", *settings, "--monmap", monitors,
                 "--keyring", keyring)
    monitor = _start(site, programs, "ceph-mon", "-i", "a", *settings)
    monitor.wait_until(lambda: listens(monitor_port))

    device = str(uuid.uuid4())
    programs.run("ceph", *settings, "--connect-timeout", "30", "osd", "new", device)
    programs.run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", device, *settings)
    osd = _start(site, programs, "ceph-osd", "-i", "0", *settings)
    osd.wait_until(lambda: " 1 up" in programs.run("ceph", *settings, "osd", "stat"), 60)

    programs.run("radosgw-admin", *settings, "user", "create", "--uid", "bench",
                 "--display-name", "bench", "--access-key", site.access_key,
                 "--secret-key", site.secret_key, seconds=120)
    gateway = _start(site, programs, "radosgw", "-n", "client.admin", *settings)
    gateway.wait_until(lambda: listens(port), 60)
    sse = "x-amz-server-side-encryption"
    return site.target(
        Group(CEPH, [gateway, osd, monitor]), f"https://127.0.0.1:{port}", "us-east-1",
        bucket, encryption={sse: "aws:kms", f"{sse}-aws-kms-key-id": KEY_ID},
    )


def _start(site, programs, name, *arguments):
    return site.start(name, [programs.path(name), "-f", *arguments], programs.environment)


def _setting(config, name):
    lines = (line.partition(" = ") for line in config.read_text().splitlines())
    return next(value for key, _, value in lines if key == name)


def _config(programs, folder, site, monitor_port, port, key):
    """One copy of everything, and no authentication inside the cluster: both spare it work.

    Its SSE-S3 came with a later version: SSE-KMS, with a key from the configuration, asks nobody.
    """
    first = free_ports(1)[0]
    return f"""\
[global]
fsid = {uuid.uuid4()}
mon host = v2:127.0.0.1:{monitor_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = {min(first, 60000)}
ms bind port max = {min(first, 60000) + 100}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
auth allow insecure global id reclaim = false
run dir = {folder}/run
crash dir = {folder}/run
admin socket =
log file =
log to stderr = true
debug rgw = 0
debug osd = 0
debug mon = 0
debug beast = 0
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
osd class dir = {programs.libraries}/rados-classes
erasure code dir = {programs.libraries}/ceph/erasure-code
plugin dir = {programs.libraries}/ceph
osd objectstore = bluestore
bluestore block size = {DEVICE_BYTES}
osd crush location = host=bench root=default
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
mon allow pool size one = true
mon max pg per osd = 1000
rgw frontends = beast ssl_endpoint=127.0.0.1:{port} ssl_certificate={site.certificate} \
ssl_private_key={site.folder}/server.key
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = {KEY_ID}={key}
rgw enable ops log = false
rgw enable usage log = false
"""

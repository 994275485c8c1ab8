"""Care of a store: check, repair, backup and restore, a disk that fills up."""

import io
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import threading

import pytest

from deployment import ROOT, Deployment
from store import BIN, Store
from wire import call, element


@pytest.fixture()
def store(tmp_path):
    with Store(tmp_path) as store:
        with store.client() as client:
            assert client.send("PUT", "/b").status == 200
        yield store


def test_check_and_repair_on_the_command_line(store):
    large = os.urandom(100_000)
    with store.client() as client:
        for key in ("kept", "lost"):
            assert client.put(f"/b/{key}", large).status == 200
    assert store.check()[0] == 0
    # A running store is never repaired.
    result = store.command("check", "--repair")
    assert result.returncode == 3 and "in use by another process" in result.stderr
    store.stop()
    files = sorted((store.data / "objects").rglob("?" * 32))
    assert len(files) == 2
    files[0].unlink()
    (store.data / "objects/00/strange").write_bytes(b"x")
    code, report = store.check()
    assert code == 1 and report["counts"] == {"file_missing": 1, "strange_file": 1}, report
    lost = next(f["key"] for f in report["findings"] if f["problem"] == "file_missing")
    result = store.command("check")
    assert result.returncode == 1 and "256 of 256 folders" in result.stderr
    assert f"file_missing: b/{lost} objects/" in result.stdout and "2 findings" in result.stdout
    code, report = store.check("--repair", "--quiet")
    quarantine = pathlib.Path(report["quarantine"])
    assert code == 1 and (quarantine / "objects-00/strange").read_bytes() == b"x"
    records = [json.loads(line) for line in (quarantine / "record.jsonl").read_text().splitlines()]
    entries = [record["entry"] for record in records if "entry" in record]
    assert [entry["size"] for entry in entries] == [100_000]
    assert store.check()[0] == 0
    store.start()
    with store.client() as client:
        assert client.send("GET", f"/b/{lost}").status == 404
        [kept] = {"kept", "lost"} - {lost}
        assert client.send("GET", f"/b/{kept}").body == large
    assert not store.command("check", data="/proc/nowhere").stdout
    assert store.command("check", data="/proc/nowhere").returncode == 3


def test_a_backup_under_load_is_restored_behind_a_gateway(own_gateway, tmp_path):
    gateway = own_gateway
    s3 = gateway.s3()
    s3.create_bucket(Bucket="bucket")
    kept = {f"k{number}": os.urandom(size) for number, size in enumerate([0, 10, 90_000, 9 << 20])}
    for key, body in kept.items():
        s3.upload_fileobj(io.BytesIO(body), "bucket", key)
    ended, failures = threading.Event(), []

    def change():
        client, chance = gateway.s3(), random.Random(1)
        while not ended.is_set():
            key = f"w{chance.randrange(8)}"
            try:
                client.put_object(Bucket="bucket", Key=key, Body=chance.randbytes(60_000))
                client.delete_object(Bucket="bucket", Key=key)
            except Exception as error:
                failures.append(error)
                return

    writer = threading.Thread(target=change)
    writer.start()
    reports = []
    for number in range(4):
        target = tmp_path / f"backup{number}"
        result = subprocess.run(
            [BIN / "sealgate-store", "backup", target, "--data", gateway.store_data, "--json",
             *(["--copy"] if number % 2 else [])], capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr
        reports.append(json.loads(result.stdout))
        result = subprocess.run([BIN / "sealgate-store", "check", "--data", target],
                                capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stdout
    ended.set()
    writer.join()
    assert not failures
    assert all(report["files"] >= 2 for report in reports)
    assert reports[1]["linked"] == 0
    for key in kept:
        s3.delete_object(Bucket="bucket", Key=key)
    gateway.stop()
    # Restoring is: the copy in the folder's place.
    shutil.rmtree(gateway.store_data)
    shutil.copytree(tmp_path / "backup3", gateway.store_data)
    gateway.start()
    s3 = gateway.s3()
    for key, body in kept.items():
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body


# Root may mount; others may in a user namespace of their own.
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else \
    ["unshare", "--user", "--map-root-user", "--mount"]
# The mount goes with its last process: a shell that waits.
MOUNTING = 'mount -t tmpfs -o size=24m,mode=0700 disk "$0" && echo && read x'


class SmallDisk:
    """A disk of 24 MiB in memory, seen by its own processes only."""

    def __init__(self, folder):
        self.path = folder / "disk"
        self.path.mkdir()

    def __enter__(self):
        self.keeper = subprocess.Popen(
            [*NAMESPACE, "sh", "-c", MOUNTING, self.path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        assert self.keeper.stdout.readline() == b"\n"
        self.enter = ["nsenter", "--target", str(self.keeper.pid), "--mount"]
        if os.geteuid() != 0:
            self.enter += ["--user", "--preserve-credentials"]
        # What this process sees it by.
        self.inside = pathlib.Path(f"/proc/{self.keeper.pid}/root{self.path}")
        self.filler = self.inside / "filler"
        return self

    def __exit__(self, *_):
        self.keeper.stdin.close()
        self.keeper.wait()

    def store(self, folder, *settings):
        store = Store(folder, *settings, inside=self.enter)
        store.data = self.path / "data"
        return store

    def fill(self, left=0):
        """Takes all but so many bytes."""
        with open(self.filler, "wb", buffering=0) as file:
            with pytest.raises(OSError):
                while True:
                    file.write(bytes(1 << 16))
            file.truncate(file.tell() - left)

    def make_read_only(self, name):
        """A folder of the disk, for those who look from now on."""
        path = self.path / name
        for command in (["--bind", path, path], ["-o", "remount,bind,ro", path]):
            subprocess.run([*self.enter, "mount", *command], check=True)

    def check(self, store):
        result = subprocess.run(
            [*self.enter, BIN / "sealgate-store", "check", "--data", store.data],
            capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_full_disk_refuses_writes_alone_and_recovers(tmp_path):
    with SmallDisk(tmp_path) as disk:
        store = disk.store(tmp_path / "store", "reserve_bytes=4MiB")
        with store, store.client() as client:
            assert client.send("PUT", "/b").status == 200
            body = os.urandom(1 << 20)
            answers = []
            while not answers or answers[-1].status == 200:
                answers.append(client.put(f"/b/k{len(answers)}", body))
            # An eighth of the disk stays free.
            assert answers[-1].status == 507 and b"bytes left" in answers[-1].body
            assert len(answers) > 15
            assert client.send("POST", "/b/k?uploads").status == 507
            assert store.metric("sealgate_store_writes_refused") == 1
            # Somebody else takes the rest.
            disk.fill()
            assert client.send("GET", "/b/k0").body == body
            assert client.send("GET", "/b?list-type=2").status == 200
            assert client.put("/b/k99", body).status == 507
            # Deleting may need a page or two for the index, which the filler left none of.
            disk.filler.unlink()
            for number in range(4):
                assert client.send("DELETE", f"/b/k{number}").status == 204
            while (answer := client.put("/b/again", body)).status == 507:
                assert store.process.poll() is None
            assert answer.status == 200
            assert client.send("GET", "/b/again").body == body
            assert store.metric("sealgate_store_writes_refused") == 0
        disk.check(store)


class FullDiskWriter:
    """Changes keys of a store on a disk with little room, and knows what each holds."""

    LARGE, SMALL = os.urandom(90_000), os.urandom(9000)

    def __init__(self, client, disk):
        self.client, self.disk = client, disk
        self.held, self.refused = {}, set()
        assert client.send("PUT", "/b").status == 200

    def changes(self, tag):
        """Each kind of change: the key, what it then holds, and the request."""
        client = self.client
        answer, completion = client.upload_parts("/b/parts", [self.LARGE + tag, tag])
        assert completion, answer.body
        self.change("doomed", tag, lambda: client.put("/b/doomed", tag))
        yield "file", self.LARGE + tag, lambda: client.put("/b/file", self.LARGE + tag)
        yield "inline", self.SMALL + tag, lambda: client.put("/b/inline", self.SMALL + tag)
        yield "new", None, lambda: client.send("POST", "/b/new?uploads", client.completion_headers)
        yield "part", None, lambda: client.put_part(
            completion[0] + "&partNumber=3", self.LARGE)
        yield "parts", self.LARGE + tag + tag, lambda: client.complete(*completion)
        yield "doomed", None, lambda: client.send("DELETE", "/b/doomed")

    def change(self, key, body, request):
        """What is answered with success has happened, and what is refused has not."""
        answer = request()
        if answer.status in (200, 204):
            self.held[key] = body
            return
        assert answer.status == 507 and b"room" in answer.body, (key, answer.status, answer.body)
        self.refused.add(key)

    def run(self, left):
        changes = iter([*self.changes(str(left).encode())])
        self.disk.fill(left)
        for key, body, request in changes:
            self.change(key, body, request)
        for key, body in self.held.items():
            answer = self.client.send("GET", f"/b/{key}")
            assert (answer.body if answer.status == 200 else None) == body, (key, left)
        self.disk.filler.unlink()


def test_a_disk_full_at_any_step_leaves_nothing_half_written(tmp_path):
    """With ever more room, some pages at a time, each write fails at some time and then doesn't."""
    with SmallDisk(tmp_path) as disk:
        # Without a floor, so that the disk itself refuses.
        store = disk.store(tmp_path / "store", "reserve_bytes=0")
        with store, store.client() as client:
            writer = FullDiskWriter(client, disk)
            for left in range(0, 500_000, 12_288):
                writer.run(left)
            assert writer.refused == {"file", "inline", "new", "part", "parts", "doomed"}
            writer.refused = set()
            writer.run(4 << 20)
            assert not writer.refused
        disk.check(store)


def told_why(answer, words):
    """503 with the cause, and when to come back."""
    assert (answer.status, answer.code) == (503, "ServiceUnavailable"), answer
    assert words in element(answer.body, "Message")
    assert int(answer.headers["retry-after"]) > 0


def test_clients_are_told_why_nothing_is_stored(tmp_path):
    """No room, and then a disk that is read-only: reads go on, and so do deletes without room."""
    state = tmp_path / "state"
    state.mkdir()
    with SmallDisk(tmp_path) as disk:
        (state / "store").symlink_to(disk.path)
        body, kept = os.urandom(1 << 20), {}
        with Deployment(state, inside=disk.enter) as gateway:
            gateway.s3().create_bucket(Bucket="full")
            upload = element(call(gateway, "POST", "/full/parts?uploads").body, "UploadId")
            while (answer := call(gateway, "PUT", f"/full/k{len(kept)}", {}, body)).status == 200:
                kept[f"k{len(kept)}"] = body
            assert len(kept) > 4
            told_why(answer, "no room")
            # Somebody else takes of what the store keeps free.
            disk.fill(1 << 20)
            told_why(call(gateway, "PUT", f"/full/parts?partNumber=1&uploadId={upload}", {}, body),
                     "no room")
            told_why(call(gateway, "POST", "/full/new?uploads"), "no room")
            told_why(call(gateway, "PUT", "/full/new", {"x-amz-copy-source": "/full/k0",
                                                     "x-amz-server-side-encryption": "aws:kms"}),
                     "no room")
            for key in kept:
                assert call(gateway, "GET", f"/full/{key}").body == body
            assert call(gateway, "DELETE", "/full/k0").status == 204
            assert len(gateway.s3().list_objects_v2(Bucket="full")["Contents"]) == len(kept) - 1
            gateway.stop()
            disk.filler.unlink()
            disk.make_read_only("tmp")
            gateway.start()
            told_why(call(gateway, "PUT", "/full/new", {}, body), "read-only")
            assert call(gateway, "GET", "/full/k1").body == body
            assert len(gateway.s3().list_objects_v2(Bucket="full")["Contents"]) == len(kept) - 1


def test_bad_input_on_the_dialect_socket_stays_inside(store):
    def raw(request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(store.socket))
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
            return answer

    before = {path for path in store.folder.parent.rglob("*") if "objects" not in path.parts}
    body = os.urandom(40_000)
    with store.client() as client:
        for key in ("..", "../../escaped", "/etc/passwd", "//", "a/../../../../b", "%2e%2e/x",
                    "..%2f..%2fy", "%2Fabsolute", "k" * 1024, "tmp", "index.sqlite"):
            answer = client.put(f"/b/{key}", body)
            assert answer.status == 200, (key, answer.body)
            assert client.send("GET", f"/b/{key}").body == body
        for key, status in (("k" * 1025, 400), ("nul%00", 400), ("%ff%fe", 400), ("%zz", 400)):
            with store.client() as other:
                assert other.put(f"/b/{key}", body).status == status, key
        for bucket in ("..", "A", "a%2fb", "b" * 256, "%00", "."):
            with store.client() as other:
                status = other.send("PUT", f"/{bucket}").status
                assert status in (200, 400), (bucket, status)
    after = {path for path in store.folder.parent.rglob("*") if "objects" not in path.parts}
    assert {path.name for path in after - before} <= {"index.sqlite-wal", "index.sqlite-shm"}
    for request in (
        b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: store\r\ncontent-length: -1\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: store\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: store\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n"
        b"\r\n0\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: store\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: store\r\ntransfer-encoding: chunked\r\n\r\n"
        b"ffffffffffffffffff\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: store\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: store\r\n" + b"x: y\r\n" * 50_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nhost: store\r\nx: " + b"y" * 500_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: store\r\n x: folded\r\n\r\n",
        b"POST /b?delete HTTP/1.1\r\nhost: store\r\ncontent-length: 3000000\r\n\r\n<",
    ):
        answer = raw(request)
        status = answer.split(b"\r\n", 1)[0]
        assert answer == b"" or status[9:10] in (b"4", b"5"), (request[:60], status)
    with store.client() as client:
        assert client.send("GET", "/b/k").status == 404
        assert client.send("GET", "/b?list-type=2").status == 200
    assert store.check()[0] == 0


def another_user_is_turned_away(store):
    os.chmod(store.socket, 0o666)
    for folder in (store.folder, *store.folder.parents):
        if folder.stat().st_uid == os.geteuid() and "pytest" in str(folder):
            os.chmod(folder, 0o755)
    script = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
              "s.sendall(b'GET / HTTP/1.1\\r\\nhost: store\\r\\n\\r\\n');"
              "print(s.recv(100))")
    run = ["setpriv", "--reuid=65534", "--clear-groups", "--regid=65534", sys.executable, "-c",
           script, store.socket]
    result = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert "ConnectionResetError" in result.stderr or "BrokenPipe" in result.stderr \
        or result.stdout == "b''\n", result
    assert store.metric("sealgate_store_connections_refused_total") >= 1


# Only root can make a process of another user; a unit test has the rule.
if os.geteuid() == 0:
    test_another_user_is_turned_away = another_user_is_turned_away


def test_the_service_starts_the_store_with_options_that_it_has():
    unit = (ROOT / "packaging/sealgate-store.service").read_text().replace("\\\n", " ")
    command = re.search(r"exec /usr/bin/sealgate-store serve (.*?)'", unit)[1].replace("$$", "$")
    result = subprocess.run(
        ["sh", "-c", f"{BIN / 'sealgate-store'} config {command.replace('-u sealgate', '-u')}"],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert f"{os.geteuid()}" in re.search("(?m)^.*peer_uids.*$", result.stdout)[0]

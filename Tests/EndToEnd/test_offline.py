"""The tools that work without the gateway: what they say of a store, whole and damaged, and the
plaintext that they give back from a copy of it."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import time

import pytest

from deployment import ROOT, Deployment, customer_headers, customer_key
from modes import BUCKET_KEY, SSE

MIB = 1 << 20
BIN = pathlib.Path(os.environ.get("SEALGATE_BIN", ROOT / ".build/release"))
HEADERS = {
    "s3": {}, "kms": {SSE: "aws:kms"}, "bucket-key": {SSE: "aws:kms", BUCKET_KEY: "true"},
    "customer": customer_headers("offline"),
}
CONTENT_TYPE = "application/x-recovered"


class Copy:
    """A copy of a deployment's store, served by sealgate-store alone, and the keys' settings."""

    def __init__(self, deployment, folder):
        self.config, self.folder = deployment.config, folder
        self.socket, self.data = folder / "store.sock", folder / "store"
        shutil.copytree(deployment.store_data, self.data)

    @contextlib.contextmanager
    def served(self):
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        store = subprocess.Popen([BIN / "sealgate-store", "serve", "--data", self.data, "--socket",
                                  self.socket, "--ready-file", ready, "--quiet"],
                                 stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not ready.exists():
                assert store.poll() is None and time.monotonic() < deadline
                time.sleep(0.01)
            yield self
        finally:
            store.terminate()
            store.wait(timeout=30)

    def run(self, tool, *arguments):
        result = subprocess.run(
            [str(part) for part in (BIN / "sealgate", tool, *arguments, "--config", self.config,
                                    "--backend-socket", self.socket)],
            capture_output=True, text=True, timeout=120)
        return result, [json.loads(line) for line in result.stdout.splitlines()
                        if line.startswith("{")]


@pytest.fixture(scope="module")
def content():
    chance = random.Random(31)
    data = {f"{mode}/{size}": chance.randbytes(size)
            for mode in HEADERS for size in (0, 1, 65_537, 2 * MIB)}
    data |= {f"{mode}/parts": chance.randbytes(5 * MIB + 70_000) for mode in ("s3", "customer")}
    return data


@pytest.fixture(scope="module")
def copy(scratch, content):
    """A copy of a store whose gateway has ended."""
    state = scratch / "offline"
    with Deployment(state) as gateway:
        s3 = gateway.s3()
        s3.create_bucket(Bucket="offline")
        for key, data in content.items():
            mode = key.split("/")[0]
            customer = HEADERS[mode] if mode == "customer" else {}
            if key.endswith("/parts"):
                in_parts(gateway, f"/offline/{key}", data, HEADERS[mode], customer)
                continue
            headers = {**HEADERS[mode], "content-type": CONTENT_TYPE, "x-amz-meta-name": key}
            assert gateway.signed("PUT", f"/offline/{key}", body=data,
                                  headers=headers).status_code == 200
        s3.create_bucket(Bucket="versions")
        s3.put_bucket_versioning(Bucket="versions",
                                 VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="versions", Key="k", Body=b"first")
        in_parts(gateway, "/versions/k", content["s3/parts"], HEADERS["kms"], {})
        s3.put_object(Bucket="versions", Key="k", Body=b"third")
        s3.delete_object(Bucket="versions", Key="k")
        gateway.stop()
        kept = Copy(gateway, scratch / "offline-copy")
    yield kept


def in_parts(gateway, path, data, headers, customer):
    created = gateway.signed("POST", path + "?uploads=", headers=headers)
    upload = created.text.split("<UploadId>")[1].split("<")[0]
    listed = ""
    for number, piece in enumerate((data[:5 * MIB], data[5 * MIB:]), 1):
        sent = gateway.signed("PUT", f"{path}?partNumber={number}&uploadId={upload}", body=piece,
                              headers=customer)
        listed += (f"<Part><PartNumber>{number}</PartNumber><ETag>{sent.headers['etag']}</ETag>"
                   "</Part>")
    body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    assert gateway.signed("POST", f"{path}?uploadId={upload}", body=body,
                          headers=customer).status_code == 200


@pytest.fixture(scope="module")
def served(copy):
    with copy.served():
        yield copy


@pytest.fixture(scope="module")
def key_file(scratch):
    path = scratch / "customer.key"
    path.write_bytes(customer_key("offline")[0])
    return path


def test_every_object_is_proven_without_a_key(served, content):
    result, lines = served.run("prove")
    assert result.returncode == 0, result.stderr
    assert lines == [{"summary": {"objects": len(content) + 3, "broken": 0, "modes": {
        "SSE-C": 5, "SSE-KMS": 9, "SSE-S3": 7}}}]


def test_versions_are_named(served, content, scratch):
    wanted = [b"third", content["s3/parts"], b"first"]
    result, lines = served.run("prove", "--bucket", "versions", "--deep", "--all")
    assert result.returncode == 0, result.stderr
    assert lines.pop()["summary"]["opened"] == 3
    assert [line["size"] for line in lines] == [len(data) for data in wanted]
    for line, data in zip(lines, wanted):
        named = ("--bucket", "versions", "--key", "k", "--version-id", line["version"])
        output = scratch / f"version {line['version']}"
        result, _ = served.run("open", *named, "--output", output)
        assert result.returncode == 0, result.stderr
        assert output.read_bytes() == data
        _, [told] = served.run("inspect", *named, "--json")
        assert (told["version"], told["size"]) == (line["version"], len(data))
    # What is current is a delete marker.
    result, _ = served.run("open", "--bucket", "versions", "--key", "k", "--output", scratch / "no")
    assert result.returncode != 0 and not (scratch / "no").exists()


def test_every_object_is_opened(served, content, key_file):
    result, lines = served.run("prove", "--bucket", "offline", "--deep", "--all",
                               "--customer-key-file", key_file)
    assert result.returncode == 0, result.stderr
    summary = lines.pop()["summary"]
    assert (summary["opened"], summary["unopened"], summary["broken"]) == (len(content), 0, 0)
    assert {line["key"]: line["verdict"] for line in lines} == dict.fromkeys(content, "opened")
    for line in lines:
        assert line["size"] == len(content[line["key"]])
        if line["mode"] != "SSE-C" and "bucket_key" in line:
            assert (line["kms_key"], line["kms_key_version"]) == ("default", 1)
    # Without the customer's key its objects are told apart from broken ones.
    result, lines = served.run("prove", "--bucket", "offline", "--deep")
    assert result.returncode == 0
    summary = lines.pop()["summary"]
    assert (summary["opened"], summary["unopened"]) == (len(content) - 5, 5)
    assert {line["mode"] for line in lines} == {"SSE-C"}


def test_one_object_is_explained(served):
    result, _ = served.run("inspect", "--bucket", "offline", "--key", "s3/parts")
    assert result.returncode == 0, result.stderr
    told = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert told["mode"] == "SSE-S3" and told["parts"] == "2" and told["verdict"] == "well-formed"
    assert told["size"] == str(5 * MIB + 70_000)
    _, [told] = served.run("inspect", "--bucket", "offline", "--key", "customer/1", "--json")
    assert told["mode"] == "SSE-C" and "kms_key" not in told
    result, _ = served.run("inspect", "--bucket", "offline", "--key", "absent")
    assert (result.returncode, "there is no object absent" in result.stderr) == (1, True)
    result, _ = served.run("prove", "--bucket", "absent")
    assert (result.returncode, "no bucket absent" in result.stderr) == (1, True)


@pytest.mark.parametrize("form", ["raw", "base64"])
def test_every_object_comes_back(served, content, tmp_path, form):
    raw, text, _ = customer_key("offline")
    key = tmp_path / "key"
    key.write_bytes(raw if form == "raw" else text.encode() + b"\n")
    names = content if form == "raw" else ["customer/65537"]
    for name in names:
        target = tmp_path / name.replace("/", "-")
        result, lines = served.run("open", "--bucket", "offline", "--key", name, "--output", target,
                                   "--customer-key-file", key)
        assert result.returncode == 0, result.stderr
        assert target.read_bytes() == content[name], name
        assert target.stat().st_mode & 0o777 == 0o600
        if not name.endswith("/parts"):
            assert lines[0]["content_type"] == CONTENT_TYPE
            assert lines[0]["metadata"] == {"name": name}
    assert not list(tmp_path.glob("*.partial-*"))


def test_what_cannot_be_opened_leaves_no_file(served, tmp_path):
    target, other = tmp_path / "out", tmp_path / "other.key"
    other.write_bytes(bytes(32))
    for arguments, words in [
            (["--key", "customer/1"], "--customer-key-file"),
            (["--key", "customer/1", "--customer-key-file", other], "AccessDenied"),
            (["--key", "absent"], "there is no object"),
            (["--key", "s3/1", "--customer-key-file", tmp_path / "none"], "no customer")]:
        result, _ = served.run("open", "--bucket", "offline", "--output", target, *arguments)
        assert result.returncode == 1 and words in result.stderr, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["other.key"]
    target.write_text("mine")
    result, _ = served.run("open", "--bucket", "offline", "--key", "s3/1", "--output", target)
    assert (result.returncode, target.read_text()) == (1, "mine")


def test_damage_is_found(copy, served, content, tmp_path, key_file):
    """Each file of the store with a bit flipped: form where it shows, and the rest by opening."""
    damaged = Copy.__new__(Copy)
    damaged.config, damaged.folder = copy.config, tmp_path
    damaged.socket, damaged.data = tmp_path / "store.sock", tmp_path / "store"
    shutil.copytree(copy.data, damaged.data)
    files = sorted(path for path in damaged.data.rglob("*") if len(path.name) == 32)
    assert len(files) >= 8
    for number, path in enumerate(files):
        data = bytearray(path.read_bytes())
        # A header here, a segment there.
        data[number % 2 * 5000 + 30] ^= 4
        path.write_bytes(data)
    with damaged.served():
        result, lines = damaged.run("prove")
        shallow = {line["key"] for line in lines[:-1]}
        assert result.returncode == 1 and lines[-1]["summary"]["broken"] == len(shallow) > 0
        result, lines = damaged.run("prove", "--deep", "--customer-key-file", key_file)
        deep = {line["key"]: line for line in lines[:-1]}
        large = {"k"} | {key for key, data in content.items() if len(data) > 65_536}
        assert set(deep) == large and shallow < large, (shallow, set(deep))
        assert all("does not verify" in line["reason"] for line in deep.values())
        for key in sorted(large)[:2]:
            target = tmp_path / "out"
            result, _ = damaged.run("open", "--bucket", "offline", "--key", key, "--output", target,
                                    "--customer-key-file", key_file)
            assert result.returncode == 1 and not target.exists()

"""scripts/run and both programs: how they start, stop, drain, die and come back."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from deployment import ROOT, Deployment, until
from wire import Connection, Signature, call, settings

INFO = {"endpoint", "admin", "ca", "access_key", "secret_key", "region", "default_kms_key_id",
        "gateway_pid", "store_pid", "store_data", "store_socket", "config"}
BIN = pathlib.Path(os.environ.get("SEALGATE_BIN", ROOT / ".build/release"))


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_the_info_file(gateway):
    assert set(gateway.info) == INFO
    assert gateway.endpoint.startswith("https://127.0.0.1:")
    assert gateway.info["admin"].startswith("https://127.0.0.1:")
    assert gateway.region == "us-east-1" and gateway.default_kms_key_id == "default"
    for name in ("ca", "store_data", "config"):
        assert pathlib.Path(gateway.info[name]).exists(), name
    assert pathlib.Path(gateway.store_socket).is_socket()
    for pid, program in ((gateway.gateway_pid, "sealgate"), (gateway.store_pid, "sealgate-store")):
        assert pathlib.Path(f"/proc/{pid}/exe").resolve().name == program
    assert call(gateway, "GET", "/").status == 200


def test_what_it_keeps_is_nobody_elses(gateway):
    assert gateway.state.stat().st_mode & 0o022 == 0
    for path in gateway.state.rglob("*"):
        if path.is_file() and path.name not in ("output.log", "info.json"):
            assert path.stat().st_mode & 0o077 == 0, path
    secret = gateway.secret_key
    assert secret not in gateway.log() and secret not in (gateway.state / "store.log").read_text()
    for pid in (gateway.gateway_pid, gateway.store_pid):
        assert secret.encode() not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        assert secret.encode() not in pathlib.Path(f"/proc/{pid}/environ").read_bytes()


def test_what_it_prints_can_be_pasted(own_gateway, tmp_path):
    gateway = own_gateway
    (tmp_path / "README.md").write_text("Sealgate keeps this from whoever stores it.\n")
    lines = [line.strip() for line in gateway.log().split("Ready.")[1].splitlines()
             if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == [
        "export", "export", "export", "aws", "aws", "curl", "rclone", "grep"]
    script = "set -e\n" + "\n".join(lines)
    result = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={
            **{n: v for n, v in os.environ.items() if not n.startswith("AWS_")},
            "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)})
    assert result.returncode == 0, result.stdout + result.stderr
    assert "keeps this from whoever" in result.stdout and "README.md" in result.stdout
    assert "the store holds ciphertext only" in result.stdout


def test_a_second_run_serves_the_same(own_gateway):
    gateway = own_gateway
    s3 = gateway.s3()
    s3.create_bucket(Bucket="bucket")
    data = os.urandom(500_000)
    s3.put_object(Bucket="bucket", Key="k", Body=data, ServerSideEncryption="aws:kms",
                  Metadata={"a": "b"})
    before = dict(gateway.info)
    gateway.stop()
    assert not alive(before["gateway_pid"]) and not alive(before["store_pid"])
    start = time.monotonic()
    gateway.start()
    took = time.monotonic() - start
    assert took < 3, f"{took} s"
    for name in ("access_key", "secret_key", "ca", "store_data"):
        assert gateway.info[name] == before[name]
    found = gateway.s3().get_object(Bucket="bucket", Key="k")
    assert found["Body"].read() == data and found["Metadata"] == {"a": "b"}


@pytest.mark.parametrize("whole_group", [False, True], ids=["script", "terminal"])
@pytest.mark.parametrize("sent, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_the_script_stops_both(scratch, whole_group, sent, status):
    """Ctrl-C on a terminal reaches all three processes, kill the script alone."""
    state = scratch / f"stop-{os.urandom(3).hex()}"
    info = state / "info.json"
    process = subprocess.Popen(
        [ROOT / "scripts/run", "--state", state, "--listen", "127.0.0.1:0", "--admin",
         "127.0.0.1:0",
         "--info", info], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        # What was ignored at its start a shell can't catch: tests that run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    until(info.exists, 60)
    pids = [json.loads(info.read_text())[name] for name in ("gateway_pid", "store_pid")]
    (os.killpg if whole_group else os.kill)(process.pid, sent)
    assert process.wait(timeout=20) == status
    assert not any(alive(pid) for pid in pids)
    assert not info.exists() and not (state / "run/store.sock").exists()
    output = process.stdout.read().decode()
    assert '"message":"stopped"' in output and "rror" not in output


@pytest.mark.parametrize("victim", ["gateway_pid", "store_pid"])
def test_when_one_process_ends_the_other_is_stopped(own_gateway, victim):
    os.kill(own_gateway.info[victim], signal.SIGKILL)
    assert own_gateway.process.wait(timeout=20) not in (0, 130)
    assert not alive(own_gateway.gateway_pid) and not alive(own_gateway.store_pid)
    assert "ended" in own_gateway.log()


@pytest.mark.parametrize("arguments, words", [
    (["--bogus"], "unknown option --bogus"), (["--state"], "--state needs a value"),
    (["--config", "/nonexistent.yaml"], "no settings file /nonexistent.yaml")])
def test_options_that_are_refused(tmp_path, arguments, words):
    options = arguments if "--state" in arguments else ["--state", tmp_path / "s", *arguments]
    result = subprocess.run([ROOT / "scripts/run", *options], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 1 and f"sealgate: error: {words}" in result.stderr
    assert result.stdout == ""


def test_help():
    result = subprocess.run([ROOT / "scripts/run", "--help"], capture_output=True, text=True)
    assert result.returncode == 0 and len(result.stdout.splitlines()) <= 24
    for option in ("--state", "--listen", "--admin", "--info", "--config", "--backend", "--debug"):
        assert option in result.stdout
    assert result.stdout.rstrip().splitlines()[-2].strip() == "scripts/run"


def test_state_is_in_the_working_folder_by_default(scratch):
    folder = scratch / f"here-{os.urandom(3).hex()}"
    folder.mkdir()
    process = subprocess.Popen(
        [ROOT / "scripts/run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--info",
         "info.json"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((folder / "info.json").exists, 60)
    assert (folder / ".sealgate/store").is_dir()
    process.terminate()
    process.wait(timeout=20)


# Stopping and dying in the middle of something.

def begin_upload(gateway, connection, target, data, sent):
    signature = Signature(gateway, "PUT", target, {"content-length": str(len(data))})
    connection.begin("PUT", target, signature.headers, data[:sent])


@pytest.mark.parametrize("size", [10_000, 3 << 20])
def test_sigterm_lets_an_upload_end(own_gateway, size):
    gateway, data = own_gateway, os.urandom(size)
    gateway.s3().create_bucket(Bucket="bucket")
    with Connection(gateway) as connection, Connection(gateway) as idle:
        assert idle.request("GET", "/bucket").status == 200
        begin_upload(gateway, connection, "/bucket/k", data, size // 2)
        assert call(gateway, "GET", "/bucket").status == 200
        os.kill(gateway.gateway_pid, signal.SIGTERM)
        assert idle.closed()
        with pytest.raises(OSError):
            for _ in range(200):
                Connection(gateway).__exit__()
        connection.send(data[size // 2:])
        answer = connection.answer()
        assert answer.status == 200 and not answer.keeps_alive
    gateway.process.wait(timeout=20)
    assert '"message":"stopped"' in gateway.log()
    gateway.start()
    assert gateway.s3().get_object(Bucket="bucket", Key="k")["Body"].read() == data


@pytest.mark.parametrize("victim", ["gateway_pid", "store_pid"])
@pytest.mark.parametrize("size", [40_000, 3 << 20])
def test_a_killed_process_leaves_nothing_half_written(own_gateway, victim, size):
    gateway, data = own_gateway, os.urandom(size)
    s3 = gateway.s3()
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"before" * 50_000)
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="bucket", Key="parts", UploadId=upload, PartNumber=1, Body=data)
    before = gateway.body_files()
    with Connection(gateway) as one, Connection(gateway) as two, Connection(gateway) as three:
        begin_upload(gateway, one, "/bucket/k", data, size - 1)
        begin_upload(gateway, two, "/bucket/new", data, size // 2)
        begin_upload(gateway, three, f"/bucket/parts?partNumber=2&uploadId={upload}", data,
                     size - 1)
        call(gateway, "GET", "/bucket")
        os.kill(gateway.info[victim], signal.SIGKILL)
    # A gateway whose store is gone still waits for what its clients owe it.
    gateway.process.wait(timeout=20)
    gateway.start()
    s3 = gateway.s3()
    assert [e["Key"] for e in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["k"]
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"before" * 50_000
    assert call(gateway, "GET", "/bucket/new").status == 404
    parts = s3.list_parts(Bucket="bucket", Key="parts", UploadId=upload)["Parts"]
    assert [p["PartNumber"] for p in parts] == [1]
    s3.complete_multipart_upload(Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.get_object(Bucket="bucket", Key="parts")["Body"].read() == data
    until(lambda: gateway.body_files() <= before)


class Pair:
    """Both programs by themselves, on a state that scripts/run made: one can die alone."""

    def __init__(self, gateway):
        self.gateway, self.processes = gateway, {}

    def start_store(self):
        ready = self.gateway.state / "store.ready"
        ready.unlink(missing_ok=True)
        self.processes["store"] = subprocess.Popen(
            [BIN / "sealgate-store", "serve", "--data", self.gateway.store_data, "--socket",
             self.gateway.store_socket, "--ready-file", ready], stderr=subprocess.DEVNULL)
        until(ready.exists)

    def start_gateway(self, *options):
        ready = self.gateway.state / "gateway.ready"
        ready.unlink(missing_ok=True)
        self.processes["gateway"] = subprocess.Popen(
            [BIN / "sealgate", "serve", "--config", self.gateway.config, "--listen-address",
             "127.0.0.1:0", "--admin-address", "127.0.0.1:0", "--ready-file", ready, *options],
            stderr=subprocess.DEVNULL)
        until(ready.exists)
        self.gateway.info.update(line.split("=", 1) for line in ready.read_text().split())

    def __enter__(self):
        self.gateway.stop()
        self.start_store()
        return self

    def __exit__(self, *_):
        for name in ("gateway", "store"):
            self.processes[name].send_signal(signal.SIGCONT)
            self.processes[name].terminate()
            self.processes[name].wait(timeout=40)


def health(gateway):
    with Connection(gateway, base=gateway.info["admin"]) as connection:
        connection.begin("GET", "/health/ready", {"host": "x"})
        return connection.answer()


def test_a_dead_store_is_503_until_it_is_back(own_gateway):
    gateway = own_gateway
    gateway.s3().create_bucket(Bucket="bucket")
    data = os.urandom(200_000)
    gateway.s3().put_object(Bucket="bucket", Key="k", Body=data)
    with Pair(gateway) as pair:
        pair.start_gateway()
        with Connection(gateway) as connection:
            assert connection.request("GET", "/bucket/k").body == data
            pair.processes["store"].kill()
            pair.processes["store"].wait()
            for method, target, body in (("GET", "/bucket/k", b""), ("GET", "/bucket", b""),
                                         ("PUT", "/bucket/n", b"x" * 1000),
                                         ("DELETE", "/bucket/k", b""),
                                         ("HEAD", "/bucket/k", b""), ("GET", "/", b"")):
                start = time.monotonic()
                answer = connection.request(method, target, {}, body)
                assert answer.status == 503 and time.monotonic() - start < 5, (method, answer)
                assert int(answer.headers["retry-after"]) > 0
                assert method == "HEAD" or answer.code in ("ServiceUnavailable", "SlowDown")
            until(lambda: health(gateway).status == 503)
            assert b"store" in health(gateway).body
            pair.start_store()
            assert connection.request("GET", "/bucket/k").body == data
            assert connection.request("PUT", "/bucket/n", {}, b"x" * 1000).status == 200
            assert connection.request("GET", "/bucket/n").body == b"x" * 1000
            until(lambda: health(gateway).status == 200)


def test_a_store_that_answers_nothing_is_503_within_the_limit(own_gateway):
    gateway = own_gateway
    gateway.s3().create_bucket(Bucket="bucket")
    with Pair(gateway) as pair:
        pair.start_gateway("--limits-store-timeout", "1s")
        assert call(gateway, "GET", "/bucket").status == 200
        pair.processes["store"].send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{pair.processes['store'].pid}/task")
        until(lambda: all((task / "stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
                          for task in tasks.iterdir()))
        for method, target, body in (("GET", "/bucket/k", b""), ("PUT", "/bucket/k", b"x"),
                                     ("GET", "/bucket", b"")):
            start = time.monotonic()
            answer = call(gateway, method, target, {}, body)
            assert answer.status == 503 and "retry-after" in answer.headers, answer
            assert 0.5 < time.monotonic() - start < 4
        pair.processes["store"].send_signal(signal.SIGCONT)
        until(lambda: call(gateway, "GET", "/bucket").status == 200)


def test_an_overdue_drain_ends(own_gateway):
    """A client that never ends its upload can't hold the gateway."""
    gateway = own_gateway
    gateway.s3().create_bucket(Bucket="bucket")
    with Pair(gateway) as pair:
        pair.start_gateway("--limits-drain-timeout", "500ms")
        with Connection(gateway) as connection:
            begin_upload(gateway, connection, "/bucket/k", b"x" * 1000, 10)
            call(gateway, "GET", "/bucket")
            start = time.monotonic()
            pair.processes["gateway"].terminate()
            assert pair.processes["gateway"].wait(timeout=20) == 0
            assert time.monotonic() - start < 5


@pytest.mark.parametrize("program", ["sealgate", "sealgate-store"])
def test_the_gateway_starts_without_a_store_only_to_say_so(own_gateway, program):
    own_gateway.stop()
    if program == "sealgate":
        command = ["sealgate", "serve", "--config", own_gateway.config]
        words, code = "the store doesn't answer", 1
    else:
        command = ["sealgate-store", "serve", "--data", "/proc/nowhere", "--socket",
                   "/tmp/never.sock"]
        words, code = "/proc/nowhere", 3
    result = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == code, result.stderr
    assert f"{program}: error: " in result.stderr and words in result.stderr
    assert f"{program}: hint: " in result.stderr


def test_a_settings_file_of_ones_own(scratch):
    state = scratch / f"config-{os.urandom(3).hex()}"
    config = settings(state, listen={"address": "127.0.0.1:1", "regions": ["mars-1"]}, credentials=[
        {"id": "a", "access_key_id": "K", "secret_access_key": "s"}])
    with Deployment(state, ["--config", config]) as gateway:
        gateway.info["access_key"], gateway.info["secret_key"] = "K", "s"
        assert gateway.config == str(config) and gateway.region == "mars-1"
        assert not gateway.endpoint.endswith(":1"), "the option overrides the file"
        assert call(gateway, "GET", "/").status == 200


def test_both_programs_may_open_as_many_files_as_the_host_lets_them(scratch):
    """Many hosts begin with 1,024, which some hundred clients and their objects exceed."""
    inside = ["prlimit", "--nofile=256:8192"]
    with Deployment(scratch / "open-files", inside=inside) as deployment:
        for pid in (deployment.gateway_pid, deployment.store_pid):
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"(?m)^Max open files +8192 +8192 ", limits), limits

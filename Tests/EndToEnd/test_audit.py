"""The audit stream: every use of a key is there, and what is done to the files shows."""

import json
import os
import signal
import subprocess
import time

import pytest

from deployment import ADMIN, AdminDeployment, customer_headers, customer_key
from store import BIN
from test_store_care import SmallDisk
from wire import call, settings

KMS = {"ServerSideEncryption": "aws:kms"}


def audited(scratch, name, inside=(), **audit):
    state = scratch / name
    file = state / "audit.jsonl"
    config = settings(state, audit={"file": str(file), **audit}, credentials=[ADMIN])
    deployment = AdminDeployment(state, ["--config", config], inside=inside)
    deployment.audit = file
    return deployment


@pytest.fixture(scope="module")
def gate(scratch):
    with audited(scratch, "audited") as deployment:
        yield deployment


def files(deployment):
    rotated = sorted(deployment.audit.parent.glob("audit.jsonl.*"))
    return [*rotated, deployment.audit]


def events(deployment, settled=None):
    """All events so far; the last request's is there soon after its answer."""
    deadline = time.monotonic() + 20
    while True:
        lines = [json.loads(line) for file in files(deployment)
                 for line in file.read_text().splitlines() if line.endswith('"}')]
        if settled is None or any(map(settled, lines)):
            return lines
        assert time.monotonic() < deadline, lines[-5:]
        time.sleep(0.01)


def verify(deployment, *options, paths=None):
    result = subprocess.run(
        [str(part) for part in (BIN / "sealgate", "audit", "verify", "--config",
                                deployment.config, *options, *(paths or files(deployment)))],
        capture_output=True, text=True, timeout=60)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return result.returncode, found[:-1], found[-1] if found else result.stderr


def of(deployment, operation, key):
    def wanted(event):
        return event.get("operation") == operation and event.get("object") == key
    return [event for event in events(deployment, wanted) if wanted(event)]


def test_every_use_of_a_key_is_told(gate):
    s3 = gate.s3()
    s3.create_bucket(Bucket="told")
    gate.admin("POST", "/kms/keys", {"KeyId": "team"})
    s3.put_object(Bucket="told", Key="cold", Body=b"x", SSEKMSKeyId="team", BucketKeyEnabled=True,
                  **KMS)
    s3.put_object(Bucket="told", Key="warm", Body=b"x", SSEKMSKeyId="team", BucketKeyEnabled=True,
                  **KMS)
    s3.put_object(Bucket="told", Key="own", Body=b"x", SSEKMSKeyId="team", **KMS)
    s3.put_object(Bucket="told", Key="managed", Body=b"x")
    s3.put_object(Bucket="told", Key="customer", Body=b"x", SSECustomerAlgorithm="AES256",
                  SSECustomerKey=customer_key("told")[0])
    use = ("key_id", "key_version", "key_use", "key_from", "outcome")
    assert [tuple(of(gate, "s3:PutObject", key)[0].get(field) for field in use)
            for key in ("cold", "warm", "own", "managed", "customer")] == [
        ("team", 1, "wrap", "kms", "success"), ("team", 1, "wrap", "cache", "success"),
        ("team", 1, "generate", "kms", "success"), ("default", 1, "wrap", "kms", "success"),
        (None, None, None, None, "success")]
    gate.admin("POST", "/kms/keys/rotate", {"key_id": "team"})
    gate.admin("POST", "/kms/clear-cache")
    for key in ("own", "own", "warm"):
        s3.get_object(Bucket="told", Key=key)["Body"].read()
    assert [tuple(event.get(field) for field in use) for event in of(gate, "s3:GetObject", "own")
            ][:1] == [("team", 1, "unwrap", "kms", "success")]
    s3.head_object(Bucket="told", Key="own")
    assert "key_use" not in of(gate, "s3:HeadObject", "own")[0]
    # A copy uses two keys: an event each, under one request id.
    s3.copy_object(Bucket="told", Key="copy", CopySource="told/managed", SSEKMSKeyId="team", **KMS)
    copied = of(gate, "s3:CopyObject", "copy")
    assert [(e["key_id"], e["key_use"]) for e in copied] == [
        ("default", "unwrap"), ("team", "generate")]
    assert copied[1]["key_version"] == 2 and len({e["request_id"] for e in copied}) == 1
    event = of(gate, "s3:PutObject", "own")[0]
    assert (event["principal"], event["bucket"], event["source_address"]) == (
        "admin", "told", "127.0.0.1") and event["time"].endswith("Z") and event["request_id"]
    # What was refused, and what administrators did.
    gate.admin("POST", "/kms/keys/disable", {"key_id": "team"})
    answer = call(gate, "GET", "/told/own")
    assert answer.code == "KMS.DisabledException"
    refused = of(gate, "s3:GetObject", "own")[-1]
    assert (refused["outcome"], refused["error_code"]) == ("failure", "KMS.DisabledException")
    done = [(e["operation"], e.get("key_id"), e["outcome"]) for e in events(gate)
            if e["operation"].startswith("kms:")]
    assert done == [("kms:CreateKey", "team", "success"), ("kms:RotateKey", "team", "success"),
                    ("kms:ConfigureService", None, "success"),
                    ("kms:DisableKey", "team", "success")]
    text = gate.audit.read_text()
    assert customer_headers("told")["x-amz-server-side-encryption-customer-key"] not in text
    assert (gate.state / "master.key").read_text().strip() not in text
    code, problems, summary = verify(gate)
    assert (code, problems, summary["intact"]) == (0, [], True), problems
    assert summary["open_ends"] == 1  # It runs still.


def test_what_is_done_to_a_file_shows(gate, scratch):
    call(gate, "GET", "/told/managed")
    lines = gate.audit.read_bytes().splitlines(keepends=True)
    copy = scratch / "tampered.jsonl"
    place = len(lines) // 2

    def after(change):
        changed = list(lines)
        change(changed)
        copy.write_bytes(b"".join(changed))
        code, problems, summary = verify(gate, paths=[copy])
        assert code == (1 if problems else 0)
        return [problem["line"] for problem in problems], summary

    assert after(lambda l: l.pop(place))[0] == [place + 1]
    assert after(lambda l: l.__setitem__(place, l[place].replace(b'"outcome":"', b'"outcome":"x'))
                 )[0] == [place + 1]
    assert after(lambda l: l.insert(place, l.pop(place + 1)))[0][0] == place + 1
    assert after(lambda l: l.__setitem__(place, l[place][:40] + b"\n"))[0][0] == place + 1
    # Lines cut off at the end show against a checkpoint of the log alone.
    last = json.loads(lines[-1])
    checkpoint = f"{last['seq']}:{last['chain']}"
    assert after(lambda l: l.pop())[0] == []
    code, problems, summary = verify(gate, "--checkpoint", checkpoint, paths=[copy])
    assert code == 1 and summary["missing_checkpoints"] == [checkpoint]
    code, _, summary = verify(gate, "--checkpoint", checkpoint)
    assert code == 0, summary
    assert verify(gate, paths=[scratch / "absent"])[0] == 1
    assert verify(gate, "--checkpoint", "x")[0] == 2


def test_the_chain_outlives_stops_kills_and_rotation(scratch):
    with audited(scratch, "chained", rotate_bytes=65_536) as gate:
        s3 = gate.s3()
        s3.create_bucket(Bucket="chained")
        for number in range(300):
            s3.put_object(Bucket="chained", Key=f"k{number}", Body=b"x")
        of(gate, "s3:PutObject", "k299")
        assert len(files(gate)) >= 2
        # The log has a checkpoint of each rotation.
        assert gate.log().count('"audit checkpoint"') >= len(files(gate))
        os.kill(gate.info["gateway_pid"], signal.SIGKILL)
        gate.stop()
        with open(gate.audit, "ab") as file:
            file.write(b'{"seq":77,"time":"torn')
        gate.start()
        gate.s3().get_object(Bucket="chained", Key="k0")
        of(gate, "s3:GetObject", "k0")
        gate.restart()
        code, problems, summary = verify(gate)
        assert (code, problems) == (0, []), problems
        assert summary["torn_lines"] == 1 and summary["open_ends"] == 2, summary
        assert summary["first_sequence"] == 1 and summary["last_sequence"] == summary["lines"]
        stored = [e for e in events(gate) if e["operation"] == "s3:PutObject"]
        assert len(stored) == 300 and len({e["request_id"] for e in stored}) == 300


def test_two_gateways_do_not_share_a_file(gate, scratch):
    other = audited(scratch, "second", file=str(gate.audit))
    assert "in use by another process" in other.start_fails()


@pytest.mark.parametrize("unwritable", ["refuse", "count"])
def test_a_disk_that_is_full_of_events(scratch, tmp_path, unwritable):
    with SmallDisk(tmp_path) as disk, audited(
            scratch, f"full-{unwritable}", disk.enter, file=str(disk.path / "audit.jsonl"),
            when_unwritable=unwritable, queue_bytes=65_536) as gate:
        gate.audit = disk.inside / "audit.jsonl"
        s3 = gate.s3()
        s3.create_bucket(Bucket="full")
        s3.put_object(Bucket="full", Key="before", Body=b"x")
        of(gate, "s3:PutObject", "before")
        disk.fill()
        answers, count = set(), 0
        while not (gate.metrics()["sealgate_audit_dropped_total"] if unwritable == "count"
                   else (503, "ServiceUnavailable") in answers):
            # The longest names fill the queue soonest.
            answer = call(gate, "PUT", "/full/" + f"{count:04}".ljust(1000, "k"), {}, b"x")
            answers.add((answer.status, answer.code))
            count += 1
            assert count < 300 and gate.metrics()["sealgate_audit_queue_bytes"] <= 65_536
        assert gate.metrics()["sealgate_audit_failed_writes_total"] > 0
        if unwritable == "refuse":
            assert answers <= {(200, None), (503, "ServiceUnavailable")}
            assert gate.metrics()["sealgate_audit_dropped_total"] == 0
            # An administrator may look, and change nothing.
            assert gate.admin("GET", "/kms/status")[0] == 200
            status, answer = gate.admin("POST", "/kms/keys", {"KeyId": "unrecorded"})
            assert (status, answer["code"]) == (503, "ServiceUnavailable")
            assert gate.admin("GET", "/kms/keys/unrecorded")[0] == 404
        else:
            # The queue took what the setting says, and nothing was refused for it.
            assert answers == {(200, None)} and count > 30
        disk.filler.unlink()
        wait = time.monotonic() + 20
        while call(gate, "PUT", "/full/after", {}, b"x").status != 200 or gate.metrics()[
                "sealgate_audit_queue_bytes"]:
            assert time.monotonic() < wait
            time.sleep(0.05)
        of(gate, "s3:PutObject", "after")
        lost = gate.metrics()["sealgate_audit_dropped_total"]
        code, problems, summary = verify(gate)
        assert (code, problems, summary["lost_events"]) == (0, [], lost), summary
        assert (lost > 0) == (unwritable == "count")

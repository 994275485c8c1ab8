"""Keys wrapped anew while the gateway serves: jobs, what depends on a key, and its deletion."""

import base64
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import threading
import time

import pytest

from test_kms import deploy, get, new_bucket, put, vault
from test_kms_moves import PROGRAM, change, inspected, kept, to_vault

OBJECTS = int(os.environ.get("SEALGATE_SCALE_OBJECTS", "1000"))
BUCKETS = max(2, min(50, OBJECTS // 100))


def begin(gateway, **fields):
    status, answer = gateway.admin("POST", "/kms/rewrap", fields)
    assert status == 200, answer
    return answer["job"]


def follow(gateway, job, until=lambda answer: answer["status"] != "Running"):
    deadline = time.monotonic() + 120
    while True:
        status, answer = gateway.admin("GET", f"/kms/rewrap/{job}")
        assert status == 200, answer
        if until(answer):
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)


def rewrap(gateway, **fields):
    answer = follow(gateway, begin(gateway, **fields))
    assert (answer["status"], answer["failures"]) == ("Completed", []), answer
    return answer


def usage(gateway, key=None):
    status, answer = gateway.admin("GET", "/kms/usage")
    assert status == 200, answer
    if key is None:
        return answer
    return next(one for one in answer["keys"] if one["key_id"] == key)


def forget_local(gateway):
    """The settings without the local backend, and its folder gone."""
    path = pathlib.Path(gateway.config)
    document = json.loads(path.read_text())
    document["kms"] = {"state_dir": document["kms"]["state_dir"]}
    path.write_text(json.dumps(document))
    shutil.rmtree(gateway.state / "kms")
    (gateway.state / "master.key").unlink()


def test_everything_moves_and_the_old_backend_may_go(scratch, bao):
    state = scratch / "rewrap-move"
    with deploy(state, kept(state)) as gateway:
        s3, bucket = gateway.s3(), new_bucket(gateway)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        versions = {}
        for turn in range(3):
            for name, how in {"own": {"ServerSideEncryption": "aws:kms"}, "s3": {},
                              "shared": {"ServerSideEncryption": "aws:kms",
                                         "BucketKeyEnabled": True}}.items():
                body = os.urandom(300)
                made = s3.put_object(Bucket=bucket, Key=name, Body=body, Metadata={"n": str(turn)},
                                     **how)
                versions[name, made["VersionId"]] = (body, made["ETag"])
        s3.delete_object(Bucket=bucket, Key="own")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="parts",
                                            ServerSideEncryption="aws:kms")["UploadId"]
        part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1,
                              Body=b"a part")
        change(gateway, **to_vault(bao, state))
        before = usage(gateway)
        # An attribute key, a bucket key, three objects' own and the upload's.
        assert (before["on_retired_backends"], before["complete"]) == (6, True), before
        assert change(gateway, 409, drop_retired=True)["code"] == "Conflict"
        dry = rewrap(gateway, objects=True, dry_run=True)
        assert (dry["records"]["rewrapped"], dry["objects"]["rewrapped"]) == (2, 3)
        assert usage(gateway)["on_retired_backends"] == 6
        # By the program, which follows the job.
        shown = gateway.run(PROGRAM, "kms", "rewrap", "--objects", "--admin",
                            gateway.info["admin"], "--ca-file", gateway.ca, "--config",
                            gateway.config)
        done = json.loads(shown.stdout)
        assert (done["records"]["rewrapped"], done["objects"]["rewrapped"]) == (2, 3)
        assert (done["objects"]["skipped"], done["uploads_left"]) == (6, 1)
        assert "1 records" in change(gateway, 409, drop_retired=True)["message"]
        s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        assert rewrap(gateway, objects=True)["objects"]["rewrapped"] == 1
        assert change(gateway, drop_retired=True)["retired_backends"] == []
        gateway.stop()
        forget_local(gateway)
        gateway.start()
        s3 = gateway.s3()
        for (name, version), (body, etag) in versions.items():
            found = s3.get_object(Bucket=bucket, Key=name, VersionId=version)
            assert (found["Body"].read(), found["ETag"]) == (body, etag)
        assert get(gateway, bucket, "parts") == "a part"
        assert usage(gateway)["on_retired_backends"] == 0


def test_a_job_goes_on_after_a_kill(scratch, bao):
    state = scratch / "rewrap-kill"
    with deploy(state, kept(state)) as gateway:
        bucket = new_bucket(gateway)
        names = [f"{number:03}" for number in range(300)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: put(gateway, bucket, name), names))
        change(gateway, **to_vault(bao, state))
        job = begin(gateway, objects=True, rate=200)
        follow(gateway, job, lambda answer: answer["objects"]["rewrapped"] >= 50)
        assert gateway.admin("POST", "/kms/rewrap", {})[0] == 409
        os.kill(gateway.gateway_pid, signal.SIGKILL)
        gateway.process.wait(timeout=60)
        gateway.start()
        answer = follow(gateway, job)
        assert (answer["status"], answer["failures"]) == ("Completed", []), answer
        assert usage(gateway)["on_retired_backends"] == 0
        assert inspected(gateway, bucket, names[-1])["wrapped_by"] == "vault version 1"
        for name in names[::37]:
            assert get(gateway, bucket, name) == name


def test_whoever_writes_meanwhile_wins(scratch, bao):
    state = scratch / "rewrap-race"
    with deploy(state, kept(state)) as gateway:
        bucket, names = new_bucket(gateway), [f"{number:02}" for number in range(40)]
        for name in names:
            put(gateway, bucket, name)
        last, stopping, failures = {}, threading.Event(), []

        def write(share):
            s3, turn = gateway.s3(), 0
            while not stopping.is_set():
                for name in share:
                    body = f"{name} {turn}".encode()
                    try:
                        s3.put_object(Bucket=bucket, Key=name, Body=body,
                                      ServerSideEncryption="aws:kms")
                        last[name] = body
                        if s3.get_object(Bucket=bucket, Key=name)["Body"].read() != body:
                            failures.append(name)
                    except Exception as error:
                        failures.append(repr(error))
                turn += 1

        threads = [threading.Thread(target=write, args=(names[n::8],)) for n in range(8)]
        for thread in threads:
            thread.start()
        gateway.admin("POST", "/kms/keys/rotate", {"key_id": "default"})
        for _ in range(5):
            answer = follow(gateway, begin(gateway, objects=True))
            assert answer["status"] == "Completed", answer
            gateway.admin("POST", "/kms/keys/rotate", {"key_id": "default"})
        stopping.set()
        for thread in threads:
            thread.join()
        assert failures == []
        for name in names:
            assert get(gateway, bucket, name).encode() == last[name]


def test_a_key_moves_to_another_and_is_deleted(scratch):
    state = scratch / "rewrap-delete"
    audit = state / "audit.log"
    with deploy(state, {}, audit={"file": f"{audit}"}) as gateway:
        bucket = new_bucket(gateway)
        for name in ("old", "new"):
            gateway.create_kms_key(name)
        put(gateway, bucket, "own", "old")
        put(gateway, bucket, "shared", "old", bucket_key=True)
        found = usage(gateway, "old")
        assert (found["objects"], found["bucket_keys"], found["attribute_keys"]) == (2, 1, 0)
        assert found["versions"][0]["version"] == 1 and found["newest_use"]
        assert usage(gateway, "new")["objects"] == 0

        def delete(name, **more):
            return gateway.admin("DELETE", "/kms/keys/delete", {"key_id": name, **more})

        status, answer = delete("old")
        assert status == 409 and "2 objects" in answer["message"], answer
        done = rewrap(gateway, objects=True, from_key="old", to_key="new")
        assert done["objects"]["rewrapped"] == 2
        for key in ("own", "shared"):
            assert get(gateway, bucket, key) == key
            head = gateway.s3().head_object(Bucket=bucket, Key=key)
            assert head["SSEKMSKeyId"].endswith("new")
        status, answer = delete("old")
        assert status == 200 and answer["key_metadata"]["key_state"] == "PendingDeletion"
        assert "unreadable" not in answer
        assert delete("new")[0] == 409
        assert delete("absent")[0] == 404
        assert get(gateway, bucket, "own") == "own"
        status, answer = delete("new", force=True)
        assert status == 200 and answer["unreadable"]["objects"] == 2, answer
        gateway.stop()
        receipts = [json.loads(line) for line in audit.read_text().splitlines()
                    if "kms:CryptoShred" in line]
        assert [one["key_id"] for one in receipts] == ["new"]
        assert "2 objects" in receipts[0]["reason"]


@pytest.mark.parametrize("fields, remedy", [
    ({"speed": 3}, "unknown field speed"), ({"rate": 0}, "rate"), ({"objects": "yes"}, "objects"),
    ({"prefix": "x"}, "objects"), ({"from_key": "a b"}, "no name for a key"),
    ({"prefix": "x", "objects": True}, "bucket")])
def test_what_no_job_can_be(idle, fields, remedy):
    status, answer = idle.admin("POST", "/kms/rewrap", fields)
    assert status == 400 and remedy in answer["message"], answer
    assert idle.admin("GET", "/kms/rewrap/absent")[0] == 404


@pytest.fixture(scope="module")
def idle(scratch):
    with deploy(scratch / "rewrap-idle", {}) as gateway:
        yield gateway


def test_a_rotated_root_key_is_followed_at_once_and_calls_are_few(scratch, bao):
    """Many objects in many buckets; set SEALGATE_SCALE_OBJECTS=100000 for the full size."""
    state = scratch / "rewrap-scale"
    bao.call("POST", "transit/keys/scale", {"derived": True})
    kms = kept(state, **{**vault(bao), "default_key_id": "scale"})
    ways = to_vault(bao, state)["auth_method"]["approle"]
    kms["vault"].update(auth_method="approle", **ways)
    with deploy(state, kms) as gateway:
        buckets = [new_bucket(gateway) for _ in range(BUCKETS)]

        def fill(share):
            s3 = gateway.s3()
            for number in range(share, OBJECTS, 8):
                s3.put_object(Bucket=buckets[number % BUCKETS], Key=f"{number}", Body=b"x")

        mark = bao.audit_mark()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(fill, range(8)))
        # One bucket key for each bucket, and nothing for any object.
        assert bao.data_keys("scale", mark) == BUCKETS
        bao.call("POST", "transit/keys/scale/rotate")
        began = time.monotonic()
        answer = rewrap(gateway)
        seconds = time.monotonic() - began
        assert answer["records"]["rewrapped"] == BUCKETS + 1 and seconds < 5, (seconds, answer)
        bao.call("POST", "transit/keys/scale/config", {"min_decryption_version": 2})
        gateway.restart()
        for number in range(0, OBJECTS, max(1, OBJECTS // 200)):
            assert get(gateway, buckets[number % BUCKETS], f"{number}") == "x"
        found = usage(gateway, "scale")
        assert (found["objects"], found["bucket_keys"]) == (OBJECTS, BUCKETS)
        assert [one["version"] for one in found["versions"]] == [2]
        calls(gateway, bao, buckets[0])


def calls(gateway, bao, bucket):
    """What each kind of request asks of the KMS, by the server's own record."""
    s3 = gateway.s3()
    kms = {"ServerSideEncryption": "aws:kms"}
    put(gateway, bucket, "warm", bucket_key=True)
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    requests = {
        "PUT own": (1, lambda: s3.put_object(Bucket=bucket, Key="own", Body=b"x", **kms)),
        "PUT shared": (0, lambda: s3.put_object(
            Bucket=bucket, Key="shared", Body=b"x", BucketKeyEnabled=True, **kms)),
        "HEAD": (0, lambda: s3.head_object(Bucket=bucket, Key="own")),
        "LIST": (0, lambda: s3.list_objects_v2(Bucket=bucket)),
        "PUT ssec": (0, lambda: s3.put_object(Bucket=bucket, Key="c", Body=b"x", **customer)),
        "GET ssec": (0, lambda: s3.get_object(Bucket=bucket, Key="c", **customer)),
        "DELETE": (0, lambda: s3.delete_object(Bucket=bucket, Key="own"))}
    for name, (count, request) in requests.items():
        mark = bao.audit_mark()
        for _ in range(4):
            request()
        assert bao.data_keys("scale", mark) == 4 * count, name


def test_local_keys_come_back_from_a_backup(scratch):
    state = scratch / "rewrap-backup"
    with deploy(state, {}) as gateway:
        bucket = new_bucket(gateway)
        gateway.create_kms_key("reports")
        put(gateway, bucket, "own", "reports")
        (state / "passphrase").write_text("a long passphrase")
        (state / "passphrase").chmod(0o600)

        def kms(command, **options):
            return gateway.run(
                PROGRAM, "kms", *command, "--passphrase-file", state / "passphrase", "--config",
                gateway.config, **options)

        kms(["backup", "--output", state / "keys.backup"])
        assert kms(["backup", "--output", state / "keys.backup"], check=False).returncode == 1
        assert kms(["restore", "--input", state / "keys.backup"], check=False).returncode == 1
        gateway.stop()
        shutil.rmtree(state / "kms")
        (state / "master.key").unlink()
        (state / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
        (state / "master.key").chmod(0o600)
        assert "default" in gateway.start_fails()
        found = kms(["restore", "--input", state / "keys.backup"]).stdout
        assert "default, reports" in found
        gateway.start()
        assert get(gateway, bucket, "own") == "own"

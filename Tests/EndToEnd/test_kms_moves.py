"""A gateway that runs moves from one KMS to another."""

import json
import os
import threading

import pytest

from store import BIN
from test_kms import app_role, deploy, get, new_bucket, put

PROGRAM = BIN / "sealgate"


def kept(state, **kms):
    return {"state_dir": f"{state}/kms-state", **kms}


def change(gateway, status=200, path="reconfigure", **fields):
    answer = gateway.admin("POST", f"/kms/{path}", fields)
    assert answer[0] == status, answer
    return answer[1]


def to_vault(server, folder):
    """The document that moves a gateway to the server, its secret in a file."""
    ways = app_role(server, folder)
    ways.pop("auth_method")
    return {"backend_type": "vault", "address": server.url, "ca_file": f"{server.state}/ca.pem",
            "kv_mount": "kv", "auth_method": {"approle": ways}}


class Load:
    """Clients that write and read all the time, each in all ways of SSE that need a KMS."""

    ways = ({}, {"ServerSideEncryption": "aws:kms"},
            {"ServerSideEncryption": "aws:kms", "BucketKeyEnabled": True})

    def __init__(self, gateway, bucket, count):
        self.gateway, self.bucket = gateway, bucket
        self.rounds, self.failures = [0] * count, []
        self.stopping = threading.Event()
        self.moved = threading.Condition()
        self.threads = [threading.Thread(target=self.client, args=(n,)) for n in range(count)]

    def client(self, number):
        s3 = self.gateway.s3()
        while not self.stopping.is_set():
            turn = self.rounds[number]
            name, body = f"{number}/{turn}", os.urandom(700)
            try:
                s3.put_object(Bucket=self.bucket, Key=name, Body=body, **self.ways[turn % 3])
                if s3.get_object(Bucket=self.bucket, Key=name)["Body"].read() != body:
                    self.failures.append((name, "wrong bytes"))
                first = s3.get_object(Bucket=self.bucket, Key=f"{number}/0")["Body"].read()
                if len(first) != 700:
                    self.failures.append((name, "wrong first"))
            except Exception as error:
                self.failures.append((name, repr(error)))
            with self.moved:
                self.rounds[number] += 1
                self.moved.notify_all()

    def more(self, count):
        """Waits until every client did so many rounds from now on."""
        with self.moved:
            goal = [done + count for done in self.rounds]
            assert self.moved.wait_for(
                lambda: all(done >= to for done, to in zip(self.rounds, goal)), timeout=120)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def inspected(gateway, bucket, key):
    result = gateway.run(PROGRAM, "inspect", "--bucket", bucket, "--key", key, "--json",
                         "--config", gateway.config, "--backend-socket", gateway.store_socket)
    return json.loads(result.stdout)


def test_local_becomes_vault_under_load(scratch, bao):
    state = scratch / "moves"
    with deploy(state, kept(state)) as gateway:
        bucket = new_bucket(gateway)
        put(gateway, bucket, "own")
        put(gateway, bucket, "shared", bucket_key=True)
        assert inspected(gateway, bucket, "own")["wrapped_by"] == "local version 1"
        with Load(gateway, bucket, 16) as load:
            load.more(4)
            mark = bao.audit_mark()
            answer = change(gateway, **to_vault(bao, state))
            load.more(7)
        assert load.failures == []
        assert (answer["status"], answer["survives_restart"]) == ("Running", True)
        assert [one["backend_type"] for one in answer["retired_backends"]] == ["local"]
        assert bao.data_keys("default", mark) >= 16 * 2
        last = [f"{number}/{rounds - 1}" for number, rounds in enumerate(load.rounds)]
        found = {inspected(gateway, bucket, name).get("wrapped_by") for name in last}
        assert found - {None} == {"vault version 1"}
        # The new configuration outlives the process, and so does the way to what was before.
        gateway.restart()
        status = gateway.admin("GET", "/kms/status")[1]
        assert (status["backend_type"], status["healthy"]) == ("vault", True), status
        assert [one["backend_type"] for one in status["retired_backends"]] == ["local"]
        config = gateway.admin("GET", "/kms/config")[1]
        assert config["backend"] == "vault" and config["survives_restart"] is True
        assert "kms.vault.secret_id_file" in config["given_to_admin_api"]
        for key in ("own", "shared"):
            assert get(gateway, bucket, key) == key
        # And back: the folder that was retired wraps again.
        change(gateway, backend_type="local")
        put(gateway, bucket, "back")
        assert inspected(gateway, bucket, "back")["wrapped_by"] == "local version 1"
        assert gateway.s3().get_object(Bucket=bucket, Key=last[0])["Body"].read()


@pytest.mark.parametrize("fields, remedy", [
    ({"retries": 3}, "unknown field retries"),
    ({"key_dir": "/x", "backend_type": "vault"}, "unknown field key_dir of backend vault"),
    ({"retry_attempts": 99}, "kms.retry_attempts"),
    ({"timeout_seconds": "x"}, "timeout_seconds"),
    ({"backend_type": "hsm"}, "kms.backend_type"),
    ({"default_key_id": "absent"}, "no key named absent"),
    ({"file_permissions": 0o644}, "384"),
    ({"master_key": "c2VjcmV0LXNlY3JldA=="}, "under another master key"),
    ({"backend_type": "vault", "address": "https://127.0.0.1:1", "skip_tls_verify": True},
     "skip_tls_verify"),
    ({"backend_type": "vault", "address": "http://192.0.2.1", "auth_method": {"token": "s.x"}},
     "use https://"),
    ({"backend_type": "vault", "address": "BAO", "ca_file": "CA",
      "auth_method": {"token": "s.hidden-token"}}, "refuses access")])
def test_what_is_refused_leaves_all_as_it_was(refusing, bao, fields, remedy):
    fields = {name: {"BAO": bao.url, "CA": f"{bao.state}/ca.pem"}.get(value, value)
              if isinstance(value, str) else value for name, value in fields.items()}
    gateway, bucket = refusing
    before = gateway.admin("GET", "/kms/config")
    answer = change(gateway, 400, **fields)
    assert answer["code"] == "InvalidRequest" and remedy in answer["message"], answer
    for secret in ("s.hidden-token", "c2VjcmV0LXNlY3JldA"):
        assert secret not in json.dumps(answer) + gateway.log()
    assert gateway.admin("GET", "/kms/config") == before
    put(gateway, bucket, "k")
    assert get(gateway, bucket, "k") == "k"


@pytest.fixture(scope="module")
def refusing(scratch):
    state = scratch / "moves-refusing"
    with deploy(state, {}) as gateway:
        yield gateway, new_bucket(gateway)


def test_a_stopped_kms_is_configured_without_being_started(scratch):
    state = scratch / "moves-stopped"
    with deploy(state, {}) as gateway:
        assert change(gateway, 409, "configure", cache_ttl_seconds=60)["code"] == "Conflict"
        gateway.admin("POST", "/kms/stop")
        answer = change(gateway, path="configure", cache_ttl_seconds=60, max_cached_keys=7)
        assert (answer["status"], answer["survives_restart"]) == ("Configured", False)
        config = gateway.admin("GET", "/kms/config")[1]
        assert (config["cache_ttl_seconds"], config["cache_max_keys"]) == (60, 7)
        assert change(gateway, retry_attempts=2)["status"] == "Running"
        status = gateway.admin("GET", "/kms/status")[1]
        assert status["config_summary"]["retry_attempts"] == 2
        assert status["config_summary"]["cache_summary"]["ttl_seconds"] == 60

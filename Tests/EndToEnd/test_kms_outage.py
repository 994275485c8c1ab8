"""When the KMS fails: what each request answers, in how long, and what is said of it meanwhile.

The table in docs/guides/kms.md is what this test saw; SEALGATE_WRITE_DOCS=1 writes it.
"""

import concurrent.futures
import os
import time

import pytest

from deployment import ROOT, customer_headers, until
from outage import Wire
from test_kms import app_role, deploy, new_bucket, vault
from wire import call

TIMEOUT, ATTEMPTS, CIRCUIT_PAUSE, HEALTH = 1.0, 2, 0.5, 0.2
# What a busy machine adds to any request; no setting's.
SLACK = 1.0
# The longest pauses between the attempts, as the gateway makes them.
PAUSES = sum(0.1 * 2 ** n for n in range(ATTEMPTS - 1))
WITHIN = {"at once": SLACK, "the pauses between the attempts": PAUSES + SLACK,
          "`kms.timeout`": TIMEOUT + SLACK,
          "`kms.retry_attempts` × `kms.timeout`": ATTEMPTS * TIMEOUT + PAUSES + SLACK}
SSE = "x-amz-server-side-encryption"
OWN, SHARED = {SSE: "aws:kms"}, {SSE: "aws:kms", SSE + "-bucket-key-enabled": "true"}
GUIDE = ROOT / "docs/guides/kms.md"
DOWN = (500, "InternalError", "5")
FINE = (200, None, None)
BEGIN, END = "<!-- outage table: checked by test_kms_outage.py -->\n", "<!-- end -->\n"


@pytest.fixture(scope="module")
def wire(bao):
    with Wire(bao.port) as wire:
        yield wire


@pytest.fixture(scope="module")
def gateway(scratch, bao, wire):
    state = scratch / "outage"
    bao.call("POST", "transit/keys/default", {"derived": True})
    kms = vault(bao, **{**app_role(bao, state), "address": f"https://127.0.0.1:{wire.port}"})
    kms.update(timeout="1s", retry_attempts=ATTEMPTS, circuit_pause="500ms", circuit_failures=3)
    with deploy(state, kms, admin={"health_interval": "200ms"}) as gateway:
        yield gateway


class Objects:
    """What a bucket holds before the KMS fails."""

    def __init__(self, gateway):
        self.gateway, self.bucket = gateway, new_bucket(gateway)
        for key, headers in {"own": OWN, "shared": SHARED, "managed": {}, "warm": SHARED,
                             "customer": customer_headers("a"), "gone": OWN}.items():
            assert self.send("PUT", f"/{key}", headers, b"x").status == 200
        started = self.send("POST", "/parts?uploads", SHARED).body.decode()
        self.upload = started.split("<UploadId>")[1].split("<")[0]
        part = self.send("PUT", f"/parts?partNumber=1&uploadId={self.upload}", {}, b"x")
        self.etag = part.headers["etag"]

    def send(self, method, target, headers=None, body=b""):
        return call(self.gateway, method, f"/{self.bucket}{target}", headers or {}, body)

    def needing(self):
        """Requests that need a key which isn't in memory."""
        copy = {"x-amz-copy-source": f"{self.bucket}/own", **SHARED}
        return {
            "PutObject": ("PUT", "/new", OWN), "GetObject": ("GET", "/own"),
            "GetObject by a bucket key": ("GET", "/shared"),
            "GetObject of SSE-S3": ("GET", "/managed"), "CopyObject": ("PUT", "/copy", copy),
            "UploadPart": ("PUT", f"/parts?partNumber=2&uploadId={self.upload}"),
            "CreateMultipartUpload": ("POST", "/other?uploads", OWN)}

    def free(self):
        """Requests that need none."""
        return {
            "HeadObject": ("HEAD", "/own"), "ListObjectsV2": ("GET", "?list-type=2"),
            "DeleteObject": ("DELETE", "/gone"), "ListParts": ("GET", f"/parts?uploadId={self.upload}"),
            "GetBucketLocation": ("GET", "?location"),
            "PutObject of SSE-C": ("PUT", "/customer", customer_headers("a")),
            "GetObject of SSE-C": ("GET", "/customer", customer_headers("a"))}

    def kept(self):
        """Requests for which a key in memory is enough."""
        return {"GetObject": ("GET", "/own"), "GetObject by a bucket key": ("GET", "/shared"),
                "PutObject by a bucket key": ("PUT", "/warm", SHARED),
                "PutObject of SSE-S3": ("PUT", "/managed"),
                "GetObject of SSE-S3": ("GET", "/managed")}

    def answers(self, requests, within, expected):
        for name, (method, target, *headers) in requests.items():
            body = b"x" if method == "PUT" and "copy" not in target else b""
            began = time.monotonic()
            answer = self.send(method, target, dict(*headers), body)
            took = time.monotonic() - began
            found = (answer.status, answer.code, answer.headers.get("retry-after"))
            if found[0] == 204:
                found = FINE
            assert found == expected, (name, found, answer)
            # A copy unwraps one key and wraps another.
            calls = 2 if name == "CopyObject" else 1
            assert took < WITHIN[within] * calls, (name, took)
            assert not (method == "GET" and answer.status == 404), name


def ready(gateway):
    with gateway.http() as client:
        return client.get(gateway.info["admin"] + "/health/ready")


def logins(bao, mark):
    return sum(path == "auth/approle/login" for path, _ in bao.audited(mark))


def sealed(bao, wire):
    bao.seal()
    return bao.unseal


def stopped(bao, wire):
    bao.freeze()
    return bao.thaw


def slow(bao, wire):
    wire.delay = TIMEOUT / 5
    return wire.mend


def too_slow(bao, wire):
    wire.delay = TIMEOUT * 3
    return wire.mend


def cut(bao, wire):
    wire.cut()
    return wire.mend


def revoked(bao, wire):
    bao.revoke_logins("approle")
    return lambda: None


def locked_out(bao, wire):
    role = bao.call("GET", "auth/approle/role/sealgate/role-id")["data"]["role_id"]
    bao.call("DELETE", "auth/approle/role/sealgate")
    bao.revoke_logins("approle")

    def back():
        _, secret = bao.app_role()
        bao.call("POST", "auth/approle/role/sealgate/role-id", {"role_id": role})
        locked_out.secret.write_text(secret)
    return back


FULL = "`kms.retry_attempts` × `kms.timeout`"
# What happens, its cause, what requests answer that need the KMS, in how long, then `status`, and
# words of `last_error` and of /health/ready.
STATES = [
    ("sealed", sealed, DOWN, "at once", "the KMS is sealed"),
    ("stopped (SIGSTOP), its host is gone", stopped, DOWN, FULL, "did not answer in time"),
    ("slow, by less than `kms.timeout`", slow, FINE, FULL, None),
    ("slow, by more", too_slow, DOWN, FULL, "did not answer in time"),
    ("cut off, or not running", cut, DOWN, "the pauses between the attempts", "can't be reached"),
    ("its token is revoked", revoked, FINE, "`kms.timeout`", None),
    ("its token is revoked, and no login allowed", locked_out, (403, "AccessDenied", None),
     "`kms.timeout`", "refuses access"),
]


@pytest.mark.parametrize("name, cause, answer, within, words", STATES,
                         ids=[cause.__name__ for _, cause, *_ in STATES])
def test_an_outage(gateway, bao, wire, name, cause, answer, within, words):
    locked_out.secret = gateway.state / "secret_id"
    objects = Objects(gateway)
    for key in ("own", "shared", "managed"):
        assert objects.send("GET", f"/{key}").status == 200
    mark, began = bao.audit_mark(), time.monotonic()
    back = cause(bao, wire)
    try:
        objects.answers(objects.kept(), "at once", FINE)
        if words:
            until(lambda: ready(gateway).status_code == 503, HEALTH + 2 * TIMEOUT + SLACK)
            assert "kms: " in ready(gateway).text
        asked = time.monotonic()
        status = gateway.admin("GET", "/kms/status")[1]
        assert time.monotonic() - asked < 2 * TIMEOUT + SLACK
        assert (status["status"], status["healthy"]) == (
            ("Error", False) if words else ("Running", True)), status
        assert status["reads_survive_outage_seconds"] > 0
        assert (words or "") in (status["last_error"] or ""), status
        gateway.admin("POST", "/kms/clear-cache")
        objects.answers(objects.needing(), within, answer)
        objects.answers(objects.free(), "at once", FINE)
        # Many at a time wait no longer than one.
        gateway.admin("POST", "/kms/clear-cache")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for each in [pool.submit(objects.answers, {"GetObject": ("GET", "/own"),
                                                       "PutObject": ("PUT", "/many", OWN)},
                                     within, answer) for _ in range(16)]:
                each.result()
        state = gateway.metrics()['sealgate_kms_circuit_state{provider="vault"}']
        assert (state > 0) == (words in ("did not answer in time", "can't be reached"))
    finally:
        lasted = time.monotonic() - began
        back()
    until(lambda: objects.send("GET", "/own").status == 200, CIRCUIT_PAUSE + TIMEOUT + 2 * SLACK)
    objects.answers(objects.needing(), FULL, FINE)
    until(lambda: ready(gateway).status_code == 200, HEALTH + CIRCUIT_PAUSE + TIMEOUT + SLACK)
    assert gateway.admin("GET", "/kms/status")[1]["status"] == "Running"
    # At most one login a second, whoever asks.
    assert logins(bao, mark) <= lasted + 3
    assert cause is not revoked or logins(bao, mark) == 1


def test_the_guide_has_the_table():
    lines = ["| the KMS is | a request that needs it answers | within | `status`, `last_error` | "
             "`/health/ready` |", "|---|---|---|---|---|"]
    for name, _, (status, code, retry), within, words in STATES:
        said = f"{status} `{code}`" if code else "as always"
        said += ", with `Retry-After`" if retry else ""
        state = f"`Error`: … {words} …" if words else "`Running`"
        lines.append(f"| {name} | {said} | {within} | {state} | {503 if words else 200} |")
    lines.append("| back again | as always | `kms.circuit_pause` + `kms.timeout` | `Running` | 200 |")
    table = BEGIN + "\n" + "\n".join(lines) + "\n\n" + END
    text = GUIDE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    if os.environ.get("SEALGATE_WRITE_DOCS"):
        GUIDE.write_text(before + table + after)
    assert GUIDE.read_text() == before + table + after

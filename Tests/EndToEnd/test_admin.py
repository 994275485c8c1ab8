"""The admin listener: KMS keys, metrics, health."""

import json
import os
import re

import pytest

from deployment import ADMIN, AdminDeployment
from wire import Connection, Signature, call, sha256, settings

PREFIXES = ["/kms", "/rustfs/admin/v3/kms"]


@pytest.fixture(scope="module")
def keyed(scratch):
    """A deployment with an admin and a credential without admin rights."""
    state = scratch / "admin"
    config = settings(state, credentials=[
        ADMIN, {"id": "user", "access_key_id": "USER", "secret_access_key": "user-secret"}])
    with AdminDeployment(state, ["--config", config]) as deployment:
        yield deployment


def admin(gateway, method, target, document=None, body=None, payload=None, change=None, **signing):
    """A signed request to the admin listener."""
    base = gateway.info["admin"]
    body = body if body is not None else b"" if document is None else json.dumps(document).encode()
    headers = {"host": base.split("//")[1], "content-length": str(len(body))}
    signature = Signature(gateway, method, target, headers, payload or sha256(body), **signing)
    if change:
        change(signature.headers)
    with Connection(gateway, base=base) as connection:
        connection.begin(method, target, signature.headers, body)
        answer = connection.answer(method)
    return answer.status, json.loads(answer.body) if answer.body else None


@pytest.mark.parametrize("prefix", PREFIXES)
def test_keys_are_made_listed_and_described(keyed, prefix):
    name = "key-" + os.urandom(4).hex()
    status, made = admin(keyed, "POST", prefix + "/keys", {
        "KeyId": name, "Description": "for tests", "Tags": {"team": "a"},
        "KeyUsage": "ENCRYPT_DECRYPT"})
    assert (status, made["key_id"]) == (200, name)
    about = made["key_metadata"]
    assert about["key_id"] == name and about["description"] == "for tests"
    assert about["enabled"] is True and about["key_usage"] == "ENCRYPT_DECRYPT"
    assert about["tags"] == {"team": "a"} and about["current_version"] == 1
    assert about["deletion_date"] is None and about["creation_date"]
    assert admin(keyed, "GET", f"{prefix}/keys/{name}") == (200, {"key_metadata": about})
    status, listing = admin(keyed, "GET", prefix + "/keys")
    assert status == 200 and {"key_id": name, "description": "for tests"} in listing["keys"]
    assert listing["truncated"] is False and listing["unreadable_key_ids"] == []
    status, answer = admin(keyed, "POST", prefix + "/keys", {"KeyId": name})
    assert (status, answer["code"]) == (409, "Conflict") and name in answer["message"]
    status, unnamed = admin(keyed, "POST", prefix + "/keys", {})
    assert status == 200 and re.fullmatch("[0-9a-f-]{36}", unnamed["key_id"])
    # The key is one that objects can be sealed under at once.
    s3 = keyed.s3()
    s3.create_bucket(Bucket="sealed" + prefix.count("/") * "1")
    s3.put_object(Bucket="sealed" + prefix.count("/") * "1", Key="k", Body=b"x",
                  ServerSideEncryption="aws:kms", SSEKMSKeyId=name)


def test_keys_come_in_pages(keyed):
    for number in range(5):
        admin(keyed, "POST", "/kms/keys", {"KeyId": f"page-{number}"})
    found, marker = [], ""
    while marker is not None:
        status, page = admin(keyed, "GET", f"/kms/keys?limit=2&marker={marker}")
        assert status == 200 and len(page["keys"]) <= 2
        assert page["truncated"] == (page["next_marker"] is not None)
        found += [key["key_id"] for key in page["keys"]]
        marker = page["next_marker"]
    assert found == sorted(found) and set(found) >= {"default", *(f"page-{n}" for n in range(5))}
    assert len(found) == len(set(found))
    for limit in ("0", "1001", "x", "-1", ""):
        status, answer = admin(keyed, "GET", f"/kms/keys?limit={limit}")
        assert (status, answer["code"]) == (400, "InvalidRequest"), limit


def test_rotation_and_disabling(keyed):
    s3 = keyed.s3()
    s3.create_bucket(Bucket="lifecycle")
    admin(keyed, "POST", "/kms/keys", {"KeyId": "turning"})
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "turning"}
    s3.put_object(Bucket="lifecycle", Key="old", Body=b"old", **how)
    status, answer = admin(keyed, "POST", "/kms/keys/rotate", {"key_id": "turning"})
    assert (status, answer["key_metadata"]["current_version"]) == (200, 2)
    s3.put_object(Bucket="lifecycle", Key="new", Body=b"new", **how)
    admin(keyed, "POST", "/kms/clear-cache")
    for key in ("old", "new"):
        assert s3.get_object(Bucket="lifecycle", Key=key)["Body"].read() == key.encode()
    status, answer = admin(keyed, "POST", "/kms/keys/disable", {"key_id": "turning"})
    assert (status, answer["key_metadata"]["enabled"]) == (200, False)
    for method, body in (("GET", b""), ("PUT", b"x")):
        sse = "x-amz-server-side-encryption"
        headers = {} if method == "GET" else {sse: "aws:kms", sse + "-aws-kms-key-id": "turning"}
        refusal = call(keyed, method, "/lifecycle/old", headers, body)
        assert (refusal.status, refusal.code) == (400, "KMS.DisabledException"), refusal
    assert call(keyed, "HEAD", "/lifecycle/old").status == 200
    admin(keyed, "POST", "/kms/keys/enable", {"key_id": "turning"})
    assert s3.get_object(Bucket="lifecycle", Key="old")["Body"].read() == b"old"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_status(keyed, prefix):
    for name in ("status", "service-status"):
        status, answer = admin(keyed, "GET", f"{prefix}/{name}")
        assert status == 200, answer
        assert (answer["status"], answer["backend_type"],
                answer["healthy"]) == ("Running", "local", True)
        summary = answer["config_summary"]
        assert summary["default_key_id"] == "default" and summary["enable_cache"] is True
        assert {"timeout_seconds", "retry_attempts", "cache_summary",
                "backend_summary"} <= set(summary)
        assert {"entries", "hits", "misses"} <= set(answer["cache"])
        text = json.dumps(answer)
        assert (keyed.state / "master.key").read_text().strip() not in text
    status, answer = admin(keyed, "GET", prefix + "/config")
    assert (status, answer["default_key_id"]) == (200, "default")


@pytest.mark.parametrize("target", ["/kms/keys", "/kms/status", "/kms/keys/default",
                                    "/kms/anything",
                                    "/rustfs/admin/v3/kms/keys"])
def test_who_may_ask(keyed, target):
    status, answer = admin(keyed, "GET", target, change=lambda h: h.pop("authorization"))
    assert (status, answer["code"]) == (401, "AccessDenied") and "SigV4" in answer["message"]
    status, answer = admin(keyed, "GET", target, access_key="USER", secret_key="user-secret")
    assert (status, answer["code"]) == (403, "AccessDenied") and "admin" in answer["message"]
    for wrong in ({"secret_key": "x"}, {"access_key": "NOBODY"}, {"minutes": 30}):
        status, answer = admin(keyed, "GET", target, **wrong)
        assert (status, answer["code"]) == (403, "AccessDenied"), wrong


@pytest.mark.parametrize("method, target, body, status, code", [
    ("POST", "/kms/keys", b"{", 400, "InvalidRequest"),
    ("POST", "/kms/keys", b"[]", 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'{"KeyId": 1}', 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'{"KeyId": "a/b"}', 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'{"KeyId": ".."}', 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'{"KeyId": "k", "Unknown": 1}', 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'{"KeyUsage": "SIGN_VERIFY"}', 400, "InvalidRequest"),
    ("POST", "/kms/keys", b'\xff\xfe', 400, "InvalidRequest"),
    ("POST", "/kms/keys/rotate", b"{}", 400, "InvalidRequest"),
    ("POST", "/kms/keys/rotate", b'{"key_id": "absent"}', 404, "NotFound"),
    ("POST", "/kms/keys/tag", b'{"key_id": "default"}', 400, "InvalidRequest"),
    ("GET", "/kms/keys/absent", b"", 404, "NotFound"),
    ("GET", "/kms/keys/..%2f..%2fmaster", b"", None, None),
    ("GET", "/kms/nothing", b"", 404, "NotFound"), ("PUT", "/kms/keys", b"{}", 404, "NotFound"),
    ("GET", "/other", b"", 404, "NotFound"), ("GET", "/", b"", 404, "NotFound"),
    ("GET", "/kms", b"", 404, "NotFound")])
def test_requests_that_are_refused(keyed, method, target, body, status, code):
    found, answer = admin(keyed, method, target, body=body)
    assert found == status or status is None and found in (400, 404), answer
    assert answer["code"] == (code or answer["code"]) and answer["message"]


def test_a_body_that_is_not_the_signed_one_does_nothing(keyed):
    status, answer = admin(keyed, "POST", "/kms/keys", body=b'{"KeyId":"forged"}',
                           payload=sha256(b"{}"))
    assert status == 403, answer
    status, answer = admin(keyed, "POST", "/kms/keys", body=b'{"KeyId":"forged"}',
                           payload="UNSIGNED-PAYLOAD")
    assert status == 403, answer
    assert admin(keyed, "GET", "/kms/keys/forged")[0] == 404


def test_objects_are_not_served_here(keyed):
    keyed.s3().create_bucket(Bucket="objects")
    assert admin(keyed, "GET", "/objects")[0] == 404


def samples(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    return found


def test_metrics_are_prometheus_text_and_count(keyed):
    with Connection(keyed, base=keyed.info["admin"]) as connection:
        def read():
            connection.begin("GET", "/metrics", {"host": "x"})
            answer = connection.answer()
            assert answer.status == 200
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            return answer.body.decode()

        text = read()
        types = dict(re.findall(r"(?m)^# TYPE (\S+) (counter|gauge|histogram)$", text))
        assert types
        sample = re.compile(r'[a-zA-Z_:][\w:]*(\{(\w+="([^"\\\n]|\\.)*",?)*\})? '
                            r"([-+]?[0-9.eE+-]+|\+Inf|NaN)")
        for line in text.splitlines():
            if line.startswith("#"):
                assert re.fullmatch(r"# (HELP \S+ .+|TYPE \S+ (counter|gauge|histogram))",
                                    line), line
            else:
                assert sample.fullmatch(line), line
                name = re.split(r"[{ ]", line)[0]
                assert name in types or re.sub("_(bucket|sum|count)$", "", name) in types, line
        before = samples(text)
        assert len(before) == len([l for l in text.splitlines() if not l.startswith("#")])
        keyed.s3().create_bucket(Bucket="counted")
        for _ in range(7):
            call(keyed, "PUT", "/counted/k", {}, b"x" * 1000)
        after = samples(read())
        grown = {n: v - before.get(n, 0) for n, v in after.items() if "PutObject" in n}
        assert 7 in [v for n, v in grown.items() if "requests" in n and "bucket" not in n], grown
        assert all(v >= before.get(n, 0) for n, v in after.items()
                   if types.get(re.split(r"[{ ]", n)[0]) == "counter")
        assert keyed.secret_key not in text and "ADMIN" not in text


def test_health(keyed):
    with Connection(keyed, base=keyed.info["admin"]) as connection:
        for path in ("/health/live", "/health/ready"):
            for method in ("GET", "HEAD"):
                connection.begin(method, path, {"host": "x"})
                answer = connection.answer(method)
                assert answer.status == 200, answer
                assert answer.headers["content-type"].startswith("text/plain")
                assert (answer.body == b"") == (method == "HEAD")
    # The S3 listener has no such paths: they are a bucket's.
    assert call(keyed, "GET", "/health/ready").code == "NoSuchBucket"

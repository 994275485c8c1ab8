"""The admin API, route by route: what each answers, and what it refuses without changing a thing."""

import json
import os

import pytest

from deployment import ADMIN, AdminDeployment
from test_admin import PREFIXES, admin
from wire import settings, sha256

METADATA = {"key_id", "description", "enabled", "key_usage", "creation_date", "rotation_enabled",
            "deletion_date", "key_state", "current_version", "tags"}
CHANGES = ["enable", "disable", "rotate", "cancel-deletion", "update-description", "tag", "untag"]


@pytest.fixture(scope="module")
def gateway(scratch):
    state = scratch / "api"
    config = settings(state, kms={"state_dir": f"{state}/kms-state"}, credentials=[
        ADMIN, {"id": "user", "access_key_id": "USER", "secret_access_key": "user-secret"}])
    with AdminDeployment(state, ["--config", config]) as deployment:
        yield deployment


@pytest.fixture(params=PREFIXES)
def api(gateway, request):
    """Requests below one of the prefixes."""
    def ask(method, path, document=None, **options):
        return admin(gateway, method, request.param + path, document, **options)
    return ask


def done(answer, status=200):
    assert answer[0] == status, answer
    return answer[1]


def refused(answer, status, code, word=""):
    assert answer[0] == status and set(answer[1]) == {"code", "message"}, answer
    assert answer[1]["code"] == code and answer[1]["message"] and word in answer[1]["message"], answer


def new_key(api, **more):
    name = "api-" + os.urandom(4).hex()
    done(api("POST", "/keys", {"KeyId": name, **more}))
    return name


def test_the_life_of_a_key_field_by_field(api):
    name = new_key(api, Description="of the team", Tags={"a": "1"}, KeyUsage="ENCRYPT_DECRYPT")

    def change(operation, method="POST", **more):
        answer = done(api(method, f"/keys/{operation}", {"key_id": name, **more}))
        assert set(answer) == {"key_metadata"}
        about = answer["key_metadata"]
        assert set(about) == METADATA and about == done(api("GET", f"/keys/{name}"))["key_metadata"]
        return about

    assert change("disable")["enabled"] is False
    assert change("enable")["key_state"] == "Enabled"
    assert change("rotate")["current_version"] == 2
    assert change("update-description", description="Ünïcode")["description"] == "Ünïcode"
    assert change("tag", tags={"b": "2"})["tags"] == {"a": "1", "b": "2"}
    assert change("untag", tag_keys=["a", "absent"])["tags"] == {"b": "2"}
    gone = change("delete", "DELETE", pending_window_in_days=7)
    assert gone["key_state"] == "PendingDeletion" and gone["deletion_date"].endswith("Z")
    kept = change("cancel-deletion")
    assert (kept["key_state"], kept["deletion_date"]) == ("Disabled", None)
    # RustFS' own spelling of the member.
    assert done(api("POST", "/keys/enable", {"KeyId": name}))["key_metadata"]["enabled"] is True


def test_data_keys_are_made_field_by_field(api):
    made = done(api("POST", "/generate-data-key", {
        "key_id": "default", "key_spec": "AES_256", "encryption_context": {"file": "a"}}))
    assert set(made) == {"key_id", "plaintext_key", "ciphertext_blob"}
    assert made != done(api("POST", "/generate-data-key", {"key_id": "default"}))
    name = new_key(api)
    done(api("POST", "/keys/disable", {"key_id": name}))
    refused(api("POST", "/generate-data-key", {"key_id": name}), 409, "Conflict", "enable")


def test_the_service_field_by_field(api):
    for path in ("/status", "/service-status"):
        status = done(api("GET", path))
        assert set(status) == {
            "status", "backend_type", "healthy", "config_summary", "cache", "last_error",
            "reads_survive_outage_seconds", "token_expires_in_seconds", "unreadable_records",
            "retired_backends"}
        summary = status["config_summary"]
        assert set(summary) == {
            "backend_type", "default_key_id", "timeout_seconds", "retry_attempts", "enable_cache",
            "cache_summary", "backend_summary"}
        assert set(summary["cache_summary"]) == {"max_keys", "ttl_seconds", "enable_metrics"}
        assert set(status["cache"]) == {"entries", "hits", "misses", "oldest_expires_in_seconds"}
    config = done(api("GET", "/config"))
    assert {"backend", "cache_enabled", "cache_max_keys", "cache_ttl_seconds",
            "default_key_id"} <= set(config)
    assert api("POST", "/clear-cache") == (204, None)
    refused(api("POST", "/configure", {"retry_attempts": 3}), 409, "Conflict", "reconfigure")
    for path, state, healthy in (("/stop", "Configured", False), ("/configure", "Configured", False),
                                 ("/start", "Running", True), ("/reconfigure", "Running", True)):
        answer = done(api("POST", path, {"retry_attempts": 3} if "config" in path else {}))
        assert (answer["success"], answer["status"]) == (True, state) and answer["message"]
        status = done(api("GET", "/status"))
        assert (status["status"], status["healthy"]) == (state, healthy)
    usage = done(api("GET", "/usage"))
    assert {"keys", "complete", "gaps"} <= set(usage) and usage["complete"] is True
    job = done(api("POST", "/rewrap", {"dry_run": True}))["job"]
    assert done(api("GET", f"/rewrap/{job}"))["job"] == job


def snapshot(gateway, *keys):
    """Everything of the KMS that a request may change."""
    return [done(admin(gateway, "GET", f"/kms{path}")) for path in (
        "/keys?limit=1000", "/config", *(f"/keys/{key}" for key in keys))] + [
        done(admin(gateway, "GET", "/kms/status"))["status"]]


ROUTES = [("POST", "/keys"), *(("POST", f"/keys/{name}") for name in CHANGES),
          ("DELETE", "/keys/delete"), ("POST", "/generate-data-key"), ("POST", "/rewrap"),
          ("POST", "/configure"), ("POST", "/reconfigure"), ("POST", "/start"), ("POST", "/stop"),
          ("POST", "/clear-cache")]
# A body that each would take, so that it is refused for what is wrong with it alone.
FIT = {"/keys": {"KeyId": "never-made"}, "/keys/update-description": {"description": "never"},
       "/keys/tag": {"tags": {"never": "x"}}, "/keys/untag": {"tag_keys": ["kept"]},
       "/rewrap": {}, "/configure": {"retry_attempts": 9}, "/reconfigure": {"retry_attempts": 9},
       "/start": {}, "/stop": {}, "/clear-cache": {}}


@pytest.mark.parametrize("method, path", ROUTES)
def test_what_every_route_refuses(gateway, api, method, path):
    name = new_key(api, Tags={"kept": "1"})
    fit = FIT.get(path, {})
    if path.startswith("/keys/") or path == "/generate-data-key":
        fit = {"key_id": name, **fit}
    good = json.dumps(fit).encode()
    # While it runs, to configure is refused whatever the body says.
    code = (409, "Conflict") if path == "/configure" else (400, "InvalidRequest")
    before = snapshot(gateway, name)
    for body in (b"{", b"[]", b'"text"', b"\xff\xfe", b"null", good + b"x",
                 good[:-1] + b', "a": 1, "a": 1}' if len(fit) else b'{"a":1,"a":1}',
                 b"[" * 5000):
        refused(api(method, path, body=body), *code)
    refused(api(method, path, {**fit, "surprise": 1}), *code)
    # Unsigned, signed by others, over another body, or by one without the rights.
    refused(api(method, path, fit, change=lambda h: h.pop("authorization")), 401, "AccessDenied")
    for wrong in ({"secret_key": "x"}, {"access_key": "NOBODY"}, {"minutes": 30}):
        refused(api(method, path, fit, **wrong), 403, "AccessDenied")
    refused(api(method, path, fit, access_key="USER", secret_key="user-secret"), 403,
            "AccessDenied", "admin")
    for payload in (sha256(b"other"), "UNSIGNED-PAYLOAD"):
        refused(api(method, path, body=good + b" ", payload=payload), 403, "AccessDenied")
    # Ten megabytes: read no further than the limit.
    refused(api(method, path, body=good + b" " * 10_000_000), 400, "InvalidRequest", "limit")
    assert snapshot(gateway, name) == before


REFUSED = [
    *(("POST", "/keys", document, 400, "InvalidRequest", word) for document, word in [
        ({"KeyId": 1}, "KeyId must be a string"), ({"KeyId": "a/b"}, "a/b is no name"),
        ({"KeyId": "../a"}, "no name"), ({"KeyId": ""}, "no name"), ({"KeyId": "a\nb"}, "no name"),
        ({"KeyId": "x" * 5000}, "no name"), ({"KeyUsage": "SIGN_VERIFY"}, "ENCRYPT_DECRYPT"),
        ({"KeyUsage": 1}, "ENCRYPT_DECRYPT"), ({"Description": {}}, "Description must be a string"),
        ({"Description": "x" * 9000}, "limit"), ({"Tags": []}, "Tags must be an object"),
        ({"Tags": {"a": 1}}, "a must be a string"), ({"Tags": {"": "x"}}, "limit"),
        ({"Tags": {f"t{n}": "" for n in range(60)}}, "limit"),
        ({"KeyId": "a", "key_id": "b"}, "once")]),
    *(("POST", f"/keys/{name}", document, 400, "InvalidRequest", word) for name in CHANGES
      for document, word in [({"key_id": ["default"]}, "must be a string"),
                             ({"key_id": "../a b"}, "no name"), ({}, "key_id is missing")]),
    ("POST", "/keys/tag", {"key_id": "default"}, 400, "InvalidRequest", "tags is missing"),
    ("POST", "/keys/untag", {"key_id": "default", "tag_keys": "a"}, 400, "InvalidRequest", "array"),
    ("POST", "/keys/untag", {"key_id": "default", "tag_keys": [1]}, 400, "InvalidRequest",
     "string"),
    ("POST", "/keys/update-description", {"key_id": "default", "description": 1}, 400,
     "InvalidRequest", "string"),
    # No local key's name has a slash; names at AWS may.
    *(("POST", f"/keys/{name}", {"key_id": key, **FIT.get(f"/keys/{name}", {})}, 404,
       "NotFound", key) for name in CHANGES for key in ("absent", "a/b")),
    *(("DELETE", "/keys/delete", {"key_id": "default", **more}, 400, "InvalidRequest", word)
      for more, word in [({"pending_window_in_days": 6}, "7 to 30"),
                         ({"pending_window_in_days": 31}, "7 to 30"),
                         ({"pending_window_in_days": "7"}, "7 to 30"),
                         ({"pending_window_in_days": 7.5}, "7 to 30"),
                         ({"force": "yes"}, "true or false")]),
    ("DELETE", "/keys/delete", {"key_id": "absent"}, 404, "NotFound", "absent"),
    ("DELETE", "/keys/delete", {"key_id": "default"}, 409, "Conflict", "bucket keys"),
    *(("POST", "/generate-data-key", {"key_id": "default", **more}, 400, "InvalidRequest", word)
      for more, word in [({"key_spec": "AES_128"}, "AES_256"), ({"key_spec": 256}, "AES_256"),
                         ({"encryption_context": []}, "object of strings"),
                         ({"encryption_context": {"a": 1}}, "object of strings"),
                         ({"encryption_context": {"a": "x" * 9000}}, "8192"),
                         ({"encryption_context": {"sealgate": "x"}}, "sealgate"),
                         ({"encryption_context": {"aws:s3:arn": "x"}}, "aws:s3:arn")]),
    ("POST", "/generate-data-key", {"key_id": "absent"}, 404, "NotFound", "absent"),
    *(("GET", f"/keys{query}", None, 400, "InvalidRequest", word) for query, word in [
        ("?limit=0", "1 to 1000"), ("?limit=1001", "1 to 1000"), ("?limit=", "1 to 1000"),
        ("?limit=1e1", "1 to 1000"), ("?limit=%FF", "percent"), ("?marker=a%20b", "a b"),
        ("/a%20b", "a b is no name"), ("/%00", "no name"), ("/%FF", "percent"), ("/", "no name")]),
    *(("GET", f"/keys/{key}", None, 404, "NotFound", "a/b") for key in ("a/b", "a%2Fb")),
    ("GET", "/keys/..%2F..%2Fetc", None, 404, "NotFound", "etc"),
    ("GET", "/keys/absent", None, 404, "NotFound", "GET /kms/keys"),
    ("GET", "/rewrap/absent", None, 404, "NotFound", "absent"),
    *((method, path, None, 404, "NotFound", "") for method, path in [
        ("GET", "/nothing"), ("PUT", "/keys"), ("DELETE", "/keys/default"),
        ("POST", "/status")]),
    *(("POST", "/reconfigure", document, 400, "InvalidRequest", word) for document, word in [
        ({"timeout_seconds": "5"}, "timeout_seconds"), ({"timeout_seconds": 0}, "kms.timeout"),
        ({"retry_attempts": 0}, "kms.retry_attempts"), ({"enable_cache": "maybe"}, "kms.enable_cache"),
        ({"max_cached_keys": -1}, "kms.max_cached_keys"), ({"backend_type": 7}, "backend_type"),
        ({"default_key_id": "a/b"}, "a/b"), ({"cache_ttl_seconds": 10 ** 30}, ""),
        ({"drop_retired": "yes"}, "drop_retired")])]


def test_what_is_refused(gateway, api):
    before = snapshot(gateway, "default")
    for method, path, document, status, code, word in REFUSED:
        try:
            refused(api(method, path, document), status, code, word)
        except AssertionError as error:
            raise AssertionError((method, path, document)) from error
    assert snapshot(gateway, "default") == before

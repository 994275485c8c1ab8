"""Keys in each KMS: what every provider must do, and what is one's own."""

import base64
import json
import os
import shutil
import subprocess
import time

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from deployment import ADMIN, ROOT, AdminDeployment, free_ports
from openbao import OpenBao
from test_docs import blocks, script
from wire import settings


def vault(server, **changes):
    return {"backend_type": "vault", "default_key_id": "default", "timeout": "1s",
            "retry_attempts": 2, "cache_ttl": "60s", "vault": {
                "address": server.url, "ca_file": f"{server.state}/ca.pem", "kv_mount": "kv",
                **changes}}


def app_role(server, folder, **limits):
    """The settings of an AppRole, its secret in a file."""
    role, secret = server.app_role(**limits)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret_id").write_text(secret)
    (folder / "secret_id").chmod(0o600)
    return {"auth_method": "approle", "role_id": role, "secret_id_file": f"{folder}/secret_id"}


def deploy(state, kms, **sections):
    return AdminDeployment(state, ["--config", settings(
        state, kms=kms, credentials=[ADMIN], **sections)])


@pytest.fixture(scope="module")
def vaulted(scratch, bao):
    """A deployment on OpenBao, by TLS and AppRole."""
    state = scratch / "vaulted"
    with deploy(state, vault(bao, **app_role(bao, state))) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def local(scratch):
    with deploy(scratch / "local", {}) as deployment:
        yield deployment


@pytest.fixture(params=["local", "vaulted"])
def provided(request):
    """A deployment of each provider that does all there is."""
    return request.getfixturevalue(request.param)


class Moto:
    """AWS KMS as moto plays it, once it checks signatures."""

    def __init__(self, port, role=None):
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["moto_server", "-H", "127.0.0.1", "-p", str(port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        iam = boto3.client("iam", endpoint_url=self.url, region_name="us-east-1",
                           aws_access_key_id="x", aws_secret_access_key="x")
        iam.create_user(UserName="sealgate")
        # As the guide says it.
        iam.put_user_policy(UserName="sealgate", PolicyName="kms",
                            PolicyDocument=fenced("docs/guides/kms-aws.md", "json"))
        if role:
            self.allow(iam, role)
        key = iam.create_access_key(UserName="sealgate")["AccessKey"]
        self.access_key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        httpx.post(self.url + "/moto-api/reset-auth", content="0",
                   headers={"content-type": "text/plain"}).raise_for_status()

    def allow(self, iam, role):
        """A role with the same rights, and sessions of it: moto gives none once it checks."""
        name = role.split("/")[-1]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName=name, PolicyName="kms",
                            PolicyDocument=fenced("docs/guides/kms-aws.md", "json"))
        sts = boto3.client("sts", endpoint_url=self.url, region_name="us-east-1",
                           aws_access_key_id="x", aws_secret_access_key="x")
        self.sessions = [sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
                         for _ in range(60)]

    def answers(self):
        try:
            return httpx.get(self.url + "/moto-api/").status_code == 200
        except httpx.HTTPError:
            return False

    def settings(self, folder, secret=None):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "aws_secret").write_text(secret or self.secret)
        (folder / "aws_secret").chmod(0o600)
        return {"backend_type": "aws", "aws": {
            "endpoint": self.url, "access_key_id": self.access_key,
            "secret_access_key_file": f"{folder}/aws_secret"}}

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def moto():
    server = Moto(*free_ports(1))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def aws(scratch, moto):
    with deploy(scratch / "aws", moto.settings(scratch / "aws")) as gateway:
        yield gateway


@pytest.fixture(params=["local", "vaulted", "aws"])
def anywhere(request):
    return request.getfixturevalue(request.param)


def code(action):
    with pytest.raises(ClientError) as refusal:
        action()
    answer = refusal.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def put(gateway, bucket, key, name=None, bucket_key=False):
    how = {"SSEKMSKeyId": name} if name else {}
    gateway.s3().put_object(
        Bucket=bucket, Key=key, Body=key.encode(), ServerSideEncryption="aws:kms",
        BucketKeyEnabled=bucket_key, **how)


def get(gateway, bucket, key):
    return gateway.s3().get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def new_bucket(gateway):
    name = "t-" + os.urandom(6).hex()
    gateway.s3().create_bucket(Bucket=name)
    return name


# What every provider must do.

def test_keys_are_made_described_and_listed(anywhere):
    names = sorted(f"list-{os.urandom(4).hex()}" for _ in range(3))
    for name in names:
        status, made = anywhere.admin("POST", "/kms/keys", {
            "KeyId": name, "Description": "Ünïcode", "Tags": {"team": "a"}})
        assert status == 200, made
        about = made["key_metadata"]
        assert (about["key_state"], about["current_version"]) == ("Enabled", 1)
        assert (about["description"], about["tags"]) == ("Ünïcode", {"team": "a"})
        assert anywhere.admin("GET", f"/kms/keys/{name}") == (200, {"key_metadata": about})
        status, answer = anywhere.admin("POST", "/kms/keys", {"KeyId": name})
        assert (status, answer["code"]) == (409, "Conflict")
    found, marker = [], ""
    while marker is not None:
        status, page = anywhere.admin("GET", f"/kms/keys?limit=2&marker={marker}")
        assert status == 200 and len(page["keys"]) <= 2, page
        found += [key["key_id"] for key in page["keys"]]
        marker = page["next_marker"]
    assert found == sorted(set(found)) and {"default", *names} <= set(found)
    assert anywhere.admin("GET", "/kms/keys/absent")[0] == 404
    assert re_uuid(anywhere.admin("POST", "/kms/keys", {})[1]["key_id"])


def re_uuid(text):
    return [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]


@pytest.mark.parametrize("bucket_key", [False, True])
def test_the_life_of_a_key(provided, bucket_key):
    bucket, name = new_bucket(provided), f"life-{os.urandom(4).hex()}"

    def change(operation, status=200, method="POST", **more):
        answer = provided.admin(method, f"/kms/keys/{operation}", {"key_id": name, **more})
        assert answer[0] == status, answer
        return answer[1].get("key_metadata", answer[1])

    assert code(lambda: put(provided, bucket, "k", name, bucket_key)) == (404, "NotFound")
    provided.create_kms_key(name)
    put(provided, bucket, "old", name, bucket_key)
    assert change("rotate")["current_version"] == 2
    put(provided, bucket, "new", name, bucket_key)
    provided.admin("POST", "/kms/clear-cache")
    for key in ("old", "new"):
        assert get(provided, bucket, key) == key
    for stop, state, answer in (
            (lambda: change("disable"), "Disabled", "KMS.DisabledException"),
            (lambda: change("delete", method="DELETE", force=True), "PendingDeletion",
             "KMS.KMSInvalidStateException")):
        assert stop()["key_state"] == state
        assert code(lambda: get(provided, bucket, "old")) == (400, answer)
        assert code(lambda: put(provided, bucket, "k", name, bucket_key)) == (400, answer)
        assert provided.s3().head_object(Bucket=bucket, Key="old")["SSEKMSKeyId"].endswith(name)
    assert change("enable", status=409)["code"] == "Conflict"
    assert change("delete", status=409, method="DELETE")["code"] == "Conflict"
    assert change("cancel-deletion")["key_state"] == "Disabled"
    assert change("enable")["key_state"] == "Enabled"
    assert change("update-description", description="x")["description"] == "x"
    assert change("tag", tags={"a": "1", "b": "2"})["tags"] == {"a": "1", "b": "2"}
    assert change("untag", tag_keys=["a"])["tags"] == {"b": "2"}
    for key in ("old", "new"):
        assert get(provided, bucket, key) == key


def test_objects_outlive_a_restart(anywhere):
    bucket = new_bucket(anywhere)
    anywhere.s3().put_object(Bucket=bucket, Key="s3", Body=b"s3")
    put(anywhere, bucket, "kms")
    put(anywhere, bucket, "bk", bucket_key=True)
    anywhere.restart()
    for key in ("s3", "kms", "bk"):
        assert get(anywhere, bucket, key) == key


# What is AWS KMS' own; what moto lacks, as disabled keys, a double of it in KMSTests has.

def test_aws_keys_wrap_in_their_context(aws):
    bucket = new_bucket(aws)
    aws.create_kms_key("reports")
    put(aws, bucket, "own", "reports")
    put(aws, bucket, "shared", "reports", bucket_key=True)
    aws.admin("POST", "/kms/clear-cache")
    for key in ("own", "shared"):
        assert get(aws, bucket, key) == key
    assert code(lambda: put(aws, bucket, "k", "absent")) == (404, "NotFound")
    summary = aws.admin("GET", "/kms/status")[1]["config_summary"]["backend_summary"]
    assert summary["region"] == "us-east-1"


def test_aws_refuses_a_wrong_signature(scratch, moto):
    state = scratch / "aws-wrong"
    deployment = deploy(state, moto.settings(state, secret="wrong"))
    assert "refuses access" in deployment.start_fails()


# What is OpenBao's own.

def test_what_is_wrapped_is_bound_to_its_context(vaulted, bao):
    status, made = vaulted.admin("POST", "/kms/generate-data-key", {
        "key_id": "default", "encryption_context": {"b": "2", "a": "ä"}})
    assert status == 200, made
    wrapped = base64.b64decode(made["ciphertext_blob"]).decode()
    assert bao.decrypt("default", wrapped, '{"a":"ä","b":"2"}'.encode()) == made["plaintext_key"]
    assert bao.decrypt("default", wrapped, b'{"a":"x","b":"2"}') is None
    assert bao.decrypt("default", wrapped, b"{}") is None


def test_a_key_that_would_ignore_the_context_is_refused(vaulted, bao):
    bao.call("POST", "transit/keys/underived", {"type": "aes256-gcm96"})
    bao.call("POST", "transit/keys/rsa", {"type": "rsa-2048"})
    bucket = new_bucket(vaulted)
    for name in ("underived", "rsa"):
        assert code(lambda: put(vaulted, bucket, "k", name)) == (500, "InternalError")
        assert "derived" in vaulted.admin("GET", f"/kms/keys/{name}")[1]["message"]
    assert {"underived", "rsa"} <= set(vaulted.admin("GET", "/kms/keys")[1]["unreadable_key_ids"])


def test_status_shows_the_server_and_no_secret(vaulted):
    status, answer = vaulted.admin("GET", "/kms/status")
    assert (status, answer["status"], answer["backend_type"]) == (200, "Running", "vault"), answer
    summary = answer["config_summary"]["backend_summary"]
    assert (summary["auth_method"], summary["mount_path"]) == ("approle", "transit")
    assert answer["token_expires_in_seconds"] > 0
    secret = (vaulted.state / "secret_id").read_text()
    assert secret not in json.dumps(answer) + vaulted.log()


@pytest.mark.parametrize("method", ["token", "cert"])
def test_other_ways_to_log_in(scratch, bao, method):
    state = scratch / f"login-{method}"
    state.mkdir()
    if method == "token":
        made = bao.call("POST", "auth/token/create", {"policies": ["sealgate"], "ttl": "1h"})
        (state / "token").write_text(made["auth"]["client_token"] + "\n")
        (state / "token").chmod(0o600)
        ways = {"auth_method": "token", "token_file": f"{state}/token"}
    else:
        bao.call("POST", "auth/cert/certs/sealgate", {
            "certificate": (bao.state / "ca.pem").read_text(), "token_policies": ["sealgate"]})
        ways = {"auth_method": "cert", "cert_file": f"{bao.state}/client.pem",
                "key_file": f"{bao.state}/client.key", "role": "sealgate"}
    with deploy(state, vault(bao, **ways)) as gateway:
        bucket = new_bucket(gateway)
        put(gateway, bucket, "k")
        assert get(gateway, bucket, "k") == "k"


def test_namespaces_keep_keys_apart(scratch, bao):
    bao.call("POST", "sys/namespaces/team", {})
    space = {"x-vault-namespace": "team"}
    bao.call("POST", "sys/mounts/transit", {"type": "transit"}, **space)
    bao.call("POST", "transit/keys/default", {"derived": True}, **space)
    bao.policy(**space)
    made = bao.call("POST", "auth/token/create", {"policies": ["sealgate"], "ttl": "1h"}, **space)
    state = scratch / "namespace"
    state.mkdir()
    (state / "token").write_text(made["auth"]["client_token"])
    (state / "token").chmod(0o600)
    ways = {"token_file": f"{state}/token", "namespace": "team", "kv_mount": ""}
    with deploy(state, vault(bao, **ways)) as gateway:
        bucket = new_bucket(gateway)
        put(gateway, bucket, "k")
        keys = gateway.admin("GET", "/kms/keys")[1]["keys"]
        assert [key["key_id"] for key in keys] == ["default"]
        status, answer = gateway.admin("POST", "/kms/keys", {"KeyId": "n", "Description": "x"})
        assert (status, answer["code"]) == (501, "NotImplemented")


@pytest.mark.parametrize("change, remedy", [
    ({"address": "http://192.0.2.1:8200"}, "use https://"),
    ({"address": ""}, "kms.vault.address is missing"),
    ({"ca_file": "OTHER"}, "certificate"),
    ({"mount_path": "nothing"}, "check Sealgate's credential and its policy"),
    ({"mount_path": "../sys"}, "no path of the KMS"),
    ({"role_id": "wrong"}, "refuses access")])
def test_starts_that_are_refused(scratch, bao, change, remedy):
    state = scratch / f"refused-{os.urandom(4).hex()}"
    ways = app_role(bao, state)
    if change.get("ca_file"):
        bao.authority("other")
        change = {"ca_file": f"{bao.state}/other.pem"}
    deployment = deploy(state, vault(bao, **{**ways, **change}))
    assert remedy in deployment.start_fails()


# The guide, as it is pasted.

def test_the_guide_works_as_pasted(scratch, tmp_path):
    with OpenBao(scratch / "guide-bao", free_ports(2)) as server:
        server.call("DELETE", "sys/mounts/transit")
        server.call("DELETE", "sys/mounts/kv")
        server.call("DELETE", "sys/auth/approle")
        server.policy("unused")
        text = (tmp_path / "sealgate.hcl")
        guide = "docs/guides/kms-vault.md"
        text.write_text(fenced(guide, "hcl"))
        shutil.copy(server.state / "ca.pem", tmp_path)
        result = subprocess.run(
            ["sh", "-c", script("\n".join(blocks(guide)))], cwd=tmp_path, capture_output=True,
            text=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path),
                            "BAO_ADDR": server.url, "BAO_TOKEN": server.token,
                            "BAO_CACERT": f"{server.state}/ca.pem"})
        assert result.returncode == 0, result.stdout + result.stderr
        state = scratch / "guide"
        document = settings(state, credentials=[ADMIN])
        parts = json.loads(document.read_text())
        del parts["kms"]
        kms = fenced(guide, "yaml").replace("https://127.0.0.1:8200", server.url).replace(
            "ca.pem", f"{tmp_path}/ca.pem").replace(
            "file: secret_id", f"file: {tmp_path}/secret_id").replace(
            "00000000-0000-0000-0000-000000000000", (tmp_path / "role_id").read_text().strip())
        rest = "\n".join(f"{name}: {json.dumps(value)}" for name, value in parts.items())
        document.write_text(kms + rest + "\n")
        with AdminDeployment(state, ["--config", document]) as gateway:
            bucket = new_bucket(gateway)
            put(gateway, bucket, "k")
            assert get(gateway, bucket, "k") == "k"
            gateway.create_kms_key("made-by-the-guides-policy")


def fenced(document, language):
    return (ROOT / document).read_text().split(f"```{language}\n")[1].split("```")[0]

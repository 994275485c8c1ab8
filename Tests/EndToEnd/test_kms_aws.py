"""AWS KMS: where its credential comes from, and that no name of a key evades a denial."""

import json
import time

import boto3
import pytest

from awsidentity import ROLE, Identity
from deployment import ADMIN, AdminDeployment, free_ports, until
from test_admin import admin
from test_kms import Moto, code, deploy, get, new_bucket, put
from test_kms_moves import change
from test_rights import client
from test_rights import code as answer
from wire import settings


@pytest.fixture(scope="module")
def moto():
    server = Moto(*free_ports(1), role=ROLE)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def identity(moto):
    with Identity(moto) as identity:
        yield identity
        identity.shutdown()


def web_identity(identity, folder, **more):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(identity.token + "\n")
    return {"credentials": "web_identity", "role_arn": ROLE, "endpoint": identity.url,
            "sts_endpoint": identity.url, "web_identity_token_file": f"{folder}/token", **more}


def deployed(state, aws):
    return deploy(state, {"backend_type": "aws", "timeout": "2s", "aws": aws},
                  admin={"health_interval": "60s"})


def test_a_web_identity_is_renewed_and_replaced(scratch, identity):
    state = scratch / "aws-web"
    identity.seconds = 3
    with deployed(state, web_identity(identity, state)) as gateway:
        bucket = new_bucket(gateway)
        put(gateway, bucket, "first")
        status = gateway.admin("GET", "/kms/status")[1]
        assert 0 <= status["token_expires_in_seconds"] <= 3
        assert status["config_summary"]["backend_summary"]["credentials"] == "web_identity"
        # Sessions follow each other before they end, and the token's file is read for each.
        identity.token = "second-token"
        (state / "token").write_text(identity.token)
        before = len(identity.sessions)
        deadline = time.monotonic() + 30
        while len(identity.sessions) < before + 2:
            put(gateway, bucket, "k")
            assert time.monotonic() < deadline
        assert get(gateway, bucket, "k") == "k"
        # A session that is revoked is replaced within the request.
        identity.seconds = 3600
        until(lambda: put(gateway, bucket, "k") or (
            gateway.admin("GET", "/kms/status")[1]["token_expires_in_seconds"] > 60))
        time_of_last = time.monotonic()
        until(lambda: time.monotonic() - time_of_last > 1)
        before = len(identity.sessions)
        identity.kill_sessions()
        put(gateway, bucket, "after")
        assert len(identity.sessions) == before + 1
        # A token that is refused is not shown more than once a second, and says so.
        identity.token = "third-token"
        identity.kill_sessions()
        for _ in range(5):
            assert code(lambda: put(gateway, bucket, "k"))[0] == 403
        assert "refuses access" in gateway.admin("GET", "/kms/status")[1]["last_error"]
        (state / "token").write_text(identity.token)
        until(lambda: answer(gateway.s3().put_object, Bucket=bucket, Key="k", Body=b"k",
                             ServerSideEncryption="aws:kms") == "ok")
        assert "-token" not in gateway.log()


def test_an_instance_has_the_credential_of_its_role(scratch, identity):
    state = scratch / "aws-instance"
    identity.seconds = 3600
    with deployed(state, {"credentials": "instance_metadata", "endpoint": identity.url,
                          "metadata_endpoint": identity.url}) as gateway:
        bucket = new_bucket(gateway)
        put(gateway, bucket, "k")
        assert get(gateway, bucket, "k") == "k"
        assert identity.metadata == [
            "/latest/api/token", "/latest/meta-data/iam/security-credentials/",
            "/latest/meta-data/iam/security-credentials/sealgate"]
        # And to a web identity, while it runs.
        change(gateway, **web_identity(identity, state))
        put(gateway, bucket, "after")


@pytest.mark.parametrize("setting, remedy", [
    ({"credentials": "web_identity"}, "kms.aws.role_arn is missing"),
    ({"credentials": "web_identity", "role_arn": ROLE}, "web_identity_token_file is missing"),
    ({"credentials": "web_identity", "role_arn": ROLE, "web_identity_token_file": "/absent",
      "sts_endpoint": "http://127.0.0.1:1"}, "/absent"),
    ({"credentials": "web_identity", "sts_endpoint": "http://192.0.2.1"}, "use https://"),
    ({"credentials": "instance_metadata", "metadata_endpoint": "http://192.0.2.1"},
     "169.254.169.254"),
    ({"credentials": "static"}, "without a credential"),
    ({"credentials": "magic"}, "web_identity")])
def test_starts_that_are_refused(scratch, setting, remedy):
    state = scratch / f"aws-refused-{abs(hash(str(setting)))}"
    deployment = deployed(state, {"endpoint": "http://127.0.0.1:1", **setting})
    assert remedy in deployment.start_fails()


# Rights on keys that have several names.

@pytest.fixture(scope="module")
def named(scratch, moto):
    """A key of two aliases, another of one, and credentials that name them in one way each."""
    kms = boto3.client("kms", endpoint_url=moto.url, region_name="us-east-1",
                       aws_access_key_id=moto.access_key, aws_secret_access_key=moto.secret)
    made = kms.create_key()["KeyMetadata"]
    other = kms.create_key()["KeyMetadata"]
    for alias, key in {"team-a": made, "second": made, "open": other}.items():
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key["KeyId"])
    state = scratch / "aws-named"
    state.mkdir(parents=True)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    def about(effect, name, which="Resource"):
        return {"Effect": effect, "Action": "kms:*", which: f"arn:aws:kms:::key/{name}"}

    objects = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policies = {
        "denied-by-id": [everything, about("Deny", made["KeyId"])],
        "denied-by-alias": [everything, about("Deny", "second")],
        "all-but": [objects, about("Allow", "team-a", "NotResource")],
        "allowed": [objects, about("Allow", "team-*")]}
    credentials = [ADMIN]
    for name, statements in policies.items():
        (state / f"{name}.json").write_text(json.dumps({"Statement": statements}))
        credentials.append({"id": name, "access_key_id": name.upper(), "admin": True,
                            "secret_access_key": name + "-secret",
                            "policy_file": f"{state}/{name}.json"})
    kms_settings = moto.settings(state)
    config = settings(state, kms=kms_settings, credentials=credentials)
    with AdminDeployment(state, ["--config", config]) as gateway:
        gateway.s3().create_bucket(Bucket="named")
        gateway.names = [made["KeyId"], made["Arn"], "team-a", "second",
                         made["Arn"].split(":key/")[0] + ":alias/second"]
        gateway.others = [other["KeyId"], other["Arn"], "open"]
        for number, name in enumerate([*gateway.names, "open"]):
            for shared in (True, False):
                gateway.s3().put_object(
                    Bucket="named", Key=f"{name}-{shared}", Body=b"x", SSEKMSKeyId=name,
                    ServerSideEncryption="aws:kms", BucketKeyEnabled=shared)
        yield gateway


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("who, own, others", [
    ("denied-by-id", "AccessDenied", "ok"), ("denied-by-alias", "AccessDenied", "ok"),
    ("all-but", "AccessDenied", "ok"), ("allowed", "ok", "AccessDenied")])
def test_no_name_of_a_key_evades_a_right(named, who, own, others, warm):
    s3 = client(named, who)
    for names, expected in ((named.names, own), (named.others, others)):
        for name in names:
            for shared in (True, False):
                if not warm:
                    named.admin("POST", "/kms/clear-cache")
                assert answer(s3.put_object, Bucket="named", Key="new", Body=b"x",
                              SSEKMSKeyId=name, ServerSideEncryption="aws:kms",
                              BucketKeyEnabled=shared) == expected, name
                if name in [*named.names, "open"]:
                    assert answer(s3.get_object, Bucket="named",
                                  Key=f"{name}-{shared}") == expected, name
                    assert answer(s3.copy_object, Bucket="named", Key="copy", CopySource={
                        "Bucket": "named", "Key": f"{name}-{shared}"}, SSEKMSKeyId=name,
                        ServerSideEncryption="aws:kms") == expected, name
    # And by the admin API.
    for name in named.names[:1] + named.names[2:4]:
        status, _ = as_admin(named, who, "GET", f"/kms/keys/{name}")
        assert status == (200 if own == "ok" else 403), name


def as_admin(gateway, who, method, path):
    return admin(gateway, method, path, access_key=who.upper(), secret_key=who + "-secret")

"""Who may use which KMS key: on the data path, by the admin API, and the ready roles."""

import json
import os
import subprocess

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from deployment import ADMIN, AdminDeployment, Deployment
from wire import settings

S3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
KEYS = "arn:aws:kms:::key/"


def kms(actions, keys="*", effect="Allow"):
    return {"Effect": effect, "Action": [f"kms:{a}" for a in actions], "Resource": KEYS + keys}


POLICIES = {
    "both": [S3, kms(["GenerateDataKey", "Decrypt"], "team-*")],
    "writer": [S3, kms(["GenerateDataKey"], "team-*")],
    "reader": [S3, kms(["Decrypt"], "team-*")],
    "none": [S3],
    "denied": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
               kms(["Decrypt"], "team-a", "Deny")],
    "local-admin": [kms(["*"], "team-*")],
}
ROLES = {"keeper": ["key-administrator"], "user": ["key-user"], "auditor": ["auditor"],
         "two": ["key-administrator", "key-user"]}


@pytest.fixture(scope="module")
def ruled(scratch):
    state = scratch / "rights"
    state.mkdir(parents=True)
    credentials = [ADMIN]
    for name in [*POLICIES, *ROLES]:
        credential = {"id": name, "access_key_id": name.upper(), "admin": True,
                      "secret_access_key": name + "-secret"}
        if name in POLICIES:
            path = state / f"{name}.json"
            path.write_text(json.dumps({"Statement": POLICIES[name]}))
            credential["policy_file"] = str(path)
        else:
            credential["kms_roles"] = ",".join(ROLES[name])
        credentials.append(credential)
    config = settings(state, credentials=credentials)
    with AdminDeployment(state, ["--config", config]) as deployment:
        for key in ("team-a", "team-b", "other"):
            assert deployment.admin("POST", "/kms/keys", {"KeyId": key})[0] == 200
        s3 = deployment.s3()
        s3.create_bucket(Bucket="rights")
        for key in ("team-a", "team-b", "other"):
            for shared in (True, False):
                s3.put_object(Bucket="rights", Key=f"{key}-{shared}", Body=b"sealed",
                              ServerSideEncryption="aws:kms", SSEKMSKeyId=key,
                              BucketKeyEnabled=shared)
        s3.put_object(Bucket="rights", Key="managed", Body=b"sealed")
        yield deployment


def client(gateway, name):
    return boto3.client(
        "s3", endpoint_url=gateway.endpoint, verify=gateway.ca, region_name=gateway.region,
        aws_access_key_id=name.upper(), aws_secret_access_key=name + "-secret",
        config=botocore.config.Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))


def code(call, *arguments, **options):
    try:
        call(*arguments, **options)
        return "ok"
    except ClientError as error:
        return error.response["Error"]["Code"]


def put(s3, key, **options):
    return code(s3.put_object, Bucket="rights", Key="new-" + os.urandom(4).hex(), Body=b"x",
                ServerSideEncryption="aws:kms", SSEKMSKeyId=key, **options)


def get(s3, key, **options):
    return code(s3.get_object, Bucket="rights", Key=key, **options)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name, writes, reads", [
    ("both", "ok", "ok"), ("writer", "ok", "AccessDenied"), ("reader", "AccessDenied", "ok"),
    ("none", "AccessDenied", "AccessDenied"), ("denied", "ok", "AccessDenied")])
@pytest.mark.parametrize("warm", [True, False])
def test_writes_and_reads_need_a_right_on_the_key(ruled, name, writes, reads, shared, warm):
    s3 = client(ruled, name)
    if not warm:
        assert ruled.admin("POST", "/kms/clear-cache")[0] == 204
    assert put(s3, "team-a", BucketKeyEnabled=shared) == writes
    assert put(s3, "arn:aws:kms:us-east-1:1:key/team-a", BucketKeyEnabled=shared) == writes
    assert get(s3, f"team-a-{shared}") == reads
    assert get(s3, f"team-a-{shared}", Range="bytes=1-2") == reads
    # HEAD opens attributes alone; SSE-S3 and SSE-C need no right, though there is a key behind.
    assert code(s3.head_object, Bucket="rights", Key=f"team-a-{shared}") == "ok"
    assert get(s3, "managed") == "ok"
    assert code(s3.put_object, Bucket="rights", Key="m", Body=b"x") == "ok"
    expected = "ok" if name == "denied" else "AccessDenied"
    assert put(s3, "other", BucketKeyEnabled=shared) == expected
    assert get(s3, f"other-{shared}") == expected


def test_who_has_no_right_learns_nothing_of_a_key(ruled):
    s3 = client(ruled, "both")
    answers = {put(s3, key) for key in ("other", "absent", "default", "x" * 200)}
    assert answers == {"AccessDenied"}
    assert put(s3, "team-absent") not in ("ok", "AccessDenied")
    ruled.admin("POST", "/kms/keys/disable", {"key_id": "other"})
    assert put(s3, "other") == get(s3, "other-True") == get(s3, "other-False") == "AccessDenied"
    ruled.admin("POST", "/kms/keys/enable", {"key_id": "other"})
    # The default key of SSE-KMS without a name is a key like others.
    assert code(s3.put_object, Bucket="rights", Key="n", Body=b"x",
                ServerSideEncryption="aws:kms") == "AccessDenied"


@pytest.mark.parametrize("name, answer", [
    ("both", "ok"), ("writer", "AccessDenied"), ("reader", "AccessDenied")])
def test_copies_need_both(ruled, name, answer):
    s3 = client(ruled, name)
    source = {"Bucket": "rights", "Key": "team-b-False"}
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "team-a"}
    assert code(s3.copy_object, Bucket="rights", Key=f"copy-{name}", CopySource=source,
                **how) == answer
    if name != "reader":
        # Under another bucket's default or SSE-S3 the copy needs the source's key alone.
        upload = s3.create_multipart_upload(Bucket="rights", Key="parts", **how)["UploadId"]
        assert code(s3.upload_part_copy, Bucket="rights", Key="parts", UploadId=upload,
                    PartNumber=1, CopySource=source) == answer
    assert code(s3.copy_object, Bucket="rights", Key="plain", CopySource=source) == (
        "AccessDenied" if name == "writer" else "ok")
    assert code(s3.update_object_encryption, Bucket="rights", Key="team-b-True",
                ObjectEncryption={"SSEKMS": {"KMSKeyArn": "arn:aws:kms:us-east-1:1:key/team-b"}}
                ) == answer


def test_multipart_uploads_need_both(ruled):
    for name, made, part in (("both", "ok", "ok"), ("writer", "ok", "AccessDenied"),
                             ("reader", "AccessDenied", None)):
        s3 = client(ruled, name)
        how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "team-a"}
        assert code(s3.create_multipart_upload, Bucket="rights", Key="mp", **how) == made
        if part:
            upload = s3.create_multipart_upload(Bucket="rights", Key="mp", **how)["UploadId"]
            assert code(s3.upload_part, Bucket="rights", Key="mp", UploadId=upload, PartNumber=1,
                        Body=b"x") == part


def awscurl(gateway, name, method, path, document=None):
    """A request by awscurl, as administrators send it: status and JSON."""
    data = [] if document is None else ["-d", json.dumps(document)]
    result = subprocess.run(
        ["awscurl", "--service", "s3", "--region", gateway.region, "-i",
         "--access_key", name.upper(), "--secret_key", name + "-secret", "-X", method, *data,
         gateway.info["admin"] + path],
        env={**os.environ, "REQUESTS_CA_BUNDLE": gateway.ca}, capture_output=True, text=True,
        timeout=60)
    return result.stdout


def allowed(gateway, name, method, path, document=None):
    return "AccessDenied" not in awscurl(gateway, name, method, path, document)


def test_the_ready_roles(ruled):
    requests = {
        "list": ("GET", "/kms/keys"), "describe": ("GET", "/kms/keys/team-a"),
        "status": ("GET", "/kms/status"),
        "rotate": ("POST", "/kms/keys/rotate", {"key_id": "team-b"}),
        "create": ("POST", "/kms/keys", {"KeyId": "made-" + os.urandom(4).hex()}),
        "clear": ("POST", "/kms/clear-cache"),
        "use": ("POST", "/kms/generate-data-key", {"key_id": "team-a"}),
    }
    looks = {"list", "describe", "status"}
    roles = {"keeper": set(requests) - {"use"}, "user": {"describe", "use"}, "auditor": looks,
             "two": set(requests), "local-admin": {"describe", "rotate", "use"}}
    for name, may in roles.items():
        found = {what for what, request in requests.items() if allowed(ruled, name, *request)}
        assert found == may, name
    # A key that isn't there is refused in the same words.
    assert "AccessDenied" in awscurl(ruled, "user", "POST", "/kms/keys/rotate", {"key_id": "no"})
    assert "AccessDenied" in awscurl(ruled, "local-admin", "GET", "/kms/keys/other")
    assert "NotFound" in awscurl(ruled, "local-admin", "GET", "/kms/keys/team-no")
    # A second name doesn't smuggle another key in.
    answer = awscurl(ruled, "local-admin", "POST", "/kms/keys", {"KeyId": "team-n", "key_id": "x"})
    assert "InvalidRequest" in answer
    assert ruled.admin("GET", "/kms/keys/x")[0] == 404
    # Roles give no S3, and S3 rights give no KMS.
    assert get(client(ruled, "user"), "team-a-True") == "AccessDenied"
    assert "AccessDenied" in awscurl(ruled, "none", "GET", "/kms/status")


def test_statements_do_not_mix(ruled, scratch):
    mixed = {"Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": "*"}
    bucket = {**mixed, "Principal": "*", "Resource": "arn:aws:s3:::rights/*"}
    with pytest.raises(ClientError, match="about s3 or about kms, not both") as error:
        ruled.s3().put_bucket_policy(Bucket="rights", Policy=json.dumps({"Statement": bucket}))
    assert error.value.response["Error"]["Code"] == "MalformedPolicy"
    bucket["Action"] = "kms:Decrypt"
    with pytest.raises(ClientError, match="belong in a credential's policy"):
        ruled.s3().put_bucket_policy(Bucket="rights", Policy=json.dumps({"Statement": bucket}))
    for name, credential, word in [
            ("mixed", {"policy_file": "policy.json"}, "about s3 or about kms, not both"),
            ("role", {"kms_roles": "king"}, "king in kms_roles")]:
        state = scratch / name
        state.mkdir(parents=True)
        (state / "policy.json").write_text(json.dumps({"Statement": mixed}))
        if "policy_file" in credential:
            credential["policy_file"] = str(state / "policy.json")
        config = settings(state, credentials=[
            {"id": "a", "access_key_id": "A", "secret_access_key": "a-secret", **credential}])
        assert word in Deployment(state, ["--config", config]).start_fails()

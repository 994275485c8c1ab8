"""What is set for a bucket: encryption, policy, CORS; by real clients, over restarts."""

import json
import os
import shutil
import sqlite3

import boto3
import botocore.config
import pytest

from deployment import Deployment, customer_headers, customer_key
from test_operations import refused
from wire import call, md5

SSE = "x-amz-server-side-encryption"


def encryption(algorithm=None, key=None, bucket_key=None, blocked=None):
    rule = {}
    if algorithm:
        rule["ApplyServerSideEncryptionByDefault"] = {"SSEAlgorithm": algorithm}
        if key:
            rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = key
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    if blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": [blocked]}
    return {"Rules": [rule]}


def customer(seed="bucket"):
    _, key, digest = customer_key(seed)
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": digest}


# Encryption.

def test_the_default_encryption_of_a_bucket(gateway, s3, bucket):
    key = gateway.create_kms_key("k-" + os.urandom(4).hex())
    assert s3.put_object(Bucket=bucket, Key="before", Body=b"x")["ServerSideEncryption"] == "AES256"
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration=encryption("aws:kms", key, True))
    shown = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert shown == [{"ApplyServerSideEncryptionByDefault":
                      {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}]
    for answer in (s3.put_object(Bucket=bucket, Key="k", Body=b"secret"),
                   s3.create_multipart_upload(Bucket=bucket, Key="m"),
                   s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert answer["ServerSideEncryption"] == "aws:kms", answer
        assert (answer["SSEKMSKeyId"], answer["BucketKeyEnabled"]) == (key, True)
    # A request's own word goes first; objects from before keep their mode.
    own = s3.put_object(Bucket=bucket, Key="own", Body=b"x", ServerSideEncryption="AES256")
    assert own["ServerSideEncryption"] == "AES256"
    asked = s3.put_object(Bucket=bucket, Key="own", Body=b"x", ServerSideEncryption="aws:kms")
    assert asked["SSEKMSKeyId"] == key
    assert s3.put_object(Bucket=bucket, Key="c", Body=b"x", **customer()).get(
        "ServerSideEncryption") is None
    assert s3.head_object(Bucket=bucket, Key="before")["ServerSideEncryption"] == "AES256"
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)
    shown = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert shown[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.put_object(Bucket=bucket, Key="after", Body=b"x")["ServerSideEncryption"] == "AES256"


def test_a_gateway_without_a_default_stores_nothing_that_names_no_mode(scratch):
    with Deployment(scratch / "no-default", environment={
            "SEALGATE_ENCRYPTION_DEFAULT": "none"}) as gateway:
        s3 = gateway.s3()
        s3.create_bucket(Bucket="strict")
        s3.put_object(Bucket="strict", Key="named", Body=b"x", ServerSideEncryption="AES256")
        with refused("ServerSideEncryptionConfigurationNotFoundError", 404):
            s3.get_bucket_encryption(Bucket="strict")
        source = {"Bucket": "strict", "Key": "named"}
        for write in (lambda: s3.put_object(Bucket="strict", Key="k", Body=b"x"),
                      lambda: s3.copy_object(Bucket="strict", Key="k", CopySource=source),
                      lambda: s3.create_multipart_upload(Bucket="strict", Key="k")):
            with refused("AccessDenied", 403):
                write()
        assert [o["Key"] for o in s3.list_objects_v2(Bucket="strict")["Contents"]] == ["named"]
        s3.put_bucket_encryption(
            Bucket="strict", ServerSideEncryptionConfiguration=encryption("AES256", None, True))
        rule = s3.get_bucket_encryption(
            Bucket="strict")["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert rule["BucketKeyEnabled"] is True
        assert s3.put_object(Bucket="strict", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
        s3.delete_bucket_encryption(Bucket="strict")
        with refused("AccessDenied", 403):
            s3.put_object(Bucket="strict", Key="k", Body=b"y")
        assert s3.get_object(Bucket="strict", Key="k")["Body"].read() == b"x"


def test_a_bucket_that_blocks_customer_keys(gateway, s3, bucket):
    s3.put_object(Bucket=bucket, Key="old", Body=b"x", **customer())
    upload = s3.create_multipart_upload(Bucket=bucket, Key="open", **customer())["UploadId"]
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration=encryption("AES256", blocked="SSE-C"))
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0][
        "BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="new", Body=b"x", **customer())
    with refused("AccessDenied", 403):
        s3.create_multipart_upload(Bucket=bucket, Key="new", **customer())
    # Before anything of the key is looked at.
    broken = {**customer_headers("a"), f"{SSE}-customer-key": "AAAA"}
    assert call(gateway, "PUT", f"/{bucket}/new", broken, b"x").code == "AccessDenied"
    # What is there already is read on, and an upload goes on.
    assert s3.get_object(Bucket=bucket, Key="old", **customer())["Body"].read() == b"x"
    s3.upload_part(Bucket=bucket, Key="open", UploadId=upload, PartNumber=1, Body=b"x",
                   **customer())


@pytest.mark.parametrize("rules, code", [
    ("", "MalformedXML"), ("<Rule/><Rule/>", "MalformedXML"), ("<Rule><A/></Rule>", "MalformedXML"),
    ("<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aes</SSEAlgorithm>"
     "</ApplyServerSideEncryptionByDefault></Rule>", "MalformedXML"),
    ("<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
     "<KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>",
     "InvalidArgument"),
    ("<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>"
     "</ApplyServerSideEncryptionByDefault></Rule>", "NotImplemented")])
def test_encryption_documents_that_are_refused(gateway, bucket, rules, code):
    root = "ServerSideEncryptionConfiguration"
    body = f"<{root}>{rules}</{root}>".encode()
    target = f"/{bucket}?encryption"
    assert call(gateway, "PUT", target, {"content-md5": md5(body)}, body).code == code
    assert call(gateway, "PUT", target, {"content-md5": md5(b"")}, body).code == "BadDigest"
    assert call(gateway, "PUT", target, {}, body).code == "InvalidRequest"
    assert call(gateway, "PUT", "/none-at-all?encryption", {}, body).code == "NoSuchBucket"


def test_encryption_by_the_aws_command_line(gateway, bucket, tmp_path):
    rule = ('{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"},'
            '"BucketKeyEnabled":true}]}')
    gateway.run("aws", "s3api", "put-bucket-encryption", "--bucket", bucket,
                "--server-side-encryption-configuration", rule)
    file = tmp_path / "f"
    file.write_bytes(os.urandom(9 << 20))
    gateway.run("aws", "s3", "cp", file, f"s3://{bucket}/f")
    head = gateway.s3().head_object(Bucket=bucket, Key="f")
    assert (head["ServerSideEncryption"], head["BucketKeyEnabled"]) == ("aws:kms", True)
    gateway.run("aws", "s3", "cp", f"s3://{bucket}/f", tmp_path / "g")
    assert (tmp_path / "g").read_bytes() == file.read_bytes()
    gateway.run("aws", "s3api", "delete-bucket-encryption", "--bucket", bucket)


# CORS.

RULES = {"CORSRules": [
    {"ID": "app", "AllowedOrigins": ["https://*.app.example"], "AllowedMethods": ["GET", "PUT"],
     "AllowedHeaders": ["x-amz-*", "Content-Type"], "ExposeHeaders": ["ETag"],
     "MaxAgeSeconds": 600},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]}]}


def allowed(headers):
    return {name.removeprefix("access-control-"): value for name, value in headers.items()
            if name.startswith("access-control-")}


def test_the_cors_rules_of_a_bucket(gateway, s3, bucket):
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES["CORSRules"]
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    app = {"origin": "https://one.app.example"}
    ask = {"access-control-request-method": "PUT",
           "access-control-request-headers": "content-type, x-amz-meta-a"}
    granted = {"allow-origin": app["origin"], "allow-credentials": "true",
               "allow-methods": "GET, PUT", "expose-headers": "ETag", "max-age": "600"}
    for http2 in (True, False):
        with gateway.http(http2=http2) as http:
            # As a browser does: asks, then sends what it was allowed.
            answer = http.options(url, headers={**app, **ask})
            assert (answer.status_code, answer.content) == (200, b"")
            assert allowed(answer.headers) == {
                **granted, "allow-headers": "content-type, x-amz-meta-a"}
            assert answer.headers["vary"].split(", ")[0] == "Origin"
            answer = http.put(url, headers=app, content=b"from a page")
            assert (answer.status_code, allowed(answer.headers)) == (200, granted)
            # What is wrong with a request is for the page to read too.
            for broken in (url[:-1] + ("1" if url[-1] == "0" else "0"), url.split("?")[0]):
                answer = http.put(broken, headers=app, content=b"x")
                assert (answer.status_code, allowed(answer.headers)) == (403, granted)
            for headers, message in (
                    ({"origin": "https://app.example", **ask}, "This CORS request is not allowed"),
                    ({**app, **ask, "access-control-request-method": "DELETE"}, "not allowed"),
                    ({**app, **ask, "access-control-request-headers": "range"}, "not allowed")):
                answer = http.options(url, headers=headers)
                assert answer.status_code == 403 and message in answer.text
                assert "<Code>AccessForbidden</Code>" in answer.text
                assert "<Message>CORSResponse: " in answer.text and not allowed(answer.headers)
            assert http.options(url).status_code == 400
            other = http.head(url.split("?")[0], headers={"origin": "https://other"})
            assert (other.status_code, allowed(other.headers)) == (
                403, {"allow-origin": "*", "allow-methods": "HEAD"})
            assert "vary" not in http.head(url.split("?")[0]).headers
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"from a page"
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_cors(Bucket=bucket)
    with gateway.http() as http:
        answer = http.options(url, headers={**app, **ask})
        assert answer.status_code == 403 and "CORS is not enabled for this bucket." in answer.text


@pytest.mark.parametrize("rule, word", [
    ({"AllowedOrigins": ["http://*.*"]}, "can not have more than one wildcard"),
    ({"AllowedMethods": ["PATCH"]}, "Unsupported method is PATCH"),
    ({"ExposeHeaders": ["x-*"]}, "do not support wildcard for ExposeHeader"),
    ({"AllowedHeaders": ["*-*"]}, "can not have more than one wildcard")])
def test_cors_rules_that_are_refused(s3, bucket, rule, word):
    whole = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], **rule}
    with pytest.raises(s3.exceptions.ClientError, match=word.replace("*", ".")):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [whole]})
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)


# The records.

def test_settings_live_as_long_as_their_bucket_and_are_sealed(own_gateway):
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_encryption(
        Bucket="kept", ServerSideEncryptionConfiguration=encryption("aws:kms", "a-telling-name"))
    assert own_gateway.find_in_store([b"a-telling-name", b"bs/kept/encryption"]) == {
        b"bs/kept/encryption"}
    own_gateway.restart()
    s3 = own_gateway.s3()
    rules = s3.get_bucket_encryption(Bucket="kept")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == "a-telling-name"
    # What the storage side puts in place of a record is not taken for one, nor for none.
    own_gateway.stop()
    with sqlite3.connect(own_gateway.index) as index:
        # Records of settings begin with a 3, and no other does.
        changed = index.execute(
            "UPDATE bodies SET data = CAST(substr(data, 1, length(data) - 1) || "
            "CASE substr(data, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) "
            "WHERE substr(data, 1, 1) = x'03'").rowcount
    assert changed == 1
    own_gateway.start()
    s3 = own_gateway.s3()
    with refused("InternalError", 500):
        s3.put_object(Bucket="kept", Key="k", Body=b"x")
    with refused("InternalError", 500):
        s3.get_bucket_encryption(Bucket="kept")
    assert "does not open" in own_gateway.log()
    s3.delete_bucket_encryption(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"x")
    # A bucket's settings go with it.
    s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=encryption("aws:kms"))
    s3.delete_object(Bucket="kept", Key="k")
    s3.delete_bucket(Bucket="kept")
    s3.create_bucket(Bucket="kept")
    assert s3.put_object(Bucket="kept", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"


# Policies.

def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, actions, *resources, principal="*", **more):
    return {"Effect": effect, "Principal": principal, "Action": actions,
            "Resource": [f"arn:aws:s3:::{resource}" for resource in resources], **more}


def test_the_policy_of_a_bucket(gateway, s3, bucket):
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    text = policy(statement("Deny", "s3:DeleteObject", f"{bucket}/keep/*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    for key in ("keep/a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=bucket, Key="keep/a")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "keep/a"}, {"Key": "b"}]})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["b"]
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [("keep/a", "AccessDenied")]
    with refused("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=bucket, Policy=policy(
            statement("Allow", "s3:GetObject", "another-bucket/*")))
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="keep/a")


@pytest.mark.parametrize("condition, allowed", [
    ({"StringNotEquals": {f"s3:{SSE}": "aws:kms"}}, {"aws:kms"}),
    ({"Null": {f"s3:{SSE}": "true"}}, {"aws:kms", "AES256"}),
    ({"StringEquals": {f"s3:{SSE}": "aws:kms"}}, {"AES256", None, "customer"}),
    ({"Null": {f"s3:{SSE}-customer-algorithm": "false"}}, {"aws:kms", "AES256", None}),
    ({"StringNotEquals": {f"s3:{SSE}-customer-algorithm": "AES256"}}, {"customer"})])
def test_policies_that_ask_for_encryption(s3, bucket, condition, allowed):
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        statement("Deny", "s3:PutObject", f"{bucket}/*", Condition=condition)))
    for mode in ("aws:kms", "AES256", None, "customer"):
        extra = customer() if mode == "customer" else (
            {"ServerSideEncryption": mode} if mode else {})
        for write in (lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **extra),
                      lambda: s3.create_multipart_upload(Bucket=bucket, Key="k", **extra)):
            if mode in allowed:
                write()
            else:
                with refused("AccessDenied", 403):
                    write()


def test_a_denied_header_is_denied_before_it_is_wrong(gateway, s3, bucket):
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement(
        "Deny", "s3:PutObject", f"{bucket}/*",
        Condition={"StringNotEqualsIfExists": {f"s3:{SSE}": "AES256"}}), statement(
        "Deny", "s3:PutObject", f"{bucket}/*",
        Condition={"StringNotEqualsIfExists": {f"s3:{SSE}-customer-algorithm": "AES256"}})))
    for headers in ({SSE: "AES192"}, {f"{SSE}-customer-algorithm": "AES192"}):
        answer = call(gateway, "PUT", f"/{bucket}/k", headers, b"x")
        assert (answer.status, answer.code) == (403, "AccessDenied")


def test_a_policy_by_the_aws_command_line(gateway, bucket, tmp_path):
    file = tmp_path / "policy.json"
    file.write_text(policy(statement("Allow", "s3:GetObject", f"{bucket}/open/*")))
    gateway.run("aws", "s3api", "put-bucket-policy", "--bucket", bucket, "--policy", f"file://{file}")
    shown = gateway.run("aws", "s3api", "get-bucket-policy", "--bucket", bucket, "--query", "Policy",
                        "--output", "text").stdout
    assert json.loads(shown) == json.loads(file.read_text())
    (tmp_path / "a").write_text("for all")
    for key in ("open/a", "shut"):
        gateway.run("aws", "s3", "cp", tmp_path / "a", f"s3://{bucket}/{key}")
    # Nobody's request, by curl: what the policy opens and nothing else.
    curl = ["curl", "--silent", "--cacert", gateway.ca, "--write-out", "%{http_code}"]
    base = f"{gateway.endpoint}/{bucket}"
    assert gateway.run(*curl, f"{base}/open/a").stdout == "for all200"
    for path in ("/shut", "", "/open/a?acl", "?policy"):
        assert gateway.run(*curl, base + path).stdout.endswith("403"), path
    # curl's HTTP/2 takes an answer to an upload that it hasn't finished for a broken stream.
    upload = gateway.run(*curl, "--http1.1", "--upload-file", tmp_path / "a", f"{base}/open/a")
    assert upload.stdout.endswith("403")
    gateway.run("aws", "s3api", "delete-bucket-policy", "--bucket", bucket)
    assert gateway.run(*curl, f"{base}/open/a").stdout.endswith("403")


@pytest.fixture(scope="module")
def people(scratch):
    """A deployment with a credential that may do everything, and two that have policies."""
    state = scratch / "people"
    with Deployment(state):
        pass
    own = {"reader": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                       "Resource": "arn:aws:s3:::shared*",
                       "Condition": {"StringLikeIfExists": {"s3:prefix": ["open/*", ""]}}},
                      {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::shared/open/not"}],
           "writer": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:ListAllMyBuckets"],
                       "Resource": "*"}]}
    generated = next(path for path in state.rglob("*.yaml") if "credentials:" in path.read_text())
    text = generated.read_text()
    for name, statements in own.items():
        (state / f"{name}.json").write_text(json.dumps({"Statement": statements}))
        (state / f"{name}.secret").write_text(f"secret-of-{name}")
        (state / f"{name}.secret").chmod(0o600)
        text += (f"  - id: {name}\n    access_key_id: {name.upper()}\n"
                 f"    secret_access_key_file: {state}/{name}.secret\n"
                 f"    policy_file: {state}/{name}.json\n")
    config = state / "people.yaml"
    config.write_text(text)
    config.chmod(0o600)
    with Deployment(state, ["--config", config]) as deployment:
        s3 = deployment.s3()
        for bucket in ("shared", "private"):
            s3.create_bucket(Bucket=bucket)
            for key in ("open/a", "open/not", "b"):
                s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        yield deployment
    shutil.rmtree(state)


def client(deployment, name):
    return boto3.client(
        "s3", endpoint_url=deployment.endpoint, verify=deployment.ca, region_name=deployment.region,
        aws_access_key_id=name.upper(), aws_secret_access_key=f"secret-of-{name}",
        config=botocore.config.Config(signature_version="s3v4", retries={"max_attempts": 1},
                                      s3={"addressing_style": "path"}))


def test_a_credential_may_do_what_its_policy_allows(people):
    reader, writer, owner = client(people, "reader"), client(people, "writer"), people.s3()
    assert reader.get_object(Bucket="shared", Key="open/a")["Body"].read() == b"x"
    assert reader.list_objects_v2(Bucket="shared", Prefix="open/x")["KeyCount"] == 0
    writer.put_object(Bucket="private", Key="w", Body=b"x")
    assert "private" in [bucket["Name"] for bucket in writer.list_buckets()["Buckets"]]
    for denied in (
            lambda: reader.get_object(Bucket="shared", Key="open/not"),
            lambda: reader.get_object(Bucket="private", Key="open/a"),
            lambda: reader.list_objects_v2(Bucket="shared", Prefix="b"),
            lambda: reader.put_object(Bucket="shared", Key="n", Body=b"x"),
            lambda: reader.delete_object(Bucket="shared", Key="open/a"),
            lambda: reader.list_buckets(), lambda: reader.create_bucket(Bucket="theirs"),
            lambda: reader.put_bucket_policy(Bucket="shared", Policy="{}"),
            lambda: reader.put_bucket_encryption(
                Bucket="shared", ServerSideEncryptionConfiguration=encryption("AES256")),
            lambda: writer.get_object(Bucket="private", Key="w"),
            lambda: writer.list_objects_v2(Bucket="private"),
            lambda: writer.delete_bucket(Bucket="private"),
            lambda: writer.copy_object(Bucket="private", Key="c",
                                       CopySource={"Bucket": "shared", "Key": "b"})):
        with refused("AccessDenied", 403):
            denied()
    assert owner.get_object(Bucket="shared", Key="open/not")["Body"].read() == b"x"


def test_a_bucket_may_let_a_credential_in_or_keep_it_out(people):
    reader, writer, owner = client(people, "reader"), client(people, "writer"), people.s3()
    owner.put_bucket_policy(Bucket="private", Policy=policy(
        statement("Allow", "s3:GetObject", "private/*", principal={"AWS": "reader"}),
        statement("Deny", "s3:PutObject", "private/*",
                  principal={"AWS": "arn:aws:iam:::user/writer"})))
    assert reader.get_object(Bucket="private", Key="b")["Body"].read() == b"x"
    for denied in (lambda: reader.put_object(Bucket="private", Key="b", Body=b"x"),
                   lambda: writer.get_object(Bucket="private", Key="b"),
                   lambda: writer.put_object(Bucket="private", Key="b", Body=b"x")):
        with refused("AccessDenied", 403):
            denied()
    owner.delete_bucket_policy(Bucket="private")
    writer.put_object(Bucket="private", Key="w", Body=b"x")
    with refused("AccessDenied", 403):
        reader.get_object(Bucket="private", Key="b")
    with refused("MalformedPolicy", 400):
        owner.put_bucket_policy(Bucket="private", Policy=policy(
            statement("Deny", "s3:PutObject", "private/*", principal={"AWS": "wrighter"})))


def test_a_credential_with_a_wrong_policy_keeps_the_gateway_from_starting(scratch):
    state = scratch / "wrong-policy"
    deployment = Deployment(state)
    with deployment:
        pass
    generated = next(path for path in state.rglob("*.yaml") if "credentials:" in path.read_text())
    config = state / "wrong.yaml"
    for text, word in (('{"Statement":{"Effect":"Allow","Action":"s3:Fly","Resource":"*"}}', "s3:Fly"),
                       (None, "can't be read")):
        if text:
            (state / "p.json").write_text(text)
        else:
            (state / "p.json").unlink()
        config.write_text(generated.read_text() + f"    policy_file: {state}/p.json\n")
        config.chmod(0o600)
        assert word in Deployment(state, ["--config", config]).start_fails()
    shutil.rmtree(state)

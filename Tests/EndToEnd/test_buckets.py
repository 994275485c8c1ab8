"""What is set for a bucket: encryption, policy, CORS; by real clients, over restarts."""

import os
import sqlite3

import pytest

from deployment import customer_headers, customer_key
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

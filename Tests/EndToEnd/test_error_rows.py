"""Refusals about encryption that no single operation owns: the whole answer, and that nothing of
what was asked for is kept. Those of one write or one read stand in test_sse.py."""

import json

import pytest

from deployment import customer_headers
from wire import Connection, call, element, md5

SSE = "x-amz-server-side-encryption"
ROOT = "ServerSideEncryptionConfiguration"
MALFORMED = ("The XML you provided was not well-formed or did not validate against our published "
             "schema")
VERSION4 = ("Requests specifying Server Side Encryption with AWS KMS managed keys require AWS "
            "Signature Version 4.")


def rules(*members):
    """A bucket's encryption, a rule for each text."""
    return f"<{ROOT}>{''.join(f'<Rule>{text}</Rule>' for text in members)}</{ROOT}>".encode()


def by_default(text):
    return (f"<ApplyServerSideEncryptionByDefault>{text}</ApplyServerSideEncryptionByDefault>")


AES256 = by_default("<SSEAlgorithm>AES256</SSEAlgorithm>")
DOCUMENTS = {
    "E30 no rule": (rules(), "MalformedXML", MALFORMED, {}),
    "E30 two rules": (rules(AES256, AES256), "MalformedXML", MALFORMED, {}),
    "E30 no XML": (b"encrypt it", "MalformedXML", MALFORMED, {}),
    "E30 cut": (rules(AES256)[:-3], "MalformedXML", MALFORMED, {}),
    "E30 algorithm": (rules(by_default("<SSEAlgorithm>AES192</SSEAlgorithm>")), "MalformedXML",
                      MALFORMED, {}),
    "E31": (rules(by_default("<SSEAlgorithm>AES256</SSEAlgorithm>"
                             "<KMSMasterKeyID>k</KMSMasterKeyID>")), "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
            "aws:kms:dsse", {"ArgumentName": "ApplyServerSideEncryptionByDefault"}),
}


def told(answer, status, code, message, **details):
    """Whether an answer says just that, in S3's document."""
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["content-type"] == "application/xml"
    assert element(answer.body, "Message") == message
    assert element(answer.body, "RequestId") == answer.headers["x-amz-request-id"]
    for name, value in details.items():
        assert element(answer.body, name) == value, answer
    assert not any(name.startswith(SSE) for name in answer.headers)


@pytest.mark.parametrize("row", DOCUMENTS)
def test_a_default_that_is_refused_sets_nothing(gateway, s3, bucket, row):
    body, code, message, details = DOCUMENTS[row]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    answer = call(gateway, "PUT", f"/{bucket}?encryption", {"content-md5": md5(body)}, body)
    told(answer, 400, code, message, **details)
    kept = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert kept[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_default_of_a_bucket_that_is_not_there(gateway, method):
    """E33."""
    body = rules(AES256) if method == "PUT" else b""
    answer = call(gateway, method, "/no-such-bucket-here?encryption",
                  {"content-md5": md5(body)} if body else {}, body)
    told(answer, 404, "NoSuchBucket", "The specified bucket does not exist",
         BucketName="no-such-bucket-here")


@pytest.mark.parametrize("method, target, headers", [
    ("PUT", "new", {SSE: "aws:kms"}), ("POST", "new?uploads", {SSE: "aws:kms"}),
    ("GET", "kms", {})])
def test_kms_needs_a_signature(gateway, s3, bucket, method, target, headers):
    """E21: a policy may let anyone in, but not to keys of the KMS."""
    s3.put_object(Bucket=bucket, Key="kms", Body=b"secret", ServerSideEncryption="aws:kms")
    s3.put_object(Bucket=bucket, Key="open", Body=b"for all")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/*"}}))
    with Connection(gateway) as connection:
        about = {"host": gateway.endpoint.split("//")[1]}
        connection.begin("GET", f"/{bucket}/open", about)
        assert connection.answer().body == b"for all"
        connection.begin(method, f"/{bucket}/{target}",
                         {**about, **headers, "content-length": "0"})
        told(connection.answer(), 400, "InvalidArgument", VERSION4, ArgumentName="Authorization")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["kms", "open"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("headers", [{}, {"x-amz-metadata-directive": "COPY"}])
def test_a_copy_that_changes_nothing(gateway, s3, bucket, headers):
    """E29."""
    before = s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "b"})
    answer = call(gateway, "PUT", f"/{bucket}/k", {"x-amz-copy-source": f"/{bucket}/k", **headers})
    told(answer, 400, "InvalidRequest",
         "This copy request is illegal because it is trying to copy an object to itself without "
         "changing the object's metadata, storage class, website redirect location or encryption "
         "attributes.")
    after = s3.head_object(Bucket=bucket, Key="k")
    assert (after["ETag"], after["Metadata"]) == (before["ETag"], {"a": "b"})


def test_a_copy_onto_itself_may_change_the_encryption(gateway, s3, bucket):
    """E29's other side: any header of encryption is a change."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    alice = customer_headers("alice")
    answer = call(gateway, "PUT", f"/{bucket}/k", {"x-amz-copy-source": f"/{bucket}/k", **alice})
    assert answer.status == 200, answer
    told(call(gateway, "GET", f"/{bucket}/k"), 400, "InvalidRequest",
         "The object was stored using a form of Server Side Encryption. The correct parameters "
         "must be provided to retrieve the object.")
    assert call(gateway, "GET", f"/{bucket}/k", alice).body == b"x"

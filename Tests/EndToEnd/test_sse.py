"""The three modes on the wire: response headers, errors, and the multipart flow of SSE-C."""

import base64
import hashlib
import os

import pytest
from botocore.exceptions import ClientError

from deployment import customer_headers, customer_key
from modes import boto_arguments

SSE = "x-amz-server-side-encryption"
KMS_KEY = SSE + "-aws-kms-key-id"
CUSTOMER = SSE + "-customer-"


def error_of(call, *arguments, **named):
    with pytest.raises(ClientError) as failure:
        call(*arguments, **named)
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def sse_headers(response):
    return {name: value for name, value in response["ResponseMetadata"]["HTTPHeaders"].items()
            if name.startswith(SSE)}


def unsigned_md5(seed):
    return boto_arguments(customer_headers(seed))


@pytest.fixture()
def s3(gateway):
    return gateway.s3()


def test_sse_s3_answers_name_the_mode_and_the_default_key(gateway, s3, bucket):
    expected = {SSE: "AES256", KMS_KEY: gateway.default_kms_key_id}
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert sse_headers(put) == expected
    assert sse_headers(s3.get_object(Bucket=bucket, Key="k")) == expected
    assert sse_headers(s3.head_object(Bucket=bucket, Key="k")) == expected


def test_sse_kms_without_a_key_id_uses_the_default_key(gateway, s3, bucket):
    expected = {SSE: "aws:kms", KMS_KEY: gateway.default_kms_key_id}
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert sse_headers(put) == expected
    assert sse_headers(s3.head_object(Bucket=bucket, Key="k")) == expected


def test_sse_kms_answers_name_the_key_given(gateway, s3, bucket):
    key = gateway.create_kms_key("rotation-2024-09-" + os.urandom(3).hex())
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms",
                        SSEKMSKeyId=key)
    assert sse_headers(put) == {SSE: "aws:kms", KMS_KEY: key}
    assert sse_headers(s3.get_object(Bucket=bucket, Key="k")) == {SSE: "aws:kms", KMS_KEY: key}


def test_sse_c_answers_name_algorithm_and_md5_only(s3, bucket):
    keys = unsigned_md5("a")
    expected = {CUSTOMER + "algorithm": "AES256", CUSTOMER + "key-md5": customer_key("a")[2]}
    assert sse_headers(s3.put_object(Bucket=bucket, Key="k", Body=b"x", **keys)) == expected
    assert sse_headers(s3.get_object(Bucket=bucket, Key="k", **keys)) == expected
    assert sse_headers(s3.head_object(Bucket=bucket, Key="k", **keys)) == expected


def test_key_and_md5_that_differ_are_denied(s3, bucket):
    keys = unsigned_md5("a") | {"SSECustomerKeyMD5": customer_key("b")[2]}
    status, error = error_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **keys)
    assert (status, error["Code"]) == (403, "AccessDenied")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_an_md5_in_hexadecimal_is_taken(s3, bucket):
    raw = customer_key("a")[0]
    keys = unsigned_md5("a") | {"SSECustomerKeyMD5": hashlib.md5(raw).hexdigest()}
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", **keys)
    assert put["SSECustomerKeyMD5"] == customer_key("a")[2]


@pytest.mark.parametrize("size", [0, 3, 70000])
def test_sse_c_reads_want_the_headers_and_the_right_key(s3, bucket, size):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * size, **unsigned_md5("a"))
    status, error = error_of(s3.get_object, Bucket=bucket, Key="k")
    assert (status, error["Code"]) == (400, "InvalidRequest")
    status, error = error_of(s3.get_object, Bucket=bucket, Key="k", **unsigned_md5("b"))
    assert (status, error["Code"]) == (403, "AccessDenied")
    assert error_of(s3.head_object, Bucket=bucket, Key="k")[0] == 400
    assert error_of(s3.head_object, Bucket=bucket, Key="k", **unsigned_md5("b"))[0] == 403


def test_customer_headers_on_another_mode_are_refused(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    status, error = error_of(s3.get_object, Bucket=bucket, Key="k", **unsigned_md5("a"))
    assert (status, error["Code"]) == (400, "InvalidRequest")


def test_an_unknown_kms_key_is_not_found(s3, bucket):
    status, error = error_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                             ServerSideEncryption="aws:kms", SSEKMSKeyId="no-such-key")
    assert (status, error["Code"]) == (404, "NotFound")
    assert "no-such-key" in error["Message"] and "/kms/keys" in error["Message"]


@pytest.mark.parametrize("headers, status, code", [
    ({SSE: "AES192"}, 400, "InvalidArgument"),
    ({SSE: "aws:kms:dsse"}, 501, "NotImplemented"),
    ({SSE: "AES256", KMS_KEY: "default"}, 400, "InvalidArgument"),
    ({KMS_KEY: "default"}, 400, "InvalidArgument"),
    ({SSE: "AES256"} | customer_headers("a"), 400, "InvalidArgument"),
    ({CUSTOMER + "key": customer_key("a")[1]}, 400, "InvalidArgument"),
    ({CUSTOMER + "algorithm": "AES256"}, 400, "InvalidArgument"),
    (customer_headers("a") | {CUSTOMER + "algorithm": "AES128"}, 400,
     "InvalidEncryptionAlgorithmError"),
    (customer_headers("a") | {CUSTOMER + "key": base64.b64encode(b"short").decode()}, 400,
     "InvalidArgument"),
    ({SSE: "aws:kms", SSE + "-context": "bm90IGpzb24="}, 400, "InvalidArgument"),
])
def test_write_headers_that_break_a_rule(gateway, bucket, headers, status, code):
    answer = gateway.signed("PUT", f"/{bucket}/k", body=b"x", headers=headers)
    assert (answer.status_code, code in answer.text) == (status, True), answer.text
    assert gateway.s3().list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_encryption_headers_on_reads_are_refused(gateway, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = gateway.signed("GET", f"/{bucket}/k", headers={SSE: "AES256"})
    assert (answer.status_code, "InvalidArgument" in answer.text) == (400, True)


def test_multipart_with_a_customer_key(s3, bucket):
    keys = unsigned_md5("a")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="video", **keys)
    assert sse_headers(upload)[CUSTOMER + "algorithm"] == "AES256"
    about = {"Bucket": bucket, "Key": "video", "UploadId": upload["UploadId"]}
    pieces = [os.urandom(5 << 20), os.urandom(1234)]

    status, error = error_of(s3.upload_part, PartNumber=1, Body=pieces[0], **about)
    assert (status, error["Code"]) == (400, "InvalidRequest")
    status, error = error_of(s3.upload_part, PartNumber=1, Body=b"", **about, **unsigned_md5("b"))
    assert (status, error["Code"]) == (400, "InvalidRequest")

    parts = [{"PartNumber": number,
              "ETag": s3.upload_part(PartNumber=number, Body=piece, **about, **keys)["ETag"]}
             for number, piece in enumerate(pieces, 1)]
    complete = {"MultipartUpload": {"Parts": parts}, **about}
    assert error_of(s3.complete_multipart_upload, **complete)[0] == 400
    assert error_of(s3.complete_multipart_upload, **complete, **unsigned_md5("b"))[0] == 400
    done = s3.complete_multipart_upload(**complete, **keys)
    got = s3.get_object(Bucket=bucket, Key="video", **keys)
    assert got["Body"].read() == b"".join(pieces)
    assert got["ETag"] == done["ETag"] and done["ETag"].endswith('-2"')
    assert error_of(s3.get_object, Bucket=bucket, Key="video")[1]["Code"] == "InvalidRequest"


def test_sse_c_goes_on_and_kms_answers_internal_error_when_keys_are_gone(own_gateway):
    """The local key folder vanishes under a running gateway that is then started anew."""
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="managed", Body=b"x")
    answer = own_gateway.signed("GET", "/bucket/managed")
    assert answer.status_code == 200
    status, document = own_gateway.admin("GET", "/kms/status")
    assert (status, document["status"], document["healthy"]) == (200, "Running", True)
